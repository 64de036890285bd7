"""Random small histories for the rules, and the same as the tables that a run is given.

A history follows true dials month by month, so that most of it makes sense; now and then it holds what happens in life:
gaps, overstated values, inspectors, rollovers with and without a mark, swaps of meters, several readings a month, late
ones, missing start indexes, prices and norms.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

import pyarrow as pa

from sbyt.billing.facts import COLUMNS
from tests.billing.computing import Facts
from tests.billing.oracle import Account, Meter, Prices, Reading

_KINDS = {"customer": 0, "control": 1, "removed": 2, "installed": 3}
_RESOURCES = {"electricity": 0, "hot_water": 3, "gas": 2}
_MONTHS = 16


@dataclass(frozen=True)
class World:
    period: int
    prices: Prices
    accounts: tuple[Account, ...]


def random_world(seed: int, accounts: int, period: int, digits: tuple[int, int] = (2, 4)) -> World:
    """``digits``: the least and the most figures that dials have before the comma."""
    random = Random(seed)
    prices = _prices(random, period, 4 * 10 ** digits[0])
    return World(period, prices, tuple(_account(random, period, digits) for _ in range(accounts)))


def _prices(random: Random, period: int, most: int) -> Prices:
    prices: dict[tuple[str, str, int, str], dict[int, list[tuple[int, int]]]] = {}
    norms: dict[tuple[str, str], dict[int, int]] = {}
    for resource in _RESOURCES:
        for category in ("urban", "rural"):
            starts = [0, *sorted(random.sample(range(period - _MONTHS, period + 3), random.randint(0, 3)))]
            if random.random() < 0.05:
                starts = [period - random.randint(0, 5)]
            for zones in (1, 2, 3):
                for zone in range(1, zones + 1):
                    prices[(resource, category, zones, f"T{zone}")] = {
                        start: _tiers(random, most) for start in starts if random.random() < 0.9 or start == starts[0]
                    }
            starts = [0, period - random.randint(0, 10)]
            norms[(resource, category)] = {start: random.randint(1, 99_999_999) for start in starts}
            if random.random() < 0.05:
                del norms[(resource, category)][0]
    return Prices(prices, norms)


def _tiers(random: Random, most: int) -> list[tuple[int, int]]:
    limits = sorted(random.sample(range(1, most), random.choice((0, 0, 1, 2, 3))))
    finer = random.choice((1, 1, 500, 1000))
    return [(limit * 1000 // finer * finer, random.randint(1, 99_999)) for limit in (0, *limits)]


def _account(random: Random, period: int, digits: tuple[int, int]) -> Account:
    resources = random.sample(sorted(_RESOURCES), random.choice((1, 1, 2)))
    meters: list[Meter] = []
    readings: list[Reading] = []
    for resource in resources:
        begin = period - random.randint(0, _MONTHS)
        for _ in range(random.choice((1, 1, 2, 3))):
            meter = Meter(
                serial=f"{random.choice('АZa')}{random.randint(0, 9)}-{len(meters)}",
                resource=resource,
                zones=random.choice((1, 1, 2, 3)) if resource == "electricity" else 1,
                digits=random.randint(*digits),
                decimals=_RESOURCES[resource] if random.random() < 0.8 else 1,
            )
            meters.append(meter)
            end = random.randint(begin, period + 1) if random.random() < 0.3 else None
            readings += _life(random, meter, begin, end, period)
            if end is not None and random.random() < 0.7:
                begin = end  # the next one is put in its place
    months = [0, *random.sample(range(period - 10, period + 2), random.randint(0, 2))]
    if random.random() < 0.05:
        months = [period - 2]
    occupancies = tuple((month, random.choice(("urban", "rural")), random.randint(0, 5)) for month in months)
    first = None if random.random() < 0.3 else period - random.randint(1, 12)
    imported = frozenset(
        (meter.serial, month) for meter in meters for month in range(period - 14, period) if random.random() < 0.05
    )
    billed = _billed(random, meters, imported, first, period)
    payments = tuple(random.randint(1, 100_000) for _ in range(random.randint(0, 2)))
    order = list(range(len(readings)))
    random.shuffle(order)
    loaded = tuple(dataclasses.replace(reading, order=place) for reading, place in zip(readings, order, strict=True))
    return Account(random.randint(-1000, 1000), first, occupancies, tuple(meters), loaded, billed, imported, payments)


def _billed(
    random: Random, meters: Sequence[Meter], imported: frozenset[tuple[str, int]], first: int | None, period: int
) -> dict[tuple[tuple[str, str], int], tuple[int, int]]:
    return {
        (dial, month): (random.randint(0, 500), random.randint(0, 50_000))
        for meter in meters
        for dial in meter.dials
        for month in range(period - 14, period)
        if ((first is not None and month >= first) or (meter.serial, month) in imported) and random.random() < 0.6
    }


def _life(random: Random, meter: Meter, begin: int, end: int | None, period: int) -> Iterator[Reading]:
    full = 10 ** (meter.digits + meter.decimals)
    zones = [zone for _, zone in meter.dials]
    true = {zone: random.randrange(full) for zone in zones}
    told = dict(true)
    if random.random() < 0.97:
        for zone in zones:
            yield _reading(meter, zone, begin, "installed", true[zone], at=0)
    lately = 0.0 if random.random() < 0.2 else 0.7
    for month in range(begin, (min(end, period + 1) if end is not None else period + 1) + 1):
        rolled = {}
        for zone in zones:
            advance = random.choice((0, random.randrange(full // 10), random.randrange(full // 3)))
            rolled[zone] = true[zone] + advance >= full
            true[zone] = (true[zone] + advance) % full
        if end == month:
            for zone in zones:
                if random.random() < 0.98:
                    yield _reading(meter, zone, month, "removed", true[zone], at=99, marked=true[zone] < told[zone])
        for _ in range(random.choice((1, 1, 1, 2))):
            if random.random() < lately:
                kind = "control" if random.random() < 0.15 else "customer"
                yield from _handed(random, meter, month, kind, true, told, full)


def _handed(
    random: Random,
    meter: Meter,
    month: int,
    kind: str,
    true: dict[str, int],
    told: dict[str, int],
    full: int,
) -> Iterator[Reading]:
    """Overstated by customers at times, marked where the dial went through zero; an unmarked drop is rare."""
    at = random.randrange(10, 90)
    for zone, index in true.items():
        if random.random() < 0.03:
            continue
        value = index
        if kind == "customer" and random.random() < 0.1:
            value = min(full - 1, index + random.randrange(full // 5 + 1))
        marked = value < told[zone] and (kind == "customer" or random.random() < 0.5)
        if random.random() < 0.02:
            marked = not marked
        told[zone] = value
        yield _reading(meter, zone, month, kind, value, at=at, marked=marked)


def _reading(meter: Meter, zone: str, month: int, kind: str, value: int, *, at: int, marked: bool = False) -> Reading:
    return Reading(meter.serial, zone, month, kind, value, marked, month * 100 + at, 0)


@dataclass(frozen=True)
class Numbered:
    """The tables of a world, with the numbers by which its rows are found again."""

    facts: Facts
    dials: dict[int, tuple[int, str, str]]  # register to account, serial, zone
    meters: dict[int, tuple[int, str]]  # meter to account, serial


def facts_of(world: World, chosen: Sequence[int] | None = None) -> Numbered:
    """The tables of all accounts of a world, or of some; an account's number is its place."""
    tables: dict[str, list[tuple[object, ...]]] = {name: [] for name in COLUMNS}
    dials: dict[int, tuple[int, str, str]] = {}
    meters: dict[int, tuple[int, str]] = {}
    for place, account in enumerate(world.accounts):
        if chosen is not None and place not in chosen:
            continue
        _add_account(tables, place, account, dials, meters)
    for key, dated in world.prices.prices.items():
        tables["prices"] += [(*key, start, *row) for start, rows in dated.items() for row in rows]
    for (resource, category), norms in world.prices.norms.items():
        tables["norms"] += [(resource, category, *norm) for norm in norms.items()]
    columns = {
        name: pa.table([[row[at] for row in rows] for at in range(len(COLUMNS[name]))], schema=COLUMNS[name])
        for name, rows in tables.items()
        if name != "calendar"
    }
    return Numbered(Facts(**columns), dials, meters)


def _add_account(
    tables: dict[str, list[tuple[object, ...]]],
    place: int,
    account: Account,
    dials: dict[int, tuple[int, str, str]],
    meters: dict[int, tuple[int, str]],
) -> None:
    tables["accounts"].append((place, account.opening, account.first))
    tables["occupancies"] += [(place, *row) for row in account.occupancies]
    tables["payments"] += [(place * 10 + at, place, amount) for at, amount in enumerate(account.payments)]
    registers: dict[tuple[str, str], int] = {}
    numbers: dict[str, int] = {}
    for at, meter in enumerate(account.meters):
        number = numbers[meter.serial] = place * 100 + at
        meters[number] = (place, meter.serial)
        scale, full = 10**meter.decimals, 10 ** (meter.digits + meter.decimals)
        for zone_at, (serial, zone) in enumerate(meter.dials):
            register = registers[serial, zone] = number * 10 + zone_at
            dials[register] = (place, serial, zone)
            tables["registers"].append(
                (register, number, place, serial, zone, meter.zones, meter.resource, scale, full, None)
            )
    tables["readings"] += [
        (
            place * 10_000 + row.order,
            registers[row.serial, row.zone],
            row.period,
            _KINDS[row.kind],
            row.value,
            row.rollover,
            row.at,
        )
        for row in account.readings
    ]
    tables["billed"] += [(registers[dial], month, *sums) for (dial, month), sums in account.billed.items()]
    tables["imported"] += [(place, numbers[serial], month) for serial, month in account.imported]
