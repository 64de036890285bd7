"""Writing the conversation's state and the answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sbyt.messaging.models import Conversation, InboundMessage, OutboundMessage


def take_turn(message: InboundMessage, now: dt.datetime) -> None:
    """Wait until no other message of this sender is being handled, and keep others waiting till the transaction ends.

    Afterwards the message knows its result, if another worker gave it one in the meantime.
    """
    of_sender = {"channel": message.channel, "sender": message.sender}
    Conversation.objects.get_or_create(**of_sender, defaults={"updated_at": now})
    Conversation.objects.select_for_update().get(**of_sender)
    message.refresh_from_db(fields=["result"])


def conversation_state(channel: str, sender: str) -> dict[str, Any]:
    """What is remembered of a sender in a channel; empty where nothing is."""
    found = Conversation.objects.filter(channel=channel, sender=sender).values_list("state", flat=True).first()
    return dict(found or {})


def remember(channel: str, sender: str, state: Mapping[str, Any], now: dt.datetime) -> None:
    """Replace what is remembered of a sender in a channel."""
    Conversation.objects.update_or_create(
        channel=channel, sender=sender, defaults={"state": dict(state), "updated_at": now}
    )


def answer(message: InboundMessage, text: str, result: Mapping[str, Any], now: dt.datetime) -> OutboundMessage:
    """Write the answer into the outbox and mark the message as handled, with what a repetition is answered."""
    message.result = dict(result)
    message.handled_at = now
    message.save(update_fields=["result", "handled_at"])
    return OutboundMessage.objects.create(
        channel=message.channel,
        recipient=message.sender,
        text=text,
        in_reply_to=message,
        created_at=now,
        state=OutboundMessage.State.DELIVERED,
        send_at=now,
        delivered_at=now,
    )
