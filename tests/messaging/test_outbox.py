"""The outbox: what is written, and what a worker is given to send."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction

from sbyt.messaging import outbox
from sbyt.messaging.channel import MessageRefused, Outgoing, Sent, Throttled, Unreachable
from sbyt.messaging.models import OutboundMessage
from sbyt.messaging.pacing import Rate
from tests.messaging.outbox_world import (
    ANNOUNCEMENT,
    ANSWER,
    FAST,
    NOON,
    NOTICE,
    at,
    attempt,
    claim,
    claimed,
    pace,
    record,
    states,
    write,
)

pytestmark = pytest.mark.usefixtures("database")


# written -------------------------------------------------------------------------------------------------------------


def test_what_is_written_waits_with_all_that_it_needs() -> None:
    write("Всё верно?", recipient="anna", buttons=["Да", "Нет"])
    (given,) = claim().messages
    number = OutboundMessage.objects.get().id
    assert given.outgoing == Outgoing(number, "anna", "Всё верно?", ("Да", "Нет"))
    assert given.attempt == 1


def test_what_the_transaction_does_not_make_true_is_not_said() -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert states() == []


def test_what_has_a_key_is_said_once_for_ever() -> None:
    write("first", key="owner:7")
    write("again", key="owner:7")
    write("another", key="owner:8")
    assert claimed() == ["first", "another"]


def test_a_key_said_again_disturbs_nothing_else_in_the_transaction() -> None:
    write("first", key="owner:7")
    with transaction.atomic():
        write("before")
        write("again", key="owner:7")
        write("after")
    assert claimed() == ["first", "before", "after"]


def test_without_a_key_the_same_may_be_said_again() -> None:
    write("the same")
    write("the same")
    assert claimed() == ["the same", "the same"]


# in which order ------------------------------------------------------------------------------------------------------


def test_answers_go_before_notices_and_these_before_announcements() -> None:
    for kind in (ANNOUNCEMENT, NOTICE, ANSWER, ANNOUNCEMENT, ANSWER):
        write(kind.label, kind=kind)
    assert claimed(limit=4) == ["Answer", "Answer", "Notice", "Announcement"]


def test_of_a_kind_the_longest_due_goes_first() -> None:
    write("third", now=at(-1))
    write("first", now=at(-3))
    write("second", now=at(-2))
    assert claimed() == ["first", "second", "third"]


def test_no_more_is_given_than_asked_for() -> None:
    for number in range(5):
        write(str(number))
    assert claimed(limit=2) == ["0", "1"]
    assert claimed(limit=2) == ["2", "3"]
    assert claimed(limit=2) == ["4"]
    assert claimed(limit=2) == []


def test_each_channel_has_a_line_of_its_own() -> None:
    write("by SMS")
    write("by e-mail", channel="email")
    assert claimed(channel="email") == ["by e-mail"]
    assert claimed() == ["by SMS"]


def test_nothing_goes_before_its_time() -> None:
    write("now")
    write("later", send_at=at(60))
    assert claimed(59) == ["now"]
    assert claimed(60) == ["later"]


def test_nothing_goes_when_it_says_nothing_any_more() -> None:
    write("until two", expires_at=at(7200))
    assert claimed(7200) == []
    assert claimed(7199) == ["until two"]


@pytest.mark.parametrize(("kind", "goes"), [(ANSWER, True), (NOTICE, False), (ANNOUNCEMENT, False)])
def test_in_quiet_hours_only_answers_go(kind: OutboundMessage.Kind, goes: bool) -> None:
    write("text", kind=kind)
    assert (claimed(quiet=True) == ["text"]) is goes
    assert (claimed(quiet=False) == ["text"]) is not goes


# to one person -------------------------------------------------------------------------------------------------------


def test_a_person_gets_one_message_at_a_time_whatever_its_kind() -> None:
    write("notice", recipient="anna", kind=NOTICE)
    write("answer", recipient="anna")
    (answer,) = claim().messages
    assert answer.outgoing.text == "answer"
    assert claimed() == []
    record(answer, Sent(), 1)
    assert claimed(1) == ["notice"]


def test_a_persons_messages_of_a_kind_go_in_order_also_when_one_must_wait() -> None:
    write("first", recipient="anna")
    write("second", recipient="anna")
    write("of another", recipient="boris")
    first, _ = claim().messages
    record(first, Unreachable(), 1)
    assert claimed(1) == []
    assert claimed(60) == ["first"]


def test_what_is_refused_for_good_lets_the_next_one_go() -> None:
    write("first", recipient="anna")
    write("second", recipient="anna")
    (first,) = claim().messages
    record(first, MessageRefused(), 1)
    assert claimed(1) == ["second"]


def test_the_same_address_in_another_channel_is_another_person() -> None:
    write("by SMS", recipient="anna")
    write("by e-mail", recipient="anna", channel="email")
    assert (claimed(), claimed(channel="email")) == (["by SMS"], ["by e-mail"])


# how fast ------------------------------------------------------------------------------------------------------------


def test_all_workers_together_keep_to_the_rate() -> None:
    for number in range(30):
        write(str(number))
    rate = Rate(10)
    # Two workers, each of which asks ten times a second: a step is a twentieth of one.
    sent = [step for step in range(100) for _ in claim(step / 20, rate=rate).messages]
    assert len(sent) == 30
    assert all(later - earlier >= 20 for earlier, later in zip(sent, sent[10:], strict=False))


def test_a_claim_says_when_more_may_go() -> None:
    write("first")
    write("second")
    rate = Rate(2)
    assert claim(rate=rate).wait == dt.timedelta(0)
    assert claim(0.2, rate=rate) == outbox.Claim((), dt.timedelta(seconds=0.3))
    assert len(claim(0.5, rate=rate).messages) == 1
    assert claim(0.5, rate=rate).wait is None  # nothing is due


def test_a_channel_is_not_slowed_by_another() -> None:
    write("by SMS")
    write("by e-mail", channel="email")
    assert claim(rate=Rate(1)).messages
    assert claim(rate=Rate(1), channel="email").messages


def test_what_is_far_ahead_of_the_clock_does_not_stop_a_channel() -> None:
    """The clock was set back by an hour after a message went."""
    write("before")
    write("after")
    assert claimed(3600, rate=Rate(1), limit=1) == ["before"]
    assert claimed(0, rate=Rate(1)) == ["after"]


# when the channel can't ----------------------------------------------------------------------------------------------


def test_a_provider_that_asks_us_to_wait_is_left_alone_for_so_long() -> None:
    write("first")
    write("second")
    (first,) = claim(limit=1).messages
    record(first, Throttled(wait=30), 1)
    assert claim(30.9) == outbox.Claim((), dt.timedelta(seconds=0.1))
    assert claimed(31) == ["second", "first"]


def test_after_three_failures_on_end_a_channel_is_tried_with_one_message_at_a_time() -> None:
    for number in range(10):
        write(str(number))
    for second in (0, 2, 4):
        (message,) = claim(second, limit=1).messages
        record(message, Unreachable(), second, began=second)
    assert claimed(4.9) == []
    (probe,) = claim(5).messages
    assert claimed(5) == []
    record(probe, Sent(), 6, began=5)
    assert len(claim(6).messages) == 6 + 2  # of those that failed, the last waits longer


def test_failures_of_what_was_under_way_together_count_as_few() -> None:
    for number in range(40):
        write(str(number))
    for message in claim().messages:
        record(message, Unreachable(), 1)
    assert pace().failures == 3
    assert pace().paused_until == at(2)


def test_a_worker_that_begins_tries_a_failing_channel_at_once() -> None:
    write("text", recipient="anna")
    write("another")
    for second in (0, 10, 30):
        (message,) = claim(second, limit=1).messages
        record(message, Unreachable(), second, began=second)
    assert claim(30.5).wait
    outbox.resume("sms", at(30.5))
    assert len(claim(30.5, rate=FAST).messages) == 1


def test_a_pause_that_the_provider_asked_for_outlasts_a_new_worker() -> None:
    write("text")
    attempt(Throttled(wait=600), 0)
    outbox.resume("sms", at(2))
    assert claim(300).wait is None or claim(300).messages == ()


# the clock -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "brought"),
    [
        pytest.param({"now": at(3600)}, True, id="an answer from the future"),
        pytest.param({"now": at(3600), "kind": NOTICE}, True, id="a notice from the future"),
        pytest.param({"now": at(30)}, False, id="another machine's clock is a little ahead"),
        pytest.param({"send_at": at(3600)}, False, id="what is planned for later"),
    ],
)
def test_what_was_written_before_the_clock_was_set_back_does_not_wait_for_it(
    written: dict[str, dt.datetime], brought: bool
) -> None:
    write("text", **written)
    assert outbox.bring_back_from_the_future(NOON) == int(brought)
    assert (claimed() == ["text"]) is brought


def test_what_waits_for_its_time_holds_up_nothing_that_is_due() -> None:
    write("tomorrow", kind=NOTICE, recipient="anna", send_at=at(86_400))
    write("now", kind=NOTICE, recipient="anna")
    assert claimed(0) == ["now"]
    assert claimed(86_400) == []  # one at a time: that one is under way


def test_what_is_tried_again_later_holds_up_what_was_written_after_it() -> None:
    write("first", recipient="anna")
    attempt(Unreachable(), 0)
    write("second", recipient="anna")
    assert claimed(2) == []


# one person, not too soon --------------------------------------------------------------------------------------------


def test_two_messages_to_one_person_lie_as_far_apart_as_the_channel_wants() -> None:
    for text in ("first", "second"):
        write(text, recipient="anna")
    write("another's", recipient="boris")
    first, another = claim(apart=1).messages
    for one in (first, another):
        record(one, Sent(), 0.2)
    assert claimed(1.1, apart=1) == []
    assert claimed(1.2, apart=1) == ["second"]


def test_it_is_said_when_to_ask_again() -> None:
    for text in ("first", "second"):
        write(text, recipient="anna")
    record(claim(apart=1).messages[0], Sent(), 0.2)
    assert claim(0.25, apart=1).wait == dt.timedelta(seconds=0.95)


def test_a_clock_set_back_keeps_nobody_waiting() -> None:
    for text in ("first", "second"):
        write(text, recipient="anna")
    record(claim(1000, apart=1).messages[0], Sent(), 1000.2)
    assert claimed(50, apart=1) == ["second"]


def test_what_stands_on_the_button_to_share_a_phone_goes_along() -> None:
    write("first", recipient="anna")
    OutboundMessage.objects.update(contact_button="Отправить мой номер")
    assert claim().messages[0].outgoing.contact_button == "Отправить мой номер"
