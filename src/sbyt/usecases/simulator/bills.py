"""What the code on a bill of the demonstration opens, for who has no paper to point a camera at."""

from __future__ import annotations

from collections.abc import Collection

from sbyt.accounts.models import Account
from sbyt.accounts.tokens import Tokens
from sbyt.billing.holds import newest_sent
from sbyt.core.periods import Period


def tokens_of_bills(numbers: Collection[str], tokens: Tokens) -> dict[str, str]:
    """The token of the newest bill of each of these accounts that has one, by its number."""
    accounts = Account.objects.filter(number__in=numbers).values_list("number", "id")
    bills = {number: newest_sent(account) for number, account in accounts}
    return {number: tokens.token(bill.account_id, Period(bill.period)) for number, bill in bills.items() if bill}
