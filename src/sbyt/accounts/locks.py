"""Keeping accounts from being dealt with by two at the same time."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from sbyt.bulk.rows import fetch

#: PostgreSQL names a lock by two numbers; ours begin with these. Others use a single number.
_ACCOUNT, _ALL = 0x73627941, 0x7362792A
#: More locks than that would fill the server's table of them.
_MOST = 1000

_INTEND = "SELECT pg_advisory_xact_lock_shared(%s, 0)"
_HOLD_ALL = "SELECT pg_advisory_xact_lock(%s, 0)"
_HOLD = """
    SELECT pg_advisory_xact_lock(%s, key) FROM (
        SELECT DISTINCT (id & 2147483647)::int AS key FROM unnest(%s::bigint[]) AS account (id) ORDER BY key
    ) AS keys
"""


def hold_accounts(accounts: Collection[int]) -> None:
    """Wait until nobody else has these accounts in hand, and keep them until the transaction ends.

    Call it once a transaction: who holds some and asks for more may come to wait for one who waits for them. On SQLite
    nothing needs to be done: whoever writes is alone.
    """
    if connection.vendor == "sqlite" or not accounts:
        return
    if len(accounts) > _MOST:
        fetch(_HOLD_ALL, _ALL)
        return
    fetch(_INTEND, _ALL)
    fetch(_HOLD, _ACCOUNT, list(accounts))
