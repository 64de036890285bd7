"""The billing rules once more, row by row in plain Python, from their text alone: what the columnar ones must equal.

Written to be read beside billing rules 1 to 15, not to be fast. Nothing of ``sbyt.metering`` or of the columnar rules
is used. Months are whole numbers (year * 12 + month - 1), volumes whole units, sums kopecks, prices hundredths of a
kopeck, limits thousandths and norms millionths of a kWh, m3 or Gcal.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import TypeVar

Value = TypeVar("Value")
Zone = str
Dial = tuple[str, Zone]  # a meter's serial and a zone

_RANK = {"customer": 0, "control": 1, "removed": 2}


@dataclass(frozen=True)
class Reading:
    """``at`` sorts by receipt, ``order`` by loading."""

    serial: str
    zone: Zone
    period: int
    kind: str
    value: int
    rollover: bool
    at: int
    order: int


@dataclass(frozen=True)
class Meter:
    serial: str
    resource: str
    zones: int
    digits: int
    decimals: int

    @property
    def dials(self) -> list[Dial]:
        return [(self.serial, f"T{number}") for number in range(1, self.zones + 1)]


@dataclass(frozen=True)
class Account:
    """``occupancies``: (valid_from, category, residents). ``first``: the first period billed here."""

    opening: int
    first: int | None
    occupancies: tuple[tuple[int, str, int], ...]
    meters: tuple[Meter, ...]
    readings: tuple[Reading, ...]
    billed: dict[tuple[Dial, int], tuple[int, int]] = field(default_factory=dict)
    imported: frozenset[tuple[str, int]] = frozenset()  # serial, month
    payments: tuple[int, ...] = ()


@dataclass(frozen=True)
class Prices:
    """``prices``: (resource, category, zones, zone) to valid_from to rows of (above, price); ``norms`` alike."""

    prices: dict[tuple[str, str, int, str], dict[int, list[tuple[int, int]]]]
    norms: dict[tuple[str, str], dict[int, int]]


@dataclass(frozen=True)
class Limits:
    average_of_months: int = 6
    least_months: int = 3
    average_periods: int = 3


@dataclass(frozen=True)
class Line:
    serial: str
    zone: str
    month: int
    kind: str
    basis: str
    volume: int
    amount: int


@dataclass(frozen=True)
class Bill:
    opening: int
    charged: int
    recalculated: int
    paid: int
    closing: int


@dataclass
class Result:
    """``refused``: why the account gets no bill; ``reported``: the meters that are not billed."""

    lines: list[Line] = field(default_factory=list)
    bill: Bill | None = None
    refused: set[str] = field(default_factory=set)
    reported: dict[str, str] = field(default_factory=dict)


class Missing(Exception):
    """A month that gets a line has no category, price or norm."""


def half_up(value: Fraction) -> int:
    return int((2 * value + 1) // 2)


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Ties to the earlier."""
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    shares = [int(share) for share in exact]
    order = sorted(range(len(weights)), key=lambda at: (shares[at] - exact[at], at))
    for at in order[: total - sum(shares)]:
        shares[at] += 1
    return shares


def days(month: int) -> int:
    return calendar.monthrange(month // 12, month % 12 + 1)[1]


def in_force(dated: dict[int, Value], month: int) -> Value | None:
    """What began latest, not after the month."""
    begun = [start for start in dated if start <= month]
    return dated[max(begun)] if begun else None


@dataclass
class Use:
    """What rules 2 to 7 make of a meter: the month after ``since`` is its first, ``until`` its last."""

    since: int
    until: int | None
    months: dict[int, dict[Zone, tuple[str, int | None]]] = field(default_factory=dict)  # basis, volume


def start_of(meter: Meter, readings: Iterable[Reading]) -> dict[Zone, Reading] | None:
    """Rule 3: the ``installed`` reading of each register, the latest where there are several."""
    found: dict[Zone, Reading] = {}
    for row in sorted(readings, key=lambda row: (row.at, row.order)):
        if row.serial == meter.serial and row.kind == "installed":
            found[row.zone] = row
    return found if len(found) == meter.zones else None


def use_of(meter: Meter, readings: Sequence[Reading], period: int, limits: Limits) -> Use | str | None:
    """Rules 2 to 7; a word is the reason why the meter is not billed, None a meter that is not in use yet."""
    start = start_of(meter, readings)
    if start is None:
        return "no_start_index"
    since = max(row.period for row in start.values()) - 1
    if since >= period:
        return Use(since, None)
    own = [row for row in readings if row.serial == meter.serial and row.kind != "installed" and row.period <= period]
    removed = {row.zone: 0 for row in own if row.kind == "removed"}
    until = None
    if len(removed) == meter.zones:
        until = max(row.period for row in own if row.kind == "removed")
    own = [row for row in own if row.period > since and (until is None or row.period <= until)]
    by_zone = {
        zone: sorted((row for row in own if row.zone == zone), key=lambda row: (row.at, row.order))
        for _, zone in meter.dials
    }
    counted = {zone: chosen(without_overstated(rows)) for zone, rows in by_zone.items()}
    together = sorted(set.intersection(*(set(periods) for periods in counted.values())))
    use = Use(since, until)
    for zone, rows in by_zone.items():
        points = [(since, start[zone]), *((month, counted[zone][month]) for month in together)]
        for (after, before), (upto, row) in pairwise(points):
            advance = row.value - before.value
            if advance < 0:
                if not any(
                    mark.rollover and (before.at, before.order) < (mark.at, mark.order) <= (row.at, row.order)
                    for mark in rows
                ):
                    return "unmarked_drop"
                advance += 10 ** (meter.digits + meter.decimals)
            months = range(after + 1, upto + 1)
            for month, volume in zip(
                months, largest_remainder(advance, [days(month) for month in months]), strict=True
            ):
                use.months.setdefault(month, {})[zone] = ("actual", volume)
    estimate(use, meter, together[-1] if together else since, min(period, until or period), limits)
    return use


def without_overstated(rows: list[Reading]) -> list[Reading]:
    """Rule 4: walk back from each inspector's value over the customer's above it, up to a mark or an inspector's."""
    aside = set()
    for place, row in enumerate(rows):
        if row.kind == "customer" or row.rollover:
            continue
        for earlier in reversed(rows[:place]):
            if earlier.kind != "customer":
                break
            if earlier.value > row.value:
                aside.add(earlier)
            if earlier.rollover:
                break
    return [row for row in rows if row not in aside]


def chosen(rows: list[Reading]) -> dict[int, Reading]:
    """Rule 2."""
    found: dict[int, Reading] = {}
    for row in rows:  # in the order of receipt
        if row.period not in found or _RANK[row.kind] >= _RANK[found[row.period].kind]:
            found[row.period] = row
    return found


def estimate(use: Use, meter: Meter, last: int, stop: int, limits: Limits) -> None:
    """Rule 6: three months by the average of the last six, then the norm."""
    actual = last - use.since
    count = min(actual, limits.average_of_months)
    for month in range(last + 1, stop + 1):
        use.months[month] = {}
        if month - last <= limits.average_periods and count >= limits.least_months:
            for _, zone in meter.dials:
                volumes = [use.months[back][zone][1] or 0 for back in range(last - count + 1, last + 1)]
                use.months[month][zone] = ("average", half_up(Fraction(sum(volumes), count)))
        else:
            use.months[month]["T1"] = ("norm", None)


def bill(account: Account, prices: Prices, period: int, limits: Limits = Limits()) -> Result:
    """Rules 11 to 14 for one account."""
    result = Result()
    uses: dict[str, Use] = {}
    active: list[tuple[Meter, Use]] = []
    for meter in account.meters:
        use = use_of(meter, account.readings, period, limits)
        if isinstance(use, str):
            result.reported[meter.serial] = use
            if use == "unmarked_drop":
                active.append((meter, life_of(meter, account.readings, period)))
        elif use is not None:
            uses[meter.serial] = use
            active.append((meter, use))
    first = period if account.first is None else account.first
    due: dict[tuple[Dial, int], tuple[str, int, int]] = {}
    for resource in sorted({meter.resource for meter in account.meters}):
        for month in range(period - 36, period + 1):
            pool = [meter for meter in account.meters if meter.resource == resource and meter.serial in uses]
            wanted = {meter.serial for meter in pool if month >= first or (meter.serial, month) in account.imported}
            if month < first and not any(month == imported for _, imported in account.imported):
                continue
            try:
                costs = month_cost(account, pool, uses, active, prices, month, wanted)
            except Missing as missing:
                result.refused.add(str(missing))
                continue
            due.update({(dial, month): cost for dial, cost in costs.items() if dial[0] in wanted})
    if result.refused:
        return result
    result.lines = sorted(lines_of(account, due, uses, period), key=lambda line: (line.month, line.serial, line.zone))
    charged = sum(line.amount for line in result.lines if line.kind == "charge")
    recalculated = sum(line.amount for line in result.lines if line.kind == "recalculation")
    paid = sum(account.payments)
    closing = account.opening + charged + recalculated - paid
    result.bill = Bill(account.opening, charged, recalculated, paid, closing)
    return result


def life_of(meter: Meter, readings: Sequence[Reading], period: int) -> Use:
    """Rule 6: a meter is active read or not."""
    start = start_of(meter, readings)
    assert start is not None
    removed = [row for row in readings if row.serial == meter.serial and row.kind == "removed" and row.period <= period]
    whole = len({row.zone for row in removed}) == meter.zones
    return Use(max(row.period for row in start.values()) - 1, max(row.period for row in removed) if whole else None)


def month_cost(
    account: Account,
    pool: list[Meter],
    uses: dict[str, Use],
    active: list[tuple[Meter, Use]],
    prices: Prices,
    month: int,
    wanted: set[str],
) -> dict[Dial, tuple[str, int, int]]:
    """Rules 6 and 8 to 10: basis, volume and amount of each register of a resource in one month."""
    occupied = in_force({start: (category, residents) for start, category, residents in account.occupancies}, month)
    entries: list[tuple[Dial, str, int, int, list[tuple[int, int]]]] = []  # dial, basis, volume, decimals, table
    for meter in sorted(pool, key=lambda meter: meter.serial):
        for zone, (basis, metered) in sorted(uses[meter.serial].months.get(month, {}).items()):
            try:
                volume, table = reckoned(meter, zone, basis, metered, occupied, active, prices, month)
            except Missing:
                if meter.serial in wanted:
                    raise
                continue
            entries.append(((meter.serial, zone), basis, volume, meter.decimals, table))
    amounts = tiered([(volume, decimals, table) for _, _, volume, decimals, table in entries])
    return {dial: (basis, volume, amount) for (dial, basis, volume, _, _), amount in zip(entries, amounts, strict=True)}


def reckoned(
    meter: Meter,
    zone: Zone,
    basis: str,
    metered: int | None,
    occupied: tuple[str, int] | None,
    active: list[tuple[Meter, Use]],
    prices: Prices,
    month: int,
) -> tuple[int, list[tuple[int, int]]]:
    """The volume and the price table of a register."""
    if occupied is None:
        raise Missing("no_category")
    category, residents = occupied
    volume = metered
    if volume is None:
        norm = in_force(prices.norms.get((meter.resource, category), {}), month)
        if norm is None:
            raise Missing("no_norm")
        shares = sum(
            other.resource == meter.resource and use.since < month and (use.until is None or month <= use.until)
            for other, use in active
        )
        volume = half_up(Fraction(norm * residents * 10**meter.decimals, 1_000_000 * shares))
    key = (meter.resource, category, 1, "T1") if basis == "norm" else (meter.resource, category, meter.zones, zone)
    table = in_force(prices.prices.get(key, {}), month)
    if table is None or min(table)[0] > 0:
        raise Missing("no_price")
    return volume, table


def tiered(entries: list[tuple[int, int, list[tuple[int, int]]]]) -> list[int]:
    """Rules 9 and 10: the amounts of registers (volume, decimals, table) in the order of serial, then zone."""
    if not entries:
        return []
    finest = max(decimals for _, decimals, _ in entries)
    left = [volume * 10 ** (finest - decimals) for volume, decimals, _ in entries]
    starts = sorted({above * 10**finest // 1000 for _, _, table in entries for above, _ in table})
    amounts = [0] * len(entries)
    for place, start in enumerate(starts):
        size = sum(left)
        if place + 1 < len(starts):
            size = min(size, starts[place + 1] - start)
        if not size:
            break
        shares = largest_remainder(size, left)
        for at, share in enumerate(shares):
            table = entries[at][2]
            _, price = max(row for row in table if row[0] * 10**finest // 1000 <= start)
            amounts[at] += half_up(Fraction(share * price, 100 * 10**finest))
            left[at] -= share
    return amounts


def lines_of(
    account: Account, due: dict[tuple[Dial, int], tuple[str, int, int]], uses: dict[str, Use], period: int
) -> Iterable[Line]:
    """Rule 11: what should be, less what was billed."""
    had: dict[tuple[Dial, int], tuple[int, int]] = defaultdict(lambda: (0, 0), account.billed)
    months = set(due) | {key for key in had if key[0][0] in uses and period - 36 <= key[1] <= period}
    for dial, month in months:
        serial, zone = dial
        basis, volume, amount = due.get((dial, month)) or (None, 0, 0)
        before_volume, before_amount = had[dial, month]
        difference = (volume - before_volume, amount - before_amount)
        if difference == (0, 0) and not (month == period and basis):
            continue
        if basis is None:
            now = uses[serial].months.get(month, {})
            basis = "norm" if any(kind == "norm" for kind, _ in now.values()) else "actual"
        kind = "charge" if month == period else "recalculation"
        yield Line(serial, zone, month, kind, basis, *difference)
