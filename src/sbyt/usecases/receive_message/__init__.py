"""Receive messages: store them, understand them, do what follows, answer. Answered means stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from sbyt.conversation.state import Outcome, Status
from sbyt.core.settings import Settings
from sbyt.messaging.inbox import Incoming, results, store_many
from sbyt.messaging.numbers import short_number
from sbyt.usecases.receive_message.commands import show_at_once
from sbyt.usecases.receive_message.handling import handle_here, handle_next

__all__ = ["Incoming", "Received", "UnableToHandleNow", "handle_waiting", "receive_message", "receive_messages"]

#: So long a worker leaves alone what a live session has stored and means to handle itself.
_LEFT_ALONE = dt.timedelta(seconds=10)


class UnableToHandleNow(Exception):
    """A message is stored, and will be handled and answered later: it, or an earlier one of its sender, failed.

    ``number`` is the short number by which staff find it.
    """

    def __init__(self, number: str) -> None:
        self.number = number
        said = "Обработать его сразу не удалось, ответ придёт позже."
        super().__init__(f"Сообщение сохранено под номером {number}. {said}")


class Received(NamedTuple):
    """What a message came to. ``result`` is None where it is stored and will be handled later.

    ``number`` is the short number by which staff find the message.
    """

    number: str
    result: dict[str, Any] | None


def receive_message(incoming: Incoming, settings: Settings, now: dt.datetime) -> dict[str, Any]:
    """Store a message and answer it in a live session, through the same path whatever the channel.

    This function will store the message before anything else, then in one transaction do what follows from it and
    write the answer into the outbox, as delivered. A message id seen before gives the first answer again. The messages
    of one sender are handled one at a time and in order, whatever the number of workers.

    :returns: ``id``, ``outcome``, ``reason``, ``readings``, ``reply`` and ``buttons`` (conversation.md, the command
        that talks).

    :raises UnableToHandleNow: if it is stored and could not be handled yet; its answer goes out later.
    :raises DatabaseError: if the database is out of reach; if it was stored before that, it is handled later.
    """
    (received,) = receive_messages([incoming], settings, now)
    if received.result is None:
        raise UnableToHandleNow(received.number)
    return received.result


def receive_messages(incoming: Sequence[Incoming], settings: Settings, now: dt.datetime) -> list[Received]:
    """What ``receive_message`` does, for many messages with few commits: as if they came one after the other.

    :raises DatabaseError: if the database is out of reach; what is stored is handled later.
    """
    stored = store_many(incoming, now, leave_until=now + _LEFT_ALONE)
    first = results([one.id for one in stored if not one.is_new])
    here = handle_here({one.id for one in stored} - first.keys(), settings, now)
    if elsewhere := {one.id for one in stored} - first.keys() - here.keys():
        first |= results(elsewhere)
        show_at_once([one.id for one in stored if one.is_new and one.id in first], now)
    received = []
    for came, one in zip(incoming, stored, strict=True):
        if one.id in here:
            first[one.id] = here.pop(one.id)
            result: dict[str, Any] | None = first[one.id]
        else:
            result = _again(first[one.id]) if one.id in first else None
        if result:  # by the id that it came with, whatever it had to be stored by
            result = {**result, "id": came.provider_id.encode("utf-8", "replace").decode()}
        received.append(Received(short_number(one.id), result))
    return received


def handle_waiting(settings: Settings, now: dt.datetime, limit: int = 50) -> int:
    """Handle up to so many of the messages that wait in the inbox; their answers wait in the outbox.

    What fails is tried again later, then given to staff; it holds up no other sender's messages.

    :returns: how many were handled; 0 if nothing is to be done now.

    :raises DatabaseError: if the database is out of reach.
    """
    return handle_next(settings, now, limit)


_KEYS = ("id", "outcome", "reason", "readings", "reply", "buttons")
_KEYS_OF_READING = ("account", "serial", "zone", "value", "period", "status")


def _again(result: dict[str, Any]) -> dict[str, Any]:
    """The first answer again, in the order in which it was given; a duplicate if readings were counted then."""
    readings = [
        {
            key: Status.DUPLICATE.value if one[key] == Status.ACCEPTED and key == "status" else one[key]
            for key in _KEYS_OF_READING
        }
        for one in result["readings"]
    ]
    again = {**{key: result[key] for key in _KEYS}, "readings": readings}
    if any(one["status"] == Status.ACCEPTED for one in result["readings"]):
        again |= {"outcome": Outcome.DUPLICATE.value, "reason": Outcome.DUPLICATE.value}
    return again
