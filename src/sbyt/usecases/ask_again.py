"""Open questions that nobody answered: asked once more before the window closes, then given to staff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from sbyt.accounts.models import Account
from sbyt.conversation.state import Question, State
from sbyt.core.resources import ZONES
from sbyt.core.settings import ChannelState, Settings
from sbyt.messaging.inbox import hold_senders
from sbyt.messaging.models import Conversation, InboundMessage, OutboundMessage
from sbyt.messaging.statuses import current_channels
from sbyt.readings.models import StaffTask
from sbyt.usecases.receive_message.questions import UNANSWERED, put_again

ASKED_AGAIN = "asked_again"

_ASKED = ("state", "updated_at", "ask_again_at", "to_staff_at")


def ask_again(settings: Settings, now: dt.datetime, limit: int = 100) -> int:
    """Ask up to so many open questions once more whose time has come; none in quiet hours.

    The question stays open anew from now on; a confirmed value keeps the time at which it first came. Where an answer
    has arrived already, or the channel is closed, nothing is asked. Any number of workers may call this.

    :returns: how many were dealt with.

    :raises DatabaseError: if the database is out of reach; what is done by then stays done.
    """
    if settings.quiet.holds(now.astimezone(settings.zone)):
        return 0
    due = Conversation.objects.filter(ask_again_at__lte=now, to_staff_at__gt=now)
    return _each(due.order_by("ask_again_at", "id"), limit, lambda talk: _put_again(talk, settings, now))


def hand_to_staff(settings: Settings, now: dt.datetime, limit: int = 100) -> int:
    """Give up to so many questions to staff that nobody answered in time, each once.

    Staff see the message that raised it, the values that wait for a yes and when these came. While the question is
    open the customer may still answer. Any number of workers may call this.

    :returns: how many were given.

    :raises DatabaseError: if the database is out of reach; what is done by then stays done.
    """
    due = Conversation.objects.filter(to_staff_at__lte=now)
    return _each(due.order_by("to_staff_at", "id"), limit, lambda talk: _hand_over(talk, settings, now))


def _each(due: QuerySet[Conversation], limit: int, deal_with: Callable[[Conversation], None]) -> int:
    """Deal with conversations that are due, each in a transaction that holds its sender.

    One whose sender has just written waits until that is handled: it may be the answer.
    """
    count = 0
    for pk, message in _left_alone(due).values_list("pk", "asked_by_id")[:limit]:
        with transaction.atomic():
            hold_senders([message])
            # Somebody else may have been quicker, or the customer.
            talk = _left_alone(due).filter(pk=pk, asked_by_id=message).first()
            if talk:
                deal_with(talk)
                talk.save(update_fields=_ASKED)
                count += 1
    return count


def _left_alone(talks: QuerySet[Conversation]) -> QuerySet[Conversation]:
    waiting = InboundMessage.objects.filter(
        channel=OuterRef("channel"), sender=OuterRef("sender"), handled_at__isnull=True
    )
    return talks.filter(~Exists(waiting), asked_by__isnull=False)


def _put_again(talk: Conversation, settings: Settings, now: dt.datetime) -> None:
    local = now.astimezone(settings.zone)
    state = State.from_json(talk.state, settings.language)
    channel = current_channels(settings, local.date()).get(talk.channel)
    talk.ask_again_at, talk.updated_at = None, now
    if state.question is None or (channel and channel.state in (ChannelState.WITHDRAWN, ChannelState.PLANNED)):
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
        key=f"{ASKED_AGAIN}:{talk.asked_by_id}",
        in_reply_to_id=talk.asked_by_id,
        created_at=now,
        send_at=now,
        expires_at=talk.to_staff_at,
    )
    OutboundMessage.objects.bulk_create([notice], ignore_conflicts=True)


def _hand_over(talk: Conversation, settings: Settings, now: dt.datetime) -> None:
    question = State.from_json(talk.state, settings.language).question
    talk.ask_again_at, talk.to_staff_at, talk.updated_at = None, None, now
    StaffTask.objects.create(
        message_id=talk.asked_by_id,
        account=_account(question),
        reason=UNANSWERED,
        offered=_offered(question),
        created_at=now,
    )


def _account(question: Question | None) -> Account | None:
    """The account of the values that wait for a yes, if they are all of one."""
    numbers = {one.account for one in question.pending} if question else set()
    return Account.objects.filter(number=numbers.pop()).first() if len(numbers) == 1 else None


def _offered(question: Question | None) -> list[dict[str, object]]:
    """The values that wait for a yes, with the time at which they first came: it decides for which month they count."""
    if question is None:
        return []
    return [
        {"account": one.account, "serial": one.serial, "zone": zone, "units": units, "at": question.at.isoformat()}
        for one in question.pending
        for zone, units in zip(ZONES, one.values, strict=False)
    ]
