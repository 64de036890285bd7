"""A provider dies for an hour and comes back: what its messages, its channel, the others and the staff see of it.

The providers are real servers on loopback; the clock is the test's, a step of ten seconds at a time.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

from sbyt.cli.work import Watching
from sbyt.core.settings import Alarms, ChannelSettings, Quiet, Settings
from sbyt.messaging import health_rows
from sbyt.messaging.channel import Channel
from sbyt.messaging.models import ChannelAlarm, Delivery, OutboundMessage
from sbyt.usecases.send_messages import send_waiting
from tests.messaging.outbox_world import ANSWER, NOON, NOTICE, write
from tests.support.databases import Database
from tests.support.provider import CLOSE, Provider, ProviderChannel, a_provider

STEP = dt.timedelta(seconds=10)
MINUTE = dt.timedelta(minutes=1)
SETTINGS = Settings(
    channels={"max": ChannelSettings(title="MAX"), "email": ChannelSettings(title="E-mail", senders="email")},
    alarms=Alarms(emails=("duty@example.org",)),
    quiet=Quiet(from_hour=0, to_hour=0),
)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> dt.datetime:
        return self.now


class World:
    """Two channels, each with its provider, and somebody who is answered in each of them once a minute."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self.clock = Clock()
        self.channels: dict[str, Channel] = {code: ProviderChannel(url, code=code) for code, url in urls.items()}
        self.health: list[str] = []  # of the first, each change
        self._watching = Watching(self.channels, SETTINGS, self.clock)

    def go_on(self, minutes: int, kind: OutboundMessage.Kind = ANSWER, *, writing: bool = True) -> None:
        """As ``sbyt work`` does: send what is due, and check once a minute."""
        for step in range(minutes * 6):
            if writing and step % 6 == 0:
                for code in self.channels:
                    write(channel=code, kind=kind, now=self.clock.now)
            for channel in self.channels.values():
                send_waiting(channel, SETTINGS, self.clock, time_limit=5)
            self._watching.step()
            state = health_rows.checked(["max"], self.clock.now)["max"].state.value
            if self.health[-1:] != [state]:
                self.health.append(state)
            self.clock.now += STEP

    def tried(self) -> list[dt.timedelta]:
        """When the channel was tried in vain, after noon."""
        rows = Delivery.objects.filter(outbound__channel="max").exclude(result="delivered").order_by("id")
        return [at - NOON for at in rows.values_list("began_at", flat=True)]


@contextmanager
def the_world() -> Iterator[tuple[World, dict[str, Provider], ExitStack]]:
    """The world and its providers; closing the stack kills that of the first channel."""
    with a_provider() as mail, ExitStack() as life:
        provider = life.enter_context(a_provider())
        yield World({"max": provider.url, "email": mail.url}), {"max": provider, "email": mail}, life


def longest_wait(channel: str) -> dt.timedelta:
    rows = OutboundMessage.objects.filter(channel=channel, state="delivered")
    return max(done - at for at, done in rows.values_list("created_at", "delivered_at") if done)


def test_a_provider_that_dies_for_an_hour_costs_nobody_a_message(database: Database) -> None:
    with the_world() as (world, providers, life):
        world.go_on(10)
        port = urlsplit(providers["max"].url).port
        life.close()
        world.go_on(60)
        assert OutboundMessage.objects.filter(channel="max", state="waiting").count() == 60
        with a_provider(port or 0) as back:
            world.go_on(30)
        arrived = [one.message for one in (*providers["max"].got, *back.got)]
    assert world.health == ["ok", "degraded", "down", "ok"]
    assert set(OutboundMessage.objects.values_list("state", flat=True)) == {"delivered"}
    assert len(arrived) == len(set(arrived)) == 100
    # less and less often, one message at a time
    tried = world.tried()
    assert 60 <= len(tried) <= 75
    gaps = [later - earlier for earlier, later in itertools.pairwise(tried[8:])]
    assert all(gap >= MINUTE for gap in gaps)
    # the other channel had nothing of it
    assert longest_wait("email") <= STEP
    # and staff were told, once each
    told = OutboundMessage.objects.filter(purpose="channel_alarm").order_by("id")
    assert [one.text.partition(".")[0] for one in told] == ["MAX: ✗ не работает", "MAX: ✓ снова работает"]
    assert {one.channel for one in told} == {"email"}
    (alarm,) = ChannelAlarm.objects.all()
    assert 15 * MINUTE <= alarm.began_at - NOON <= 20 * MINUTE
    assert alarm.ended_at is not None
    assert 80 * MINUTE <= alarm.ended_at - NOON <= 85 * MINUTE


def test_a_provider_that_hangs_up_is_tried_less_and_less_often_for_each_try_may_cost_a_notice(
    database: Database,
) -> None:
    with the_world() as (world, providers, _):
        for _ in range(80):
            write(channel="max", kind=NOTICE)
        providers["max"].always = CLOSE
        world.channels["max"].per_second = 1  # type: ignore[misc]
        world.go_on(60, NOTICE, writing=False)
        tried = world.tried()
        assert len(tried) <= 20
        assert max(later - earlier for earlier, later in itertools.pairwise(tried)) >= 15 * MINUTE
        providers["max"].always = None
        world.go_on(30, NOTICE, writing=False)
    states = OutboundMessage.objects.filter(channel="max").values_list("state", flat=True)
    assert list(states).count("uncertain") == len(tried)
    assert set(states) == {"uncertain", "delivered"}
