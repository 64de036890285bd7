"""The open question of a conversation: how it is put once more, and when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Q

from sbyt.conversation.acts import Act, Ask, Confirm, IsReading, Say, Saying
from sbyt.conversation.asking import asked_again, goes_to_staff
from sbyt.conversation.render import Rendered, render
from sbyt.conversation.state import Outcome, Question, Reply, State
from sbyt.core.resources import ZONES
from sbyt.core.settings import Settings
from sbyt.messaging.conversations import NOTHING_ASKED
from sbyt.messaging.delivery import DROPPED
from sbyt.messaging.models import Delivery, OutboundMessage
from sbyt.messaging.numbers import short_number
from sbyt.readings.models import StaffTask

#: Why staff get a question that nobody answered.
UNANSWERED = "unanswered"
#: Why somebody gets a question a second time.
ASKED_AGAIN = "asked_again"
#: Who closes their task where the customer answered after all.
CUSTOMER = "customer"

_QUESTIONS = (Ask, Confirm, IsReading)


def put_question(
    asked: Mapping[str, Any], before: State, turn: Reply, message: int, rendering: str, settings: Settings
) -> Mapping[str, Any]:
    """What a conversation remembers of its open question after a turn: the columns of ``NOTHING_ASKED``.

    A question that this turn asks replaces the one before it; a turn that neither asks nor answers leaves it alone.

    :param asked: the columns as they were before.
    :param before: the state before the turn.
    :param message: the id of the message that was answered.
    """
    question = turn.state.question
    acts = tuple(act for act in turn.acts if isinstance(act, _QUESTIONS))
    if question and acts and question != before.question:
        reminder = _reminder(acts, turn.state.language, rendering, short_number(message))
        return {
            "asked_by_id": message,
            "asked_text": reminder.text,
            "asked_buttons": list(reminder.buttons),
            **_moments(question, settings, again=True),
        }
    return asked if question and question == before.question else NOTHING_ASKED


def put_again(question: Question, settings: Settings) -> Mapping[str, Any]:
    """What changes of these columns when a question has just been asked for the second time: there is no third."""
    return _moments(question, settings, again=False)


def answered_after_all(
    asked: Mapping[str, Any], now_asked: Mapping[str, Any], before: State, at: dt.datetime, hours: int
) -> int | None:
    """The message that raised a question which went to staff and was answered all the same, while it was open.

    :param asked: what ``put_question`` was given, and ``now_asked`` what it made of it.
    :param before: the state before the turn that came ``at`` this time.
    :param hours: how long a question stays open.
    """
    went_to_staff = asked["asked_by_id"] is not None and asked["to_staff_at"] is None
    was_open = before.question is not None and before.question.is_open(at, hours)
    return asked["asked_by_id"] if went_to_staff and was_open and asked is not now_asked else None


def ran_out(
    asked: Mapping[str, Any], now_asked: Mapping[str, Any], before: State, turn: Reply, at: dt.datetime, hours: int
) -> Question | None:
    """The question whose time was over before this turn, and that staff haven't got yet: nobody else has its values.

    :param asked: what ``put_question`` was given, and ``now_asked`` what it made of it; see ``answered_after_all``.
    """
    question = before.question
    waits_for_staff = asked["asked_by_id"] is not None and asked["to_staff_at"] is not None
    if question is None or not waits_for_staff or asked is now_asked or turn.outcome is Outcome.ACCEPTED:
        return None
    return None if question.is_open(at, hours) else question


def offered(question: Question | None) -> list[dict[str, object]]:
    """The values that wait for a yes, with the time at which they first came: it decides for which month they count."""
    if question is None:
        return []
    return [
        {"account": one.account, "serial": one.serial, "zone": zone, "units": units, "at": question.at.isoformat()}
        for one in question.pending
        for zone, units in zip(ZONES, one.values, strict=False)
    ]


def close_answered(messages: Collection[int], now: dt.datetime) -> None:
    """Take the questions that these messages raised, or that staff asked, from their queue: the customer answered."""
    if messages:
        waiting = StaffTask.objects.filter(message_id__in=messages, closed_at=None)
        asked = waiting.filter(Q(reason=UNANSWERED) | Q(asked_at__isnull=False))
        asked.update(closed_at=now, closed_by=CUSTOMER)


def close_photos(senders: Collection[tuple[str, str]], hours: int, now: dt.datetime) -> None:
    """Take the photos that these senders sent so lately from the queue: they said themselves what is on them."""
    for channel, sender in senders:
        StaffTask.objects.filter(
            reason="photo",
            closed_at=None,
            asked_at=None,
            created_at__gte=now - dt.timedelta(hours=hours),
            message__channel=channel,
            message__sender=sender,
        ).update(closed_at=now, closed_by=CUSTOMER)


def take_back(messages: Collection[int], now: dt.datetime) -> None:
    """Don't ask again what these messages raised: the reminder still waits, and the customer was quicker."""
    keys = [key_of_reminder(one) for one in messages]
    waiting = OutboundMessage.objects.filter(key__in=keys, state=OutboundMessage.State.WAITING) if keys else None
    for reminder in list(waiting.select_for_update()) if waiting is not None else ():
        reminder.state = OutboundMessage.State.EXPIRED
        reminder.save(update_fields=["state"])
        Delivery.objects.create(outbound=reminder, began_at=now, ended_at=now, result=DROPPED)


def key_of_reminder(message: int) -> str:
    """What makes the reminder of the question that this message raised the only one."""
    return f"{ASKED_AGAIN}:{message}"


def _reminder(acts: tuple[Act, ...], language: str, rendering: str, number: str) -> Rendered:
    """The question in words once more; that it was asked before is said where there is room."""
    said = render((Say(Saying.ASKED_AGAIN), *acts), language, rendering, number)
    return said if said.whole else render(acts, language, rendering, number)


def _moments(question: Question, settings: Settings, *, again: bool) -> dict[str, dt.datetime | None]:
    at, hours = question.asked_at.astimezone(settings.zone), settings.dialogue.question_hours
    ask_again_at = asked_again(at, settings.window, hours, settings.quiet) if again else None
    return {"ask_again_at": ask_again_at, "to_staff_at": goes_to_staff(at, settings.window, hours)}
