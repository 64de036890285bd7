"""Verifies the codes and tokens of bills that messages hold, for all of them at once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from django.conf import settings as django_settings

from sbyt.accounts.revoking import revoked_through
from sbyt.accounts.tokens import Named, Tokens
from sbyt.accounts.wrong_codes import too_many_wrong
from sbyt.billing.holds import bills_to_see
from sbyt.conversation.bill_codes import BillCode
from sbyt.conversation.facts import Verdict
from sbyt.core.periods import Period

#: No code is looked for among more bills of an account than these, the newest of them.
_MOST_BILLS = 36


class CodeSent(NamedTuple):
    """A code or token that a message holds. ``named``: what a token opens to, if it is ours."""

    found: BillCode
    named: Named | None


class ToVerify(NamedTuple):
    """A code with whoever sent it, as ``channel:sender``, and the accounts for which it may be."""

    sent: CodeSent
    sender: str
    accounts: Collection[int]


class Verified(NamedTuple):
    """What a code proves for each account. ``too_many``: of this sender none is looked at for the time being."""

    verdicts: Mapping[int, Verdict]
    too_many: bool


def bill_tokens() -> Tokens | None:
    """Of the keys of this installation; None where there is none, and no bill carries a code."""
    return Tokens(django_settings.BILL_KEYS) if django_settings.BILL_KEYS else None


def code_sent(found: BillCode | None, tokens: Tokens | None) -> CodeSent | None:
    """What is to be verified; nothing where a text that only looks like a token is none of ours."""
    if found is None or tokens is None:
        return None
    named = tokens.opened(found.token) if found.token else None
    return None if found.alone and named is None else CodeSent(found, named)


def verify(asked: Mapping[int, ToVerify], tokens: Tokens, now: dt.datetime) -> dict[int, Verified]:
    """What the codes of these messages prove, in four queries however many they are.

    A token is not to be come upon by trying: it is looked at however many codes were wrong for its account.
    """
    accounts = {account for one in asked.values() for account in one.accounts}
    too_many = too_many_wrong({one.sender for one in asked.values()}, accounts, now)
    periods, revoked = _billed(accounts), revoked_through(accounts)
    found = {}
    for message, one in asked.items():
        verdicts = {}
        for account in one.accounts:
            if one.sent.found.code and account in too_many.accounts:
                verdicts[account] = Verdict.TOO_MANY
                continue
            period = _period(one.sent, account, periods[account], tokens)
            verdicts[account] = _verdict(period, periods[account], revoked.get(account))
        found[message] = Verified(verdicts, one.sender in too_many.senders)
    return found


def _billed(accounts: Collection[int]) -> Mapping[int, Sequence[Period]]:
    """The periods of the bills of each account that its customer may have, the newest first."""
    periods: dict[int, list[Period]] = defaultdict(list)
    for account, period in bills_to_see(accounts).values_list("account_id", "period"):
        periods[account].append(Period(period))
    return periods


def _period(sent: CodeSent, account: int, billed: Sequence[Period], tokens: Tokens) -> Period | None:
    """The period of the bill of this account that the code stands on, if it does on any."""
    if sent.found.token:
        return sent.named.period if sent.named and sent.named.account == account else None
    return next((one for one in billed[:_MOST_BILLS] if tokens.is_code(sent.found.code, account, one)), None)


def _verdict(period: Period | None, billed: Sequence[Period], revoked: Period | None) -> Verdict:
    if period is None or period not in billed:
        return Verdict.WRONG
    if period < billed[0]:
        return Verdict.OLDER
    return Verdict.REVOKED if revoked is not None and period <= revoked else Verdict.RIGHT
