"""Bulk transactions on SQLite.

Through Python's own ``sqlite3``, not through ADBC: its driver brings a second copy of SQLite into the process, and
POSIX drops all locks that a process holds on a file as soon as one copy closes it. With Django's connection open
beside, two processes could then write at once and ruin the file (https://www.sqlite.org/howtocorrupt.html, 2.2.1).
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sbyt.bulk.contract import UnableToAppend, UnableToOpenDatabase, UnableToRunStatement

_BATCH = 50_000  # rows held at a time


class SQLiteBulk:
    """A transaction on the SQLite file that Django's settings name."""

    vendor = "sqlite"

    def __init__(self, settings: dict[str, Any], *, write: bool) -> None:
        options = settings.get("OPTIONS", {})
        name = str(settings["NAME"])
        try:
            self._connection = sqlite3.connect(
                name,
                timeout=options.get("timeout", 30),
                isolation_level=None,
                # A stream may be read by an engine's own thread, while ours waits for it.
                check_same_thread=False,
                uri=name.startswith("file:"),
            )
            for statement in options.get("init_command", "").split(";"):
                self._connection.execute(statement)
            self._connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        except sqlite3.Error as error:
            raise UnableToOpenDatabase(name, error) from error

    def read(self, sql: str, schema: pa.Schema | None = None) -> pa.Table:
        return self.stream(sql, schema).read_all()

    def stream(self, sql: str, schema: pa.Schema | None = None) -> pa.RecordBatchReader:
        cursor = self._run(sql)
        names = [column[0] for column in cursor.description]
        batches = self._batches(cursor, names, schema)
        if schema is not None:
            return pa.RecordBatchReader.from_batches(schema, batches)
        # Without a schema the first rows tell the types; later ones must fit them.
        first = next(batches, None) or pa.record_batch([pa.nulls(0)] * len(names), names=names)
        rest = (batch.cast(first.schema) for batch in batches)
        return pa.RecordBatchReader.from_batches(first.schema, itertools.chain([first], rest))

    def last_ids(self, tables: Sequence[str]) -> dict[str, int]:
        # Only one can write at a time, and whoever asks either does or sees one state of the database.
        return {table: self._run(f'SELECT COALESCE(MAX(id), 0) FROM "{table}"').fetchone()[0] for table in tables}  # noqa: S608

    def append(self, table: str, rows: pa.Table | pa.RecordBatchReader) -> int:
        unknown = set(rows.schema.names) - self._columns(table)
        if unknown:
            raise UnableToAppend(table, unknown if self._columns(table) else set())
        return self._insert(table, rows)

    def scratch(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> int:
        columns = ", ".join(f'"{field.name}" {_affinity(field.type)}' for field in rows.schema)
        self.execute(f'DROP TABLE IF EXISTS temp."{name}"')
        self.execute(f'CREATE TEMP TABLE "{name}" ({columns})')
        return self._insert(name, rows)

    def execute(self, sql: str) -> None:
        self._run(sql)

    def finish(self, *, commit: bool) -> None:
        with _named("COMMIT"):
            self._connection.execute("COMMIT" if commit else "ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def _run(self, sql: str) -> sqlite3.Cursor:
        with _named(sql):
            return self._connection.execute(sql)

    def _columns(self, table: str) -> set[str]:
        return {row[1] for row in self._connection.execute(f'PRAGMA table_info("{table}")')}

    def _insert(self, table: str, rows: pa.Table | pa.RecordBatchReader) -> int:
        names = ", ".join(f'"{name}"' for name in rows.schema.names)
        marks = ", ".join("?" * len(rows.schema.names))
        statement = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608 names of our own tables
        added = 0
        for batch in _record_batches(rows):
            columns = [_as_stored(column).to_pylist() for column in batch.columns]
            with _named(statement):
                self._connection.executemany(statement, zip(*columns, strict=True))
            added += batch.num_rows
        return added

    def _batches(
        self, cursor: sqlite3.Cursor, names: Sequence[str], schema: pa.Schema | None
    ) -> Iterator[pa.RecordBatch]:
        while True:
            with _named("SELECT"):
                rows = cursor.fetchmany(_BATCH)
            if not rows:
                return
            columns = list(zip(*rows, strict=True))
            if schema is None:
                yield pa.record_batch([pa.array(column) for column in columns], names=names)
            else:
                typed = [_as_wanted(column, wanted) for column, wanted in zip(columns, schema.types, strict=True)]
                yield pa.record_batch(typed, schema=schema)


@contextmanager
def _named(action: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise UnableToRunStatement(" ".join(action.split())[:200], error) from error


def _record_batches(rows: pa.Table | pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    if isinstance(rows, pa.Table):
        yield from rows.to_batches(max_chunksize=_BATCH)
        return
    for batch in rows:
        for start in range(0, batch.num_rows, _BATCH):
            yield batch.slice(start, _BATCH)


def _affinity(kind: pa.DataType) -> str:
    return "INTEGER" if pa.types.is_integer(kind) or pa.types.is_boolean(kind) else "TEXT"


def _as_wanted(values: Sequence[Any], wanted: pa.DataType) -> pa.Array:
    """What SQLite gave, in the type that the caller asked for."""
    if pa.types.is_boolean(wanted):
        return pa.array(values, pa.int8()).cast(wanted)
    if pa.types.is_timestamp(wanted):
        return pa.array(values, pa.string()).cast(pa.timestamp("us")).cast(wanted)
    if pa.types.is_date(wanted):
        return pa.array(values, pa.string()).cast(wanted)
    return pa.array(values, wanted)


def _as_stored(column: pa.Array) -> pa.Array:
    """What Arrow holds, as Django stores it on SQLite."""
    if pa.types.is_boolean(column.type):
        return column.cast(pa.int8())
    if pa.types.is_date(column.type):
        return column.cast(pa.string())
    if pa.types.is_timestamp(column.type):
        # Django leaves out a fraction of a second that is zero.
        written = column.cast(pa.timestamp("us", column.type.tz)).cast(pa.timestamp("us")).cast(pa.string())
        whole = pc.ends_with(written, ".000000")
        return pc.if_else(whole, pc.utf8_slice_codeunits(written, 0, 19), written)
    return column
