"""Has a message handled again that people got because we failed, once what was wrong is mended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from sbyt.messaging.inbox import hold_senders
from sbyt.messaging.models import InboundMessage
from sbyt.messaging.numbers import message_of, short_number
from sbyt.readings.models import StaffTask
from sbyt.usecases.receive_message.failures import NOT_HANDLED


class UnableToHandleAgain(ValueError):
    """A message can't be handled again. The text says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class NotHandled:
    """A message that staff have because handling it failed."""

    number: str
    channel: str
    received_at: dt.datetime


def not_handled(limit: int) -> list[NotHandled]:
    """The messages that staff have because handling them failed, the oldest first."""
    tasks = StaffTask.objects.filter(closed_at=None, reason=NOT_HANDLED).select_related("message").order_by("id")
    return [
        NotHandled(short_number(task.message.id), task.message.channel, task.message.received_at)
        for task in tasks[:limit]
        if task.message is not None
    ]


def handle_again(number: str, by: str, now: dt.datetime) -> None:
    """Put a message back among those that wait: a worker handles it, its sender gets the real answer.

    What it means is judged by the time at which it came, as if it had never failed. Staff's task is closed.

    :param by: who decided it.

    :raises UnableToHandleAgain: if there is no such message, staff don't have it for this reason (any more), or its
        sender was answered later messages since: a «да» of then would be taken for the answer to a question of now.
    """
    found = message_of(number)
    with transaction.atomic():
        hold_senders([found or 0])
        message = InboundMessage.objects.filter(pk=found or 0).first()
        if message is None:
            raise UnableToHandleAgain(f"Сообщения {number} нет. Номера: sbyt inbox")
        tasks = StaffTask.objects.filter(message=message, reason=NOT_HANDLED, closed_at=None)
        if message.handled_at is None or not tasks:
            raise UnableToHandleAgain(f"Сообщение {number} не ждёт сотрудника из-за сбоя, повторять нечего.")
        if later := _answered_since(message):
            raise UnableToHandleAgain(
                f"После сообщения {number} этот человек писал ещё ({short_number(later.pk)}) и получил ответ. "
                f"Прочтите оба (sbyt find {number}) и ответьте сами."
            )
        tasks.update(closed_at=now, closed_by=by)
        message.handled_at, message.result, message.attempts, message.retry_at = None, None, 0, None
        message.save(update_fields=["handled_at", "result", "attempts", "retry_at"])


def handle_all_again(by: str, now: dt.datetime) -> tuple[int, Sequence[str]]:
    """Put all of them back.

    :returns: how many were, and why each of the others was not.
    """
    done, refused = 0, list[str]()
    ids = (
        StaffTask.objects.filter(closed_at=None, reason=NOT_HANDLED).order_by("id").values_list("message_id", flat=True)
    )
    for message in list(ids):
        try:
            handle_again(short_number(message or 0), by, now)
        except UnableToHandleAgain as error:
            refused.append(str(error))
        else:
            done += 1
    return done, refused


def _answered_since(message: InboundMessage) -> InboundMessage | None:
    """A later message of the same sender that was handled as it should be."""
    later = InboundMessage.objects.filter(channel=message.channel, sender=message.sender, id__gt=message.pk)
    return later.exclude(handled_at=None).exclude(result__reason=NOT_HANDLED).order_by("id").first()
