"""Why a line of a bill is what it is: its trace read back, and worked out once more.

An explanation whose figures don't come to the line's is none: it is refused, not told. Plain arithmetic of whole
numbers, that shares nothing with the columns of the run (billing rules 5, 6, 9, 10 and 11).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sbyt.billing.models import Charge
from sbyt.core.money import half_up
from sbyt.core.periods import Period
from sbyt.core.resources import Resource
from sbyt.metering.shares import over_months


class UnableToExplain(ValueError):
    """The trace of a line does not come to its figures: one of them was changed after the run, or it is a fault."""


@dataclass(frozen=True, slots=True)
class ByReadings:
    """The readings around the month, with the periods they count for. ``rolled``: the dial went through zero between.

    ``advance`` is what was used between them; the month's share is by its ``days`` of ``all_days``.
    """

    since: Period
    opened: int
    until: Period
    closed: int
    rolled: bool
    advance: int
    days: int
    all_days: int


@dataclass(frozen=True, slots=True)
class ByAverage:
    """The mean of so many months up to the last one with actual use (decree 354, paragraph 59)."""

    months: int
    total: int
    last: Period


@dataclass(frozen=True, slots=True)
class ByNorm:
    """The norm in millionths per resident, shared over the active meters (decree 354, paragraph 60)."""

    per_resident: int
    residents: int
    meters: int


@dataclass(frozen=True, slots=True)
class Tier:
    """What was paid at one price: ``volume`` in units of which ``scale`` make a kWh, m3 or Gcal.

    The price in hundredths of a kopeck for a kWh, m3 or Gcal, in force from the month ``since``.
    """

    volume: int
    scale: int
    price: int
    since: Period
    amount: int


@dataclass(frozen=True, slots=True)
class Explained:
    """A line: for which month of which register, what that month should cost and why, what was billed before.

    ``ground`` is None where nothing is due for the month any more. Volumes in whole units of the register, of which
    ``10 ** decimals`` make a kWh, m3 or Gcal; sums in kopecks.
    """

    serial: str
    resource: Resource
    zone: str
    zones: int
    decimals: int
    kind: str
    basis: str
    month: Period
    volume: int
    amount: int
    due_volume: int
    due_amount: int
    ground: ByReadings | ByAverage | ByNorm | None
    tiers: tuple[Tier, ...]

    @property
    def billed_volume(self) -> int:
        return self.due_volume - self.volume

    @property
    def billed_amount(self) -> int:
        return self.due_amount - self.amount


def explain(charge: Charge) -> Explained:
    """Explain a line, with its register and meter loaded.

    :raises UnableToExplain: if its figures don't follow from its trace.
    """
    meter, trace = charge.register.meter, charge.trace
    month, full = Period(charge.for_period), int(10 ** (meter.digits + meter.decimals))
    try:
        due_volume, due_amount = trace["due"]
        ground = _ground(trace, month, full)
        tiers = tuple(_tier(row, trace["scale"]) for row in trace.get("paid", ()))
    except (KeyError, TypeError, ValueError) as error:
        raise UnableToExplain(f"Строка {charge.pk} не объяснена: её след не читается ({error}).") from error
    _check(charge, due_volume, due_amount, _volume(ground, month, meter.decimals), tiers)
    return Explained(
        meter.serial,
        Resource(meter.resource),
        charge.register.zone,
        meter.zones,
        meter.decimals,
        charge.kind,
        charge.basis,
        month,
        charge.volume,
        charge.amount,
        due_volume,
        due_amount,
        ground,
        tiers,
    )


def _ground(trace: Mapping[str, Any], month: Period, full: int) -> ByReadings | ByAverage | ByNorm | None:
    if "read" in trace:
        since, opened, until, closed, rolled = trace["read"]
        days = sum(Period(of).days for of in range(since + 1, until + 1))
        advance = (closed - opened) % full if rolled else closed - opened
        return ByReadings(Period(since), opened, Period(until), closed, bool(rolled), advance, month.days, days)
    if "average" in trace:
        months, total, last = trace["average"]
        return ByAverage(months, total, Period(last))
    if "norm" in trace:
        return ByNorm(*trace["norm"])
    return None


def _tier(row: tuple[int, int, int], scale: int) -> Tier:
    volume, price, since = row
    return Tier(volume, scale, price, Period(since), half_up(volume * price, scale * 100))


def _volume(ground: ByReadings | ByAverage | ByNorm | None, month: Period, decimals: int) -> int:
    """What the month used, worked out from its ground."""
    match ground:
        case ByReadings():
            return over_months(ground.advance, ground.since, ground.until).get(month, 0)
        case ByAverage():
            return half_up(ground.total, ground.months)
        case ByNorm():
            return half_up(ground.per_resident * ground.residents * 10**decimals, 1_000_000 * ground.meters)
        case None:
            return 0


def _check(charge: Charge, due_volume: int, due_amount: int, volume: int, tiers: tuple[Tier, ...]) -> None:
    """Hold the line to what was worked out."""
    scale = int(10**charge.register.meter.decimals)
    # In the finest unit of those that fill the tiers together; only their sum is whole units of this register.
    paid_volume = sum(tier.volume for tier in tiers) * scale // tiers[0].scale if tiers else 0
    paid = sum(tier.amount for tier in tiers)
    if (volume, paid_volume, paid) != (due_volume, due_volume, due_amount):
        raise UnableToExplain(
            f"Строка {charge.pk} не объяснена: по следу выходит {volume} ед. и {paid} коп., "
            f"в строке {due_volume} ед. и {due_amount} коп. Сообщите разработчикам."
        )
