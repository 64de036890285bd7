"""How the channels do, as ``sbyt channels list``, ``sbyt doctor`` and /metrics say it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import RequestFactory
from typer.testing import CliRunner

from sbyt.api.metrics import metrics
from sbyt.cli.doctor import State, examined
from sbyt.cli.main import app
from sbyt.messaging import health_rows
from sbyt.messaging.certificates import Certificate, Seen
from sbyt.messaging.health import HealthState, Reason
from tests.support.databases import Database
from tests.support.health import only_connected, was_checked
from tests.support.serving import right_now

REFUSED = Reason("key_refused")
SINCE = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def connected(database: Database) -> Iterator[None]:
    with only_connected("sms", "max"):
        yield


def said_by(*words: str) -> str:
    return CliRunner().invoke(app, [*words], catch_exceptions=False).output


def test_the_list_says_how_each_does_and_why() -> None:
    was_checked("sms", HealthState.DOWN, REFUSED, since=SINCE)
    was_checked("max", HealthState.OK)
    lines = [line.strip() for line in said_by("channels", "list").splitlines()]
    at = next(place for place, line in enumerate(lines) if line.startswith("sms"))
    assert lines[at + 1] == "сейчас: ✗ не работает с 20.11.2026 12:00"
    assert lines[at + 2].startswith("– Оператор канала не принимает наш ключ. Проверьте ключ")
    assert "сейчас: ✓ работает" in lines


def test_the_list_says_nothing_where_nobody_ever_looked() -> None:
    assert "сейчас" not in said_by("channels", "list")


@pytest.mark.parametrize(
    ("state", "seriousness"), [(HealthState.DOWN, State.MEND), (HealthState.DEGRADED, State.NOTICE)]
)
def test_the_doctor_names_what_does_not_work(state: HealthState, seriousness: State) -> None:
    was_checked("sms", state, REFUSED)
    found = [one for one in examined(settings.SBYT, None, right_now()) if one.subject == "здоровье"]
    (one,) = found
    assert one.state is seriousness
    assert one.said.startswith("SMS: ")
    assert "не принимает наш ключ" in one.said


def test_the_doctor_says_nothing_of_what_works() -> None:
    was_checked("sms", HealthState.OK)
    assert "здоровье" not in said_by("doctor")


# metrics --------------------------------------------------------------------------------------------------------------


def metric(name: str) -> float | None:
    lines = metrics(RequestFactory().get("/metrics")).content.decode().splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")), None)


@pytest.mark.parametrize(
    ("ago", "state"),
    [(0, "down"), (4, "down"), (6, "unknown"), (None, "unknown")],
    ids=["now", "lately", "old", "never"],
)
def test_metrics_have_one_for_the_state_and_nought_for_the_others(ago: float | None, state: str) -> None:
    if ago is not None:
        was_checked("sms", HealthState.DOWN, REFUSED, ago=ago)
    found = {one.value: metric(f'sbyt_channel_health{{channel="sms",state="{one}"}}') for one in HealthState}
    assert found == {one.value: float(one.value == state) for one in HealthState}


def test_metrics_tell_how_old_the_check_is() -> None:
    was_checked("sms", HealthState.OK, ago=10)
    age = metric('sbyt_channel_health_age_seconds{channel="sms"}')
    assert age is not None
    assert 600 <= age < 700
    assert metric('sbyt_channel_health_age_seconds{channel="max"}') is None


def test_metrics_tell_how_attempts_ended() -> None:
    was_checked("sms", HealthState.OK, ended={"delivered": 40, "unreachable": 2})
    assert metric('sbyt_channel_attempts{channel="sms",result="delivered"}') == 40
    assert metric('sbyt_channel_attempts{channel="sms",result="unreachable"}') == 2


def test_metrics_tell_for_how_long_the_certificate_is_good() -> None:
    assert metric("sbyt_certificate_expires_seconds") is None
    now, day = right_now(), dt.timedelta(days=1)
    health_rows.take_turn(now)
    health_rows.keep_certificate("https://a.example", Certificate(Seen.GOOD, now - day, now + 9 * day), now)
    left = metric("sbyt_certificate_expires_seconds")
    assert left is not None
    assert 8.9 * 86_400 < left <= 9 * 86_400
