"""Paper or electronic: how customers want their bills."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from sbyt.accounts.models import BillChoice

How = BillChoice.How


def wanted(accounts: Collection[int]) -> dict[int, How]:
    """How each of a batch of accounts wants its bill: on paper, unless somebody chose otherwise."""
    choices = BillChoice.objects.filter(account__in=accounts).order_by("id")
    chosen = {account: How(how) for account, how in choices.values_list("account", "how")}
    return {account: chosen.get(account, How.PAPER) for account in accounts}


def choose(account: int, how: How, by: str, now: dt.datetime) -> bool:
    """Take down how an account's bill is wanted from now on; tell whether that is a change."""
    if wanted([account])[account] == how:
        return False
    BillChoice.objects.create(account_id=account, how=how, chosen_at=now, chosen_by=by)
    return True
