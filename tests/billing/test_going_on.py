"""Going on from where the last run left everything comes to what looking at every history anew does."""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

import pyarrow as pa
import pytest

from sbyt.billing import batches
from sbyt.billing.compute import Outcome
from sbyt.core.periods import Period
from sbyt.core.settings import Settings
from sbyt.usecases.run_billing import bill_missing, run_billing
from tests.billing.happenings import Town
from tests.support.databases import Database

FIRST = Period.parse("2026-03")
NOW = dt.datetime(2026, 12, 1, 9, 0, tzinfo=dt.UTC)
#: More of both: SBYT_TOWNS=50 pytest tests/billing/test_going_on.py
TOWNS = int(os.environ.get("SBYT_TOWNS", "1"))
MONTHS = 8


def rows(outcomes: list[Outcome], name: str) -> list[dict[str, Any]]:
    table = pa.concat_tables([getattr(outcome, name) for outcome in outcomes])
    found: list[dict[str, Any]] = table.sort_by([(column, "ascending") for column in table.column_names]).to_pylist()
    return found


def run(period: Period, **options: Any) -> tuple[dict[str, list[dict[str, Any]]], int]:
    """What a run gives, and how many accounts went on from where they stood."""
    found: list[Outcome] = []
    billed = run_billing(period, Settings(), now=NOW, watcher=found.append, **options)
    given = {name: rows(found, name) for name in ("lines", "bills", "obstacles", "payments")}
    return given, billed.summary.accounts - billed.anew


@pytest.mark.parametrize("seed", range(TOWNS))
def test_both_forms_of_a_run_come_to_the_same(database: Database, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr(batches, "BATCH", 40)  # several batches
    town = Town(seed, FIRST, accounts=30)
    going_on = []
    for period in (FIRST.plus(months) for months in range(MONTHS)):
        town.month(period)
        anew, none = run(period, dry_run=True, full=True)
        assert none == 0
        landed, went_on = run(period)
        going_on.append(went_on)
        for name, expected in anew.items():
            assert landed[name] == expected, (period, name)
        if period % 3 == 0:
            bill_missing(period, Settings())
    assert going_on[0] == 0
    assert sum(going_on) > 10 * MONTHS, going_on
