"""What Telegram posts, or gives when it is asked: an ``Update`` of the Bot API, and the message in it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field, StrictBool, StrictInt, StrictStr, TypeAdapter, ValidationError

from sbyt.core.identifiers import phone_number
from sbyt.messaging.channel import ANOTHERS_CONTACT, InboundEvent, UnableToParse
from sbyt.messaging.pictures import LARGEST

#: The kinds of updates that we ask for; Telegram then sends no others.
KINDS = ("message", "edited_message", "callback_query")

#: The most that ``callback_data`` holds, in bytes.
_LONGEST_DATA = 64
#: What ``callback_data`` begins with that only names a button, by a digest of its text.
_NAMED = "~"
_TO_A_BOT = re.compile(r"^(/\w+)@\w+", re.ASCII)
_PHOTOS = ("image/jpeg", "image/png", "image/webp")

#: What a person may send that holds no words, in words: staff read them, the dialogue finds no reading in them.
WORDLESS = {
    "photo": "(слишком большое фото)",
    "sticker": "(стикер)",
    "voice": "(голосовое сообщение)",
    "audio": "(звукозапись)",
    "video": "(видео)",
    "video_note": "(видеосообщение)",
    "animation": "(анимация)",
    "document": "(файл)",
    "location": "(место на карте)",
    "venue": "(место на карте)",
    "poll": "(опрос)",
    "dice": "(кубик)",
    "game": "(игра)",
    "story": "(публикация)",
    "paid_media": "(платное сообщение)",
    "checklist": "(список дел)",
}


class _User(BaseModel):
    id: StrictInt
    is_bot: StrictBool = False


class _Chat(BaseModel):
    id: StrictInt
    type: StrictStr


class _Size(BaseModel):
    file_id: StrictStr
    width: StrictInt
    height: StrictInt
    file_size: StrictInt | None = None

    @property
    def is_small_enough(self) -> bool:
        return self.file_size is None or self.file_size <= LARGEST


class _Document(BaseModel):
    file_id: StrictStr
    mime_type: StrictStr = ""
    file_size: StrictInt | None = None


class _Contact(BaseModel):
    phone_number: StrictStr
    user_id: StrictInt | None = None


_Time = Annotated[int, Field(strict=True, ge=0, le=253402300799)]  # the last second of the year 9999


class _Message(BaseModel):
    """The fields of a message that we use; all others are let be, of whatever form they are."""

    message_id: StrictInt
    sender: Annotated[_User | None, Field(alias="from")] = None
    chat: _Chat
    date: _Time
    edit_date: _Time | None = None
    text: StrictStr | None = None
    caption: StrictStr | None = None
    photo: tuple[_Size, ...] = ()
    document: _Document | None = None
    contact: _Contact | None = None

    @property
    def is_private(self) -> bool:
        """Whether it is from a person who writes to us alone: in groups and channels we keep silent."""
        return self.chat.type == "private" and self.sender is not None and not self.sender.is_bot


class _Callback(BaseModel):
    """A button that was pressed. ``message``: where it stands; of an old one Telegram tells only the number."""

    id: Annotated[str, Field(strict=True, min_length=1, max_length=100)]
    data: StrictStr = ""
    message: dict[str, Any] | None = None


_update = TypeAdapter(dict[str, Any])


def events_of(body: bytes, bot: str) -> list[InboundEvent]:
    """The message in an update, if there is one that we have a use for.

    :param bot: the number of our bot: another one counts its messages anew.

    :raises UnableToParse: if it is no update.
    """
    update = _opened(body)
    try:
        for kind in ("message", "edited_message"):
            if kind in update:
                return _of_message(update[kind], body.decode(), bot, edited=kind != "message")
        if "callback_query" in update:
            return _of_callback(_Callback.model_validate(update["callback_query"]), body.decode())
    except ValidationError as error:
        raise UnableToParse(_told(error)) from error
    return []


def pressed(body: bytes) -> str:
    """The id of the press of a button that an update tells of, which Telegram wants to be answered; empty if none."""
    if b'"callback_query"' not in body:  # most are none
        return ""
    try:
        return _Callback.model_validate(_opened(body).get("callback_query")).id
    except (UnableToParse, ValidationError):
        return ""


def _opened(body: bytes) -> dict[str, Any]:
    try:
        update = _update.validate_json(body)
    except ValidationError as error:
        raise UnableToParse(_told(error)) from error
    if type(update.get("update_id")) is not int:
        raise UnableToParse("update_id: нужно целое число.")
    return update


def _told(error: ValidationError) -> str:
    """Which field is wrong, and nothing of what it holds."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    field = ".".join(map(str, first["loc"])) or "тело"
    return f"{field}: {first['type']}. Нужен Update из Bot API."


# messages ------------------------------------------------------------------------------------------------------------


def _of_message(found: Any, raw: str, bot: str, *, edited: bool) -> list[InboundEvent]:
    message = _Message.model_validate(found)
    if not message.is_private:
        return []
    files, contact = _files(message), _contact(message)
    text = message.text if message.text is not None else message.caption
    if text is None and not files and not contact:
        text = next((words for kind, words in WORDLESS.items() if found.get(kind)), None)
        if text is None or edited:  # a live location is edited every few seconds
            return []
    name, at = f"{bot}:{message.chat.id}:{message.message_id}", message.date
    if edited:
        at = message.edit_date or message.date
        name += f":{at}:{_digest(f'{text}{files}')}"  # more than one a second is possible
    moment = dt.datetime.fromtimestamp(at, dt.UTC)
    return [InboundEvent(name, str(message.chat.id), _command(text or ""), moment, raw, (), files, contact)]


def _command(text: str) -> str:
    """A command without the bot's name: ``/start@our_bot abc`` is ``/start abc``."""
    return _TO_A_BOT.sub(r"\1", text)


def _files(message: _Message) -> tuple[str, ...]:
    """The photo of a message, in the largest size that we take. An album comes as several messages."""
    sizes = [size for size in message.photo if size.is_small_enough]
    if sizes:
        return (max(sizes, key=lambda size: size.width * size.height).file_id,)
    document = message.document
    if document and document.mime_type in _PHOTOS and (document.file_size or 0) <= LARGEST:
        return (document.file_id,)
    return ()


def _contact(message: _Message) -> str:
    """The sender's own phone. Telegram tells by ``user_id`` whose a contact is, and gives phones without a plus too."""
    contact = message.contact
    if contact is None:
        return ""
    is_own = message.sender is not None and contact.user_id == message.sender.id
    phone = phone_number(f"+{contact.phone_number.removeprefix('+')}") if is_own else None
    return phone or ANOTHERS_CONTACT


# buttons -------------------------------------------------------------------------------------------------------------


def data_of(button: str) -> str:
    """What a button tells when it is pressed: its text, or, of a long one, a name for it."""
    if len(button.encode()) <= _LONGEST_DATA and not button.startswith(_NAMED):
        return button
    return _NAMED + _digest(button)


def _of_callback(callback: _Callback, raw: str) -> list[InboundEvent]:
    message = callback.message or {}
    chat = _Chat.model_validate(message.get("chat") or {"id": 0, "type": ""})
    if chat.type != "private" or not callback.data:
        return []
    text = _text_of(callback.data, message.get("reply_markup"))
    return [InboundEvent(f"callback:{callback.id}", str(chat.id), text, None, raw)]


def _text_of(data: str, markup: Any) -> str:
    """What stands on the button: by its name it is looked up among those of its message, if that is still there."""
    if not data.startswith(_NAMED):
        return data
    rows = markup.get("inline_keyboard") if isinstance(markup, Mapping) else None
    for row in rows if isinstance(rows, list) else ():
        for button in row if isinstance(row, list) else ():
            if isinstance(button, Mapping) and button.get("callback_data") == data:
                return str(button.get("text", ""))
    return "(кнопка под старым сообщением)"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def as_bodies(result: Any) -> tuple[list[bytes], int]:
    """What ``getUpdates`` gave, each update as it would be posted, and the number after the last of them; 0 if none.

    What has no number could never be asked past, and Telegram has none such.
    """
    updates = [one for one in result if isinstance(one, dict)] if isinstance(result, list) else []
    numbers = [one["update_id"] for one in updates if type(one.get("update_id")) is int]
    bodies = [json.dumps(one, ensure_ascii=False).encode("utf-8", "backslashreplace") for one in updates]
    return bodies, max(numbers, default=-1) + 1
