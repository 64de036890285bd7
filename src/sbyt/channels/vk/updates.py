"""Reads the events of VK's Callback API: https://dev.vk.com/ru/api/community-events/json-schema (version 5.199)."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ValidationError

from sbyt.messaging.channel import InboundEvent
from sbyt.messaging.provider_calls import json_object
from sbyt.messaging.provider_json import is_same, moment, read_as

#: What VK is asked to post. All else that happens in a community is of no use to us.
KINDS = ("message_new", "message_edit")

#: Chats of several people have numbers from here on.
_FIRST_CHAT = 2_000_000_000
_PICTURES = ("jpg", "jpeg", "png", "webp")


class _Event(BaseModel):
    type: str
    group_id: int
    secret: str = ""


class _Size(BaseModel):
    url: str
    width: int = 0
    height: int = 0


class _Photo(BaseModel):
    sizes: list[_Size] = []
    orig_photo: _Size | None = None


class _Document(BaseModel):
    ext: str = ""
    url: str = ""


class _Attachment(BaseModel):
    type: str
    photo: _Photo | None = None
    doc: _Document | None = None

    @property
    def picture(self) -> str:
        """The address of a photo, also of one that was sent as a document; empty where it is none."""
        if self.type == "photo" and self.photo:
            sizes = [*self.photo.sizes, *([self.photo.orig_photo] if self.photo.orig_photo else [])]
            return max(sizes, key=lambda size: size.width * size.height).url if sizes else ""
        if self.type == "doc" and self.doc and self.doc.ext.lower() in _PICTURES:
            return self.doc.url
        return ""


class _Message(BaseModel):
    from_id: int
    peer_id: int
    date: int
    conversation_message_id: int
    update_time: int | None = None
    text: str = ""
    payload: str | None = None
    ref: str | None = None
    attachments: list[_Attachment] = []


class _New(BaseModel):
    message: _Message


class _NewEvent(_Event):
    object: _New


class _EditEvent(_Event):
    object: _Message


def kind_of(body: bytes) -> str:
    return str(json_object(body).get("type", ""))


def proved(body: bytes, secret: str, group: int) -> bool:
    """Whether a request is from VK: the community's secret is in its body.

    The question for the confirmation comes before VK knows the secret: it is answered to whoever names the community.
    """
    try:
        event = _Event.model_validate_json(body)
    except ValidationError:
        return False
    if event.group_id != group:
        return False
    return is_same(event.secret, secret) or (event.type == "confirmation" and not event.secret)


def events(body: bytes) -> list[InboundEvent]:
    """The messages in an event; none of a chat of several people, of a community, or of our own.

    :raises UnableToParse: if the event is of no known form.
    """
    match read_as(_Event, body).type:
        case "message_new":
            return _written(read_as(_NewEvent, body).object.message, _raw(body))
        case "message_edit":
            return _edited(read_as(_EditEvent, body).object, _raw(body))
    return []


def _raw(body: bytes) -> str:
    """The event without the secret, which goes into no table."""
    found: dict[str, Any] = json.loads(body)
    return json.dumps({name: value for name, value in found.items() if name != "secret"}, ensure_ascii=False)


def _is_of_a_person(message: _Message) -> bool:
    return 0 < message.from_id == message.peer_id < _FIRST_CHAT


def _written(message: _Message, raw: str) -> list[InboundEvent]:
    """A message; before it the code of the link by which its sender came (https://vk.me/<community>?ref=…)."""
    if not _is_of_a_person(message):
        return []
    sender, at = str(message.from_id), moment(message.date)
    name = f"{message.peer_id}:{message.conversation_message_id}"
    files = tuple(one.picture for one in message.attachments if one.picture)
    start = InboundEvent(f"{name}:start", sender, f"/start {message.ref or ''}".rstrip(), at, raw)
    said = InboundEvent(name, sender, message.text, at, raw, files=files)
    if _is_start(message):
        return [start]
    return [start, said] if message.ref else [said]


def _edited(message: _Message, raw: str) -> list[InboundEvent]:
    """What a message was edited to: it is said anew, a reading may be corrected by it."""
    if not _is_of_a_person(message):
        return []
    at = message.update_time or message.date
    name = f"{message.peer_id}:{message.conversation_message_id}:{at}"
    files = tuple(one.picture for one in message.attachments if one.picture)
    return [InboundEvent(name, str(message.from_id), message.text, moment(at), raw, files=files)]


def _is_start(message: _Message) -> bool:
    """«Начать», VK's own button before the first message."""
    return json_object((message.payload or "").encode()).get("command") == "start"
