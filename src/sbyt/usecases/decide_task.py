"""What staff decide of a task: take a reading, refuse it, ask the customer, answer in words, or close it.

Whoever decides first decides; a second one is told who it was. What was decided and what the customer is told are
written in one transaction.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction

from sbyt.accounts.locks import hold_accounts
from sbyt.accounts.models import Account
from sbyt.conversation.owners import told_owners
from sbyt.conversation.render import LANGUAGES, render
from sbyt.conversation.state import Question, Reply, State
from sbyt.core.settings import USABLE, Settings
from sbyt.messaging.conversations import NOTHING_ASKED
from sbyt.messaging.inbox import hold_senders
from sbyt.messaging.models import Conversation, InboundMessage
from sbyt.messaging.numbers import short_number
from sbyt.messaging.statuses import read_statuses
from sbyt.readings.equality import what_is_equal
from sbyt.readings.models import StaffTask
from sbyt.usecases.channels import connected_channels
from sbyt.usecases.receive_message.owners import tell_owners, told_by_message
from sbyt.usecases.take_reading import Given, take_reading
from sbyt.usecases.write_to_customer import STAFF_WROTE, put_notice, storable

#: Why a customer gets a message that staff caused.
STAFF_DECIDED = "staff_decided"

Decision = StaffTask.Decision


class UnableToDecide(ValueError):
    """A task can't be decided so. The text says what was found and what to do.

    ``reason`` is the same as a code: decided (``by`` and ``at`` tell who was first and when), gone, no_text, no_way.
    """

    def __init__(self, said: str, reason: str, task: StaffTask | None = None) -> None:
        super().__init__(said)
        self.reason = reason
        self.by = task.closed_by if task else ""
        self.at = task.closed_at if task else None


@dataclass(frozen=True)
class Decided:
    """What a decision came to. ``told``: what the sender is told, empty if nothing; ``others``: equal tasks closed."""

    told: str = ""
    others: int = 0


def take_offered(task_id: int, given: Given, by: str, settings: Settings, now: dt.datetime) -> Decided:
    """Take a reading that a task is about, with the values that staff name, as of when the customer sent it.

    Its sender is told as if it had been taken at once; so are the owners, where the sender is a stranger.

    :raises UnableToDecide: if somebody was quicker.
    :raises UnableToTake: if the values can't be taken.
    """
    with transaction.atomic():
        task = _held(task_id, given.account)
        message = task.message
        taken = take_reading(given, settings, now, message=message, first_at=_first_at(task))
        told = ""
        if message is not None:
            told = _tell(message, taken.reply, STAFF_DECIDED, f"task:{task.pk}", settings, now)
            owners = told_by_message(message.pk, told_owners(taken.reply, taken.facts))
            tell_owners(owners, settings, now, statuses=read_statuses(settings))
        return Decided(told, _close(task, Decision.TAKEN, by, now))


def refuse(task_id: int, text: str, by: str, settings: Settings, now: dt.datetime) -> Decided:
    """Take nothing of it, and tell the sender why in these words; with none, they are told nothing.

    :raises UnableToDecide: if somebody was quicker.
    """
    return _settle(task_id, Decision.REFUSED, text, by, settings, now)


def answer(task_id: int, text: str, by: str, settings: Settings, now: dt.datetime) -> Decided:
    """Answer the sender in words; then nothing more is to be done.

    :raises UnableToDecide: if somebody was quicker, there are no words or the sender can't be written to.
    """
    _checked(text)
    return _settle(task_id, Decision.ANSWERED, text, by, settings, now)


def close(task_id: int, by: str, now: dt.datetime) -> Decided:
    """Nothing is to be done, and nobody is told.

    :raises UnableToDecide: if somebody was quicker.
    """
    with transaction.atomic():
        return Decided(others=_close(_held(task_id), Decision.CLOSED, by, now))


def ask(task_id: int, text: str, by: str, settings: Settings, now: dt.datetime) -> Decided:
    """Ask the sender in their channel. The task stays open; their answer closes it, and is judged as any reading is.

    Where one meter is meant, a mere figure is understood as its reading.

    :raises UnableToDecide: if somebody was quicker, there are no words or the sender can't be written to.
    """
    said = _checked(text)
    with transaction.atomic():
        task = _held(task_id)
        message = task.message
        if message is None or not can_be_written_to(message, settings, now):
            raise UnableToDecide("Написать этому человеку нельзя: канал не отправляет. Позвоните.", "no_way")
        task.asked_at, task.asked_by = now, by
        task.save(update_fields=["asked_at", "asked_by"])
        _open_question(task, message, settings, now)
        told = _write(message, said, STAFF_WROTE, None, by, settings, now)
        return Decided(told)


def can_be_written_to(message: InboundMessage, settings: Settings, now: dt.datetime) -> bool:
    """Whether whoever sent this can be written to by the same channel.

    Not where it is closed, on a keypad, nor on a page that they have left.
    """
    channel = read_statuses(settings).channels(now.astimezone(settings.zone).date()).get(message.channel)
    usable = channel is not None and channel.state in USABLE and channel.rendering != "keypad"
    connected = connected_channels() or {}
    return usable and (message.channel not in connected or connected[message.channel].reaches(message.sender))


def equal_tasks(task: StaffTask) -> Collection[int]:
    """The other open tasks that are equal to this one (``readings.equality``)."""
    if task.message is None:
        return []
    of_sender = StaffTask.objects.filter(
        closed_at=None,
        reason=task.reason,
        account=task.account_id,
        message__channel=task.message.channel,
        message__sender=task.message.sender,
    )
    this = what_is_equal(task.pk, task.reason, task.offered)
    others = of_sender.exclude(pk=task.pk).values_list("pk", "offered")
    return [pk for pk, offered in others if what_is_equal(pk, task.reason, offered) == this]


# parts ---------------------------------------------------------------------------------------------------------------


def _settle(
    task_id: int, decision: StaffTask.Decision, text: str, by: str, settings: Settings, now: dt.datetime
) -> Decided:
    with transaction.atomic():
        task = _held(task_id)
        message, told = task.message, ""
        if text.strip() and message is not None and can_be_written_to(message, settings, now):
            told = _write(message, text, STAFF_DECIDED, f"task:{task.pk}", by, settings, now)
        elif decision is Decision.ANSWERED:
            raise UnableToDecide("Написать этому человеку нельзя: канал не отправляет. Позвоните.", "no_way")
        return Decided(told, _close(task, decision, by, now))


def _held(task_id: int, account: str = "") -> StaffTask:
    """The task, open, with its sender and account held until the transaction ends.

    They are held in the order in which handling a message holds them; only then is the task looked at.
    """
    task = StaffTask.objects.select_related("message", "account").filter(pk=task_id).first()
    if task is None:
        raise UnableToDecide(f"Задачи {task_id} нет.", "gone")
    if task.message_id:
        hold_senders([task.message_id])
    accounts = Account.objects.filter(number=account).values_list("pk", flat=True) if account else ()
    hold_accounts(sorted({*accounts, *([task.account_id] if task.account_id else [])}))
    task = StaffTask.objects.select_for_update(of=("self",)).select_related("message", "account").get(pk=task_id)
    if task.closed_at is not None:
        raise UnableToDecide(f"Уже решено: {task.closed_by}.", "decided", task)
    return task


def _first_at(task: StaffTask) -> dt.datetime | None:
    """When the values that were offered first arrived, where the task says so: a question was asked about them."""
    moments = [dt.datetime.fromisoformat(one["at"]) for one in task.offered if one.get("at")]
    return min(moments, default=None)


def _close(task: StaffTask, decision: StaffTask.Decision, by: str, now: dt.datetime) -> int:
    """Close it with its equals.

    :returns: how many equals there were.
    """
    others = equal_tasks(task)
    both = StaffTask.objects.filter(pk__in=[task.pk, *others], closed_at=None)
    both.update(closed_at=now, closed_by=by, decision=decision)
    return len(others)


def _checked(text: str) -> str:
    said = text.strip()
    if not said:
        raise UnableToDecide("Напишите, что сказать человеку.", "no_text")
    return said


def _tell(message: InboundMessage, reply: Reply, purpose: str, key: str, settings: Settings, now: dt.datetime) -> str:
    """Tell the sender what a turn of the dialogue would have said."""
    if not can_be_written_to(message, settings, now):
        return ""
    rendering = settings.channels[message.channel].rendering
    said = render(reply.acts, language_with(message, settings), rendering, short_number(message.pk))
    return _put(message, said.text, purpose, key, now)


def _write(
    message: InboundMessage, text: str, purpose: str, key: str | None, by: str, settings: Settings, now: dt.datetime
) -> str:
    """Tell the sender in staff's own words, with the number by which they are found again."""
    number = LANGUAGES[language_with(message, settings)].number(short_number(message.pk))
    return _put(message, storable(text) + number, purpose, key, now, by)


def _put(message: InboundMessage, text: str, purpose: str, key: str | None, now: dt.datetime, by: str = "") -> str:
    put_notice(message.channel, message.sender, text, purpose, now, by=by, reply_to=message, key=key)
    return text


def language_with(message: InboundMessage, settings: Settings) -> str:
    """The language in which we talk with the sender of a message."""
    talk = Conversation.objects.filter(channel=message.channel, sender=message.sender).first()
    return State.from_json(talk.state if talk else {}, settings.language).language


def _open_question(task: StaffTask, message: InboundMessage, settings: Settings, now: dt.datetime) -> None:
    """Let the next figure be understood as a reading of the meter that is asked about."""
    meters = {(one["account"], one["serial"]) for one in task.offered if one.get("serial")}
    local = now.astimezone(settings.zone)
    talk = Conversation.objects.filter(channel=message.channel, sender=message.sender).first()
    state = State.from_json(talk.state if talk else {}, settings.language)
    still_open = state.question is not None and state.question.is_open(local, settings.dialogue.question_hours)
    if len(meters) != 1 or (still_open and talk is not None and talk.asked_by_id != message.pk):
        return
    question = Question(" ".join(meters.pop()), local, local)
    columns = {**NOTHING_ASKED, "asked_by_id": message.pk}
    Conversation.objects.update_or_create(
        channel=message.channel,
        sender=message.sender,
        defaults={"state": state.asking(question).to_json(), "updated_at": now, **columns},
    )
