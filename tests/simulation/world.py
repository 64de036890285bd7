"""A run of the simulation: one seed, a town, our processes, the providers, and everything that may go wrong.

Nothing here is left to chance but what ``random.Random(seed)`` says: the same seed is the same run.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import DatabaseError, connection
from django.test import override_settings

from sbyt.messaging.channel import Outgoing
from tests.simulation import work
from tests.simulation.invariants import Broken, Invariants
from tests.simulation.people import something_to_say
from tests.simulation.processes import BEGINNING, Order, Point, Process
from tests.simulation.providers import Attempt, FakeChannel, Mood, Provider, Written
from tests.simulation.town import LIVE, PEOPLE, POSTED, SETTINGS

_MINUTE, _HOUR, _DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


@dataclass
class Temper:
    """What may go wrong in a run, and how often. Each run leaves some of it out, so that faults meet in many ways."""

    pause: float
    pause_in_transaction: float
    die: float
    fail: float
    moods: tuple[Mood, ...]
    jumps: bool
    states: bool
    import_file: bool
    bill: bool

    @classmethod
    def of(cls, chance: random.Random) -> Temper:
        return cls(
            pause=chance.choice((0.0, 0.1, 0.4)),
            pause_in_transaction=chance.choice((0.0, 0.0, 0.05)),
            die=chance.choice((0.0, 0.004, 0.02)),
            fail=chance.choice((0.0, 0.0, 0.003, 0.015)),
            moods=tuple(mood for mood in Mood if mood is not Mood.WELL and chance.random() < 0.5),
            jumps=chance.random() < 0.3,
            states=chance.random() < 0.3,
            import_file=chance.random() < 0.04,
            bill=chance.random() < 0.01,
        )


@dataclass
class World:
    """All there is in a run."""

    seed: int
    steps: int = 100
    clock: dt.datetime = BEGINNING  # the true time
    skew: dt.timedelta = dt.timedelta(0)  # by how much our clock is wrong
    counts: Counter[str] = field(default_factory=Counter)
    step: int = 0
    calm: bool = False  # no faults any more
    skewed: bool = False  # our clock was wrong at some time

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.temper = Temper.of(self.chance)
        self.events: deque[str] = deque(maxlen=60)
        self.providers = {code: Provider(code) for code in POSTED}
        self.channels = {
            code: FakeChannel(provider, self.chance, self._attempt, self._at_send)
            for code, provider in self.providers.items()
        }
        self.written: list[Written] = []
        self.processes = {name: Process(name, self._decide) for name in ("web1", "web2", "live", "work1", "work2")}
        self.processes |= {name: Process(name, self._decide) for name in ("send1", "send2")}
        self.when_done: dict[str, Callable[[Process], None]] = {}
        self.running: Process | None = None
        self.invariants = Invariants(self)
        self.actions = self._actions()

    @property
    def now(self) -> dt.datetime:
        """What our clock shows."""
        return self.clock + self.skew

    def note(self, kind: str, said: str = "") -> None:
        self.counts[kind] += 1
        self.events.append(f"{self.step:4} {self.now:%d.%m %H:%M:%S} {kind} {said}")

    # the run ---------------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Play the whole run.

        :raises Broken: if an invariant doesn't hold.
        """
        try:
            for _ in range(self.steps):
                self.one_step()
            self.settle()
            self.invariants.at_the_end()
        finally:
            self.end()

    def end(self) -> None:
        for process in self.processes.values():
            process.end()

    @contextmanager
    def connected(self) -> Iterator[None]:
        """Let our code find these channels and this clock where it finds its own."""
        with override_settings(CONNECTED_CHANNELS=lambda: self.channels, NOW=lambda: self.now):
            yield

    def one_step(self) -> None:
        self.step += 1
        actions, weights = zip(*self.actions, strict=True)
        self.chance.choices(actions, weights)[0]()
        self.invariants.hold()

    def _actions(self) -> list[tuple[Callable[[], None], float]]:
        temper = self.temper
        return [
            (self._somebody_writes, 14),
            (self._provider_posts, 18),
            (self._provider_repeats, 3),
            (self._handle, 16),
            (self._send, 16),
            (self._keep_house, 4),
            (self._go_on, 14 if temper.pause else 0),
            (self._time_passes, 10),
            (self._mood_changes, 3 if temper.moods else 0),
            (self._others_go_on, 0.7 if temper.moods else 0),
            (self._kill_one, 1.5 if temper.die else 0),
            (self._clock_jumps, 2.5 if temper.jumps else 0),
            (self._state_changes, 1 if temper.states else 0),
            (self._import, 2 if temper.import_file else 0),
            (self._bill, 1 if temper.bill else 0),
        ]

    # what our processes are told -------------------------------------------------------------------------------------

    def _decide(self, process: Process, point: Point) -> Order:
        if self.calm:
            return Order.GO_ON
        temper, luck = self.temper, self.chance.random()
        if luck < temper.die:
            self.note("killed", f"{process.name} at {point}")
            return Order.DIE
        if luck < temper.die + temper.fail and self._can_fail_at(point):
            self.note("database lost", f"{process.name} at {point}")
            return Order.FAIL
        if self.chance.random() < (temper.pause_in_transaction if process.in_transaction else temper.pause):
            return Order.PAUSE
        return Order.GO_ON

    @staticmethod
    def _can_fail_at(point: Point) -> bool:
        """A provider is no database; and a commit that is through has failed only if a server didn't say so."""
        return point in (Point.STATEMENT, Point.OUTSIDE, Point.COMMIT) or (
            point is Point.COMMITTED and connection.vendor == "postgresql"
        )

    def _at_send(self, where: str) -> None:
        assert self.running
        self.running.at(Point(where))

    def _attempt(self, outgoing: Outgoing) -> Attempt:
        assert self.running
        return Attempt(outgoing, self.running.began_now, self.clock, self.running.unsent)

    def begin(self, name: str, job: Callable[[], Any], done: Callable[[Process], None]) -> None:
        process = self.processes[name]
        self.when_done[name] = done
        process.began_at, process.began_now = self.step, self.now
        process.unsent = self.invariants.unsent()
        self._run(process, lambda: process.begin(job))

    def _run(self, process: Process, move: Callable[[], None]) -> None:
        self.running = process
        move()
        self.running = None
        if process.is_idle and (done := self.when_done.pop(process.name, None)):
            if process.failed and not self._may_fail(process):
                raise Broken(self, "no job fails of itself", f"{process.name}: {process.failed!r}") from process.failed
            done(process)

    @staticmethod
    def _may_fail(process: Process) -> bool:
        return process.lost_database and isinstance(process.failed, DatabaseError)

    def idle(self, *names: str) -> str | None:
        free = [name for name in names if self.processes[name].is_idle]
        return self.chance.choice(free) if free else None

    # people and providers --------------------------------------------------------------------------------------------

    def _somebody_writes(self) -> None:
        person = self.chance.choice(PEOPLE)
        before = [one.text for one in self.written if one.sender == person.sender][-3:]
        text = something_to_say(person, self.chance, before)
        written = Written(person.channel, person.sender, text, f"m{len(self.written)}", self.clock)
        self.written.append(written)
        self.note("written", f"{person.channel} {person.sender} {text!r}")
        if person.channel == LIVE:
            self._live(written)
        else:
            self.providers[person.channel].waiting.append(written)

    def _live(self, written: Written) -> None:
        name = self.idle("live")
        if not name:
            written.given_up = True
            return
        now = self.now

        def done(process: Process) -> None:
            if process.result is None:  # nothing was shown: they try again, or give up
                if self.chance.random() < 0.7 and not self.calm:
                    self._live(written)
                else:
                    written.given_up = True
                return
            written.acknowledged = True
            self.invariants.shown(written, process.result)

        self.begin(name, lambda: work.answer_live(written, SETTINGS, now), done)

    def _provider_posts(self) -> None:
        provider = self.providers[self.chance.choice(POSTED)]
        if not provider.waiting or provider.mood is Mood.SILENT:
            return
        some = self.chance.sample(provider.waiting, min(len(provider.waiting), self.chance.choice((1, 1, 1, 3))))
        self._post(provider, some)

    def _post(self, provider: Provider, some: list[Written], *, again: bool = False) -> None:
        name = self.idle("web1", "web2")
        if not name:
            return
        channel = self.channels[provider.code]

        def done(process: Process) -> None:
            if process.result != 200 or (self.chance.random() < 0.05 and not self.calm):
                self.note("not acknowledged")  # or our answer was lost on its way: the provider will repeat it
                return
            for one in some:
                one.acknowledged = True
                if one in provider.waiting:
                    provider.waiting.remove(one)
                    provider.acknowledged.append(one)

        self.note("posted again" if again else "posted", f"{provider.code} {[one.provider_id for one in some]}")
        self.begin(name, lambda: work.take_webhook(channel, some), done)

    def _provider_repeats(self) -> None:
        provider = self.providers[self.chance.choice(POSTED)]
        if provider.acknowledged and provider.mood is not Mood.SILENT:
            self._post(provider, [self.chance.choice(provider.acknowledged)], again=True)

    def _mood_changes(self) -> None:
        provider = self.providers[self.chance.choice(POSTED)]
        provider.mood = self.chance.choice((Mood.WELL, *self.temper.moods)) if provider.mood is Mood.WELL else Mood.WELL
        provider.well_since = self.clock
        self.note(f"provider {provider.mood}", provider.code)

    # our workers -----------------------------------------------------------------------------------------------------

    def _handle(self) -> None:
        name = self.idle("work1", "work2")
        if name:
            now, limit = self.now, self.chance.choice((1, 3, 50))
            self.begin(name, lambda: work.handle(SETTINGS, now, limit), lambda _: None)

    def _send(self) -> None:
        name = self.idle("send1", "send2")
        if name:
            channel = self.channels[self._somewhere_to_send()]
            self.begin(name, lambda: work.send(channel, SETTINGS, lambda: self.now), lambda _: None)

    def _somewhere_to_send(self) -> str:
        """Mostly where something waits: looking into an empty outbox finds nothing out."""
        waiting = sorted(self.invariants.waiting_in() & set(POSTED))
        return self.chance.choice(waiting if waiting and self.chance.random() < 0.9 else POSTED)

    def _keep_house(self) -> None:
        name = self.idle("work1", "work2")
        if name:
            now, thoroughly = self.now, self.chance.random() < 0.5
            self.begin(
                name, lambda: work.keep_house(self.channels, SETTINGS, now, thoroughly=thoroughly), lambda _: None
            )

    def _go_on(self) -> None:
        busy = [process for process in self.processes.values() if not process.is_idle]
        if busy:
            process = self.chance.choice(busy)
            self._run(process, process.go_on)

    def _kill_one(self) -> None:
        busy = [process for process in self.processes.values() if not process.is_idle]
        if busy:
            process = self.chance.choice(busy)
            self.note("killed", f"{process.name} where it stood")
            self._run(process, process.kill)

    # time and the rest of the house ----------------------------------------------------------------------------------

    def _time_passes(self) -> None:
        most = self.chance.choice((_MINUTE / 6, _MINUTE, 10 * _MINUTE, _HOUR, 6 * _HOUR, 2 * _DAY))
        self.clock += most * self.chance.random()
        self.note("time passes")

    def _clock_jumps(self) -> None:
        most = self.chance.choice((_MINUTE, _HOUR, 5 * _HOUR))
        self.skewed = True
        self.skew = most * (2 * self.chance.random() - 1)
        self.note("clock set back" if self.skew < dt.timedelta(0) else "clock set forward", str(self.skew))

    def _state_changes(self) -> None:
        if self._nothing_is_locked():
            state = self.chance.choice(("open", "unstable", "withdrawn"))
            code = self.chance.choice(POSTED)
            work.set_state(code, state, SETTINGS, self.now)
            self.note(f"channel {state}", code)

    def _import(self) -> None:
        if self._nothing_is_locked():
            work.import_readings(self.chance, SETTINGS, self.now)
            self.note("file imported")

    def _bill(self) -> None:
        if self._nothing_is_locked() and not self.counts["month billed"]:
            work.bill(SETTINGS, self.now)
            self.note("month billed")

    def _nothing_is_locked(self) -> bool:
        return not any(process.in_transaction or process.waits for process in self.processes.values())

    # the end ---------------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """The faults stop, the clock runs on, and all that was begun comes to an end."""
        self.calm = True
        self.note("calm")
        for provider in self.providers.values():
            provider.mood, provider.well_since = Mood.WELL, self.clock
        self._finish_all()
        until = self.clock + 6 * _HOUR
        self.until_quiet()
        while self.invariants.unhandled() and self.clock < until:  # what fails is tried again for minutes
            self.clock += 2 * _MINUTE
            self.until_quiet()
        # Every six hours of two days are looked at: none passes without one in which notices may go.
        for wait in (_MINUTE, _MINUTE, 5 * _MINUTE, 10 * _MINUTE, _HOUR, *[6 * _HOUR] * 8):
            self.until_quiet()
            self.clock += wait
        self.until_quiet()
        self.invariants.nothing_waits()
        self.clock += 8 * _DAY
        self.until_quiet()

    def _others_go_on(self) -> None:
        """While a provider is not itself, the others' customers are served as ever."""
        well = [
            provider
            for provider in self.providers.values()
            if provider.mood is Mood.WELL and self.clock - provider.well_since > _HOUR
        ]
        if self.skew or len(well) == len(self.providers) or not well:
            return
        self.note("others looked at")
        self.calm = True
        self._finish_all()
        self.invariants.hold()
        due = self.invariants.not_begun({provider.code for provider in well})
        for _ in range(20):
            self._round([self.channels[provider.code] for provider in well])
            self.clock += dt.timedelta(seconds=1)
        self.invariants.hold()
        left = due & self.invariants.not_begun({provider.code for provider in well})
        self.invariants.require("a provider in trouble delays only its own", not left, left)
        self.calm = False

    def post_all(self) -> None:
        """The providers hand over whatever they have, as far as they are heard."""
        for provider in self.providers.values():
            while provider.waiting and provider.mood is not Mood.SILENT:
                self._post(provider, provider.waiting[:1])

    def until_quiet(self) -> None:
        """Work until nothing more is to be done at this time."""
        self.post_all()
        now = self.now
        self.begin("work1", lambda: work.keep_house(self.channels, SETTINGS, now, thoroughly=True), lambda _: None)
        while True:
            self.step += 1
            before = self.invariants.progress()
            self._round(list(self.channels.values()))
            self.invariants.hold()
            if self.invariants.progress() == before:
                return
            self.clock += dt.timedelta(seconds=1)

    def _round(self, channels: list[FakeChannel]) -> None:
        now = self.now
        self.begin("work1", lambda: work.handle(SETTINGS, now, 50), lambda _: None)
        self.invariants.hold()
        for channel in channels:
            if channel.code in self.invariants.waiting_in():
                self.begin("send1", partial(work.send, channel, SETTINGS, lambda: self.now), lambda _: None)

    def _finish_all(self) -> None:
        for _ in range(10_000):
            busy = [process for process in self.processes.values() if not process.is_idle]
            for process in busy:
                self._run(process, process.go_on)
            if not busy:
                return
        raise Broken(self, "no process waits for ever", ", ".join(self.processes))
