"""What was billed for each month, whatever bill it stands on."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sbyt.billing.models import Charge


class Billed(NamedTuple):
    """The volume billed for a register and month so far, in whole units, and on what it rests now."""

    volume: int
    basis: str


def billed_months(account: int, since: int) -> dict[tuple[int, int], Billed]:
    """What stands billed of an account for the months from ``since`` on, by register and month.

    Corrections are rows of their own (billing rule 11): what counts is their sum, and the basis of the last.
    """
    found: dict[tuple[int, int], Billed] = {}
    rows = Charge.objects.filter(account_id=account, for_period__gte=since).order_by("id")
    for register, month, volume, basis in rows.values_list("register_id", "for_period", "volume", "basis"):
        before = found.get((register, month), Billed(0, basis)).volume
        found[register, month] = Billed(before + volume, basis)
    return found


def corrected_months(account: int, periods: Collection[int]) -> dict[int, list[int]]:
    """Which earlier months each of these bills corrects, by the bill's period."""
    found: dict[int, list[int]] = {}
    rows = Charge.objects.filter(account_id=account, period__in=periods, kind=Charge.Kind.RECALCULATION)
    for period, month in rows.order_by("for_period").values_list("period", "for_period").distinct():
        if period is not None:
            found.setdefault(period, []).append(month)
    return found
