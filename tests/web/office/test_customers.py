"""Finding customers, and their screen."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from django.test import Client
from pytest_django import Settings

from sbyt.accounts.models import Account
from sbyt.billing.models import Bill, Charge
from sbyt.core.periods import Period
from sbyt.messaging.models import InboundMessage
from sbyt.messaging.numbers import short_number
from sbyt.readings.models import Cancellation, Reading
from sbyt.staff.roles import Role
from sbyt.usecases.take_inspector_reading import Why as WhyInspected
from sbyt.usecases.take_reading import Why
from sbyt.web.office.codes import ADVICE, OUTCOMES, PURPOSES, REASONS
from sbyt.web.office.customers.words import WORDS
from tests.support.databases import Database
from tests.support.household import a_meter
from tests.usecases.importing import take_one
from tests.usecases.receiving import ACCOUNT, OTHER, OWNER, STRANGER, household, said, stored
from tests.web.office.logged_in import logged_in

SCREEN = f"/office/accounts/{ACCOUNT}/"
PEOPLE = """\
account,holder,address,category,residents
700,Лесников Иван,"ул. Мира, д. 3, кв. 1",urban,1
701,Лесникова Анна,"ул. Мира, д. 3, кв. 2",urban,1
"""


NOW = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _household(database: Database, settings: Settings) -> None:
    settings.NOW = lambda: NOW
    household()


@pytest.fixture
def operator(_household: None) -> Client:
    return logged_in(Role.OPERATOR)


def words(client: Client, path: str = SCREEN, **headers: str) -> str:
    """What a page says, without its tags."""
    page = unescape(client.get(path, headers=headers).text)
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("\u00a0", " ").split())


@pytest.mark.parametrize("codes", [WORDS, REASONS, ADVICE, OUTCOMES, PURPOSES])
def test_both_languages_say_the_same(codes: dict[str, dict[str, str]]) -> None:
    assert codes["ru"].keys() == codes["en"].keys()


@pytest.mark.parametrize(("role", "status"), [(Role.OPERATOR, 200), (Role.BILLING, 200), (Role.ADMINISTRATOR, 200)])
def test_who_works_with_customers_sees_them(role: Role, status: int) -> None:
    client = logged_in(role)
    assert [client.get(path).status_code for path in ("/office/find/", SCREEN)] == [status, status]


def test_nobody_else_does(client: Client) -> None:
    for path in ("/office/find/", SCREEN, "/office/talk/?channel=sms&sender=1", "/office/queue/", "/office/queue/1/"):
        assert client.get(path).status_code == 302


def test_what_people_write_is_for_operators() -> None:
    said("помощь", sender=OWNER)
    billing = logged_in(Role.BILLING)
    assert "помощь" not in words(billing)
    assert billing.get("/office/talk/?channel=sms&sender=1").status_code == 403
    assert [billing.post(SCREEN, {"do": do}).status_code for do in ("take", "write")] == [403, 403]


def test_whatever_keeps_a_reading_from_being_taken_is_told_in_its_own_words() -> None:
    assert {f"why_{why}" for why in Why} == {word for word in WORDS["ru"] if word.startswith("why_")}
    assert {f"control_{why}" for why in WhyInspected} == {word for word in WORDS["ru"] if word.startswith("control_")}


# search ---------------------------------------------------------------------------------------------------------------


def test_the_only_one_found_is_shown_at_once(operator: Client) -> None:
    take_one("accounts", PEOPLE)
    page = operator.get("/office/find/", {"q": "лесникова"})
    assert (page.status_code, page.headers["Location"]) == (302, "/office/accounts/701/")


def test_several_are_listed_with_what_tells_them_apart(operator: Client) -> None:
    take_one("accounts", PEOPLE)
    text = words(operator, "/office/find/?q=мира 3")
    assert "700 Лесников Иван ул. Мира, д. 3, кв. 1" in text
    assert "701 Лесникова Анна" in text


def test_who_finds_nobody_is_told_what_to_do(operator: Client) -> None:
    text = words(operator, "/office/find/?q=<b>нет</b>")
    assert "Никого не нашли: " in text
    assert "Попробуйте набрать меньше" in text
    assert "<b>нет" not in operator.get("/office/find/?q=<b>нет</b>").text


@pytest.mark.parametrize("typed", ["", "%00", "\x00", "'; DROP TABLE", "𝟘" * 300, "№"])
def test_no_search_is_too_odd(operator: Client, typed: str) -> None:
    assert operator.get("/office/find/", {"q": typed}).status_code == 200


def test_a_message_is_found_by_its_number(operator: Client) -> None:
    said("позовите оператора", sender=STRANGER)
    number = short_number(InboundMessage.objects.get().pk)
    text = words(operator, f"/office/find/?q=№ {number}")
    assert f"Сообщение № {number} позовите оператора SMS, {STRANGER}" in text
    assert "Просит человека" in text


def test_of_who_is_linked_to_nothing_the_conversation_is_there(operator: Client) -> None:
    said("помощь", sender=STRANGER)
    text = words(operator, f"/office/talk/?channel=sms&sender={STRANGER.replace('+', '%2B')}")
    assert f"Переписка: SMS, {STRANGER} помощь" in text


# the screen -----------------------------------------------------------------------------------------------------------


def test_all_of_a_customer_is_on_one_screen(operator: Client) -> None:
    said(f"{ACCOUNT} 34425", sender=OWNER)
    november = Period.parse("2026-10")
    account = Account.objects.get(number=ACCOUNT)
    Bill.objects.create(
        account=account, period=november, opening=0, charged=150000, recalculated=0, paid=0, closing=150000
    )
    text = words(operator)
    for told in (
        "Петров П. П.",
        "г. Ухта, ул. Мира, д. 3, кв. 14",
        "К оплате 2 734,56 ₽",
        "Электроэнергия 40010001",
        "4310 окт 2026 20.10.2026 12:00",
        f"{OWNER} из договора, с 01.01.2026",
        f"{ACCOUNT} 34425 SMS, {OWNER}",
        "✗ не принято: столько не могло пройти",
        "окт 2026 0,00 1 500,00",
        "Ждёт решения Столько не могло пройти",
    ):
        assert told in text, told


def test_it_speaks_english_too(operator: Client) -> None:
    text = words(operator, **{"accept-language": "en"})
    assert "Owes 1,234.56 ₽" in text
    assert "Electricity 40010001" in text
    assert "4310 Oct 2026" in text


def test_use_is_drawn_and_told_as_a_table(operator: Client) -> None:
    page = operator.get(SCREEN).text
    assert page.count('class="actual" x=') == 10  # January, when it was installed, shares with February
    assert "окт\u00a02026: 120\u00a0кВт·ч, по показаниям" in page
    assert "<td>120</td><td>по показаниям</td>" in page


def test_an_estimate_is_called_one(operator: Client) -> None:
    meter = a_meter(Account.objects.get(number=OTHER), "W1", "cold_water", decimals=3)
    (register,) = meter.registers.all()
    period = Period.parse("2026-11")
    Charge.objects.create(
        account=meter.account, register=register, period=period, for_period=period,
        kind="charge", basis="average", volume=4500, amount=1,
    )  # fmt: skip
    page = operator.get(f"/office/accounts/{OTHER}/").text
    assert 'class="average" x=' in page
    assert "4,5\u00a0м³, по среднему" in page


def test_an_account_with_nothing_shows_so(operator: Client) -> None:
    take_one("accounts", PEOPLE)
    text = words(operator, "/office/accounts/700/")
    for told in ("Счётчиков на счёте нет", "Счетов пока не было", "Переписки пока не было", "Никто не привязан"):
        assert told in text


def test_a_number_written_otherwise_leads_to_the_account(operator: Client) -> None:
    page = operator.get("/office/accounts/200 000 0001/")
    assert (page.status_code, page.headers["Location"]) == (302, SCREEN)


@pytest.mark.parametrize("path", ["/office/accounts/%00/", "/office/bills/2026-10/%00/", f"/office/queue/{9**30}/"])
def test_no_address_is_too_odd(operator: Client, path: str) -> None:
    assert operator.get(path).status_code == 404


def test_an_account_that_is_not_there_is_told(operator: Client) -> None:
    page = operator.get("/office/accounts/999/")
    assert page.status_code == 404
    assert "Счёта 999 нет" in page.text


def test_a_long_conversation_is_leafed_through(operator: Client) -> None:
    for number in range(25):
        said(f"помощь {number}", sender=OWNER, at=f"2026-11-20T12:{number:02d}:00")
    page = operator.get(SCREEN)
    assert "помощь 5<" in page.text
    assert "помощь 4<" not in page.text
    earlier = unescape(page.context["earlier"])
    page = operator.get(SCREEN + earlier.partition("#")[0])
    assert "помощь 4<" in page.text
    assert "помощь 5<" not in page.text
    assert page.context["newest"]


@pytest.mark.parametrize(
    "before", ["", "x", "1_2_3", "9999-12-31T23:00:00-12:00_1_5", "2026-01-01_0_0", f"2026-01-01_0_{9**40}"]
)
def test_a_place_that_is_none_does_no_harm(operator: Client, before: str) -> None:
    assert operator.get(SCREEN, {"before": before}).status_code == 200


# taking down and taking back ------------------------------------------------------------------------------------------


def take(client: Client, serial: str = "40010001", path: str = SCREEN, **filled: str) -> tuple[int, str]:
    page = client.post(path, {"do": "take", "meter": serial, **filled}, follow=True)
    return page.status_code, " ".join(re.sub(r"<[^>]+>", " ", unescape(page.text)).replace("\u00a0", " ").split())


def test_a_reading_that_the_customer_tells_is_taken_down(operator: Client) -> None:
    status, text = take(operator, T1="4 425,7")
    assert (status, "Записано: 4425 за ноя 2026." in text) == (200, True)
    reading = Reading.objects.get(value=4425)
    assert (reading.channel, reading.kind, reading.message) == ("office", "customer", None)
    assert "4425" in words(operator)


def test_both_registers_are_taken_down_together(operator: Client) -> None:
    take(operator, "40010002", f"/office/accounts/{OTHER}/", T1="8242", T2="3104")
    assert list(Reading.objects.filter(channel="office").values_list("value", flat=True)) == [8242, 3104]


def test_what_is_doubted_is_asked_about_first(operator: Client) -> None:
    text = take(operator, T1="7800")[1]
    assert "Необычно много: расход 3490 кВт·ч с 20.10.2026" in text
    assert not Reading.objects.filter(value=7800).exists()
    take(operator, T1="7800", sure="1")
    assert Reading.objects.get(value=7800).verdict == "high"


@pytest.mark.parametrize(
    ("serial", "filled", "told"),
    [
        ("40010001", {"T1": "много"}, "Напишите число"),
        ("40010001", {"T1": ""}, "Напишите число"),
        ("40010001", {"T1": "4309"}, "Меньше прошлого, 4310"),
        ("40010001", {"T1": "123456", "sure": "1"}, "Столько цифр"),
        ("40010001", {"T1": "4425", "rollover": "1"}, "через ноль счётчик не прошёл"),
        ("чужой", {"T1": "4425"}, "Такого счётчика на этом счёте нет"),
    ],
)
def test_what_can_not_be_taken_down_is_told(operator: Client, serial: str, filled: dict[str, str], told: str) -> None:
    status, text = take(operator, serial, **filled)
    assert (status, told in text) == (400, True)
    assert not Reading.objects.filter(channel="office").exists()


def cancel(client: Client, value: int, why: str = "ошибка") -> tuple[int, str]:
    ids = ",".join(str(pk) for pk in Reading.objects.filter(value=value).values_list("pk", flat=True))
    page = client.post(SCREEN, {"do": "cancel", "readings": ids, "why": why}, follow=True)
    return page.status_code, unescape(page.text)


def test_a_reading_is_taken_back_with_who_and_why(operator: Client) -> None:
    assert "Показание отменено." in cancel(operator, 4310)[1]
    cancelled = Cancellation.objects.get()
    assert (cancelled.by, cancelled.reason) == ("Анна Смирнова", "ошибка")
    assert "отменил(а) Анна Смирнова" in words(operator)


@pytest.mark.parametrize(
    ("value", "why", "told"),
    [(4310, " ", "Напишите, почему"), (3230, "ошибка", "при снятии не отменяют"), (1, "ошибка", "показания на этом")],
)
def test_what_can_not_be_taken_back_is_told(operator: Client, value: int, why: str, told: str) -> None:
    status, text = cancel(operator, value, why)
    assert (status, told in text) == (400, True)
    assert not Cancellation.objects.exists()


def test_of_another_account_nothing_is_taken_back(operator: Client) -> None:
    said(f"{OTHER} 8242 3104", sender=STRANGER)
    assert cancel(operator, 8242)[0] == 400
    assert stored() == [8242, 3104]


# what an inspector read -----------------------------------------------------------------------------------------------


@pytest.fixture
def billing(_household: None) -> Client:
    return logged_in(Role.BILLING)


def inspect(client: Client, path: str = SCREEN, **filled: str) -> tuple[int, str, str]:
    form = {"do": "inspect", "meter": "40010001", "day": "2026-11-18", "reason": "Акт 17", **filled}
    page = client.post(path, form, follow=True)
    return (
        page.status_code,
        " ".join(re.sub(r"<[^>]+>", " ", unescape(page.text)).replace("\u00a0", " ").split()),
        page.text,
    )


@pytest.mark.parametrize(
    ("role", "status", "is_offered"), [(Role.OPERATOR, 403, 0), (Role.BILLING, 200, 1), (Role.ADMINISTRATOR, 200, 1)]
)
def test_who_bills_enters_what_an_inspector_read(role: Role, status: int, is_offered: int) -> None:
    client = logged_in(role)
    assert client.get(SCREEN).text.count('name="do" value="inspect"') == is_offered
    assert inspect(client, T1="4400")[0] == status
    assert Reading.objects.filter(value=4400).count() == is_offered


def test_an_inspectors_value_is_shown_with_who_entered_it_and_why(billing: Client) -> None:
    told = inspect(billing, T1="4 180", reason="Акт «17» & план")[1]
    assert "Записано показание контролёра: 4180 за ноя 2026." in told
    assert "Показания клиента за сен 2026, окт 2026 больше него и в счёт не пойдут." in told
    assert "4180 ноя 2026 18.11.2026 контролёр Анна Смирнова: Акт «17» & план ✓ учтено" in words(billing)
    assert "& план" not in billing.get(SCREEN).text
    assert "inspector Анна Смирнова: Акт «17» & план ✓" in words(billing, **{"accept-language": "en"})


def test_both_registers_of_an_inspection_are_entered_each_with_its_mark(billing: Client) -> None:
    path = f"/office/accounts/{OTHER}/"
    filled = {"meter": "40010002", "T1": "200", "T2": "3100", "T1-rolled": "1", "sure": "1"}
    status, told, _ = inspect(billing, path, **filled)
    assert (status, "Записано показание контролёра: день 200, ночь 3100" in told) == (200, True)
    rows = Reading.objects.filter(kind="control").order_by("id")
    assert list(rows.values_list("value", "rollover")) == [(200, True), (3100, False)]


@pytest.mark.parametrize(
    ("filled", "told"),
    [
        ({"T1": "много"}, "Напишите число"),
        ({"T1": "4400", "day": ""}, "Укажите день"),
        ({"T1": "4400", "day": "18.11.2026"}, "Укажите день"),
        ({"T1": "4400", "reason": " "}, "Напишите основание"),
        ({"T1": "4400", "day": "2026-11-21"}, "ещё не наступил"),
        ({"T1": "4400", "day": "0001-01-01"}, "ещё не был установлен"),
        ({"T1": "3229"}, "Меньше, чем 3230 от 12.01.2026"),
        ({"T1": "4311", "day": "2026-09-21"}, "Больше, чем 4310 от 20.10.2026"),
        ({"T1": "4400", "T1-rolled": "1"}, "через ноль счётчик не прошёл"),
    ],
)
def test_why_an_inspectors_value_is_not_taken_is_told_and_what_was_typed_stays(
    billing: Client, filled: dict[str, str], told: str
) -> None:
    status, text, page = inspect(billing, **filled)
    assert (status, told in text) == (400, True)
    assert f'value="{filled["T1"]}"' in page
    assert page.count('class="hand-in" open') == 1
    assert ('value="1" checked' in page) == ("T1-rolled" in filled)
    assert not Reading.objects.filter(channel="office").exists()


def test_an_inspectors_value_far_from_usual_is_asked_about_first(billing: Client) -> None:
    status, text, page = inspect(billing, T1="7800")
    assert (status, "Необычно много: расход 3490 кВт·ч с 20.10.2026" in text) == (200, True)
    assert not Reading.objects.filter(value=7800).exists()
    form = page.partition('role="alert"')[2].partition("</form>")[0]
    repeated = dict(re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)">', form))
    assert inspect(billing, **repeated)[0] == 200
    assert Reading.objects.get(value=7800).verdict == "high"


def test_of_a_meter_that_is_not_there_nothing_is_entered(billing: Client) -> None:
    assert "Такого счётчика на этом счёте нет" in inspect(billing, meter="чужой", T1="1")[1]


@pytest.mark.parametrize(
    ("role", "value", "told"),
    [
        (Role.BILLING, 4400, "Показание отменено."),
        (Role.ADMINISTRATOR, 4400, "Показание отменено."),
        (Role.OPERATOR, 4400, "только показание клиента"),
        (Role.BILLING, 4310, "только показание контролёра"),
        (Role.ADMINISTRATOR, 4310, "Показание отменено."),
        (Role.ADMINISTRATOR, 3230, "при снятии не отменяют"),
    ],
)
def test_whoever_may_enter_an_inspectors_value_may_take_it_back(role: Role, value: int, told: str) -> None:
    inspect(logged_in(Role.BILLING, name="boris"), T1="4400")
    client = logged_in(role)
    assert told in cancel(client, value)[1]
    assert Cancellation.objects.exists() == (told == "Показание отменено.")


def test_each_is_offered_to_take_back_what_they_may(billing: Client) -> None:
    inspect(billing, T1="4400")
    offered = [
        client.get(SCREEN).text.count('value="cancel"') for client in (billing, logged_in(Role.OPERATOR, name="o"))
    ]
    assert offered == [1, 9]


# writing --------------------------------------------------------------------------------------------------------------


def write(client: Client, way: str = f"sms:{OWNER}", text: str = "Придёт контролёр") -> tuple[int, str]:
    page = client.post(SCREEN, {"do": "write", "way": way, "text": text}, follow=True)
    return page.status_code, unescape(page.text)


def test_an_operator_writes_to_the_customer(operator: Client, settings: Settings) -> None:
    settings.CONNECTED_CHANNELS = None
    assert f"Отправляем: SMS, {OWNER}." in write(operator)[1]
    assert "Придёт контролёр SMS, +79120000101 · написал сотрудник: Анна Смирнова · 20.11.2026 18:00" in words(operator)


def test_what_was_typed_stays_where_it_could_not_be_sent(operator: Client, settings: Settings) -> None:
    settings.CONNECTED_CHANNELS = None
    status, text = write(operator, way="sms:+70000000000")
    assert (status, "Написать туда больше нельзя" in text) == (400, True)
    assert ">Придёт контролёр</textarea>" in text


def test_who_can_not_be_reached_is_to_be_called(operator: Client, settings: Settings) -> None:
    settings.CONNECTED_CHANNELS = dict
    assert "Написать клиенту некуда" in words(operator)
