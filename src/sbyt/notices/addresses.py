"""Where somebody is told something unasked: which of a person's addresses, through which channel, in which language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sbyt.accounts.models import Link
from sbyt.accounts.owners import OwnerLink
from sbyt.bulk.rows import fetch
from sbyt.core.settings import USABLE, ChannelSettings, ChannelState
from sbyt.messaging.channel import OWN_PAGE
from sbyt.messaging.silence import Sender, silent

#: Which of a person's links is used first: what reaches them soonest and costs nobody anything.
_RANK = {Link.Kind.CHAT.value: 0, Link.Kind.EMAIL.value: 1, Link.Kind.PHONE.value: 2}


class Way(NamedTuple):
    """Where a notice goes: the channel, the recipient as the channel names them, how the channel says it."""

    channel: str
    recipient: str
    rendering: str
    link: OwnerLink
    personal_data: bool = True  # whether it may go this way

    @property
    def sender(self) -> Sender:
        return self.channel, self.recipient


def ways_of(
    links: Iterable[OwnerLink],
    channels: Mapping[str, ChannelSettings],
    connected: Collection[str] | None,
    *,
    personal: bool = False,
) -> list[Way]:
    """All ways by which a person can be told, the best first: their own chat, else e-mail, else their phone.

    :param channels: as they are today; those that are not open are left out.
    :param connected: the channels that can send of their own accord, which are preferred; None where nobody knows.
    :param personal: personal data are to be told: channels that may carry them are preferred.
    """
    found = [
        (
            (
                connected is not None and code not in connected,
                personal and not channel.personal_data,
                _RANK[link.kind],
                channel.state is ChannelState.UNSTABLE,
            ),
            way,
        )
        for link in links
        for code, channel in channels.items()
        if channel.state in USABLE and (way := _way(link, code, channel))
    ]
    return [way for _, way in sorted(found, key=lambda one: one[0])]


def _way(link: OwnerLink, code: str, channel: ChannelSettings) -> Way | None:
    """How a channel reaches who has this link, if it does. A keypad can be answered, not written to, nor can a page."""
    recipient = ""
    if link.kind == Link.Kind.CHAT:
        sender = link.address.removeprefix(f"{code}:") if link.address.startswith(f"{code}:") else ""
        recipient = "" if sender.startswith(OWN_PAGE) else sender
    elif channel.senders == link.kind and channel.rendering != "keypad":
        recipient = link.address
    return Way(code, recipient, channel.rendering, link, channel.personal_data) if recipient else None


def first_to_be_told(ways: Sequence[Sequence[Way]]) -> list[Way | None]:
    """Of each person's ways the first by which they may be written to: they did not ask for silence there."""
    hushed = silent({way.sender for one in ways for way in one})
    return [next((way for way in one if way.sender not in hushed), None) for one in ways]


_LANGUAGES = """
    SELECT sender, state ->> 'language' FROM messaging_conversation
    WHERE channel = %s AND sender = ANY(%s::text[]) AND state ->> 'language' IS NOT NULL
"""


def languages_of(senders: Collection[Sender]) -> dict[Sender, str]:
    """The language in which we talk with those of these senders with whom we do; by one query a channel."""
    by_channel: dict[str, set[str]] = defaultdict(set)
    for channel, sender in senders:
        by_channel[channel].add(sender)
    return {
        (channel, sender): language
        for channel, theirs in by_channel.items()
        for sender, language in fetch(_LANGUAGES, channel, theirs)
    }
