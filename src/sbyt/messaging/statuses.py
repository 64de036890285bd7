"""States of the ways to hand in readings: what ``sbyt.toml`` said, overlaid by what people changed since.

A row takes effect on its day, or when it was entered if the day was over by then. What people entered goes before what
the file said.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sbyt.core.settings import ChannelSettings, ChannelState, Settings, WaySettings
from sbyt.messaging.models import ChannelStatus

#: Who changed what the settings file says.
SEEDED = "sbyt.toml"
#: The day of a state that has no beginning.
ALWAYS = dt.date(1900, 1, 1)

#: What holds of a way until the state begins that its settings name for a later day.
_BEFORE = {
    ChannelState.OPEN: ChannelState.PLANNED,
    ChannelState.PLANNED: ChannelState.PLANNED,
    ChannelState.UNSTABLE: ChannelState.OPEN,
    ChannelState.WITHDRAWN: ChannelState.OPEN,
}


class Statuses:
    """The rows of all ways, read once, and what they come to on a day."""

    def __init__(self, rows: Iterable[ChannelStatus], settings: Settings) -> None:
        self._settings = settings
        self._rows: dict[str, list[ChannelStatus]] = defaultdict(list)
        for row in rows:
            self._rows[row.channel].append(row)
        self._channels: dict[dt.date, dict[str, ChannelSettings]] = {}
        self._ways: dict[dt.date, dict[str, WaySettings]] = {}

    def channels(self, day: dt.date) -> Mapping[str, ChannelSettings]:
        """The channels of the settings, each as it is on this local day."""
        if day not in self._channels:
            self._channels[day] = {
                code: channel.model_copy(update=self._update(code, channel, day))
                for code, channel in self._settings.channels.items()
            }
        return self._channels[day]

    def ways(self, day: dt.date) -> Mapping[str, WaySettings]:
        """All ways by their code as they are on this local day: the channels, then those that are no channels."""
        if day not in self._ways:
            others = {
                code: way.model_copy(update=self._update(code, way, day)) for code, way in self._settings.ways.items()
            }
            self._ways[day] = {**self.channels(day), **others}
        return self._ways[day]

    def history(self, code: str) -> Sequence[ChannelStatus]:
        """What was ever entered of one way, the oldest first."""
        return tuple(self._rows[code])

    def changed_by_hand(self, code: str) -> bool:
        return any(row.changed_by != SEEDED for row in self._rows[code])

    def seeded(self, code: str) -> ChannelStatus | None:
        """What the file said last, if it was put into the table."""
        return next((row for row in reversed(self._rows[code]) if row.changed_by == SEEDED), None)

    def in_force(self, code: str, day: dt.date) -> ChannelStatus | None:
        """The row that holds on this local day; None where none has begun."""
        begun = [row for row in self._rows[code] if row.since <= day]
        by_hand = [row for row in begun if row.changed_by != SEEDED]
        if by_hand:
            return max(by_hand, key=lambda row: (self._takes_effect(row), row.id))
        return max(begun, key=lambda row: row.id, default=None)

    def coming(self, code: str, day: dt.date) -> list[ChannelStatus]:
        """The rows that will take effect after this local day, in their order."""
        found = []
        held = self.in_force(code, day)
        for later in sorted({row.since for row in self._rows[code] if row.since > day}):
            row = self.in_force(code, later)
            if row and row is not held:
                found.append(row)
            held = row
        return found

    def _takes_effect(self, row: ChannelStatus) -> dt.date:
        return max(row.since, row.changed_at.astimezone(self._settings.zone).date())

    def _update(self, code: str, way: WaySettings, day: dt.date) -> dict[str, object]:
        row = self.in_force(code, day)
        if row is None:
            return before_its_day(way) if way.since and way.since > day else {}
        return {
            "title": row.title,
            "address": row.address or None,
            "state": ChannelState(row.state),
            "since": None if row.since == ALWAYS else row.since,
            "why": row.why or None,
            "note": row.note or None,
            "footnote": row.footnote or None,
            "first_day": row.first_day,
            "last_day": row.last_day,
        }


def before_its_day(way: WaySettings) -> dict[str, object]:
    """How a way differs from its settings until the day comes that they name."""
    return {"state": _BEFORE[way.state], "since": None, "why": None}


def read_statuses(settings: Settings) -> Statuses:
    """The states of all ways, by one query."""
    return Statuses(ChannelStatus.objects.order_by("id"), settings)


def current_channels(settings: Settings, day: dt.date) -> Mapping[str, ChannelSettings]:
    """The channels of the settings, each as it is on this local day, by one query."""
    return read_statuses(settings).channels(day)


# what the file says --------------------------------------------------------------------------------------------------


def seed_channels(settings: Settings, now: dt.datetime, *, only_new: bool = False) -> int:
    """Put into the table what the settings say of ways that nobody changed by hand, where it is new.

    :param only_new: leave alone ways of which the table says anything.

    :returns: the number of rows added; 0 where nothing differs.
    """
    statuses = read_statuses(settings)
    rows = []
    for code, way in {**settings.channels, **settings.ways}.items():
        if statuses.changed_by_hand(code):
            continue
        seeded, wanted = statuses.seeded(code), row_of(code, way, way.since, SEEDED, now)
        if seeded and (only_new or _content(seeded) == _content(wanted)):
            continue
        if seeded is None and way.since and way.since > now.astimezone(settings.zone).date():
            earlier = way.model_copy(update=before_its_day(way))
            rows.append(row_of(code, earlier, None, SEEDED, now))
        rows.append(wanted)
    ChannelStatus.objects.bulk_create(rows)
    return len(rows)


def row_of(code: str, way: WaySettings, since: dt.date | None, by: str, now: dt.datetime) -> ChannelStatus:
    """A way as a row of the table, not yet saved."""
    return ChannelStatus(
        channel=code,
        state=way.state.value,
        since=since or ALWAYS,
        why=way.why or "",
        title=way.title,
        address=way.address or "",
        first_day=way.first_day,
        last_day=way.last_day,
        note=way.note or "",
        footnote=way.footnote or "",
        changed_at=now,
        changed_by=by,
    )


def _content(row: ChannelStatus) -> tuple[object, ...]:
    said = (row.why, row.title, row.address, row.note, row.footnote)
    return (row.state, row.since, *said, row.first_day, row.last_day)
