"""How the channels do, as the office shows it: by word and sign, why, since when, what to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from html import unescape

import pytest
from django.test import Client

from sbyt.core.settings import ChannelState
from sbyt.messaging.health import HealthState, Reason
from sbyt.messaging.health_rows import packed
from sbyt.messaging.models import ChannelAlarm, ChannelStatus, Pace
from sbyt.staff.roles import Role
from tests.support.databases import Database
from tests.support.health import only_connected, was_checked
from tests.support.serving import right_now
from tests.web.office.logged_in import logged_in

SINCE = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
FAILING = Reason("failing", {"error": "unreachable", "count": 7, "since": SINCE.isoformat()})


@pytest.fixture(autouse=True)
def connected(database: Database) -> Iterator[None]:
    with only_connected("sms", "max"):
        yield


def page(client: Client, path: str, **headers: str) -> str:
    return unescape(client.get(path, headers=headers).text)


@pytest.mark.parametrize("path", ["/office/channels/", "/office/channels/sms/"])
def test_the_desk_says_how_why_since_when_and_what_to_do(path: str) -> None:
    was_checked("sms", HealthState.DOWN, FAILING, since=SINCE)
    client = logged_in(Role.OPERATOR)
    said = page(client, path)
    assert '<span class="state down">✗ не работает</span> <span class="quiet">с 20.11.2026 12:00</span>' in said
    assert "Ничего не отправляется с 20.11.2026 12:00, нет связи с оператором канала. Неудач подряд: 7." in said
    assert "Сообщения ждут и уйдут сами." in said
    english = page(client, path, **{"accept-language": "en"})
    assert "✗ does not work" in english
    assert "Nothing has been sent since 20.11.2026 12:00" in english


def test_the_same_trouble_is_not_told_twice() -> None:
    now = right_now()
    Pace.objects.create(channel="sms", free_at=now, failures=7, trouble="unreachable", trouble_since=now)
    was_checked("sms", HealthState.DOWN, FAILING)
    assert page(logged_in(Role.OPERATOR), "/office/channels/sms/").count("нет связи с оператором канала") == 1


def test_an_old_check_is_shown_as_unknown_and_never_as_well() -> None:
    was_checked("sms", HealthState.OK, ago=6)
    said = page(logged_in(Role.OPERATOR), "/office/channels/sms/")
    assert "? неизвестно, давно не проверяли" in said
    assert "✓ работает" not in said


def test_what_is_not_connected_has_no_health() -> None:
    assert "Как работает" not in page(logged_in(Role.OPERATOR), "/office/channels/vk/")


@pytest.mark.parametrize(
    ("health", "state", "offered"),
    [
        (HealthState.DOWN, ChannelState.OPEN, True),
        (HealthState.DOWN, ChannelState.UNSTABLE, False),
        (HealthState.DOWN, ChannelState.WITHDRAWN, False),
        (HealthState.DEGRADED, ChannelState.OPEN, False),
        (HealthState.OK, ChannelState.OPEN, False),
    ],
)
def test_that_customers_are_told_is_offered_and_decided_by_people(
    health: HealthState, state: ChannelState, offered: bool
) -> None:
    now = right_now()
    ChannelStatus.objects.create(
        channel="sms", state=state, since=now.date(), title="SMS", changed_at=now, changed_by="anna"
    )
    was_checked("sms", health, *([FAILING] if health is not HealthState.OK else []))
    link = 'href="/office/channels/sms/?state=unstable#change"'
    assert (link in page(logged_in(Role.OPERATOR), "/office/channels/")) == offered
    assert ChannelStatus.objects.count() == 1


@pytest.mark.parametrize(("asked", "chosen"), [("unstable", "unstable"), ("broken", "open"), ("", "open")])
def test_the_link_opens_the_form_with_the_state_chosen(asked: str, chosen: str) -> None:
    said = page(logged_in(Role.ADMINISTRATOR), f"/office/channels/sms/?state={asked}")
    assert f'value="{chosen}" checked' in said
    assert not ChannelStatus.objects.exists()


def test_what_staff_were_told_before_is_listed_the_newest_first() -> None:
    hour = dt.timedelta(hours=1)
    kept = {"channel": "sms", "reasons": packed([FAILING])}
    ChannelAlarm.objects.create(state="degraded", began_at=SINCE, ended_at=SINCE + hour, **kept)
    ChannelAlarm.objects.create(state="down", began_at=SINCE + hour, **kept)
    said = page(logged_in(Role.OPERATOR), "/office/channels/sms/")
    assert "20.11.2026 12:00 – 20.11.2026 13:00" in said
    assert said.index("20.11.2026 13:00 – до сих пор") < said.index("20.11.2026 12:00 – 20.11.2026 13:00")
    assert "Когда работал плохо" not in page(logged_in(Role.OPERATOR, name="boris"), "/office/channels/max/")


def test_the_first_page_lists_what_does_not_work_the_worst_first() -> None:
    was_checked("max", HealthState.DEGRADED, Reason("backlog", {"said": "12"}))
    was_checked("sms", HealthState.DOWN, FAILING)
    said = page(logged_in(Role.OPERATOR), "/office/")
    assert said.index("✗ не работает") < said.index("! работает плохо")
    assert "У оператора канала копятся сообщения для нас: «12»." in said
    assert 'href="/office/channels/max/"' in said


def test_the_first_page_says_nothing_where_all_is_well_or_nobody_looked() -> None:
    was_checked("max", HealthState.OK)
    was_checked("sms", HealthState.DOWN, FAILING, ago=60)
    assert "не работает" not in page(logged_in(Role.OPERATOR), "/office/")


def test_who_bills_is_not_bothered_with_it() -> None:
    was_checked("sms", HealthState.DOWN, FAILING)
    assert "не работает" not in page(logged_in(Role.BILLING), "/office/")


def test_what_a_provider_said_is_text() -> None:
    was_checked("sms", HealthState.DEGRADED, Reason("provider_says", {"said": "<b>x</b>"}))
    assert "<b>x" not in logged_in(Role.OPERATOR).get("/office/channels/sms/").text
