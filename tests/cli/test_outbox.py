"""``sbyt outbox``: what staff see of the outbox and can do about it, and what ``sbyt doctor`` says of it."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import RequestFactory
from typer.testing import CliRunner

from sbyt.api.metrics import metrics
from sbyt.cli.doctor import Finding, State
from sbyt.cli.doctor_messages import examined_messages
from sbyt.cli.main import app
from sbyt.core.settings import Settings
from sbyt.messaging import workers
from sbyt.messaging.channel import MessageRefused, NotAuthorised, RecipientGone, Sent, UnableToSend, Uncertain
from sbyt.messaging.inbox import Incoming, store
from sbyt.messaging.models import OutboundMessage
from tests.messaging.outbox_world import NOON, NOTICE, attempt, claim, claimed, log, states, write

pytestmark = pytest.mark.usefixtures("database")


def sbyt(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["outbox", *words], catch_exceptions=False)
    return done.exit_code, done.output


def number(text: str) -> str:
    return str(OutboundMessage.objects.get(text=text).id)


def an_uncertain_notice(outcome: UnableToSend | None = None) -> None:
    write("Показание передал не вы?", recipient="+79120000101", kind=NOTICE, purpose="owner_told")
    attempt(outcome or Uncertain("нет ответа за 20 с"), 0)


# seen ----------------------------------------------------------------------------------------------------------------


def test_where_all_is_delivered_that_is_said() -> None:
    write()
    attempt(Sent(), 0)
    assert sbyt() == (0, "Исходящие: ничего не ждёт, всё доставлено.\n")


def test_of_each_channel_it_is_told_how_many_are_in_which_state_and_since_when_the_oldest_waits() -> None:
    an_uncertain_notice()
    write("one")
    claim(5)
    write("two")
    write("by e-mail", channel="email")
    said = sbyt()[1].splitlines()
    assert said[0].split() == ["канал", "ждут", "в", "пути", "неясно", "отказ", "опоздали", "дольше", "всех", "ждёт"]
    assert re.fullmatch(r"email +1 +0 +0 +0 +0  20\.11\.2026 12:00 \(\d+ дн\)", said[1])
    assert re.match(r"sms +1 +1 +1 +0 +0  20\.11\.2026 12:00", said[2])


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        (
            Uncertain("нет ответа за 20 с"),
            "неясно: провайдер не ответил вовремя, неизвестно, дошло ли (нет ответа за 20 с)",
        ),
        (RecipientGone("blocked"), "отказ: адресат недоступен в этом канале (blocked)"),
        (MessageRefused(), "отказ: провайдер отказался передать"),
    ],
)
def test_what_did_not_arrive_is_listed_with_the_reason(outcome: UnableToSend, told: str) -> None:
    an_uncertain_notice(outcome)
    (line,) = [line for line in sbyt()[1].splitlines() if "owner_told" in line]
    assert line == f"{number('Показание передал не вы?')}  sms  +79…01  owner_told  20.11.2026 12:00  {told}"


def test_neither_text_nor_recipient_is_shown() -> None:
    an_uncertain_notice(MessageRefused("no route to +79120000101"))
    said = sbyt()[1]
    assert "+79120000101" not in said
    assert "передал не вы" not in said


def test_an_answer_is_named_by_the_number_that_the_customer_has() -> None:
    stored = store(Incoming("sms", "anna", "4425", "m1", NOON), NOON)
    write("Приняли.", recipient="anna")
    OutboundMessage.objects.update(in_reply_to=stored.id)
    attempt(RecipientGone(), 0)
    assert ", ответ на 2223  " in sbyt()[1]


def test_a_channel_that_cannot_send_is_named_with_the_reason() -> None:
    write()
    attempt(NotAuthorised(), 0)
    assert "Канал sms: провайдер не принимает наш ключ с 20.11.2026 12:00.\n" in sbyt()[1]


# mended --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Uncertain(), MessageRefused()])
def test_what_did_not_arrive_is_sent_again_by_a_persons_decision(outcome: UnableToSend) -> None:
    an_uncertain_notice(outcome)
    named = number("Показание передал не вы?")
    assert sbyt("--retry", named) == (0, f"Сообщение {named}: снова в очереди.\n")
    later = (dt.datetime.now(dt.UTC) - NOON).total_seconds() + 1
    attempt(Uncertain(), later)
    assert states() == ["uncertain"]


def test_what_is_dropped_is_listed_no_longer_and_stays_in_the_log() -> None:
    an_uncertain_notice()
    named = number("Показание передал не вы?")
    assert sbyt("--drop", named) == (0, f"Сообщение {named}: снято.\n")
    assert sbyt() == (0, "Исходящие: ничего не ждёт, всё доставлено.\n")
    assert (states(), log()) == (["uncertain"], ["uncertain", "dropped"])


def test_what_waits_and_is_dropped_is_not_sent() -> None:
    write("Рассылка с ошибкой")
    sbyt("--drop", number("Рассылка с ошибкой"))
    assert (states(), claimed()) == (["failed"], [])


@pytest.mark.parametrize("option", ["--retry", "--drop"])
def test_what_arrived_or_is_under_way_or_does_not_exist_is_left_alone(option: str) -> None:
    write("arrived")
    attempt(Sent(), 0)
    write("under way")
    claim(2)
    status, said = sbyt(option, number("arrived"), option, number("under way"), option, "77")
    assert status == 1
    assert f"Сообщение {number('arrived')} доставлено." in said
    assert f"Сообщение {number('under way')} сейчас отправляется. Повторите через минуту." in said
    assert "Сообщения 77 в исходящих нет." in said
    assert states() == ["delivered", "sending"]


# what the doctor says ------------------------------------------------------------------------------------------------


def findings() -> list[Finding]:
    return list(examined_messages(Settings(), NOON))


def test_without_a_worker_and_with_nothing_to_do_it_is_only_noticed() -> None:
    assert findings() == [Finding("работа", State.NOTICE, "sbyt work не запущен; пока ничего не ждёт")]


def test_what_waits_and_nobody_works_on_is_to_be_mended() -> None:
    store(Incoming("sms", "anna", "4425", "m1", NOON), NOON)
    write()
    said = "ждут: входящих 1, исходящих 1, а обрабатывать некому: запустите sbyt work"
    assert findings()[0] == Finding("работа", State.MEND, said)


def test_a_channel_in_which_messages_wait_and_that_is_not_connected_is_told() -> None:
    write()
    assert Finding("связь", State.NOTICE, "ждут сообщения, а канал не подключён: sms") in findings()
    assert "Канал sms не подключён: что в нём ждёт, уйдёт, когда его подключат." in sbyt()[1]


@pytest.mark.parametrize(("silent_for", "state"), [(59, State.WELL), (60, State.MEND)])
def test_a_worker_silent_for_a_minute_is_gone(silent_for: int, state: State) -> None:
    write()
    workers.is_here("one:7", NOON - dt.timedelta(seconds=silent_for))
    assert findings()[0].state is state


def test_a_worker_that_ended_is_not_counted() -> None:
    write()
    workers.is_here("one:7", NOON)
    workers.is_gone("one:7")
    assert findings()[0].state is State.MEND


def test_workers_of_days_ago_are_forgotten() -> None:
    workers.is_here("one:7", NOON - dt.timedelta(days=2))
    workers.is_here("one:8", NOON)
    assert workers.last_seen() == NOON


def test_a_channel_that_cannot_send_and_what_did_not_arrive_are_told() -> None:
    an_uncertain_notice(MessageRefused())
    write()
    attempt(NotAuthorised(), 10)
    told = {one.subject: (one.state, one.said) for one in findings()}
    assert told["отправка"] == (
        State.MEND,
        "Канал sms: провайдер не принимает наш ключ с 20.11.2026 12:00; проверьте ключ и адрес канала и связь",
    )
    assert told["исходящие"] == (State.NOTICE, "не дошли, или неизвестно: 1; посмотрите: sbyt outbox")


def test_a_channel_that_cannot_send_is_a_number_to_watch() -> None:
    write()
    attempt(NotAuthorised(), 0)
    said = metrics(RequestFactory().get("/metrics")).content.decode()
    assert 'sbyt_channel_failures{channel="sms",error="not_authorised"} 1.0' in said
