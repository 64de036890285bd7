"""Whether a value is plausible, and what is done where it isn't: the codes of the checks, in their order."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

from sbyt.core.resources import Resource
from sbyt.core.settings import Checks
from sbyt.metering.history import History


class Code(enum.StrEnum):
    """Why a reading was not simply taken, in the order in which it is looked for."""

    CLOSED = "closed"
    UNKNOWN_ACCOUNT = "unknown_account"
    UNKNOWN_METER = "unknown_meter"
    REMOVED = "removed"
    DUPLICATE = "duplicate"
    SWAPPED = "swapped"
    DECIMAL = "decimal"
    IMPOSSIBLE = "impossible"
    LOWER = "lower"
    ROLLOVER = "rollover"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Dial:
    """What a meter's registers can show: figures before and after the comma."""

    resource: Resource
    digits: int
    decimals: int

    @property
    def full(self) -> int:
        """Where the dial goes through zero, in whole units."""
        return int(10 ** (self.digits + self.decimals))


def judge(
    value: int, at: int, dial: Dial, known: History, *, period: int, taken_on: dt.date, checks: Checks
) -> Code | None:
    """Judge the value of one register, in whole units, against what is known; None is plausible.

    ``at`` is the register's place among the meter's. IMPOSSIBLE: more than the connection can carry, or than the dial
    can show. LOWER: below the last counted value. ROLLOVER: below it, but through zero it would be neither high nor
    impossible. HIGH: much more than usual. With nothing known before, what the dial can show is plausible.
    """
    if value >= dial.full:
        return Code.IMPOSSIBLE
    if known.last is None:
        return None
    used = value - known.last.values[at]
    months = max(period - known.last.period, 1)
    days = max((taken_on - known.last.taken_on).days, 1)
    most = _capacity(dial, months, days, checks)
    most_usual = _most_usual(dial, known.averages[at], months, checks)
    if used >= 0:
        return Code.IMPOSSIBLE if used > most else Code.HIGH if used > most_usual else None
    through_zero = used + dial.full
    return Code.LOWER if through_zero > most or through_zero > most_usual else Code.ROLLOVER


def _capacity(dial: Dial, months: int, days: int, checks: Checks) -> int:
    """What the connection can carry, in whole units: by the hour for electricity, by the month for the rest."""
    unit = int(10**dial.decimals)
    if dial.resource is Resource.ELECTRICITY:
        return checks.electricity_kw * 24 * days * unit
    return checks.limits(dial.resource).most_a_month * months * unit


def _most_usual(dial: Dial, average: int | None, months: int, checks: Checks) -> int:
    """Above how many whole units a use is high."""
    unit = int(10**dial.decimals)
    if average is None:
        return checks.limits(dial.resource).high_without_average * months * unit
    return max(checks.high_times_average * average * months, checks.limits(dial.resource).high_from * unit)
