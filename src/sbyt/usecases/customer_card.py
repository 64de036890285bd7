"""All that staff need to know of an account, on one screen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sbyt.accounts.models import Account, Link, Meter, Occupancy
from sbyt.accounts.queries import FoundMeter, meters_of
from sbyt.billing.balances import owed
from sbyt.billing.models import Bill
from sbyt.billing.months import Billed, billed_months, corrected_months
from sbyt.conversation.facts import MeterFacts
from sbyt.core.identifiers import account_key
from sbyt.core.periods import Period
from sbyt.core.resources import ZONES, Resource
from sbyt.core.settings import Settings
from sbyt.messaging.dialogues import NEWEST, Entry, Party, Place, conversation
from sbyt.messaging.numbers import short_number
from sbyt.metering.use import use_by_month
from sbyt.readings.models import Reading, StaffTask
from sbyt.readings.queries import handed_in
from sbyt.usecases.receive_message.facts import account_facts

#: A year and the month of today: what a chart shows; and the same months a year before.
MONTHS = 13
#: So many of an account's newest readings are looked at.
_READINGS = 600
#: So many other accounts of the same customer are named.
_OTHERS = 20
#: So many of the newest tasks about an account.
_TASKS = 100
_ALWAYS = dt.datetime(1, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Month:
    """What a meter used in a month, all registers together and each, in whole units, and how that is known.

    ``basis`` is ``actual``, ``average`` or ``norm``; where nothing is known there are no volumes.
    """

    period: Period
    volumes: tuple[int, ...]
    basis: str
    year_before: int | None

    @property
    def volume(self) -> int:
        return sum(self.volumes)


@dataclass(frozen=True)
class Handed:
    """What was handed in for a meter at once. ``counts``: for its period it is what the bill goes by.

    ``received_at`` is None where only the day it was taken is known; ``number`` is the message's. ``inspected_by``: who
    of staff entered an inspector's value.
    """

    ids: tuple[int, ...]
    period: Period
    kind: str
    values: Mapping[str, int]
    rollover: bool
    taken_on: dt.date
    received_at: dt.datetime | None
    channel: str
    verdict: str
    number: str
    counts: bool
    cancelled_at: dt.datetime | None = None
    cancelled_by: str = ""
    cancelled_why: str = ""
    inspected_by: str = ""
    inspected_why: str = ""


@dataclass(frozen=True)
class MeterCard:
    """A meter with its use by month and what was handed in, the newest first."""

    meter: Meter
    facts: MeterFacts
    months: Sequence[Month]
    handed: Sequence[Handed]

    @property
    def zones(self) -> tuple[str, ...]:
        return self.facts.zone_names

    @property
    def resource(self) -> Resource:
        return self.facts.dial.resource


@dataclass(frozen=True)
class BillCard:
    bill: Bill
    corrected: Sequence[Period]  # the earlier months that it corrects


@dataclass(frozen=True)
class CustomerCard:
    """An account as its screen shows it."""

    account: Account
    occupancy: Occupancy | None
    owed: int  # kopecks now, negative in credit
    links: Sequence[Link]  # those that stand first, then those that ended
    meters: Sequence[MeterCard]  # those in use first
    bills: Sequence[BillCard]
    tasks: Sequence[StaffTask]  # open, the oldest first
    others: Sequence[Account]  # of the same customer


def account_of(number: str) -> Account | None:
    """The account of this number, however it is written, where only one is meant."""
    number = number.replace("\x00", "")  # which no number holds, and no database takes
    accounts = Account.objects.select_related("customer", "premises")
    exact = accounts.filter(number=number).first()
    alike = [] if exact else list(accounts.filter(key=account_key(number))[:2])
    return exact or (alike[0] if len(alike) == 1 else None)


def customer_card(account: Account, settings: Settings, now: dt.datetime) -> CustomerCard:
    """All of an account but its conversation."""
    today = now.astimezone(settings.zone).date()
    bills = list(Bill.objects.filter(account=account).order_by("-period")[:MONTHS])
    corrected = corrected_months(account.pk, [bill.period for bill in bills])
    occupancies = Occupancy.objects.filter(account=account, valid_from__lte=int(Period.of(today)))
    links = Link.objects.filter(account=account).order_by("-made_at", "-id")
    return CustomerCard(
        account,
        occupancies.order_by("-valid_from").first(),
        owed([account.pk])[account.pk],
        sorted(links, key=lambda link: link.ended_at is not None),
        meter_cards(account, settings, today),
        [BillCard(bill, [Period(month) for month in corrected.get(bill.period, [])]) for bill in bills],
        list(StaffTask.objects.filter(account=account, closed_at=None).select_related("message").order_by("id")),
        _others(account),
    )


def _others(account: Account) -> list[Account]:
    """Other accounts of the same customer. Who is known by the name alone may be somebody else."""
    customer = account.customer
    if not (customer.name and (customer.phone or customer.email)):
        return []
    same = Account.objects.filter(customer_id=account.customer_id).exclude(pk=account.pk)
    return list(same.select_related("premises").order_by("number")[:_OTHERS])


# meters --------------------------------------------------------------------------------------------------------------


def meter_cards(account: Account, settings: Settings, today: dt.date) -> list[MeterCard]:
    """The meters of an account, those in use first, in the order of import."""
    found = meters_of([account.pk])
    zones = {register: zone for one in found for register, zone in zip(one.registers, ZONES, strict=False)}
    facts = account_facts(account.number, found, handed_in(zones, settings.zone), None)
    last = Period.of(today)
    billed = billed_months(account.pk, last.plus(-2 * MONTHS))
    rows = _readings(found)
    meters = Meter.objects.in_bulk([one.id for one in found])
    cards = [
        MeterCard(
            meters[one.id],
            known,
            _months(one, known, billed, last),
            _handed(known, [row for row in rows if row.register.meter_id == one.id]),
        )
        for one, known in zip(found, facts.meters, strict=True)
    ]
    return sorted(cards, key=lambda card: card.facts.removed)


def _months(
    meter: FoundMeter, facts: MeterFacts, billed: Mapping[tuple[int, int], Billed], last: Period
) -> list[Month]:
    """The use of the latest months: by readings where there are such, else as it was billed."""
    known = {
        month: (volumes, "actual")
        for month, volumes in use_by_month(facts.counted, meter.zones, facts.dial.full).items()
    }
    for period in range(last - 2 * MONTHS, last + 1):
        of_month = [billed[key] for register in meter.registers if (key := (register, period)) in billed]
        # A month whose reading was taken back is estimated again only by the next run.
        estimated = [one for one in of_month if one.basis != "actual"]
        if estimated and period not in known:
            known[period] = tuple(one.volume for one in of_month), estimated[0].basis
    months = [last.plus(-back) for back in reversed(range(MONTHS))]
    return [Month(month, *known.get(month, ((), "")), _year_before(known, month)) for month in months]


def _year_before(known: Mapping[int, tuple[tuple[int, ...], str]], month: Period) -> int | None:
    before = known.get(month.plus(-12))
    return sum(before[0]) if before else None


def _readings(meters: Sequence[FoundMeter]) -> list[Reading]:
    """The newest readings of these meters, in the order of loading."""
    registers = [register for meter in meters for register in meter.registers]
    rows = Reading.objects.filter(register__in=registers).order_by("-id")
    return list(rows.select_related("register", "cancellation", "inspection")[:_READINGS])[::-1]


def _handed(facts: MeterFacts, rows: Sequence[Reading]) -> list[Handed]:
    """Readings that came together in one line; of those of a period the last one that was not taken back counts."""
    together: dict[tuple[object, ...], list[Reading]] = {}
    for row in rows:
        came = row.message_id, row.loaded_at, row.period, row.kind, row.received_at, row.taken_on
        together.setdefault(came, []).append(row)
    counted = {one.period: dict(zip(facts.zone_names, one.values, strict=True)) for one in facts.counted}
    shown: list[Handed] = []
    for group in sorted(together.values(), key=lambda group: (_when(group[0]), group[0].pk), reverse=True):
        stands = not any(hasattr(row, "cancellation") for row in group)
        period = group[0].period - (group[0].kind == Reading.Kind.INSTALLED)
        values = {row.register.zone: row.value for row in group}
        counts = stands and values.items() <= counted.get(period, {}).items()
        if counts:
            counted.pop(period)
        shown.append(_line(group, values, counts=counts))
    return shown


def _when(row: Reading) -> tuple[dt.date, float]:
    """``installed`` and ``removed`` go by the day they were taken (billing rule 1)."""
    by_the_day = row.kind in (Reading.Kind.INSTALLED, Reading.Kind.REMOVED) or row.received_at is None
    if by_the_day or row.received_at is None:
        return row.taken_on, 0.0
    return row.received_at.date(), row.received_at.timestamp()


def _line(group: Sequence[Reading], values: Mapping[str, int], *, counts: bool) -> Handed:
    first = group[0]
    cancelled = next((row.cancellation for row in group if hasattr(row, "cancellation")), None)
    inspection = first.inspection if hasattr(first, "inspection") else None
    return Handed(
        tuple(row.pk for row in group),
        Period(first.period),
        first.kind,
        dict(sorted(values.items())),
        any(row.rollover for row in group),
        first.taken_on,
        first.received_at,
        first.channel,
        first.verdict,
        short_number(first.message_id) if first.message_id else "",
        counts,
        cancelled.at if cancelled else None,
        cancelled.by if cancelled else "",
        cancelled.reason if cancelled else "",
        inspection.by if inspection else "",
        inspection.reason if inspection else "",
    )


# conversation --------------------------------------------------------------------------------------------------------


def conversation_about(
    account: Account, settings: Settings, most: int, before: Place = NEWEST
) -> tuple[list[Entry], Place | None]:
    """What was said with those who may speak for an account, and what others sent that touched it.

    Of a sender who was linked for a while only what they wrote in that time: their phone may have been somebody
    else's before, and be somebody else's since.
    """
    links = Link.objects.filter(account=account)
    parties = [party for link in links for party in parties_of(link, settings)]
    touched = Reading.objects.filter(register__meter__account=account, message__isnull=False)
    others = set(touched.order_by("-id").values_list("message_id", flat=True)[:_READINGS])
    tasks = StaffTask.objects.filter(account=account, message__isnull=False).order_by("-id")
    others |= set(tasks.values_list("message_id", flat=True)[:_TASKS])
    return conversation(parties, [message for message in others if message], most, before)


def conversation_with(channel: str, sender: str, most: int, before: Place = NEWEST) -> tuple[list[Entry], Place | None]:
    """What was said with one sender in one channel, whoever they are."""
    return conversation([Party(channel, sender, _ALWAYS)], [], most, before)


def parties_of(link: Link, settings: Settings) -> list[Party]:
    """Whom a link means, as each channel names them: a phone speaks through several."""
    if link.kind == Link.Kind.CHAT:
        channel, _, sender = link.address.partition(":")
        return [Party(channel, sender, link.made_at, link.ended_at)]
    named = [link.address, link.address.removeprefix("+")] if link.kind == Link.Kind.PHONE else [link.address]
    return [
        Party(code, sender, link.made_at, link.ended_at)
        for code, channel in settings.channels.items()
        if channel.senders == link.kind
        for sender in named
    ]
