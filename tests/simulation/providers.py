"""The providers outside: what they took from people and hand to us, and what we gave them for people."""

from __future__ import annotations

import datetime as dt
import enum
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from sbyt.messaging.channel import (
    Capabilities,
    Channel,
    InboundEvent,
    MessageRefused,
    NotAuthorised,
    Outgoing,
    ProviderFailed,
    RecipientGone,
    Request,
    Sent,
    Throttled,
    UnableToParse,
    UnableToVerify,
    Uncertain,
    Unreachable,
)
from tests.simulation.processes import BEGINNING

_SIGNATURE = "right"


class Mood(enum.StrEnum):
    """How a provider is today."""

    WELL = "well"
    SILENT = "silent"  # no connection, neither way
    FAILING = "failing"  # 5xx
    SLOW = "slow"  # time-outs, and nobody knows what arrived
    BUSY = "busy"  # 429
    STRICT = "strict"  # our key isn't accepted


@dataclass
class Written:
    """A message of a person, and whether we said that we have it."""

    channel: str
    sender: str
    text: str
    provider_id: str
    at: dt.datetime
    acknowledged: bool = False
    given_up: bool = False
    shown: dict[str, object] | None = None  # in a live session


class Known(enum.StrEnum):
    """How an attempt to send ended, as we could know it."""

    TAKEN = "taken"
    REFUSED = "refused"  # certainly not sent
    UNKNOWN = "unknown"


@dataclass
class Attempt:
    """One call of ``send``. ``known`` is unknown until the answer is there."""

    outgoing: Outgoing
    claimed_at: dt.datetime  # by our clock
    true_at: dt.datetime
    unsent: frozenset[int]  # what else waited when it was claimed
    known: Known = Known.UNKNOWN
    arrived: bool = False

    @property
    def is_stale(self) -> bool:
        """Whether the worker was stopped for long between looking at the clock and sending (where ours is right)."""
        return self.true_at - self.claimed_at > dt.timedelta(minutes=1)


@dataclass
class Provider:
    """One provider: what it holds for us, how it is, what it was given."""

    code: str
    mood: Mood = Mood.WELL
    well_since: dt.datetime = BEGINNING - dt.timedelta(days=1)  # the true time
    waiting: list[Written] = field(default_factory=list)  # not acknowledged yet
    acknowledged: list[Written] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)


class FakeChannel(Channel):
    """A channel of the simulation, as others are: it translates, and asks its provider."""

    capabilities: ClassVar[Capabilities] = Capabilities(buttons=True)
    per_second: ClassVar[int] = 2

    def __init__(
        self,
        provider: Provider,
        chance: random.Random,
        begin: Callable[[Outgoing], Attempt],
        stop: Callable[[str], None],
    ) -> None:
        self.code = provider.code  # type: ignore[misc]  # a class each would say no more
        self._provider = provider
        self._chance = chance
        self._begin = begin
        self._stop = stop  # where the seed may stop, kill or pause the process that sends

    def verify(self, request: Request) -> None:
        if request.headers.get("x-signature") != _SIGNATURE:
            raise UnableToVerify("x-signature")

    def parse(self, request: Request) -> Sequence[InboundEvent]:
        try:
            events = json.loads(request.body)
            return [
                InboundEvent(one["id"], one["from"], one["text"], dt.datetime.fromisoformat(one["at"]))
                for one in events
            ]
        except (ValueError, KeyError, TypeError) as error:
            raise UnableToParse("no events") from error

    async def send(self, outgoing: Outgoing) -> Sent:
        attempt = self._begin(outgoing)
        self._stop("send")  # whoever dies here has not called the provider
        self._provider.attempts.append(attempt)
        try:
            self._answer(attempt)
        finally:
            self._stop("sent")
        return Sent(f"{self.code}-{len(self._provider.attempts)}")

    def _answer(self, attempt: Attempt) -> None:
        mood = self._provider.mood
        if mood is Mood.SLOW and self._chance.random() < 0.7:
            attempt.arrived = self._chance.random() < 0.5
            raise Uncertain("no answer in time")
        if mood in _REFUSALS:
            attempt.known = Known.REFUSED
            raise _REFUSALS[mood]
        luck = self._chance.random()
        if luck < 0.02:
            attempt.known = Known.REFUSED
            raise self._chance.choice([RecipientGone("gone"), MessageRefused("no")])
        attempt.known, attempt.arrived = Known.TAKEN, True


_REFUSALS = {
    Mood.SILENT: Unreachable("no route"),
    Mood.FAILING: ProviderFailed("503"),
    Mood.BUSY: Throttled("429", wait=3),
    Mood.STRICT: NotAuthorised("401"),
}


def posted(messages: Sequence[Written]) -> tuple[bytes, dict[str, str]]:
    """What a provider posts: the body and the headers."""
    events = [
        {"id": one.provider_id, "from": one.sender, "text": one.text, "at": one.at.isoformat()} for one in messages
    ]
    return json.dumps(events).encode(), {"x-signature": _SIGNATURE}
