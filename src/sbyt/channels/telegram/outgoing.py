"""A message as Telegram is given it: one call, or two where the text does not fit under its file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiogram.methods import SendDocument, SendMessage, TelegramMethod
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
)

from sbyt.channels.telegram.updates import data_of
from sbyt.messaging.channel import Outgoing

#: The most that may stand under a file, in characters.
LONGEST_CAPTION = 1024

#: So many buttons of so many letters stand beside each other on a narrow screen.
_BESIDE, _SHORT = 3, 8

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove


def calls_for(outgoing: Outgoing) -> list[TelegramMethod[Any]]:
    """What is to be called, in this order. Nothing in a text is markup: no ``parse_mode`` is given.

    A text that is too long for a caption goes first: it says all by itself. What may be pressed stands under the last.
    """
    text, markup = outgoing.text, _markup(outgoing)
    if outgoing.document is None:
        return [_message(outgoing, markup)]
    file = BufferedInputFile(outgoing.document.data, outgoing.document.name)
    if len(text) <= LONGEST_CAPTION:
        return [
            SendDocument(chat_id=outgoing.recipient, document=file, caption=text, parse_mode=None, reply_markup=markup)
        ]
    return [
        _message(outgoing, None),
        SendDocument(chat_id=outgoing.recipient, document=file, parse_mode=None, reply_markup=markup),
    ]


def _message(outgoing: Outgoing, markup: _Markup | None) -> SendMessage:
    return SendMessage(
        chat_id=outgoing.recipient,
        text=outgoing.text,
        parse_mode=None,
        link_preview_options=_NO_PREVIEW,
        reply_markup=markup,
    )


def _markup(outgoing: Outgoing) -> _Markup:
    """What may be pressed.

    A message has buttons under it or keys in place of the keyboard, never both: with the key that shares the phone the
    others become keys too, which send what stands on them. Where there are none, keys of before are taken away.
    """
    rows = _in_rows(outgoing.buttons)
    if outgoing.contact_button:
        keys = [[KeyboardButton(text=text) for text in row] for row in rows]
        shares = KeyboardButton(text=outgoing.contact_button, request_contact=True)
        return ReplyKeyboardMarkup(keyboard=[[shares], *keys], resize_keyboard=True, one_time_keyboard=True)
    if rows:
        return InlineKeyboardMarkup(
            inline_keyboard=[
                [InlineKeyboardButton(text=text, callback_data=data_of(text)) for text in row] for row in rows
            ]
        )
    return ReplyKeyboardRemove(remove_keyboard=True)


def _in_rows(buttons: Sequence[str]) -> list[Sequence[str]]:
    if len(buttons) <= _BESIDE and all(len(button) <= _SHORT for button in buttons):
        return [buttons] if buttons else []
    return [[button] for button in buttons]
