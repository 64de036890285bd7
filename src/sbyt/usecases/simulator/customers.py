"""Who is played in a demonstration, and how they are called in each channel."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.db import transaction

from sbyt.accounts.models import Account, Link
from sbyt.accounts.owners import OwnerLink
from sbyt.core.settings import Settings
from sbyt.messaging.channel import Channel
from sbyt.messaging.inbox import Incoming, store_many
from sbyt.messaging.models import Conversation
from sbyt.messaging.pictures import Picture
from sbyt.usecases.simulator.guide import guide

#: So many are played where no guide names them.
_FIRST_FEW = 8
#: And so many of a guide that names more.
_MOST = 40
#: Who decided that somebody who is played may speak for their account: nobody asked them for a code.
_BY = "sbyt demo"


class UnableToWrite(ValueError):
    """Nobody is played through a channel that isn't simulated."""


class Customer(NamedTuple):
    """Somebody who is played, by one account of theirs."""

    id: int
    account: str
    name: str


class Typed(NamedTuple):
    """What somebody who is played sends. The subject is that of an e-mail, which is read together with its text.

    ``contact``: they share the phone that the retailer has on file, and aren't linked yet.
    """

    text: str
    subject: str = ""
    photos: Sequence[Picture] = ()
    contact: bool = False


def demo_customers(settings: Settings) -> list[Customer]:
    """The guests of the demonstration's guide, in its order; without one the first who have a phone."""
    guests = [str(guest["account"]) for guest in guide(settings).get("guests", ())]
    numbers = guests[:_MOST] or _with_a_phone()
    found = Account.objects.filter(number__in=numbers).values_list("id", "number", "customer__name")
    by_number = {number: Customer(id_, number, name) for id_, number, name in found}
    return [by_number[number] for number in numbers if number in by_number]


def _with_a_phone() -> list[str]:
    links = Link.objects.filter(kind=Link.Kind.PHONE, ended_at=None).order_by("id")
    return list(dict.fromkeys(links.values_list("account__number", flat=True)[:_FIRST_FEW]))


def address_of(customer: Customer, code: str, settings: Settings) -> OwnerLink:
    """By what this customer is linked in a channel; made up where they aren't yet."""
    kind = settings.channels[code].senders
    links = Link.objects.filter(account_id=customer.id, kind=kind, ended_at=None).order_by("id")
    if kind == "chat":
        links = links.filter(address__startswith=f"{code}:")
    made_up = {
        Link.Kind.PHONE.value: f"+7000{customer.id:07}",
        Link.Kind.EMAIL.value: f"{customer.account}@example.org".casefold(),
        Link.Kind.CHAT.value: f"{code}:{customer.account}",
    }
    return OwnerLink(kind, links.values_list("address", flat=True).first() or made_up[kind])


def sender_in(address: OwnerLink) -> str:
    """How the channel calls who has this address."""
    return address.address.partition(":")[2] if address.kind == Link.Kind.CHAT else address.address


def write_as(
    customer: Customer,
    code: str,
    typed: Typed,
    settings: Settings,
    now: dt.datetime,
    *,
    connected: Mapping[str, Channel],
    language: str = "",
    introduced: bool = False,
) -> None:
    """Put what a customer typed into the inbox, as the channel's webhook would; they are linked to their account.

    :param introduced: what they sent before links them, and need only be handled.
    :param language: in which they want to be answered; they say so first where we would answer in another.

    :raises UnableToWrite: if the channel isn't simulated.
    """
    if code not in connected or not connected[code].simulated:
        raise UnableToWrite(code)
    address = address_of(customer, code, settings)
    text, subject, photos, shares = typed
    raw = json.dumps({"subject": subject, "text": text}, ensure_ascii=False) if subject else ""
    whole = f"{subject}\n{text}" if subject else text
    sender = sender_in(address)
    contact = _phone_of(customer) if shares else ""
    incoming = [Incoming(code, sender, whole, _fresh_id(), now, raw, tuple(photos), contact=contact)]
    if language not in ("", _spoken(code, sender, settings)):
        incoming.insert(0, Incoming(code, sender, f"/{language}", _fresh_id(), now))
    with transaction.atomic():
        if contact or introduced:
            store_many(incoming, now)
            return
        Link.objects.get_or_create(
            kind=address.kind,
            address=address.address,
            account_id=customer.id,
            ended_at=None,
            defaults={"how": Link.How.STAFF, "made_by": _BY, "made_at": now},
        )
        store_many(incoming, now)


def can_share(customer: Customer, code: str, settings: Settings) -> bool:
    """Whether somebody who isn't known in a channel yet would be by sharing the phone on file."""
    if not settings.channels[code].contact or not _phone_of(customer):
        return False
    address = address_of(customer, code, settings)
    return not Link.objects.filter(kind=address.kind, address=address.address, ended_at=None).exists()


def _phone_of(customer: Customer) -> str:
    links = Link.objects.filter(account_id=customer.id, kind=Link.Kind.PHONE, how=Link.How.ON_FILE, ended_at=None)
    return links.order_by("id").values_list("address", flat=True).first() or ""


def _fresh_id() -> str:
    return f"simulated-{secrets.token_hex(12)}"


def _spoken(code: str, sender: str, settings: Settings) -> str:
    """The language in which this sender is answered now."""
    state = Conversation.objects.filter(channel=code, sender=sender).values_list("state", flat=True).first() or {}
    return str(state.get("language", settings.language))
