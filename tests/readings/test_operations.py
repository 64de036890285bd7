"""Readings, cancellations and the staff queue as they are written: rows are only ever added."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, models

from sbyt.accounts.models import Register
from sbyt.messaging.models import InboundMessage
from sbyt.readings.models import Cancellation, Reading, StaffTask
from sbyt.readings.operations import (
    NewCancellation,
    NewReading,
    NewTask,
    add_readings,
    cancel_readings,
    queue_for_staff,
    queue_tasks,
)
from tests.support.databases import Database
from tests.support.household import a_meter, an_account

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
RECEIVED = dt.datetime(2026, 11, 19, 21, 30, tzinfo=dt.UTC)


def a_message() -> InboundMessage:
    return InboundMessage.objects.create(
        channel="sms", provider_id="7", sender="anna", text="", received_at=RECEIVED, stored_at=NOW
    )


def store(*values: int, rolled: tuple[bool, ...] = (False, False)) -> None:
    """The values of the registers, in the order in which these were made."""
    message = InboundMessage.objects.first() or a_message()
    taken_on = dt.date(2026, 11, 20)
    add_readings(
        [
            NewReading(register.id, 24322, value, rollover, taken_on, RECEIVED, "sms", "high", message.id)
            for register, value, rollover in zip(Register.objects.order_by("id"), values, rolled, strict=True)
        ],
        NOW,
    )


def cancel(reading: Reading, by: str = "sms:anna", reason: str = "sender") -> None:
    cancel_readings([NewCancellation(reading.id, by, reason)], NOW)


def two_registers() -> None:
    a_meter(an_account("0012"), "77", zones=2)


def test_each_register_gets_its_value_with_all_that_is_known_of_it(database: Database) -> None:
    two_registers()
    store(8242, 3104, rolled=(False, True))
    day, night = Reading.objects.order_by("register__zone")
    assert [(one.register.zone, one.value, one.rollover) for one in (day, night)] == [
        ("T1", 8242, False),
        ("T2", 3104, True),
    ]
    assert (day.kind, day.channel, day.verdict, day.period) == (Reading.Kind.CUSTOMER, "sms", "high", 24322)
    assert (day.received_at, day.taken_on, day.loaded_at) == (RECEIVED, dt.date(2026, 11, 20), NOW)
    assert day.message == InboundMessage.objects.get()


def test_a_later_value_stands_beside_the_earlier(database: Database) -> None:
    two_registers()
    store(8242, 3104)
    store(8250, 3110)
    assert Reading.objects.count() == 4


def test_what_is_taken_back_stays_with_who_when_and_why(database: Database) -> None:
    two_registers()
    store(8242, 3104)
    cancel_readings([NewCancellation(one.id, "sms:anna", "sender") for one in Reading.objects.all()], NOW)
    assert Reading.objects.count() == 2
    assert set(Cancellation.objects.values_list("by", "reason", "at")) == {("sms:anna", "sender", NOW)}


def test_a_reading_is_taken_back_once(database: Database) -> None:
    two_registers()
    store(8242, 3104)
    cancel(Reading.objects.earliest("id"))
    with pytest.raises(IntegrityError):
        cancel(Reading.objects.earliest("id"), by="office:boris", reason="staff")


@pytest.mark.parametrize(
    "delete", [lambda: Reading.objects.all().delete(), lambda: InboundMessage.objects.all().delete()]
)
def test_what_rests_on_another_row_keeps_it(database: Database, delete: object) -> None:
    two_registers()
    store(8242, 3104)
    cancel(Reading.objects.earliest("id"))
    assert callable(delete)
    with pytest.raises(models.ProtectedError):
        delete()


@pytest.mark.parametrize(("account", "known"), [("0012", True), ("0099", False), ("", False)])
def test_staff_find_the_message_and_the_account_if_there_is_one(database: Database, account: str, known: bool) -> None:
    two_registers()
    queue_for_staff(a_message(), account, "impossible", [{"zone": "T1", "units": 99999}], NOW)
    task = StaffTask.objects.get()
    assert (task.account is not None) == known
    assert (task.message, task.reason, task.offered) == (
        InboundMessage.objects.get(),
        "impossible",
        [{"zone": "T1", "units": 99999}],
    )
    assert (task.created_at, task.closed_at) == (NOW, None)


def test_many_tasks_are_queued_in_their_order(database: Database) -> None:
    message, account = a_message(), an_account("0012")
    offered = [{"zone": "T1", "units": 99999}]
    queue_tasks(
        [NewTask(message.id, account.id, "impossible", offered), NewTask(message.id, None, "operator", [])], NOW
    )
    tasks = StaffTask.objects.order_by("id")
    assert [(one.message, one.account, one.reason, one.offered) for one in tasks] == [
        (message, account, "impossible", offered),
        (message, None, "operator", []),
    ]
    assert {(one.created_at, one.closed_at, one.closed_by) for one in tasks} == {(NOW, None, "")}
