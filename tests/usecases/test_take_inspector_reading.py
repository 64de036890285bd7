"""What staff enter on an inspector's word: when it counts, what it sets aside, what can't be taken."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sbyt.accounts.models import Account, Meter
from sbyt.core.periods import Period
from sbyt.metering.checks import Code
from sbyt.readings.models import Inspection, Reading
from sbyt.usecases.cancel_reading import CANCELLABLE, UnableToCancel, cancel_reading
from sbyt.usecases.customer_card import MeterCard, meter_cards
from sbyt.usecases.take_inspector_reading import (
    Doubted,
    Inspected,
    TakenInspected,
    UnableToTakeInspected,
    Why,
    take_inspector_reading,
)
from tests.support.databases import Database
from tests.support.household import was_read
from tests.usecases.receiving import ACCOUNT, OTHER, SETTINGS, household

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 20)
SEPTEMBER, OCTOBER, NOVEMBER = (Period.parse(f"2026-{month}") for month in ("09", "10", "11"))
ANNA = "Анна Смирнова"


@pytest.fixture(autouse=True)
def _household(database: Database) -> None:
    """Meter 40010001 was installed on 12 January at 3230 and read on the 20th of each month: 4190 in September, 4310
    in October; 40010002 has day 8100 and night 3040 in October."""
    household()


def inspected(*values: int, day: str = "2026-11-20", rolled: tuple[bool, ...] = (), **changed: Any) -> Inspected:
    given = Inspected(
        ACCOUNT, "40010001", dt.date.fromisoformat(day), values, rolled or (False,) * len(values), "По заявке 17"
    )  # fmt: skip
    return given._replace(**changed)


def take(*values: int, sure: bool = True, **changed: Any) -> TakenInspected:
    return take_inspector_reading(inspected(*values, **changed), ANNA, SETTINGS, NOW, sure=sure)


def meter(serial: str = "40010001") -> Meter:
    return Meter.objects.get(serial=serial)


def counted(serial: str = "40010001") -> dict[str, tuple[int, ...]]:
    """What counts of a meter since August."""
    card = card_of(serial)
    return {str(Period(one.period)): one.values for one in card.facts.counted if one.period >= SEPTEMBER.plus(-1)}


def card_of(serial: str = "40010001") -> MeterCard:
    cards = meter_cards(meter(serial).account, SETTINGS, TODAY)
    return next(card for card in cards if card.meter.serial == serial)


# what is stored -------------------------------------------------------------------------------------------------------


def test_it_is_stored_with_who_and_why() -> None:
    assert take(4400, reason="  По заявке\n17 ") == TakenInspected(NOVEMBER, ())
    reading = Reading.objects.get(value=4400)
    assert (reading.kind, reading.channel, reading.period) == ("control", "office", NOVEMBER)
    assert (reading.inspection.by, reading.inspection.reason) == (ANNA, "По заявке 17")
    assert counted()["2026-11"] == (4400,)


def test_all_registers_are_stored_together() -> None:
    take(8200, 3100, account=OTHER, serial="40010002")
    assert list(Inspection.objects.values_list("reading__register__zone", "reading__value")) == [
        ("T1", 8200),
        ("T2", 3100),
    ]
    assert counted("40010002")["2026-11"] == (8200, 3100)


@pytest.mark.parametrize(
    ("day", "period", "received"),
    [
        ("2026-11-20", "2026-11", NOW),  # today: now
        ("2026-11-19", "2026-11", None),  # else the beginning of that day
        ("2026-10-26", "2026-11", None),  # the window of October had closed (billing rule 1)
        ("2026-10-25", "2026-10", None),
        ("2026-01-12", "2026-01", None),  # the day of the installation
    ],
)
def test_it_counts_by_the_day_it_was_taken(day: str, period: str, received: dt.datetime | None) -> None:
    value = 3230 if period == "2026-01" else 4310
    assert str(take(value, day=day).period) == period
    reading = Reading.objects.filter(kind="control").get()
    assert (str(reading.taken_on), reading.received_at) == (day, received)


def test_today_begins_where_the_company_is() -> None:
    night = dt.datetime(2026, 11, 19, 22, 30, tzinfo=dt.UTC)  # half past one on the 20th
    take_inspector_reading(inspected(4400), ANNA, SETTINGS, night)
    assert Reading.objects.get(value=4400).received_at == night


def test_an_inspectors_value_sets_aside_the_customers_above_it() -> None:
    assert take(4180).set_aside == (SEPTEMBER, OCTOBER)
    assert counted() == {"2026-08": (4070,), "2026-11": (4180,)}


def test_a_past_one_leaves_the_later_ones() -> None:
    take(4200, day="2026-09-21")
    assert counted() == {"2026-08": (4070,), "2026-09": (4200,), "2026-10": (4310,)}


def test_it_goes_before_the_customers_of_its_month() -> None:
    was_read(meter(), "2026-11-19", 4500)
    assert take(4400, day="2026-11-18") == TakenInspected(NOVEMBER, ())
    assert counted()["2026-11"] == (4400,)


def test_a_rollover_is_taken_by_its_mark_of_the_register_that_rolled() -> None:
    was_read(meter("40010002"), "2026-11-01", 999_000, 3060, kind=Reading.Kind.CONTROL)
    take(200, 3100, day="2026-11-20", rolled=(True, False), account=OTHER, serial="40010002")
    assert list(Reading.objects.filter(channel="office").order_by("id").values_list("rollover", flat=True)) == [
        True,
        False,
    ]
    assert card_of("40010002").facts.counted[-1].values == (200, 3100)


# what can't be taken --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "changed", "why"),
    [
        ((4400,), {"serial": "чужой"}, Why.NO_METER),
        ((4400,), {"account": "999"}, Why.NO_METER),
        ((8200, 3100), {"serial": "40010002"}, Why.NO_METER),  # of another account
        ((4400,), {"reason": " \n"}, Why.NO_REASON),
        ((), {}, Why.MISSING),
        ((8200,), {"account": OTHER, "serial": "40010002"}, Why.MISSING),
        ((8200, 3100), {"account": OTHER, "serial": "40010002", "rolled": (False,)}, Why.MISSING),
        ((100_000,), {}, Why.TOO_LONG),
        ((4400,), {"day": "2026-11-21"}, Why.FUTURE),
        ((3230,), {"day": "2026-01-11"}, Why.BEFORE_INSTALLED),
        ((3229,), {}, Why.LOWER),  # than the start index
        ((4400,), {"rolled": (True,)}, Why.NO_ROLLOVER),
        ((4311,), {"day": "2026-09-21"}, Why.HIGHER),  # than October
        ((8200, 2499), {"account": OTHER, "serial": "40010002"}, Why.LOWER),  # one register of two
    ],
)
def test_what_no_bill_can_be_made_of_is_not_taken(values: tuple[int, ...], changed: dict[str, Any], why: Why) -> None:
    before = Reading.objects.count()
    with pytest.raises(UnableToTakeInspected) as refused:
        take(*values, **changed)
    assert refused.value.why is why
    assert (Reading.objects.count(), Inspection.objects.count()) == (before, 0)


@pytest.mark.parametrize(
    ("value", "day", "rolled", "why", "other"),
    [
        (4249, "2026-11-20", False, Why.LOWER, (4250,)),  # below what the last inspector read
        (4250, "2026-11-20", False, None, None),
        (4260, "2026-09-22", False, Why.HIGHER, (4250,)),  # above it, before
        (4240, "2026-09-22", False, None, None),
        (4240, "2026-10-21", False, Why.REPLACED, None),  # it is the later of that month
        (4250, "2026-10-22", False, Why.KNOWN, None),
        (4255, "2026-10-23", False, None, None),
        (100, "2026-11-20", False, Why.LOWER, (4250,)),
        (100, "2026-11-20", True, None, None),
    ],
)
def test_it_is_measured_against_what_inspectors_read(
    value: int, day: str, rolled: bool, why: Why | None, other: tuple[int, ...] | None
) -> None:
    was_read(meter(), "2026-10-22", 4250, kind=Reading.Kind.CONTROL)
    if why is None:
        take(value, day=day, rolled=(rolled,))
        assert all(drop is not False for one in card_of().facts.counted for drop in one.rolled)
        return
    with pytest.raises(UnableToTakeInspected) as refused:
        take(value, day=day, rolled=(rolled,))
    assert (refused.value.why, refused.value.other and refused.value.other.values) == (why, other)


@pytest.mark.parametrize(
    ("value", "day", "why"),
    [
        (4380, "2026-10-23", None),
        (4410, "2026-10-23", Why.HIGHER),  # than it showed when it was taken off
        (4390, "2026-11-10", Why.REPLACED),  # in the month of the removal its last value counts
        (4410, "2026-11-16", Why.REMOVED),
    ],
)
def test_of_a_meter_taken_off_only_what_was_read_before_is_taken(value: int, day: str, why: Why | None) -> None:
    was_read(meter(), "2026-11-15", 4400, kind=Reading.Kind.REMOVED)
    if why is None:
        assert take(value, day=day).period == OCTOBER
        return
    with pytest.raises(UnableToTakeInspected) as refused:
        take(value, day=day)
    assert refused.value.why is why


@pytest.mark.parametrize(
    ("value", "rolled", "code", "used"),
    [
        (7800, False, Code.HIGH, 3490),
        (34_425, False, Code.IMPOSSIBLE, 30_115),
        (4400, False, None, 0),
        (3300, False, None, 0),  # lower is what inspectors are for
        (3900, True, Code.HIGH, 99_590),
    ],
)
def test_what_is_far_from_usual_is_taken_when_staff_are_sure(
    value: int, rolled: bool, code: Code | None, used: int
) -> None:
    if code is None:
        take(value, rolled=(rolled,), sure=False)
        assert Reading.objects.get(channel="office").verdict == "ok"
        return
    with pytest.raises(Doubted) as doubted:
        take(value, rolled=(rolled,), sure=False)
    assert (doubted.value.code, doubted.value.used, doubted.value.since) == (code, used, dt.date(2026, 10, 20))
    assert not Inspection.objects.exists()
    take(value, rolled=(rolled,))
    assert Reading.objects.get(channel="office").verdict == code


def test_of_a_meter_without_a_start_index_its_own_day_counts() -> None:
    Reading.objects.filter(kind="installed", register__meter=meter()).delete()
    take(3300, day="2026-01-12")
    with pytest.raises(UnableToTakeInspected) as refused:
        take(3300, day="2026-01-11")
    assert refused.value.why is Why.BEFORE_INSTALLED


def test_what_was_taken_back_keeps_nothing_out() -> None:
    take(4400)
    taken_back(4400)
    take(4350)
    assert counted()["2026-11"] == (4350,)


# taking back ----------------------------------------------------------------------------------------------------------


def taken_back(value: int, *kinds: Reading.Kind) -> None:
    reading = Reading.objects.get(value=value, register__meter__serial="40010001")
    account = Account.objects.get(number=ACCOUNT)
    cancel_reading(account.pk, [reading.pk], "Не тот счётчик", ANNA, NOW, kinds or CANCELLABLE)


def test_an_inspectors_value_is_taken_back_and_the_customers_count_again() -> None:
    before = counted()
    take(4180)
    taken_back(4180, Reading.Kind.CONTROL)
    assert counted() == before
    line = next(one for one in card_of().handed if one.kind == "control")
    assert (line.cancelled_by, line.cancelled_why, line.counts) == (ANNA, "Не тот счётчик", False)


@pytest.mark.parametrize(
    ("value", "kinds", "reason"),
    [
        (3230, CANCELLABLE, "fixed"),
        (4310, (Reading.Kind.CONTROL,), "not_inspectors"),
        (4400, (Reading.Kind.CUSTOMER,), "not_customers"),
    ],
)
def test_who_may_take_back_what(value: int, kinds: tuple[Reading.Kind, ...], reason: str) -> None:
    take(4400)
    with pytest.raises(UnableToCancel) as refused:
        taken_back(value, *kinds)
    assert refused.value.reason == reason


def test_the_card_tells_who_entered_it_and_why() -> None:
    take(4400)
    line = card_of().handed[0]
    assert (line.kind, line.channel) == ("control", "office")
    assert (line.inspected_by, line.inspected_why) == (ANNA, "По заявке 17")
