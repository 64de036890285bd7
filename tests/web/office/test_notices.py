"""The desk of mass notices."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from html import unescape

import pytest
from django.conf import settings
from django.test import Client

from sbyt.accounts.models import Link
from sbyt.core.settings import Window
from sbyt.messaging.models import OutboundMessage
from sbyt.notices.models import Addressee, Campaign, Step
from sbyt.notices.reminders import choose_reminder
from sbyt.staff.models import User
from sbyt.staff.roles import Role
from sbyt.web.office.notices.words import WORDS
from tests.notices.notice_world import NOW, linked, stand_ins, town, wrote
from tests.support.databases import FreshDatabase
from tests.web.office.logged_in import logged_in

ACCOUNT, PHONE = "2000000001", "+79120000701"
UNTIL = "2026-11-25"


@pytest.fixture(autouse=True)
def _town(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings, "NOW", lambda: NOW)
    monkeypatch.setattr(settings, "CONNECTED_CHANNELS", lambda: stand_ins("sms", "email"))
    with fresh_database(town):
        Link.objects.all().delete()
        linked(ACCOUNT, "phone", PHONE)
        wrote(PHONE)
        yield


def page(client: Client, path: str = "/office/notices/", **headers: str) -> str:
    return unescape(client.get(path, headers=headers).text)


def do(client: Client, what: str, path: str = "/office/notices/", **filled: str) -> tuple[int, str]:
    answered = client.post(path, {**filled, "do": what}, follow=True)
    return answered.status_code, unescape(answered.text)


def prepared(client: Client, **filled: str) -> str:
    """The page of a notice that somebody has prepared."""
    status, _ = do(client, "withdrawn", channel="whatsapp", until=UNTIL, **filled)
    assert status == 200
    return f"/office/notices/{Campaign.objects.latest('id').pk}/"


def anna() -> Client:
    return logged_in(Role.BILLING, name="anna")


def boris() -> Client:
    """Another account of somebody who, as in these tests all, is called the same: names are compared too."""
    client = logged_in(Role.BILLING, name="boris")
    User.objects.filter(username="boris").update(first_name="Борис", last_name="Б.")
    return client


def test_both_languages_have_the_same_words() -> None:
    assert WORDS["ru"].keys() == WORDS["en"].keys()


@pytest.mark.parametrize(
    ("role", "seen", "decided"),
    [(Role.OPERATOR, 200, 403), (Role.BILLING, 200, 200), (Role.ADMINISTRATOR, 200, 200)],
)
def test_operators_look_and_who_bills_decides(role: Role, seen: int, decided: int) -> None:
    client = logged_in(role)
    assert client.get("/office/notices/").status_code == seen
    assert ('name="per_hour"' in client.get("/office/notices/").text) == (decided == 200)
    assert do(client, "withdrawn", channel="whatsapp", until=UNTIL)[0] == decided
    assert Campaign.objects.exists() == (decided == 200)


def test_who_is_not_logged_in_sees_nothing() -> None:
    assert Client().get("/office/notices/").status_code == 302
    assert Client().get("/office/notices/1/not-told.csv").status_code == 302


def test_one_that_is_not_there_is_not_found() -> None:
    client = anna()
    for path in ("/office/notices/7/", "/office/notices/7/not-told.csv"):
        assert client.get(path).status_code == 404


def test_it_shows_how_many_what_it_costs_and_what_people_read() -> None:
    wrote("a-name")
    client = anna()
    said = page(client, prepared(client))
    assert "○ готово, ждёт одобрения" in said
    assert "SMS: сообщений 1, цена не указана" in said
    assert "WhatsApp больше не принимает показания. Отправьте так до 25 ноября: " in said
    assert "Отправлять по 25.11.2026 включительно." in said
    assert "неизвестно, кто это" in said
    assert OutboundMessage.objects.count() == 0


def test_it_is_said_in_english_too() -> None:
    client = anna()
    assert "○ ready, waits for approval" in page(client, prepared(client), **{"accept-language": "en"})


def test_who_prepared_it_is_not_offered_to_approve_it_and_can_not() -> None:
    client = anna()
    path = prepared(client)
    assert 'value="approve"' not in page(client, path)
    status, said = do(client, "approve", path)
    assert (status, "Одобряет другой человек" in said) == (400, True)
    assert Campaign.objects.get().state == "prepared"


def test_another_approves_pauses_resumes_and_stops_it() -> None:
    path = prepared(anna())
    client = boris()
    states = []
    for what in ("approve", "pause", "resume", "stop"):
        assert f'value="{what}"' in page(client, path)
        assert do(client, what, path, sure="1")[0] == 200
        states.append(Campaign.objects.get().state)
    assert states == ["approved", "paused", "approved", "stopped"]
    assert list(Step.objects.order_by("id").values_list("what", "login")) == [
        ("prepared", "anna"), ("approved", "boris"), ("paused", "boris"), ("resumed", "boris"), ("stopped", "boris")
    ]  # fmt: skip


def test_stopping_asks_whether_one_is_sure() -> None:
    client = anna()
    path = prepared(client)
    do(client, "stop", path)
    assert Campaign.objects.get().state == "prepared"


def test_what_another_did_meanwhile_is_said() -> None:
    path = prepared(anna())
    client = boris()
    do(client, "approve", path)
    status, said = do(client, "approve", path)
    assert (status, "его состояние изменилось" in said) == (400, True)


def test_it_is_tried_on_oneself() -> None:
    client = anna()
    path = prepared(client)
    assert (
        "WhatsApp takes no readings any more"
        in do(client, "try", path, channel="sms", address="+7999", language="en")[1]
    )
    assert list(OutboundMessage.objects.values_list("recipient", "purpose")) == [("+7999", "notice_tried")]
    assert do(client, "try", path, channel="telegram", address="7")[0] == 400


@pytest.mark.parametrize(
    ("filled", "said"),
    [
        ({"channel": "telegram"}, "не закрыт"),
        ({"channel": "icq"}, "Такого канала нет"),
        ({"channel": "whatsapp", "until": "2026-11-19"}, "уведомлять некогда"),
        ({"channel": "whatsapp", "until": "завтра"}, "введены неверно"),
        ({"channel": "whatsapp", "per_hour": "0"}, "хотя бы одно"),
    ],
)
def test_what_can_not_be_prepared_is_said(filled: dict[str, str], said: str) -> None:
    status, answered = do(anna(), "withdrawn", **filled)
    assert (status, said in answered) == (400, True)


def test_words_of_ones_own() -> None:
    client = anna()
    status, said = do(client, "own", text_ru="Приходите на <день> открытых дверей", accounts=ACCOUNT)
    assert (status, "«Приходите на <день> открытых дверей»" in said) == (200, True)
    assert Addressee.objects.get().recipient == PHONE
    status, said = do(client, "own", text_ru="я" * 135)
    assert (status, "длиннее 134" in said) == (400, True)


def test_who_was_not_told_is_a_file() -> None:
    wrote("a-name")
    linked(ACCOUNT, "chat", "whatsapp:8", Link.How.BILL_CODE)
    Link.objects.filter(kind="phone").update(ended_at=NOW)
    client = anna()
    path = prepared(client)
    answered = client.get(f"{path}not-told.csv")
    assert answered["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answered.getvalue().decode("utf-8-sig"))))
    assert rows[0] == ["account", "holder", "address", "phone", "used", "result", "reason"]
    assert ["", "", "", "", "whatsapp:a-name", "не достать", "неизвестно, кто это"] in rows
    assert [
        ACCOUNT, "Петров П. П.", "г. Ухта, ул. Мира, д. 3, кв. 14", "+79120000101", "whatsapp:8", "не достать",
        "другого адреса нет",
    ] in rows  # fmt: skip


def test_a_closed_channel_offers_to_prepare_it() -> None:
    said = page(logged_in(Role.ADMINISTRATOR, name="vera"), "/office/channels/whatsapp/")
    assert "/office/notices/?withdrawn=whatsapp#prepare" in said
    assert "#prepare" not in page(logged_in(Role.OPERATOR, name="oleg"), "/office/channels/whatsapp/")
    assert "#prepare" not in page(logged_in(Role.ADMINISTRATOR, name="lev"), "/office/channels/sms/")
    assert NOW.tzinfo is dt.UTC


# reminders, on the customer's screen ----------------------------------------------------------------------------------

SCREEN = f"/office/accounts/{ACCOUNT}/"


def test_staff_take_down_when_and_where_a_customer_wants_to_be_reminded() -> None:
    client = logged_in(Role.OPERATOR)
    assert "Ничего не выбрано." in page(client, SCREEN)
    assert do(client, "remind", SCREEN, day="20", way=f"sms:{PHONE}")[0] == 200
    assert f"20 числа, SMS {PHONE}" in page(client, SCREEN)
    do(client, "remind", SCREEN, day="never", way="")
    assert "<p>Не напоминать</p>" in page(client, SCREEN)
    assert "<p>No reminders</p>" in page(client, SCREEN, **{"accept-language": "en"})


@pytest.mark.parametrize(("day", "way"), [("17", ""), ("x", ""), ("", ""), ("20", "sms:+79990000000")])
def test_what_can_not_be_chosen_is_said(day: str, way: str) -> None:
    status, said = do(logged_in(Role.OPERATOR), "remind", SCREEN, day=day, way=way)
    assert (status, "выбрать нельзя" in said) == (400, True)


def test_what_customers_chose_themselves_is_shown() -> None:
    choose_reminder("sms", PHONE, 22, Window(), NOW)
    choose_reminder("telegram", PHONE.removeprefix("+"), 23, Window(), NOW)
    said = page(logged_in(Role.OPERATOR), SCREEN)
    assert "Сам выбрал в SMS: 22 числа" in said
    assert "23 числа" not in said


def test_who_bills_does_not_take_it_down() -> None:
    assert do(anna(), "remind", SCREEN, day="20", way="")[0] == 403
