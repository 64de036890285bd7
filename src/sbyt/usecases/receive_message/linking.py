"""Makes a link of a sender to an account."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sbyt.accounts.models import Link
from sbyt.accounts.owners import OwnerLink
from sbyt.conversation.acts import Linked, LinkTold
from sbyt.core.identifiers import email_address, phone_of_sender
from sbyt.core.settings import Settings
from sbyt.messaging.numbers import link_number
from sbyt.usecases.receive_message.owners import Told


class NewLink(NamedTuple):
    """A link to be made: by which address, to which account, by its id and number, and how it came about."""

    address: OwnerLink
    account: int
    number: str
    how: Link.How


def address_of_sender(channel: str, sender: str, settings: Settings) -> OwnerLink | None:
    """What a sender is linked by: the phone or e-mail address where the channel's senders are such, else the chat.

    None where there is no such channel, or the sender has no address of its kind: an SMS from a name, somebody in
    WhatsApp who shows no phone.
    """
    if channel not in settings.channels:
        return None
    senders = settings.channels[channel].senders
    if senders == "chat":
        return OwnerLink(Link.Kind.CHAT.value, f"{channel}:{sender}")
    address = phone_of_sender(sender) if senders == "phone" else email_address(sender)
    return OwnerLink(senders, address) if address else None


def make_link(new: NewLink, by: str, settings: Settings, now: dt.datetime) -> tuple[Link, Told | None]:
    """Make a link, and say what whoever was linked before is told of it.

    Nothing where the link is there already, or where the customer themselves made it, by the phone on file.
    """
    link, anew = Link.objects.get_or_create(
        kind=new.address.kind,
        address=new.address.address,
        account_id=new.account,
        ended_at=None,
        defaults={"how": new.how, "made_at": now, "made_by": by},
    )
    if not anew or new.how == Link.How.CONTACT:
        return link, None
    code = new.address.address.partition(":")[0]
    through = settings.channels[code].title if new.address.kind == Link.Kind.CHAT else ""
    act = LinkTold(new.number, Linked(new.address.kind), through)
    return link, Told(act, link_number(link.pk), f"link:{link.pk}")
