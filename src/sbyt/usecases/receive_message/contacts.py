"""What phones that people share prove, and in which language we talked with them elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from sbyt.accounts.models import Link
from sbyt.accounts.queries import accounts_by_phone
from sbyt.core.identifiers import phone_of_sender
from sbyt.core.settings import Settings
from sbyt.messaging.channel import ANOTHERS_CONTACT
from sbyt.messaging.inbox import Waiting
from sbyt.messaging.models import Conversation

#: A phone that may speak because the contract names it, or a code sent there proved it, is the customer's own.
_OWN = (Link.How.ON_FILE, Link.How.ONE_TIME_CODE)


class ContactSent(NamedTuple):
    """A phone that came with a message: whether it is the sender's own, and the accounts that it may speak for.

    ``accounts``: by their ids, each with how a link of the sender comes about by it.
    """

    own: bool
    accounts: Mapping[int, Link.How]


def contacts_sent(messages: Iterable[Waiting]) -> dict[int, ContactSent]:
    """The contacts in these messages, by the message."""
    phones = {
        message.id: "" if message.contact == ANOTHERS_CONTACT else phone_of_sender(message.contact) or ""
        for message in messages
        if message.contact
    }
    found = accounts_by_phone(set(phones.values())) if any(phones.values()) else {}
    return {
        message: ContactSent(
            bool(phone), {account: _how(Link.How(how)) for account, how in found.get(phone, {}).items()}
        )
        for message, phone in phones.items()
    }


def _how(phone: Link.How) -> Link.How:
    """Whoever speaks by a bill's code on their phone is no more than that in a chat."""
    return Link.How.CONTACT if phone in _OWN else phone


def languages_elsewhere(accounts: Collection[int], settings: Settings) -> dict[int, str]:
    """In which language we last talked with the customer of each of these accounts, where we did."""
    senders: dict[tuple[str, str], set[int]] = defaultdict(set)
    own = Link.objects.filter(account__in=accounts, ended_at=None, how__in=(*_OWN, Link.How.CONTACT))
    links = own.values_list("account_id", "kind", "address")
    for account, kind, address in links:
        for sender in _senders(kind, address, settings):
            senders[sender].add(account)
    talks = Conversation.objects.filter(
        channel__in={channel for channel, _ in senders}, sender__in={sender for _, sender in senders}
    ).order_by("updated_at")
    return {
        account: language
        for channel, sender, language in talks.values_list("channel", "sender", "state__language")
        for account in senders.get((channel, sender), ())
        if language
    }


def _senders(kind: str, address: str, settings: Settings) -> list[tuple[str, str]]:
    """As whom the holder of an address may have written, by channel."""
    if kind == Link.Kind.CHAT:
        channel, _, sender = address.partition(":")
        return [(channel, sender)]
    return [(code, address) for code, channel in settings.channels.items() if channel.senders == kind]
