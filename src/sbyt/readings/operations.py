"""Writing readings, cancellations and the staff queue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sbyt.accounts.models import Account
from sbyt.bulk.rows import insert
from sbyt.messaging.models import InboundMessage
from sbyt.readings.models import Inspection, Reading, StaffTask


class NewReading(NamedTuple):
    """A customer's value of one register, in whole units.

    ``at``: when it was received, the provider's time. ``message``: None where staff took it down themselves.
    """

    register: int
    period: int
    value: int
    rollover: bool
    taken_on: dt.date
    at: dt.datetime
    channel: str
    verdict: str
    message: int | None


class NewInspection(NamedTuple):
    """An inspector's value of one register, in whole units, as staff enter it.

    ``at``: when it was received; None where only the day it was taken is known.
    """

    register: int
    period: int
    value: int
    rollover: bool
    taken_on: dt.date
    at: dt.datetime | None
    channel: str
    verdict: str


class NewCancellation(NamedTuple):
    """A reading that is taken back, and by whom."""

    reading: int
    by: str
    reason: str


class NewTask(NamedTuple):
    """What a customer sent and a person must decide. ``offered``: the readings that were not taken."""

    message: int
    account: int | None
    reason: str
    offered: Sequence[Mapping[str, Any]]


def add_readings(readings: Collection[NewReading], now: dt.datetime) -> None:
    """Add what customers handed in, in this order."""
    insert(
        "readings_reading",
        ("register_id", "period", "value", "rollover", "taken_on", "received_at", "channel", "verdict", "message_id",
         "kind", "loaded_at"),
        [(*one, Reading.Kind.CUSTOMER.value, now) for one in readings],
    )  # fmt: skip


def add_inspected(inspected: Collection[NewInspection], by: str, reason: str, now: dt.datetime) -> None:
    """Add what an inspector read, with who entered it and why it was read."""
    for one in inspected:
        reading = Reading.objects.create(
            register_id=one.register,
            period=one.period,
            kind=Reading.Kind.CONTROL,
            value=one.value,
            rollover=one.rollover,
            taken_on=one.taken_on,
            received_at=one.at,
            channel=one.channel,
            verdict=one.verdict,
            loaded_at=now,
        )
        Inspection.objects.create(reading=reading, by=by, reason=reason)


def cancel_readings(cancelled: Collection[NewCancellation], now: dt.datetime) -> None:
    """Take readings back: a row for each, nothing is deleted.

    :raises IntegrityError: if one was taken back before.
    """
    columns = ("reading_id", '"by"', "reason", '"at"')
    insert("readings_cancellation", columns, [(*one, now) for one in cancelled])


def queue_tasks(tasks: Collection[NewTask], now: dt.datetime) -> None:
    """Put what customers sent where people will decide it."""
    columns = ("message_id", "account_id", "reason", "offered", "closed_by", "created_at")
    insert("readings_stafftask", columns, [(*one, "", now) for one in tasks])


def queue_for_staff(
    message: InboundMessage, account: str, reason: str, offered: Sequence[Mapping[str, Any]], now: dt.datetime
) -> StaffTask:
    """Put what a customer sent where a person will decide it."""
    found = Account.objects.filter(number=account).first() if account else None
    return StaffTask.objects.create(
        message=message, account=found, reason=reason, offered=list(offered), created_at=now
    )
