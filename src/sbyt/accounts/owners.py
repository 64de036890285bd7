"""Whose an account is: the people to be told of what others do to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sbyt.accounts.models import Link

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
    customers: dict[str, list[OwnerLink]] = defaultdict(list)
    owners: dict[str, list[Owner]] = defaultdict(list)
    links = Link.objects.filter(account__number__in=accounts, ended_at__isnull=True).order_by("id")
    for account, kind, address, how in links.values_list("account__number", "kind", "address", "how"):
        link = OwnerLink(kind, address)
        if link in but:
            continue
        if how in _CUSTOMERS:
            customers[account].append(link)
        else:
            owners[account].append((link,))
    for account, customer in customers.items():
        owners[account] = [tuple(customer), *_others(owners[account], customer)]
    return dict(owners)


def _others(owners: Sequence[Owner], customer: Collection[OwnerLink]) -> list[Owner]:
    return [owner for owner in owners if owner[0] not in customer]
