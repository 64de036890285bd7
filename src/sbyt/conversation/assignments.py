"""Which register each value may belong to, and whether what comes out is plausible."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sbyt.conversation.facts import AccountFacts, Facts, MeterFacts
from sbyt.conversation.ways import Number, Value, Way
from sbyt.core.units import to_units
from sbyt.metering.checks import Code, judge

#: More assignments than this can't be told apart; the customer is asked.
_MOST_ASSIGNMENTS = 2_000

_ZONE_PLACES: dict[tuple[int, str], int] = {
    (1, "T1"): 0,
    (1, "day"): 0,
    (2, "T1"): 0,
    (2, "T2"): 1,
    (2, "day"): 0,
    (2, "peak"): 0,
    (2, "night"): 1,
    (3, "T1"): 0,
    (3, "T2"): 1,
    (3, "T3"): 2,
    (3, "peak"): 0,
    (3, "night"): 1,
    (3, "half"): 2,
}


class Moment(NamedTuple):
    """When a reading was received, and the billing period that makes it."""

    at: dt.datetime
    period: int


class Assigned(NamedTuple):
    """The values of one meter in the order of its zones, in whole units; None where one is missing."""

    meter: MeterFacts
    values: tuple[int | None, ...]

    @property
    def complete(self) -> bool:
        return None not in self.values

    @property
    def whole(self) -> tuple[int, ...]:
        """The values of a meter of which none is missing."""
        return tuple(value for value in self.values if value is not None)


Assignment = tuple[Assigned, ...]


def assignments(way: Way, account: AccountFacts) -> Iterator[Assignment]:
    """Every way to give each value a register of its own, that the tags and the order of the registers allow.

    Registers of one meter are read together: without a tag T1, T2, T3 in order, one right after the other.
    """
    meters = account.meters
    allowed = [list(_registers(value, way, account)) for value in way.values]
    filled: dict[int, dict[int, Number]] = {}
    produced = itertools.count()

    def place(at: int, last: int) -> Iterator[Assignment]:
        if at == len(way.values):
            if next(produced) < _MOST_ASSIGNMENTS:
                yield tuple(Assigned(meters[one], _values(meters[one], filled[one])) for one in sorted(filled))
            return
        value = way.values[at]
        free = bool(value.tag.zone or value.tag.serial)
        for which, zone in allowed[at]:
            there = filled.setdefault(which, {})
            continues = which == last or not there
            if zone not in there and (continues or free) and (value.tag.zone or not there or zone > max(there)):
                there[zone] = value.number
                yield from place(at + 1, which)
                del there[zone]
            if not there:
                del filled[which]

    if all(allowed):
        yield from place(0, -1)


def _registers(value: Value, way: Way, account: AccountFacts) -> Iterator[tuple[int, int]]:
    """The registers that what is said of a value allows: the meter's place among all, the zone's in the meter."""
    tag = value.tag
    allowed = [which for which, meter in enumerate(account.meters) if _allows(meter, value, way, account)]
    if tag.ordinal:
        allowed = allowed[tag.ordinal - 1 : tag.ordinal]
    for which in allowed:
        zones = account.meters[which].zones
        if not tag.zone:
            yield from ((which, zone) for zone in range(zones))
        elif (zones, tag.zone) in _ZONE_PLACES:
            yield which, _ZONE_PLACES[zones, tag.zone]


def _allows(meter: MeterFacts, value: Value, way: Way, account: AccountFacts) -> bool:
    """Whether a value may be of this meter, by its serial, else by resource, and by the unit of measure."""
    tag, resource = value.tag, meter.dial.resource
    serial = tag.serial or way.only_serial
    if serial != meter.key if serial else meter.removed:
        return False
    resources = tag.resources
    if tag.preferred and any(other.dial.resource is resources[0] for other in account.active):
        resources = resources[:1]
    return (not resources or resource in resources) and (not value.number.unit or resource in value.number.unit)


def _values(meter: MeterFacts, numbers: dict[int, Number]) -> tuple[int | None, ...]:
    return tuple(
        to_units(numbers[zone].whole, numbers[zone].fraction, meter.dial.decimals) if zone in numbers else None
        for zone in range(meter.zones)
    )


# plausibility -------------------------------------------------------------------------------------------------------

#: Which of a meter's codes decides, the worst first (the order of the checks).
_WORST = (Code.IMPOSSIBLE, Code.LOWER, Code.ROLLOVER, Code.HIGH)


def code_of(meter: MeterFacts, values: Sequence[int | None], facts: Facts, moment: Moment) -> Code | None:
    """What the checks of single registers say of a meter's values: the worst decides, None is plausible."""
    codes = register_codes(meter, values, facts, moment)
    if not any(codes):
        return None
    return min((code for code in codes if code is not None), key=_WORST.index)


def register_codes(meter: MeterFacts, values: Sequence[int | None], facts: Facts, moment: Moment) -> list[Code | None]:
    """What the checks say of each register; None is plausible, or no value."""
    known, dial, checks = meter.history(moment.period, facts.estimates), meter.dial, facts.checks
    period, day = moment.period, moment.at.date()
    return [
        None if value is None else judge(value, at, dial, known, period=period, taken_on=day, checks=checks)
        for at, value in enumerate(values)
    ]


def is_known(assigned: Assigned, moment: Moment) -> bool:
    """Whether the very values are already counted for this period."""
    taken = assigned.meter.taken.get(moment.period)
    return taken is not None and tuple(map(taken.get, assigned.meter.zone_names)) == assigned.values


def exchanged(given: Sequence[Assigned], facts: Facts, moment: Moment) -> dict[int, tuple[int, ...]]:
    """The exchanges that would make implausible values plausible: place among ``given`` and its values exchanged.

    Two registers of one meter, or a hot and a cold water meter. Nothing where there is more than one way.
    """
    found: list[dict[int, tuple[int, ...]]] = []
    for place, one in enumerate(given):
        values = one.whole
        if code_of(one.meter, values, facts, moment) is None:
            continue
        for first in range(len(values)):
            for second in range(first + 1, len(values)):
                swapped = list(values)
                swapped[first], swapped[second] = swapped[second], swapped[first]
                if code_of(one.meter, swapped, facts, moment) is None:
                    found.append({place: tuple(swapped)})
        if len(values) == 1 and one.meter.dial.resource.is_water:
            found += _exchanged_water(given, place, facts, moment)
    distinct = [exchange for at, exchange in enumerate(found) if exchange not in found[:at]]
    merged: dict[int, tuple[int, ...]] = {}
    for exchange in distinct:
        if merged.keys() & exchange.keys():
            return {}
        merged.update(exchange)
    return merged


def _exchanged_water(
    given: Sequence[Assigned], place: int, facts: Facts, moment: Moment
) -> Iterator[dict[int, tuple[int, ...]]]:
    one = given[place]
    for other_place, other in enumerate(given):
        if not other.meter.dial.resource.is_water or other.meter.dial.resource is one.meter.dial.resource:
            continue
        mine = _rescaled(other, one.meter)
        theirs = _rescaled(one, other.meter)
        if code_of(one.meter, mine, facts, moment) is None and code_of(other.meter, theirs, facts, moment) is None:
            yield {place: mine, other_place: theirs} if place < other_place else {other_place: theirs, place: mine}


def _rescaled(given: Assigned, meter: MeterFacts) -> tuple[int, ...]:
    """The values of one meter as another would show them."""
    more = meter.dial.decimals - given.meter.dial.decimals
    return tuple(value * 10**more if more >= 0 else value // 10**-more for value in given.whole)


def shortened(given: Assigned, facts: Facts, moment: Moment) -> tuple[int, ...] | None:
    """The values without the last figures that were typed along, where that makes them plausible.

    The red figures: as many as the dial has after the comma, else the fewest that do.
    """
    meter, values = given.meter, given.whole
    decimals = meter.dial.decimals
    for figures in sorted((1, 2, 3), key=lambda figures: figures != decimals):
        codes = register_codes(meter, values, facts, moment)
        unit = int(10**decimals)
        shorter = tuple(
            value if code is None else value // unit // 10**figures * unit
            for value, code in zip(values, codes, strict=True)
        )
        if shorter != values and code_of(meter, shorter, facts, moment) is None:
            return shorter
    return None
