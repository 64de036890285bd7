"""Many people who used WhatsApp, two stand-in providers that go wrong, and a clock that is moved: a mass notice runs.

What is ours is real: preparing, feeder, outbox, sender, guard. Whoever drives it moves the clock and calls ``tick``;
the providers check at each attempt what must never happen, and remember a byte a person, however many there are.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar
from unittest.mock import patch

from django.db import connection

from sbyt.bulk import transaction
from sbyt.config.channels import DEFAULT_CHANNELS
from sbyt.core.periods import Period
from sbyt.core.settings import ChannelState, Settings
from sbyt.messaging import delivery
from sbyt.messaging.channel import (
    Capabilities,
    Channel,
    InboundEvent,
    MessageRefused,
    Outgoing,
    RecipientGone,
    Request,
    Sent,
    Throttled,
    Uncertain,
    Unreachable,
)
from sbyt.notices.feeding import feed
from sbyt.notices.guarding import guard_of
from sbyt.notices.models import Addressee, Campaign
from sbyt.notices.numbers import End, counts, end_of, totals
from sbyt.readings.models import Reading
from sbyt.usecases import send_messages
from sbyt.usecases.channels import Change, change_channel
from sbyt.usecases.mass_notices import Plan, Who, approve, pause, prepare_withdrawn, resume, stop
from sbyt.usecases.send_messages import Sender
from tests.simulation.many_people import CHAT, PHONE, STRANGER, tables
from tests.simulation.work import InLine

SETTINGS = Settings(channels=DEFAULT_CHANNELS)
NOVEMBER = Period.parse("2026-11")
BEGINNING = dt.datetime(2026, 11, 20, 16, 0, tzinfo=dt.UTC)  # 19:00 in Moscow: two hours, then a night
ANNA, BORIS = Who("Анна"), Who("Борис")
RATES = {"sms": 30, "telegram": 80}
TICK = dt.timedelta(seconds=0.1)


class Broken(AssertionError):
    """Something happened that never may."""


class Killed(Exception):
    """A process ended at this moment: what it had claimed it neither sends nor records."""


class StandIn(Channel):
    """A provider that takes what it is given, refuses, is out, or does not answer."""

    capabilities: ClassVar[Capabilities] = Capabilities(buttons=True)

    def __init__(self, code: str, town: Town) -> None:
        self.code = code  # type: ignore[misc]  # a class each would say no more
        self.per_second = RATES[code]  # type: ignore[misc]
        self.is_out = False
        self._town = town
        self._times: deque[dt.datetime] = deque(maxlen=self.per_second)

    def verify(self, request: Request) -> None: ...

    def parse(self, request: Request) -> Sequence[InboundEvent]:
        return []

    async def send(self, outgoing: Outgoing) -> Sent:
        town = self._town
        if town.is_dying:
            raise Killed
        self._look_at_the_rate(town.now)
        person = town.number_of(self.code, outgoing.recipient)
        town.is_asked(person)
        luck = town.chance.random()
        if self.is_out:
            raise Unreachable("no route")
        if luck < town.busy:
            raise Throttled("429", wait=2)
        if luck < town.busy + town.lost:
            town.is_doubtful(person, arrived=town.chance.random() < 0.5)
            raise Uncertain("no answer in time")
        if luck < town.busy + town.lost + town.refused:
            town.is_refused(person)
            raise town.chance.choice([RecipientGone("gone"), MessageRefused("no")])
        town.is_sent(person)
        return Sent()

    def _look_at_the_rate(self, now: dt.datetime) -> None:
        if len(self._times) == self._times.maxlen and now - self._times[0] < dt.timedelta(seconds=1):
            self._town.breaks(f"{self.code}: more than {self.per_second} within a second at {now}")
        self._times.append(now)


#: What is known of a person outside, a byte each.
_NOTHING, _SENT, _REFUSED, _DOUBTFUL = range(4)


class Town:
    """The people, by their numbers from 0; what they were told; and what they handed in meanwhile."""

    def __init__(
        self, people: int, seed: int, *, refused: float = 0.01, lost: float = 0.002, busy: float = 0.001
    ) -> None:
        self.people = people
        self.chance = random.Random(seed)
        self.refused, self.lost, self.busy = refused, lost, busy
        self.now = BEGINNING
        self.told = bytearray(people)
        self.handed_in = bytearray(people)
        self.channels: dict[str, Channel] = {code: StandIn(code, self) for code in RATES}
        self.counts: Counter[str] = Counter()
        self.is_paused = False
        self.is_over = False
        self.may_kill = self.is_dying = False
        self.kills = 0
        self.broken = ""  # the first promise that was; whatever a channel raises, the sender takes for its fault
        self.campaign: Campaign
        self._senders: list[Sender] = []

    def fill(self) -> None:
        """Everybody's account, meter, links and one message in WhatsApp, which is withdrawn."""
        with transaction() as bulk:
            for table, rows in tables(self.people, self.now):
                bulk.append(table, rows)
        if connection.vendor == "postgresql":
            connection.cursor().execute("ANALYZE")  # as its own housekeeping does, a minute later
        change_channel(Change("whatsapp", ChannelState.WITHDRAWN, "Анна", why="Доступ закрыт"), SETTINGS, self.now)

    def prepare(self, **plan: Any) -> Campaign:
        chosen = Plan(**plan)
        self.campaign = prepare_withdrawn("whatsapp", chosen, ANNA, SETTINGS, self.channels, self.now)
        return self.campaign

    def approve(self) -> None:
        approve(self.campaign.pk, BORIS, SETTINGS, self.now)

    # what people and staff do -----------------------------------------------------------------------------------------

    def hand_in(self, person: int) -> None:
        if self.handed_in[person]:
            return
        Reading.objects.create(
            register_id=person + 1,
            period=NOVEMBER,
            kind="customer",
            value=1,
            taken_on=self.now.date(),
            loaded_at=self.now,
        )
        self.handed_in[person] = 1

    def pause(self) -> None:
        pause(self.campaign.pk, ANNA, self.now)
        self.is_paused = True

    def resume(self) -> None:
        resume(self.campaign.pk, ANNA, self.now)
        self.is_paused = False

    def stop(self) -> None:
        stop(self.campaign.pk, ANNA, self.now)
        self.is_over = True

    # what the providers see -------------------------------------------------------------------------------------------

    def number_of(self, code: str, recipient: str) -> int:
        return int(recipient.removeprefix(PHONE[:5] if code == "sms" else CHAT[0]))

    def is_asked(self, person: int) -> None:
        """An attempt to tell somebody: it may be one of these only."""
        if self.told[person]:
            self.breaks(f"{person} was told, refused, or perhaps told, and is written to again")
        if self.handed_in[person]:
            self.breaks(f"{person} is written to though the reading is there")
        if SETTINGS.quiet.holds(self.now.astimezone(SETTINGS.zone)):
            self.breaks(f"{person} is written to at night, {self.now}")
        if self.now >= self.campaign.until:
            self.breaks(f"{person} is written to after the last day")
        if self.is_paused or self.is_over:
            self.breaks(f"{person} is written to though it is paused or stopped")
        if self.may_kill and self.chance.random() < 0.3:
            self.is_doubtful(person, arrived=self.chance.random() < 0.5)
            self.is_dying = True
            raise Killed

    def breaks(self, said: str) -> None:
        """Remember the first promise that was broken, until whoever drives this can be told."""
        self.broken = self.broken or said
        raise Broken(said)

    def is_sent(self, person: int) -> None:
        self.told[person] = _SENT
        self.counts["sent"] += 1

    def is_refused(self, person: int) -> None:
        self.told[person] = _REFUSED
        self.counts["refused"] += 1

    def is_doubtful(self, person: int, *, arrived: bool) -> None:
        self.told[person] = _DOUBTFUL
        self.counts["doubtful"] += 1
        self.counts["doubtful, arrived"] += arrived

    # what our workers do ----------------------------------------------------------------------------------------------

    def begin(self, workers: int = 1) -> None:
        """Some workers, each with its senders."""
        self._senders = [
            Sender(channel, SETTINGS, lambda: self.now, guard=guard_of(SETTINGS))
            for _ in range(workers)
            for channel in self.channels.values()
        ]

    def end(self) -> None:
        for sender in self._senders:
            sender.__exit__(None, None, None)

    def feed(self) -> int:
        return feed(SETTINGS, self.channels, self.now)

    def send(self) -> int:
        """One round of all senders; tell how many attempts ended.

        :raises Broken: if a promise was broken.
        :raises Killed: if their process is to end there.
        """
        ended = 0
        for sender in self._senders:
            sender.begin_due()
            if self.broken:
                raise Broken(self.broken)
            if self.is_dying:
                self.is_dying, self.kills = False, self.kills + 1
                raise Killed
            ended += sender.settle(0) if sender.under_way else 0
        return ended

    def tidy(self) -> None:
        delivery.recover(self.now)
        delivery.expire(self.now)

    @property
    def is_night(self) -> bool:
        return SETTINGS.quiet.holds(self.now.astimezone(SETTINGS.zone))

    # what is true in the end ------------------------------------------------------------------------------------------

    def check(self) -> dict[End, int]:
        """Each person came to exactly one end, and to the one that the providers know of.

        :raises Broken: if not.
        """
        found = totals(counts(self.campaign))
        strangers = len(range(0, self.people, STRANGER))
        if sum(found.values()) != self.people or found[End.WAITING] or found[End.UNDER_WAY]:
            raise Broken(f"the numbers do not add up: {found} of {self.people}")
        if found[End.UNREACHABLE] != strangers:
            raise Broken(f"{found[End.UNREACHABLE]} unreachable, {strangers} expected")
        rows = Addressee.objects.filter(campaign=self.campaign).exclude(recipient="")
        columns = rows.values_list("channel", "recipient", "state", "message__state")
        for channel, recipient, state, message in columns.iterator(chunk_size=5000):
            person, end = self.number_of(channel, recipient), end_of(state, message)
            # What was claimed by a process that ended before it sent it counts as uncertain too.
            lost = self.kills and end is End.UNCERTAIN and self.told[person] == _NOTHING
            if end not in _ENDS[self.told[person]] and not lost:
                raise Broken(f"{person} counts as {end}, outside is known {self.told[person]}")
            if end is End.THERE and not self.handed_in[person]:
                raise Broken(f"{person} counts as there, but handed nothing in")
        return found


_ENDS = {
    _NOTHING: {End.THERE, End.EXPIRED, End.STOPPED},
    _SENT: {End.SENT},
    _REFUSED: {End.FAILED},
    _DOUBTFUL: {End.UNCERTAIN},
}


@contextmanager
def in_line() -> Iterator[None]:
    with patch.object(send_messages, "_Loop", InLine):
        yield


def run(town: Town, every_second: Callable[[], object] = lambda: None) -> None:
    """Until the notice is over, and what is doubtful is settled; ten rounds a second while anything is sent."""
    fed_at = tidied_at = town.now
    while True:
        if town.now >= fed_at:
            town.feed()
            every_second()
            fed_at = town.now + dt.timedelta(seconds=1)
            town.campaign.refresh_from_db(fields=["state"])
            if town.campaign.state in ("finished", "stopped"):
                break
        if town.now >= tidied_at:
            town.tidy()
            tidied_at = town.now + dt.timedelta(minutes=1)
        ended = town.send()
        town.now += dt.timedelta(minutes=1) if town.is_night else TICK if ended else dt.timedelta(seconds=1)
    for _ in range(10):
        town.now += dt.timedelta(minutes=1)
        town.tidy()
