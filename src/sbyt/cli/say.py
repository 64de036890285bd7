"""``sbyt say``: one message, or many, through the real path without a provider."""

from __future__ import annotations

import datetime as dt
import json
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import IO, Any

from sbyt.cli.collector import collector_spared
from sbyt.core.settings import Settings
from sbyt.usecases.receive_message import (
    Incoming,
    Received,
    UnableToHandleNow,
    receive_message,
    receive_messages,
)

#: What a table or its index holds; a text may be of any length.
_LONGEST = {"channel": 32, "from": 600, "id": 600}
#: Beyond these a time has no period before or after it, or no other time zone.
_YEARS = range(1900, 9000)
#: So many lines are taken together at most, and so many bytes are read at once.
_TOGETHER, _PIECE = 200, 1 << 16
_BAD_LINE = "bad_line"


class UnableToReadMessage(ValueError):
    """A line is no message."""


def say_one(message: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Put one message through the real path.

    ``message`` holds ``channel``, ``from``, ``text``, and may hold ``id`` (the provider's) and ``at`` (local ISO time).

    :raises UnableToReadMessage: if a field is missing or of another kind.
    """
    now = dt.datetime.now(dt.UTC)
    incoming = _incoming(message, settings, now)
    try:
        return receive_message(incoming, settings, now)
    except UnableToHandleNow as error:
        return _no_answer(incoming.provider_id, "not_handled_yet", str(error))


def say_lines(stream: IO[bytes], settings: Settings) -> int:
    """One JSON object a line in, one a line out; a line that is no message gets an answer that says so.

    Whatever has come is taken together, with one commit: who sends one line and waits gets its answer at once.

    :returns: how many lines were no messages.
    """
    bad, number = 0, 1
    for lines in _as_they_come(stream):
        numbered = [(at, line) for at, line in enumerate(lines, number) if line.strip()]
        number += len(lines)
        answers = _say_together(numbered, settings)
        bad += sum(answer["reason"] == _BAD_LINE for answer in answers)
        sys.stdout.write("".join(json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers))
        sys.stdout.flush()
    return bad


def _as_they_come(stream: IO[bytes]) -> Iterator[list[bytes]]:
    """The lines of a stream, as many together as are there already, up to a limit."""
    unfinished: list[bytes] = []
    read: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
    while piece := read(_PIECE):
        unfinished.append(piece)
        if b"\n" in piece:
            *lines, rest = b"".join(unfinished).split(b"\n")
            unfinished = [rest]
            for first in range(0, len(lines), _TOGETHER):
                yield lines[first : first + _TOGETHER]
    yield [b"".join(unfinished)]


def _say_together(numbered: Sequence[tuple[int, bytes]], settings: Settings) -> list[dict[str, Any]]:
    """The answers to lines, each with its number, in their order."""
    now = dt.datetime.now(dt.UTC)
    read = [_read(number, line, settings, now) for number, line in numbered]
    incoming = [one for one in read if isinstance(one, Incoming)]
    received = zip(incoming, receive_messages(incoming, settings, now), strict=True) if incoming else iter(())
    return [_answer(*next(received)) if isinstance(one, Incoming) else one for one in read]


def _read(number: int, line: bytes, settings: Settings, now: dt.datetime) -> Incoming | dict[str, Any]:
    try:
        return _incoming(_parsed(line), settings, now)
    except UnableToReadMessage as error:
        return _no_answer(None, _BAD_LINE, f"Строка {number}: {error}")


def _answer(incoming: Incoming, received: Received) -> dict[str, Any]:
    if received.result is not None:
        return received.result
    return _no_answer(incoming.provider_id, "not_handled_yet", str(UnableToHandleNow(received.number)))


def _no_answer(provider_id: str | None, reason: str, said: str) -> dict[str, Any]:
    return {
        "id": provider_id,
        "outcome": "unknown",
        "reason": reason,
        "readings": [],
        "reply": said,
        "buttons": [],
    }


def _incoming(message: Mapping[str, Any], settings: Settings, now: dt.datetime) -> Incoming:
    return Incoming(
        channel=_text(message, "channel"),
        sender=_text(message, "from"),
        text=_text(message, "text", may_be_empty=True),
        provider_id=_text(message, "id") if message.get("id") is not None else f"say-{uuid.uuid4()}",
        received_at=_at(message["at"], settings) if message.get("at") is not None else now,
    )


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
        with collector_spared():
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
