"""What energy costs in the made-up town, and what is billed where no meter tells."""

from __future__ import annotations

from collections.abc import Iterator

from sbyt.core.periods import Period
from sbyt.core.resources import Resource

#: In kopecks for a kWh or m3, by resource and number of zones: of each zone.
_KOPECKS = {
    (Resource.ELECTRICITY, 1): (612,),
    (Resource.ELECTRICITY, 2): (704, 306),
    (Resource.ELECTRICITY, 3): (796, 306, 612),
    (Resource.COLD_WATER, 1): (5891,),
    (Resource.HOT_WATER, 1): (21437,),
    (Resource.GAS, 1): (983,),
}
#: From which volume a month on, by what the price is more, in percent. Only electricity has tiers.
_TIERS = ((0, 100), (3900, 137), (6000, 221))
_OF_CATEGORY = {"urban": 100, "rural": 70}
#: What a resident is taken to use in a month, in thousandths of kWh or m3.
_NORMS = {
    Resource.ELECTRICITY: 78_500,
    Resource.COLD_WATER: 4_200,
    Resource.HOT_WATER: 3_100,
    Resource.GAS: 11_500,
}
#: Prices rise on the first of July of each year, by so much of the first ones, in percent.
_A_YEAR = 9
_JULY = 7

Row = dict[str, str]


def price(resource: Resource, zones: int, zone: int, category: str = "urban", years: int = 0, tier: int = 100) -> int:
    """In kopecks, so many years after the first prices."""
    base = _KOPECKS[resource, zones][zone]
    if resource is Resource.ELECTRICITY:
        base = base * _OF_CATEGORY[category] * tier // 10_000
    return base * (100 + _A_YEAR * years) // 100


def tariffs(first: Period, last: Period) -> Iterator[Row]:
    """The rows of ``tariffs.csv`` that are in force from the first month to the last."""
    for years, year in enumerate(range(first.year - 1, last.year + 1)):
        for resource, zones in _KOPECKS:
            for category in _OF_CATEGORY:
                for zone in range(zones):
                    for above, tier in _TIERS if resource is Resource.ELECTRICITY else _TIERS[:1]:
                        kopecks = price(resource, zones, zone, category, years, tier)
                        yield {
                            "resource": resource.value,
                            "category": category,
                            "zones": str(zones),
                            "zone": f"T{zone + 1}",
                            "valid_from": f"{year}-{_JULY:02d}-01",
                            "above": str(above),
                            "price": roubles(kopecks),
                        }


def norms(first: Period) -> Iterator[Row]:
    """The rows of ``norms.csv``."""
    for resource, thousandths in _NORMS.items():
        for category in _OF_CATEGORY:
            yield {
                "resource": resource.value,
                "category": category,
                "valid_from": f"{first.year - 1}-01-01",
                "per_resident": f"{thousandths // 1000}.{thousandths % 1000:03d}",
            }


def roubles(kopecks: int) -> str:
    """``-123.45``."""
    sign = "-" if kopecks < 0 else ""
    return f"{sign}{abs(kopecks) // 100}.{abs(kopecks) % 100:02d}"
