"""Tokens of bills that a stranger has seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

from django.db.models import Max

from sbyt.accounts.models import RevokedToken
from sbyt.accounts.tokens import Named
from sbyt.core.periods import Period


def is_revoked(named: Named) -> bool:
    """Whether what a bill carries opens nothing any more."""
    return RevokedToken.objects.filter(account=named.account, through__gte=named.period).exists()


def revoked_through(accounts: Collection[int]) -> dict[int, Period]:
    """For those of these accounts of which any was revoked, the period up to which they open nothing."""
    revoked = RevokedToken.objects.filter(account__in=accounts).values_list("account_id")
    return {account: Period(through) for account, through in revoked.annotate(Max("through"))}


def revoke_tokens(account: int, through: Period, by: str, why: str, now: dt.datetime) -> bool:
    """Let the tokens and codes of an account's bills up to a period open nothing; tell whether that is a change."""
    if is_revoked(Named(account, through)):
        return False
    RevokedToken.objects.create(account_id=account, through=through, revoked_at=now, revoked_by=by, why=why)
    return True
