"""How much comes in and goes out, by the channel."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.test.utils import CaptureQueriesContext

from sbyt.messaging.models import InboundMessage, OutboundMessage, Pace
from sbyt.messaging.traffic import Traffic, traffic
from tests.support.databases import Database

NOW = dt.datetime(2026, 11, 26, 12, tzinfo=dt.UTC)
TODAY = NOW.replace(hour=0)


def came(channel: str, *days_ago: int) -> None:
    for days in days_ago:
        at = NOW - dt.timedelta(days=days)
        count = InboundMessage.objects.count()
        InboundMessage.objects.create(
            channel=channel, provider_id=f"{count}", sender="1", text="1", received_at=at, stored_at=at
        )


def said(channel: str, state: str, days_ago: int = 0) -> None:
    at = NOW - dt.timedelta(days=days_ago)
    OutboundMessage.objects.create(channel=channel, recipient="1", text="1", created_at=at, send_at=at, state=state)


def test_nothing_has_no_numbers(database: Database) -> None:
    assert traffic(TODAY, NOW) == {}


def test_what_came_is_counted_by_day_and_week(database: Database) -> None:
    came("sms", 30, 7, 6, 1, 0, 0)
    came("max", 8)
    found = traffic(TODAY, NOW)
    assert (found["sms"].today, found["sms"].week, found["sms"].last_at) == (2, 4, NOW)
    assert (found["max"].today, found["max"].week) == (0, 0)


def test_what_went_out_is_counted_by_what_became_of_it(database: Database) -> None:
    for state in ("delivered", "delivered", "failed", "uncertain", "expired", "waiting", "sending"):
        said("sms", state)
    said("sms", "delivered", days_ago=9)
    said("sms", "waiting", days_ago=9)
    found = traffic(TODAY, NOW)["sms"]
    assert (found.delivered, found.not_delivered, found.waiting) == (2, 3, 2)


def test_a_pause_that_is_over_is_none(database: Database) -> None:
    for channel, minutes in (("sms", 5), ("max", -5)):
        until = NOW + dt.timedelta(minutes=minutes)
        Pace.objects.create(channel=channel, free_at=NOW, paused_until=until, trouble="throttled", trouble_since=NOW)
    found = traffic(TODAY, NOW)
    assert found["sms"].paused_until == NOW + dt.timedelta(minutes=5)
    assert found["max"] == Traffic(trouble="throttled", trouble_since=NOW)


def test_only_the_newest_are_read_and_that_is_said(database: Database) -> None:
    came("sms", *[2] * 30, *[1] * 10)
    found = traffic(TODAY, NOW, newest=20)["sms"]
    assert (found.week, found.at_least) == (20, True)
    found = traffic(TODAY, NOW, newest=40)["sms"]
    assert (found.week, found.at_least) == (40, False)


def test_it_asks_a_fixed_number_of_times(database: Database) -> None:
    for channel in ("sms", "max", "vk"):
        came(channel, 1, 2, 3)
        said(channel, "delivered")
    with CaptureQueriesContext(connection) as asked:
        traffic(TODAY, NOW)
    assert len(asked) == 8
