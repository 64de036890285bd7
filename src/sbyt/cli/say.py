"""``sbyt say``: one message, or many, through the real path without a provider."""

from __future__ import annotations

import datetime as dt
import json
import sys
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sbyt.core.settings import Settings
from sbyt.usecases.receive_message import Incoming, receive_message

#: What a table or its index holds; a text may be of any length.
_LONGEST = {"channel": 32, "from": 600, "id": 600}
#: Beyond these a time has no period before or after it, or no other time zone.
_YEARS = range(1900, 9000)


class UnableToReadMessage(ValueError):
    """A line is no message."""


def say_one(message: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Put one message through the real path.

    ``message`` holds ``channel``, ``from``, ``text``, and may hold ``id`` (the provider's) and ``at`` (local ISO time).

    :raises UnableToReadMessage: if a field is missing or of another kind.
    """
    now = dt.datetime.now(dt.UTC)
    incoming = Incoming(
        channel=_text(message, "channel"),
        sender=_text(message, "from"),
        text=_text(message, "text", may_be_empty=True),
        provider_id=_text(message, "id") if message.get("id") is not None else f"say-{uuid.uuid4()}",
        received_at=_at(message.get("at"), settings) if message.get("at") is not None else now,
    )
    return receive_message(incoming, settings, now)


def say_lines(lines: Iterable[bytes], settings: Settings) -> int:
    """One JSON object a line in, one a line out; a line that is no message gets an answer that says so.

    :returns: how many lines were no messages.
    """
    bad = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            said = say_one(_parsed(line), settings)
        except UnableToReadMessage as error:
            bad += 1
            said = {
                "id": None,
                "outcome": "unknown",
                "reason": "bad_line",
                "readings": [],
                "reply": f"Строка {number}: {error}",
            }
        sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    return bad


def _parsed(line: bytes) -> Mapping[str, Any]:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of figures
        raise UnableToReadMessage(f"не JSON ({error}). Нужен один объект в строке.") from error
    if not isinstance(message, dict):
        raise UnableToReadMessage(f"{type(message).__name__} вместо объекта с полями channel, from, text.")
    return message


def _text(message: Mapping[str, Any], field: str, *, may_be_empty: bool = False) -> str:
    value = message.get(field)
    if isinstance(value, int) and not isinstance(value, bool) and field == "id":
        value = str(value)
    if not isinstance(value, str) or not (value or may_be_empty):
        found = "нет" if value is None else "пусто" if value == "" else f"{value!r:.60}"
        raise UnableToReadMessage(f"поле {field!r}: {found}, нужна строка.")
    if len(value) > _LONGEST.get(field, len(value)):
        raise UnableToReadMessage(f"поле {field!r}: {len(value)} знаков, нужно не больше {_LONGEST[field]}.")
    return value


def _at(value: object, settings: Settings) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.year not in _YEARS:
        raise UnableToReadMessage(f"поле 'at': {value!r:.60}, нужно местное время, как 2026-11-20T10:00:00.")
    return at if at.tzinfo else at.replace(tzinfo=settings.zone)


def run(message: Mapping[str, Any], settings: Settings, *, jsonl: bool, as_json: bool) -> int:
    """The command: one message from its options, or lines from standard input.

    A person at a terminal sees the reply; a program that reads the output gets JSON.

    :returns: the exit status.
    """
    if jsonl:
        return 1 if say_lines(sys.stdin.buffer, settings) else 0
    try:
        said = say_one(message, settings)
    except UnableToReadMessage as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if as_json or not sys.stdout.isatty():
        sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(said["reply"] + "\n")
    return 0
