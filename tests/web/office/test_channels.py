"""The desk of the channels."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from sbyt.core.settings import ChannelState
from sbyt.messaging.models import ChannelStatus, InboundMessage, OutboundMessage, Pace
from sbyt.staff.roles import Role
from sbyt.web.office.channels.words import WORDS
from tests.support.databases import Database
from tests.support.serving import right_now
from tests.web.office.logged_in import logged_in

TODAY = right_now().astimezone(ZoneInfo("Europe/Moscow")).date()
DAY = f"{TODAY:%d.%m.%Y}"
SMS = {
    "state": "withdrawn",
    "since": TODAY.isoformat(),
    "why": "Номер сменился",
    "title": "SMS",
    "address": "8 912 951-08-84",
    "first": "1",
    "last": "31",
    "note": "",
    "footnote": "",
}


def words(client: Client, path: str = "/office/channels/", **headers: str) -> str:
    return unescape(client.get(path, headers=headers).text)


def send(client: Client, do: str, code: str = "sms", **filled: str) -> tuple[int, str]:
    page = client.post(f"/office/channels/{code}/", {**SMS, **filled, "do": do}, follow=True)
    return page.status_code, unescape(page.text)


def test_both_languages_have_the_same_words_and_every_state_its_sign() -> None:
    assert WORDS["ru"].keys() == WORDS["en"].keys()
    assert {state.value for state in ChannelState} < WORDS["ru"].keys()
    assert len({state.sign for state in ChannelState}) == len(ChannelState)


@pytest.mark.parametrize(
    ("role", "seen", "changed"),
    [(Role.OPERATOR, 200, 403), (Role.BILLING, 403, 403), (Role.ADMINISTRATOR, 200, 200)],
)
def test_operators_look_and_administrators_change(database: Database, role: Role, seen: int, changed: int) -> None:
    client = logged_in(role)
    assert client.get("/office/channels/").status_code == seen
    assert client.get("/office/channels/sms/").status_code == seen
    assert (
        "do" in client.get("/office/channels/sms/").text and 'name="state"' in client.get("/office/channels/sms/").text
    ) == (changed == 200)
    for do in ("look", "save"):
        assert send(client, do)[0] == changed
    assert ChannelStatus.objects.filter(channel="sms").exists() == (changed == 200)


def test_all_ways_are_there_with_word_and_sign(database: Database) -> None:
    said = words(logged_in(Role.OPERATOR))
    assert said.count("✓ открыт") == 12
    assert "○ скоро" in said
    assert "принимает с 18 по 20 число" in said
    assert "клиентам не называем" in said
    assert "✓ open" in words(logged_in(Role.OPERATOR, name="boris"), **{"accept-language": "en"})


def test_a_way_that_is_not_there_is_not_found(database: Database) -> None:
    assert logged_in(Role.ADMINISTRATOR).get("/office/channels/pigeon/").status_code == 404


# a change -------------------------------------------------------------------------------------------------------------


def test_a_change_is_looked_at_before_it_is_made(database: Database) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    status, said = send(client, "look", code="whatsapp", title="WhatsApp")
    assert status == 200
    assert f"✗ закрыт</span> с {DAY}" in said
    assert "больше не принимает показания. Номер сменился." in said
    assert "Его не назовут." in said
    assert not ChannelStatus.objects.exists()


def test_what_was_looked_at_is_saved_with_who_decided_it(database: Database) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    said = send(client, "save")[1]
    assert "Сохранено: SMS, ✗ закрыт." in said
    row = ChannelStatus.objects.get()
    assert (row.state, row.since, row.why, row.address, row.changed_by) == (
        "withdrawn",
        TODAY,
        "Номер сменился",
        "8 912 951-08-84",
        "Анна Смирнова",
    )
    assert f"с {DAY}; Номер сменился; SMS; 8 912 951-08-84" in said
    assert not OutboundMessage.objects.exists()
    assert "Ничего не изменилось: всё уже так." in send(client, "save")[1]


def test_a_footnote_is_filled_in_shown_and_kept(database: Database) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    said = send(client, "save", footnote="Признан & запрещён")[1]
    assert ChannelStatus.objects.get().footnote == "Признан & запрещён"
    assert "<dt>Сноска</dt><dd>Признан & запрещён</dd>" in said
    assert "; сноска: Признан & запрещён" in said
    assert as_it_stands(client)["footnote"] == "Признан & запрещён"


def test_a_change_for_a_later_day_leaves_today_as_it_is(database: Database) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    later = TODAY + dt.timedelta(days=40)
    said = send(client, "look", since=later.isoformat())[1]
    assert f"До {later:%d.%m.%Y} всё останется как сейчас." in said
    assert "больше не принимает показания" in said
    send(client, "save", since=later.isoformat())
    said = words(client)
    assert f"→ {later:%d.%m.%Y} станет: ✗ закрыт (Номер сменился)" in said
    assert said.count("✗ закрыт") == 1


def as_it_stands(client: Client, code: str = "sms") -> dict[str, str]:
    """What the browser would send of the form as it is shown."""
    form: dict[str, str] = client.get(f"/office/channels/{code}/").context["form"]
    return form


@pytest.mark.parametrize("code", ["sms", "office"])
def test_a_form_sent_as_it_stands_changes_nothing(database: Database, code: str) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    said = send(client, "save", code, **as_it_stands(client, code))[1]
    assert "Ничего не изменилось: всё уже так." in said
    assert not ChannelStatus.objects.exists()


def test_a_state_that_stays_keeps_its_day(database: Database) -> None:
    client, ago = logged_in(Role.ADMINISTRATOR), TODAY - dt.timedelta(days=100)
    send(client, "save", since=ago.isoformat())
    send(client, "save", **as_it_stands(client) | {"note": "Спрашивать Анну"})
    row = ChannelStatus.objects.latest("id")
    assert (row.since, row.note) == (ago, "Спрашивать Анну")


def test_a_change_for_today_leaves_what_was_decided_for_later(database: Database) -> None:
    client, later = logged_in(Role.ADMINISTRATOR), TODAY + dt.timedelta(days=40)
    send(client, "save", state="open", since=later.isoformat(), why="", address="8 912 000-00-00")
    send(client, "save", **as_it_stands(client) | {"state": "unstable", "why": "Ремонт"})
    assert ChannelStatus.objects.filter(since=later).latest("id").address == "8 912 000-00-00"
    assert ChannelStatus.objects.get(since=TODAY).why == "Ремонт"


def test_opening_one_shows_how_others_name_it(database: Database) -> None:
    said = send(
        logged_in(Role.ADMINISTRATOR), "look", code="webform", state="open", title="Форма", address="example.org"
    )[1]
    assert "example.org" in said.split("В ответах других каналов")[1]


def test_who_closes_the_last_one_is_warned(database: Database) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    codes = ("sms", "voice", "email", "telegram", "max", "vk", "whatsapp", "viber", "webchat", "cabinet")
    for code in codes:
        send(client, "save", code=code, title=code)
    assert "людям некуда будет отправить показания" in send(client, "look", code="office", title="Офис")[1]


@pytest.mark.parametrize(
    ("filled", "told"),
    [
        ({"since": "2099-01-01"}, "дата слишком далеко"),
        ({"since": "завтра"}, "дата слишком далеко"),
        ({"state": "broken"}, "дата слишком далеко"),
        ({"first": "20", "last": "10"}, "Дни не подходят"),
        ({"first": "x"}, "Дни не подходят"),
        ({"title": ""}, "Название не может быть пустым"),
    ],
)
def test_what_can_not_be_is_told_and_what_was_filled_in_stays(
    database: Database, filled: dict[str, str], told: str
) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    for do in ("look", "save"):
        status, said = send(client, do, **filled)
        assert (status, told in said, "Номер сменился" in said) == (400, True, True)
    assert not ChannelStatus.objects.exists()


def test_going_back_from_the_preview_keeps_what_was_filled_in(database: Database) -> None:
    said = send(logged_in(Role.ADMINISTRATOR), "edit")[1]
    assert 'value="Номер сменился"' in said
    assert 'value="withdrawn" checked' in said


def test_what_was_filled_in_is_text(database: Database) -> None:
    page = logged_in(Role.ADMINISTRATOR).post("/office/channels/sms/", {**SMS, "why": "<b>x</b>", "do": "look"})
    assert "<b>x" not in page.text


# the notice -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "seen"), [(Role.OPERATOR, 200), (Role.BILLING, 403), (Role.ADMINISTRATOR, 200)])
def test_who_looks_at_channels_may_copy_the_notice(database: Database, role: Role, seen: int) -> None:
    client = logged_in(role)
    assert client.get("/office/notice/").status_code == seen
    assert ('href="/office/notice/"' in client.get("/office/channels/").text) == (seen == 200)


def test_the_notice_is_there_in_each_format_to_be_copied(database: Database) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    send(client, "save", why="Номер <b>сменился</b>")
    page = client.get("/office/notice/")
    assert "<b>сменился" not in page.text
    fields = dict(re.findall(r'<textarea id="(\w+)"[^>]*>(.*?)</textarea>', page.text, re.DOTALL))
    assert fields.keys() == {"text", "short", "html"}
    assert "Номер <b>сменился</b>." in unescape(fields["text"])
    assert "Номер <b>сменился</b>." in unescape(fields["short"])
    assert "Номер &lt;b&gt;сменился&lt;/b&gt;." in unescape(fields["html"])


def test_the_notice_is_shown_for_another_day_and_in_another_language(database: Database) -> None:
    client = logged_in(Role.ADMINISTRATOR)
    later = TODAY + dt.timedelta(days=40)
    send(client, "save", since=later.isoformat())
    assert "Как передать показания" in words(client, "/office/notice/")
    said = words(client, f"/office/notice/?day={later}&in=en")
    assert "SMS: readings are no longer taken" in said
    assert "<li>Номер сменился</li>" in said  # what has no English


@pytest.mark.parametrize("day", ["завтра", "9999-12-31"])
def test_a_day_that_is_none_is_told(database: Database, day: str) -> None:
    page = logged_in(Role.OPERATOR).get("/office/notice/", {"day": day})
    assert (page.status_code, "Это не день" in page.text) == (400, True)


# numbers --------------------------------------------------------------------------------------------------------------


def test_numbers_and_troubles_are_shown(database: Database) -> None:
    now = right_now()
    for number, days in enumerate((0, 0, 3, 10)):
        at = now - dt.timedelta(days=days)
        InboundMessage.objects.create(
            channel="sms", provider_id=f"{number}", sender="1", text="1", received_at=at, stored_at=at
        )
    for state in ("delivered", "delivered", "failed", "waiting"):
        OutboundMessage.objects.create(channel="sms", recipient="1", text="1", created_at=now, send_at=now, state=state)
    Pace.objects.create(
        channel="sms", free_at=now, trouble="unreachable", trouble_since=now, paused_until=now + dt.timedelta(hours=1)
    )
    said = words(logged_in(Role.OPERATOR), "/office/channels/sms/")
    for word, number in (
        ("Пришло сегодня", 2),
        ("Пришло за 7 дней", 3),
        ("Доставлено за 7 дней", 2),
        ("Ждёт отправки", 1),
    ):
        assert f"<dt>{word}</dt><dd>{number}" in said
    assert "✗ не доставлено 1" in said
    assert "нет связи с оператором канала. Отправка на паузе до" in said
