"""Takes back a customer's reading on the word of staff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import transaction

from sbyt.accounts.locks import hold_accounts
from sbyt.readings.models import Cancellation, Reading
from sbyt.readings.operations import NewCancellation, cancel_readings


class UnableToCancel(ValueError):
    """A reading can't be taken back. ``reason``: no_reason, gone, cancelled, not_customers."""

    def __init__(self, said: str, reason: str) -> None:
        super().__init__(said)
        self.reason = reason


def cancel_reading(account: int, readings: Collection[int], why: str, by: str, now: dt.datetime) -> None:
    """Take back readings of one meter that came together. Rows are added, nothing is deleted; the next bill corrects.

    :param why: stays with the cancellation, for whoever asks later.

    :raises UnableToCancel: if no reason is given, it isn't there, was taken back before, or is no customer's.
    """
    if not why.strip():
        raise UnableToCancel("Напишите, почему показание отменяется.", "no_reason")
    with transaction.atomic():
        hold_accounts([account])
        rows = list(Reading.objects.filter(pk__in=readings, register__meter__account=account))
        if not rows or len(rows) != len(set(readings)):
            raise UnableToCancel("Такого показания на этом счёте нет.", "gone")
        if any(row.kind != Reading.Kind.CUSTOMER for row in rows):
            raise UnableToCancel("Отменить можно только показание клиента.", "not_customers")
        if Cancellation.objects.filter(reading__in=rows).exists():
            raise UnableToCancel("Это показание уже отменили.", "cancelled")
        cancel_readings([NewCancellation(row.pk, by, " ".join(why.split())[:300]) for row in rows], now)
