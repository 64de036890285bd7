"""Which of a meter's readings count, one meter at a time (billing rules 2 to 4).

This is the plain form of the rules, for one meter while a customer waits. The billing run says the same in columns.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sbyt.core.resources import ZONES


class Kind(enum.StrEnum):
    CUSTOMER = "customer"
    CONTROL = "control"
    INSTALLED = "installed"
    REMOVED = "removed"


_RANK = {Kind.CUSTOMER: 0, Kind.CONTROL: 1, Kind.REMOVED: 2}


@dataclass(frozen=True, slots=True)
class Handed:
    """A reading as it was handed in: ``value`` in whole units, ``order`` sorts by time of receipt, then of loading."""

    zone: str
    period: int
    kind: Kind
    value: int
    rollover: bool
    taken_on: dt.date
    order: tuple[dt.datetime, int]


@dataclass(frozen=True, slots=True)
class Counted:
    """A period that counts for a meter: its values, in the order of the zones, and the day they were taken.

    ``rolled`` tells for each zone whether the value is below the one before: None it isn't, True a marked rollover,
    False an unmarked drop, which isn't billed.
    """

    period: int
    values: tuple[int, ...]
    taken_on: dt.date
    rolled: tuple[bool | None, ...]


def counted(handed: Iterable[Handed], zones: int) -> list[Counted]:
    """The periods that count for a meter with so many registers, in order, the start index first.

    Without an ``installed`` reading for each register there is no start index, and what else was handed in counts as
    far as it goes. Nothing counts that was handed in up to the start index or after the removal (rules 3, 4 and 7).
    """
    ordered = sorted(handed, key=lambda row: row.order)
    start = _start(ordered, zones)
    since = max((row.period for row in start.values()), default=0) - 1
    by_zone = _in_life(ordered, since, zones)
    chosen = {zone: _by_period(_without_overstated(rows)) for zone, rows in by_zone.items()}
    for zone, row in start.items():
        chosen[zone][since] = row
    result: list[Counted] = []
    for period in sorted(set.intersection(*(set(rows) for rows in chosen.values()))):
        rows = [chosen[zone][period] for zone in ZONES[:zones]]
        before = result[-1] if result else None
        rolled = tuple(
            _rolled(by_zone[row.zone], before.values[at], row, chosen[row.zone][before.period]) if before else None
            for at, row in enumerate(rows)
        )
        result.append(Counted(period, tuple(row.value for row in rows), max(row.taken_on for row in rows), rolled))
    return result


def _start(ordered: Sequence[Handed], zones: int) -> dict[str, Handed]:
    """The start index of each register, the latest where there are several; empty where a register has none.

    It stands at the end of the period before its own (billing rule 3), for the whole meter.
    """
    found = {row.zone: row for row in ordered if row.kind is Kind.INSTALLED and row.zone in ZONES[:zones]}
    return found if len(found) == zones else {}


def _in_life(ordered: Sequence[Handed], since: int, zones: int) -> dict[str, list[Handed]]:
    """By register, what was handed in after the start index and up to the removal (billing rule 7)."""
    rows = [row for row in ordered if row.kind is not Kind.INSTALLED]
    removed = {row.zone: row.period for row in rows if row.kind is Kind.REMOVED}
    whole = len(removed) == zones
    return {
        zone: [
            row
            for row in rows
            if row.zone == zone and row.period > since and not (whole and row.period > max(removed.values()))
        ]
        for zone in ZONES[:zones]
    }


def _without_overstated(rows: Sequence[Handed]) -> list[Handed]:
    """Set aside the customer's values above a later inspector's one (decree 354, paragraph 61; billing rule 4)."""
    kept: list[Handed] = []
    since: list[Handed] = []  # the customer's, back to an inspector's value, a rollover mark or the start index
    for row in rows:
        if row.rollover:
            kept += since
            since = []
        if row.kind is Kind.CUSTOMER:
            since.append(row)
            continue
        kept += [earlier for earlier in since if earlier.value <= row.value]
        kept.append(row)
        since = []
    return kept + since


def _by_period(rows: Sequence[Handed]) -> dict[int, Handed]:
    """One reading a period: removed beats control beats customer, among equals the last (billing rule 2)."""
    chosen: dict[int, Handed] = {}
    for row in rows:
        there = chosen.get(row.period)
        if there is None or _RANK[row.kind] >= _RANK[there.kind]:
            chosen[row.period] = row
    return chosen


def _rolled(rows: Sequence[Handed], previous: int, row: Handed, since: Handed) -> bool | None:
    """Whether a value below the previous one is a rollover: only where something received since is so marked."""
    if row.value >= previous:
        return None
    return any(other.rollover for other in rows if since.order < other.order <= row.order)
