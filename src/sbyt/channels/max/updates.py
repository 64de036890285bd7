"""Reads the updates of MAX: https://dev.max.ru/docs-api/objects/Update (schema 0.0.32 of 1 July 2026)."""

from __future__ import annotations

import hmac
import re
from typing import Annotated, Any

from pydantic import BaseModel, Field

from sbyt.core.identifiers import phone_number
from sbyt.messaging.channel import ANOTHERS_CONTACT, InboundEvent
from sbyt.messaging.provider_json import is_same, moment, read_as

#: What MAX is asked to post. All else that happens to a bot is of no use to us.
KINDS = ("message_created", "message_edited", "message_callback", "bot_started")

_PICTURE = re.compile(r"\.(jpe?g|png|webp)$", re.IGNORECASE)
_ANY_PHONE = re.compile(r"^(?:[\w-]+\.)?TEL[;:]", re.MULTILINE | re.IGNORECASE)
_PHONE = re.compile(r"^TEL[^:\r\n]*:([+\d() -]+)\r?$", re.MULTILINE)


class _User(BaseModel):
    user_id: int
    is_bot: bool = False


class _Attachment(BaseModel):
    type: str
    payload: dict[str, Any] | None = None
    filename: str | None = None

    @property
    def picture(self) -> str:
        """The address of a photo, also of one that was sent as a file; empty where it is none."""
        is_picture = self.type == "image" or (self.type == "file" and _PICTURE.search(self.filename or ""))
        return str((self.payload or {}).get("url") or "") if is_picture else ""


class _Body(BaseModel):
    mid: str = ""
    text: str | None = None
    attachments: list[_Attachment] | None = None


class _Link(BaseModel):
    type: str
    message: _Body | None = None


class _Recipient(BaseModel):
    chat_type: str


class _Message(BaseModel):
    sender: _User | None = None
    recipient: _Recipient
    timestamp: int  # milliseconds, as all of MAX's times
    body: _Body | None
    link: _Link | None = None


class _Callback(BaseModel):
    timestamp: int
    callback_id: Annotated[str, Field(min_length=1)]
    payload: str | None = None
    user: _User


class _Update(BaseModel):
    update_type: str
    timestamp: int


class _MessageUpdate(_Update):
    message: _Message


class _CallbackUpdate(_Update):
    callback: _Callback
    message: _Message | None = None


class _StartUpdate(_Update):
    user: _User
    payload: str | None = None


def events(body: bytes, token: str) -> list[InboundEvent]:
    """The message in an update of a dialogue; none of a group, a channel or another bot.

    :param token: the bot's: contacts are proved by it.

    :raises UnableToParse: if the update is of no known form.
    """
    match read_as(_Update, body).update_type:
        case "message_created":
            return _written(read_as(_MessageUpdate, body), body.decode(), token)
        case "message_edited":
            return _written(read_as(_MessageUpdate, body), body.decode(), token, is_edited=True)
        case "message_callback":
            return _pressed(read_as(_CallbackUpdate, body), body.decode())
        case "bot_started":
            return _started(read_as(_StartUpdate, body), body.decode())
    return []


def _written(update: _MessageUpdate, raw: str, token: str, *, is_edited: bool = False) -> list[InboundEvent]:
    """A message, or what it was edited to: that is said anew, a reading may be corrected by it."""
    message = update.message
    sender = message.sender
    if sender is None or sender.is_bot or message.recipient.chat_type != "dialog":
        return []
    own = message.body or _Body()
    forwarded = message.link.message if message.link and message.link.type == "forward" else None
    parts = [own, forwarded] if forwarded else [own]
    name = own.mid or f"{sender.user_id}:{message.timestamp}"
    files = [one.picture for part in parts for one in part.attachments or [] if one.picture]
    return [
        InboundEvent(
            f"{name}:{update.timestamp}" if is_edited else name,
            str(sender.user_id),
            "\n".join(part.text for part in parts if part.text),
            moment((update if is_edited else message).timestamp / 1000),
            raw,
            files=tuple(files),
            contact=_contact(own, forwarded, sender.user_id, token),
        )
    ]


def _pressed(update: _CallbackUpdate, raw: str) -> list[InboundEvent]:
    """A button of a keyboard that is not ours, as MAX's own editor of bots makes them: its payload is what it says."""
    callback = update.callback
    if callback.user.is_bot or (update.message and update.message.recipient.chat_type != "dialog"):
        return []
    sender, said = str(callback.user.user_id), callback.payload or ""
    return [InboundEvent(callback.callback_id, sender, said, moment(callback.timestamp / 1000), raw)]


def _started(update: _StartUpdate, raw: str) -> list[InboundEvent]:
    """«Начать», perhaps by a link https://max.ru/<bot>?start=… as the code of a bill is one."""
    sender = str(update.user.user_id)
    said = f"/start {update.payload or ''}".rstrip()
    return [InboundEvent(f"start:{sender}:{update.timestamp}", sender, said, moment(update.timestamp / 1000), raw)]


def _contact(own: _Body, forwarded: _Body | None, sender: int, token: str) -> str:
    """The phone of a contact, if MAX proves that it is the sender's own."""
    contacts = [one.payload or {} for one in own.attachments or [] if one.type == "contact"]
    if not contacts:
        is_forwarded = forwarded and any(one.type == "contact" for one in forwarded.attachments or [])
        return ANOTHERS_CONTACT if is_forwarded else ""
    return _proved(contacts[0], sender, token) or ANOTHERS_CONTACT


def _proved(payload: dict[str, Any], sender: int, token: str) -> str:
    """The phone of the card that the bot's button shared; empty where the proof is missing or wrong.

    Of several phones nobody knows which is the account's own: none is proved.

    The hash is HMAC-SHA256 of the card with the bot's token (https://dev.max.ru/docs-api, кнопка request_contact). It
    doesn't say whose card it is: that is in ``max_info``.
    """
    card, owner = str(payload.get("vcf_info") or ""), payload.get("max_info")
    expected = hmac.digest(token.encode(), card.encode("utf-8", "replace"), "sha256").hex()
    if not is_same(str(payload.get("hash") or "").lower(), expected):
        return ""
    if not isinstance(owner, dict) or owner.get("user_id") != sender:
        return ""
    found = _PHONE.search(card) if len(_ANY_PHONE.findall(card)) == 1 else None
    digits = re.sub(r"\D", "", found[1]) if found else ""
    return (phone_number(f"+{digits}") or "") if digits else ""
