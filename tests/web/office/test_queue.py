"""The queue of what only people can decide."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
from django.test import Client
from pytest_django import Settings

from sbyt.messaging.inbox import Incoming
from sbyt.messaging.models import OutboundMessage
from sbyt.messaging.pictures import Picture
from sbyt.readings.models import Reading, StaffTask
from sbyt.staff.roles import Role
from sbyt.usecases.decide_task import close
from sbyt.usecases.receive_message import receive_message
from sbyt.web.office.queue.words import WORDS
from tests.messaging.test_photos import PNG
from tests.support.databases import Database
from tests.support.household import was_read
from tests.usecases.receiving import ACCOUNT, OWNER, SETTINGS, STRANGER, household, said, stored
from tests.web.office.logged_in import logged_in

NOW = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)
QUEUE = "/office/queue/"


@pytest.fixture(autouse=True)
def _household(database: Database, settings: Settings) -> None:
    settings.NOW = lambda: NOW
    settings.SBYT = SETTINGS
    household()


@pytest.fixture
def operator(_household: None) -> Client:
    return logged_in(Role.OPERATOR)


def a_task(text: str = f"{ACCOUNT} 34425", sender: str = OWNER, channel: str = "sms") -> str:
    """What staff get because of a message, by the path of its page."""
    said(text, sender=sender, channel=channel)
    return f"{QUEUE}{StaffTask.objects.latest('id').pk}/"


def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", unescape(page)).replace("\u00a0", " ").split())


def words(client: Client, path: str = QUEUE, **headers: str) -> str:
    return plain(client.get(path, headers=headers).text)


def decide(client: Client, path: str, do: str, **filled: str) -> tuple[int, str]:
    page = client.post(path, {"do": do, **filled}, follow=True)
    return page.status_code, plain(page.text)


def told() -> list[str]:
    return list(OutboundMessage.objects.exclude(purpose="answer").order_by("id").values_list("text", flat=True))


def test_both_languages_have_the_same_words() -> None:
    assert WORDS["ru"].keys() == WORDS["en"].keys()


@pytest.mark.parametrize(("role", "status"), [(Role.OPERATOR, 200), (Role.BILLING, 403), (Role.ADMINISTRATOR, 200)])
def test_it_is_for_operators(role: Role, status: int) -> None:
    path = a_task()
    client = logged_in(role)
    assert [client.get(one).status_code for one in (QUEUE, path)] == [status, status]
    assert (client.post(path, {"do": "close"}).status_code == 302) == (status == 200)


# the list -------------------------------------------------------------------------------------------------------------


def test_what_waits_is_listed_by_reason_the_oldest_first(operator: Client) -> None:
    a_task()
    a_task("позовите оператора", STRANGER)
    text = words(operator)
    assert "Ждёт решения 2 Все Столько не могло пройти 1 Просит человека 1" in text
    assert "Столько не могло пройти электроэнергия …0001: 34425" in text
    assert text.index("34425") < text.index("позовите оператора")
    assert "34425" not in words(operator, f"{QUEUE}?reason=operator")


def test_nothing_waiting_is_told_so(operator: Client) -> None:
    assert "Ничего не ждёт решения" in words(operator)


def test_equal_ones_are_one_line(operator: Client) -> None:
    for _ in range(3):
        a_task()
    text = words(operator)
    assert text.count("электроэнергия …0001: 34425") == 1
    assert "и ещё 2" in text


def test_a_long_queue_is_leafed_through(operator: Client) -> None:
    for number in range(52):
        a_task("позовите оператора", f"+7999{number:07d}")
    page = operator.get(QUEUE)
    assert page.text.count('class="why"') == 50
    assert operator.get(QUEUE, {"page": page.context["following"]}).text.count('class="why"') == 2


def test_no_page_skips_what_stands_between_equal_ones(operator: Client) -> None:
    for number in (0, *range(60), 0):
        a_task("позовите оператора", f"+7999{number:07d}")
    pages = [operator.get(QUEUE, {"page": page}).text for page in (1, 2)]
    assert [page.count('class="why"') for page in pages] == [50, 10]


def test_whoever_decides_those_of_one_reason_goes_on_with_them(operator: Client) -> None:
    first = a_task()
    a_task("позовите оператора", STRANGER)
    other = a_task(f"{ACCOUNT} 34426", STRANGER)
    page = operator.post(f"{first}?reason=impossible", {"do": "close"})
    assert page.headers["Location"] == f"{other}?reason=impossible"
    page = operator.post(f"{other}?reason=impossible", {"do": "close"})
    assert page.headers["Location"] == f"{QUEUE}?reason=impossible"


@pytest.mark.parametrize(
    "query",
    ["?reason=no", "?page=x", "?page=0", "?page=99999999999999", "?reason=<b>", "?page=²", "?page=" + "9" * 5000],
)
def test_a_query_that_is_none_does_no_harm(operator: Client, query: str) -> None:
    page = operator.get(QUEUE + query)
    assert page.status_code == 200
    assert "<b>" not in page.text.replace("<b>0", "")


def test_the_first_page_of_the_office_says_how_much_waits(operator: Client) -> None:
    assert "Всё решено" in words(operator, "/office/")
    a_task()
    assert "Ждёт решения 1 Столько не могло пройти 1" in words(operator, "/office/")
    assert "Столько" not in words(logged_in(Role.BILLING, name="boris"), "/office/")


def test_it_says_so_where_messages_are_not_handled(operator: Client) -> None:
    a_task()
    OutboundMessage.objects.all().delete()
    message = StaffTask.objects.get().message
    assert message
    message.handled_at = None
    message.save()
    assert "Не обработано сообщений: 1, первое с 20.11.2026 12:02" in words(operator, "/office/")


# one task -------------------------------------------------------------------------------------------------------------


def test_reason_history_and_conversation_are_beside_the_decision(operator: Client) -> None:
    text = words(operator, a_task())
    for said_ in (
        "Столько не могло пройти",
        "Чаще всего лишняя цифра",
        f"Счёт {ACCOUNT} · Петров П. П.",
        "! столько не могло пройти , прошлое 4310 от 20.10.2026, расход 30115 кВт·ч с 20.10.2026",
        "обычно 120 кВт·ч в месяц",
        "4310 окт 2026",
        "Передали сотруднику",
        "Вы прислали 34425, счётчик …0001.",
        "Показание 34425 по счётчику …0001 записать не можем. Пришлите верное до 25 ноября",
    ):
        assert said_ in text, said_


def test_it_speaks_english_and_writes_as_the_customer_is_talked_with(operator: Client) -> None:
    text = words(operator, a_task(), **{"accept-language": "en"})
    assert "More than can be" in text
    assert "Вы прислали 34425" in text
    said("english", sender=OWNER)
    assert "You sent 34425, meter …0001." in words(operator, a_task())


def test_a_reading_is_taken_and_the_next_task_shown(operator: Client) -> None:
    following = a_task("позовите оператора", STRANGER)
    status, text = decide(operator, a_task(), "take", meter="40010001", T1="34425")
    assert (status, stored()) == (200, [34425])
    assert "Записано. Клиенту: Приняли 34425" in text
    assert "Просит человека" in text
    assert operator.get(following).status_code == 200
    assert StaffTask.objects.get(reason="impossible").closed_by == "Анна Смирнова"


def test_after_the_last_one_the_queue_is_empty(operator: Client) -> None:
    assert "Ничего не ждёт решения" in decide(operator, a_task(), "close")[1]


@pytest.mark.parametrize(
    ("do", "closed", "said_"),
    [
        ("refuse", True, "Отказано. Клиенту: Не запишем, пришлите фото."),
        ("answer", True, "Ответ отправлен. Клиенту: Не запишем, пришлите фото."),
        ("ask", False, "Вопрос отправлен, ждём ответа. Клиенту: Не запишем, пришлите фото."),
    ],
)
def test_in_words(operator: Client, do: str, closed: bool, said_: str) -> None:
    path = a_task()
    text = decide(operator, path, do, text="Не запишем, пришлите фото.")[1]
    assert said_ in text
    assert [one.startswith("Не запишем") for one in told()] == [True]
    assert (StaffTask.objects.get().closed_at is not None) == closed


def test_who_was_asked_is_listed_apart_until_the_time_is_over(operator: Client, settings: Settings) -> None:
    decide(operator, a_task(), "ask", text="Проверьте цифры")
    text = words(operator)
    assert "Ничего не ждёт решения" in text
    assert "Ждём ответа клиента Столько не могло пройти электроэнергия …0001: 34425" in text
    assert "спросил(а) Анна Смирнова 20.11.2026 18:00" in text
    settings.NOW = lambda: NOW + dt.timedelta(hours=25)
    assert "Ждёт решения 1" in words(operator)
    assert "Спросил(а) Анна Смирнова 20.11.2026 18:00, ответа нет." in words(
        operator, f"{QUEUE}{StaffTask.objects.get().pk}/"
    )


def test_another_operator_was_quicker(operator: Client) -> None:
    path = a_task()
    close(StaffTask.objects.get().pk, "Борис", NOW)
    status, text = decide(operator, path, "take", meter="40010001", T1="34425")
    assert (status, stored()) == (409, [])
    assert "Уже решено: Борис, 20.11.2026 18:00." in text
    assert "Закрыто: Борис" in text
    assert "<button>" not in operator.get(path).text


@pytest.mark.parametrize(
    ("filled", "said_"),
    [
        ({"meter": "40010001", "T1": "4309"}, "Меньше прошлого, 4310: так счёт не посчитать"),
        ({"meter": "40010001", "T1": "много"}, "Нужно показание каждой шкалы"),
        ({"meter": "чужой", "T1": "4425"}, "Такого счётчика на этом счёте нет"),
        ({"meter": "40010001", "T1": "4425", "account": "999"}, "Такого счётчика на этом счёте нет"),
    ],
)
def test_what_can_not_be_taken_is_told_and_what_was_typed_stays(
    operator: Client, filled: dict[str, str], said_: str
) -> None:
    page = operator.post(a_task(), {"do": "take", **filled})
    assert (page.status_code, said_ in plain(page.text)) == (400, True)
    if filled["meter"] == "40010001" and "account" not in filled:
        assert f'value="{filled["T1"]}"' in page.text
    assert stored() == []


def test_that_the_customer_sent_another_value_since_is_told(operator: Client) -> None:
    path = a_task()
    said(f"{ACCOUNT} 4425", at="2026-11-20T13:00:00", sender=OWNER)
    assert (
        "Позже клиент прислал за этот месяц другое" in decide(operator, path, "take", meter="40010001", T1="34425")[1]
    )


def test_words_that_could_not_be_sent_are_not_typed_twice(operator: Client, settings: Settings) -> None:
    path = a_task()
    close(StaffTask.objects.get().pk, "Борис", NOW)
    StaffTask.objects.update(closed_at=None, closed_by="")
    page = operator.post(path, {"do": "ask", "text": "   "})
    assert (page.status_code, "Напишите, что сказать человеку" in page.text) == (409, True)


def test_a_reading_nobody_understood_is_taken_for_the_account_that_staff_find(operator: Client) -> None:
    said("что у вас творится", sender=STRANGER)
    path = a_task("квартира 14 свет четыре тысячи четыреста двадцать пять", STRANGER)
    assert "Счёта 999 нет" in words(operator, f"{path}?account=999")
    assert "Записать: 40010001 1" in words(operator, f"{path}?account={ACCOUNT}")
    decide(operator, path, "take", account=ACCOUNT, meter="40010001", T1="4425")
    reading = Reading.objects.get(value=4425)
    assert (reading.channel, reading.register.meter.account.number) == ("sms", ACCOUNT)


def test_the_accounts_of_the_sender_are_at_hand(operator: Client) -> None:
    path = a_task("позовите оператора")
    StaffTask.objects.update(account=None)
    assert f"Счета этого человека: {ACCOUNT}" in words(operator, path)


def test_who_can_not_be_written_to_is_to_be_called(operator: Client) -> None:
    path = a_task("2000000001 34425", channel="voice")
    text = words(operator, path)
    assert "Написать туда нельзя" in text
    assert "Уйдёт туда, откуда писали" not in text


def test_a_message_that_failed_is_handled_again(operator: Client) -> None:
    path = a_task("позовите оператора")
    StaffTask.objects.update(reason="not_handled")
    assert "Обработать ещё раз" in words(operator, path)
    assert "снова в очереди на обработку" in decide(operator, path, "again")[1]
    message = StaffTask.objects.get().message
    assert message
    assert message.handled_at is None


def test_what_is_no_decision_changes_nothing(operator: Client) -> None:
    path = a_task()
    assert decide(operator, path, "burn")[0] == 400
    assert operator.get(f"{QUEUE}999/").status_code == 404
    assert StaffTask.objects.get().closed_at is None


def test_what_customers_write_is_text(operator: Client) -> None:
    said("<script>alert()</script> кто здесь", sender=STRANGER)
    page = operator.get(a_task("<script>alert()</script> кто здесь", STRANGER))
    assert "alert()" in page.text
    assert "<script>alert" not in page.text


def test_a_meter_that_was_taken_off_since_takes_nothing(operator: Client) -> None:
    path = a_task()
    was_read(Reading.objects.get(value=4310).register.meter, "2026-11-19", 4400, kind=Reading.Kind.REMOVED)
    assert "Записать" not in words(operator, path)
    assert decide(operator, path, "take", meter="40010001", T1="4425")[0] == 400


def test_a_photo_is_looked_at_beside_the_decision(operator: Client) -> None:
    incoming = Incoming("telegram", "77", "", "photo-1", NOW, photos=(Picture.of(PNG),))
    receive_message(incoming, SETTINGS, NOW)
    path = f"{QUEUE}{StaffTask.objects.get().pk}/"
    assert "Прислали фото" in words(operator)
    source = re.search(r'<img src="([^"]+)"', operator.get(path).text)
    assert source
    picture = operator.get(source[1])
    assert (picture.status_code, picture.content, picture.headers["content-type"]) == (200, PNG, "image/png")
    assert "sandbox" in picture.headers["content-security-policy"]
    assert operator.get("/office/photos/999/").status_code == 404
    assert logged_in(Role.BILLING, name="boris").get(source[1]).status_code == 403
    decide(operator, f"{path}?account={ACCOUNT}", "take", account=ACCOUNT, meter="40010001", T1="4425")
    assert stored() == [4425]
