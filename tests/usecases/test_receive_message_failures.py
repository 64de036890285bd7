"""A message that can't be handled: nothing half done, tried again, given to staff, in nobody's way."""

from __future__ import annotations

import datetime as dt

import pytest

from sbyt.messaging.inbox import Incoming, store
from sbyt.messaging.models import Conversation, InboundMessage, OutboundMessage
from sbyt.messaging.numbers import short_number
from sbyt.readings.models import Cancellation, StaffTask
from sbyt.usecases.receive_message import UnableToHandleNow, handle_waiting, receive_messages
from tests.support.databases import Database
from tests.usecases.receiving import (
    ACCOUNT,
    OTHER,
    OWNER,
    SETTINGS,
    STRANGER,
    for_staff,
    household,
    refusing,
    said,
    sent,
    stored,
)

TAKEN = f"{ACCOUNT} 4425"
NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
#: When a message is tried again, in seconds after the first time.
TRIES = (0, 1, 6, 36, 156)


@pytest.fixture(autouse=True)
def _household(database: Database) -> None:
    household()


def came(text: str, sender: str = STRANGER, *, id: str | None = None) -> int:  # noqa: A002 as the provider calls it
    """A message that a webhook stored; nobody has handled it yet."""
    provider_id = id or f"came-{InboundMessage.objects.count()}"
    return store(Incoming("sms", sender, text, provider_id, NOW), NOW).id


def worked(seconds: float = 0) -> int:
    """What a worker handles until nothing is left to do at this time."""
    handled = 0
    while found := handle_waiting(SETTINGS, NOW + dt.timedelta(seconds=seconds)):
        handled += found
    return handled


def waiting() -> list[str]:
    return list(InboundMessage.objects.filter(handled_at=None).order_by("id").values_list("text", flat=True))


# nothing half done ---------------------------------------------------------------------------------------------------

STEPS = [
    ("readings_reading", TAKEN),
    ("readings_stafftask", f"{ACCOUNT} 54321"),
    ("messaging_conversation", TAKEN),
    ("messaging_outboundmessage", TAKEN),
]


@pytest.mark.parametrize(("table", "text"), STEPS)
def test_a_failure_leaves_the_message_stored_and_nothing_half_done(table: str, text: str) -> None:
    with refusing(table), pytest.raises(UnableToHandleNow) as raised:
        said(text, id="m1")
    message = InboundMessage.objects.get()
    assert (message.text, message.handled_at, message.result, message.attempts) == (text, None, None, 1)
    assert (stored(), sent(), for_staff(), Conversation.objects.count()) == ([], [], [], 0)
    assert raised.value.number == short_number(message.id)


def test_a_reading_that_can_not_be_taken_back_stays_with_the_question_unanswered() -> None:
    said(TAKEN)
    with refusing("readings_cancellation"), pytest.raises(UnableToHandleNow):
        said("отмена")
    assert (stored(), Cancellation.objects.count(), len(sent())) == ([4425], 0, 1)


@pytest.mark.parametrize(("table", "text"), STEPS)
def test_once_the_fault_is_mended_the_message_is_handled_and_answered(table: str, text: str) -> None:
    came(text)
    with refusing(table):
        assert worked() == 0
    assert worked(1) == 1
    assert (waiting(), len(sent())) == ([], 1)


def test_after_a_failure_a_repetition_is_handled_at_once_by_the_time_it_first_came() -> None:
    with refusing("messaging_outboundmessage"), pytest.raises(UnableToHandleNow):
        said(TAKEN, id="m1", at="2026-11-25T23:59:00")
    again = said(TAKEN, id="m1", at="2026-11-26T00:10:00")
    assert (again["outcome"], again["readings"][0]["period"]) == ("accepted", "2026-11")
    assert (stored(), len(sent())) == ([4425], 1)


# tried again, then given to staff ------------------------------------------------------------------------------------

POISON = f"{ACCOUNT} 4444"


def test_what_fails_is_tried_again_after_1_5_30_and_120_seconds_then_people_get_it() -> None:
    message = came(POISON)
    with refusing("readings_reading", "value = 4444"):
        worked()
        for tried, seconds in enumerate(TRIES[1:], 1):
            assert worked(seconds - 0.1) == 0
            assert InboundMessage.objects.get().attempts == tried
            assert for_staff() == []
            worked(seconds)
    task = StaffTask.objects.get()
    assert (task.reason, task.message_id, task.offered) == ("not_handled", message, [])
    assert waiting() == []


def test_who_sent_it_is_told_that_people_look_at_it_with_its_number() -> None:
    message = came(POISON)
    with refusing("readings_reading", "value = 4444"):
        for seconds in TRIES:
            worked(seconds)
    answer = OutboundMessage.objects.get()
    assert (answer.recipient, answer.state, answer.kind, answer.in_reply_to_id) == (STRANGER, "waiting", 1, message)
    assert "прочтёт сотрудник" in answer.text
    assert answer.text.endswith(f"№ {short_number(message)}")
    result = InboundMessage.objects.get().result
    assert result == {
        "id": "came-0",
        "outcome": "unknown",
        "reason": "not_handled",
        "readings": [],
        "reply": answer.text,
        "buttons": [],
    }


def test_the_message_sent_again_gets_that_answer_again() -> None:
    came(POISON, id="m1")
    with refusing("readings_reading", "value = 4444"):
        for seconds in TRIES:
            worked(seconds)
    assert said(POISON, id="m1")["reason"] == "not_handled"


def test_what_staff_can_not_be_given_waits_and_is_tried_every_two_minutes() -> None:
    came(POISON)
    with refusing("readings_reading", "value = 4444"), refusing("readings_stafftask"):
        for seconds in (*TRIES, 276):
            worked(seconds)
        assert (waiting(), sent()) == ([POISON], [])
    assert (worked(395.9), worked(396), waiting()) == (0, 1, [])


# in nobody's way -----------------------------------------------------------------------------------------------------


def test_a_message_that_fails_holds_up_no_other_sender() -> None:
    for at in range(8):
        came(POISON if at == 3 else f"{ACCOUNT} {4400 + at}", f"+7999000000{at}")
    with refusing("readings_reading", "value = 4444"):
        assert worked() == 7
    assert waiting() == [POISON]
    assert stored() == [4400, 4401, 4402, 4404, 4405, 4406, 4407]


def test_later_messages_of_its_sender_wait_for_their_turn() -> None:
    for text in (POISON, f"{ACCOUNT} 4430", f"{ACCOUNT} 4431"):
        came(text)
    with refusing("readings_reading", "value = 4444"):
        assert [worked(seconds) for seconds in TRIES[:-1]] == [0, 0, 0, 0]
        assert stored() == []
        worked(TRIES[-1])
    assert stored() == [4430, 4431]
    assert for_staff() == ["not_handled"]


def test_a_live_session_behind_a_message_that_waits_is_told_so_and_answered_later() -> None:
    came(POISON)
    with refusing("readings_reading", "value = 4444"):
        worked()
        with pytest.raises(UnableToHandleNow, match="сохранено под номером 2224"):
            said(f"{ACCOUNT} 4430", at="2026-11-20T11:58:00.5")
    assert worked(12) == 2
    assert stored() == [4444, 4430]
    assert set(OutboundMessage.objects.filter(purpose="answer").values_list("state", flat=True)) == {"waiting"}


def test_a_live_session_first_brings_about_what_nobody_came_to_handle() -> None:
    came(f"{OTHER} 8242")
    assert said("3104")["outcome"] == "accepted"
    assert stored() == [8242, 3104]
    states = OutboundMessage.objects.filter(purpose="answer").order_by("id").values_list("state", flat=True)
    assert list(states) == ["waiting", "delivered"]


def test_of_many_messages_received_together_only_the_one_that_fails_is_left() -> None:
    incoming = [
        Incoming("sms", f"+7999000000{at}", POISON if at == 3 else f"{ACCOUNT} {4400 + at}", f"m{at}", NOW)
        for at in range(6)
    ]
    with refusing("readings_reading", "value = 4444"):
        received = receive_messages(incoming, SETTINGS, NOW)
    assert [one.result and one.result["outcome"] for one in received] == ["accepted"] * 3 + [None] + ["accepted"] * 2
    assert received[3].number == short_number(InboundMessage.objects.get(provider_id="m3").id)


def test_a_clock_set_back_lets_nobody_wait_for_hours() -> None:
    came(POISON)
    with refusing("readings_reading", "value = 4444"):
        worked(7200)
    assert worked() == 1


def test_what_is_logged_names_the_message_and_nothing_that_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    came(POISON, OWNER)
    with refusing("readings_reading", "value = 4444"):
        for seconds in TRIES:
            worked(seconds)
    logged = "".join(capsys.readouterr())
    assert "2223" in logged
    assert "given_to_staff" in logged
    assert not [told for told in (ACCOUNT, "4444", OWNER[1:]) if told in logged]


def test_where_everybodys_messages_fail_none_goes_to_staff_and_all_are_handled_when_it_is_over() -> None:
    for number in range(25):
        came(TAKEN, f"+7999000{number:04d}", id=f"all-{number}")
    with refusing("messaging_outboundmessage"):
        for minutes in range(10):
            worked(60 * minutes)
    assert (for_staff(), len(waiting())) == ([], 25)
    worked(3600)
    assert (for_staff(), waiting()) == ([], [])
