"""What staff decide of a doubtful reading, and what the customer is told of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings as DjangoSettings

from sbyt.accounts.models import Account
from sbyt.core.settings import ChannelState, Settings
from sbyt.messaging.models import OutboundMessage
from sbyt.readings.models import Reading, StaffTask
from sbyt.usecases import decide_task
from sbyt.usecases.cancel_reading import UnableToCancel, cancel_reading
from sbyt.usecases.decide_task import UnableToDecide, answer, ask, close, refuse, take_offered
from sbyt.usecases.take_reading import Given, UnableToTake, Why
from tests.support.databases import Database
from tests.support.household import a_meter, was_read, was_read_monthly
from tests.usecases.receiving import (
    ACCOUNT,
    OWNER,
    SETTINGS,
    STRANGER,
    for_staff,
    household,
    said,
    stored,
    with_channel,
)

NOW = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)
NEXT_MONTH = dt.datetime(2026, 12, 3, 9, 0, tzinfo=dt.UTC)
ANNA, BORIS = "Анна", "Борис"
IMPOSSIBLE = f"{ACCOUNT} 34425"


@pytest.fixture(autouse=True)
def _household(database: Database) -> None:
    household()


def a_task(text: str = IMPOSSIBLE, *, sender: str = OWNER, channel: str = "sms") -> int:
    """What staff get because of this message."""
    said(text, sender=sender, channel=channel)
    return StaffTask.objects.latest("id").pk


def given(value: int = 34425, *, rollover: bool = False) -> Given:
    return Given(ACCOUNT, "40010001", (value,), rollover)


def notices(purpose: str) -> list[str]:
    return list(OutboundMessage.objects.filter(purpose=purpose).order_by("id").values_list("text", flat=True))


def state(task: int) -> tuple[str, str, bool]:
    found = StaffTask.objects.get(pk=task)
    return found.decision, found.closed_by, found.closed_at is not None


# taking ---------------------------------------------------------------------------------------------------------------


def test_what_is_taken_counts_as_of_when_the_customer_sent_it() -> None:
    task = a_task()
    take_offered(task, given(), ANNA, SETTINGS, NEXT_MONTH)
    reading = Reading.objects.get(value=34425)
    assert (str(reading.received_at), reading.channel, reading.verdict) == (
        "2026-11-20 09:00:00+00:00",
        "sms",
        "impossible",
    )
    assert reading.message == StaffTask.objects.get().message
    assert state(task) == ("taken", ANNA, True)


def test_its_sender_is_told_as_if_it_had_been_taken_at_once() -> None:
    take_offered(a_task(), given(), ANNA, SETTINGS, NOW)
    (told,) = notices("staff_decided")
    assert told.startswith("Приняли 34425 по счётчику …0001: 30115 кВт·ч с 20 октября. Войдёт в счёт за ноябрь.")


def test_a_stranger_is_told_no_use_and_the_owner_is_told_of_them() -> None:
    take_offered(a_task(sender=STRANGER), given(), ANNA, SETTINGS, NOW)
    (told,) = notices("staff_decided")
    assert "30115" not in told
    (owner,) = OutboundMessage.objects.filter(purpose="owner_told")
    assert owner.recipient == OWNER
    assert "34425" in owner.text


def test_staff_may_read_other_figures_than_the_dialogue_did() -> None:
    take_offered(a_task(), given(4425), ANNA, SETTINGS, NOW)
    assert stored() == [4425]
    assert Reading.objects.get(value=4425).verdict == "ok"


def test_a_dial_that_went_through_zero_is_marked() -> None:
    take_offered(a_task(), given(20, rollover=True), ANNA, SETTINGS, NOW)
    assert Reading.objects.get(value=20).rollover


@pytest.mark.parametrize(
    ("value", "rollover", "why"),
    [
        (4309, False, Why.LOWER),
        (4425, True, Why.NO_ROLLOVER),
        (100_000, False, Why.TOO_LONG),
    ],
)
def test_of_what_no_bill_can_be_made_is_not_taken(value: int, rollover: bool, why: Why) -> None:
    task = a_task()
    with pytest.raises(UnableToTake) as refused:
        take_offered(task, given(value, rollover=rollover), ANNA, SETTINGS, NOW)
    assert (refused.value.why, stored(), state(task)) == (why, [], ("", "", False))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (Given(ACCOUNT, "no such", (1,)), Why.NO_METER),
        (Given("no such", "40010001", (1,)), Why.NO_METER),
        (Given(ACCOUNT, "40010001", ()), Why.MISSING),
        (Given("2000000002", "40010002", (8200,)), Why.MISSING),
    ],
)
def test_what_fits_no_meter_is_not_taken(wrong: Given, why: Why) -> None:
    with pytest.raises(UnableToTake) as refused:
        take_offered(a_task(), wrong, ANNA, SETTINGS, NOW)
    assert refused.value.why is why


def test_what_the_customer_put_right_since_is_not_taken() -> None:
    task = a_task()
    said(f"{ACCOUNT} 4425", at="2026-11-20T13:00:00", sender=OWNER)
    with pytest.raises(UnableToTake) as refused:
        take_offered(task, given(), ANNA, SETTINGS, NOW)
    assert refused.value.why is Why.REPLACED


def test_what_counts_already_is_not_taken_twice() -> None:
    said(f"{ACCOUNT} 4425", at="2026-11-20T11:00:00", sender=OWNER)
    with pytest.raises(UnableToTake) as refused:
        take_offered(a_task(), given(4425), ANNA, SETTINGS, NOW)
    assert refused.value.why is Why.KNOWN


def test_an_inspectors_reading_of_the_month_stays() -> None:
    task = a_task()
    meter = Reading.objects.get(value=4310).register.meter
    was_read(meter, "2026-11-10", 4400, kind=Reading.Kind.CONTROL)
    with pytest.raises(UnableToTake) as refused:
        take_offered(task, given(4425), ANNA, SETTINGS, NOW)
    assert refused.value.why is Why.INSPECTED


def test_above_what_counts_later_nothing_is_taken() -> None:
    task = a_task()
    meter = Reading.objects.get(value=4310).register.meter
    was_read(meter, "2026-12-10", 4500)
    with pytest.raises(UnableToTake) as refused:
        take_offered(task, given(4501), ANNA, SETTINGS, NEXT_MONTH)
    assert refused.value.why is Why.HIGHER


def test_a_removed_meter_takes_nothing() -> None:
    task = a_task()
    meter = Reading.objects.get(value=4310).register.meter
    was_read(meter, "2026-11-19", 4400, kind=Reading.Kind.REMOVED)
    with pytest.raises(UnableToTake) as refused:
        take_offered(task, given(4425), ANNA, SETTINGS, NOW)
    assert refused.value.why is Why.REMOVED


# the other decisions --------------------------------------------------------------------------------------------------


def test_a_refusal_is_told_in_staffs_words_with_the_number_of_the_message() -> None:
    task = a_task()
    refuse(task, "Записать 34425 не можем.\nПришлите фото.", ANNA, SETTINGS, NOW)
    (told,) = notices("staff_decided")
    assert told == "Записать 34425 не можем. Пришлите фото. № 2223"
    assert state(task) == ("refused", ANNA, True)
    assert stored() == []


def test_a_refusal_without_words_is_told_to_nobody() -> None:
    refuse(a_task(), "  ", ANNA, SETTINGS, NOW)
    assert notices("staff_decided") == []


def test_words_are_an_answer_and_end_it() -> None:
    task = a_task("позовите оператора")
    answer(task, "Здравствуйте, перезвоним сегодня.", ANNA, SETTINGS, NOW)
    assert notices("staff_decided") == ["Здравствуйте, перезвоним сегодня. № 2223"]
    assert state(task) == ("answered", ANNA, True)


def test_nothing_may_have_to_be_done() -> None:
    task = a_task()
    close(task, ANNA, NOW)
    assert (state(task), OutboundMessage.objects.exclude(purpose="answer").count()) == (("closed", ANNA, True), 0)


@pytest.mark.parametrize("decide", [ask, answer])
def test_without_words_nobody_is_asked_or_answered(decide: Callable[..., object]) -> None:
    task = a_task()
    with pytest.raises(UnableToDecide) as refused:
        decide(task, " ", ANNA, SETTINGS, NOW)
    assert (refused.value.reason, state(task)[2]) == ("no_text", False)


@pytest.mark.parametrize("decide", [ask, answer])
@pytest.mark.parametrize(
    "settings", [with_channel("sms", state=ChannelState.WITHDRAWN), with_channel("sms", rendering="keypad")]
)
def test_who_can_not_be_written_to_is_not(decide: Callable[..., object], settings: Settings) -> None:
    task = a_task()
    with pytest.raises(UnableToDecide) as refused:
        decide(task, "Пришлите фото", ANNA, settings, NOW)
    assert (refused.value.reason, state(task)[2]) == ("no_way", False)


def test_who_left_the_page_that_they_wrote_on_can_not_be_written_to(settings: DjangoSettings) -> None:
    class Left:
        @staticmethod
        def reaches(recipient: str) -> bool:
            return False

    settings.CONNECTED_CHANNELS = lambda: {"sms": Left}
    with pytest.raises(UnableToDecide) as refused:
        answer(a_task(), "Здравствуйте", ANNA, SETTINGS, NOW)
    assert refused.value.reason == "no_way"


def test_a_reading_is_taken_also_where_nobody_can_be_told() -> None:
    withdrawn = with_channel("sms", state=ChannelState.WITHDRAWN)
    assert take_offered(a_task(), given(), ANNA, withdrawn, NOW).told == ""
    assert stored() == [34425]


def test_who_is_asked_answers_with_a_mere_figure_and_the_task_is_done() -> None:
    task = a_task()
    ask(task, "Проверьте цифры и пришлите показание ещё раз.", ANNA, SETTINGS, NOW)
    found = StaffTask.objects.get(pk=task)
    assert (found.asked_by, found.asked_at, found.closed_at) == (ANNA, NOW, None)
    assert notices("staff_wrote") == ["Проверьте цифры и пришлите показание ещё раз. № 2223"]
    assert said("4425", at="2026-11-20T19:00:00", sender=OWNER)["outcome"] == "accepted"
    assert state(task) == ("", "customer", True)


def test_a_stranger_who_is_asked_needs_no_account_in_the_answer() -> None:
    ask(a_task(sender=STRANGER), "Проверьте цифры", ANNA, SETTINGS, NOW)
    assert said("4425", at="2026-11-20T19:00:00", sender=STRANGER)["outcome"] == "accepted"


def test_an_answer_that_is_impossible_again_comes_to_staff_again() -> None:
    ask(a_task(), "Проверьте цифры", ANNA, SETTINGS, NOW)
    said("34426", at="2026-11-20T19:00:00", sender=OWNER)
    assert for_staff() == ["impossible", "impossible"]
    assert StaffTask.objects.filter(closed_at=None).get().offered[0]["units"] == 34426


def test_another_question_that_is_open_stays() -> None:
    task = a_task()
    said("7800", at="2026-11-20T17:00:00", sender=OWNER)
    ask(task, "Проверьте цифры", ANNA, SETTINGS, NOW)
    assert said("да", at="2026-11-20T19:00:00", sender=OWNER)["outcome"] == "accepted"
    assert stored() == [7800]


# two at once ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "decide",
    [
        lambda task: take_offered(task, given(), BORIS, SETTINGS, NOW),
        lambda task: refuse(task, "нет", BORIS, SETTINGS, NOW),
        lambda task: ask(task, "проверьте", BORIS, SETTINGS, NOW),
        lambda task: answer(task, "здравствуйте", BORIS, SETTINGS, NOW),
        lambda task: close(task, BORIS, NOW),
    ],
)
def test_who_comes_second_is_told_who_was_first(decide: Callable[[int], Any]) -> None:
    task = a_task()
    close(task, ANNA, NOW)
    with pytest.raises(UnableToDecide) as refused:
        decide(task)
    assert (refused.value.reason, refused.value.by, refused.value.at) == ("decided", ANNA, NOW)
    assert stored() == []


def test_of_two_at_the_same_moment_one_decides(database: Database) -> None:
    task = a_task()

    def decides(by: str) -> str:
        try:
            take_offered(task, given(), by, SETTINGS, NOW)
        except UnableToDecide as error:
            return error.reason
        else:
            return "decided it"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        results = sorted(pool.map(decides, [ANNA, BORIS, "Вера", "Глеб"]))
    assert results == ["decided", "decided", "decided", "decided it"]
    assert (stored(), len(notices("staff_decided"))) == ([34425], 1)


def test_a_task_that_is_not_there_is_told() -> None:
    with pytest.raises(UnableToDecide) as refused:
        close(999, ANNA, NOW)
    assert refused.value.reason == "gone"


def test_equal_tasks_are_decided_together() -> None:
    first, second = a_task(), a_task()
    stranger = a_task(sender=STRANGER)
    assert decide_task.equal_tasks(StaffTask.objects.get(pk=second)) == [first]
    assert refuse(second, "", ANNA, SETTINGS, NOW).others == 1
    assert (state(first)[2], state(second)[2], state(stranger)[2]) == (True, True, False)


def test_of_two_meters_each_is_decided_by_itself() -> None:
    second = a_meter(Account.objects.get(number=ACCOUNT), "70010009", "cold_water", decimals=3)
    was_read_monthly(second, 500_000, use=(5_000,))
    first = a_task(f"{ACCOUNT} свет 34425")
    other = a_task(f"{ACCOUNT} хвс 9000")
    assert StaffTask.objects.get(pk=other).offered[0]["serial"] == "70010009"
    close(other, ANNA, NOW)
    assert not state(first)[2]


# taking back ----------------------------------------------------------------------------------------------------------


def of_account(value: int) -> tuple[int, int]:
    """A reading of this value and its account."""
    reading = Reading.objects.select_related("register__meter").get(value=value)
    return reading.register.meter.account_id, reading.pk


def test_a_reading_is_taken_back_with_a_reason_and_a_lower_one_can_be_taken_then() -> None:
    account, last = of_account(4310)
    task = a_task()
    cancel_reading(account, [last], "Клиент ошибся в октябре", ANNA, NOW)
    cancelled = Reading.objects.get(pk=last).cancellation
    assert (cancelled.by, cancelled.reason, cancelled.at) == (ANNA, "Клиент ошибся в октябре", NOW)
    take_offered(task, given(4250), ANNA, SETTINGS, NOW)
    assert stored() == [4250]


@pytest.mark.parametrize(
    ("account", "value", "why", "reason"),
    [(0, 4310, "", "no_reason"), (1, 4310, "ошибка", "gone"), (0, 3230, "ошибка", "fixed")],
)
def test_what_can_not_be_taken_back_is_told(account: int, value: int, why: str, reason: str) -> None:
    its_account, reading = of_account(value)
    with pytest.raises(UnableToCancel) as refused:
        cancel_reading(its_account + account, [reading], why, ANNA, NOW)
    assert refused.value.reason == reason


def test_a_reading_is_taken_back_once() -> None:
    account, reading = of_account(4310)
    cancel_reading(account, [reading], "ошибка", ANNA, NOW)
    with pytest.raises(UnableToCancel) as refused:
        cancel_reading(account, [reading], "ошибка", BORIS, NOW)
    assert refused.value.reason == "cancelled"
