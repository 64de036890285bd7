"""The bills of the example, read off the paper: what stands there, and what both codes say."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sbyt.billing.explain_words import Telling
from sbyt.billing.models import Bill, Charge
from sbyt.receipts.content import unpacked
from sbyt.receipts.documents import pdf, receipt_of
from sbyt.receipts.models import Receipt
from tests.receipts import gost
from tests.receipts.paper import codes_on, text_of
from tests.receipts.world import AUGUST, TOKENS
from tests.support.databases import Database

money = Telling("ru").money


def bill_of(number: str) -> Bill:
    return Bill.objects.select_related("account").get(account__number=number, period=AUGUST)


def paper_of(number: str) -> bytes:
    receipt = receipt_of(bill_of(number).account_id, AUGUST)
    assert receipt
    return pdf(receipt, None)


def test_every_bill_says_its_sums_and_both_codes_say_the_same(
    issued_world: Database, component: Callable[[str], Path], tmp_path: Path
) -> None:
    component("poppler")
    component("zbar")
    receipts = Receipt.objects.select_related("account", "edition")
    assert len(receipts) == 10
    for receipt in receipts:
        bill, made = bill_of(receipt.account.number), pdf(receipt, None)
        text, codes = text_of(made), codes_on(made, tmp_path)
        for amount in (bill.charged, -bill.paid, abs(bill.closing)):
            assert money(amount).replace("\u00a0", " ") in text
        service = [code for code in codes if code.startswith(b"https://lk.example.org/b/")]
        assert TOKENS.opened(service[0].rpartition(b"/")[2].decode()) == (receipt.account_id, AUGUST)
        payment = [gost.read(code) for code in codes if code.startswith(b"ST")]
        assert len(codes) == len(service) + len(payment) == 1 + (bill.closing > 0)
        for fields in payment:
            assert (fields["Sum"], fields["PersAcc"]) == (str(bill.closing), receipt.account.number)
            assert (fields["PaymPeriod"], fields["TechCode"]) == ("082026", "02")


def test_every_line_stands_there_with_its_amount(issued_world: Database, component: Callable[[str], Path]) -> None:
    component("poppler")
    for receipt in Receipt.objects.select_related("account", "edition"):
        text = text_of(pdf(receipt, None))
        for charge in Charge.objects.filter(account=receipt.account_id, period=AUGUST):
            amounts = [money(charge.amount).replace("\u00a0", " ")]
            if charge.kind == Charge.Kind.CHARGE and len(charge.trace["paid"]) > 1:  # each tier by itself
                amounts = [one["amount"].replace("\u00a0", " ") for one in _prices(receipt, charge)]
            assert all(amount in text for amount in amounts)


def _prices(receipt: Receipt, charge: Charge) -> list[dict[str, str]]:
    lines = unpacked(receipt.content)["lines"]
    return [price for line in lines for price in line["prices"] if line["amount"] == money(charge.amount)]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("10000003", "показания пришли за август 2026, прошлые были за март 2026. Между ними 1120 кВт·ч"),
        ("10000003", "апрель 2026 Электроэнергия 5003. Считали по среднему, теперь есть показания 10 кВт·ч 55,00"),
        ("10000003", "июль 2026 Электроэнергия 5003. Считали по нормативу, теперь есть показания −9 кВт·ч −54,45"),
        ("10000003", "Лицевой счёт 10000003"),
        ("10000003", "до 15 сентября 2026"),
        ("10000003", "1234567 4425"),
    ],
)
def test_it_says_why(issued_world: Database, component: Callable[[str], Path], number: str, said: str) -> None:
    component("poppler")
    assert said in re.sub(r"\n", " ", text_of(paper_of(number)))


def test_the_code_beside_the_link_is_that_of_the_bill(issued_world: Database, component: Callable[[str], Path]) -> None:
    component("poppler")
    found = re.search(r"10000003 код (\d{4}-\d{4}-\d{4})", text_of(paper_of("10000003")))
    assert found
    assert TOKENS.is_code(found[1], bill_of("10000003").account_id, AUGUST)
