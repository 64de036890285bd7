"""Readings and known values in one short line each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sbyt.core.periods import Period, period_of_receipt
from sbyt.core.resources import Resource
from sbyt.metering.counting import Handed, Kind

LAST_DAY = 25
#: What stands before a value: control, installed or removed; nothing is a customer's.
_KINDS = {"c": Kind.CONTROL, "i": Kind.INSTALLED, "r": Kind.REMOVED}


def handed(*rows: str) -> list[Handed]:
    """Readings in the order of loading, like ``10-20 T1 c 4310 rollover``: month and day of 2026, zone, kind, value."""
    return [_handed(row.split(), loaded) for loaded, row in enumerate(rows)]


def _handed(words: Sequence[str], loaded: int) -> Handed:
    day = dt.date.fromisoformat(f"2026-{words[0]}")
    kind = _KINDS.get(words[2], Kind.CUSTOMER)
    rollover = words[-1] == "rollover"
    value = int(words[-2] if rollover else words[-1])
    at = dt.time.max if kind is Kind.REMOVED else dt.time.min if kind is Kind.INSTALLED else dt.time(12)
    received = dt.datetime.combine(day, at, dt.UTC)
    return Handed(words[1], period_of_receipt(day, LAST_DAY), kind, value, rollover, day, (received, loaded))


def month(number: int) -> Period:
    """A month of 2026; 0 is December of 2025."""
    return Period(2026 * 12 + number - 1)


#: Figures before and after the comma of a usual meter.
DIALS = {
    Resource.ELECTRICITY: (5, 0),
    Resource.HOT_WATER: (5, 3),
    Resource.COLD_WATER: (5, 3),
    Resource.GAS: (5, 3),
    Resource.HEAT: (4, 3),
}
