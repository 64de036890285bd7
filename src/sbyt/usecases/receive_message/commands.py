"""Collects what the turns of the dialogue brought about, to be written for many messages at once."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Collection
from typing import Any

from sbyt.accounts.models import Link
from sbyt.accounts.wrong_codes import NewWrongCode, add_wrong_codes
from sbyt.bulk.rows import fetch, insert
from sbyt.conversation.facts import Facts
from sbyt.conversation.owners import told_owners
from sbyt.conversation.render import Rendered
from sbyt.conversation.state import (
    Cancel,
    ChooseReminder,
    Command,
    CountWrongCode,
    KeepSilent,
    LinkSender,
    PhotoRead,
    Reply,
    Store,
    ToStaff,
)
from sbyt.core.resources import ZONES
from sbyt.messaging.conversations import Turned, remember
from sbyt.messaging.inbox import Waiting, mark_handled
from sbyt.messaging.models import OutboundMessage
from sbyt.messaging.silence import Why, end_silence, keep_silent
from sbyt.notices.reminders import choose_reminder
from sbyt.readings.operations import (
    NewCancellation,
    NewReading,
    NewTask,
    add_readings,
    cancel_readings,
    queue_tasks,
)
from sbyt.usecases.channels import connected_channels
from sbyt.usecases.receive_message.known import Known, Sender, Touched, sender_of
from sbyt.usecases.receive_message.linking import NewLink, make_link
from sbyt.usecases.receive_message.owners import Told, tell_owners, told_by_message
from sbyt.usecases.receive_message.questions import (
    UNANSWERED,
    answered_after_all,
    close_answered,
    close_photos,
    offered,
    put_question,
    ran_out,
    take_back,
)


class Writes:
    """What is to be written in one transaction.

    What the next round may rest on is written after each; the rest at the end, in the order of the messages.
    """

    def __init__(self, known: Known, now: dt.datetime) -> None:
        self._known = known
        self._now = now
        self._readings: list[NewReading] = []
        self._cancelled: list[NewCancellation] = []
        self._tasks: list[NewTask] = []
        self._turned: dict[Sender, Turned] = {}
        self._told: list[Told] = []
        self._links: list[NewLink] = []
        self._senders: set[Sender] = set()
        self._silences: dict[Sender, bool] = {}
        self._photos_read: list[Sender] = []
        self._reminders: dict[Sender, int | None] = {}
        self._wrong: list[NewWrongCode] = []
        self._answered: list[int] = []  # questions that staff had got already, by the message that raised them
        self._settled: list[int] = []  # questions that are open no more, or in other words
        self._answers: list[tuple[Any, ...]] = []
        self._results: dict[int, dict[str, Any]] = {}

    def add(
        self,
        message: Waiting,
        touched: Touched,
        facts: Facts,
        turn: Reply,
        rendered: Rendered,
        result: dict[str, Any],
        *,
        live: bool,
    ) -> None:
        """Take in one turn. ``live``: the answer is shown at once, and only recorded in the outbox."""
        for command in turn.commands:
            self._carry_out(command, message, touched)
        self._told += told_by_message(message.id, told_owners(turn, facts))
        self._remember(message, turn, facts, touched)
        self._results[message.id] = result
        self._senders.add(sender_of(message))
        self._answers.append(answer(message, rendered, self._now, live=live))

    def _remember(self, message: Waiting, turn: Reply, facts: Facts, touched: Touched) -> None:
        known, sender = self._known, sender_of(message)
        before, asked = known.states[sender], known.asked[sender]
        now_asked = put_question(asked, before, turn, message.id, facts.channel.rendering, known.settings)
        hours = facts.question_hours
        if (answered := answered_after_all(asked, now_asked, before, known.at(message), hours)) is not None:
            self._answered.append(answered)
        if question := ran_out(asked, now_asked, before, turn, known.at(message), hours):
            accounts = {one.account for one in question.pending}
            account = known.account(accounts.pop(), touched) if len(accounts) == 1 else None
            self._tasks.append(NewTask(asked["asked_by_id"], account, UNANSWERED, offered(question)))
        if asked["asked_by_id"] is not None and now_asked is not asked:
            self._settled.append(asked["asked_by_id"])
        known.states[sender], known.asked[sender] = turn.state, now_asked
        self._turned[sender] = Turned(known.talks[sender].id, *sender, turn.state.to_json(), now_asked)

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
                values = [
                    {"account": command.account, "serial": command.serial, "zone": zone, "units": units}
                    for zone, units in zip(ZONES, command.values, strict=False)
                ]
                account = self._known.account(command.account, touched)
                self._tasks.append(NewTask(message.id, account, command.reason, values))
            case LinkSender():
                self._link(command, message, touched)
            case ChooseReminder():
                self._reminders[sender_of(message)] = command.day
            case PhotoRead():
                self._photos_read.append(sender_of(message))
            case KeepSilent():
                self._silences[sender_of(message)] = command.silent
                self._known.silenced(sender_of(message), silent=command.silent)
            case CountWrongCode():
                account = self._known.account(command.account, touched)
                self._wrong.append(NewWrongCode(account, f"{message.channel}:{message.sender}", self._now))

    def _link(self, command: LinkSender, message: Waiting, touched: Touched) -> None:
        account, address = self._known.account(command.account, touched), self._known.address(message)
        if account and address:
            by_contact = command.by_contact and touched.contact
            how = touched.contact.accounts[account] if by_contact and touched.contact else Link.How.BILL_CODE
            self._links.append(NewLink(address, account, command.account, how))
            self._known.linked(address, account)

    def end_round(self) -> None:
        """Write what the next messages rest on."""
        add_readings(self._readings, self._now)
        cancel_readings(self._cancelled, self._now)
        add_wrong_codes(self._wrong)
        self._readings, self._cancelled, self._wrong = [], [], []
        if self._told or self._links:
            self._tell()

    def finish(self) -> dict[int, dict[str, Any]]:
        """Write the rest.

        :returns: the results, by the message.
        """
        queue_tasks(sorted(self._tasks, key=lambda task: task.message), self._now)
        remember(list(self._turned.values()), self._now)
        mark_handled(self._results, self._now)
        insert("messaging_outboundmessage", ANSWER, sorted(self._answers, key=operator.itemgetter(0)))
        self._keep_silences()
        for (channel, sender), day in self._reminders.items():
            choose_reminder(channel, sender, day, self._known.settings.window, self._now)
        close_answered(self._answered, self._now)
        close_photos(self._photos_read, self._known.settings.dialogue.question_hours, self._now)
        take_back(self._settled, self._now)
        return self._results

    def _keep_silences(self) -> None:
        """Note to whom nothing is written first. Who writes is there again, whatever the provider said of them."""
        back = [sender for sender in self._senders if self._known.talks[sender].silence == Why.GONE]
        end_silence(back, whys=[Why.GONE])
        keep_silent([sender for sender, silent in self._silences.items() if silent], Why.ASKED, self._now)
        end_silence([sender for sender, silent in self._silences.items() if not silent])

    def _tell(self) -> None:
        """Write links, and the notices to owners: in the language in which we talk, so that must be written first."""
        remember(list(self._turned.values()), self._now)
        self._known.remembered(self._turned)
        settings, statuses, connected = self._known.settings, self._known.statuses, connected_channels()
        tell_owners(self._told, settings, self._now, connected=connected, statuses=statuses)
        for new in self._links:
            _, told = make_link(new, "", settings, self._now)
            if told:  # whoever was linked before; not the one who is now
                tell_owners([told], settings, self._now, connected=connected, statuses=statuses, but=[new.address])
        self._turned, self._told, self._links = {}, [], []


#: The columns of an answer in the outbox.
ANSWER = (
    "in_reply_to_id", "channel", "recipient", "text", "buttons", "kind", "purpose", "created_at", "state", "send_at",
    "attempts", "delivered_at", "provider_id", "contact_button",
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
        rendered.contact_button,
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
