"""Collects what the turns of the dialogue brought about, to be written for many messages at once."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Collection
from typing import Any

from sbyt.bulk.rows import fetch, insert
from sbyt.conversation.render import Rendered
from sbyt.conversation.state import Cancel, Command, Reply, Store, ToStaff
from sbyt.core.resources import ZONES
from sbyt.messaging.conversations import NOTHING_ASKED, Turned, remember
from sbyt.messaging.inbox import Waiting, mark_handled
from sbyt.messaging.models import OutboundMessage
from sbyt.readings.operations import (
    NewCancellation,
    NewReading,
    NewTask,
    add_readings,
    cancel_readings,
    queue_tasks,
)
from sbyt.usecases.receive_message.known import Known, Sender, Touched, sender_of


class Writes:
    """What is to be written in one transaction.

    Readings are written after each round, because the next one rests on them; the rest at the end, in the order of the
    messages.
    """

    def __init__(self, known: Known, now: dt.datetime) -> None:
        self._known = known
        self._now = now
        self._readings: list[NewReading] = []
        self._cancelled: list[NewCancellation] = []
        self._tasks: list[NewTask] = []
        self._turned: dict[Sender, Turned] = {}
        self._answers: list[tuple[Any, ...]] = []
        self._results: dict[int, dict[str, Any]] = {}

    def add(
        self, message: Waiting, touched: Touched, turn: Reply, rendered: Rendered, result: dict[str, Any], *, live: bool
    ) -> None:
        """Take in one turn. ``live``: the answer is shown at once, and only recorded in the outbox."""
        for command in turn.commands:
            self._carry_out(command, message, touched)
        self._turned[sender_of(message)] = Turned(
            self._known.talks[sender_of(message)].id,
            message.channel,
            message.sender,
            turn.state.to_json(),
            NOTHING_ASKED,
        )
        self._results[message.id] = result
        self._answers.append(answer(message, rendered, self._now, live=live))

    def _carry_out(self, command: Command, message: Waiting, touched: Touched) -> None:
        match command:
            case Store():
                registers = self._known.registers(command.account, command.serial, touched)
                self._readings += [
                    NewReading(
                        register,
                        command.period,
                        value,
                        rollover,
                        command.at.date(),
                        command.at,
                        message.channel,
                        command.verdict,
                        message.id,
                    )
                    for register, value, rollover in zip(registers, command.values, command.rolled, strict=True)
                ]
            case Cancel():
                by = f"{message.channel}:{message.sender}"
                self._cancelled += [NewCancellation(one.id, by, "sender") for one in touched.own]
            case ToStaff():
                offered = [
                    {"account": command.account, "serial": command.serial, "zone": zone, "units": units}
                    for zone, units in zip(ZONES, command.values, strict=False)
                ]
                account = self._known.account(command.account, touched)
                self._tasks.append(NewTask(message.id, account, command.reason, offered))

    def end_round(self) -> None:
        """Write what the next messages rest on."""
        add_readings(self._readings, self._now)
        cancel_readings(self._cancelled, self._now)
        self._readings, self._cancelled = [], []

    def finish(self) -> dict[int, dict[str, Any]]:
        """Write the rest.

        :returns: the results, by the message.
        """
        queue_tasks(sorted(self._tasks, key=lambda task: task.message), self._now)
        remember(list(self._turned.values()), self._now)
        mark_handled(self._results, self._now)
        insert("messaging_outboundmessage", ANSWER, sorted(self._answers, key=operator.itemgetter(0)))
        return self._results


#: The columns of an answer in the outbox.
ANSWER = (
    "in_reply_to_id", "channel", "recipient", "text", "buttons", "kind", "purpose", "created_at", "state", "send_at",
    "attempts", "delivered_at", "provider_id",
)  # fmt: skip


def answer(message: Waiting, rendered: Rendered, now: dt.datetime, *, live: bool) -> tuple[Any, ...]:
    """A row of the outbox, in the columns ``ANSWER``."""
    state = OutboundMessage.State.DELIVERED if live else OutboundMessage.State.WAITING
    return (
        message.id,
        message.channel,
        message.sender,
        rendered.text,
        list(rendered.buttons),
        OutboundMessage.Kind.ANSWER.value,
        "answer",
        now,
        state.value,
        now,
        0,
        now if live else None,
        "",
    )


_SHOW = """
    UPDATE messaging_outboundmessage SET state = 'delivered', delivered_at = %s
    WHERE state = 'waiting' AND purpose = 'answer' AND in_reply_to_id = ANY(%s::bigint[])
    RETURNING id
"""


def show_at_once(messages: Collection[int], now: dt.datetime) -> None:
    """Note that the answers to these messages, written by somebody else, are shown in a live session after all."""
    if messages:
        fetch(_SHOW, now, list(messages))
