"""``sbyt inbox``: what waits, what failed, and having it handled again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from sbyt.cli.main import app
from sbyt.messaging.inbox import Incoming, put_off, store
from sbyt.messaging.models import InboundMessage
from sbyt.messaging.numbers import short_number
from sbyt.readings.models import StaffTask
from sbyt.usecases.receive_message import handle_waiting
from tests.support.databases import FreshDatabase
from tests.usecases.receiving import ACCOUNT, SETTINGS, STRANGER, household, refusing

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


def sbyt(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["inbox", *words], catch_exceptions=False)
    return done.exit_code, done.output


@pytest.fixture(autouse=True)
def _household(fresh_database: FreshDatabase) -> Iterator[None]:
    with fresh_database(household):
        yield


def came(text: str) -> int:
    return store(Incoming("sms", STRANGER, text, text, NOW), NOW).id


def failed() -> str:
    """The number of a message that staff have because of a fault of ours."""
    number = short_number(came(f"{ACCOUNT} 4425"))
    with refusing("readings_reading"):
        for seconds in range(0, 300, 5):
            handle_waiting(SETTINGS, NOW + dt.timedelta(seconds=seconds))
    return number


def test_where_nothing_waits_that_is_said() -> None:
    assert sbyt() == (0, "Входящие: всё обработано.\n")


def test_what_waits_is_counted_and_what_of_it_failed() -> None:
    put_off(came("4425"), 2, NOW)
    came("4426")
    assert sbyt() == (0, "Входящие: ждут обработки 2, из них после неудачи: 1, старшее с 20.11.2026 12:00.\n")


def test_what_staff_have_because_of_a_fault_is_listed_without_its_text() -> None:
    number = failed()
    status, shown = sbyt()
    assert status == 0
    assert f"{number}  sms  20.11.2026 12:00" in shown.splitlines()
    assert "4425" not in shown
    assert STRANGER not in shown


@pytest.mark.parametrize("which", ["one", "all"])
def test_it_is_put_back(which: str) -> None:
    number = failed()
    status, shown = sbyt("--again", number if which == "one" else "all", "--by", "Иванова")
    assert (status, "снова в очереди" in shown.lower()) == (0, True)
    assert InboundMessage.objects.get().handled_at is None
    assert StaffTask.objects.get().closed_by == "Иванова"


def test_what_can_not_be_is_told_and_the_next_is_tried() -> None:
    number = failed()
    status, shown = sbyt("--again", "24K7", "--again", number)
    assert (status, "Сообщения 24K7 нет" in shown, f"{number}: снова в очереди" in shown) == (1, True, True)
