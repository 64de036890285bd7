"""Reads Meta's webhooks: «messages webhook reference» of developers.facebook.com (17 June 2026)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from sbyt.messaging.channel import ANOTHERS_CONTACT, InboundEvent, UnableToParse
from sbyt.messaging.provider_json import moment, read_as, told

_PICTURES = ("image/jpeg", "image/png", "image/webp")
#: What a person did that is no message to us.
_NO_MESSAGE = ("reaction", "system", "request_welcome")


class _Text(BaseModel):
    body: str = ""


class _Media(BaseModel):
    id: str
    mime_type: str = ""
    caption: str = ""


class _Choice(BaseModel):
    id: str


class _Interactive(BaseModel):
    button_reply: _Choice | None = None
    list_reply: _Choice | None = None


class _Button(BaseModel):
    text: str = ""


class _Phone(BaseModel):
    wa_id: str = ""


class _Contact(BaseModel):
    phones: list[_Phone] = []


class _Message(BaseModel):
    id: Annotated[str, Field(min_length=1)]
    sender: Annotated[str, Field(alias="from")] = ""
    from_user_id: str = ""
    group_id: str = ""
    timestamp: int
    type: str
    text: _Text = _Text()
    image: _Media | None = None
    document: _Media | None = None
    interactive: _Interactive = _Interactive()
    button: _Button = _Button()
    contacts: list[_Contact] = []


class _Error(BaseModel):
    code: int


class _Status(BaseModel):
    status: str
    errors: list[_Error] = []


class _Metadata(BaseModel):
    phone_number_id: str


class _Value(BaseModel):
    metadata: _Metadata
    messages: list[_Message] = []
    statuses: list[_Status] = []


class _Change(BaseModel):
    field: str
    value: dict[str, Any]


class _Entry(BaseModel):
    changes: list[_Change]


class _Webhook(BaseModel):
    entry: list[_Entry]


def events(body: bytes, number: str) -> list[InboundEvent]:
    """The messages that people sent to this number; what Meta tells of ours, and groups, are none.

    :raises UnableToParse: if it is of no known form, or tells only that a message of ours did not arrive: that it was
        taken is recorded already, and somebody should know.
    """
    values = [
        value
        for entry in read_as(_Webhook, body).entry
        for change in entry.changes
        if change.field == "messages"
        for value in [_value(change)]
        if value.metadata.phone_number_id == number
    ]
    found = [
        _event(message, body.decode())
        for value in values
        for message in value.messages
        if message.type not in _NO_MESSAGE and not message.group_id
    ]
    failed = [status for value in values for status in value.statuses if status.status == "failed"]
    if failed and not found:
        codes = sorted({error.code for status in failed for error in status.errors})
        raise UnableToParse(f"WhatsApp не доставил сообщение, которое принял: код {', '.join(map(str, codes)) or '?'}.")
    return found


def _value(change: _Change) -> _Value:
    try:
        return _Value.model_validate(change.value)
    except ValidationError as error:
        raise UnableToParse(told(error)) from error


def _event(message: _Message, raw: str) -> InboundEvent:
    """A message. Meta proved the phone of its sender, who may also show none and go by another name."""
    sender = f"+{message.sender}" if message.sender else message.from_user_id
    if not sender:
        raise UnableToParse("messages.from: нет отправителя.")
    file = next((one for one in (message.image, message.document) if one and one.mime_type in _PICTURES), None)
    return InboundEvent(
        message.id,
        sender,
        _said(message),
        moment(message.timestamp),
        raw,
        files=(file.id,) if file else (),
        contact=_contact(message),
    )


def _said(message: _Message) -> str:
    """What was written, pressed, chosen from a list, or written below a photo."""
    chosen = message.interactive.button_reply or message.interactive.list_reply
    captions = [one.caption for one in (message.image, message.document) if one]
    return message.text.body or (chosen.id if chosen else "") or message.button.text or "".join(captions)


def _contact(message: _Message) -> str:
    if not message.contacts:
        return ""
    is_own = message.sender and any(phone.wa_id == message.sender for one in message.contacts for phone in one.phones)
    return f"+{message.sender}" if is_own else ANOTHERS_CONTACT
