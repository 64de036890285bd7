"""What accounts owe."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Sum

from sbyt.accounts.models import Account
from sbyt.billing.models import Bill
from sbyt.payments.models import Payment


def owed(accounts: Collection[int]) -> dict[int, int]:
    """What each of these accounts owes now, in kopecks, negative if in credit.

    What it owed before the first bill here, and all that was billed since, less all that was paid (billing rule 14).
    """
    balances = dict(Account.objects.filter(id__in=accounts).values_list("id", "opening_balance"))
    billed = Bill.objects.filter(account_id__in=accounts).values("account_id")
    for row in billed.annotate(charged_in_all=Sum("charged"), recalculated_in_all=Sum("recalculated")):
        balances[row["account_id"]] += row["charged_in_all"] + row["recalculated_in_all"]
    paid = Payment.objects.filter(account_id__in=accounts).values("account_id").annotate(paid=Sum("amount"))
    for row in paid:
        balances[row["account_id"]] -= row["paid"]
    return balances
