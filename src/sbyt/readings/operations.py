"""Writing readings, cancellations and the staff queue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sbyt.accounts.models import Account, Register
from sbyt.messaging.models import InboundMessage
from sbyt.readings.models import Cancellation, Reading, StaffTask


def store_readings(  # noqa: PLR0913 the columns of a reading
    message: InboundMessage,
    account: str,
    serial: str,
    values: Sequence[int],
    rolled: Sequence[bool],
    *,
    at: dt.datetime,
    taken_on: dt.date,
    period: int,
    verdict: str,
    now: dt.datetime,
) -> None:
    """Add a customer's values of one meter, in whole units and the order of its zones."""
    registers = Register.objects.filter(meter__account__number=account, meter__serial=serial).order_by("zone")
    Reading.objects.bulk_create(
        Reading(
            register=register,
            period=period,
            kind=Reading.Kind.CUSTOMER,
            value=value,
            rollover=rollover,
            taken_on=taken_on,
            received_at=at,
            channel=message.channel,
            verdict=verdict,
            message=message,
            loaded_at=now,
        )
        for register, value, rollover in zip(registers, values, rolled, strict=True)
    )


def cancel_readings(readings: Collection[Reading], *, by: str, reason: str, now: dt.datetime) -> None:
    """Take readings back: a row for each, nothing is deleted."""
    Cancellation.objects.bulk_create(Cancellation(reading=one, at=now, by=by, reason=reason) for one in readings)


def queue_for_staff(
    message: InboundMessage, account: str, reason: str, offered: Sequence[Mapping[str, Any]], now: dt.datetime
) -> StaffTask:
    """Put what a customer sent where a person will decide it."""
    found = Account.objects.filter(number=account).first() if account else None
    return StaffTask.objects.create(
        message=message, account=found, reason=reason, offered=list(offered), created_at=now
    )
