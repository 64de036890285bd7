"""What is remembered of each sender in each channel between two messages."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sbyt.bulk.rows import fetch, insert, update


class Remembered(NamedTuple):
    """A conversation as it is stored, by its id; None and empty where there is none yet."""

    id: int | None
    state: Mapping[str, Any]


class Turned(NamedTuple):
    """What is to be remembered of a sender from now on. ``id``: where something is remembered already."""

    id: int | None
    channel: str
    sender: str
    state: Mapping[str, Any]
    asked: Mapping[str, Any]  # asked_by, asked_text, asked_buttons, ask_again_at, to_staff_at


NEW = Remembered(None, {})

_OF_MESSAGES = """
    SELECT message.id, talk.id, talk.state
    FROM messaging_inboundmessage AS message
    JOIN messaging_conversation AS talk ON talk.channel = message.channel AND talk.sender = message.sender
    WHERE message.id = ANY(%s::bigint[])
"""
NOTHING_ASKED: Mapping[str, Any] = {
    "asked_by_id": None,
    "asked_text": "",
    "asked_buttons": [],
    "ask_again_at": None,
    "to_staff_at": None,
}
_ASKED = tuple(NOTHING_ASKED)


def remembered(messages: Collection[int]) -> dict[int, Remembered]:
    """What is remembered of the senders of these messages, by the message."""
    return {
        message: Remembered(talk, json.loads(state)) for message, talk, state in fetch(_OF_MESSAGES, list(messages))
    }


def remember(turned: Sequence[Turned], now: dt.datetime) -> None:
    """Replace what is remembered of these senders. Each stands in the list once, and is held by this transaction."""
    known = [one for one in turned if one.id is not None]
    update(
        "messaging_conversation",
        ("id", "state", "updated_at", *_ASKED),
        [(one.id, one.state, now, *map(one.asked.get, _ASKED)) for one in known],
    )
    insert(
        "messaging_conversation",
        ("channel", "sender", "state", "updated_at", *_ASKED),
        [(one.channel, one.sender, one.state, now, *map(one.asked.get, _ASKED)) for one in turned if one.id is None],
    )
