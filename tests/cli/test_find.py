"""``sbyt find``, ``sbyt link`` and ``sbyt unlink``, as they are called."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from sbyt.accounts.models import Link
from sbyt.cli.main import app
from sbyt.messaging.inbox import Incoming, store
from sbyt.messaging.models import Delivery, InboundMessage, OutboundMessage
from sbyt.messaging.numbers import message_of, short_number
from sbyt.usecases.ask_again import ask_again, hand_to_staff
from tests.support.databases import FreshDatabase
from tests.usecases.receiving import ACCOUNT, OWNER, SETTINGS, STRANGER, household, said

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


def sbyt(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*words], catch_exceptions=False)
    return done.exit_code, done.output


def number_in(text: str) -> str:
    return text.rpartition("№ ")[2]


@pytest.fixture(autouse=True)
def _household(fresh_database: FreshDatabase) -> Iterator[None]:
    with fresh_database(household):
        yield


def test_the_number_of_an_answer_leads_to_all_that_came_of_the_message() -> None:
    answer = said(f"{ACCOUNT} 4425")
    status, shown = sbyt("find", number_in(answer["reply"]))
    assert (status, shown.splitlines()) == (
        0,
        [
            f"Сообщение № {number_in(answer['reply'])}",
            "пришло       20.11.2026 12:00:00",
            "от           SMS, +79…00",
            f"текст        {ACCOUNT} 4425",
            "понято       accepted",
            f"ответ        {answer['reply']}",
            "             доставлено 20.11.2026 12:02:00",
            *shown.splitlines()[7:9],
            f"показание    счёт {ACCOUNT}, 40010001 T1 4425 за 2026-11",
        ],
    )
    assert shown.splitlines()[7].startswith("владельцу    SMS, +79…01: Счёт 2000000001: кто-то передал")
    assert shown.splitlines()[8] == "             ждёт отправки"
    assert STRANGER in sbyt("find", number_in(answer["reply"]), "--full")[1]


@pytest.mark.parametrize("written", ["{}", "№ {}", " №{} ", "no {}"])
def test_a_number_is_found_however_it_is_typed(written: str) -> None:
    number = number_in(said("добрый вечер")["reply"])
    for typed in (number, number.lower()):
        assert sbyt("find", written.format(typed))[0] == 0


def test_also_with_russian_letters_that_look_alike() -> None:
    InboundMessage.objects.create(
        id=message_of("AC2K"), channel="sms", provider_id="m1", sender=STRANGER, received_at=NOW, stored_at=NOW
    )
    assert sbyt("find", "ас2к")[0] == 0


@pytest.mark.parametrize("number", ["24K7", "0", "", "L999", "ZZZZZZZZZZZZZZZZZZZZ", "что-то"])
def test_a_number_of_nothing_is_said_to_be_so(number: str) -> None:
    status, shown = sbyt("find", number)
    assert (status, "ничего нет" in shown) == (1, True)


def test_each_attempt_to_deliver_is_shown() -> None:
    answer = said("добрый вечер")
    one = OutboundMessage.objects.get()
    Delivery.objects.create(outbound=one, began_at=NOW, ended_at=NOW, result="unreachable", said="timed out")
    assert "попытка 20.11.2026 12:00:00 unreachable: timed out" in sbyt("find", number_in(answer["reply"]))[1]


def test_a_message_that_waits_is_found_too() -> None:
    stored = store(Incoming("sms", STRANGER, "4425", "m1", NOW), NOW)
    assert "обработка    ещё ждёт" in sbyt("find", short_number(stored.id))[1]


def test_a_question_its_reminder_and_its_task_share_the_number() -> None:
    number = number_in(said(f"{ACCOUNT} 7800", at="2026-11-20T15:00:00")["reply"])
    assert "вопрос       ждёт ответа до 21.11.2026 15:00:00" in sbyt("find", number)[1]
    ask_again(SETTINGS, dt.datetime(2026, 11, 21, 8, 0, tzinfo=dt.UTC))
    hand_to_staff(SETTINGS, dt.datetime(2026, 11, 22, 8, 0, tzinfo=dt.UTC))
    shown = sbyt("find", number)[1]
    assert "переспросили SMS, +79…00: Вы ещё не ответили." in shown
    assert f"сотрудникам  unanswered, счёт {ACCOUNT}, ждёт" in shown


@pytest.mark.parametrize(
    "text",
    [f"{ACCOUNT} 4425", f"{ACCOUNT} 7800", f"{ACCOUNT} 4309", "привет", "оператор", "а" * 6000, "отмена", "да", ""],
    ids=["taken", "confirm", "refused", "greeting", "operator", "too long", "cancel", "yes", "empty"],
)
@pytest.mark.parametrize("channel", ["sms", "telegram"])
def test_every_answer_and_notice_carries_a_number_that_is_found(text: str, channel: str) -> None:
    said(text, channel=channel)
    for one in OutboundMessage.objects.all():
        assert sbyt("find", number_in(one.text))[0] == 0


# links ---------------------------------------------------------------------------------------------------------------


def test_a_link_is_made_the_owner_told_and_all_of_it_found() -> None:
    status, shown = sbyt("link", ACCOUNT, "--chat", "telegram:1234567", "--by", "Иванова")
    assert status == 0
    assert shown == (
        f"Связали: счёт {ACCOUNT}, telegram. Теперь оттуда видны показания и долг. "
        "Прежним владельцам отправим уведомления: 1.\n"
    )
    notice = OutboundMessage.objects.get()
    assert notice.recipient == OWNER
    status, found = sbyt("find", number_in(notice.text))
    assert status == 0
    assert f"счёт         {ACCOUNT}\nкто          Telegram, 1" in found
    assert "сотрудником (Иванова)" in found
    assert "владельцу    SMS, +79…01: К счёту" in found


def test_the_same_link_again_is_said_to_be_there() -> None:
    sbyt("link", ACCOUNT, "--phone", "8 912 000-07-77")
    status, shown = sbyt("link", ACCOUNT, "--phone", "+79120000777")
    assert (status, shown) == (0, f"Уже связаны: счёт {ACCOUNT}, +79…77. Ничего не изменилось.\n")


def test_who_was_linked_sees_and_who_was_unlinked_does_not() -> None:
    sbyt("link", ACCOUNT, "--phone", STRANGER)
    assert said("баланс")["outcome"] == "info"
    assert sbyt("unlink", ACCOUNT, "--phone", STRANGER) == (
        0,
        f"Отвязали: счёт {ACCOUNT}, +79…00. Сведения о счёте оттуда больше не видны.\n",
    )
    assert said("баланс")["outcome"] == "refused"
    assert sbyt("unlink", ACCOUNT, "--phone", STRANGER)[1].startswith("Уже отвязаны")
    assert Link.objects.filter(address=STRANGER, ended_at=None).count() == 0


@pytest.mark.parametrize("command", ["link", "unlink"])
@pytest.mark.parametrize(
    ("words", "said_"),
    [
        (("5555555555", "--phone", STRANGER), "Счёта 5555555555 нет"),
        ((ACCOUNT,), "Назовите одно"),
        ((ACCOUNT, "--email", "nobody"), "Это не адрес e-mail"),
    ],
)
def test_what_can_not_be_linked_is_refused_kindly(command: str, words: tuple[str, ...], said_: str) -> None:
    status, shown = sbyt(command, *words)
    assert (status, said_ in shown) == (2, True)
