"""What messages refer to is opened when they are sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sbyt.messaging.channel import UnableToOpenDocument
from sbyt.receipts.documents import pdf, reference
from sbyt.receipts.models import Edition, Receipt
from sbyt.usecases.open_document import documents_of
from tests.receipts.world import SETTINGS, issued
from tests.support.databases import Database, FreshDatabase


@pytest.fixture
def issued_world(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(issued) as made:
        yield made


def test_an_issued_bill_is_a_pdf_named_by_month_and_account(issued_world: Database) -> None:
    receipt = Receipt.objects.select_related("edition", "account").order_by("id")[0]
    document = documents_of(SETTINGS)(reference(receipt))
    assert document.name == f"2026-08-{receipt.account.number}.pdf"
    assert (document.media_type, document.data) == ("application/pdf", pdf(receipt, None))


def test_what_is_no_bill_can_not_be_opened(issued_world: Database) -> None:
    with pytest.raises(UnableToOpenDocument):
        documents_of(SETTINGS)("receipt:0")


def test_a_template_that_broke_is_told_without_what_stands_on_the_bill(issued_world: Database) -> None:
    Edition.objects.update(files={"receipt.typ": "#nobody"})
    with pytest.raises(UnableToOpenDocument, match="проверьте бланк"):
        documents_of(SETTINGS)(reference(Receipt.objects.order_by("id")[0]))
