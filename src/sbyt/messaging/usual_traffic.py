"""Whether nothing coming in means that something is broken: by what usually comes at such hours. Pure.

Readings come in waves: on the days of the window, by day, less at weekends. What an hour usually brings is therefore
the lower of two: what it brought on the last four days of its sort (working days, or weekends), and what it brought
on three such days about the same date in each of the three months before. Of each the second or third lowest counts,
so that one day of an announcement, or of an outage, decides nothing. An hour of which too little is known, and a quiet
one, bring nothing.

Where ``expected`` messages would usually have come since the last one, chance alone keeps them away with a probability
of exp(-expected): they come independently of each other (Poisson).
"""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from sbyt.core.settings import Quiet

#: No silence is shorter: half an hour without a message is no news anywhere.
SHORTEST = dt.timedelta(minutes=30)
#: Only so much of a silence is looked at.
LONGEST = dt.timedelta(hours=24)
#: exp(-9.21) is one in ten thousand.
SUSPICIOUS = 9.21
#: One in ten million millions: no chance.
CERTAIN = 30.0

_DAYS = 4
_DAYS_BACK = 14
_MONTHS = 3
_NEAR = 3
_WEEK = 7
_LEAST_OF_MONTHS = 6  # of nine days: two months are known
_HOUR = dt.timedelta(hours=1)
_SATURDAY = 5


class Compared(NamedTuple):
    """The hours that an hour is compared with, each by its beginning: those of last days, and of earlier months."""

    days: tuple[dt.datetime, ...]
    months: tuple[dt.datetime, ...]


def hour_of(at: dt.datetime) -> dt.datetime:
    """The beginning of an hour, by which it is called."""
    return at.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)


def span(last_at: dt.datetime, now: dt.datetime) -> Iterator[tuple[dt.datetime, float]]:
    """The hours since the last message, and how much of each is over; none where it is not long ago."""
    if now - last_at < SHORTEST:
        return
    begin = max(last_at, now - LONGEST)
    hour = hour_of(begin)
    while hour < now:
        yield hour, (min(hour + _HOUR, now) - max(hour, begin)) / _HOUR
        hour += _HOUR


def compared(hour: dt.datetime, zone: dt.tzinfo) -> Compared:
    """With which earlier hours an hour is compared, the latest first."""
    local = hour.astimezone(zone)
    alike = [
        day
        for day in (local.date() - dt.timedelta(days=back) for back in range(1, _DAYS_BACK + 1))
        if _is_weekend(day) == _is_weekend(local.date())
    ]
    days = tuple(_at(day, local) for day in alike[:_DAYS])
    return Compared(days, tuple(_at(day, local) for day in _about_the_same_day(local.date())))


def expected(
    last_at: dt.datetime,
    now: dt.datetime,
    came: Mapping[dt.datetime, int],
    counted_from: dt.datetime,
    *,
    zone: dt.tzinfo,
    quiet: Quiet,
) -> float:
    """How many messages would usually have come since the last one.

    :param came: how many came in each of the hours to compare with; an hour that isn't there brought none.
    :param counted_from: of hours before this one nothing is known.
    """
    return sum(
        share * _usual(compared(hour, zone), came, counted_from)
        for hour, share in span(last_at, now)
        if not quiet.holds(hour.astimezone(zone))
    )


def _usual(with_: Compared, came: Mapping[dt.datetime, int], counted_from: dt.datetime) -> int:
    days, months = (sorted(came.get(at, 0) for at in hours if at >= counted_from) for hours in with_)
    if len(days) < _DAYS or len(months) < _LEAST_OF_MONTHS:
        return 0
    return min(_low(days, 2), _low(months, 3))


def _low(counts: Sequence[int], one_in: int) -> int:
    """Of four the second lowest, of nine the third."""
    return counts[len(counts) // one_in - 1]


def _about_the_same_day(day: dt.date) -> Iterator[dt.date]:
    """In each of the months before, the three days of its sort that are nearest to it."""
    for back in range(1, _MONTHS + 1):
        number = day.year * 12 + day.month - 1 - back
        year, month = number // 12, number % 12 + 1
        same = dt.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
        near = (same + dt.timedelta(days=days) for days in sorted(range(-_WEEK, _WEEK + 1), key=abs))
        yield from itertools.islice((one for one in near if _is_weekend(one) == _is_weekend(day)), _NEAR)


def _is_weekend(day: dt.date) -> bool:
    return day.weekday() >= _SATURDAY


def _at(day: dt.date, local: dt.datetime) -> dt.datetime:
    return hour_of(dt.datetime.combine(day, local.timetz()))
