"""A made-up retailer of any size, from a seed: who is metered, and month by month what comes in.

Of 100 accounts 85 have an electricity meter, 12 of a hundred of these two and 3 three zones, and 22 a water meter. Of
100 meters 3 are never read after they were put in, 5 are silent for half a year, the others miss 8 of 100 months. Two
readings of a thousand are overstated, and until the dial has caught up no customer's value is taken; an inspector reads
4 meters of a thousand a month. Five readings of a thousand come in a month late, five of ten thousand are taken back.
One meter of 25 is exchanged within the two years.

Everything is worked out in columns. What must be known from month to month is a few numbers a register.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from sbyt.core.periods import Period

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Tables = Iterator[tuple[str, pa.Table]]

MONTHS = 24
LAST = Period.parse("2026-10")
FIRST = LAST.plus(1 - MONTHS)

ELECTRICITY, COLD_WATER, HOT_WATER = range(3)
RESOURCES = ("electricity", "cold_water", "hot_water")
CATEGORIES = ("urban", "rural")
ZONES = ("T1", "T2", "T3")
CUSTOMER, CONTROL, INSTALLED, REMOVED = range(4)
KINDS = ("customer", "control", "installed", "removed")
CHANNELS = ("sms", "web", "bank", "phone", "email")

_NEVER = MONTHS + 1
_UTC = pa.timestamp("us", "UTC")
_ROWS = 200_000  # of a table handed over at once


@dataclass
class Meters:
    """A number is the place in these columns, plus one. Those put in later come last, in the order of their months."""

    account: Numbers
    resource: Numbers
    zones: Numbers
    begin: Numbers
    end: Numbers
    silent: Numbers  # the first of six silent months
    reads: Flags  # whether it is ever read by the customer


@dataclass
class Registers:
    """Likewise. ``index`` is what the dial shows, ``told`` what was last handed in."""

    meter: Numbers
    zone: Numbers
    use: npt.NDArray[np.float64]  # units in an average month
    index: Numbers
    told: Numbers


class World:
    """Gives the rows of the tables in the order in which they come in; call ``month`` for each month in turn."""

    def __init__(self, accounts: int, seed: int) -> None:
        self.accounts = accounts
        self._random = np.random.default_rng(seed)
        self._meters = _meters(self._random, accounts)
        self._registers = _registers(self._random, self._meters)
        self._readings = self._payments = 0
        self._late: pa.Table | None = None
        self._recent: Numbers = np.zeros(0, np.int64)  # readings of customers, as they came last month

    def prices(self) -> Tables:
        """Prices in tiers, which change every July, and norms."""
        yield "tariffs_price", pa.Table.from_pylist(list(_price_rows()))
        yield "tariffs_norm", pa.Table.from_pylist(list(_norm_rows()))

    def people(self) -> Tables:
        """Accounts with their holders and addresses, by blocks."""
        for start in range(0, self.accounts, _ROWS):
            ids = np.arange(start, min(start + _ROWS, self.accounts), dtype=np.int64) + 1
            text = pa.array(ids + 1_100_000_000).cast(pa.string())
            nothing = pa.repeat("", len(ids))
            yield "accounts_customer", pa.table({"id": ids, "name": text, "phone": nothing, "email": nothing})
            address = {"address": text, **dict.fromkeys(("district", "street", "house", "flat"), nothing)}
            yield "accounts_premises", pa.table({"id": ids, **address})
            opening = self._random.integers(-50_000, 150_000, len(ids))
            account = {"id": ids, "number": text, "key": text, "customer_id": ids, "premises_id": ids}
            yield "accounts_account", pa.table({**account, "opening_balance": opening})
            yield "accounts_occupancy", self._occupancies(ids)

    def month(self, number: int, *, paid: bool) -> Tables:
        """What came in in a month, 0 being the first: meters, readings, what was taken back, and payments if wanted."""
        added = np.flatnonzero(self._meters.begin == number)
        yield from self._metered(added, _day_number(number, 12))
        taken_back = self._cancellations(number)
        yield from _blocks("readings_reading", self._loaded(number))
        yield "readings_cancellation", taken_back
        if paid:
            yield from _blocks("payments_payment", self._paid(number))

    def _occupancies(self, accounts: Numbers) -> pa.Table:
        """One of 50 accounts changes its residents in some month."""
        moved = accounts[self._random.random(len(accounts)) < 0.02]
        begun = np.concatenate([np.zeros(len(accounts), np.int64), self._random.integers(FIRST, LAST, len(moved))])
        who = np.concatenate([accounts, moved])
        residents = self._random.choice(5, len(who), p=(0.3, 0.3, 0.2, 0.15, 0.05)) + 1
        return pa.table(
            {
                "account_id": who,
                "valid_from": pa.array(begun).cast(pa.int32()),
                "category": _words(CATEGORIES, (who % 4 == 0).astype(np.int64)),  # a fourth lives in the country
                "residents": pa.array(residents).cast(pa.int32()),
            }
        )

    def _metered(self, added: Numbers, number_of_day: int) -> Tables:
        meters = self._meters
        water = meters.resource[added] != ELECTRICITY
        rows = pa.table(
            {
                "id": added + 1,
                "account_id": meters.account[added],
                "serial": pa.array(added + 40_000_000).cast(pa.string()),
                "resource": _words(RESOURCES, meters.resource[added]),
                "zones": pa.array(meters.zones[added]).cast(pa.int16()),
                "digits": pa.array(np.where(water, 5, 6)).cast(pa.int16()),
                "decimals": pa.array(np.where(water, 3, 0)).cast(pa.int16()),
                "installed_on": _days(np.full(len(added), number_of_day)),
            }
        )
        yield from _blocks("accounts_meter", rows)
        registers = np.flatnonzero(np.isin(self._registers.meter, added))
        yield from _blocks(
            "accounts_register",
            pa.table(
                {
                    "id": registers + 1,
                    "meter_id": self._registers.meter[registers] + 1,
                    "zone": _words(ZONES, self._registers.zone[registers]),
                }
            ),
        )

    def _handed_in(self, number: int) -> pa.Table:
        meters, registers, random = self._meters, self._registers, self._random
        begins, ends = meters.begin == number, meters.end == number
        start = _readings(np.flatnonzero(begins[registers.meter]), registers.index, INSTALLED, number, 12)
        alive = (meters.begin <= number) & (number <= meters.end)
        self._use(alive, number)
        stop = _readings(np.flatnonzero(ends[registers.meter]), registers.index, REMOVED, number, 12)
        inspected = alive & ~begins & ~ends & (random.random(len(alive)) < 0.004)
        seen = np.flatnonzero(inspected[registers.meter])
        control = _readings(seen, registers.index, CONTROL, number, 9)
        registers.told[seen] = registers.index[seen]
        return pa.concat_tables([start, stop, control, self._sent(alive & ~ends & ~inspected, number)])

    def _use(self, alive: Flags, number: int) -> None:
        """The dials go on, faster in winter."""
        registers = self._registers
        season = 1 + 0.25 * np.cos((FIRST.month - 1 + number) * np.pi / 6)
        noise = self._random.lognormal(0, 0.25, len(registers.use)) * alive[registers.meter]
        registers.index += (registers.use * season * noise).astype(np.int64)

    def _sent(self, may: Flags, number: int) -> pa.Table:
        """What customers hand in on the days from 18 to 25, nothing below what they handed in before."""
        meters, registers, random = self._meters, self._registers, self._random
        silent = (meters.silent <= number) & (number < meters.silent + 6)
        sends = may & meters.reads & ~silent & (random.random(len(may)) > 0.08)
        sends[registers.meter[registers.index < registers.told]] = False
        who = np.flatnonzero(sends[registers.meter])
        over = (random.random(len(who)) < 0.002) * random.integers(1, 4, len(who))
        registers.told[who] = registers.index[who] + (over * registers.use[who]).astype(np.int64)
        # All registers of a meter on the same day.
        return _readings(who, registers.told, CUSTOMER, number, 18 + (registers.meter[who] * 7 + number) % 8)

    def _numbered(self, rows: pa.Table) -> pa.Table:
        first, self._readings = self._readings + 1, self._readings + rows.num_rows
        return rows.add_column(0, "id", pa.array(np.arange(first, self._readings + 1)))

    def _loaded(self, number: int) -> pa.Table:
        """What is loaded this month, numbered in that order: the last month's late rows, then its own but the late."""
        rows, before = self._handed_in(number), self._late
        customers = rows["kind"].to_numpy(zero_copy_only=False) == KINDS[CUSTOMER]
        meter = self._registers.meter[rows["register_id"].to_numpy() - 1]
        # Five of a thousand meters' rows come with the next month's.
        late = customers & ((meter * 2_654_435_761 + number * 40_503) % 1000 < 5) & (number + 1 < MONTHS)
        held = rows.filter(pa.array(late))
        at = pa.scalar(_moment(number + 1, 3), _UTC)
        self._late = held.set_column(held.schema.get_field_index("loaded_at"), "loaded_at", pa.repeat(at, len(held)))
        kept = rows.filter(pa.array(~late))
        found = self._numbered(pa.concat_tables([kept] if before is None else [before, kept]))
        self._recent = found["id"].to_numpy()[len(found) - len(kept) :][customers[~late]]
        return found

    def _cancellations(self, number: int) -> pa.Table:
        back = self._recent[self._random.random(len(self._recent)) < 0.0005]
        return pa.table(
            {
                "reading_id": back,
                "at": pa.repeat(pa.scalar(_moment(number, 5), _UTC), len(back)),
                "by": pa.repeat("operator", len(back)),
                "reason": pa.repeat("", len(back)),
            }
        )

    def _paid(self, number: int) -> pa.Table:
        """Six of seven accounts pay, some day of the month."""
        who = np.flatnonzero(self._random.random(self.accounts) < 0.86) + 1
        first, self._payments = self._payments + 1, self._payments + len(who)
        day = _day_number(number, 1) + self._random.integers(0, 28, len(who))
        return pa.table(
            {
                "id": np.arange(first, self._payments + 1),
                "account_id": who,
                "paid_on": _days(day),
                "amount": self._random.integers(50_000, 250_000, len(who)),
                "source": _words(("bank", "post"), who % 2),
                "external_id": pa.array(np.arange(first, self._payments + 1)).cast(pa.string()),
            }
        )


def _meters(random: np.random.Generator, accounts: int) -> Meters:
    powered = np.flatnonzero(random.random(accounts) < 0.85) + 1
    watered = np.flatnonzero(random.random(accounts) < 0.22) + 1
    account = np.concatenate([powered, watered])
    kind = np.concatenate([np.zeros(len(powered), np.int64), random.integers(COLD_WATER, HOT_WATER + 1, len(watered))])
    zones = np.ones(len(account), np.int64)
    zones[: len(powered)] = random.choice((1, 2, 3), len(powered), p=(0.85, 0.12, 0.03))
    order = np.argsort(account, kind="stable")
    account, kind, zones = account[order], kind[order], zones[order]
    swapped = np.where(random.random(len(account)) < 0.04, random.integers(2, MONTHS, len(account)), _NEVER)
    later = np.argsort(swapped, kind="stable")[: int((swapped < _NEVER).sum())]
    every = np.concatenate([np.arange(len(account)), later])
    silent = random.integers(1, MONTHS - 5, len(every))
    silent[random.random(len(every)) > 0.05] = _NEVER
    return Meters(
        account=account[every],
        resource=kind[every],
        zones=zones[every],
        begin=np.concatenate([np.zeros(len(account), np.int64), swapped[later]]),
        end=np.concatenate([swapped, np.full(len(later), _NEVER)]),
        silent=silent,
        reads=random.random(len(every)) > 0.03,
    )


def _registers(random: np.random.Generator, meters: Meters) -> Registers:
    meter = np.repeat(np.arange(len(meters.zones)), meters.zones)
    zone = np.arange(len(meter)) - np.repeat(np.cumsum(meters.zones) - meters.zones, meters.zones)
    usual = np.where(meters.resource == ELECTRICITY, 180.0, 4_000.0) / meters.zones
    index = random.integers(0, 20_000, len(meter))
    return Registers(meter, zone, usual[meter] * random.lognormal(0, 0.6, len(meter)), index, index.copy())


def _readings(
    registers: Numbers, values: Numbers, kind: int, number: int, day: int | npt.NDArray[np.int64]
) -> pa.Table:
    """Rows of one kind and month; the values are all registers' ones."""
    count = len(registers)
    at_noon = _day_number(number, 1) + np.broadcast_to(np.asarray(day, np.int64), (count,)) - 1
    received = at_noon * 86_400_000_000 + (registers % 600 + 540) * 60_000_000
    received_at = pa.array(received).cast(pa.timestamp("us")).cast(_UTC)
    period = pa.scalar(int(FIRST.plus(number)), pa.int32())
    return pa.table(
        {
            "register_id": registers + 1,
            "period": pa.repeat(period, count),
            "kind": pa.repeat(KINDS[kind], count),
            "value": values[registers],
            "rollover": pa.repeat(False, count),
            "taken_on": _days(at_noon),
            "received_at": received_at,
            "channel": _words(CHANNELS, registers % len(CHANNELS)),
            "verdict": pa.repeat("ok", count),
            "loaded_at": received_at,
        }
    )


def _blocks(name: str, rows: pa.Table) -> Tables:
    for start in range(0, rows.num_rows, _ROWS):
        yield name, rows.slice(start, _ROWS)


def _words(words: tuple[str, ...], codes: Numbers) -> pa.Array:
    return pc.take(pa.array(words), pa.array(codes))


def _day_number(number: int, day: int) -> int:
    return FIRST.plus(number).first_day.toordinal() - dt.date(1970, 1, 1).toordinal() + day - 1


def _days(days: Numbers) -> pa.Array:
    return pa.array(days).cast(pa.int32()).cast(pa.date32())


def _moment(number: int, day: int) -> dt.datetime:
    return dt.datetime.combine(FIRST.plus(number).first_day.replace(day=day), dt.time(9), dt.UTC)


def _price_rows() -> Iterator[dict[str, Any]]:
    for year in range(FIRST.year, LAST.year + 1):
        month = int(Period.parse(f"{year}-07")) if year > FIRST.year else 0
        dearer = 100 + 9 * (year - FIRST.year)
        for kind, category in ((kind, category) for kind in RESOURCES for category in CATEGORIES):
            power = kind == RESOURCES[ELECTRICITY]
            for zones in (1, 2, 3) if power else (1,):
                for zone in range(zones):
                    base = (62_000 - 14_000 * zone if power else 480_000) * (7 if category == "rural" else 10) // 10
                    for tier, above in enumerate((0, 350_000, 900_000) if power else (0,)):
                        price = base * dearer // 100 * (10 + 3 * tier) // 10
                        yield {
                            **_dated(kind, category, month),
                            "zones": zones,
                            "zone": ZONES[zone],
                            "above": above,
                            "price": price,
                        }


def _norm_rows() -> Iterator[dict[str, Any]]:
    for kind, norm in zip(RESOURCES, (95_000_000, 4_200_000, 2_900_000), strict=True):
        for category in CATEGORIES:
            yield {**_dated(kind, category, 0), "per_resident": norm}
            yield {**_dated(kind, category, int(Period.parse("2026-01"))), "per_resident": norm * 21 // 20}


def _dated(kind: str, category: str, month: int) -> dict[str, Any]:
    return {"resource": kind, "category": category, "valid_from": month}
