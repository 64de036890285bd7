"""What staff have because we failed is handled as if we had not, once that is mended."""

from __future__ import annotations

import datetime as dt

import pytest

from sbyt.messaging.inbox import Incoming, store
from sbyt.messaging.models import InboundMessage
from sbyt.messaging.numbers import short_number
from sbyt.readings.models import Reading, StaffTask
from sbyt.usecases.handle_again import UnableToHandleAgain, handle_again, handle_all_again, not_handled
from sbyt.usecases.receive_message import handle_waiting
from tests.support.databases import Database
from tests.usecases.receiving import ACCOUNT, OTHER, SETTINGS, STRANGER, household, refusing, said, sent, stored

NOW = dt.datetime(2026, 11, 25, 20, 0, tzinfo=dt.UTC)
MUCH_LATER = dt.datetime(2026, 11, 27, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _household(database: Database) -> None:
    household()


def failed(*texts: str, sender: str = STRANGER) -> list[str]:
    """The numbers of messages that came in time and that staff have now."""
    ids = [store(Incoming("sms", sender, text, f"{sender} {text}", NOW), NOW).id for text in texts]
    with refusing("readings_reading"):
        for seconds in range(0, 1000, 5):
            worked(NOW + dt.timedelta(seconds=seconds))
    assert set(StaffTask.objects.values_list("reason", flat=True)) == {"not_handled"}
    return [short_number(id_) for id_ in ids]


def worked(now: dt.datetime = MUCH_LATER) -> None:
    while handle_waiting(SETTINGS, now):
        pass


def test_it_is_taken_by_the_time_at_which_it_came_and_its_sender_gets_the_real_answer() -> None:
    (number,) = failed(f"{ACCOUNT} 4425")
    handle_again(number, "Иванова", MUCH_LATER)
    worked()
    assert (stored(), str(Reading.objects.get(value=4425).period)) == ([4425], "24322")
    assert sent()[-1].startswith("Приняли 4425")
    assert (InboundMessage.objects.get().result or {})["outcome"] == "accepted"


def test_staff_have_it_no_more() -> None:
    (number,) = failed(f"{ACCOUNT} 4425")
    assert [one.number for one in not_handled(10)] == [number]
    handle_again(number, "Иванова", MUCH_LATER)
    task = StaffTask.objects.get()
    assert (task.closed_at, task.closed_by, not_handled(10)) == (MUCH_LATER, "Иванова", [])


def test_what_fails_again_goes_to_staff_again() -> None:
    (number,) = failed(f"{ACCOUNT} 4425")
    handle_again(number, "Иванова", MUCH_LATER)
    with refusing("readings_reading"):
        for seconds in range(0, 1000, 5):
            worked(MUCH_LATER + dt.timedelta(seconds=seconds))
    assert [one.number for one in not_handled(10)] == [number]
    assert StaffTask.objects.count() == 2


def test_twice_changes_nothing() -> None:
    (number,) = failed(f"{ACCOUNT} 4425")
    handle_again(number, "Иванова", MUCH_LATER)
    with pytest.raises(UnableToHandleAgain, match="повторять нечего"):
        handle_again(number, "Иванова", MUCH_LATER)
    worked()
    with pytest.raises(UnableToHandleAgain, match="повторять нечего"):
        handle_again(number, "Иванова", MUCH_LATER)
    worked()
    assert stored() == [4425]


def test_what_was_handled_is_not_handled_again() -> None:
    number = said(f"{ACCOUNT} 4425")["reply"].rpartition("№ ")[2]
    with pytest.raises(UnableToHandleAgain, match="повторять нечего"):
        handle_again(number, "Иванова", MUCH_LATER)


@pytest.mark.parametrize("number", ["24K7", "", "не номер"])
def test_what_does_not_exist_is_said_to_be_so(number: str) -> None:
    with pytest.raises(UnableToHandleAgain, match="нет"):
        handle_again(number, "Иванова", MUCH_LATER)


def test_whose_sender_has_been_answered_since_a_person_must_read() -> None:
    (number,) = failed(f"{ACCOUNT} 4425")
    said(f"{ACCOUNT} 4430", at="2026-11-26T12:00:00")
    with pytest.raises(UnableToHandleAgain, match=f"После сообщения {number} этот человек писал ещё"):
        handle_again(number, "Иванова", MUCH_LATER)
    assert len(not_handled(10)) == 1


def test_several_of_one_sender_are_handled_in_their_order() -> None:
    failed(f"{ACCOUNT} 4425", f"{ACCOUNT} 4430")
    failed(f"{OTHER} 8242 3104", sender="+79990000007")
    assert handle_all_again("Иванова", MUCH_LATER) == (3, [])
    worked()
    assert [one for one in stored() if one < 5000 and one != 3104] == [4425, 4430]
    assert sorted(stored()) == [3104, 4425, 4430, 8242]


def test_of_all_those_that_can_not_be_are_told_and_the_others_are() -> None:
    failed(f"{ACCOUNT} 4425")
    failed(f"{OTHER} 8242 3104", sender="+79990000007")
    said(f"{ACCOUNT} 4430", at="2026-11-26T12:00:00")
    done, refused = handle_all_again("Иванова", MUCH_LATER)
    assert (done, len(refused)) == (1, 1)
