"""The notice of a new bill: once a bill, to who wants it so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sbyt.accounts.bill_choices import How, choose
from sbyt.accounts.models import Account, Customer
from sbyt.billing.models import Hold
from sbyt.channels.simulated import simulated
from sbyt.core.settings import ChannelState
from sbyt.messaging.channel import Channel
from sbyt.messaging.models import OutboundMessage
from sbyt.notices.new_bill import UnableToTell, channel_of_bills, write_new_bills
from sbyt.receipts.documents import UnableToFindReceipt, pdf, referenced
from sbyt.receipts.models import Receipt
from tests.receipts.world import AUGUST, NOW, SETTINGS, TOKENS, issued
from tests.support.databases import Database, FreshDatabase


@pytest.fixture
def issued_world(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(issued) as made:
        yield made


#: Stand-ins: what is asked of them is what they can carry.
CONNECTED = {"email": simulated("email", "mail"), "sms": simulated("sms", "short")}


def everybody() -> list[int]:
    return list(Account.objects.order_by("id").values_list("id", flat=True))


def written() -> int:
    return write_new_bills(AUGUST, everybody(), channel_of_bills(SETTINGS, CONNECTED, NOW), NOW)


def wants_mail(number: str = "10000003", address: str = "anna@example.org") -> Account:
    account = Account.objects.get(number=number)
    Customer.objects.filter(id=account.customer_id).update(email=address)
    choose(account.pk, How.ELECTRONIC, "anna", NOW)
    return account


def test_it_says_what_is_owed_and_carries_the_bill(issued_world: Database) -> None:
    account = wants_mail()
    assert written() == 1
    message = OutboundMessage.objects.get()
    assert (message.channel, message.recipient, message.subject) == ("email", "anna@example.org", "Счёт за август 2026")
    assert "К оплате 3\u00a0409,70 ₽ до 15 сентября 2026." in message.text
    assert f"https://lk.example.org/b/{TOKENS.token(account.pk, AUGUST)}" in message.text
    assert referenced(message.document).account_id == account.pk
    assert pdf(referenced(message.document), None).startswith(b"%PDF")


def test_it_is_written_once_a_bill(issued_world: Database) -> None:
    wants_mail()
    written()
    assert written() == 0
    assert OutboundMessage.objects.count() == 1


def test_who_wants_paper_gets_none(issued_world: Database) -> None:
    choose(wants_mail().pk, How.PAPER, "anna", NOW)
    assert written() == 0


@pytest.mark.parametrize("address", ["", "no address"])
def test_without_an_address_there_is_none(issued_world: Database, address: str) -> None:
    wants_mail(address=address)
    assert written() == 0


def test_a_bill_held_since_waits(issued_world: Database) -> None:
    account = wants_mail()
    hold = Hold.objects.create(account=account, period=AUGUST, reason="charged", charged=1, expected=1, recalculated=0)
    assert written() == 0
    hold.released_at = NOW
    hold.save()
    assert written() == 1


def test_a_bill_that_was_not_issued_is_not_told_of(issued_world: Database) -> None:
    account = wants_mail()
    Receipt.objects.filter(account=account).delete()
    assert written() == 0


@pytest.mark.parametrize("reference", ["", "receipt:", "receipt:0", "receipt:x", "bill:1"])
def test_what_names_no_bill_is_refused(issued_world: Database, reference: str) -> None:
    with pytest.raises(UnableToFindReceipt):
        referenced(reference)


def test_where_mail_is_closed_it_is_said_what_to_do(issued_world: Database) -> None:
    closed = {"email": SETTINGS.channels["email"].model_copy(update={"state": ChannelState.WITHDRAWN})}
    with pytest.raises(UnableToTell, match="sbyt channels open email"):
        channel_of_bills(SETTINGS.model_copy(update={"channels": closed}), CONNECTED, NOW)


@pytest.mark.parametrize("connected", [{}, {"sms": CONNECTED["sms"]}, {"email": simulated("email", "short")}])
def test_where_nothing_carries_bills_they_do_not_wait_in_vain(
    issued_world: Database, connected: dict[str, Channel]
) -> None:
    with pytest.raises(UnableToTell, match="не подключена"):
        channel_of_bills(SETTINGS, connected, NOW)
