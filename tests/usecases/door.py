"""The door for readings, row by row (billing rule 4): what the import says of whole columns, said once more plainly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A reading of one register. ``hour`` is that of receipt on the day taken; without one it isn't known."""

    kind: str
    value: int
    rollover: bool
    day: int  # of March 2026
    hour: int | None
    state: str  # stored, cancelled, new

    @property
    def taken_on(self) -> dt.date:
        return dt.date(2026, 3, self.day)

    @property
    def received(self) -> dt.datetime | None:
        """Local time."""
        return None if self.hour is None else dt.datetime(2026, 3, self.day, self.hour)

    @property
    def identity(self) -> tuple[object, ...]:
        return (self.kind, self.value, self.rollover, self.day, self.hour)


def refused(rows: Sequence[Row]) -> dict[int, str]:
    """Which rows may not pass, by their place in the list, and the column that is named.

    The list is in the order of loading: stored ones first.
    """
    known = {row.identity for row in rows if row.state != "new"}
    fresh: dict[tuple[object, ...], int] = {}
    for place, row in enumerate(rows):
        if row.state == "new" and row.identity not in known:
            fresh.setdefault(row.identity, place)
    taken = set(fresh.values())
    line = [place for place, row in enumerate(rows) if row.state == "stored" or place in taken]
    line.sort(key=lambda place: (*_receipt(rows[place]), place))
    found = {}
    for at, place in enumerate(line):
        if place in taken and (column := _judge([rows[other] for other in line], at)):
            found[place] = column
    return found


def _receipt(row: Row) -> tuple[dt.date, int, dt.datetime]:
    midnight = dt.datetime.combine(row.taken_on, dt.time())
    if row.kind in ("installed", "removed"):
        return row.taken_on, 0 if row.kind == "installed" else 2, midnight
    return row.taken_on, 1, row.received or midnight


def _judge(line: Sequence[Row], at: int) -> str | None:
    row = line[at]
    if any(earlier.kind == "removed" for earlier in line[:at]):
        return "taken_on"
    if row.kind != "customer":
        return None
    standing = [other for other in range(len(line)) if other == at or not _set_aside(line, other)]
    place = standing.index(at)
    if place > 0:
        before = standing[place - 1]
        marked = any(line[other].rollover for other in range(before + 1, at + 1))
        if row.value < line[before].value and not marked:
            return "value"
    if place + 1 < len(standing):
        after = standing[place + 1]
        marked = any(line[other].rollover for other in range(at + 1, after + 1))
        if row.value > line[after].value and not marked and line[after].kind not in ("control", "removed"):
            return "value"
    return None


def _set_aside(line: Sequence[Row], at: int) -> bool:
    """Whether a later inspector's value sets this customer's value aside."""
    if line[at].kind != "customer":
        return False
    for later in line[at + 1 :]:
        if later.rollover:
            return False  # what lies before a mark isn't reached
        if later.kind == "installed":
            return False
        if later.kind in ("control", "removed"):
            return later.value < line[at].value
    return False
