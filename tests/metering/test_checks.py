"""Whether a value is plausible: each threshold at, below and above it, for each resource."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.core.resources import Resource
from sbyt.core.settings import Checks
from sbyt.metering.checks import Code, Dial, judge
from sbyt.metering.history import History, Last
from tests.metering.histories import DIALS, month

ELECTRICITY, HOT, COLD, GAS, HEAT = (
    Resource.ELECTRICITY,
    Resource.HOT_WATER,
    Resource.COLD_WATER,
    Resource.GAS,
    Resource.HEAT,
)
OCTOBER, NOVEMBER = month(10), month(11)
LAST_DAY = dt.date(2026, 10, 20)


def dial(resource: Resource) -> Dial:
    return Dial(resource, *DIALS[resource])


def unit(resource: Resource) -> int:
    return int(10 ** dial(resource).decimals)


def judged(
    resource: Resource,
    value: int,
    *,
    last: int = 0,
    average: int | None = None,
    months: int = 1,
    days: int = 30,
    checks: Checks | None = None,
) -> Code | None:
    """``value``, ``last`` and ``average`` in the smallest step of the register."""
    known = History(Last((last,), NOVEMBER - months, LAST_DAY), (average,))
    taken_on = LAST_DAY + dt.timedelta(days=days)
    return judge(value, 0, dial(resource), known, period=NOVEMBER, taken_on=taken_on, checks=checks or Checks())


# impossible ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "months", "days", "most"),
    [
        (ELECTRICITY, 1, 30, 15 * 24 * 30),
        (ELECTRICITY, 1, 31, 15 * 24 * 31),
        (ELECTRICITY, 3, 30, 15 * 24 * 30),  # by the days, however many periods
        (ELECTRICITY, 1, 0, 15 * 24),  # one day at least
        (ELECTRICITY, 1, -5, 15 * 24),
        (HOT, 1, 30, 100),
        (HOT, 3, 30, 300),
        (COLD, 1, 30, 100),
        (COLD, 2, 5, 200),  # by the periods, however few days
        (GAS, 1, 30, 2000),
        (GAS, 2, 30, 4000),
        (HEAT, 1, 30, 20),
        (HEAT, 4, 30, 80),
    ],
)
def test_more_than_the_connection_carries_is_impossible(resource: Resource, months: int, days: int, most: int) -> None:
    """Electricity 15 kW x 24 h x days; a month 100 m3 of water, 2,000 m3 of gas, 20 Gcal of heat."""
    units = most * unit(resource)
    assert judged(resource, units, months=months, days=days) is not Code.IMPOSSIBLE
    assert judged(resource, units + 1, months=months, days=days) is Code.IMPOSSIBLE


@pytest.mark.parametrize("resource", list(Resource))
def test_more_than_the_dial_can_show_is_impossible(resource: Resource) -> None:
    full = dial(resource).full
    assert judged(resource, full - 1, last=full - 1) is None
    assert judged(resource, full, last=full - 1) is Code.IMPOSSIBLE


def test_where_nothing_is_known_all_that_the_dial_shows_is_plausible() -> None:
    nothing = History(None, (None,))
    for value, code in ((0, None), (99_999, None), (100_000, Code.IMPOSSIBLE)):
        found = judge(
            value, 0, dial(ELECTRICITY), nothing, period=NOVEMBER, taken_on=dt.date(2026, 11, 20), checks=Checks()
        )
        assert found is code


# high ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "average", "months", "most"),
    [
        # five times the average, once that is more than the least that is called high
        (ELECTRICITY, 120, 1, 600),
        (ELECTRICITY, 120, 2, 1200),
        (ELECTRICITY, 20, 1, 100),
        (ELECTRICITY, 21, 1, 105),
        (ELECTRICITY, 19, 1, 100),
        (ELECTRICITY, 0, 1, 100),
        (ELECTRICITY, 0, 3, 100),
        (ELECTRICITY, 19, 2, 190),
        (HOT, 3_000, 1, 15_000),
        (HOT, 1_000, 1, 10_000),
        (COLD, 5_000, 2, 50_000),
        (COLD, 0, 1, 10_000),
        (GAS, 40_000, 1, 200_000),
        (GAS, 1_000, 1, 10_000),
        (HEAT, 1_000, 1, 5_000),
        (HEAT, 500, 1, 3_000),
        # fewer than three actual months
        (ELECTRICITY, None, 1, 2_000),
        (ELECTRICITY, None, 2, 4_000),
        (HOT, None, 1, 30_000),
        (HOT, None, 3, 90_000),
        (COLD, None, 1, 30_000),
        (GAS, None, 1, 500_000),
        (GAS, None, 2, 1_000_000),
        (HEAT, None, 1, 5_000),
        (HEAT, None, 2, 10_000),
    ],
)
def test_much_more_than_usual_is_high(resource: Resource, average: int | None, months: int, most: int) -> None:
    """More than 5 x average x months and than 100 kWh (10 m3, 3 Gcal); unknown: 2,000 kWh, 30 m3, 500 m3, 5 Gcal."""
    assert judged(resource, most - 1, average=average, months=months) is None
    assert judged(resource, most, average=average, months=months) is None
    assert judged(resource, most + 1, average=average, months=months) is Code.HIGH


def test_within_the_period_of_the_last_value_it_is_one_month() -> None:
    assert judged(ELECTRICITY, 600, average=120, months=0) is None
    assert judged(ELECTRICITY, 601, average=120, months=0) is Code.HIGH


# lower and rollover --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resource", list(Resource))
def test_the_same_value_again_is_zero_use(resource: Resource) -> None:
    assert judged(resource, 7, last=7, average=0) is None


@pytest.mark.parametrize(
    ("resource", "last", "average", "value", "code"),
    [
        (ELECTRICITY, 4310, 120, 4309, Code.LOWER),
        (ELECTRICITY, 99_990, 120, 590, Code.ROLLOVER),  # 600 through zero, five times the average
        (ELECTRICITY, 99_990, 120, 591, Code.LOWER),  # 601 would be high
        (ELECTRICITY, 99_990, 0, 90, Code.ROLLOVER),
        (ELECTRICITY, 99_990, 0, 91, Code.LOWER),
        (ELECTRICITY, 99_000, None, 1_000, Code.ROLLOVER),
        (ELECTRICITY, 99_000, None, 1_001, Code.LOWER),
        (HOT, 99_999_000, 3_000, 14_000, Code.ROLLOVER),
        (HOT, 99_999_000, 3_000, 14_001, Code.LOWER),
        (COLD, 99_999_000, 30_000, 99_000, Code.ROLLOVER),  # all that the connection carries
        (COLD, 99_999_000, 30_000, 99_001, Code.LOWER),  # and more, though not high
        (GAS, 99_900_000, None, 400_000, Code.ROLLOVER),
        (GAS, 99_900_000, None, 400_001, Code.LOWER),
        (HEAT, 9_999_000, None, 4_000, Code.ROLLOVER),
        (HEAT, 9_999_000, None, 4_001, Code.LOWER),
    ],
)
def test_below_the_last_it_is_a_rollover_only_where_that_would_be_plausible(
    resource: Resource, last: int, average: int | None, value: int, code: Code
) -> None:
    assert judged(resource, value, last=last, average=average) is code


# registers and settings ----------------------------------------------------------------------------------------------


def test_each_register_is_judged_by_its_own_history() -> None:
    known = History(Last((8100, 3040), OCTOBER, LAST_DAY), (140, 60))
    codes = [
        judge(value, at, dial(ELECTRICITY), known, period=NOVEMBER, taken_on=dt.date(2026, 11, 20), checks=Checks())
        for at, value in enumerate((8100 + 700, 3040 + 301))
    ]
    assert codes == [None, Code.HIGH]


def test_the_numbers_are_settings() -> None:
    strict = Checks(high_times_average=2, electricity_kw=1)
    assert judged(ELECTRICITY, 240, average=120, checks=strict) is None
    assert judged(ELECTRICITY, 241, average=120, checks=strict) is Code.HIGH
    assert judged(ELECTRICITY, 721, average=120, checks=strict) is Code.IMPOSSIBLE


@given(
    st.sampled_from(list(Resource)),
    st.integers(0, 9_999),
    st.one_of(st.none(), st.integers(0, 9_999)),
    st.integers(1, 12),
    st.integers(0, 99_998),
)
def test_using_more_never_makes_a_doubtful_value_plausible(
    resource: Resource, last: int, average: int | None, months: int, used: int
) -> None:
    worse = [None, Code.HIGH, Code.IMPOSSIBLE]
    codes = [
        judged(resource, last + more, last=last, average=average, months=months) for more in (used // 2, used, used + 1)
    ]
    assert [worse.index(code) for code in codes] == sorted(worse.index(code) for code in codes)
