"""How many messages would usually have come: waves of the month, working days, weekends, nights."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from zoneinfo import ZoneInfo

import pytest

from sbyt.core.settings import Quiet
from sbyt.messaging.usual_traffic import CERTAIN, SUSPICIOUS, compared, expected, span

MOSCOW = ZoneInfo("Europe/Moscow")
QUIET = Quiet()  # from 21 to 9
LONG_AGO = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


def local(day: int, hour: float, month: int = 11) -> dt.datetime:
    return dt.datetime(2026, month, day, tzinfo=MOSCOW) + dt.timedelta(hours=hour)


Traffic = Callable[[dt.datetime], int]


def of_waves(per_hour: int, between: int) -> Traffic:
    """So many an hour by day on the days of the window, others on other days, a third at weekends, none at night."""

    def came(at: dt.datetime) -> int:
        if not 8 <= at.hour < 22:
            return 0
        busy = per_hour if 18 <= at.day <= 25 else between
        return busy // 3 if at.weekday() >= 5 else busy

    return came


def steady(per_hour: int) -> Traffic:
    return lambda at: per_hour


def missing(
    traffic: Traffic, last_at: dt.datetime, now: dt.datetime, since: dt.datetime = LONG_AGO, quiet: Quiet = QUIET
) -> float:
    """How many messages are missing, where so much always came until the last one."""
    hours = {
        at: traffic(at.astimezone(MOSCOW))
        for hour, _ in span(last_at, now)
        for hours in compared(hour, MOSCOW)
        for at in hours
    }
    return expected(last_at, now, hours, since, zone=MOSCOW, quiet=quiet)


@pytest.mark.parametrize(
    ("traffic", "last_at", "now", "expects"),
    [
        pytest.param(of_waves(60, 2), local(20, 12), local(20, 12.25), 0, id="a quarter of an hour is no silence"),
        pytest.param(of_waves(60, 2), local(20, 12), local(20, 13), 2, id="in the window the last days were quiet"),
        pytest.param(of_waves(60, 2), local(24, 12), local(24, 13), 60, id="at its end they were not"),
        pytest.param(of_waves(60, 2), local(24, 12), local(24, 12.5), 30, id="half an hour, half as many"),
        pytest.param(of_waves(60, 2), local(24, 12.5), local(24, 14), 90, id="parts of hours"),
        pytest.param(of_waves(60, 2), local(27, 12), local(27, 13), 2, id="after it the earlier months were quiet"),
        pytest.param(of_waves(60, 30), local(12, 12), local(12, 13), 30, id="between the windows"),
        pytest.param(of_waves(60, 30), local(15, 12), local(15, 13), 10, id="on a Sunday"),
        pytest.param(of_waves(60, 30), local(12, 2), local(12, 6), 0, id="at night"),
        pytest.param(of_waves(60, 30), local(11, 22), local(12, 9), 0, id="after a night without a message"),
        pytest.param(of_waves(60, 30), local(11, 22), local(12, 10), 30, id="an hour after such a night"),
        pytest.param(steady(20), local(12, 2), local(12, 6), 0, id="at night also where messages come at night"),
        pytest.param(steady(20), local(1, 12), local(12, 12), 12 * 20, id="of a long silence only the last day counts"),
        pytest.param(steady(0), local(12, 12), local(12, 20), 0, id="where nothing ever comes"),
        pytest.param(steady(1), local(12, 12), local(12, 18), 6, id="a quiet channel may be silent for an afternoon"),
        pytest.param(steady(20), local(12, 13, month=1), local(12, 14, month=1), 20, id="over the turn of the year"),
        pytest.param(steady(20), local(31, 13, month=3), local(31, 14, month=3), 20, id="on a day that February lacks"),
    ],
)
def test_what_is_missing_is_what_usually_came_at_such_hours(
    traffic: Traffic, last_at: dt.datetime, now: dt.datetime, expects: float
) -> None:
    assert missing(traffic, last_at, now) == pytest.approx(expects)


@pytest.mark.parametrize(("days", "expects"), [(20, 0), (50, 0), (70, 20), (200, 20)], ids=str)
def test_two_earlier_months_must_be_known(days: int, expects: int) -> None:
    now = local(20, 13)
    assert missing(steady(20), local(20, 12), now, since=now - dt.timedelta(days=days)) == expects


def test_a_day_of_an_announcement_or_of_an_outage_changes_nothing() -> None:
    def came(at: dt.datetime) -> int:
        return {(11, 19): 5000, (10, 20): 0, (9, 21): 0}.get((at.month, at.day), 20)

    assert missing(came, local(20, 12), local(20, 13)) == 20


def test_without_quiet_hours_the_night_counts_as_it_was() -> None:
    assert missing(steady(20), local(12, 2), local(12, 6), quiet=Quiet(from_hour=0, to_hour=0)) == 80


def test_the_limits_are_what_they_say_of_chance() -> None:
    assert math.exp(-SUSPICIOUS) == pytest.approx(1e-4, rel=0.01)
    assert math.exp(-CERTAIN) < 1e-13
