"""What is metered, and in what it is measured."""

from __future__ import annotations

import enum


class Resource(enum.StrEnum):
    ELECTRICITY = "electricity"
    HOT_WATER = "hot_water"
    COLD_WATER = "cold_water"
    GAS = "gas"
    HEAT = "heat"

    @property
    def unit(self) -> str:
        """The unit of measure: kWh, m3 or Gcal."""
        return _UNITS[self]

    @property
    def is_water(self) -> bool:
        return self in (Resource.HOT_WATER, Resource.COLD_WATER)


_UNITS = {
    Resource.ELECTRICITY: "kWh",
    Resource.HOT_WATER: "m3",
    Resource.COLD_WATER: "m3",
    Resource.GAS: "m3",
    Resource.HEAT: "Gcal",
}

#: Zones of a register: T1 is the single rate, or day, or peak; T2 night; T3 half-peak (billing rules, terms).
ZONES = ("T1", "T2", "T3")
