"""What is told in the log of an event: its code, ids and counts; of an error its kind and place; nothing personal.

Each function is a processor of structlog: it takes an event and gives what goes on.
"""

from __future__ import annotations

import datetime as dt
import enum
import re
import sqlite3
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from pathlib import PurePath
from types import TracebackType
from typing import Any

HIDDEN = "…"

#: A value under a key with one of these words in it is never shown.
_PRIVATE = {
    *("address", "body", "buttons", "content", "email", "headers", "holder", "key", "name", "param", "params", "phone"),
    *("password", "raw", "recipient", "reply", "said", "secret", "sender", "subject", "text", "title", "to", "token"),
    *("url", "username"),
}
#: Five figures and more, however grouped, also by what was hidden: phones, accounts, chats, keys, codes of bills; but
#: for a date and for this machine.
_FIGURES = re.compile(r"\d(?:[\s().\-–…]{0,2}\d){4,}")
_HARMLESS = re.compile(r"\d{4}-\d\d(-\d\d)?|127\.0\.0\.1|0\.0\.0\.0")
_EMAIL = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+")
_KEY = re.compile(r"(?=[\w\-]*\d)(?=[\w\-]*[A-Za-z])[\w\-]{16,}")  # letters and figures of no word: keys, tokens
_BILL = re.compile(r"/b/[\w\-]+")  # the address in a bill's code: its token may be of letters alone
#: The token of a bill (accounts.tokens), one without a figure too; not the name of an error, which is as long.
_TOKEN = re.compile(r"(?<![\w-])(?!(?:[A-Z][a-z]+)+(?![\w-]))(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[A-Za-z0-9_-]{22}(?![\w-])")
_NOT_ASCII = re.compile(r"[^\x20-\x7e]+([\s.,]+[^\x20-\x7e]+)*")  # what people write and are called; codes are ASCII
#: Codes that may be of figures alone: the short number by which staff find a message (messaging.numbers), the
#: database's name for an error.
_CODES = {"message": re.compile(r"[2-9A-HJKMNP-TV-Z]{4,8}"), "sqlstate": re.compile(r"[0-9A-Z]{5}")}
_GREATEST = 10**9  # from here on a number may be a phone
_WORD = re.compile(r"[\w./:\-]{1,100}", re.ASCII)
_LONGEST = 300
_FRAMES = 12

Event = MutableMapping[str, Any]


def plain_words(_logger: Any, _method: str, event: Event) -> Event:
    """What a library says: its own words, and of what it puts in them only numbers and plain words."""
    said = event["event"]
    if isinstance(event["_record"].msg, BaseException):
        event["event"] = type(event["_record"].msg).__name__
        return event
    given = event.pop("positional_args", None) or ()
    put_in = {key: _plain(one) for key, one in given.items()} if isinstance(given, dict) else tuple(map(_plain, given))
    try:
        said = said % put_in if put_in else said
    except (TypeError, ValueError, KeyError):
        event["event"] = said  # its words alone
    event["event"] = said.partition("\n")[0]
    return event


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, BaseException):
        return type(value).__name__
    return value if isinstance(value, str) and _WORD.fullmatch(value) else HIDDEN


def told_by_place(_logger: Any, _method: str, event: Event) -> Event:
    """An exception by its kind and place, and those that it came from."""
    error = event.pop("exc_info", None)
    event.pop("stack_info", None)
    event.pop("exception", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = list(_told(error))
    return event


def _told(error: BaseException) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen and len(told) < 5:
        seen.add(id(following))
        one: dict[str, Any] = {"type": f"{type(following).__module__}.{type(following).__qualname__}"}
        one["at"] = _places(following.__traceback__)
        told.append(one | _database_says(following))
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    return told


def _places(at: TracebackType | None) -> list[str]:
    """The innermost frames: ``usecases/send_messages.py:212 send``."""
    frames = traceback.extract_tb(at)[-_FRAMES:]
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]


def _short(file: str) -> str:
    parts = PurePath(file).parts
    for root in ("sbyt", "site-packages"):
        if root in parts:
            return "/".join(parts[len(parts) - parts[::-1].index(root) :])
    return parts[-1] if parts else ""


def _database_says(error: BaseException) -> dict[str, str]:
    """The code of a database's error and its first sentence, without the values in it: never the detail."""
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        primary = getattr(getattr(error, "diag", None), "message_primary", None)
        said = re.sub(r'"[^"]*"', f'"{HIDDEN}"', str(primary)) if state.startswith("22") else str(primary)
        return {"sqlstate": state} | ({"says": said} if primary else {})
    if isinstance(error, sqlite3.Error):
        return {"sqlstate": getattr(error, "sqlite_errorname", ""), "says": str(error)}
    return {}


def masked(_logger: Any, _method: str, event: Event) -> Event:
    """Whatever is told, without what may be personal.

    Five figures and more (accounts too), e-mail addresses, keys, every letter that is not ASCII, and all that stands
    under a key like sender, text or phone. Objects are told by their type.
    """
    return {key: value if key.startswith("_") else _told_safely(key, value) for key, value in event.items()}


def _told_safely(key: str, value: Any) -> Any:
    try:
        return _masked(key, value)
    except Exception:  # noqa: BLE001 whatever the object does, telling of it ends nothing
        return HIDDEN


def _masked(key: str, value: Any) -> Any:
    if _PRIVATE.intersection(key.lower().split("_")):
        return HIDDEN
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        return value if abs(value) < _GREATEST else HIDDEN
    if isinstance(value, Mapping):
        return {masked_text(str(name)): _masked(str(name), one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(key, one) for one in value]
    if isinstance(value, enum.Enum):
        return _masked(key, value.value)
    if isinstance(value, dt.date | dt.timedelta):
        return str(value)
    if isinstance(value, str | PurePath):
        return _text(key, str(value))
    return type(value).__name__


def _text(key: str, text: str) -> str:
    return text if key in _CODES and _CODES[key].fullmatch(text) else masked_text(text)


def masked_text(text: str) -> str:
    """A text without figures, e-mail addresses, keys and letters that are not ASCII; 300 characters at most."""
    text = _EMAIL.sub(HIDDEN, text)
    text = _NOT_ASCII.sub(HIDDEN, text)
    text = _FIGURES.sub(lambda found: found[0] if _HARMLESS.fullmatch(found[0]) else HIDDEN, text)
    text = _BILL.sub(f"/b/{HIDDEN}", _KEY.sub(HIDDEN, _TOKEN.sub(HIDDEN, text)))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + HIDDEN


def in_order(_logger: Any, _method: str, event: Event) -> Event:
    first = {key: event[key] for key in ("timestamp", "level", "logger", "event") if key in event}
    return {**first, **event}
