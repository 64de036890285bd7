"""Whatever workers, providers and clocks do, in whatever order: what always holds of the outbox."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbyt.messaging import delivery, outbox
from sbyt.messaging.channel import (
    MessageRefused,
    NotAuthorised,
    ProviderFailed,
    Sent,
    Throttled,
    UnableToSend,
    Uncertain,
    Unreachable,
)
from sbyt.messaging.delivery import UNKNOWN
from sbyt.messaging.models import Delivery, OutboundMessage
from sbyt.messaging.outbox import Claimed
from sbyt.messaging.pacing import Rate
from tests.messaging.outbox_world import ANSWER, FAST, at, claim, record, write
from tests.support.databases import FreshDatabase

RATE = Rate(3)
OUTCOMES = [Sent(), Unreachable(), ProviderFailed(), Throttled(wait=5), NotAuthorised(), Uncertain(), MessageRefused()]

steps = st.one_of(
    st.tuples(st.just("write"), st.sampled_from("abc"), st.sampled_from(list(OutboundMessage.Kind))),
    st.tuples(st.just("claim"), st.integers(1, 5), st.booleans()),
    st.tuples(st.just("end"), st.integers(0, 9), st.sampled_from(OUTCOMES)),
    st.tuples(st.just("die"), st.integers(0, 9), st.none()),
    st.tuples(st.just("pass"), st.sampled_from([0.1, 0.5, 3, 60, 130, 1000]), st.none()),
    st.tuples(st.just("recover"), st.none(), st.none()),
)


@dataclass
class Held:
    """A message that a worker has, from when on."""

    claimed: Claimed
    since: float


@dataclass
class World:
    """Some workers and what they have in their hands, by the number of the message and of the attempt."""

    now: float = 0
    held: dict[tuple[int, int], Held] = field(default_factory=dict)
    claims: list[float] = field(default_factory=list)
    attempts: Counter[int] = field(default_factory=Counter)

    def do(self, step: tuple[str, ...]) -> None:
        name, first, second = step
        getattr(self, f"do_{name}")(first, second)

    def do_write(self, person: str, kind: OutboundMessage.Kind) -> None:
        write(recipient=person, kind=kind, now=at(self.now))

    def do_claim(self, limit: int, quiet: bool) -> None:
        before = {row.id: row for row in OutboundMessage.objects.all()}
        given = claim(self.now, limit=limit, rate=RATE, quiet=quiet).messages
        assert len(given) <= limit
        for one in given:
            row = before[one.outgoing.id]
            assert row.state == "waiting"
            assert row.kind == ANSWER or not quiet
            assert row.send_at <= at(self.now)
            same_line = [
                other for other in before.values() if (other.recipient, other.kind) == (row.recipient, row.kind)
            ]
            assert all(other.state not in ("waiting", "sending") for other in same_line if other.id < row.id)
            self.held[row.id, one.attempt] = Held(one, self.now)
            self.claims.append(self.now)
        assert [before[one.outgoing.id].kind for one in given] == sorted(before[one.outgoing.id].kind for one in given)
        self.nobody_gets_two_at_a_time()
        self.the_rate_is_kept()

    def do_end(self, which: int, outcome: Sent | UnableToSend) -> None:
        if held := self._pick(which):
            record(held.claimed, outcome, self.now, began=held.since)

    def do_die(self, which: int, _: None) -> None:
        self._pick(which)

    def do_pass(self, seconds: float, _: None) -> None:
        self.now += seconds

    def do_recover(self, _: None, __: None) -> None:
        delivery.recover(at(self.now))

    def _pick(self, which: int) -> Held | None:
        keys = sorted(self.held)
        return self.held.pop(keys[which % len(keys)]) if keys else None

    def nobody_gets_two_at_a_time(self) -> None:
        live = [held for held in self.held.values() if self.now < held.since + outbox.LEASE.total_seconds()]
        recipients = [held.claimed.outgoing.recipient for held in live]
        assert len(set(recipients)) == len(recipients)
        sending = list(OutboundMessage.objects.filter(state="sending").values_list("recipient", flat=True))
        assert len(set(sending)) == len(sending)

    def the_rate_is_kept(self) -> None:
        assert all(later - earlier >= 1 for earlier, later in zip(self.claims, self.claims[3:], strict=False))


def doubtful() -> dict[int, int]:
    """How often nobody knew of a message whether it arrived."""
    found: dict[int, int] = defaultdict(int)
    for number in Delivery.objects.filter(result__in=UNKNOWN).values_list("outbound_id", flat=True):
        found[number] += 1
    return found


def check_at_the_end() -> None:
    """Everything has an end, and only what may be sent twice could be."""
    unknown = doubtful()
    for row in OutboundMessage.objects.all():
        assert row.state in ("delivered", "uncertain", "failed")
        assert row.leased_until is None
        if row.state == "uncertain":
            assert unknown[row.id] >= (2 if row.kind == ANSWER else 1)
        results = defaultdict(set)
        for began, result in Delivery.objects.filter(outbound=row).values_list("began_at", "result"):
            results[began].add(result)
        doubted = [began for began, known in results.items() if known <= set(UNKNOWN)]
        if row.kind == ANSWER:
            assert len(doubted) <= 2
        else:
            assert all(began == max(results) for began in doubted)  # no attempt follows one of which nobody knows


def run(plan: list[tuple[str, ...]]) -> None:
    world = World()
    for step in plan:
        world.do(step)
    world.held.clear()  # everybody dies
    for _ in range(200):
        world.now += 1000
        delivery.recover(at(world.now))
        given = claim(world.now, rate=FAST).messages
        for one in given:
            record(one, Sent(), world.now, began=world.now)
        if not OutboundMessage.objects.filter(state__in=("waiting", "sending")).exists():
            break
    check_at_the_end()


plans = st.lists(steps, min_size=5, max_size=50)


@settings(max_examples=40)
@given(plan=plans)
def test_on_sqlite(fresh_sqlite: FreshDatabase, plan: list[tuple[str, ...]]) -> None:
    with fresh_sqlite():
        run(plan)


@settings(max_examples=15)
@given(plan=plans)
def test_on_postgresql(fresh_postgresql: FreshDatabase, plan: list[tuple[str, ...]]) -> None:
    with fresh_postgresql():
        run(plan)


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda one: type(one).__name__)
def test_each_outcome_alone_comes_to_an_end(fresh_sqlite: FreshDatabase, outcome: Sent | UnableToSend) -> None:
    with fresh_sqlite():
        run([("write", "a", ANSWER), ("claim", 1, False), ("pass", 1, None), ("end", 0, outcome)])  # type: ignore[list-item]
