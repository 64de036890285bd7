"""The notice is gathered from the table: what holds, what is to come, when that was last changed."""

from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree as ET

import pytest

from sbyt.core.settings import ChannelSettings, ChannelState, Company, Settings, Web
from sbyt.messaging.statuses import read_statuses, seed_channels
from sbyt.usecases.channel_notice import Notice, UnableToWriteFeed, channel_notice, parse_day
from sbyt.usecases.channels import Change, change_channel
from tests.support.databases import Database

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
DAY = NOW.date()
SETTINGS = Settings(
    channels={
        "viber": ChannelSettings(title="Viber"),
        "telegram": ChannelSettings(title="Telegram", state=ChannelState.PLANNED),
        "console": ChannelSettings(title="Консоль", public=False),
    },
)


def change(code: str, state: ChannelState, at: dt.datetime = NOW, since: dt.date | None = None) -> None:
    change_channel(Change(code, state, "Иванова", since=since), SETTINGS, at)


def notice(day: dt.date = DAY, settings: Settings = SETTINGS) -> Notice:
    return channel_notice(read_statuses(settings), settings, day, "ru")


def test_it_says_what_holds_on_the_day(database: Database) -> None:
    seed_channels(SETTINGS, NOW)
    change("viber", ChannelState.WITHDRAWN)
    assert "Закрыто: Viber, с 20 ноября 2026 года." in notice().text
    assert notice().said.title == "Viber: показания больше не принимаем"


def test_it_says_what_is_decided_for_later(database: Database) -> None:
    change("viber", ChannelState.UNSTABLE, since=dt.date(2026, 11, 25))
    change("viber", ChannelState.WITHDRAWN, since=dt.date(2026, 12, 1))
    change("telegram", ChannelState.OPEN, since=dt.date(2026, 12, 5))
    assert "Viber. С 1 декабря 2026 года здесь показания не принимаем." in notice().text
    assert "Готовим: Telegram, откроем 5 декабря 2026 года." in notice().text
    assert "Закрыто: Viber, с 1 декабря 2026 года." in notice(dt.date(2026, 12, 6)).text


LATER, EARLIER = NOW + dt.timedelta(days=2), NOW - dt.timedelta(days=2)


@pytest.mark.parametrize(
    ("changes", "changed_at"),
    [
        pytest.param([], "2026-11-20 09:00", id="put into the table"),
        pytest.param([("viber", LATER, None)], "2026-11-22 09:00", id="changed by hand"),
        pytest.param([("viber", LATER, dt.date(2026, 11, 1))], "2026-11-22 09:00", id="entered late"),
        pytest.param([("viber", NOW, dt.date(2026, 11, 24))], "2026-11-23 21:00", id="its day has begun"),
        pytest.param([("viber", LATER, dt.date(2026, 12, 24))], "2026-11-22 09:00", id="decided for later"),
        pytest.param([("console", LATER, None)], "2026-11-20 09:00", id="of what nobody is told"),
    ],
)
def test_it_was_changed_when_the_newest_state_was_entered_or_began(
    database: Database, changes: list[tuple[str, dt.datetime, dt.date | None]], changed_at: str
) -> None:
    seed_channels(SETTINGS, NOW)
    for code, at, since in changes:
        change(code, ChannelState.WITHDRAWN, at, since)
    found = notice(dt.date(2026, 11, 27)).changed_at.astimezone(dt.UTC)
    assert f"{found:%Y-%m-%d %H:%M}" == changed_at


def test_where_the_table_says_nothing_it_is_of_the_day(database: Database) -> None:
    assert notice().changed_at.isoformat() == "2026-11-20T00:00:00+03:00"


@pytest.mark.parametrize(
    ("settings", "page"),
    [
        ({"web": Web(address="https://lk.example.org")}, "https://lk.example.org/channels?lang=ru"),
        ({"company": Company(site="example.org")}, "https://example.org"),
        ({"company": Company(site="http://example.org")}, "http://example.org"),
    ],
)
def test_a_feed_leads_to_our_page_else_to_the_companys(
    database: Database, settings: dict[str, Web | Company], page: str
) -> None:
    made = notice(settings=SETTINGS.model_copy(update=settings))
    assert made.has_feed
    assert ET.fromstring(made.rss).findtext("channel/item/link") == page


def test_a_feed_that_leads_nowhere_is_none(database: Database) -> None:
    assert not notice().has_feed
    with pytest.raises(UnableToWriteFeed, match="address"):
        _ = notice().rss


@pytest.mark.parametrize("text", ["", "20.11.2026", "2026-11-31", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_day(text)
