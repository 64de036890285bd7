"""The day by which a bill is to be paid."""

from __future__ import annotations

import datetime as dt

import pytest

from sbyt.core.due_day import due_day
from sbyt.core.periods import Period


@pytest.mark.parametrize(
    ("period", "day"),
    [
        ("2025-12", dt.date(2026, 1, 10)),
        ("2026-01", dt.date(2026, 2, 10)),
        ("2026-02", dt.date(2026, 3, 15)),
        ("2026-11", dt.date(2026, 12, 15)),
        ("2026-12", dt.date(2027, 1, 15)),
    ],
)
def test_a_bill_is_to_be_paid_by_a_day_of_the_next_month(period: str, day: dt.date) -> None:
    assert due_day(Period.parse(period)) == day
