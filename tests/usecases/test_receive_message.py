"""A message on its way: stored, understood, carried out, answered."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sbyt.core.settings import Settings
from sbyt.messaging.models import InboundMessage, OutboundMessage
from sbyt.messaging.numbers import message_of
from sbyt.readings.models import Cancellation, Reading, StaffTask
from tests.support.databases import Database, FreshDatabase
from tests.support.household import a_meter, an_account, was_read_monthly
from tests.usecases.receiving import (
    ACCOUNT,
    OTHER,
    OWNER,
    SETTINGS,
    STRANGER,
    for_staff,
    household,
    said,
    sent,
    stored,
    values,
    with_channel,
)

TAKEN = f"{ACCOUNT} 4425"


@pytest.fixture
def database(fresh_database: FreshDatabase) -> Iterator[Database]:
    """In which there is a household."""
    with fresh_database(household) as made:
        yield made


# stored, carried out, answered ---------------------------------------------------------------------------------------


def test_a_reading_is_stored_with_its_message_and_answered(database: Database) -> None:
    answer = said(TAKEN, id="m1")
    assert (answer["id"], answer["outcome"], answer["reason"]) == ("m1", "accepted", None)
    assert answer["readings"] == [
        {
            "account": ACCOUNT,
            "serial": "40010001",
            "zone": "T1",
            "value": "4425",
            "period": "2026-11",
            "status": "accepted",
        }
    ]
    reading = Reading.objects.get(message__provider_id="m1")
    assert (reading.value, reading.channel, reading.verdict) == (4425, "sms", "ok")
    assert sent() == [answer["reply"]]


def test_the_answer_is_in_the_outbox_as_given_to_the_sender(database: Database) -> None:
    said(TAKEN, id="m1")
    answer = OutboundMessage.objects.get(purpose="answer")
    assert (answer.channel, answer.recipient, answer.state) == ("sms", STRANGER, "delivered")
    assert answer.in_reply_to is not None
    assert answer.in_reply_to.provider_id == "m1"


def test_staff_find_the_message_by_the_number_in_the_answer(database: Database) -> None:
    number = said(TAKEN)["reply"].rpartition("№ ")[2]
    assert InboundMessage.objects.get(pk=message_of(number) or 0).text == TAKEN


def test_the_time_is_the_providers_not_ours(database: Database) -> None:
    said(TAKEN, at="2026-11-20T12:00:00")
    reading = Reading.objects.get(message__isnull=False)
    assert reading.received_at == dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
    assert reading.loaded_at == dt.datetime(2026, 11, 20, 9, 2, tzinfo=dt.UTC)


def test_all_registers_of_a_meter_are_stored(database: Database) -> None:
    answer = said(f"{OTHER} 8242 3104")
    assert values(answer) == ["T1 8242 2026-11 accepted", "T2 3104 2026-11 accepted"]
    assert stored() == [8242, 3104]


def test_a_later_value_in_the_period_stands_beside_the_earlier(database: Database) -> None:
    said(TAKEN)
    assert said(f"{ACCOUNT} 4430")["outcome"] == "accepted"
    assert stored() == [4425, 4430]


def test_what_is_no_reading_is_stored_as_a_message_and_answered(database: Database) -> None:
    assert said("добрый вечер")["outcome"] == "unknown"
    assert InboundMessage.objects.get().text == "добрый вечер"
    assert (len(sent()), stored()) == (1, [])


# the same again ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first", "again"),
    [
        (TAKEN, "accepted", "duplicate"),
        (f"{ACCOUNT} 7800", "confirm", "confirm"),
        (f"{ACCOUNT} 4309", "refused", "refused"),
        (f"{OTHER} 8242", "ask", "ask"),
        ("помощь", "info", "info"),
    ],
)
def test_an_id_seen_before_gives_the_first_answer_and_changes_nothing(
    database: Database, text: str, first: str, again: str
) -> None:
    one, other = said(text, id="m1"), said(text, id="m1", at="2026-11-21T12:00:00")
    assert (one["outcome"], other["outcome"]) == (first, again)
    assert other["reply"] == one["reply"]
    assert len(sent()) == 1
    assert InboundMessage.objects.count() == 1


def test_the_readings_of_a_repetition_were_counted_before(database: Database) -> None:
    said(TAKEN, id="m1")
    again = said(TAKEN, id="m1")
    assert (again["reason"], values(again)) == ("duplicate", ["T1 4425 2026-11 duplicate"])
    assert stored() == [4425]


def test_another_text_under_an_id_seen_before_is_not_read(database: Database) -> None:
    one = said(TAKEN, id="m1")
    assert said(f"{ACCOUNT} 4430", id="m1")["reply"] == one["reply"]
    assert stored() == [4425]


def test_the_same_id_in_another_channel_is_another_message(database: Database) -> None:
    said(TAKEN, id="m1")
    assert said(f"{ACCOUNT} 4430", id="m1", channel="email")["outcome"] == "accepted"


def test_the_very_values_again_are_a_duplicate(database: Database) -> None:
    said(TAKEN)
    again = said(TAKEN, channel="email", sender="anna@example.org")
    assert (again["outcome"], again["reason"], values(again)) == (
        "duplicate",
        "duplicate",
        ["T1 4425 2026-11 duplicate"],
    )
    assert stored() == [4425]


def at_once(*messages: dict[str, Any]) -> list[dict[str, Any]]:
    """What is answered to messages that as many workers handle at the same time."""
    answers: list[dict[str, Any]] = []
    start = threading.Barrier(len(messages))

    def deliver(message: dict[str, Any]) -> None:
        start.wait()
        answers.append(said(**message))
        connections.close_all()

    workers = [threading.Thread(target=deliver, args=(message,)) for message in messages]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return answers


def test_one_message_delivered_twice_at_once_is_handled_once(database: Database) -> None:
    answers = at_once({"text": TAKEN, "id": "m1"}, {"text": TAKEN, "id": "m1"})
    assert sorted(answer["outcome"] for answer in answers) == ["accepted", "duplicate"]
    assert (stored(), len(sent())) == ([4425], 1)


def test_two_messages_of_one_sender_at_once_are_handled_one_after_the_other(database: Database) -> None:
    said(f"{OTHER} 8242")  # asked for the night
    at_once({"text": "3104"}, {"text": "3104"})
    assert stored() == [8242, 3104]


def test_messages_of_many_senders_at_once_are_all_handled(database: Database) -> None:
    answers = at_once(*({"text": f"{ACCOUNT} {4400 + at}", "sender": f"+7999000000{at}"} for at in range(6)))
    assert [answer["outcome"] for answer in answers] == ["accepted"] * 6
    assert sorted(stored()) == [4400, 4401, 4402, 4403, 4404, 4405]


# the period ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "period"),
    [
        ("2026-11-20T12:00:00", "2026-11"),
        ("2026-11-25T23:59:59", "2026-11"),
        ("2026-11-26T00:00:00", "2026-12"),
        ("2026-11-30T23:59:59", "2026-12"),
        ("2026-12-01T00:00:00", "2026-12"),
    ],
)
@pytest.mark.parametrize("time_zone", ["Europe/Moscow", "Asia/Kamchatka", "Europe/Kaliningrad"])
def test_the_period_goes_by_the_local_time_of_the_installation(
    database: Database, at: str, period: str, time_zone: str
) -> None:
    """Billing rule 1."""
    answer = said(TAKEN, at=at, settings=SETTINGS.model_copy(update={"time_zone": time_zone}))
    assert answer["readings"][0]["period"] == period
    assert Reading.objects.get(message__isnull=False).taken_on == dt.date.fromisoformat(at[:10])


@pytest.mark.parametrize(
    ("at", "period"), [("2026-11-25T20:59:59+00:00", "2026-11"), ("2026-11-25T21:00:00+00:00", "2026-12")]
)
def test_a_providers_time_in_another_zone_is_turned_into_ours(database: Database, at: str, period: str) -> None:
    assert said(TAKEN, at=at)["readings"][0]["period"] == period


def test_after_the_window_the_answer_says_what_happens_with_the_month_now_closed(database: Database) -> None:
    reply = said(TAKEN, at="2026-11-26T00:00:00", channel="email")["reply"]
    assert "За ноябрь приём уже закрыт" in reply
    assert "в счёте за декабрь" in reply


# confirmed -----------------------------------------------------------------------------------------------------------


def test_a_doubtful_value_waits_for_a_yes(database: Database) -> None:
    answer = said(f"{ACCOUNT} 7800")
    assert (answer["outcome"], answer["reason"]) == ("confirm", "high")
    assert (values(answer), stored()) == (["T1 7800 2026-11 pending"], [])


def test_a_confirmed_value_keeps_its_first_time_and_period(database: Database) -> None:
    said(f"{ACCOUNT} 7800", at="2026-11-25T23:59:00")
    assert values(said("да", at="2026-11-26T09:00:00")) == ["T1 7800 2026-11 accepted"]
    reading = Reading.objects.get(message__isnull=False)
    assert reading.received_at == dt.datetime(2026, 11, 25, 20, 59, tzinfo=dt.UTC)
    assert (reading.taken_on, reading.verdict) == (dt.date(2026, 11, 25), "high")


def test_a_yes_to_another_sender_is_no_yes(database: Database) -> None:
    said(f"{ACCOUNT} 7800")
    assert said("да", sender="+79990000001")["outcome"] == "info"
    assert stored() == []


@pytest.mark.parametrize("at", ["2026-11-21T12:00:00", "2026-11-21T12:00:01"])
def test_a_question_is_open_for_a_day(database: Database, at: str) -> None:
    said(f"{ACCOUNT} 7800", at="2026-11-20T12:00:00")
    said("да", at=at)
    assert stored() == ([7800] if at.endswith("00") else [])


def test_a_confirmed_rollover_is_marked(database: Database) -> None:
    meter = Reading.objects.filter(register__meter__serial="40010001")
    for row in meter:
        Reading.objects.filter(pk=row.pk).update(value=row.value + 95_600)  # last 99910
    assert said(f"{ACCOUNT} 20")["reason"] == "rollover"
    said("да")
    assert Reading.objects.get(message__isnull=False).rollover


def test_a_no_takes_nothing(database: Database) -> None:
    said(f"{ACCOUNT} 7800")
    assert said("нет")["outcome"] == "info"
    assert said("да")["outcome"] == "info"
    assert stored() == []


def test_half_a_meter_keeps_the_time_of_its_first_half(database: Database) -> None:
    said(f"{OTHER} 8242", at="2026-11-25T23:59:00")
    assert values(said("3104", at="2026-11-26T00:05:00")) == ["T1 8242 2026-11 accepted", "T2 3104 2026-11 accepted"]


def test_a_yes_to_what_is_counted_already_takes_nothing_twice(database: Database) -> None:
    said(f"{ACCOUNT} 4425")
    assert said(f"{ACCOUNT} 44251")["reason"] == "decimal"
    answer = said("да")
    assert (answer["outcome"], values(answer)) == ("duplicate", ["T1 4425 2026-11 duplicate"])


# asked again ---------------------------------------------------------------------------------------------------------

TWO = "2000000007"


def two_meters() -> None:
    """Two meters for the same, of the same account, of which the same value is plausible."""
    account = an_account(TWO, phone="+79120000107")
    was_read_monthly(a_meter(account, "40010007"), 3230, use=(120,))
    was_read_monthly(a_meter(account, "40010077"), 3240, use=(120,))


@pytest.mark.parametrize("again", ["4425", " 4425\n"])
def test_the_same_value_again_is_no_second_value(database: Database, again: str) -> None:
    two_meters()
    for text in ("4425", again, again):
        answer = said(text, sender="+79120000107")
        assert (answer["outcome"], answer["reason"], answer["readings"]) == ("ask", None, [])
        assert "какому счётчику" in answer["reply"]


@pytest.mark.parametrize("again", ["8242", "08242", f"{OTHER} 8242"])
def test_half_a_meter_sent_twice_is_half_a_meter(database: Database, again: str) -> None:
    said(f"{OTHER} 8242")
    answers = [said(again) for _ in range(2)]
    assert [answer["outcome"] for answer in answers] == ["ask", "ask"]
    assert all("два показания" in answer["reply"] for answer in answers)


def test_the_other_half_may_be_the_same_figure_if_it_is_named(database: Database) -> None:
    said(f"{OTHER} 8242")
    assert values(said("ночь 8242")) == ["T1 8242 2026-11 pending", "T2 8242 2026-11 pending"]


@pytest.mark.parametrize("which", [0, 1])
def test_what_is_offered_as_a_button_is_understood_when_it_is_pressed(database: Database, which: int) -> None:
    two_meters()
    buttons = said("4425", sender="+79120000107", channel="max")["buttons"]
    pressed = said(buttons[which], sender="+79120000107", channel="max")
    assert [(one["serial"], one["value"]) for one in pressed["readings"]] == [(("40010007", "40010077")[which], "4425")]
    assert stored() == [4425]


def test_an_example_in_a_question_is_understood_as_it_stands(database: Database) -> None:
    two_meters()
    example = said("4430", sender="+79120000107")["reply"].partition("например: ")[2].partition(" №")[0]
    assert said(example, sender="+79120000107")["outcome"] == "accepted"


# taken back ----------------------------------------------------------------------------------------------------------


def test_ones_own_last_reading_is_taken_back(database: Database) -> None:
    said(TAKEN)
    assert said("отмена")["outcome"] == "info"
    assert stored() == []
    cancelled = Cancellation.objects.get()
    assert (cancelled.by, cancelled.reason) == (f"sms:{STRANGER}", "sender")


def test_what_was_taken_back_may_be_sent_again(database: Database) -> None:
    said(TAKEN)
    said("отмена")
    assert said(TAKEN)["outcome"] == "accepted"
    assert Reading.objects.filter(message__isnull=False).count() == 2


@pytest.mark.parametrize(("sender", "channel"), [("+79990000001", "sms"), (STRANGER, "email"), (OWNER, "sms")])
def test_what_another_handed_in_stays(database: Database, sender: str, channel: str) -> None:
    said(TAKEN)
    assert said("отмена", sender=sender, channel=channel)["outcome"] == "info"
    assert stored() == [4425]


@pytest.mark.parametrize(("at", "left"), [("2026-11-25T23:59:59", []), ("2026-11-26T00:00:00", [4425])])
def test_it_is_taken_back_within_the_window_only(database: Database, at: str, left: list[int]) -> None:
    said(TAKEN)
    said("отмена", at=at)
    assert stored() == left


def test_all_registers_of_the_message_are_taken_back(database: Database) -> None:
    said(f"{OTHER} 8242 3104")
    said("отмена")
    assert stored() == []


# what goes to staff --------------------------------------------------------------------------------------------------


def test_an_impossible_value_goes_to_staff_with_what_was_offered(database: Database) -> None:
    answer = said(f"{ACCOUNT} 54321")
    assert (answer["outcome"], answer["reason"]) == ("refused", "impossible")
    assert values(answer) == ["T1 54321 2026-11 pending"]
    task = StaffTask.objects.get()
    assert task.offered == [{"account": ACCOUNT, "serial": "40010001", "zone": "T1", "units": 54321}]
    assert task.account is not None
    assert (task.account.number, task.reason) == (ACCOUNT, "impossible")
    assert (task.message, stored()) == (InboundMessage.objects.get(), [])


def test_a_second_refusal_of_the_same_kind_goes_to_staff(database: Database) -> None:
    said(f"{ACCOUNT} 4309")
    assert for_staff() == []
    said(f"{ACCOUNT} 4308")
    assert for_staff() == ["lower"]


def test_two_refusals_of_different_kinds_do_not(database: Database) -> None:
    said(f"{ACCOUNT} 4309")
    said("5555555555 4425")
    assert for_staff() == []


def test_an_accepted_reading_begins_the_count_again(database: Database) -> None:
    said(f"{ACCOUNT} 4309")
    said(TAKEN)
    said(f"{ACCOUNT} 4309")
    assert for_staff() == []


def test_refusals_of_different_senders_are_counted_apart(database: Database) -> None:
    said(f"{ACCOUNT} 4309")
    said(f"{ACCOUNT} 4309", sender="+79990000001")
    assert for_staff() == []


def test_an_inspectors_value_stays_and_staff_see_what_differs(database: Database) -> None:
    said(TAKEN)
    Reading.objects.filter(message__isnull=False).update(kind=Reading.Kind.CONTROL)
    answer = said(f"{ACCOUNT} 4430")
    assert (answer["outcome"], for_staff(), stored()) == ("info", ["inspected"], [4425])


def test_who_asks_for_a_person_gets_one(database: Database) -> None:
    said("оператор")
    assert for_staff() == ["operator"]


# closed --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "outcome"), [(17, "closed"), (18, "accepted"), (20, "accepted"), (21, "closed")])
def test_a_channel_takes_readings_on_its_days(database: Database, day: int, outcome: str) -> None:
    answer = said(TAKEN, channel="voice", at=f"2026-11-{day}T12:00:00")
    assert answer["outcome"] == outcome
    assert stored() == ([4425] if outcome == "accepted" else [])


def test_a_withdrawn_channel_names_the_open_ways(database: Database) -> None:
    answer = said(TAKEN, channel="whatsapp", settings=with_channel("whatsapp", state="withdrawn"))
    assert (answer["outcome"], answer["reason"], stored()) == ("closed", "closed", [])
    assert "MAX" in answer["reply"]
    assert "Телефон" in answer["reply"]


def test_what_a_closed_channel_was_sent_is_kept(database: Database) -> None:
    said(TAKEN, channel="voice", at="2026-11-17T12:00:00")
    assert InboundMessage.objects.get().text == TAKEN


# who may see ---------------------------------------------------------------------------------------------------------

#: Last value, use, balance, name and address of the account.
PERSONAL = ("4310", "115", "3490", "1234", "Петров", "Ухта", "Мира")
QUESTIONS = (TAKEN, f"{ACCOUNT} 7800", f"{ACCOUNT} 4309", f"{ACCOUNT} 54321", f"баланс {ACCOUNT}", f"{ACCOUNT} долг",
             f"{ACCOUNT} какие последние показания", f"{ACCOUNT}")  # fmt: skip


@pytest.mark.parametrize("channel", ["sms", "max", "email"])
@pytest.mark.parametrize("text", QUESTIONS)
def test_a_stranger_is_told_nothing_personal(database: Database, text: str, channel: str) -> None:
    reply = said(text, channel=channel)["reply"].replace(ACCOUNT, "").rpartition("№")[0]
    assert not [told for told in PERSONAL if told in reply]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TAKEN, "115 кВт·ч с 20 октября"),
        (f"{ACCOUNT} 7800", "3490 кВт·ч с 20 октября, в 29 раз больше обычного"),
        (f"{ACCOUNT} 4309", "4310 от 20 октября"),
        ("баланс", "1234,56"),
        ("последние показания", "4310 от 20 октября"),
        ("4425", "115 кВт·ч"),
    ],
)
def test_who_is_linked_sees_the_last_value_the_use_and_the_balance(database: Database, text: str, told: str) -> None:
    assert told in said(text, sender=OWNER)["reply"]


# whatever comes ------------------------------------------------------------------------------------------------------


def test_a_message_of_a_megabyte_is_kept_whole_and_goes_to_staff(database: Database) -> None:
    text = f"{TAKEN} " * 80_000
    started = dt.datetime.now(dt.UTC)
    assert said(text)["outcome"] == "unknown"
    assert dt.datetime.now(dt.UTC) - started < dt.timedelta(seconds=2)
    assert (InboundMessage.objects.get().text, for_staff(), stored()) == (text, ["too_long"], [])


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        pytest.param(f"\u202e{ACCOUNT}\u202c\u200f 4425\u200b", [4425], id="right-to-left marks"),
        pytest.param(f"\x1b{ACCOUNT}\x07 4425\x7f", [4425], id="control characters"),
        pytest.param(f"{ACCOUNT} 44\x0025", [4425], id="NUL"),
        pytest.param(f"\ud83d{ACCOUNT} 4425\udcff", [4425], id="lone surrogates"),
        pytest.param(f"{ACCOUNT} 4425\ufffe\uffff\U0010ffff", [4425], id="no characters"),
        pytest.param(f"{ACCOUNT}\u2028４４２５", [4425], id="full width, a line separator"),
        pytest.param("", [], id="nothing"),
        pytest.param("\x00", [], id="only a NUL"),
        pytest.param("9" * 5000, [], id="thousands of figures"),
        pytest.param(f"{ACCOUNT} " + "9" * 900, [], id="hundreds of figures"),
    ],
)
def test_no_character_stands_in_the_way(database: Database, text: str, taken: list[int]) -> None:
    answer = said(text)
    assert stored() == taken
    assert sent() == [answer["reply"]]


TEXTS = st.text(st.characters(), max_size=60) | st.text("0123456789., #*-\nдан", max_size=60)


@given(texts=st.lists(TEXTS, min_size=1, max_size=8))
@hypothesis_settings(max_examples=8)  # on each of the two databases
def test_whatever_comes_in_whatever_order_is_stored_and_answered(
    fresh_database: FreshDatabase, texts: list[str]
) -> None:
    with fresh_database(household):
        answers = [said(text, sender=OWNER, channel="email") for text in texts]
        assert [message.result for message in InboundMessage.objects.order_by("id")] == answers
        assert sent() == [answer["reply"] for answer in answers]


def test_an_unknown_channel_is_answered_in_plain_text(database: Database) -> None:
    assert said(TAKEN, channel="pigeon", settings=Settings())["outcome"] == "accepted"
