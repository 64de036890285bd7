"""Works a snapshot out on Spark.

By hand: ``spark-submit spark.py SNAPSHOT RESULTS``. Nothing here needs the rest of the package, only PySpark.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_Settings = dict[str, bool | float | int | str | None]

#: What the results depend on, whatever the cluster's defaults say: a whole number that doesn't fit is an error, and
#: wide numbers keep their whole part.
_SETTINGS: _Settings = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.decimalOperations.allowPrecisionLoss": "true",
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
}
_ON_THIS_MACHINE: _Settings = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}


class UnableToUseSpark(RuntimeError):
    """Spark is not there, or it could not go on."""


@contextmanager
def session(master: str | None) -> Iterator[SparkSession]:
    """Open a session: on the master named, or on the one that Spark's own settings name.

    :raises UnableToUseSpark: if PySpark is not installed, Spark doesn't start, or fails at what is done meanwhile.
    """
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UnableToUseSpark(
            'Считать на Spark нечем: PySpark не установлен. Поставьте его: pip install ".[spark]" в папке sbyt.'
        ) from error
    builder = SparkSession.builder.appName("sbyt bill").config(map=_SETTINGS)
    if master:
        builder = builder.master(master)
    if master and master.startswith("local"):
        builder = builder.config(map=_ON_THIS_MACHINE)
    try:
        opened = builder.getOrCreate()
    except (Py4JError, PySparkException) as error:
        raise UnableToUseSpark(
            f"Spark не запустился: {_told(error)} Нужны Java 17 или новее (пакет openjdk-17-jre-headless) "
            "и кластер, который отвечает по адресу из --master."
        ) from error
    try:
        yield opened
    except (Py4JError, PySparkException) as error:
        raise UnableToUseSpark(f"Spark не справился: {_told(error)} Ничего не записано.") from error
    finally:
        opened.stop()


def _told(error: Exception) -> str:
    """What went wrong, and of an error of Java's also which, without the places where it came by."""
    return " ".join(str(error).strip().splitlines()[:2])


def compute(spark: SparkSession, snapshot: str, results: str) -> None:
    """Work out what the snapshot's ``plan.json`` says, over its tables, into a folder of tables.

    What several steps build on is written down between them: plans stay short, and what a lost machine had worked out
    is not lost. Those tables are gone at the end.
    """
    plan: dict[str, Any] = json.loads(spark.read.text(f"{snapshot}/plan.json", wholetext=True).collect()[0][0])
    for name in plan["inputs"]:
        spark.read.parquet(f"{snapshot}/{name}").createOrReplaceTempView(name)
    for step in plan["steps"]:
        rows = spark.sql(step["query"])
        if step["wanted"]:
            # In order: whoever reads some accounts' rows only opens where they are.
            rows = _written(spark, rows.sort(rows.columns[0]), f"{results}/{step['name']}")
        elif step["kept"]:
            rows = _written(spark, rows, f"{results}/steps/{step['name']}")
        rows.createOrReplaceTempView(step["name"])
    _remove(spark, f"{results}/steps")


def _written(spark: SparkSession, rows: DataFrame, path: str) -> DataFrame:
    rows.write.parquet(path, mode="overwrite")
    return spark.read.schema(rows.schema).parquet(path)


def _remove(spark: SparkSession, folder: str) -> None:
    """By Hadoop's file system, which knows all that Spark can write to."""
    java: Any = spark.sparkContext._jvm  # noqa: SLF001 PySpark has no other way to it
    path = java.org.apache.hadoop.fs.Path(folder)
    path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration()).delete(path, True)  # noqa: FBT003, SLF001


def main() -> int:
    """Work out a snapshot by hand."""
    parser = argparse.ArgumentParser(prog="spark.py", description="Work a snapshot of sbyt bill out on Spark.")
    parser.add_argument("snapshot", help="the folder that sbyt bill --snapshot wrote")
    parser.add_argument("results", help="a folder for the tables that come of it")
    parser.add_argument("--master", help="where to compute; by default what Spark's settings say")
    given = parser.parse_args()
    try:
        with session(given.master) as spark:
            compute(spark, given.snapshot, given.results)
    except UnableToUseSpark as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
