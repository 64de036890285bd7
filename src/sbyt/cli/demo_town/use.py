"""How much a household uses, month by month, in whole units of the dial, and what its dials show."""

from __future__ import annotations

import random
from dataclasses import dataclass

from sbyt.core.periods import Period
from sbyt.core.resources import ZONES, Resource

#: How much more electricity goes in a month than in an average one, January first: long nights, short ones.
_SEASON = (128, 118, 110, 98, 86, 76, 72, 78, 92, 106, 118, 130)
#: What one resident uses in an average month, in thousandths of kWh and m3.
_A_RESIDENT = {
    Resource.ELECTRICITY: 62_000,
    Resource.COLD_WATER: 3_400,
    Resource.HOT_WATER: 2_100,
    Resource.GAS: 9_000,
}
#: How the zones of a meter share a household's electricity, in percent.
_SHARES = {1: (100,), 2: (68, 32), 3: (30, 30, 40)}


@dataclass(frozen=True, slots=True)
class Dial:
    """What a meter shows and counts."""

    resource: Resource
    zones: int
    digits: int
    decimals: int

    @property
    def turn(self) -> int:
        """How many units the dial counts before it is at zero again."""
        return int(10 ** (self.digits + self.decimals))


ELECTRICITY = {zones: Dial(Resource.ELECTRICITY, zones, 6 if zones > 1 else 5, 0) for zones in _SHARES}
COLD_WATER = Dial(Resource.COLD_WATER, 1, 5, 3)
HOT_WATER = Dial(Resource.HOT_WATER, 1, 5, 3)
GAS = Dial(Resource.GAS, 1, 5, 3)


def used(dial: Dial, period: Period, residents: int, chance: random.Random) -> tuple[int, ...]:
    """What each zone counts in a month, in units. A household of four doesn't use four times what one person does."""
    season = _SEASON[period % 12] if dial.resource is Resource.ELECTRICITY else 100
    thousandths = _A_RESIDENT[dial.resource] * (6 + 7 * residents) * season * chance.randint(80, 125) // 100_000
    whole = thousandths * 10**dial.decimals // 1000
    return tuple(max(1, whole * share // 100) for share in _SHARES[dial.zones])


def zones_of(dial: Dial) -> tuple[str, ...]:
    return tuple(ZONES[: dial.zones])
