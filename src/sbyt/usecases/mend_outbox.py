"""What people decide of messages that did not arrive: send again, or let be."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from sbyt.messaging.delivery import DROPPED
from sbyt.messaging.models import Delivery, OutboundMessage
from sbyt.messaging.outbox import LIFE, State

_MENDABLE = (State.WAITING, State.UNCERTAIN, State.FAILED, State.EXPIRED)


class UnableToMend(ValueError):
    """A message can't be sent again or dropped. The text says which, what it is, and what to do."""


def send_again(number: int, now: dt.datetime) -> None:
    """Send a message again that did not arrive, or of which nobody knows: at once, or after the quiet hours.

    It gets another week. An answer of which nobody knew before is not sent twice more: doubted again, it is listed.

    :raises UnableToMend: if there is no such message, or it arrived, or is being sent.
    """
    with transaction.atomic():
        message = _found(number, "Отправлять снова нечего.")
        message.state = State.WAITING
        message.send_at = now
        message.expires_at = now + LIFE
        message.save(update_fields=["state", "send_at", "expires_at"])


def drop(number: int, now: dt.datetime) -> None:
    """Let a message be: what waits is not sent, what did not arrive is listed no longer. The log keeps it.

    :raises UnableToMend: if there is no such message, or it arrived, or is being sent.
    """
    with transaction.atomic():
        message = _found(number, "Снимать нечего.")
        if message.state == State.WAITING:
            message.state = State.FAILED
            message.save(update_fields=["state"])
        Delivery.objects.create(outbound=message, began_at=now, ended_at=now, result=DROPPED)


def _found(number: int, then: str) -> OutboundMessage:
    message = OutboundMessage.objects.select_for_update().filter(id=number).first()
    if message is None:
        raise UnableToMend(f"Сообщения {number} в исходящих нет. Номера: sbyt outbox")
    if message.state == State.DELIVERED:
        raise UnableToMend(f"Сообщение {number} доставлено. {then}")
    if message.state not in _MENDABLE:
        raise UnableToMend(f"Сообщение {number} сейчас отправляется. Повторите через минуту.")
    return message
