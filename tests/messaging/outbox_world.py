"""Messages in an outbox: written, claimed and recorded at times that a test names in seconds."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from sbyt.messaging import delivery, outbox
from sbyt.messaging.channel import Sent, UnableToSend
from sbyt.messaging.delivery import Attempt
from sbyt.messaging.models import Delivery, OutboundMessage, Pace
from sbyt.messaging.outbox import Claim, Claimed
from sbyt.messaging.pacing import Rate

NOON = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)  # in Moscow
ANSWER, NOTICE, ANNOUNCEMENT = OutboundMessage.Kind
FAST = Rate(100_000)

_people = itertools.count(1)


def at(seconds: float) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


def write(text: str = "Приняли 4425.", **other: Any) -> None:
    """Write a message to a person of its own, at noon, unless told otherwise."""
    message = {"channel": "sms", "recipient": f"person {next(_people)}", "now": NOON, **other}
    outbox.write(text=text, **message)


def claim(
    seconds: float = 0,
    *,
    limit: int = 100,
    rate: Rate = FAST,
    channel: str = "sms",
    quiet: bool = False,
    apart: float = 0,
) -> Claim:
    return outbox.claim(channel, limit, at(seconds), rate=rate, quiet=quiet, apart=dt.timedelta(seconds=apart))


def claimed(seconds: float = 0, **other: Any) -> list[str]:
    """The texts of what is claimed."""
    return [one.outgoing.text for one in claim(seconds, **other).messages]


def record(message: Claimed, outcome: Sent | UnableToSend, seconds: float = 1, *, began: float = 0) -> None:
    attempt = Attempt(message.outgoing.id, message.attempt, at(began), at(seconds), outcome)
    delivery.record("sms", [attempt])


def attempt(outcome: Sent | UnableToSend, seconds: float) -> None:
    """Claim the one message that is due and let its attempt end so, a second later."""
    (message,) = claim(seconds).messages
    record(message, outcome, seconds + 1, began=seconds)


def states() -> list[str]:
    return list(OutboundMessage.objects.order_by("id").values_list("state", flat=True))


def log() -> list[str]:
    return list(Delivery.objects.order_by("id").values_list("result", flat=True))


def waits() -> float:
    """In seconds after noon, when the only message may be sent again."""
    return (OutboundMessage.objects.get(state="waiting").send_at - NOON).total_seconds()


def pace() -> Pace:
    return Pace.objects.get(channel="sms")
