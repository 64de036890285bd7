"""Local wall-clock time and UTC, for whole columns: a zone's changes of offset written as one SQL expression."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Change:
    """From this moment (UTC, naive) on the zone is ``after`` ahead of UTC, until then ``before``."""

    at: dt.datetime
    before: dt.timedelta
    after: dt.timedelta


@functools.cache
def changes(zone: ZoneInfo, first_year: int, last_year: int) -> tuple[Change, ...]:
    """All changes of the zone's offset within these years, found by looking at each day's start."""
    found = []
    day = dt.datetime(first_year, 1, 1)
    end = dt.datetime(last_year + 1, 1, 1)
    while day < end:
        following = day + dt.timedelta(days=1)
        if _offset(zone, day) != _offset(zone, following):
            found.append(_change(zone, day, following))
        day = following
    return tuple(found)


def to_utc(column: str, zone: ZoneInfo, first_year: int, last_year: int) -> str:
    """SQL that takes a local time to UTC. An hour that comes twice is the earlier one, as ``zoneinfo`` has it."""
    found = changes(zone, first_year, last_year)
    later = [(change.at + max(change.before, change.after), change.after) for change in found]
    return _cases(column, later, _first_offset(zone, first_year), "-")


def to_local(column: str, zone: ZoneInfo, first_year: int, last_year: int) -> str:
    """SQL that takes a time in UTC to the zone's local time."""
    found = changes(zone, first_year, last_year)
    return _cases(column, [(change.at, change.after) for change in found], _first_offset(zone, first_year), "+")


def _cases(column: str, later: list[tuple[dt.datetime, dt.timedelta]], first: dt.timedelta, sign: str) -> str:
    # The newest first: nearly all rows end there.
    cases = " ".join(
        f"WHEN {column} >= TIMESTAMP '{start}' THEN {column} {sign} {_interval(offset)}"
        for start, offset in reversed(later)
    )
    otherwise = f"{column} {sign} {_interval(first)}"
    return f"(CASE {cases} ELSE {otherwise} END)" if cases else f"({otherwise})"


def _interval(offset: dt.timedelta) -> str:
    return f"to_seconds({int(offset.total_seconds())})"


def _first_offset(zone: ZoneInfo, year: int) -> dt.timedelta:
    return _offset(zone, dt.datetime(year, 1, 1))


def _offset(zone: ZoneInfo, utc: dt.datetime) -> dt.timedelta:
    return utc.replace(tzinfo=dt.UTC).astimezone(zone).utcoffset() or dt.timedelta()


def _change(zone: ZoneInfo, before: dt.datetime, after: dt.datetime) -> Change:
    """The second at which the offset changes, between two moments that have different ones."""
    low, high = before, after
    while high - low > dt.timedelta(seconds=1):
        middle = (low + (high - low) / 2).replace(microsecond=0)
        if _offset(zone, middle) == _offset(zone, before):
            low = middle
        else:
            high = middle
    return Change(high, _offset(zone, before), _offset(zone, after))
