"""Wrong codes of bills: counted, so that nobody comes upon a right one by trying.

Who counts holds the sender and the account, so several workers count as one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sbyt.accounts.models import WrongCode
from sbyt.bulk.rows import fetch, insert

#: Wrong codes within so long count.
_COUNTED = dt.timedelta(hours=24)
#: After so many no code is looked at: of one sender, for one account whoever sends.
_MOST_OF_SENDER, _MOST_FOR_ACCOUNT = 5, 10
_KEPT = dt.timedelta(days=7)

_SENDERS = """
    SELECT sender FROM accounts_wrongcode WHERE sender = ANY(%s::text[]) AND at > %s
    GROUP BY sender HAVING count(*) >= %s
"""
_ACCOUNTS = """
    SELECT account_id FROM accounts_wrongcode WHERE account_id = ANY(%s::bigint[]) AND at > %s
    GROUP BY account_id HAVING count(*) >= %s
"""


class NewWrongCode(NamedTuple):
    """A wrong code that came ``at`` this time from ``sender``, which is ``channel:sender``."""

    account: int | None
    sender: str
    at: dt.datetime


class TooMany(NamedTuple):
    """Whose codes are not looked at for the time being, and for which accounts none is."""

    senders: frozenset[str]
    accounts: frozenset[int]


def too_many_wrong(senders: Collection[str], accounts: Collection[int], now: dt.datetime) -> TooMany:
    """Which of these senders and accounts have had too many wrong codes."""
    since = now - _COUNTED
    by_sender = fetch(_SENDERS, list(senders), since, _MOST_OF_SENDER)
    by_account = fetch(_ACCOUNTS, list(accounts), since, _MOST_FOR_ACCOUNT)
    return TooMany(frozenset(sender for (sender,) in by_sender), frozenset(account for (account,) in by_account))


def add_wrong_codes(wrong: Sequence[NewWrongCode]) -> None:
    """Count these."""
    insert("accounts_wrongcode", ("account_id", "sender", "at"), wrong)


def forget_wrong_codes(now: dt.datetime) -> int:
    """Take away those of which nobody asks any more; tell how many."""
    return WrongCode.objects.filter(at__lt=now - _KEPT).delete()[0]
