"""What works out a plan: DuckDB, in this process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb as driver
import ibis
import pyarrow as pa
from ibis.backends.sql.datatypes import DuckDBType
from ibis.expr.datatypes import DataType

from sbyt.billing.plans import Plan, Step

#: What the engine keeps in memory; what doesn't fit, it puts into its folder.
MEMORY = "1GB"


class UnableToCompute(RuntimeError):
    """The engine could not go on: most likely the disk that holds its temporary files is full."""

    def __init__(self, reason: object) -> None:
        super().__init__(
            f"Расчёт прервался: {reason}. Ничего не записано. Чаще всего кончилось место во временной папке или "
            "память: освободите их или укажите другую папку в переменной TMPDIR и повторите."
        )


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan in the engine's own language."""

    statements: tuple[str, ...]
    steps: tuple[str, ...]
    outputs: tuple[str, ...]


def prepare(plan: Plan) -> Prepared:
    """Write a plan as SQL of DuckDB."""
    return Prepared(
        tuple(_statement(step) for step in plan.steps), tuple(step.name for step in plan.steps), plan.outputs
    )


def _statement(step: Step) -> str:
    columns = ", ".join(f'CAST("{name}" AS {_written(kind)}) AS "{name}"' for name, kind in step.table.schema().items())
    query = ibis.to_sql(step.table, dialect="duckdb", pretty=False)
    return f'CREATE OR REPLACE TEMP TABLE "{step.name}" AS SELECT {columns} FROM ({query})'


def _written(kind: DataType) -> str:
    written: str = DuckDBType.to_string(kind)
    return written


class DuckDB:
    """The engine of one process."""

    def __init__(self, folder: Path) -> None:
        self._connection: Any = driver.connect(
            str(folder / "engine.duckdb"),
            config={
                "memory_limit": MEMORY,
                "temp_directory": str(folder / "spilled"),
                "preserve_insertion_order": "false",
            },
        )
        self.execute("SET enable_progress_bar = false")

    def hand_in(self, name: str, rows: pa.Table | pa.RecordBatchReader, *, append: bool = False) -> None:
        """Put rows into a table that stays, in place of one so named or behind what it has."""
        self._connection.register("incoming", rows)
        try:
            if append:
                self.execute(f'INSERT INTO "{name}" BY NAME SELECT * FROM incoming')
            else:
                self.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM incoming')
        finally:
            self._connection.unregister("incoming")

    def execute(self, sql: str) -> None:
        """Run a statement.

        :raises UnableToCompute: if the engine can't.
        """
        with _told():
            self._connection.execute(sql)

    def read(self, sql: str) -> pa.Table:
        """The rows of a query.

        :raises UnableToCompute: if the engine can't.
        """
        with _told():
            return self._connection.sql(sql).to_arrow_table()

    def rows(self, name: str) -> pa.Table:
        """All rows of a table."""
        return self.read(f'SELECT * FROM "{name}"')

    def run(self, prepared: Prepared) -> None:
        """Work out a plan over the tables that are there. Its outputs stay, as tables, until it is run again.

        :raises UnableToCompute: if the engine can't.
        """
        for statement in prepared.statements:
            self.execute(statement)
        for name in prepared.steps:
            if name not in prepared.outputs:
                self.execute(f'DROP TABLE temp."{name}"')

    def close(self) -> None:
        self._connection.close()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (driver.IOException, driver.OutOfMemoryException) as error:
        raise UnableToCompute(error) from error


@contextmanager
def duckdb() -> Iterator[DuckDB]:
    """Open an engine for one computation; what it kept is gone at the end."""
    with tempfile.TemporaryDirectory(prefix="sbyt-") as folder:
        engine = DuckDB(Path(folder))
        try:
            yield engine
        finally:
            engine.close()
