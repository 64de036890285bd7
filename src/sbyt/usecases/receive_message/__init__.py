"""Receive a message: store it, understand it, do what follows, answer. Answered means stored."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from sbyt.conversation.dialogue import reply
from sbyt.conversation.mentions import mentions
from sbyt.conversation.render import render
from sbyt.conversation.state import Event, Outcome, Reply, State, Status
from sbyt.core.periods import Period
from sbyt.core.settings import Settings
from sbyt.core.units import from_units
from sbyt.messaging.models import InboundMessage
from sbyt.messaging.numbers import short_number
from sbyt.messaging.operations import answer, conversation_state, remember, store_inbound, take_turn
from sbyt.usecases.receive_message.commands import carry_out
from sbyt.usecases.receive_message.facts import gather_facts


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as a channel hands it in. ``received_at``: the provider's time of acceptance, aware."""

    channel: str
    sender: str
    text: str
    provider_id: str
    received_at: dt.datetime


def receive_message(incoming: Incoming, settings: Settings, now: dt.datetime) -> dict[str, Any]:
    """Store a message and answer it, through the same path whatever the channel.

    This function will store the message before anything else, then in one transaction do what follows from it and
    write the answer into the outbox. A message id seen before gives the first answer again. The messages of one sender
    are handled one at a time, whatever the number of workers.

    :returns: ``id``, ``outcome``, ``reason``, ``readings``, ``reply`` and ``buttons`` (conversation.md, the command
        that talks).
    """
    message, is_new = store_inbound(
        channel=incoming.channel,
        provider_id=incoming.provider_id,
        sender=incoming.sender,
        text=incoming.text,
        received_at=incoming.received_at,
        stored_at=now,
    )
    if not is_new and message.result is not None:
        return _again(message.result)
    with transaction.atomic():
        take_turn(message, now)
        return _again(message.result) if message.result is not None else _handle(message, settings, now)


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
    counted = [one for one in result["readings"] if one["status"] == Status.ACCEPTED]
    if not counted:
        return result
    readings = [
        {**one, "status": Status.DUPLICATE.value if one["status"] == Status.ACCEPTED else one["status"]}
        for one in result["readings"]
    ]
    return {**result, "outcome": Outcome.DUPLICATE.value, "reason": Outcome.DUPLICATE.value, "readings": readings}
