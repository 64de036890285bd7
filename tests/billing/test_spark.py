"""Spark comes to what DuckDB comes to, row for row and to the kopeck."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pyspark.sql import SparkSession

from sbyt.billing import batches, spark
from sbyt.billing.batches import Engine, in_process
from sbyt.billing.compute import Outcome, most_tiers, plan
from sbyt.billing.engine import DuckDB, duckdb
from sbyt.billing.facts import calendar
from sbyt.billing.plans import Plan
from sbyt.billing.snapshot import Spark, reading, write_snapshot
from sbyt.core.periods import Period
from sbyt.core.settings import Estimates, Settings
from sbyt.usecases.run_billing import run_billing
from tests.billing.computing import Facts, compute
from tests.billing.happenings import Town
from tests.billing.worlds import facts_of, random_world
from tests.support.databases import Database

pytestmark = [
    # PySpark leaves it to the garbage collector to close what it fetched rows by.
    pytest.mark.filterwarnings(r"ignore:Exception ignored in. <socket\.socket:pytest.PytestUnraisableExceptionWarning"),
]

PERIOD = Period.parse("2026-11")
NOW = dt.datetime(2026, 12, 1, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def session(spark_master: str) -> Iterator[SparkSession]:
    with spark.session(spark_master) as opened:
        yield opened


def in_order(table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.sort_by([(name, "ascending") for name in table.column_names]).to_pylist()
    return rows


def outputs(engine: DuckDB, rules: Plan) -> dict[str, list[dict[str, Any]]]:
    return {name: in_order(engine.rows(name)) for name in rules.outputs}


def with_few_limits(facts: Facts) -> Facts:
    """Each limit is a step more, however few accounts there are: only the lowest three, which most go beyond."""
    limits = sorted(set(facts.prices["above"].to_pylist()))[:4]
    return dataclasses.replace(facts, prices=facts.prices.filter(pc.is_in(facts.prices["above"], pa.array(limits))))


# Dials of eight figures and six decimals: shares that no int64 and no float holds.
@pytest.mark.parametrize(("seed", "accounts", "digits"), [(5, 400, (2, 4)), (6, 200, (7, 8))])
def test_random_histories_cost_the_same(
    session: SparkSession, tmp_path: Path, seed: int, accounts: int, digits: tuple[int, int]
) -> None:
    facts = with_few_limits(facts_of(random_world(seed, accounts, PERIOD, digits)).facts)
    rules = plan(PERIOD, Estimates(), most_tiers(facts.prices))
    with duckdb() as engine:
        compute(facts, PERIOD, Estimates(), engine)
        expected = outputs(engine, rules)
    with duckdb() as engine:
        for name, rows in {**facts.tables(), "calendar": calendar(PERIOD, PERIOD - 40)}.items():
            engine.hand_in(name, rows)
        write_snapshot(engine, PERIOD, rules, tmp_path)
        spark.compute(session, tmp_path.as_uri(), (tmp_path / "results").as_uri())
        reading(engine, tmp_path / "results", rules)()
        found = outputs(engine, rules)
    assert {len(rows) for rows in expected.values()}.isdisjoint({0})
    for name, rows in expected.items():
        assert found[name] == rows, name
    assert not (tmp_path / "results" / "steps").exists()


def test_a_town_is_billed_the_same(
    session: SparkSession, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = Period.parse("2026-03")
    town = Town(3, first, accounts=30)
    for period in (first.plus(months) for months in range(4)):
        town.month(period)
        run_billing(period, Settings(), now=NOW)
    town.month(first.plus(4))
    monkeypatch.setattr(batches, "BATCH", 40)  # several batches
    here, there = (tried(first.plus(4), engine) for engine in (in_process, Spark(session, tmp_path.absolute())))
    assert len(here) > 2
    for name in ("lines", "bills", "obstacles", "payments"):
        assert together(there, name) == together(here, name), name


def tried(period: Period, engine: Engine) -> list[Outcome]:
    found: list[Outcome] = []
    run_billing(period, Settings(), now=NOW, dry_run=True, full=True, engine=engine, watcher=found.append)
    return found


def together(outcomes: Sequence[Outcome], name: str) -> list[dict[str, Any]]:
    return in_order(pa.concat_tables([getattr(outcome, name) for outcome in outcomes]))
