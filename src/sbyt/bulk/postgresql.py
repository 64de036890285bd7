"""Bulk transactions on PostgreSQL: binary COPY through ADBC, both ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import adbc_driver_manager
import adbc_driver_postgresql.dbapi
import pyarrow as pa
from psycopg.conninfo import make_conninfo

from sbyt.bulk.contract import BULK_LOCK, UnableToAppend, UnableToOpenDatabase, UnableToRunStatement

#: What COPY must be sent for a column: it doesn't convert.
_SENT_AS = {
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", "UTC"),
    "text": pa.string(),
    "varchar": pa.string(),
    "jsonb": pa.json_(pa.string()),
    "bytea": pa.binary(),
}


class PostgreSQLBulk:
    """A transaction on the PostgreSQL database that Django's settings name."""

    vendor = "postgresql"

    def __init__(self, settings: dict[str, Any], *, write: bool) -> None:
        name = str(settings["NAME"])
        try:
            self._settings, self._write = settings, write
            self._connection = adbc_driver_postgresql.dbapi.connect(_conninfo(settings))
            self._cursor = self._connection.cursor()
            if write:
                self._cursor.execute(f"SELECT pg_advisory_xact_lock({BULK_LOCK})")
                self._cursor.fetchall()
            else:
                # Not READ ONLY, which would forbid temporary tables too.
                self._cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        except adbc_driver_manager.Error as error:
            raise UnableToOpenDatabase(name, error) from error

    def read(self, sql: str, schema: pa.Schema | None = None) -> pa.Table:
        found = self.stream(sql, schema)
        with _named(sql):
            return found.read_all()

    def stream(self, sql: str, schema: pa.Schema | None = None) -> pa.RecordBatchReader:
        with _named(sql):
            self._cursor.execute(sql)
            found = self._cursor.fetch_record_batch()
        if schema is None:
            plain = pa.schema([(field.name, _plain(field.type)) for field in found.schema])
            return found.cast(plain)
        if len(schema) != len(found.schema):
            raise UnableToRunStatement(sql, f"{len(found.schema)} columns found, {len(schema)} wanted")
        return pa.RecordBatchReader.from_batches(schema, (_cast(batch, schema) for batch in found))

    def last_ids(self, tables: Sequence[str]) -> dict[str, int]:
        if not self._write:
            return _last_ids(self._cursor, tables)
        # In a transaction of its own, which lets the others go on at once: they wait for milliseconds, not for the run.
        with adbc_driver_postgresql.dbapi.connect(_conninfo(self._settings)) as connection:
            with connection.cursor() as cursor, _named(f"LOCK TABLE {', '.join(tables)}"):
                cursor.execute("SET LOCAL lock_timeout = '60s'")
                cursor.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE MODE")
                found = _last_ids(cursor, tables)
            connection.rollback()
        return found

    def append(self, table: str, rows: pa.Table | pa.RecordBatchReader) -> int:
        types = self._types(table)
        unknown = set(rows.schema.names) - set(types)
        if unknown:
            raise UnableToAppend(table, unknown if types else set())
        sent = pa.schema([(name, _SENT_AS[types[name]]) for name in rows.schema.names])
        return self._ingest(table, rows, sent, mode="append")

    def scratch(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> int:
        self.execute(f'DROP TABLE IF EXISTS pg_temp."{name}"')
        added = self._ingest(name, rows, rows.schema, mode="create", temporary=True)
        # Nobody else looks at a temporary table: without this the planner takes it for a small one.
        self.execute(f'ANALYZE pg_temp."{name}"')
        return added

    def execute(self, sql: str) -> None:
        with _named(sql):
            self._cursor.execute(sql)

    def finish(self, *, commit: bool) -> None:
        with _named("COMMIT"):
            if commit:
                self._connection.commit()
            else:
                self._connection.rollback()

    def close(self) -> None:
        self._cursor.close()
        self._connection.close()

    def _types(self, table: str) -> dict[str, str]:
        found = self.read(
            "SELECT a.attname::text, t.typname::text FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "  # noqa: S608
            f"WHERE a.attrelid = to_regclass('\"{table}\"') AND a.attnum > 0 AND NOT a.attisdropped"
        )
        names, types = (column.to_pylist() for column in found.columns)
        return dict(zip(names, types, strict=True))

    def _ingest(
        self, table: str, rows: pa.Table | pa.RecordBatchReader, sent: pa.Schema, *, mode: Any, temporary: bool = False
    ) -> int:
        added = 0

        def batches() -> Iterator[pa.RecordBatch]:
            nonlocal added
            for batch in rows.to_batches() if isinstance(rows, pa.Table) else rows:
                added += batch.num_rows
                yield _cast(batch, sent)

        reader = pa.RecordBatchReader.from_batches(sent, batches())
        with _named(f"COPY {table}"):
            self._cursor.adbc_ingest(table, reader, mode=mode, temporary=temporary)
        return added


def _last_ids(cursor: Any, tables: Sequence[str]) -> dict[str, int]:
    found = {}
    for table in tables:
        cursor.execute(f'SELECT COALESCE(MAX(id), 0) FROM "{table}"')  # noqa: S608 names of our own tables
        found[table] = int(cursor.fetchone()[0])
    return found


def _conninfo(settings: dict[str, Any]) -> str:
    named = {
        "dbname": settings["NAME"],
        "user": settings["USER"],
        "password": settings["PASSWORD"],
        "host": settings["HOST"],
        "port": settings["PORT"],
    }
    # What else stands in OPTIONS is libpq's own (sslmode, host of a socket), but for what Django takes out of it.
    others = {key: value for key, value in settings.get("OPTIONS", {}).items() if isinstance(value, str)}
    return make_conninfo(**{key: str(value) for key, value in named.items() if value}, **others)


@contextmanager
def _named(action: str) -> Iterator[None]:
    try:
        yield
    except (adbc_driver_manager.Error, OSError) as error:  # Arrow's streams end in the latter
        raise UnableToRunStatement(" ".join(action.split())[:200], error) from error


def _cast(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    columns = [_convert(column, wanted) for column, wanted in zip(batch.columns, schema.types, strict=True)]
    return pa.record_batch(columns, schema=schema)


def _convert(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    if isinstance(column, pa.ExtensionArray) and not isinstance(wanted, pa.BaseExtensionType):
        column = column.storage
    if isinstance(wanted, pa.BaseExtensionType) and not isinstance(column, pa.ExtensionArray):
        return pa.ExtensionArray.from_storage(wanted, column.cast(wanted.storage_type))
    return column if column.type == wanted else column.cast(wanted)


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
