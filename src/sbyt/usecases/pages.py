"""The addresses of pages on which the holder of an account sees it."""

from __future__ import annotations

from collections.abc import Collection

from sbyt.accounts.revoking import revoked_through
from sbyt.accounts.tokens import Tokens
from sbyt.billing.holds import bills_to_see
from sbyt.core.periods import Period
from sbyt.core.settings import Settings


def pages_of(accounts: Collection[int], tokens: Tokens | None, settings: Settings) -> dict[int, str]:
    """For each of these accounts the address behind the code of its newest bill; none where it has no such bill.

    Whoever opens it speaks for the account, as who holds the bill does: it is for linked senders only.
    """
    if tokens is None or not settings.web.address or not accounts:
        return {}
    newest: dict[int, Period] = {}
    for account, period in bills_to_see(accounts).values_list("account_id", "period"):
        newest.setdefault(account, Period(period))
    revoked = revoked_through(accounts)
    return {
        account: f"{settings.web.address}/b/{tokens.token(account, period)}"
        for account, period in newest.items()
        if account not in revoked or revoked[account] < period
    }
