"""Whatever happens while a mass notice runs: nobody is told twice, at night, or of what is there, and all add up.

``benchmarks/notices.py`` runs the same with 400,000 people.
"""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbyt.notices.models import Campaign
from sbyt.notices.numbers import End
from sbyt.usecases.mass_notices import UnableToDecide
from tests.simulation.mass_notices import BEGINNING, NOVEMBER, Broken, Killed, StandIn, Town, in_line, run
from tests.support.databases import FreshDatabase

PEOPLE = 60


def filled() -> None:
    Town(PEOPLE, seed=0).fill()


def outage(town: Town, code: str, *, is_out: bool) -> None:
    channel = town.channels[code]
    assert isinstance(channel, StandIn)
    channel.is_out = is_out


def test_a_day_with_refusals_an_outage_time_outs_and_a_pause(fresh_database: FreshDatabase) -> None:
    with fresh_database(), in_line():
        town = Town(400, seed=3, refused=0.05, lost=0.02, busy=0.02)
        town.fill()
        for person in range(1, 400, 20):
            town.hand_in(person)
        assert town.prepare().already_there == 20
        town.approve()
        town.begin()

        def story() -> None:
            passed = town.now - BEGINNING
            outage(town, "telegram", is_out=passed < dt.timedelta(minutes=2))
            if town.is_paused != (dt.timedelta(seconds=3) <= passed < dt.timedelta(minutes=1)):
                town.resume() if town.is_paused else town.pause()
            town.hand_in(town.chance.randrange(400))

        run(town, story)
        town.end()
        found = town.check()
    assert found[End.SENT] > 150
    assert all(found[end] for end in (End.THERE, End.UNREACHABLE, End.FAILED, End.UNCERTAIN))


steps = st.lists(
    st.one_of(
        st.sampled_from(["feed", "send", "send", "tidy", "pause", "resume", "hand in", "kill", "out", "back"]),
        st.sampled_from([1, 30, 130, 3600, 6 * 3600]),
    ),
    max_size=25,
)


class Happening:
    """Steps of a plan, each by the use case that would do it; two workers, and processes that end anywhere."""

    def __init__(self, town: Town) -> None:
        self.town = town

    def do(self, step: str | int) -> None:
        if isinstance(step, int):
            self.town.now += dt.timedelta(seconds=step)
            return
        try:
            getattr(self, f"do_{step.replace(' ', '_')}")()
        except UnableToDecide:
            pass  # it is paused already, or over
        except Killed:
            self.town.begin(workers=2)  # others go on

    def do_feed(self) -> None:
        self.town.feed()

    def do_send(self) -> None:
        self.town.send()

    def do_tidy(self) -> None:
        self.town.tidy()

    def do_pause(self) -> None:
        self.town.pause()

    def do_resume(self) -> None:
        self.town.resume()

    def do_hand_in(self) -> None:
        self.town.hand_in(self.town.chance.randrange(PEOPLE))

    def do_kill(self) -> None:
        self.town.may_kill = True
        try:
            self.town.send()
        finally:
            self.town.may_kill = False

    def do_out(self) -> None:
        outage(self.town, "sms", is_out=True)

    def do_back(self) -> None:
        outage(self.town, "sms", is_out=False)


def happens(fresh: FreshDatabase, plan: list[str | int], seed: int, *, stops: bool) -> None:
    with fresh(filled), in_line():
        town = Town(PEOPLE, seed, refused=0.05, lost=0.05, busy=0.05)
        town.prepare()
        town.approve()
        town.begin(workers=2)
        happening = Happening(town)
        for step in plan:
            happening.do(step)
        if stops and Campaign.objects.get().state != "finished":
            town.stop()
        elif town.is_paused:
            happening.do("resume")
        happening.do("back")
        run(town)
        town.now = max(town.now, town.campaign.until)
        town.feed()
        town.tidy()
        town.end()
        town.check()


@settings(max_examples=10)
@given(plan=steps, seed=st.integers(0, 1000), stops=st.booleans())
def test_whatever_happens_every_promise_holds(
    fresh_database: FreshDatabase, plan: list[str | int], seed: int, stops: bool
) -> None:
    happens(fresh_database, plan, seed, stops=stops)


def test_who_breaks_a_promise_is_found(fresh_database: FreshDatabase) -> None:
    with fresh_database(filled), in_line():
        town = Town(PEOPLE, seed=1)
        town.prepare()
        town.told[3] = 1
        with pytest.raises(Broken, match="written to again"):
            town.is_asked(3)
        town.hand_in(4)
        with pytest.raises(Broken, match="reading is there"):
            town.is_asked(4)
        town.now += dt.timedelta(hours=4)
        with pytest.raises(Broken, match="at night"):
            town.is_asked(5)
    assert NOVEMBER.month == 11
