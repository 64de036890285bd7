"""What the notice is written from: the ways as they are on a day, each where it belongs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sbyt.core.settings import ChannelState, Settings, WaySettings

_STILL_NEWS = dt.timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Way:
    """A way as the notice tells of it. Empty is what nobody said.

    ``days``: those of the month on which it takes readings, where they are fewer than those on which they are awaited.
    ``changes``: the day on which a planned one opens, or another ends, where that is decided.
    """

    code: str
    title: str
    address: str
    days: tuple[int, int] | None
    since: dt.date | None
    changes: dt.date | None
    why: str
    note: str
    footnote: str
    is_unstable: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """``open`` holds the unstable ones too, last. All are in the order in which they are told."""

    day: dt.date
    settings: Settings
    ended: tuple[Way, ...]
    unstable: tuple[Way, ...]
    planned: tuple[Way, ...]
    open: tuple[Way, ...]

    @property
    def recommended(self) -> list[Way]:
        steady = {way.code: way for way in self.open if not way.is_unstable}
        return [steady[code] for code in self.settings.notice.recommend if code in steady]

    @property
    def newly_ended(self) -> list[Way]:
        """Those that ended so lately that the notice is about them."""
        return [way for way in self.ended if way.since and self.day - way.since <= _STILL_NEWS]


def facts(
    ways: Mapping[str, WaySettings], settings: Settings, day: dt.date, changes: Mapping[str, dt.date] | None = None
) -> Facts:
    """What is to be told on a local day.

    :param ways: all ways by their code, as they are on that day; those that customers aren't told of are left out.
    :param changes: when a planned way opens, or another ends, by its code.
    """
    told = {
        code: (way.state, _way(code, way, settings, (changes or {}).get(code)))
        for code, way in ways.items()
        if way.is_named
    }
    first = dict.fromkeys(code for code in settings.notice.recommend if code in told)
    ordered = [told[code] for code in {**first, **dict.fromkeys(told)}]
    steady, unstable = _of(ordered, ChannelState.OPEN), _of(ordered, ChannelState.UNSTABLE)
    return Facts(
        day,
        settings,
        ended=_of(ordered, ChannelState.WITHDRAWN),
        unstable=unstable,
        planned=_of(ordered, ChannelState.PLANNED),
        open=steady + unstable,
    )


def _of(told: Iterable[tuple[ChannelState, Way]], wanted: ChannelState) -> tuple[Way, ...]:
    return tuple(way for state, way in told if state is wanted)


def _way(code: str, way: WaySettings, settings: Settings, changes: dt.date | None) -> Way:
    window = settings.window
    days = way.days_in(window)
    return Way(
        code,
        way.title,
        settings.address_of(way) or "",
        None if days == (window.first_day, window.last_day) else days,
        way.since,
        changes,
        way.why or "",
        way.note or "",
        way.footnote or "",
        is_unstable=way.state is ChannelState.UNSTABLE,
    )
