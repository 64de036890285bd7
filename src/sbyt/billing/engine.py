"""What works out the rules' expressions: DuckDB, in this process."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import ibis
import pyarrow as pa
from ibis.expr.types import Scalar, Table


class Engine(Protocol):
    """Works out expressions. The rules are written once; each engine does them in its own way."""

    def table(self, rows: pa.Table) -> Table:
        """Hand in rows to start from."""

    def keep(self, table: Table) -> Table:
        """Work out a table once, so that what is built on it doesn't work it out again."""

    def rows(self, table: Table) -> pa.Table:
        """Work out a table and hand it out."""

    def number(self, value: Scalar) -> int | None:
        """Work out a single whole number."""


class DuckDB:
    """The engine of one process: keeps its tables in memory, and on disk what doesn't fit."""

    def __init__(self) -> None:
        self._connection = ibis.duckdb.connect(preserve_insertion_order=False)
        self._connection.con.execute("SET enable_progress_bar = false")
        self._names = (f"t{number}" for number in itertools.count(1))

    def table(self, rows: pa.Table) -> Table:
        return self._connection.create_table(next(self._names), rows, temp=True)

    def keep(self, table: Table) -> Table:
        # Not Ibis' create_table, which copies the whole plan and makes a table first, then fills it: a third slower.
        name = next(self._names)
        types = self._connection.compiler.type_mapper
        columns = ", ".join(
            f'CAST("{column}" AS {types.to_string(kind)}) AS "{column}"' for column, kind in table.schema().items()
        )
        query = self._connection.compile(table)
        self._connection.con.execute(f"CREATE TEMP TABLE {name} AS SELECT {columns} FROM ({query})")  # noqa: S608
        return self._connection.table(name, database=("temp", "main"))

    def rows(self, table: Table) -> pa.Table:
        return self._connection.to_pyarrow(table)

    def number(self, value: Scalar) -> int | None:
        found = self._connection.to_pyarrow(value).as_py()
        return None if found is None else int(found)

    def close(self) -> None:
        self._connection.disconnect()


@contextmanager
def duckdb() -> Iterator[DuckDB]:
    """Open an engine for one computation; what it kept is gone at the end."""
    engine = DuckDB()
    try:
        yield engine
    finally:
        engine.close()
