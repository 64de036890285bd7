"""Until when a bill is to be paid (Housing Code, article 155)."""

from __future__ import annotations

import datetime as dt

import pytest

from sbyt.core.due import last_day_to_pay
from sbyt.core.periods import Period


@pytest.mark.parametrize(
    ("period", "day"),
    [
        ("2026-11", dt.date(2026, 12, 15)),
        ("2026-12", dt.date(2027, 1, 15)),
        ("2026-02", dt.date(2026, 3, 15)),  # the first one paid after the law came into force
        ("2026-01", dt.date(2026, 2, 10)),
        ("2020-12", dt.date(2021, 1, 10)),
    ],
)
def test_the_day_is_that_of_the_law_in_force(period: str, day: dt.date) -> None:
    assert last_day_to_pay(Period.parse(period)) == day
