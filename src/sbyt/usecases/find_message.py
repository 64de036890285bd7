"""Finds what a short number stands for: the message with all that came of it, or a link with what was said of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sbyt.accounts.models import Link
from sbyt.core.identifiers import serial_key
from sbyt.messaging.models import Conversation, InboundMessage, OutboundMessage
from sbyt.messaging.numbers import link_of, message_of
from sbyt.readings.models import Reading, StaffTask
from sbyt.usecases.receive_message.owners import OWNER_TOLD

_BEFORE = re.compile(r"^\s*(№|n[oº°]?\.?\s)\s*", re.IGNORECASE)
#: Beyond this no id of a table goes.
_MOST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """A message, what was said because of it, and what it brought about."""

    message: InboundMessage
    said: Sequence[OutboundMessage]  # with their deliveries
    readings: Sequence[Reading]
    tasks: Sequence[StaffTask]
    open_question: Conversation | None  # where its question is still open


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link of a sender to an account, and what its owners were told."""

    link: Link
    said: Sequence[OutboundMessage]


def find(number: str) -> FoundMessage | FoundLink | None:
    """What a number stands for, however it is typed: small letters, Cyrillic ones that look alike, with «№»."""
    written = serial_key(_BEFORE.sub("", number))
    if link := link_of(written):
        return _link(link) if link <= _MOST else None
    message = message_of(written)
    return _message(message) if message and message <= _MOST else None


def _message(pk: int) -> FoundMessage | None:
    message = InboundMessage.objects.filter(pk=pk).first()
    if message is None:
        return None
    readings = Reading.objects.filter(message=message).select_related("register__meter__account", "cancellation")
    return FoundMessage(
        message,
        list(message.answers.order_by("kind", "id").prefetch_related("deliveries")),
        list(readings.order_by("id")),
        list(StaffTask.objects.filter(message=message).select_related("account").order_by("id")),
        Conversation.objects.filter(asked_by=message, to_staff_at__isnull=False).first(),
    )


def _link(pk: int) -> FoundLink | None:
    link = Link.objects.filter(pk=pk).select_related("account").first()
    if link is None:
        return None
    said = OutboundMessage.objects.filter(purpose=OWNER_TOLD, in_reply_to=None, key__endswith=f":link:{pk}")
    return FoundLink(link, list(said.order_by("id").prefetch_related("deliveries")))
