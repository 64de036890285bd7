"""Whose an account is: the people to be told of what others do to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, TypeVar

from sbyt.accounts.models import Link
from sbyt.bulk.rows import fetch

#: Links that are the customer's own: what the contract names, and what was proved by a code sent there, or to be who
#: holds that phone.
_CUSTOMERS = (Link.How.ON_FILE, Link.How.ONE_TIME_CODE, Link.How.CONTACT)


class OwnerLink(NamedTuple):
    """By what a person may speak for an account."""

    kind: str
    address: str


#: One person, by whatever leads to them.
Owner = tuple[OwnerLink, ...]


def owners_of(accounts: Collection[str], *, but: Collection[OwnerLink] = ()) -> dict[str, list[Owner]]:
    """The owners of the accounts with these numbers.

    The customer's own links lead to one person. Whoever was linked by a code on a bill, or by staff, may be another,
    and is one for themselves.

    :param but: links to leave out.
    """
    links = Link.objects.filter(account__number__in=accounts, ended_at__isnull=True).order_by("id")
    return _by_account(links.values_list("account__number", "kind", "address", "how"), but)


_OF_IDS = """
    SELECT account_id, kind, address, how FROM accounts_link WHERE account_id = ANY(%s::bigint[]) AND ended_at IS NULL
    ORDER BY id
"""


def owners_of_ids(accounts: Collection[int]) -> dict[int, list[Owner]]:
    """The owners of the accounts with these ids, as ``owners_of`` gives them."""
    return _by_account(fetch(_OF_IDS, list(accounts)), ()) if accounts else {}


Key = TypeVar("Key")


def _by_account(rows: Iterable[tuple[Key, str, str, str]], but: Collection[OwnerLink]) -> dict[Key, list[Owner]]:
    customers: dict[Key, list[OwnerLink]] = defaultdict(list)
    owners: dict[Key, list[Owner]] = defaultdict(list)
    for account, kind, address, how in rows:
        link = OwnerLink(kind, address)
        if link in but:
            continue
        if how in _CUSTOMERS:
            customers[account].append(link)
        else:
            owners[account].append((link,))
    for of, customer in customers.items():
        owners[of] = [tuple(customer), *_others(owners[of], customer)]
    return dict(owners)


def _others(owners: Sequence[Owner], customer: Collection[OwnerLink]) -> list[Owner]:
    return [owner for owner in owners if owner[0] not in customer]
