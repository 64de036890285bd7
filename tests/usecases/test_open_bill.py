"""Whose token opens what, whom it links, and who is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sbyt.accounts.models import Account, Link
from sbyt.accounts.revoking import revoke_tokens
from sbyt.accounts.tokens import Tokens
from sbyt.billing.models import Bill, Hold
from sbyt.core.periods import Period
from sbyt.messaging.models import OutboundMessage
from sbyt.usecases.instant_bill import instant_bill
from sbyt.usecases.link_account import unlink_account
from sbyt.usecases.open_bill import Opened, Opening, Visitor, look_at, open_bill
from tests.support.bills import ACCOUNT, OCTOBER, OWNER, TOKENS, a_bill, household, token_of, was_paid
from tests.support.databases import FreshDatabase
from tests.support.household import was_read
from tests.usecases.receiving import SETTINGS, said

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
VISITOR, ANOTHER = Visitor("webform", "page:one"), Visitor("webform", "page:other")


@pytest.fixture(autouse=True)
def _household(fresh_database: FreshDatabase) -> Iterator[None]:
    with fresh_database(household):
        yield


def opened(token: str, visitor: Visitor = VISITOR) -> Opened:
    return open_bill(token, TOKENS, visitor, SETTINGS, NOW)


def the_account() -> Account:
    return Account.objects.get(number=ACCOUNT)


def chats() -> list[str]:
    return list(Link.objects.filter(kind="chat", ended_at=None).values_list("address", flat=True))


def hold(period: Period, *, released: bool = False) -> None:
    sums = {"charged": 1, "expected": 1, "recalculated": 0}
    at = NOW if released else None
    Hold.objects.create(account=the_account(), period=period, reason=Hold.Reason.CHARGED, released_at=at, **sums)


# which token ----------------------------------------------------------------------------------------------------------


def nothing() -> None:
    """All as it is."""


def revoked() -> None:
    revoke_tokens(the_account().pk, OCTOBER, "anna", "", NOW)


def revoked_before() -> None:
    revoke_tokens(the_account().pk, OCTOBER.plus(-1), "anna", "", NOW)


def newer() -> None:
    a_bill(the_account(), OCTOBER.plus(1), 100)


def newer_is_held() -> None:
    newer()
    hold(OCTOBER.plus(1))


def newer_is_released() -> None:
    newer()
    hold(OCTOBER.plus(1), released=True)


def all_are_held() -> None:
    hold(OCTOBER)
    hold(OCTOBER.plus(-1))


@pytest.mark.parametrize(
    ("given", "months", "opening"),
    [
        (nothing, 0, Opening.NEWEST),
        (nothing, -1, Opening.OLDER),
        (nothing, -5, Opening.OLDER),
        (nothing, 1, Opening.FOREIGN),
        (revoked, 0, Opening.REVOKED),
        (revoked, -1, Opening.REVOKED),
        (revoked_before, -1, Opening.REVOKED),
        (revoked_before, 0, Opening.NEWEST),
        (newer, 0, Opening.OLDER),
        (newer, 1, Opening.NEWEST),
        (newer_is_held, 0, Opening.NEWEST),
        (newer_is_held, 1, Opening.HELD),
        (newer_is_released, 0, Opening.OLDER),
        (newer_is_released, 1, Opening.NEWEST),
        (all_are_held, 0, Opening.HELD),
    ],
    ids=lambda one: one.__name__ if callable(one) else one.name if isinstance(one, Opening) else str(one),
)
def test_only_the_newest_bill_that_was_sent_opens_the_account(
    given: Callable[[], None], months: int, opening: Opening
) -> None:
    given()
    found = opened(token_of(period=OCTOBER.plus(months)))
    assert found.opening is opening
    assert (found.bill is not None) == (opening is Opening.NEWEST) == bool(chats())


@pytest.mark.parametrize("token", ["", "x", "A" * 22, "A" * 4000, "ё" * 22, Tokens({0: b"another"}).token(1, OCTOBER)])
def test_what_is_no_token_of_ours_opens_nothing(token: str) -> None:
    assert opened(token) == Opened(Opening.FOREIGN)


def test_a_token_of_an_account_that_is_not_here_is_none_of_ours() -> None:
    assert opened(TOKENS.token(999_999, OCTOBER)) == Opened(Opening.FOREIGN)


def test_a_held_bill_is_shown_to_nobody() -> None:
    opened(token_of())
    newer_is_held()
    found = opened(token_of())
    assert found.opening is Opening.LINKED
    assert found.bill == Bill.objects.get(period=OCTOBER)


# who is linked --------------------------------------------------------------------------------------------------------


def test_looking_at_a_token_links_nobody() -> None:
    assert look_at(token_of(), TOKENS, VISITOR).opening is Opening.NEWEST
    assert (chats(), OutboundMessage.objects.count()) == ([], 0)


def test_opening_links_the_sender_by_the_bills_code() -> None:
    opened(token_of())
    link = Link.objects.get(kind="chat")
    assert (link.address, link.how, link.made_at) == ("webform:page:one", Link.How.BILL_CODE, NOW)


def test_who_is_linked_may_ask_what_is_owed() -> None:
    opened(token_of())
    assert "1069,66" in said("долг", sender="page:one", channel="webform")["reply"].replace("\u00a0", "")


def test_opening_again_links_and_tells_nobody_anew() -> None:
    openings = [opened(token_of()).opening for _ in range(3)]
    assert openings == [Opening.NEWEST, Opening.LINKED, Opening.LINKED]
    assert (chats(), OutboundMessage.objects.count()) == (["webform:page:one"], 1)


def test_the_owners_are_told_and_not_who_was_linked() -> None:
    opened(token_of())
    told = OutboundMessage.objects.get()
    assert (told.channel, told.recipient, told.purpose) == ("sms", OWNER, "owner_told")


def test_nothing_is_sent_to_a_page_that_was_linked_before() -> None:
    opened(token_of())
    opened(token_of(), ANOTHER)
    assert set(OutboundMessage.objects.values_list("recipient", flat=True)) == {OWNER}


def test_who_is_linked_sees_the_newest_bill_by_an_older_token() -> None:
    opened(token_of())
    newer()
    found = opened(token_of())
    assert found.opening is Opening.LINKED
    assert found.bill == Bill.objects.get(period=OCTOBER.plus(1))


def test_a_revoked_token_opens_nothing_to_who_was_linked_by_it() -> None:
    opened(token_of())
    revoked()
    assert opened(token_of()) == Opened(Opening.REVOKED)


def test_a_link_that_was_ended_is_not_made_again_by_the_same_sender() -> None:
    opened(token_of())
    unlink_account(VISITOR.address, ACCOUNT, "anna", NOW)
    assert opened(token_of()) == Opened(Opening.ENDED)
    assert chats() == []


# what is shown --------------------------------------------------------------------------------------------------------


def test_what_was_paid_after_the_bill_is_not_owed_any_more() -> None:
    late = was_paid(the_account(), 50_000, "late")
    shown = instant_bill(Bill.objects.get(period=OCTOBER), SETTINGS, NOW)
    assert (shown.owed, shown.paid_since) == (shown.bill.closing - late.amount, late.amount)


def test_a_meter_that_was_taken_off_is_not_to_be_read() -> None:
    water = the_account().meters.get(resource="cold_water")
    was_read(water, "2026-11-10", 150_000, kind=water.registers.get().readings.model.Kind.REMOVED)
    shown = instant_bill(Bill.objects.get(period=OCTOBER), SETTINGS, NOW)
    assert [meter.facts.serial for meter in shown.meters] == ["40010002"]


def test_a_line_that_does_not_follow_from_its_trace_is_shown_without_a_reason() -> None:
    charge = the_account().charges.latest("id")
    charge.trace = {"due": [1, 1]}
    charge.save()
    lines = instant_bill(Bill.objects.get(period=OCTOBER), SETTINGS, NOW).charges
    assert [line.explained is None for line in lines] == [False, False, True]


def test_a_visit_takes_few_queries() -> None:
    opened(token := token_of())
    with CaptureQueriesContext(connection) as queries:
        found = opened(token)
        assert found.bill
        instant_bill(found.bill, SETTINGS, NOW)
    assert len(queries) <= 8
