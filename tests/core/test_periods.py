"""Months as billing periods, and the day on which one ends and the next begins."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.core.periods import Period, UnableToParsePeriod, period_of_receipt

DAYS = st.dates(min_value=dt.date(2000, 1, 1), max_value=dt.date(2100, 12, 31))
PERIODS = DAYS.map(Period.of)


@pytest.mark.parametrize(
    ("written", "year", "month", "days", "first", "last"),
    [
        ("2026-11", 2026, 11, 30, dt.date(2026, 11, 1), dt.date(2026, 11, 30)),
        ("2026-12", 2026, 12, 31, dt.date(2026, 12, 1), dt.date(2026, 12, 31)),
        ("2027-02", 2027, 2, 28, dt.date(2027, 2, 1), dt.date(2027, 2, 28)),
        ("2028-02", 2028, 2, 29, dt.date(2028, 2, 1), dt.date(2028, 2, 29)),
    ],
)
def test_a_period_is_a_calendar_month(
    written: str, year: int, month: int, days: int, first: dt.date, last: dt.date
) -> None:
    period = Period.parse(written)
    assert (period.year, period.month, period.days) == (year, month, days)
    assert (period.first_day, period.last_day) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-1",
        "2026-00",
        "2026-13",
        "0000-01",
        "0226-11",
        "9999-12",
        "2026-11-20",
        "11.2026",
        "2026-11\n",
        " 2026-11",
    ],
)
def test_what_is_no_month_is_refused_with_what_was_found_and_an_example(text: str) -> None:
    with pytest.raises(UnableToParsePeriod) as caught:
        Period.parse(text)
    assert repr(text) in str(caught.value)
    assert "2026-11" in str(caught.value)


@given(PERIODS)
def test_what_is_written_is_read_back(period: Period) -> None:
    assert Period.parse(str(period)) == period


@given(PERIODS, st.integers(-1000, 1000))
def test_months_are_counted(period: Period, months: int) -> None:
    assert period.plus(months) - period == months


@given(PERIODS)
def test_one_period_begins_the_day_after_the_other_ends(period: Period) -> None:
    assert period.plus(1).first_day - period.last_day == dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "period"),
    [
        (dt.date(2026, 11, 1), "2026-11"),
        (dt.date(2026, 11, 24), "2026-11"),
        (dt.date(2026, 11, 25), "2026-11"),
        (dt.date(2026, 11, 26), "2026-12"),
        (dt.date(2026, 11, 30), "2026-12"),
        (dt.date(2026, 12, 25), "2026-12"),
        (dt.date(2026, 12, 26), "2027-01"),
    ],
)
def test_up_to_the_25th_it_is_the_current_month_later_the_next(day: dt.date, period: str) -> None:
    """Billing rule 1."""
    assert str(period_of_receipt(day, 25)) == period


@pytest.mark.parametrize("day", [dt.date(2026, 2, 28), dt.date(2028, 2, 29), dt.date(2026, 11, 30)])
def test_a_window_to_the_31st_ends_with_a_shorter_month(day: dt.date) -> None:
    assert period_of_receipt(day, 31) == Period.of(day)


@given(DAYS, st.integers(1, 31))
def test_what_came_later_never_counts_for_an_earlier_period(day: dt.date, last_day: int) -> None:
    assert period_of_receipt(day, last_day) <= period_of_receipt(day + dt.timedelta(days=1), last_day)
