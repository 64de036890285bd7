"""Writes to a customer first, in staff's own words, where they can be reached."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from sbyt.accounts.models import Account, Link
from sbyt.core.settings import USABLE, Settings
from sbyt.messaging.channel import Channel
from sbyt.messaging.models import InboundMessage, OutboundMessage
from sbyt.messaging.silence import silent
from sbyt.messaging.statuses import read_statuses
from sbyt.usecases.channels import connected_channels

#: Why a customer gets a message that staff wrote.
STAFF_WROTE = "staff_wrote"
#: What staff write may be so long.
LONGEST = 1000


class UnableToWrite(ValueError):
    """Nothing was written. ``reason``: no_text, no_way."""

    def __init__(self, said: str, reason: str) -> None:
        super().__init__(said)
        self.reason = reason


class Way(NamedTuple):
    """Where a customer can be written to: the channel by code and title, and whom it reaches there."""

    channel: str
    title: str
    recipient: str

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return f"{self.channel}:{self.recipient}"


def ways_to(account: Account, settings: Settings, now: dt.datetime) -> list[Way]:
    """The ways by which those who may speak for an account can be written to now: open, and connected if that is known.

    On a keypad, and on a page that somebody has left, nobody can be; nor is who asked us not to.
    """
    connected = connected_channels()
    channels = read_statuses(settings).channels(now.astimezone(settings.zone).date())
    found: list[Way] = []
    for link in Link.objects.filter(account=account, ended_at=None).order_by("id"):
        for code, channel in channels.items():
            recipient = _recipient(link, code, channel.senders)
            can_send = channel.state in USABLE and channel.rendering != "keypad"
            if recipient and can_send and _reaches(connected, code, recipient):
                found.append(Way(code, channel.title, recipient))
    unheard = silent({(way.channel, way.recipient) for way in found})
    return [way for way in found if (way.channel, way.recipient) not in unheard]


def _recipient(link: Link, code: str, senders: str) -> str:
    if link.kind == Link.Kind.CHAT:
        return link.address.removeprefix(f"{code}:") if link.address.startswith(f"{code}:") else ""
    return link.address if link.kind == senders else ""


def _reaches(connected: Mapping[str, Channel] | None, code: str, recipient: str) -> bool:
    return connected is None or (code in connected and connected[code].reaches(recipient))


def write_to(account: Account, way: str, text: str, by: str, settings: Settings, now: dt.datetime) -> Way:
    """Put a message into the outbox; it goes out as other notices do, not in quiet hours.

    :param way: the name of one of ``ways_to``.

    :raises UnableToWrite: if there are no words, or the customer can't be written to so (any more).
    """
    said = storable(text)
    if not said:
        raise UnableToWrite("Напишите, что сказать человеку.", "no_text")
    found = next((one for one in ways_to(account, settings, now) if one.name == way), None)
    if found is None:
        raise UnableToWrite("Написать туда больше нельзя: канал закрыт или адрес отвязали.", "no_way")
    put_notice(found.channel, found.recipient, said, STAFF_WROTE, now, by=by)
    return found


def put_notice(
    channel: str,
    recipient: str,
    text: str,
    purpose: str,
    now: dt.datetime,
    *,
    by: str = "",
    reply_to: InboundMessage | None = None,
    key: str | None = None,
) -> None:
    """Put into the outbox what staff caused or wrote; ``by`` is who, where the words are theirs."""
    OutboundMessage.objects.create(
        channel=channel,
        recipient=recipient,
        text=text,
        kind=OutboundMessage.Kind.NOTICE,
        purpose=purpose,
        written_by=by,
        key=key,
        in_reply_to=reply_to,
        created_at=now,
        send_at=now,
    )


def storable(text: str) -> str:
    """What staff typed, on one line, as a database can hold it."""
    return " ".join(text.replace("\x00", "").split())[:LONGEST]
