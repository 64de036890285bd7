"""Reads Viber's callbacks: https://developers.viber.com/docs/api/rest-bot-api/#callbacks (REST Bot API, version 8)."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, Field

from sbyt.messaging.channel import ANOTHERS_CONTACT, InboundEvent
from sbyt.messaging.provider_calls import json_object
from sbyt.messaging.provider_json import moment, read_as

#: What Viber is asked to post, beside what it always posts.
KINDS = ("message", "conversation_started")

_PICTURE = re.compile(r"\.(jpe?g|png|webp)$", re.IGNORECASE)


class _Event(BaseModel):
    event: str


class _User(BaseModel):
    id: Annotated[str, Field(min_length=1)]


class _Said(BaseModel):
    type: str
    text: str = ""
    media: str = ""
    file_name: str = ""

    @property
    def picture(self) -> str:
        """The address of a photo, also of one that was sent as a file; empty where it is none."""
        is_picture = self.type == "picture" or (self.type == "file" and _PICTURE.search(self.file_name))
        return self.media if is_picture else ""


class _Message(_Event):
    timestamp: int  # milliseconds
    message_token: int
    sender: _User
    message: _Said
    chat_id: str = ""  # of a group


class _Started(_Event):
    timestamp: int
    message_token: int
    user: _User
    context: str = ""
    subscribed: bool = False

    @property
    def said(self) -> str:
        return f"/start {self.context}".rstrip()


def events(body: bytes) -> list[InboundEvent]:
    """The message in a callback; none of a group.

    Who opened the conversation by a link, and can be written to already, has said its code by that.

    :raises UnableToParse: if the callback is of no known form.
    """
    match read_as(_Event, body).event:
        case "message":
            return _written(read_as(_Message, body), body.decode())
        case "conversation_started":
            started = read_as(_Started, body)
            return [_start(started, body.decode())] if started.subscribed else []
    return []


def start_of(body: bytes) -> str | None:
    """What somebody who opened the conversation is to send by a button; None where nobody did, or needn't."""
    found: dict[str, Any] = json_object(body)
    if found.get("event") != "conversation_started" or found.get("subscribed"):
        return None
    return read_as(_Started, body).said


def _start(started: _Started, raw: str) -> InboundEvent:
    return InboundEvent(
        str(started.message_token), started.user.id, started.said, moment(started.timestamp / 1000), raw
    )


def _written(event: _Message, raw: str) -> list[InboundEvent]:
    if event.chat_id:
        return []
    said = event.message
    return [
        InboundEvent(
            str(event.message_token),
            event.sender.id,
            said.text,
            moment(event.timestamp / 1000),
            raw,
            files=(said.picture,) if said.picture else (),
            contact=ANOTHERS_CONTACT if said.type == "contact" else "",
        )
    ]
