"""The bills that look wrong: which of them wait to be looked at by a person, and which were."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef, QuerySet

from sbyt.billing.models import Bill, Hold
from sbyt.core.periods import Period


def held(period: Period, accounts: Collection[int]) -> set[int]:
    """Those of a batch of accounts whose bill for the period must not be sent: it waits to be looked at."""
    rows = Hold.objects.filter(period=period, account__in=accounts, released_at=None)
    return set(rows.values_list("account", flat=True))


def bills_to_see(accounts: Collection[int]) -> QuerySet[Bill]:
    """The bills of some accounts that their customers may see, the newest first: none that waits to be looked at."""
    waits = Hold.objects.filter(period=OuterRef("period"), account=OuterRef("account"), released_at=None)
    return Bill.objects.filter(~Exists(waits), account__in=accounts).order_by("-period")


def newest_sent(account: int) -> Bill | None:
    """The newest bill of an account that its customer may see, with the customer."""
    return bills_to_see([account]).select_related("account__customer").first()


def waiting(period: Period, most: int, *, after: int = 0) -> tuple[list[Hold], bool]:
    """Those that wait, in the order in which the run held them, beyond a row; and whether there are more."""
    return _some(period, most, after, released=False)


def released(period: Period, most: int, *, after: int = 0) -> tuple[list[Hold], bool]:
    """The same of those that somebody looked at and released."""
    return _some(period, most, after, released=True)


def count_waiting(period: Period, most: int) -> int:
    """How many wait; one more than ``most`` where there are more, beyond which nothing is counted."""
    return len(Hold.objects.filter(period=period, released_at=None).values_list("id")[: most + 1])


def holds_of(period: Period, accounts: Collection[int]) -> dict[int, Hold]:
    """The holds of some accounts' bills for the period, released or not, by account."""
    rows = Hold.objects.filter(period=period, account__in=accounts).select_related("account")
    return {row.account_id: row for row in rows}


def _some(period: Period, most: int, after: int, *, released: bool) -> tuple[list[Hold], bool]:
    rows = Hold.objects.filter(period=period, id__gt=after, released_at__isnull=not released)
    found = list(rows.select_related("account__customer").order_by("id")[: most + 1])
    return found[:most], len(found) > most
