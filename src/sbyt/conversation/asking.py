"""When an open question is asked once more, and when it goes to staff."""

from __future__ import annotations

import datetime as dt

from sbyt.core.periods import Period
from sbyt.core.settings import Quiet, Window

#: How long before its end a question is asked once more.
_BEFORE_THE_END = dt.timedelta(hours=4)
#: On the window's last day it is asked by then: later people don't look.
_LAST_EVENING = dt.time(20, 0)
#: Nobody is asked twice within this time.
_PAUSE = dt.timedelta(hours=1)
#: How long before the quiet hours the message must be on its way.
_BEFORE_QUIET = dt.timedelta(minutes=30)


def window_ends(asked: dt.datetime, window: Window) -> dt.datetime:
    """The local midnight at which the window closes for what is asked at this local time: this month's or the next."""
    closes = window.closes(asked.date())
    if asked.date() > closes:
        closes = window.closes(Period.of(asked.date()).plus(1).first_day)
    return dt.datetime.combine(closes + dt.timedelta(days=1), dt.time.min, asked.tzinfo)


def goes_to_staff(asked: dt.datetime, window: Window, hours: int) -> dt.datetime:
    """When a question last asked at this local time goes to staff: as it ends, or as the window closes."""
    return min(_later(asked, dt.timedelta(hours=hours)), window_ends(asked, window), key=_instant)


def asked_again(asked: dt.datetime, window: Window, hours: int, quiet: Quiet) -> dt.datetime | None:
    """When a question asked at this local time is asked once more; None where no good moment is left.

    That is 4 hours before the question ends, and on the window's last day by 20:00 local time; an hour after it was
    asked or later; not in quiet hours, rather before them than after; and always before it goes to staff.
    """
    end, earliest = goes_to_staff(asked, window, hours), _later(asked, _PAUSE)
    last_evening = dt.datetime.combine(_day_before(window_ends(asked, window)), _LAST_EVENING, asked.tzinfo)
    wanted = min(_later(asked, dt.timedelta(hours=hours) - _BEFORE_THE_END), last_evening, key=_instant)
    for moment in _audible(max(wanted, earliest, key=_instant), quiet):
        if _instant(earliest) <= _instant(moment) < _instant(end):
            return moment
    return None


def _audible(wanted: dt.datetime, quiet: Quiet) -> tuple[dt.datetime, ...]:
    """The moment itself, or those nearest to it before and after the quiet hours in which it lies."""
    if not quiet.holds(wanted):
        return (wanted,)
    began = _at(wanted, quiet.from_hour, before=True)
    ends = _at(wanted, quiet.to_hour, before=False)
    return (_later(began, -_BEFORE_QUIET), ends)


def _at(moment: dt.datetime, hour: int, *, before: bool) -> dt.datetime:
    """The nearest such hour, not after this moment or else behind it."""
    there = moment.replace(hour=hour, minute=0, second=0, microsecond=0)
    if before:
        return there if there <= moment else there - dt.timedelta(days=1)
    return there if there > moment else there + dt.timedelta(days=1)


def _day_before(midnight: dt.datetime) -> dt.date:
    return midnight.date() - dt.timedelta(days=1)


def _later(moment: dt.datetime, by: dt.timedelta) -> dt.datetime:
    """So much later by a stop-watch, whatever the clocks on the wall are set to meanwhile."""
    return (moment.astimezone(dt.UTC) + by).astimezone(moment.tzinfo)


def _instant(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(dt.UTC)
