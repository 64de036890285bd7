"""Open questions: asked once more before the window closes, then given to staff."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from sbyt.channels.webform import Webform
from sbyt.core.settings import ChannelState, Dialogue, Quiet, Settings
from sbyt.messaging.inbox import Incoming, store
from sbyt.messaging.models import Conversation, InboundMessage, OutboundMessage
from sbyt.messaging.numbers import short_number
from sbyt.messaging.silence import Why, keep_silent
from sbyt.readings.models import Reading, StaffTask
from sbyt.usecases.ask_again import ask_again, hand_to_staff
from sbyt.usecases.channels import Change, change_channel
from sbyt.usecases.receive_message import handle_waiting
from tests.support.databases import FreshDatabase
from tests.usecases.receiving import ACCOUNT, OTHER, OWNER, SETTINGS, for_staff, household, said, values, with_channel

HIGH = f"{ACCOUNT} 7800"
ASKED = "7800 по счётчику …0001 — это необычно много. Всё верно? "


@pytest.fixture(autouse=True)
def _household(fresh_database: FreshDatabase) -> Iterator[None]:
    with fresh_database(household):
        yield


def local(text: str, settings: Settings = SETTINGS) -> dt.datetime:
    """``20 12:00`` of November."""
    return dt.datetime.fromisoformat(f"2026-11-{text.replace(' ', 'T')}").replace(tzinfo=settings.zone)


def at(text: str, **more: Any) -> dict[str, Any]:
    return {"at": f"2026-11-{text.replace(' ', 'T')}", **more}


def talk() -> Conversation:
    return Conversation.objects.get()


def reminders() -> list[OutboundMessage]:
    return list(OutboundMessage.objects.filter(purpose="asked_again").order_by("id"))


def ask(text: str, settings: Settings = SETTINGS) -> int:
    return ask_again(settings, local(text, settings))


def hand_over(text: str, settings: Settings = SETTINGS) -> int:
    return hand_to_staff(settings, local(text, settings))


# what is remembered --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [HIGH, OTHER, f"{OTHER} 8242", "4425", f"котики сидят {ACCOUNT[:4]} 4425"],
    ids=["to confirm", "no value", "a register missing", "no account", "among words unknown"],
)  # fmt: skip
def test_a_question_is_remembered_with_the_message_that_raised_it(text: str) -> None:
    answer = said(text, **at("20 15:00"), id="m1")
    assert answer["outcome"] in ("ask", "confirm")
    assert talk().asked_by == InboundMessage.objects.get(provider_id="m1")
    assert (talk().ask_again_at, talk().to_staff_at) == (local("21 11:00"), local("21 15:00"))


@pytest.mark.parametrize("text", [f"{ACCOUNT} 4425", "помощь", "привет", f"{ACCOUNT} 4309", "отмена"])
def test_where_nothing_is_asked_nothing_is_remembered(text: str) -> None:
    said(text, **at("20 15:00"))
    assert (talk().asked_by, talk().asked_text, talk().ask_again_at, talk().to_staff_at) == (None, "", None, None)


@pytest.mark.parametrize("text", ["да", "нет", "отмена", f"{ACCOUNT} 4425"])
def test_an_answer_a_refusal_and_a_newer_message_end_it(text: str) -> None:
    said(HIGH, **at("20 15:00"))
    said(text, **at("20 16:00"))
    assert (talk().asked_by, talk().ask_again_at, talk().to_staff_at) == (None, None, None)
    assert (ask("21 11:00"), hand_over("30 12:00")) == (0, 0)


@pytest.mark.parametrize("text", ["помощь", "баланс", "спасибо", "подождите пожалуйста"])
def test_small_talk_leaves_it_as_it_was(text: str) -> None:
    said(HIGH, **at("20 15:00"), id="m1")
    said(text, **at("20 16:00"))
    assert talk().asked_by == InboundMessage.objects.get(provider_id="m1")
    assert talk().ask_again_at == local("21 11:00")


def test_a_newer_question_takes_its_place() -> None:
    said(HIGH, **at("20 15:00"))
    said(f"{ACCOUNT} 7900", **at("20 16:00"), id="m2")
    assert talk().asked_by == InboundMessage.objects.get(provider_id="m2")
    assert talk().ask_again_at == local("21 12:00")


# asked again ---------------------------------------------------------------------------------------------------------


def test_it_is_asked_once_more_when_its_time_comes() -> None:
    said(HIGH, **at("20 15:00"), id="m1")
    assert (ask("21 10:59"), len(reminders())) == (0, 0)
    assert ask("21 11:00") == 1
    (reminder,) = reminders()
    assert (reminder.kind, reminder.channel, reminder.recipient) == (OutboundMessage.Kind.NOTICE, "sms", "+79990000000")
    number = short_number(InboundMessage.objects.get(provider_id="m1").pk)
    assert reminder.text == f"Вы ещё не ответили. {ASKED}Ответьте ДА или пришлите другое число. № {number}"
    assert (ask("21 11:01"), ask("24 12:00"), len(reminders())) == (0, 0, 1)


def test_only_the_question_is_repeated_not_what_was_said_beside_it() -> None:
    said(f"{ACCOUNT} 4425\n{OTHER} 8242", channel="email", sender="ivanov@example.org", **at("20 15:00"))
    ask("21 11:00")
    assert reminders()[0].text.startswith("Вы ещё не ответили. У счётчика …0002 два показания. Пришлите день и ночь")


def test_its_buttons_are_repeated_too() -> None:
    said(HIGH, channel="telegram", **at("20 15:00"))
    ask("21 11:00")
    assert reminders()[0].buttons == ["Да, 7800", "Нет"]


def test_afterwards_it_is_open_for_its_time_again_and_a_yes_counts_as_of_the_first_time() -> None:
    said(HIGH, **at("24 23:30"))
    assert ask("25 19:30") == 1
    answer = said("да", **at("26 15:00"))
    assert values(answer) == ["T1 7800 2026-11 accepted"]
    assert Reading.objects.get(message__isnull=False).received_at == local("24 23:30")


def test_one_register_answered_after_the_reminder_is_read_together_with_the_other() -> None:
    said(f"{OTHER} 8242", **at("20 15:00"))
    ask("21 11:00")
    assert said("ночь 3104", **at("22 10:00"))["outcome"] == "accepted"


def test_in_quiet_hours_nobody_is_asked() -> None:
    """A worker that was down at 11:00 comes back at night."""
    said(HIGH, **at("20 23:00"))
    assert (ask("21 22:00"), ask("21 20:59")) == (0, 1)


def test_what_is_late_beyond_its_end_goes_to_staff_unasked() -> None:
    said(HIGH, **at("20 15:00"))
    assert (ask("21 16:00"), hand_over("21 16:00"), len(reminders())) == (0, 1, 0)


def test_an_answer_that_waits_in_the_inbox_comes_first() -> None:
    said(HIGH, **at("20 15:00"))
    now = local("21 11:00")
    store(Incoming("sms", "+79990000000", "да", "m2", now), now)
    assert (ask("21 11:00"), hand_over("21 15:00")) == (0, 0)
    assert handle_waiting(SETTINGS, now) == 1
    assert (ask("21 11:00"), reminders()) == (0, [])


@pytest.mark.parametrize("state", [ChannelState.WITHDRAWN, ChannelState.PLANNED])
def test_in_a_channel_that_was_closed_meanwhile_nobody_is_asked(state: ChannelState) -> None:
    said(HIGH, **at("20 15:00"))
    change_channel(Change("sms", state, "Иванова"), SETTINGS, local("21 09:00"))
    ask("21 11:00")
    assert (reminders(), hand_over("21 15:00")) == ([], 1)


def test_who_said_stop_meanwhile_is_not_asked_again_but_goes_to_staff() -> None:
    said(HIGH, **at("20 15:00"), id="m1")
    keep_silent([("sms", talk().sender)], Why.ASKED, local("20 16:00"))
    ask("21 11:00")
    assert (reminders(), hand_over("21 15:00")) == ([], 1)


def test_the_reminder_is_worth_nothing_once_staff_have_the_question() -> None:
    said(HIGH, **at("20 15:00"))
    ask("21 11:00")
    assert reminders()[0].expires_at == talk().to_staff_at == local("22 11:00")


def test_the_hours_are_those_of_the_settings() -> None:
    settings = SETTINGS.model_copy(
        update={
            "time_zone": "Asia/Vladivostok",
            "dialogue": Dialogue(question_hours=48),
            "quiet": Quiet(from_hour=20, to_hour=10),
        }
    )
    said(HIGH, **at("19 15:00"), settings=settings)
    assert (ask("21 10:59", settings), ask("21 11:00", settings), hand_over("23 10:59", settings)) == (0, 1, 0)
    assert hand_over("23 11:00", settings) == 1


def test_of_many_so_many_are_asked_at_once() -> None:
    for sender in range(5):
        said(HIGH, sender=f"+7999000000{sender}", **at("20 15:00"))
    assert [ask_again(SETTINGS, local("21 11:00"), limit=3) for _ in range(3)] == [3, 2, 0]


# to staff ------------------------------------------------------------------------------------------------------------


def test_staff_get_it_with_the_values_and_when_they_came() -> None:
    said(HIGH, **at("20 15:00"), id="m1")
    ask("21 11:00")
    assert (hand_over("22 10:59"), hand_over("22 11:00")) == (0, 1)
    task = StaffTask.objects.get()
    assert (task.reason, task.message) == ("unanswered", InboundMessage.objects.get(provider_id="m1"))
    assert task.account is not None
    assert task.account.number == ACCOUNT
    assert task.offered == [
        {"account": ACCOUNT, "serial": "40010001", "zone": "T1", "units": 7800, "at": "2026-11-20T15:00:00+03:00"}
    ]


def test_once_and_never_again() -> None:
    said(HIGH, **at("20 15:00"))
    assert [hand_over("21 15:00"), hand_over("21 15:00"), hand_over("30 15:00")] == [1, 0, 0]
    assert (for_staff(), ask("21 15:01")) == (["unanswered"], 0)


def test_when_the_window_closes_it_goes_at_once() -> None:
    said(HIGH, **at("25 22:00"))
    assert talk().ask_again_at is None
    assert (hand_over("25 23:59"), hand_over("26 00:00")) == (0, 1)


def test_a_question_without_values_goes_too() -> None:
    said("4425", **at("20 15:00"))
    assert (hand_over("21 15:00"), StaffTask.objects.get().offered) == (1, [])


def test_a_yes_that_comes_in_time_though_staff_have_it_counts_and_takes_it_from_them() -> None:
    """The window closed at midnight; the question itself is open for a day."""
    said(HIGH, **at("25 22:00"))
    hand_over("26 00:00")
    assert values(said("да", **at("26 08:00"))) == ["T1 7800 2026-11 accepted"]
    task = StaffTask.objects.get()
    assert (task.closed_by, task.closed_at is not None) == ("customer", True)


def test_a_yes_that_comes_too_late_leaves_it_with_staff() -> None:
    said(HIGH, **at("20 15:00"))
    hand_over("21 15:00")
    assert said("да", **at("21 15:01"))["outcome"] == "info"
    assert StaffTask.objects.get().closed_at is None
    assert talk().asked_by is None


# many workers --------------------------------------------------------------------------------------------------------


def in_threads(*calls: Any) -> list[int]:
    done: list[int] = []

    def run(call: Any) -> None:
        try:
            done.append(call())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


def test_many_workers_ask_each_once() -> None:
    for sender in range(6):
        said(HIGH, sender=f"+7999000000{sender}", **at("20 15:00"))
    done = in_threads(*[lambda: ask("21 11:00")] * 4)
    assert (sum(done), len(reminders())) == (6, 6)


def test_many_workers_give_each_to_staff_once() -> None:
    for sender in range(6):
        said(HIGH, sender=f"+7999000000{sender}", **at("20 15:00"))
    done = in_threads(*[lambda: hand_over("21 15:00")] * 4)
    assert (sum(done), for_staff()) == (6, ["unanswered"] * 6)


def test_an_owner_is_shown_in_the_reminder_what_they_were_shown_before() -> None:
    said(HIGH, sender=OWNER, **at("20 15:00"))
    ask("21 11:00")
    assert "7800 — это 3490 кВт·ч с 20 октября, в 29 раз больше обычного. Всё верно? " in reminders()[0].text
    assert len(reminders()[0].text) <= 134


# where asking again would be wrong -----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["да", "нет", "отмена", f"{ACCOUNT} 4425"])
def test_a_reminder_that_still_waits_is_taken_back_when_the_customer_answers(text: str) -> None:
    said(HIGH, **at("20 15:00"))
    ask("21 11:00")
    said(text, **at("21 11:05"))
    assert [reminder.state for reminder in reminders()] == ["expired"]


def test_a_reminder_is_not_taken_back_by_what_answers_nothing() -> None:
    said(HIGH, **at("20 15:00"))
    ask("21 11:00")
    said("помощь", **at("21 11:05"))
    assert [reminder.state for reminder in reminders()] == ["waiting"]


def test_nobody_is_asked_again_on_the_telephone() -> None:
    said(HIGH, **at("20 15:00", channel="voice"))
    ask("21 11:00")
    assert (reminders(), talk().to_staff_at) == ([], local("21 15:00"))


def test_nobody_is_asked_again_through_a_channel_that_sends_nothing() -> None:
    said(HIGH, **at("20 15:00"))
    assert ask_again(SETTINGS, local("21 11:00"), connected={}) == 1
    assert (reminders(), talk().to_staff_at) == ([], local("21 15:00"))


@pytest.mark.parametrize(("sender", "asked"), [("page:1", 0), ("site-user-1", 1)])
def test_nobody_is_asked_again_on_a_page_that_they_have_left(sender: str, asked: int) -> None:
    form = Webform("s" * 32, lambda: local("21 11:00"), callback="http://127.0.0.1:9/")
    settings = with_channel("webform", state=ChannelState.OPEN)
    said(HIGH, **at("20 15:00", channel="webform", sender=sender, settings=settings))
    ask_again(settings, local("21 11:00"), connected={"webform": form})
    assert len(reminders()) == asked


def test_a_conversation_that_nobody_can_read_holds_up_no_other() -> None:
    said(HIGH, **at("20 15:00"))
    Conversation.objects.update(state={"question": {"oops": 1}})
    said(HIGH, **at("20 16:00", sender="+79990000007"))
    assert [ask("21 12:00", SETTINGS), ask("21 12:00", SETTINGS)] == [2, 0]
    assert ([reminder.recipient for reminder in reminders()], for_staff()) == (["+79990000007"], ["unanswered"])


@pytest.mark.parametrize("text", ["спасибо", "да", f"{ACCOUNT} 4309"])
def test_values_whose_question_ran_out_go_to_staff_whatever_comes_before_somebody_looks(text: str) -> None:
    said(HIGH, **at("20 15:00"), id="m1")
    said(text, **at("21 15:01"))
    task = StaffTask.objects.get(reason="unanswered")
    assert (task.message.provider_id if task.message else "", [one["units"] for one in task.offered]) == ("m1", [7800])
    assert hand_over("23 12:00") == 0


def test_a_right_reading_needs_nobody_to_look_at_the_question_that_ran_out() -> None:
    said(HIGH, **at("20 15:00"))
    said(f"{ACCOUNT} 4425", **at("21 15:01"))
    assert for_staff() == []
