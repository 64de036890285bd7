"""Takes back a customer's or an inspector's reading on the word of staff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db import transaction

from sbyt.accounts.locks import hold_accounts
from sbyt.readings.models import Cancellation, Reading
from sbyt.readings.operations import NewCancellation, cancel_readings


class UnableToCancel(ValueError):
    """A reading can't be taken back. ``reason``: no_reason, gone, cancelled, fixed, not_customers, not_inspectors."""

    def __init__(self, said: str, reason: str) -> None:
        super().__init__(said)
        self.reason = reason


#: Whose readings can be taken back at all: what a meter began and ended with can't.
Kind = Reading.Kind
CANCELLABLE = (Kind.CUSTOMER, Kind.CONTROL)


def cancel_reading(
    account: int,
    readings: Collection[int],
    why: str,
    by: str,
    now: dt.datetime,
    kinds: Collection[str] = (Kind.CUSTOMER,),
) -> None:
    """Take back readings of one meter that came together. Rows are added, nothing is deleted; the next bill corrects.

    :param why: stays with the cancellation, for whoever asks later.
    :param kinds: what this member of staff may take back.

    :raises UnableToCancel: if no reason is given, it isn't there, was taken back before, or is of another kind.
    """
    if not why.strip():
        raise UnableToCancel("Напишите, почему показание отменяется.", "no_reason")
    with transaction.atomic():
        hold_accounts([account])
        rows = list(Reading.objects.filter(pk__in=readings, register__meter__account=account))
        if not rows or len(rows) != len(set(readings)):
            raise UnableToCancel("Такого показания на этом счёте нет.", "gone")
        if any(row.kind not in CANCELLABLE for row in rows):
            raise UnableToCancel("Показание при установке и при снятии не отменяют.", "fixed")
        if any(row.kind not in kinds for row in rows):
            raise _not_theirs(kinds)
        if Cancellation.objects.filter(reading__in=rows).exists():
            raise UnableToCancel("Это показание уже отменили.", "cancelled")
        cancel_readings([NewCancellation(row.pk, by, " ".join(why.split())[:300]) for row in rows], now)


def _not_theirs(kinds: Collection[str]) -> UnableToCancel:
    if Kind.CUSTOMER in kinds:
        return UnableToCancel("Отменить можно только показание клиента.", "not_customers")
    return UnableToCancel("Отменить можно только показание контролёра.", "not_inspectors")
