"""Who could not be billed, and why, by the names that people know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sbyt.accounts.models import Account, Meter
from sbyt.billing.compute import Outcome
from sbyt.billing.models import Unbilled
from sbyt.billing.operations import REASONS, missing_parameters
from sbyt.core.periods import Period


@dataclass(frozen=True, slots=True)
class Reported:
    """An account without a bill, or (with ``serial``) one billed without that meter.

    ``missing`` names what is not in force: resource, category, zones, zone and month, as far as they are known.
    """

    account: str
    serial: str | None
    reason: str
    missing: dict[str, Any] = field(default_factory=dict)


def reported_by_run(period: Period, most: int) -> list[Reported]:
    """What a landed run reported, by account, at most so many."""
    rows = Unbilled.objects.filter(period=period).select_related("account", "meter")
    return [
        Reported(row.account.number, row.meter.serial if row.meter else None, row.reason, row.missing)
        for row in rows.order_by("account__number", "id")[:most]
    ]


def reported_by_outcome(outcome: Outcome, most: int) -> list[Reported]:
    """The same of a batch that has not landed."""
    rows = outcome.obstacles.sort_by([("account_id", "ascending"), ("reason", "ascending")])[:most].to_pylist()
    numbers = account_numbers(row["account_id"] for row in rows)
    serials = dict(Meter.objects.filter(id__in=[row["meter_id"] for row in rows]).values_list("id", "serial"))
    return [
        Reported(
            numbers[row["account_id"]], serials.get(row["meter_id"]), REASONS[row["reason"]], missing_parameters(row)
        )
        for row in rows
    ]


def account_numbers(ids: Iterable[int]) -> dict[int, str]:
    """The numbers of accounts by their ids."""
    return dict(Account.objects.filter(id__in=list(ids)).values_list("id", "number"))
