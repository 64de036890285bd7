"""What is measured of the channels, from rows; and that few of them are read."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from sbyt.core.settings import Quiet, Settings
from sbyt.messaging import health_rows
from sbyt.messaging.certificates import Certificate, Seen
from sbyt.messaging.channel import Finding, FindingCode
from sbyt.messaging.health import Course, Health, HealthState, Measured, Reason
from sbyt.messaging.models import ChannelHealth, Delivery, HealthWatch, InboundHour, InboundMessage, OutboundMessage
from tests.messaging.outbox_world import ANNOUNCEMENT, ANSWER, NOTICE, write
from tests.support.databases import Database

NOW = dt.datetime(2026, 11, 24, 10, 30, tzinfo=dt.UTC)  # a Tuesday, half past one in Moscow
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
SETTINGS = Settings()


def came(channel: str, *moments: dt.datetime) -> None:
    count = InboundMessage.objects.count()
    InboundMessage.objects.bulk_create(
        InboundMessage(
            channel=channel, provider_id=f"{count + place}", sender="1", text="1", received_at=at, stored_at=at
        )
        for place, at in enumerate(moments)
    )


def hours() -> dict[tuple[str, dt.datetime], int]:
    return {(row.channel, row.hour): row.came for row in InboundHour.objects.all()}


def a_turn(now: dt.datetime = NOW) -> None:
    assert health_rows.take_turn(now)


def measure(*channels: str, heard: Iterable[str] = (), now: dt.datetime = NOW) -> dict[str, Measured]:
    return health_rows.measure(dict.fromkeys(channels, False), SETTINGS, now, heard=list(heard))


# whose turn it is -----------------------------------------------------------------------------------------------------


def test_of_all_who_ask_in_a_minute_one_checks(database: Database) -> None:
    assert [health_rows.take_turn(NOW + seconds * dt.timedelta(seconds=1)) for seconds in (0, 1, 59, 60, 61)] == [
        True,
        False,
        False,
        True,
        False,
    ]


def test_of_workers_that_ask_at_the_same_moment_one_checks(database: Database) -> None:
    together = threading.Barrier(4, timeout=20)

    def ask() -> bool:
        try:
            together.wait()
            return health_rows.take_turn(NOW)
        finally:
            connection.close()

    for minute in range(5):
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(ask) for _ in range(4)]
        assert sorted(one.result() for one in asked) == [False, False, False, True], minute
        HealthWatch.objects.update(leased_until=NOW)


def test_a_turn_taken_before_the_clock_was_set_back_ends_nothing(database: Database) -> None:
    a_turn(NOW + HOUR)
    assert health_rows.take_turn(NOW)


# what came in ---------------------------------------------------------------------------------------------------------


def test_what_came_is_counted_once_by_channel_and_hour(database: Database) -> None:
    a_turn()
    came("sms", NOW - HOUR, NOW - 40 * MINUTE, NOW - 5 * MINUTE)
    came("max", NOW - 5 * MINUTE)
    assert health_rows.count_what_came(NOW)
    came("sms", NOW)
    health_rows.count_what_came(NOW + 2 * MINUTE)
    health_rows.count_what_came(NOW + 3 * MINUTE)
    nine, ten = NOW.replace(hour=9, minute=0), NOW.replace(minute=0)
    assert hours() == {("sms", nine): 2, ("sms", ten): 2, ("max", ten): 1}
    row = ChannelHealth.objects.get(channel="sms")
    assert (row.last_at, row.counted_from) == (NOW, nine)


def test_what_came_just_now_is_left_for_the_next_check(database: Database) -> None:
    a_turn()
    came("sms", NOW - 30 * dt.timedelta(seconds=1))
    health_rows.count_what_came(NOW)
    assert hours() == {}


def test_an_inbox_that_was_there_before_is_counted_piece_by_piece(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health_rows, "_COUNTED_AT_ONCE", 2)
    a_turn()
    came("sms", *(NOW - count * MINUTE for count in range(10, 5, -1)))
    assert [health_rows.count_what_came(NOW) for _ in range(3)] == [False, False, True]
    assert sum(hours().values()) == 5


def test_hours_of_long_ago_are_forgotten(database: Database) -> None:
    a_turn()
    InboundHour.objects.create(channel="sms", hour=NOW.replace(minute=0) - 201 * DAY, came=1)
    health_rows.count_what_came(NOW)
    assert hours() == {}


def used_to_come(channel: str, per_hour: int, days: int = 120) -> None:
    """So much came in each hour until two hours ago."""
    hour = NOW.replace(minute=0)
    InboundHour.objects.bulk_create(
        InboundHour(channel=channel, hour=hour - ago * HOUR, came=per_hour) for ago in range(2, days * 24)
    )
    ChannelHealth.objects.create(channel=channel, last_at=NOW - 2 * HOUR, counted_from=hour - days * DAY)


def test_a_silence_is_measured_by_the_hours_it_lasts(database: Database) -> None:
    a_turn()
    used_to_come("sms", 20)
    used_to_come("max", 0)
    found = measure("sms", "max", "email", heard=["sms", "max", "email"])
    assert {code: one.expected for code, one in found.items()} == {"sms": 40, "max": 0, "email": 0}


def test_of_a_channel_that_is_closed_no_silence_is_measured(database: Database) -> None:
    a_turn()
    used_to_come("sms", 20)
    assert measure("sms")["sms"].expected == 0


def test_only_hours_that_are_compared_are_read(database: Database) -> None:
    a_turn()
    used_to_come("sms", 20)
    with CaptureQueriesContext(connection) as queries:
        measure("sms", heard=["sms"])
    assert len(queries) <= 8
    read = next(query["sql"] for query in queries if "inboundhour" in query["sql"])
    assert " IN (" in read


# what goes out --------------------------------------------------------------------------------------------------------


def test_attempts_of_the_last_quarter_of_an_hour_are_counted_by_how_they_ended(database: Database) -> None:
    a_turn()
    for channel in ("sms", "email"):
        write(channel=channel, now=NOW)
    sms, email = OutboundMessage.objects.order_by("id")
    for outbound, result, minutes in (
        (sms, "unreachable", 16),
        (sms, "unreachable", 15),
        (sms, "unreachable", 3),
        (sms, "delivered", 0),
        (email, "delivered", 1),
    ):
        at = NOW - minutes * MINUTE
        Delivery.objects.create(outbound=outbound, began_at=at, ended_at=at, result=result)
    found = measure("sms", "email", "max")
    assert {code: dict(one.ended) for code, one in found.items()} == {
        "sms": {"unreachable": 2, "delivered": 1},
        "email": {"delivered": 1},
        "max": {},
    }


@pytest.mark.parametrize(("kind", "waits"), [(ANSWER, True), (NOTICE, False), (ANNOUNCEMENT, False)])
def test_an_answer_that_could_go_is_overdue_and_what_goes_to_many_may_wait(
    database: Database, kind: OutboundMessage.Kind, waits: bool
) -> None:
    a_turn()
    write(now=NOW - 7 * MINUTE, kind=kind)
    write(now=NOW - 6 * MINUTE, kind=kind)
    write(now=NOW, send_at=NOW + MINUTE, kind=kind)
    assert measure("sms")["sms"].overdue_since == (NOW - 7 * MINUTE if waits else None)


# what others say ------------------------------------------------------------------------------------------------------


def test_a_provider_is_asked_every_ten_minutes_and_sooner_where_something_was_wrong(database: Database) -> None:
    codes = ["sms", "max", "email", "vk"]
    assert health_rows.to_look_at(codes, NOW) == codes
    health_rows.keep_look("sms", [], "", NOW)
    health_rows.keep_look("max", [Finding(FindingCode.BACKLOG, "12")], "", NOW)
    health_rows.keep_look("email", [], "unreachable", NOW)
    assert health_rows.to_look_at(codes, NOW + MINUTE) == ["vk"]
    assert health_rows.to_look_at(codes, NOW + 2 * MINUTE) == ["max", "email", "vk"]
    assert health_rows.to_look_at(codes, NOW + 10 * MINUTE) == codes
    assert health_rows.to_look_at(codes, NOW - HOUR) == codes  # the clock was set back


def test_what_a_provider_said_is_kept_without_keys_and_phones(database: Database) -> None:
    a_turn()
    said = "401 for bot token=8123456789:AAF4hg-secret-of-ours of +7 912 000-01-01"
    health_rows.keep_look("sms", [Finding(FindingCode.OTHER, said)], "", NOW)
    (finding,) = measure("sms")["sms"].findings
    assert finding.code is FindingCode.OTHER
    assert "AAF4" not in finding.said
    assert "912" not in finding.said


@pytest.mark.parametrize(
    "certificate",
    [None, Certificate(Seen.GOOD, NOW - DAY, NOW + DAY), Certificate(Seen.EXPIRED)],
    ids=["none", "good", "expired"],
)
def test_the_certificate_is_kept_for_the_channels_that_need_it(
    database: Database, certificate: Certificate | None
) -> None:
    a_turn()
    assert health_rows.certificate_is_due("https://a.example", NOW)
    health_rows.keep_certificate("https://a.example", certificate, NOW)
    found = health_rows.measure({"sms": False, "webform": True}, SETTINGS, NOW, heard=[])
    assert (found["sms"].certificate, found["webform"].certificate) == (None, certificate)
    bad = certificate is not None and certificate.seen is not Seen.GOOD
    assert health_rows.certificate_is_due("https://a.example", NOW + 2 * MINUTE) == bad
    assert health_rows.certificate_is_due("https://a.example", NOW + 10 * MINUTE)
    assert health_rows.certificate_is_due("https://b.example", NOW)


# keeping and reading --------------------------------------------------------------------------------------------------


def test_what_was_kept_is_read_as_it_was(database: Database) -> None:
    a_turn()
    health = Health(HealthState.DOWN, (Reason("failing", {"error": "unreachable", "count": 3}),))
    course = Course(HealthState.DOWN, NOW - HOUR, NOW - 2 * HOUR, HealthState.DEGRADED, NOW)
    health_rows.keep("sms", course, health, {"unreachable": 3})
    with transaction.atomic():
        assert health_rows.courses(["sms", "max"]) == {"sms": course}
    read = health_rows.checked(["sms"], NOW)["sms"]
    assert (read.state, read.reasons, read.since, read.ended) == (
        HealthState.DOWN,
        health.reasons,
        NOW - HOUR,
        {"unreachable": 3},
    )


@pytest.mark.parametrize("minutes", [6, 600, -6])
def test_an_old_check_says_nothing_never_that_all_is_well(database: Database, minutes: int) -> None:
    a_turn()
    health_rows.keep("sms", Course(HealthState.OK, NOW, None, HealthState.OK, NOW), Health(), {})
    assert health_rows.checked(["sms", "max"], NOW + minutes * MINUTE)["sms"].state is HealthState.UNKNOWN
    assert health_rows.checked(["sms", "max"], NOW)["max"].state is HealthState.UNKNOWN
    assert health_rows.unwell(["sms", "max"], NOW + minutes * MINUTE) == []


def test_the_worst_is_named_first(database: Database) -> None:
    a_turn()
    for code, state in (("email", HealthState.DEGRADED), ("max", HealthState.OK), ("sms", HealthState.DOWN)):
        health_rows.keep(code, Course(state, NOW, NOW, HealthState.OK, NOW), Health(state), {})
    assert [one.channel for one in health_rows.unwell(["email", "max", "sms"], NOW)] == ["sms", "email"]
    assert HealthWatch.objects.count() == 1


def test_without_quiet_hours_settings_are_heeded_too(database: Database) -> None:
    """The hours are those of the installation."""
    a_turn()
    used_to_come("sms", 20)
    quiet = Settings(quiet=Quiet(from_hour=13, to_hour=14))
    assert health_rows.measure({"sms": False}, quiet, NOW, heard=["sms"])["sms"].expected == 30
