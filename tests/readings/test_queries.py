"""What was handed in, as the rules of counting are told it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pytest

from sbyt.accounts.models import Meter, Register
from sbyt.messaging.models import InboundMessage
from sbyt.metering.counting import Handed
from sbyt.readings.models import Reading
from sbyt.readings.operations import NewCancellation, NewReading, add_readings, cancel_readings
from sbyt.readings.queries import handed_in, latest_own
from tests.support.databases import Database
from tests.support.household import MOSCOW, a_meter, an_account, was_read

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


def message(provider_id: str, *, channel: str = "sms", sender: str = "anna") -> InboundMessage:
    return InboundMessage.objects.create(
        channel=channel, provider_id=provider_id, sender=sender, text="", received_at=NOW, stored_at=NOW
    )


def store(came: InboundMessage, *values: int) -> None:
    add_readings(
        [
            NewReading(register.id, 24322, value, False, NOW.date(), NOW, "sms", "ok", came.id)
            for register, value in zip(Register.objects.order_by("id"), values, strict=True)
        ],
        NOW,
    )


def cancel(readings: Iterable[int]) -> None:
    cancel_readings([NewCancellation(one, "sms:anna", "sender") for one in readings], NOW)


def of_meter(meter: Meter) -> list[Handed]:
    """What was handed in for the registers of a meter."""
    zones = {one.id: one.zone for one in meter.registers.all()}
    found = handed_in(zones, MOSCOW)
    assert found.keys() <= zones.keys()
    return [row for rows in found.values() for row in rows]


def values(rows: list[Handed]) -> list[tuple[str, int]]:
    return [(row.zone, row.value) for row in rows]


def test_readings_come_by_register_in_the_order_of_loading(database: Database) -> None:
    account = an_account("0012")
    one, other = a_meter(account, "77", zones=2), a_meter(account, "88")
    was_read(one, "2026-10-20", 20, 10)
    was_read(other, "2026-09-20", 5)
    was_read(one, "2026-09-20", 15, 8)
    assert values(of_meter(one)) == [("T1", 20), ("T1", 15), ("T2", 10), ("T2", 8)]
    assert values(of_meter(other)) == [("T1", 5)]


def test_other_meters_are_left_alone(database: Database) -> None:
    account = an_account("0012")
    asked, other = a_meter(account, "77"), a_meter(account, "88")
    was_read(other, "2026-10-20", 20)
    assert of_meter(asked) == []
    assert handed_in({}, MOSCOW) == {}


def test_what_was_taken_back_is_left_out(database: Database) -> None:
    meter = a_meter(an_account("0012"), "77")
    was_read(meter, "2026-09-20", 15)
    cancel(one.id for one in was_read(meter, "2026-10-20", 20))
    assert values(of_meter(meter)) == [("T1", 15)]


@pytest.mark.parametrize(
    ("kind", "received"),
    [
        (Reading.Kind.CUSTOMER, dt.datetime(2026, 10, 20, 12, 0, tzinfo=MOSCOW)),
        (Reading.Kind.CONTROL, dt.datetime(2026, 10, 20, 12, 0, tzinfo=MOSCOW)),
        (Reading.Kind.INSTALLED, dt.datetime(2026, 10, 20, 0, 0, tzinfo=MOSCOW)),
        (Reading.Kind.REMOVED, dt.datetime(2026, 10, 20, 23, 59, 59, 999999, tzinfo=MOSCOW)),
    ],
)
def test_a_meter_begins_with_its_day_and_ends_with_it(
    database: Database, kind: Reading.Kind, received: dt.datetime
) -> None:
    """Billing rule 1: ``installed`` and ``removed`` go by the day they were taken."""
    meter = a_meter(an_account("0012"), "77")
    was_read(meter, "2026-10-20", 20, kind=kind)
    (row,) = of_meter(meter)
    assert row.order[0] == received


def test_without_a_time_of_receipt_the_day_counts(database: Database) -> None:
    meter = a_meter(an_account("0012"), "77")
    was_read(meter, "2026-10-20", 20)
    Reading.objects.update(received_at=None)
    (row,) = of_meter(meter)
    assert row.order[0] == dt.datetime(2026, 10, 20, 0, 0, tzinfo=MOSCOW)


# a sender's own ------------------------------------------------------------------------------------------------------


def own(channel: str = "sms", sender: str = "anna") -> list[tuple[str, int]]:
    asked = message("asks", channel=channel, sender=sender)
    try:
        return [(one.zone, one.value) for one in latest_own([asked.id]).get(asked.id, [])]
    finally:
        asked.delete()


def test_ones_own_are_those_of_the_latest_message_alone(database: Database) -> None:
    a_meter(an_account("0012"), "77", zones=2)
    store(message("1"), 20, 10)
    store(message("2"), 25, 12)
    assert own() == [("T1", 25), ("T2", 12)]


def test_once_taken_back_the_message_before_is_the_latest(database: Database) -> None:
    a_meter(an_account("0012"), "77")
    store(message("1"), 20)
    store(message("2"), 25)
    cancel(one.id for one in Reading.objects.filter(value=25))
    assert own() == [("T1", 20)]


@pytest.mark.parametrize(("channel", "sender"), [("email", "anna"), ("sms", "boris")])
def test_what_another_sender_or_channel_handed_in_is_not_ones_own(
    database: Database, channel: str, sender: str
) -> None:
    a_meter(an_account("0012"), "77")
    store(message("1"), 20)
    assert own(channel, sender) == []


def test_what_came_by_a_file_is_nobodys_own(database: Database) -> None:
    was_read(a_meter(an_account("0012"), "77"), "2026-10-20", 20)
    assert own() == []


def test_many_senders_are_looked_up_at_once(database: Database) -> None:
    a_meter(an_account("0012"), "77")
    anna, boris, zoe = (message(sender, sender=sender) for sender in ("anna", "boris", "zoe"))
    store(anna, 20)
    store(boris, 25)
    found = latest_own([anna.id, boris.id, zoe.id])
    assert {asked: [one.value for one in readings] for asked, readings in found.items()} == {
        anna.id: [20],
        boris.id: [25],
    }
    (reading,) = found[anna.id]
    assert (reading.number, reading.serial, reading.zone, reading.period) == ("0012", "77", "T1", 24322)


def test_at_one_moment_a_meter_is_installed_before_and_removed_after_all_else(database: Database) -> None:
    meter = a_meter(an_account("0012"), "77")
    late = was_read(meter, "2026-10-20", 7, kind=Reading.Kind.REMOVED)
    first = was_read(meter, "2026-10-20", 5)
    was_read(meter, "2026-10-20", 9, kind=Reading.Kind.INSTALLED)
    Reading.objects.filter(pk=first[0].pk).update(received_at=None)
    Reading.objects.create(
        register=late[0].register, period=late[0].period, kind="customer", value=6, taken_on=late[0].taken_on,
        received_at=dt.datetime(2026, 10, 20, 23, 59, 59, 999999, tzinfo=MOSCOW), loaded_at=late[0].loaded_at,
    )  # fmt: skip
    assert [row.value for row in sorted(of_meter(meter), key=lambda row: row.order)] == [9, 5, 6, 7]
