"""Issuing bills: fixing what they say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from sbyt.billing.models import Bill
from sbyt.core.periods import Period
from sbyt.receipts.content import Content
from sbyt.receipts.models import Edition, Receipt


def not_issued(period: Period, accounts: Collection[int]) -> list[int]:
    """Those of a batch of accounts that have a bill for the period, which was not issued yet."""
    billed = Bill.objects.filter(period=period, account__in=accounts).values_list("account", flat=True)
    issued = set(Receipt.objects.filter(period=period, account__in=accounts).values_list("account", flat=True))
    return [account for account in billed.order_by("account") if account not in issued]


def issue(edition: Edition, contents: Sequence[tuple[int, int, Content]], now: dt.datetime) -> None:
    """Fix what these bills say: the account, what is owed in kopecks, the content. What was issued before stays."""
    rows = [
        Receipt(
            account_id=account,
            period=edition.period,
            edition=edition,
            issued_at=now,
            closing=closing,
            content=content.packed(),
        )
        for account, closing, content in contents
    ]
    Receipt.objects.bulk_create(rows, ignore_conflicts=True)
