"""The morning on which a channel dies, on a made-up town: who writes there learns it, all others are told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from sbyt.accounts.models import Link
from sbyt.config.channels import DEFAULT_CHANNELS, connected
from sbyt.core.settings import ChannelState, Demo, MorningSettings, Settings
from sbyt.messaging.inbox import Incoming
from sbyt.messaging.models import OutboundMessage
from sbyt.messaging.statuses import current_channels
from sbyt.notices.feeding import feed
from sbyt.notices.models import Campaign
from sbyt.notices.numbers import End
from sbyt.readings.models import Reading
from sbyt.usecases.receive_message import handle_waiting, receive_message
from sbyt.usecases.simulator import Morning, morning, play_morning, undo_morning
from tests.support.databases import Database, FreshDatabase
from tests.usecases.test_simulator import town

NOW = dt.datetime(2026, 11, 19, 9, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=2)
TODAY = NOW.date()
STORY = MorningSettings(ended="whatsapp", why="Закрыли доступ", unstable="viber")
SETTINGS = Settings(channels=DEFAULT_CHANNELS, demo=Demo(simulator=True, morning=STORY))
CONNECTED = connected(SETTINGS, {}, lambda: NOW)
FOURTH = "+79120000104"


@pytest.fixture
def database(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(town) as made:
        yield made


@pytest.fixture
def used(database: Database) -> None:
    """The fourth household has written there a month ago."""
    month_ago = NOW - dt.timedelta(days=30)
    receive_message(Incoming("whatsapp", FOURTH, "4050 910 2660", "before", month_ago), SETTINGS, month_ago)


def played() -> Morning:
    play_morning(SETTINGS, CONNECTED, NOW, "ru")
    while handle_waiting(SETTINGS, LATER):
        pass
    feed(SETTINGS, CONNECTED, LATER)
    found = morning(SETTINGS, LATER)
    assert found
    return found


def states() -> tuple[ChannelState, ChannelState]:
    channels = current_channels(SETTINGS, TODAY)
    return channels["whatsapp"].state, channels["viber"].state


def test_before_it_nothing_has_happened(database: Database) -> None:
    before = morning(SETTINGS, NOW)
    assert before
    assert (before.is_ended, before.is_unstable, before.answered, before.campaign) == (False, False, 0, None)


def test_without_the_setting_there_is_none(database: Database) -> None:
    assert morning(Settings(channels=DEFAULT_CHANNELS), NOW) is None


@pytest.mark.usefixtures("used")
def test_the_channels_change_and_who_writes_there_learns_where_to_send() -> None:
    found = played()
    assert (states(), found.answered) == ((ChannelState.WITHDRAWN, ChannelState.UNSTABLE), 3)
    closed = OutboundMessage.objects.filter(channel="whatsapp", purpose="answer").latest("id")
    assert closed.text.startswith("WhatsApp с 19 ноября больше не принимает показания.")


@pytest.mark.usefixtures("used")
def test_who_used_it_is_told_elsewhere() -> None:
    found = played()
    assert found.campaign
    assert found.ends[End.UNREACHABLE] == 0
    told = OutboundMessage.objects.filter(recipient=FOURTH, kind=OutboundMessage.Kind.ANNOUNCEMENT)
    assert [one.channel for one in told] == ["sms"]
    assert sum(found.ends.values()) >= 1


@pytest.mark.usefixtures("used")
def test_one_moves_and_hands_in_from_there() -> None:
    found = played()
    assert (found.home, found.moved and found.moved.account) == ("telegram", "2000000001")
    assert Reading.objects.filter(channel="telegram", kind="customer").exists()
    link = Link.objects.get(address__startswith="telegram:")
    assert (link.account.number, link.how) == ("2000000001", Link.How.CONTACT)


@pytest.mark.usefixtures("used")
def test_played_twice_it_is_told_once() -> None:
    played()
    before = OutboundMessage.objects.count()
    played()
    assert (OutboundMessage.objects.count(), Campaign.objects.count()) == (before, 1)


@pytest.mark.usefixtures("used")
def test_yesterday_comes_back() -> None:
    played()
    undo_morning(SETTINGS, LATER)
    assert states() == (ChannelState.OPEN, ChannelState.OPEN)
    assert Campaign.objects.get().state in (Campaign.State.STOPPED, Campaign.State.FINISHED)
