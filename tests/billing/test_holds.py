"""Which bills must not be sent yet, and which were looked at."""

from __future__ import annotations

import datetime as dt

from sbyt.billing.holds import count_waiting, held, holds_of, released, waiting
from tests.support.databases import Database
from tests.support.held_bills import NOVEMBER, a_hold
from tests.support.household import an_account

AT = dt.datetime(2026, 12, 2, 9, 0, tzinfo=dt.UTC)


def test_what_waits_must_not_be_sent(database: Database) -> None:
    waits = a_hold("101").account_id
    looked_at = a_hold("102", released_at=AT, released_by="Анна").account_id
    of_another_month = a_hold("103", NOVEMBER.plus(-1)).account_id
    not_asked_about, never_held = a_hold("104").account_id, an_account("105").pk
    asked = [waits, looked_at, of_another_month, never_held]
    assert held(NOVEMBER, asked) == {waits}
    assert held(NOVEMBER.plus(-1), asked) == {of_another_month}
    assert held(NOVEMBER, []) == set()
    assert held(NOVEMBER, [not_asked_about]) == {not_asked_about}


def test_they_are_leafed_through(database: Database) -> None:
    holds = [a_hold(str(number)) for number in range(101, 106)]
    a_hold("200", released_at=AT, released_by="Анна")
    a_hold("300", NOVEMBER.plus(1))
    found, more = waiting(NOVEMBER, 3)
    assert (found, more) == (holds[:3], True)
    assert waiting(NOVEMBER, 3, after=found[-1].pk) == (holds[3:], False)
    assert [hold.account.number for hold in released(NOVEMBER, 3)[0]] == ["200"]


def test_counting_them_ends_somewhere(database: Database) -> None:
    for number in range(101, 106):
        a_hold(str(number))
    a_hold("200", released_at=AT)
    assert [count_waiting(NOVEMBER, most) for most in (3, 4, 5, 6)] == [4, 5, 5, 5]


def test_those_of_some_accounts_are_found_whether_released_or_not(database: Database) -> None:
    one, other = a_hold("101"), a_hold("102", released_at=AT)
    a_hold("103")
    assert holds_of(NOVEMBER, [one.account_id, other.account_id]) == {one.account_id: one, other.account_id: other}
