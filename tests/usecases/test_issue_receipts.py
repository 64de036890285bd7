"""Bills are issued once, and never change again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.db.models import Value
from django.db.models.functions import Concat

from sbyt.accounts.models import Customer, Premises
from sbyt.accounts.tokens import UnableToMakeToken
from sbyt.billing.models import Bill, Charge, Hold
from sbyt.core.periods import Period
from sbyt.core.settings import Settings
from sbyt.messaging.models import ChannelStatus
from sbyt.receipts.content import unpacked
from sbyt.receipts.documents import pdf, receipt_of
from sbyt.receipts.models import Edition, Receipt
from sbyt.receipts.requirements import UnableToMakeReceipts
from sbyt.usecases.issue_receipts import Issued, UnableToIssue, issue_receipts
from tests.receipts.world import AUGUST, KEYS, NOW, SETTINGS, billed, issued
from tests.support.databases import Database, FreshDatabase

LATER = NOW + dt.timedelta(days=3)


@pytest.fixture
def billed_world(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(billed) as made:
        yield made


@pytest.fixture
def issued_world(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(issued) as made:
        yield made


def again(only: list[int] | None = None, settings: Settings = SETTINGS) -> Issued:
    return issue_receipts(AUGUST, settings, KEYS, LATER, only=only)


def test_every_bill_is_issued_once(billed_world: Database) -> None:
    assert again() == Issued(new=10)
    assert again() == Issued(before=10)
    assert Receipt.objects.count() == Bill.objects.filter(period=AUGUST).count() == 10


def test_only_some_may_be_issued(billed_world: Database) -> None:
    first = Bill.objects.filter(period=AUGUST).order_by("account_id")[0].account_id
    assert again([first]) == Issued(new=1)
    assert again() == Issued(new=9, before=1)


def test_printed_again_it_is_the_same_bytes_whatever_changed(issued_world: Database) -> None:
    account = Receipt.objects.order_by("id")[0].account_id
    before = receipt_of(account, AUGUST)
    assert before
    printed = pdf(before, None)
    Customer.objects.update(name=Concat("name", Value(" and somebody else")))
    Premises.objects.update(address=Concat("address", Value(", another house")))
    ChannelStatus.objects.create(
        channel="sms", state="withdrawn", since=NOW.date(), why="Gone", title="SMS", changed_at=NOW, changed_by="anna"
    )
    assert again(settings=SETTINGS.model_copy(update={"language": "en"})) == Issued(before=10)
    after = receipt_of(account, AUGUST)
    assert after
    assert pdf(after, None) == printed


def test_those_issued_later_have_the_ways_of_their_day(billed_world: Database) -> None:
    first, second = Bill.objects.filter(period=AUGUST).order_by("account_id").values_list("account", flat=True)[:2]
    issue_receipts(AUGUST, SETTINGS, KEYS, NOW, only=[first])
    ChannelStatus.objects.create(
        channel="sms", state="withdrawn", since=NOW.date(), why="Gone", title="SMS", changed_at=NOW, changed_by="anna"
    )
    again([second])
    one, two = (Receipt.objects.select_related("edition").get(account=account) for account in (first, second))
    assert "SMS" in str(one.edition.body["ways"])
    assert "SMS" in str(two.edition.body["ended"])


def test_bills_issued_together_share_what_they_have_in_common(issued_world: Database) -> None:
    assert Edition.objects.count() == 1
    again()
    assert Edition.objects.count() == 1


def test_the_next_month_says_what_is_new(billed_world: Database) -> None:
    issue_receipts(AUGUST.plus(-1), SETTINGS, KEYS, NOW - dt.timedelta(days=31))
    ChannelStatus.objects.create(
        channel="sms", state="withdrawn", since=NOW.date(), why="Gone", title="SMS", changed_at=NOW, changed_by="anna"
    )
    again()
    edition = Edition.objects.get(period=AUGUST)
    assert edition.body["news"] == [
        "SMS больше не принимает показания, с 1 сентября 2026: Gone.",
        "WhatsApp больше не принимает показания, с 12 августа 2026: Meta заблокировала наш аккаунт.",
    ]


def test_a_held_bill_waits_until_somebody_released_it(billed_world: Database) -> None:
    account = Bill.objects.filter(period=AUGUST).order_by("account_id")[0].account_id
    hold = Hold.objects.create(
        account_id=account, period=AUGUST, reason="charged", charged=1, expected=1, recalculated=0
    )
    assert again() == Issued(new=9, held=1)
    hold.released_at = LATER
    hold.save()
    assert again() == Issued(new=1, before=9)


def test_a_line_that_is_not_explained_keeps_only_its_own_bill_back(billed_world: Database) -> None:
    charge = Charge.objects.filter(period=AUGUST).order_by("id")[0]
    charge.trace["due"][1] += 1
    charge.save()
    assert again() == Issued(new=9, unexplained=[charge.account.number])


def test_what_is_owed_is_kept_beside(issued_world: Database) -> None:
    closing = dict(Bill.objects.filter(period=AUGUST).values_list("account", "closing"))
    assert dict(Receipt.objects.values_list("account", "closing")) == closing


def test_a_name_with_separators_begins_no_field_of_the_payment_code(billed_world: Database) -> None:
    Customer.objects.update(name="Иванов|Sum=1\nSum=2")
    again()
    for receipt in Receipt.objects.all():
        content = unpacked(receipt.content)
        assert content["holder"] == "Иванов|Sum=1 Sum=2"
        assert "Иванов" not in (content["payment"] or "")


@pytest.mark.parametrize("closing", [0, -12345])
def test_where_nothing_is_owed_there_is_nothing_to_pay(billed_world: Database, closing: int) -> None:
    bill = Bill.objects.filter(period=AUGUST).order_by("account_id")[0]
    bill.paid += bill.closing - closing
    bill.closing = closing
    bill.save()
    again([bill.account_id])
    content = unpacked(Receipt.objects.get().content)
    assert content["payment"] is None
    assert content["nothing"].startswith("Платить ничего не нужно")
    assert ("123,45" in content["nothing"]) == (closing < 0)


def test_a_month_that_is_not_billed_is_refused(billed_world: Database) -> None:
    with pytest.raises(UnableToIssue, match="sbyt bill 2026-09"):
        issue_receipts(Period.parse("2026-09"), SETTINGS, KEYS, NOW)


def test_without_bank_details_nothing_is_issued(billed_world: Database) -> None:
    with pytest.raises(UnableToMakeReceipts, match=r"company\.bank"):
        again(settings=Settings())
    assert not Receipt.objects.exists()


def test_without_a_key_nothing_is_issued(billed_world: Database) -> None:
    with pytest.raises(UnableToMakeToken, match="SBYT_SECRET_KEY"):
        issue_receipts(AUGUST, SETTINGS, {}, NOW)
    assert not Receipt.objects.exists()


def test_an_installation_that_speaks_english_issues_them_in_english(billed_world: Database) -> None:
    company = SETTINGS.company.model_copy(update={"name": "Energy Retail", "address": "1 Sample St"})
    again(settings=SETTINGS.model_copy(update={"language": "en", "company": company, "channels": {}}))
    for receipt in Receipt.objects.select_related("edition"):
        content = unpacked(receipt.content)
        content["payment"] = (content["payment"] or "").replace("ПАО «Банк»", "")  # the bank has but one name
        said = str(content) + str({**receipt.edition.body, "company": ""})
        assert [letter for letter in said if "\u0400" <= letter <= "\u04ff"] == []
