"""A run in a folder, for engines that are somewhere else than the database.

NAME/*.parquet           what is known: the tables of ``facts.COLUMNS``
plan.json                what is to be done with it, in SQL of Spark
results/NAME/*.parquet   what came of it
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from sbyt.billing import spark
from sbyt.billing.batches import Engine, Workbench, WorkOut
from sbyt.billing.engine import DuckDB
from sbyt.billing.plans import Plan
from sbyt.billing.spark import UnableToUseSpark
from sbyt.billing.spark_sql import statements
from sbyt.core.periods import Period

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: So much goes into one file, so that many can read a table.
_FILE = "128MB"

#: The tables that say which rows of a result belong to a batch, by the column that they share.
_OWNERS = {"account_id": "accounts", "register_id": "registers", "payment_id": "payments"}


@contextmanager
def on_spark(folder: Path | None, master: str | None) -> Iterator[Engine]:
    """Have Spark work a run out.

    :param folder: an empty one for the snapshot, that all machines of a cluster see; a temporary one by default.

    :raises UnableToUseSpark: if it is not there, fails, or the folder won't do.
    """
    if folder and folder.exists() and any(folder.iterdir()):
        raise UnableToUseSpark(f"Папка снимка {folder} не пуста. Назовите другую или освободите эту.")
    with spark.session(master) as session:
        if not folder and not str(session.sparkContext.master).startswith("local"):
            raise UnableToUseSpark("Кластеру нужна папка, которую видят все его машины: назовите её в --snapshot.")
        kept = nullcontext(folder) if folder else tempfile.TemporaryDirectory(prefix="sbyt-")
        with kept as place:
            yield Spark(session, Path(place).absolute())


class Spark:
    """The engine of a session and a folder."""

    def __init__(self, session: SparkSession, folder: Path) -> None:
        self._session, self._folder = session, folder

    def __call__(self, bench: Workbench, rules: Plan) -> WorkOut:
        write_snapshot(bench.engine, bench.period, rules, self._folder, source=bench.source)
        results = self._folder / "results"
        spark.compute(self._session, self._folder.as_uri(), results.as_uri())
        return reading(bench.engine, results, rules)


def write_snapshot(
    engine: DuckDB, period: Period, rules: Plan, folder: Path, *, source: Callable[[str], str] = str
) -> None:
    """Write down what is known for a run, and what is to be done with it.

    :param source: gives the engine's table that has what is known of a table of facts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in rules.inputs:
        engine.execute(
            f'COPY (SELECT * FROM "{source(name)}") TO {_quoted(folder / name)} '
            f"(FORMAT parquet, PER_THREAD_OUTPUT, FILE_SIZE_BYTES '{_FILE}')"
        )
    plan = {"period": str(period), "inputs": rules.inputs, "steps": statements(rules)}
    (folder / "plan.json").write_text(json.dumps(plan, ensure_ascii=False, indent=1), encoding="utf-8")


def reading(engine: DuckDB, results: Path, rules: Plan) -> WorkOut:
    """Read the rows of each batch from the results of a whole run; those that are nobody's with the first one."""
    of_all = set(rules.outputs)

    def read() -> None:
        for name in rules.outputs:
            rows = f"SELECT * FROM read_parquet({_quoted(results / name / '*.parquet')})"
            key = engine.read(f"{rows} LIMIT 0").column_names[0]
            if key in _OWNERS:
                rows = f"{rows} SEMI JOIN {_OWNERS[key]} USING ({key})"
            elif name not in of_all:
                rows = f"{rows} LIMIT 0"
            engine.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" AS {rows}')
        of_all.clear()

    return read


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
