"""All of an account on one screen."""

from __future__ import annotations

import datetime as dt

import pytest

from sbyt.accounts.models import Account, Link
from sbyt.billing.models import Bill, Charge
from sbyt.core.periods import Period
from sbyt.messaging.dialogues import Party
from sbyt.readings.models import Reading
from sbyt.usecases.cancel_reading import cancel_reading
from sbyt.usecases.customer_card import (
    MONTHS,
    MeterCard,
    account_of,
    conversation_about,
    conversation_with,
    customer_card,
    parties_of,
)
from tests.support.databases import Database
from tests.support.household import a_meter, an_account, was_read
from tests.usecases.receiving import ACCOUNT, OTHER, OWNER, SETTINGS, STRANGER, household, said

NOW = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _household(database: Database) -> None:
    household()


def account(number: str = ACCOUNT) -> Account:
    found = account_of(number)
    assert found
    return found


def meter(number: str = ACCOUNT) -> MeterCard:
    (card,) = customer_card(account(number), SETTINGS, NOW).meters
    return card


def use(card: MeterCard) -> dict[str, tuple[int, ...]]:
    return {str(month.period): month.volumes for month in card.months if month.volumes}


@pytest.mark.parametrize("written", [ACCOUNT, "200 000 0001", "02000000001"])
def test_an_account_is_known_however_its_number_is_written(written: str) -> None:
    assert account(written).number == ACCOUNT


def test_a_number_that_may_be_two_is_none() -> None:
    an_account("0077")
    an_account("077")
    assert account_of("0077")
    assert account_of("77") is None


# meters ---------------------------------------------------------------------------------------------------------------


def test_a_year_and_a_month_of_use_are_shown_each_register_by_itself() -> None:
    months = meter().months
    assert (len(months), str(months[0].period), str(months[-1].period)) == (MONTHS, "2025-11", "2026-11")
    assert use(meter())["2026-10"] == (120,)
    assert use(meter(OTHER))["2026-10"] == (140, 60)
    assert (months[-1].volumes, months[-1].basis) == ((), "")


def test_an_estimate_is_shown_as_what_it_is_until_a_reading_comes() -> None:
    (register,) = meter().meter.registers.all()
    for volume, kind in ((118, "charge"), (2, "recalculation")):
        Charge.objects.create(
            account=account(),
            register=register,
            period=Period.parse("2026-11"),
            for_period=Period.parse("2026-11"),
            kind=kind,
            basis="average",
            volume=volume,
            amount=1,
        )
    november = meter().months[-1]
    assert (november.volume, november.basis) == (120, "average")
    said(f"{ACCOUNT} 4425", sender=OWNER)
    november = meter().months[-1]
    assert (november.volume, november.basis) == (115, "actual")


def test_the_same_month_a_year_before_stands_beside() -> None:
    old = a_meter(account(), "G1", "gas")
    was_read(old, "2024-12-01", 0, kind=Reading.Kind.INSTALLED)
    was_read(old, "2025-10-20", 335 * 8)  # eight a day since December
    was_read(old, "2026-11-20", 4000)
    card = next(one for one in customer_card(account(), SETTINGS, NOW).meters if one.meter.serial == "G1")
    months = {str(month.period): month for month in card.months}
    assert months["2026-10"].year_before == 31 * 8
    assert months["2026-11"].year_before == months["2025-11"].volume


def test_meters_that_were_taken_off_stand_last() -> None:
    was_read(meter().meter, "2026-11-19", 4400, kind=Reading.Kind.REMOVED)
    a_meter(account(), "NEW")
    assert [card.meter.serial for card in customer_card(account(), SETTINGS, NOW).meters] == ["NEW", "40010001"]


# readings -------------------------------------------------------------------------------------------------------------


def test_readings_say_where_they_came_from_and_which_counts() -> None:
    said(f"{ACCOUNT} 4420", at="2026-11-20T11:00:00", sender=OWNER)
    said(f"{ACCOUNT} 4425", at="2026-11-20T12:00:00", sender=OWNER)
    newest, replaced, *_, first = meter().handed
    assert (newest.values, newest.channel, newest.verdict, newest.counts) == ({"T1": 4425}, "sms", "ok", True)
    assert newest.number
    assert (replaced.values, replaced.counts) == ({"T1": 4420}, False)
    assert (first.kind, first.counts, first.number) == ("installed", True, "")


def test_a_register_pair_is_one_line() -> None:
    said(f"{OTHER} 8242 3104")
    assert meter(OTHER).handed[0].values == {"T1": 8242, "T2": 3104}


def test_what_was_taken_back_stays_to_be_seen() -> None:
    (newest, *_) = meter().handed
    cancel_reading(account().pk, newest.ids, "ошибка", "Анна", NOW)
    (newest, before, *_) = meter().handed
    assert (newest.counts, newest.cancelled_by, newest.cancelled_why) == (False, "Анна", "ошибка")
    assert before.counts


# the rest -------------------------------------------------------------------------------------------------------------


def test_bills_name_the_months_that_they_correct() -> None:
    november, september = Period.parse("2026-11"), Period.parse("2026-09")
    Bill.objects.create(account=account(), period=november, opening=5, charged=10, recalculated=-3, paid=2, closing=10)
    (register,) = meter().meter.registers.all()
    Charge.objects.create(
        account=account(),
        register=register,
        period=november,
        for_period=september,
        kind="recalculation",
        basis="actual",
        volume=-1,
        amount=-3,
    )
    card = customer_card(account(), SETTINGS, NOW)
    assert [(bill.bill.closing, list(bill.corrected)) for bill in card.bills] == [(10, [september])]
    assert card.owed == 123456 + 7


def test_other_accounts_of_the_customer_are_named() -> None:
    other = account(OTHER)
    other.customer = account().customer
    other.save()
    assert [one.number for one in customer_card(account(), SETTINGS, NOW).others] == [OTHER]


def test_open_tasks_are_there() -> None:
    said(f"{ACCOUNT} 34425")
    assert [task.reason for task in customer_card(account(), SETTINGS, NOW).tasks] == ["impossible"]


# conversation ---------------------------------------------------------------------------------------------------------


def talk(number: str = ACCOUNT) -> list[str]:
    return [one.said for one in conversation_about(account(number), SETTINGS, 50)[0] if one.said]


def test_all_channels_of_the_customer_and_what_strangers_sent_of_the_account_are_one_conversation() -> None:
    said("помощь", at="2026-11-20T10:00:00", sender=OWNER)
    said("баланс", at="2026-11-20T10:05:00", sender=OWNER, channel="voice")
    said(f"{ACCOUNT} 4425", at="2026-11-20T11:00:00")
    said("о другом", at="2026-11-20T11:30:00")
    said(f"{ACCOUNT} 34425", at="2026-11-20T12:00:00", channel="telegram", sender="77")
    assert talk() == ["помощь", "баланс", f"{ACCOUNT} 4425", f"{ACCOUNT} 34425"]


def test_what_the_phone_sent_before_it_was_theirs_and_after_is_not_shown() -> None:
    said("от прежнего", at="2026-11-01T10:00:00", sender=OWNER)
    said("от нынешнего", at="2026-11-10T10:00:00", sender=OWNER)
    said("от следующего", at="2026-11-20T10:00:00", sender=OWNER)
    link = Link.objects.get(account=account())
    link.made_at, link.ended_at = dt.datetime(2026, 11, 5, tzinfo=dt.UTC), dt.datetime(2026, 11, 15, tzinfo=dt.UTC)
    link.save()
    assert talk() == ["от нынешнего"]


def test_who_is_linked_to_nothing_has_a_conversation_too() -> None:
    said("помощь")
    assert [one.said for one in conversation_with("sms", STRANGER, 10)[0]] == ["помощь"]


def test_a_phone_speaks_through_all_channels_of_phones() -> None:
    parties = parties_of(Link.objects.get(account=account()), SETTINGS)
    made = Link.objects.get(account=account()).made_at
    assert Party("sms", OWNER, made) in parties
    assert Party("voice", OWNER.removeprefix("+"), made) in parties
    assert all(party.channel != "telegram" for party in parties)
