"""Reading all that bills say on paper, for many accounts at once, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sbyt.accounts.models import Account, Meter, Register
from sbyt.billing.explain import Explained, explain
from sbyt.billing.models import Bill, Charge, Unbilled
from sbyt.core.periods import Period
from sbyt.core.resources import ZONES, Resource
from sbyt.metering.counting import Counted, Kind, counted
from sbyt.metering.use import use_by_month
from sbyt.readings.queries import handed_in

#: How far back the chart looks, the bill's own month included.
MONTHS = 13


class Billed(NamedTuple):
    """What was billed for a month of a register by one bill; ``period`` is 0 where it was billed elsewhere before."""

    register: int
    month: int
    period: int
    basis: str
    volume: int


@dataclass(frozen=True)
class KnownMeter:
    """A meter with what counts of it up to the bill's period. ``removed``: it had been taken off by then."""

    meter: Meter
    registers: tuple[int, ...]  # their ids, in the order of the zones
    resource: Resource
    counted: Sequence[Counted]
    removed: bool


@dataclass(frozen=True)
class KnownBill:
    """A bill with its explained lines, in the order in which they are shown; ``history`` is what was ever billed.

    ``registers``: the resource and the decimals of each.
    """

    account: Account
    bill: Bill
    lines: Sequence[tuple[int, Explained]]
    history: Sequence[Billed]
    meters: Sequence[KnownMeter]
    registers: dict[int, tuple[Resource, int]]
    unbilled: Sequence[Unbilled]

    @property
    def period(self) -> Period:
        return Period(self.bill.period)

    @property
    def read_before(self) -> Iterator[Billed]:
        """What the readings tell of months of the chart that nobody billed here: those before the first bill."""
        billed = {row.month for row in self.history}
        for known in self.meters:
            full = 10 ** (known.meter.digits + known.meter.decimals)
            for month, volumes in use_by_month(known.counted, known.meter.zones, full).items():
                if month not in billed and month > self.period - MONTHS:
                    for register, volume in zip(known.registers, volumes, strict=True):
                        yield Billed(register, month, 0, Charge.Basis.ACTUAL.value, volume)


def known_bills(period: Period, accounts: Collection[int], zone: ZoneInfo) -> list[KnownBill]:
    """The bills of a period of some accounts, in the order of the accounts' ids; accounts without a bill are left out.

    :raises UnableToExplain: if a line's figures don't follow from its trace.
    """
    bills = Bill.objects.filter(period=period, account__in=accounts).order_by("account_id")
    found = {bill.account_id: bill for bill in bills.select_related("account__customer", "account__premises")}
    meters, registers = _meters(period, found, zone)
    lines = _lines(period, found)
    history = _history(period, found, lines)
    unbilled = _unbilled(period, found)
    return [
        KnownBill(
            bill.account,
            bill,
            lines[account],
            history[account],
            meters[account],
            registers[account],
            unbilled[account],
        )
        for account, bill in found.items()
    ]


def _lines(period: Period, accounts: Collection[int]) -> dict[int, list[tuple[int, Explained]]]:
    """The lines with the id of their register: the charges first, then the corrections, month by month."""
    charges = Charge.objects.filter(period=period, account__in=accounts).select_related("register__meter")
    found: dict[int, list[tuple[int, Explained]]] = defaultdict(list)
    for charge in charges.order_by("register__meter_id", "register_id", "id"):
        found[charge.account_id].append((charge.register_id, explain(charge)))
    for lines in found.values():
        lines.sort(key=lambda one: (one[1].kind != Charge.Kind.CHARGE, one[1].month))
    return found


def _history(
    period: Period, accounts: Collection[int], lines: dict[int, list[tuple[int, Explained]]]
) -> dict[int, list[Billed]]:
    """What was billed up to this bill for the months of the chart, and for earlier ones that it corrects."""
    months = [line.month for of_account in lines.values() for _, line in of_account]
    since = min([period.plus(1 - MONTHS), *months])
    charges = Charge.objects.filter(account__in=accounts, for_period__gte=since, for_period__lte=period)
    rows = charges.order_by("id").values_list("account", "register", "for_period", "period", "basis", "volume")
    found: dict[int, list[Billed]] = defaultdict(list)
    for account, register, month, billed_in, basis, volume in rows:
        if billed_in is None or billed_in <= period:
            found[account].append(Billed(register, month, billed_in or 0, basis, volume))
    return found


def _meters(
    period: Period, accounts: Collection[int], zone: ZoneInfo
) -> tuple[dict[int, list[KnownMeter]], dict[int, dict[int, tuple[Resource, int]]]]:
    meters = {meter.pk: meter for meter in Meter.objects.filter(account__in=accounts).order_by("id")}
    zones: dict[int, dict[int, str]] = defaultdict(dict)
    for register in Register.objects.filter(meter__in=meters).order_by("id"):
        zones[register.meter_id][register.pk] = register.zone
    handed = handed_in({pk: name for of_meter in zones.values() for pk, name in of_meter.items()}, zone)
    known: dict[int, list[KnownMeter]] = defaultdict(list)
    registers: dict[int, dict[int, tuple[Resource, int]]] = defaultdict(dict)
    for pk, meter in meters.items():
        rows = [row for register in zones[pk] for row in handed.get(register, ()) if row.period <= period]
        gone = {row.zone for row in rows if row.kind is Kind.REMOVED}
        resource = Resource(meter.resource)
        counts = counted(rows, meter.zones)
        known[meter.account_id].append(
            KnownMeter(meter, tuple(zones[pk]), resource, counts, gone >= set(ZONES[: meter.zones]))
        )
        registers[meter.account_id].update(dict.fromkeys(zones[pk], (resource, meter.decimals)))
    return known, registers


def _unbilled(period: Period, accounts: Collection[int]) -> dict[int, list[Unbilled]]:
    """The meters that the run could not bill beside those it could."""
    rows = Unbilled.objects.filter(period=period, account__in=accounts, meter__isnull=False).select_related("meter")
    found: dict[int, list[Unbilled]] = defaultdict(list)
    for row in rows.order_by("id"):
        found[row.account_id].append(row)
    return found
