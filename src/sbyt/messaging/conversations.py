"""What is remembered of each sender in each channel between two messages."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sbyt.bulk.rows import fetch, insert, moment, update


class Remembered(NamedTuple):
    """A conversation as it is stored, by its id; None and empty where there is none yet.

    ``asked`` is the open question, in the columns of ``NOTHING_ASKED``. ``silence``: why nothing is written to the
    sender first (messaging.silence); empty where something is.
    """

    id: int | None
    state: Mapping[str, Any]
    asked: Mapping[str, Any]
    silence: str = ""


class Turned(NamedTuple):
    """What is to be remembered of a sender from now on. ``id``: where something is remembered already."""

    id: int | None
    channel: str
    sender: str
    state: Mapping[str, Any]
    asked: Mapping[str, Any]


#: The columns of the open question: by which message it was raised, how it was put, when it is put again and when it
#: goes to staff.
NOTHING_ASKED: Mapping[str, Any] = {
    "asked_by_id": None,
    "asked_text": "",
    "asked_buttons": [],
    "ask_again_at": None,
    "to_staff_at": None,
}
_ASKED = tuple(NOTHING_ASKED)

NEW = Remembered(None, {}, NOTHING_ASKED)

_OF_MESSAGES = """
    SELECT message.id, talk.id, silence.why, state, asked_by_id, asked_text, asked_buttons, ask_again_at, to_staff_at
    FROM messaging_inboundmessage AS message
    LEFT JOIN messaging_conversation AS talk ON talk.channel = message.channel AND talk.sender = message.sender
    LEFT JOIN messaging_silence AS silence ON silence.channel = message.channel AND silence.sender = message.sender
    WHERE message.id = ANY(%s::bigint[])
"""


def remembered(messages: Collection[int]) -> dict[int, Remembered]:
    """What is remembered of the senders of these messages, by the message."""
    return {
        message: Remembered(
            talk, json.loads(state or "{}"), _asked(*asked) if asked[0] else NOTHING_ASKED, silence or ""
        )
        for message, talk, silence, state, *asked in fetch(_OF_MESSAGES, list(messages))
        if talk is not None or silence
    }


def _asked(by: int, text: str, buttons: str, again: Any, to_staff: Any) -> Mapping[str, Any]:
    moments = again and moment(again), to_staff and moment(to_staff)
    return dict(zip(_ASKED, (by, text, json.loads(buttons), *moments), strict=True))


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
