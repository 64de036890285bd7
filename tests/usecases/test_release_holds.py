"""A bill that looks wrong is released by a person, once."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from sbyt.billing.holds import held
from sbyt.billing.models import Bill, Hold
from sbyt.usecases.release_holds import LONGEST_NOTE, UnableToRelease, release_holds
from tests.support.databases import Database
from tests.support.held_bills import NOVEMBER, a_hold
from tests.support.household import an_account

ANNA, BORIS = "Анна Смирнова", "Борис Петров"
NOW = dt.datetime(2026, 12, 2, 9, 0, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=5)


def released() -> list[tuple[str, dt.datetime | None, str, str]]:
    rows = Hold.objects.exclude(released_at=None).order_by("id")
    return list(rows.values_list("account__number", "released_at", "released_by", "note"))


def test_a_bill_is_released_with_who_when_and_what_they_found(database: Database) -> None:
    hold, other = a_hold("101"), a_hold("102")
    a_hold("101", NOVEMBER.plus(1))
    bills = list(Bill.objects.order_by("id").values())
    done = release_holds(NOVEMBER, [hold.account_id], " живут   всемером\n", ANNA, NOW)
    assert ([one.pk for one in done.now], done.before) == ([hold.pk], [])
    assert released() == [("101", NOW, ANNA, "живут всемером")]
    assert held(NOVEMBER, [hold.account_id, other.account_id]) == {other.account_id}
    assert held(NOVEMBER.plus(1), [hold.account_id]) == {hold.account_id}
    assert list(Bill.objects.order_by("id").values()) == bills


def test_several_are_released_at_once_and_without_a_note(database: Database) -> None:
    accounts = [a_hold(str(number)).account_id for number in range(101, 104)]
    assert len(release_holds(NOVEMBER, accounts[:2] * 2, "", ANNA, NOW).now) == 2
    assert released() == [("101", NOW, ANNA, ""), ("102", NOW, ANNA, "")]


@pytest.mark.parametrize("note", ["я" * (LONGEST_NOTE + 1), "\x00" + "я" * LONGEST_NOTE])
def test_a_note_is_stored_as_a_database_can_hold_it(database: Database, note: str) -> None:
    release_holds(NOVEMBER, [a_hold("101").account_id], note, ANNA, NOW)
    assert released() == [("101", NOW, ANNA, "я" * LONGEST_NOTE)]


def test_who_comes_second_is_told_who_was_first(database: Database) -> None:
    account = a_hold("101").account_id
    release_holds(NOVEMBER, [account], "верно", ANNA, NOW)
    with pytest.raises(UnableToRelease, match="Анна") as refused:
        release_holds(NOVEMBER, [account], "и я так думаю", BORIS, LATER)
    assert (refused.value.reason, refused.value.by, refused.value.at) == ("released", ANNA, NOW)
    assert released() == [("101", NOW, ANNA, "верно")]


def test_of_several_those_that_still_wait_are_released(database: Database) -> None:
    first, second = a_hold("101").account_id, a_hold("102").account_id
    release_holds(NOVEMBER, [first], "", ANNA, NOW)
    done = release_holds(NOVEMBER, [first, second], "", BORIS, LATER)
    assert [one.account.number for one in done.now] == ["102"]
    assert [(one.account.number, one.released_by) for one in done.before] == [("101", ANNA)]
    assert released() == [("101", NOW, ANNA, ""), ("102", LATER, BORIS, "")]


def test_what_is_not_held_is_told_and_nothing_is_released(database: Database) -> None:
    account = a_hold("101").account_id
    for wanted, reason in (([], "none"), ([account, an_account("102").pk], "gone"), ([2**62], "gone")):
        with pytest.raises(UnableToRelease) as refused:
            release_holds(NOVEMBER, wanted, "", ANNA, NOW)
        assert refused.value.reason == reason
    with pytest.raises(UnableToRelease):
        release_holds(NOVEMBER.plus(1), [account], "", ANNA, NOW)
    assert released() == []


def test_of_two_at_the_same_moment_one_releases(database: Database) -> None:
    accounts = [a_hold(str(number)).account_id for number in range(101, 104)]

    def releases(by: str) -> tuple[str, int]:
        try:
            done = release_holds(NOVEMBER, accounts, "", by, NOW)
        except UnableToRelease as error:
            return error.reason, 0
        else:
            return "released it", len(done.now)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        results = sorted(pool.map(releases, [ANNA, BORIS, "Вера", "Глеб"]))
    assert results == [*[("released", 0)] * 3, ("released it", 3)]
    assert len({by for _, _, by, _ in released()}) == 1
