from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from sbyt.core.periods import Period
from sbyt.metering.counting import Counted
from sbyt.metering.use import use_by_month

JANUARY = int(Period.parse("2026-01"))


def counted(month: int, *values: int, rolled: tuple[bool | None, ...] = ()) -> Counted:
    period = JANUARY + month - 1
    return Counted(period, values, dt.date(2026, month, 20), rolled or (None,) * len(values))


def test_each_month_uses_the_advance_of_its_registers() -> None:
    periods = [counted(1, 100, 50), counted(2, 130, 60), counted(3, 170, 75)]
    assert use_by_month(periods, 2, 100_000) == {JANUARY + 1: (30, 10), JANUARY + 2: (40, 15)}


def test_months_without_a_reading_share_by_their_days() -> None:
    periods = [counted(2, 100), counted(4, 161)]
    assert use_by_month(periods, 1, 100_000) == {JANUARY + 2: (31,), JANUARY + 3: (30,)}


def test_a_dial_that_went_through_zero_used_on() -> None:
    periods = [counted(1, 990), counted(2, 20, rolled=(True,))]
    assert use_by_month(periods, 1, 1000) == {JANUARY + 1: (30,)}


def test_of_an_unmarked_drop_nobody_knows() -> None:
    periods = [counted(1, 990), counted(2, 20, rolled=(False,)), counted(3, 50)]
    assert use_by_month(periods, 1, 1000) == {JANUARY + 2: (30,)}


def test_one_reading_tells_nothing() -> None:
    assert use_by_month([counted(1, 5)], 1, 1000) == {}
    assert use_by_month([], 1, 1000) == {}


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 500)), min_size=1, max_size=8))
def test_all_months_together_used_what_the_dial_advanced(steps: list[tuple[int, int]]) -> None:
    periods, period, value = [Counted(JANUARY, (0,), dt.date(2026, 1, 1), (None,))], JANUARY, 0
    for months, use in steps:
        period, value = period + months, value + use
        periods.append(Counted(period, (value,), dt.date(2026, 1, 1), (None,)))
    used = use_by_month(periods, 1, 10**9)
    assert sum(volume for (volume,) in used.values()) == value
    assert list(used) == list(range(JANUARY + 1, period + 1))
