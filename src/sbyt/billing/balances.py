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
    bills = Bill.objects.filter(account_id__in=accounts).values_list("account_id")
    for account, charged, recalculated in bills.annotate(Sum("charged"), Sum("recalculated")):
        balances[account] += charged + recalculated
    payments = Payment.objects.filter(account_id__in=accounts).values_list("account_id")
    for account, paid in payments.annotate(Sum("amount")):
        balances[account] -= paid
    return balances
