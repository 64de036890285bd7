"""Reading accounts, meters and links."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence

from django.db import connection
from django.db.models import F, Max
from django.db.models.functions import Length

from sbyt.accounts.models import Account, Link, Meter
from sbyt.core.identifiers import email_address, phone_number


def accounts_by_key(keys: Collection[str], ids: Collection[int]) -> list[Account]:
    """The accounts with one of these keys (core.identifiers.account_key) or ids, in the order of import."""
    return list(Account.objects.filter(key__in=keys).union(Account.objects.filter(id__in=ids)).order_by("id"))


def meters_of(accounts: Collection[int]) -> list[Meter]:
    """The meters of these accounts, each account's in the order of import, with their registers."""
    return list(Meter.objects.filter(account_id__in=accounts).order_by("id").prefetch_related("registers"))


def sender_addresses(channel: str, sender: str, *, by_phone: bool) -> list[tuple[Link.Kind, str]]:
    """The addresses under which a sender may be linked to accounts.

    A number without a plus is a phone only where the channel's senders are phones: elsewhere it may be a chat's id.
    """
    addresses = [(Link.Kind.CHAT, f"{channel}:{sender}")]
    email = email_address(sender)
    if email:
        addresses.append((Link.Kind.EMAIL, email))
    phone = phone_number(sender) if by_phone or sender.startswith("+") else None
    if phone:
        addresses.append((Link.Kind.PHONE, phone))
    return addresses


def linked_accounts(addresses: Sequence[tuple[Link.Kind, str]]) -> list[int]:
    """The ids of the accounts for which a sender with these addresses may speak, in the order of import."""
    links = Link.objects.filter(address__in=[address for _, address in addresses], ended_at__isnull=True)
    found = {link.account_id for link in links if (link.kind, link.address) in addresses}
    return sorted(found)


def dimensions() -> tuple[frozenset[int], int]:
    """How long account numbers are, and how many figures the longest dial shows."""
    newest = Account.objects.aggregate(at=Max("id"))["at"], Meter.objects.aggregate(at=Max("id"))["at"]
    return _dimensions(str(connection.settings_dict["NAME"]), newest)


@functools.lru_cache(maxsize=8)
def _dimensions(_database: str, _newest: tuple[int | None, int | None]) -> tuple[frozenset[int], int]:
    lengths = Account.objects.annotate(length=Length("number")).values_list("length", flat=True).distinct()
    longest = Meter.objects.aggregate(most=Max(F("digits") + F("decimals")))["most"]
    return frozenset(lengths), longest or 9
