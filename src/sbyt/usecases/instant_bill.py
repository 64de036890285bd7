"""What the holder of a bill sees at once: what is owed and why, and the meters to read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Q, Sum

from sbyt.accounts.bill_choices import How, wanted
from sbyt.accounts.queries import meters_of
from sbyt.billing.explain import Explained, UnableToExplain, explain
from sbyt.billing.models import Bill, Charge
from sbyt.conversation.facts import MeterFacts
from sbyt.core.due_day import due_day
from sbyt.core.identifiers import email_address
from sbyt.core.periods import Period, period_of_receipt
from sbyt.core.resources import ZONES
from sbyt.core.settings import Settings
from sbyt.metering.history import History
from sbyt.payments.models import Payment
from sbyt.readings.queries import handed_in
from sbyt.usecases.receive_message.facts import account_facts


class Line(NamedTuple):
    """A line with its register and meter, and its explanation where its figures come to one."""

    charge: Charge
    explained: Explained | None


class MeterToRead(NamedTuple):
    """A meter in use: what is known of it, what went before this month, what was handed in for it already."""

    id: int
    facts: MeterFacts
    history: History
    entered: tuple[int, ...]


@dataclass(frozen=True)
class InstantBill:
    """A bill as its holder sees it. Sums in kopecks, negative in credit; ``email`` is empty where none is on file."""

    bill: Bill
    charges: Sequence[Line]
    recalculations: Sequence[Line]
    paid_since: int
    meters: Sequence[MeterToRead]
    reading_for: Period
    email: str
    choice: How

    @property
    def period(self) -> Period:
        return Period(self.bill.period)

    @property
    def owed(self) -> int:
        return self.bill.closing - self.paid_since

    @property
    def due(self) -> dt.date:
        return due_day(self.period)


def instant_bill(bill: Bill, settings: Settings, now: dt.datetime) -> InstantBill:
    """All that is shown with a bill, which comes with its account and customer.

    A newer bill that is held counts for nothing here, so what is owed is reckoned from this one, not from all.
    """
    lines = _lines(bill)
    return InstantBill(
        bill,
        [line for line in lines if line.charge.kind == Charge.Kind.CHARGE],
        [line for line in lines if line.charge.kind != Charge.Kind.CHARGE],
        _paid_since(bill),
        meters_to_read(bill, settings, now),
        _reading_for(settings, now),
        email_on_file(bill),
        wanted([bill.account_id])[bill.account_id],
    )


def email_on_file(bill: Bill) -> str:
    """The customer's address, empty where there is none, or what stands there is none."""
    return email_address(bill.account.customer.email) or ""


def meters_to_read(bill: Bill, settings: Settings, now: dt.datetime) -> list[MeterToRead]:
    """The meters of a bill's account that are in use, in the order of import."""
    period = _reading_for(settings, now)
    found = meters_of([bill.account_id])
    zones = {register: zone for one in found for register, zone in zip(one.registers, ZONES, strict=False)}
    facts = account_facts(bill.account.number, found, handed_in(zones, settings.zone), None)
    return [
        MeterToRead(one.id, known, known.history(period, settings.estimates), known.entered(period))
        for one, known in zip(found, facts.meters, strict=True)
        if not known.removed
    ]


def _reading_for(settings: Settings, now: dt.datetime) -> Period:
    """For which month a reading counts that is handed in now."""
    return period_of_receipt(now.astimezone(settings.zone).date(), settings.window.last_day)


def _lines(bill: Bill) -> list[Line]:
    """The lines of a bill, by month and meter. One without an explanation is shown all the same: it is what is owed."""
    # By the month that a line is for they are found among the account's; by the bill's period among everybody's.
    of_account = Charge.objects.filter(account=bill.account_id, for_period__lte=bill.period)
    charges = of_account.filter(period=bill.period).select_related("register__meter")
    ordered = sorted(charges, key=lambda one: (one.for_period, one.register.meter_id, one.register.zone))
    return [Line(charge, _explained(charge)) for charge in ordered]


def _explained(charge: Charge) -> Explained | None:
    try:
        return explain(charge)
    except UnableToExplain:
        return None


def _paid_since(bill: Bill) -> int:
    """What was paid and stands neither on this bill nor on one before."""
    uncounted = Q(counted=None) | Q(counted__period__gt=bill.period)
    paid = Payment.objects.filter(uncounted, account=bill.account_id).aggregate(Sum("amount"))
    return paid["amount__sum"] or 0
