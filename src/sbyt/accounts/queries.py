"""Reading accounts, meters and links."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Collection
from typing import NamedTuple

from django.db import connection
from django.db.models import F, Max
from django.db.models.functions import Length

from sbyt.accounts.models import Account, Link, Meter
from sbyt.bulk.rows import fetch
from sbyt.core.identifiers import email_address, phone_of_sender


class FoundAccount(NamedTuple):
    """An account as it is looked up; ids are in the order of import."""

    id: int
    number: str
    key: str


class FoundMeter(NamedTuple):
    """A meter with the ids of its registers, T1 first."""

    id: int
    account: int
    serial: str
    resource: str
    zones: int
    digits: int
    decimals: int
    registers: tuple[int, ...]


_BY_KEY = "SELECT id, number, key FROM accounts_account WHERE key = ANY(%s::text[])"
_BY_ID = "SELECT id, number, key FROM accounts_account WHERE id = ANY(%s::bigint[])"
_METERS = """
    SELECT meter.id, meter.account_id, serial, resource, zones, digits, decimals, register.id
    FROM accounts_meter AS meter
    LEFT JOIN accounts_register AS register ON register.meter_id = meter.id
    WHERE meter.account_id = ANY(%s::bigint[])
    ORDER BY meter.id, register.zone
"""
_LINKS = """
    SELECT kind, address, account_id FROM accounts_link WHERE ended_at IS NULL AND address = ANY(%s::text[])
    ORDER BY account_id
"""


def accounts_with_keys(keys: Collection[str]) -> list[FoundAccount]:
    """The accounts with one of these keys (core.identifiers.account_key)."""
    return [FoundAccount(*row) for row in fetch(_BY_KEY, list(keys))] if keys else []


def accounts_with_ids(ids: Collection[int]) -> list[FoundAccount]:
    return [FoundAccount(*row) for row in fetch(_BY_ID, list(ids))] if ids else []


def meters_of(accounts: Collection[int]) -> list[FoundMeter]:
    """The meters of these accounts, in the order of import."""
    if not accounts:
        return []
    rows = itertools.groupby(fetch(_METERS, list(accounts)), key=lambda row: row[:-1])
    return [FoundMeter._make((*meter, tuple(row[-1] for row in of_meter if row[-1]))) for meter, of_meter in rows]


def sender_addresses(channel: str, sender: str, *, by_phone: bool) -> list[tuple[str, str]]:
    """The addresses under which a sender may be linked to accounts.

    A number without a plus is a phone only where the channel's senders are phones: elsewhere it may be a chat's id.
    """
    addresses: list[tuple[str, str]] = [(Link.Kind.CHAT.value, f"{channel}:{sender}")]
    email = email_address(sender)
    if email:
        addresses.append((Link.Kind.EMAIL.value, email))
    phone = phone_of_sender(sender) if by_phone or sender.startswith("+") else None
    if phone:
        addresses.append((Link.Kind.PHONE.value, phone))
    return addresses


def linked_accounts(addresses: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[int]]:
    """The ids of the accounts for which who has this address may speak, by kind and address, in the order of import."""
    found: dict[tuple[str, str], list[int]] = {}
    for kind, address, account in fetch(_LINKS, list({address for _, address in addresses})):
        found.setdefault((kind, address), []).append(account)
    return found


def accounts_by_phone(phones: Collection[str]) -> dict[str, dict[int, str]]:
    """For each of these phones the accounts for which it may speak, by their ids, each with how it came to (Link.How).

    Where several links lead to one account, the one on file goes before the others.
    """
    found: dict[str, dict[int, str]] = {}
    rows = Link.objects.filter(kind=Link.Kind.PHONE, address__in=phones, ended_at=None).order_by("account_id", "id")
    for phone, account, how in rows.values_list("address", "account_id", "how"):
        theirs = found.setdefault(phone, {})
        if how == Link.How.ON_FILE or account not in theirs:
            theirs[account] = how
    return found


def dimensions() -> tuple[frozenset[int], int]:
    """How long account numbers are, and how many figures the longest dial shows."""
    (newest,) = fetch("SELECT (SELECT max(id) FROM accounts_account), (SELECT max(id) FROM accounts_meter)")
    return _dimensions(str(connection.settings_dict["NAME"]), newest)


@functools.lru_cache(maxsize=8)
def _dimensions(_database: str, _newest: tuple[int | None, ...]) -> tuple[frozenset[int], int]:
    lengths = Account.objects.annotate(length=Length("number")).values_list("length", flat=True).distinct()
    longest = Meter.objects.aggregate(most=Max(F("digits") + F("decimals")))["most"]
    return frozenset(lengths), longest or 9
