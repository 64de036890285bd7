"""A photo of a meter: with a figure it goes beside the reading, without one a person reads it."""

from __future__ import annotations

import datetime as dt

import pytest

from sbyt.messaging.inbox import Incoming
from sbyt.messaging.pictures import Picture
from sbyt.readings.models import StaffTask
from sbyt.usecases.customer_card import account_of, conversation_about
from sbyt.usecases.decide_task import close, equal_tasks
from sbyt.usecases.receive_message import receive_message
from tests.messaging.test_photos import PNG
from tests.support.databases import Database
from tests.usecases.receiving import ACCOUNT, OWNER, SETTINGS, for_staff, household, stored

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _household(database: Database) -> None:
    household()


def sent(text: str, number: int = 1, sender: str = OWNER) -> dict[str, object]:
    incoming = Incoming("email", sender, text, f"photo-{number}", NOW, photos=(Picture.of(PNG),))
    return receive_message(incoming, SETTINGS, NOW)


def waiting() -> int:
    """How many photos somebody must still read."""
    return StaffTask.objects.filter(reason="photo", closed_at=None).count()


def test_a_photo_alone_goes_to_staff_and_its_sender_is_told() -> None:
    answer = sent("")
    assert (answer["outcome"], for_staff()) == ("ask", ["photo"])
    assert str(answer["reply"]).startswith("Фото сохранили. Какие на нём цифры?")


def test_one_whose_account_is_not_known_is_asked_for_it_too() -> None:
    assert str(sent("", sender="a@example.org")["reply"]).startswith("Фото сохранили, его посмотрит сотрудник.")


def test_who_then_sends_the_figures_needs_nobody_to_read_the_photo() -> None:
    sent("")
    receive_message(Incoming("email", OWNER, "4425", "figures", NOW), SETTINGS, NOW)
    assert (stored(), waiting()) == ([4425], 0)


def test_somebody_elses_photo_stays_in_the_queue() -> None:
    sent("", sender="a@example.org")
    sent("", number=2)
    receive_message(Incoming("email", OWNER, "4425", "figures", NOW), SETTINGS, NOW)
    assert waiting() == 1


def test_words_without_a_figure_change_nothing_of_that() -> None:
    sent("вот мой счётчик")
    assert for_staff() == ["photo"]


@pytest.mark.parametrize(("text", "outcome"), [(f"{ACCOUNT} 4425", "accepted"), ("помощь", "info")])
def test_what_can_be_understood_is_answered_as_ever(text: str, outcome: str) -> None:
    assert sent(text)["outcome"] == outcome
    assert for_staff() == []


def test_beside_a_reading_the_photo_is_seen_in_the_conversation() -> None:
    sent(f"{ACCOUNT} 4425")
    account = account_of(ACCOUNT)
    assert account
    (entry,) = [one for one in conversation_about(account, SETTINGS, 10)[0] if one.said]
    assert (stored(), len(entry.photos)) == ([4425], 1)


def test_each_photo_is_a_task_of_its_own() -> None:
    sent("", 1)
    sent("", 2)
    first, second = StaffTask.objects.order_by("id")
    assert equal_tasks(first) == []
    close(second.pk, "Анна", NOW)
    assert StaffTask.objects.get(closed_at=None) == first
