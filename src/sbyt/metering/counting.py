"""Which of a meter's readings count, one meter at a time (billing rules 2 to 4).

This is the plain form of the rules, for one meter while a customer waits. The billing run says the same in columns.
"""

from __future__ import annotations

import datetime as dt
import enum
import math
import operator
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sbyt.core.resources import ZONES


class Kind(enum.StrEnum):
    CUSTOMER = "customer"
    CONTROL = "control"
    INSTALLED = "installed"
    REMOVED = "removed"


#: Added to the order of loading: at one moment ``installed`` comes before all else, ``removed`` after it.
FIRST_AND_LAST = {Kind.INSTALLED: -(2**62), Kind.REMOVED: 2**62}

#: By time of receipt, then of loading.
_BY_ORDER = operator.attrgetter("order")
_RANK = {Kind.CUSTOMER: 0, Kind.CONTROL: 1, Kind.REMOVED: 2}


class Handed(NamedTuple):
    """A reading as it was handed in: ``value`` in whole units, ``order`` sorts by time of receipt, then of loading."""

    zone: str
    period: int
    kind: Kind
    value: int
    rollover: bool
    taken_on: dt.date
    order: tuple[dt.datetime, int]


class Counted(NamedTuple):
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
    ordered = sorted(handed, key=_BY_ORDER)
    start = _start(ordered, zones)
    since = max((row.period for row in start.values()), default=0) - 1
    by_zone = _in_life(ordered, since, zones)
    chosen = {zone: _chosen(rows) for zone, rows in by_zone.items()}
    for zone, row in start.items():
        chosen[zone][since] = row
    result: list[Counted] = []
    before: Sequence[Handed] = ()
    for period in sorted(set.intersection(*map(set, chosen.values()))):
        rows = [of_zone[period] for of_zone in chosen.values()]
        rolled = tuple([_rolled(by_zone[row.zone], since, row) for row, since in zip(rows, before, strict=False)])
        values, taken_on = tuple([row.value for row in rows]), max([row.taken_on for row in rows])
        result.append(Counted(period, values, taken_on, rolled or (None,) * zones))
        before = rows
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
    until = max(removed.values()) if len(removed) == zones else math.inf
    return {zone: [row for row in rows if row.zone == zone and since < row.period <= until] for zone in ZONES[:zones]}


def _chosen(rows: Sequence[Handed]) -> dict[int, Handed]:
    """The reading that counts for each period."""
    if all(row.kind is Kind.CUSTOMER for row in rows):  # nothing is set aside, and the last of a period counts
        return {row.period: row for row in rows}
    return _by_period(_without_overstated(rows))


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


def _rolled(rows: Sequence[Handed], since: Handed, row: Handed) -> bool | None:
    """Whether a value below the previous one is a rollover: only where something received since is so marked."""
    if row.value >= since.value:
        return None
    return any(other.rollover for other in rows if since.order < other.order <= row.order)
