"""Open questions that nobody answered: asked once more before the window closes, then given to staff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from sbyt.accounts.models import Account
from sbyt.conversation.state import Question, State
from sbyt.core.settings import USABLE, ChannelSettings, Settings
from sbyt.messaging.channel import Channel
from sbyt.messaging.inbox import hold_senders
from sbyt.messaging.models import Conversation, InboundMessage, OutboundMessage
from sbyt.messaging.numbers import short_number
from sbyt.messaging.silence import silent
from sbyt.messaging.statuses import current_channels
from sbyt.readings.models import StaffTask
from sbyt.usecases.receive_message.questions import ASKED_AGAIN, UNANSWERED, key_of_reminder, offered, put_again

_log = structlog.get_logger(__name__)

_ASKED = ("state", "updated_at", "ask_again_at", "to_staff_at")


def ask_again(
    settings: Settings, now: dt.datetime, limit: int = 100, *, connected: Mapping[str, Channel] | None = None
) -> int:
    """Ask up to so many open questions once more whose time has come; none in quiet hours.

    The question stays open anew from now on; a confirmed value keeps the time at which it first came. Where an answer
    has arrived already, or nobody can be written to that way, nothing is asked. Any number of workers may call this.

    :param connected: the channels that can send; None where nobody knows.

    :returns: how many were dealt with.

    :raises DatabaseError: if the database is out of reach; what is done by then stays done.
    """
    if settings.quiet.holds(now.astimezone(settings.zone)):
        return 0
    due = Conversation.objects.filter(ask_again_at__lte=now, to_staff_at__gt=now)
    return _each(
        due.order_by("ask_again_at", "id"),
        limit,
        now,
        lambda talk, message: _put_again(talk, message, settings, now, connected),
    )


def hand_to_staff(settings: Settings, now: dt.datetime, limit: int = 100) -> int:
    """Give up to so many questions to staff that nobody answered in time, each once.

    Staff see the message that raised it, the values that wait for a yes and when these came. While the question is
    open the customer may still answer. Any number of workers may call this.

    :returns: how many were given.

    :raises DatabaseError: if the database is out of reach; what is done by then stays done.
    """
    due = Conversation.objects.filter(to_staff_at__lte=now)
    return _each(
        due.order_by("to_staff_at", "id"), limit, now, lambda talk, message: _hand_over(talk, message, settings, now)
    )


def _each(
    due: QuerySet[Conversation], limit: int, now: dt.datetime, deal_with: Callable[[Conversation, int], None]
) -> int:
    """Deal with conversations that are due, each in a transaction that holds its sender.

    One whose sender has just written waits until that is handled: it may be the answer.
    """
    count = 0
    for pk, message in _left_alone(due).values_list("pk", "asked_by_id")[:limit]:
        if message is not None:
            count += _deal_with_one(_left_alone(due).filter(pk=pk, asked_by_id=message), message, now, deal_with)
    return count


def _deal_with_one(
    due: QuerySet[Conversation], message: int, now: dt.datetime, deal_with: Callable[[Conversation, int], None]
) -> bool:
    try:
        with transaction.atomic():
            hold_senders([message])
            # Somebody else may have been quicker, or the customer.
            talk = due.first()
            if talk:
                deal_with(talk, message)
                talk.save(update_fields=_ASKED)
            return talk is not None
    except (KeyError, TypeError, ValueError) as error:
        # What can't be read must not hold up the others: people look at it now.
        _log.error("question_not_readable", message=short_number(message), error=type(error).__name__)
        with transaction.atomic():
            StaffTask.objects.create(message_id=message, reason=UNANSWERED, created_at=now)
            due.update(ask_again_at=None, to_staff_at=None)
        return True


def _left_alone(talks: QuerySet[Conversation]) -> QuerySet[Conversation]:
    waiting = InboundMessage.objects.filter(
        channel=OuterRef("channel"), sender=OuterRef("sender"), handled_at__isnull=True
    )
    return talks.filter(~Exists(waiting), asked_by__isnull=False)


def _put_again(
    talk: Conversation, message: int, settings: Settings, now: dt.datetime, connected: Mapping[str, Channel] | None
) -> None:
    local = now.astimezone(settings.zone)
    state = State.from_json(talk.state, settings.language)
    talk.ask_again_at, talk.updated_at = None, now
    if state.question is None or not _can_ask(talk, current_channels(settings, local.date()), connected):
        return
    question = replace(state.question, asked_at=local)
    talk.state = state.asking(question).to_json()
    talk.to_staff_at = put_again(question, settings)["to_staff_at"]
    notice = OutboundMessage(
        channel=talk.channel,
        recipient=talk.sender,
        text=talk.asked_text,
        buttons=talk.asked_buttons,
        kind=OutboundMessage.Kind.NOTICE,
        purpose=ASKED_AGAIN,
        key=key_of_reminder(message),
        in_reply_to_id=message,
        created_at=now,
        send_at=now,
        expires_at=talk.to_staff_at,
    )
    OutboundMessage.objects.bulk_create([notice], ignore_conflicts=True)


def _can_ask(
    talk: Conversation, states: Mapping[str, ChannelSettings], connected: Mapping[str, Channel] | None
) -> bool:
    """Whether this person can be written to first: not on the telephone, on a page they have left, after «стоп»."""
    channel = states.get(talk.channel)
    if channel and (channel.state not in USABLE or channel.rendering == "keypad"):
        return False
    if silent([(talk.channel, talk.sender)]):
        return False
    if connected is None:
        return True
    return talk.channel in connected and connected[talk.channel].reaches(talk.sender)


def _hand_over(talk: Conversation, message: int, settings: Settings, now: dt.datetime) -> None:
    question = State.from_json(talk.state, settings.language).question
    talk.ask_again_at, talk.to_staff_at, talk.updated_at = None, None, now
    StaffTask.objects.create(
        message_id=message,
        account=_account(question),
        reason=UNANSWERED,
        offered=offered(question),
        created_at=now,
    )


def _account(question: Question | None) -> Account | None:
    """The account of the values that wait for a yes, if they are all of one."""
    numbers = {one.account for one in question.pending} if question else set()
    return Account.objects.filter(number=numbers.pop()).first() if len(numbers) == 1 else None
