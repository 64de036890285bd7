"""Receive a message: store it, understand it, do what follows, answer. Answered means stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import transaction

from sbyt.conversation.dialogue import reply
from sbyt.conversation.mentions import mentions
from sbyt.conversation.render import render
from sbyt.conversation.state import Event, Outcome, Reply, State, Status
from sbyt.core.periods import Period
from sbyt.core.settings import Settings
from sbyt.core.units import from_units
from sbyt.messaging.inbox import Incoming, store
from sbyt.messaging.models import InboundMessage, OutboundMessage
from sbyt.messaging.numbers import short_number
from sbyt.messaging.operations import answer, conversation_state, remember, take_turn
from sbyt.usecases.receive_message.commands import carry_out
from sbyt.usecases.receive_message.facts import gather_facts

__all__ = ["Incoming", "Received", "UnableToHandleNow", "handle_waiting", "receive_message", "receive_messages"]


#: Of what a message came to, in the order in which they are told.
_FIELDS = ("id", "outcome", "reason", "readings", "reply", "buttons")


class UnableToHandleNow(Exception):
    """A message is stored, and will be handled and answered later: it, or an earlier one of its sender, failed.

    ``number`` is the short number by which staff find it.
    """

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(
            f"Сообщение сохранено под номером {number}. Обработать его сразу не удалось, ответ придёт позже."
        )


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
    message = InboundMessage.objects.get(pk=store(incoming, now).id)
    with transaction.atomic():
        take_turn(message, now)
        return _again(message.result) if message.result is not None else _handle(message, settings, now)


def receive_messages(incoming: Sequence[Incoming], settings: Settings, now: dt.datetime) -> list[Received]:
    """What ``receive_message`` does, for many messages with few commits: as if they came one after the other.

    :raises DatabaseError: if the database is out of reach; what is stored is handled later.
    """
    return [Received(short_number(store(one, now).id), receive_message(one, settings, now)) for one in incoming]


def handle_waiting(settings: Settings, now: dt.datetime, limit: int = 50) -> int:
    """Handle up to so many of the messages that wait in the inbox; their answers wait in the outbox.

    :returns: how many were handled; 0 if nothing is to be done now.

    :raises DatabaseError: if the database is out of reach.
    """
    handled = 0
    for message in InboundMessage.objects.filter(handled_at=None).order_by("id")[:limit]:
        with transaction.atomic():
            take_turn(message, now)
            if message.result is None:
                _handle(message, settings, now)
                message.answers.update(state=OutboundMessage.State.WAITING, delivered_at=None)
        handled += 1
    return handled


def _handle(message: InboundMessage, settings: Settings, now: dt.datetime) -> dict[str, Any]:
    at = message.received_at.astimezone(settings.zone)
    state = State.from_json(conversation_state(message.channel, message.sender), settings.language)
    facts = gather_facts(message, mentions(message.text, state), settings, at)
    turn = reply(state, Event(message.text), facts, at)
    carry_out(turn.commands, message, now)
    rendering = facts.channel.rendering
    rendered = render(turn.acts, turn.state.language, rendering, short_number(message.id))
    remember(message.channel, message.sender, turn.state.to_json(), now)
    result = _result(message.provider_id, turn, rendered.text, rendered.buttons)
    answer(message, rendered.text, result, now)
    return result


def _result(provider_id: str, turn: Reply, text: str, buttons: tuple[str, ...]) -> dict[str, Any]:
    return {
        "id": provider_id,
        "outcome": turn.outcome.value,
        "reason": str(turn.reason) if turn.reason else None,
        "readings": [
            {
                "account": one.account,
                "serial": one.serial,
                "zone": one.zone,
                "value": from_units(one.value, one.decimals, trim=True),
                "period": str(Period(one.period)),
                "status": one.status.value,
            }
            for one in turn.readings
        ],
        "reply": text,
        "buttons": list(buttons),
    }


def _again(result: dict[str, Any]) -> dict[str, Any]:
    """The first answer again; a duplicate if readings were counted then."""
    # PostgreSQL gives the fields of a stored object in an order of its own.
    result = {name: result[name] for name in _FIELDS if name in result}
    counted = [one for one in result["readings"] if one["status"] == Status.ACCEPTED]
    if not counted:
        return result
    readings = [
        {**one, "status": Status.DUPLICATE.value if one["status"] == Status.ACCEPTED else one["status"]}
        for one in result["readings"]
    ]
    return {**result, "outcome": Outcome.DUPLICATE.value, "reason": Outcome.DUPLICATE.value, "readings": readings}
