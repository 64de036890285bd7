"""A provider that is silent for three days, over the end of the window: nobody loses a reading or an answer by it."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator

import pytest

from sbyt.core.periods import Period
from sbyt.messaging.models import InboundMessage, OutboundMessage
from sbyt.readings.models import Reading
from tests.simulation.providers import Mood, Written
from tests.simulation.running import prepared
from tests.simulation.town import found_town
from tests.simulation.world import World
from tests.support.databases import FreshDatabase

_ids = itertools.count(1)


@pytest.fixture
def world(fresh_database: FreshDatabase) -> Iterator[World]:
    with fresh_database(found_town), prepared():
        world = World(seed=0, steps=0, clock=dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC))
        world.calm = True
        with world.connected():
            yield world
        world.end()


def _writes(world: World, sender: str, text: str) -> None:
    written = Written("sms", sender, text, f"silent-{next(_ids)}", world.clock)
    world.written.append(written)
    world.providers["sms"].waiting.append(written)


def _days_pass(world: World, days: float) -> None:
    """Our workers go on all the time; the provider hands over what it has unless it is silent."""
    until = world.clock + dt.timedelta(days=days)
    while world.clock < until:
        world.until_quiet()
        world.clock += dt.timedelta(hours=2)


def test_what_was_written_in_time_counts_in_time_and_every_answer_arrives_once_in_order(world: World) -> None:
    _writes(world, "+79120000101", "4425")
    world.providers["sms"].mood = Mood.SILENT
    _writes(world, "+79120000102", "8242 3104")  # on the 24th; it lies with the provider
    _days_pass(world, 1)
    _writes(world, "+79120000103", "5061 1249 3378")  # on the 25th, the last day
    _days_pass(world, 3)
    _writes(world, "+79120000107", "904")  # on the 28th, too late for November
    world.providers["sms"].mood = Mood.WELL
    world.settle()
    world.invariants.at_the_end()
    periods = dict(
        Reading.objects.filter(message__isnull=False).values_list("message__sender", "period").distinct().order_by("id")
    )
    november = int(Period.parse("2026-11"))
    assert periods == {
        "+79120000101": november,
        "+79120000102": november,
        "+79120000103": november,
        "+79120000107": november + 1,
    }
    assert InboundMessage.objects.count() == 4
    assert set(OutboundMessage.objects.filter(purpose="answer").values_list("state", flat=True)) == {"delivered"}


def test_an_answer_that_meets_the_silence_waits_and_arrives_once(world: World) -> None:
    _writes(world, "+79120000101", "4425")
    _days_pass(world, 0.01)
    world.providers["sms"].attempts.clear()
    world.invariants.judged["sms"] = 0
    sent_before = set(OutboundMessage.objects.values_list("id", flat=True))
    world.providers["sms"].waiting.append(Written("sms", "+79120000101", "баланс", "silent-balance", world.clock))
    world.written.append(world.providers["sms"].waiting[0])
    world.post_all()
    world.providers["sms"].mood = Mood.SILENT
    _days_pass(world, 3)
    (answer,) = OutboundMessage.objects.exclude(id__in=sent_before)
    assert answer.state == "waiting"
    world.providers["sms"].mood = Mood.WELL
    world.settle()
    taken = [one for one in world.providers["sms"].attempts if one.arrived]
    assert [one.outgoing.id for one in taken] == [answer.id]
