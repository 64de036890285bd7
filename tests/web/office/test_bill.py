"""A bill with its explanation, as staff see it."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape

import pytest

from sbyt.accounts.bill_choices import How, wanted
from sbyt.accounts.models import Customer
from sbyt.billing.models import Bill, Charge
from sbyt.core.periods import Period
from sbyt.receipts.documents import pdf
from sbyt.receipts.models import Receipt
from sbyt.staff.roles import Role
from tests.receipts.world import issued
from tests.support.databases import Database, FreshDatabase
from tests.usecases.test_explain_bill import billed  # noqa: F401 a fixture
from tests.web.office.logged_in import logged_in


def path_of(bill: Bill) -> str:
    return f"/office/bills/{Period(bill.period)}/{bill.account.number}/"


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.BILLING])
def test_all_bills_are_shown_with_why(billed: Database, role: Role) -> None:  # noqa: F811
    client = logged_in(role)
    for bill in Bill.objects.select_related("account")[:12]:
        page = client.get(path_of(bill))
        assert page.status_code == 200
        text = unescape(page.text)
        assert "К оплате" in text
        assert text.count("<details") == Charge.objects.filter(account=bill.account, period=bill.period).count()


def test_a_customers_screen_leads_there(billed: Database) -> None:  # noqa: F811
    bill = Bill.objects.select_related("account").latest("period")
    assert path_of(bill) in logged_in(Role.BILLING).get(f"/office/accounts/{bill.account.number}/").text


def test_what_does_not_follow_from_its_trace_is_no_explanation(billed: Database) -> None:  # noqa: F811
    charge = Charge.objects.filter(kind="charge", volume__gt=0).select_related("account").latest("id")
    charge.trace = {**charge.trace, "due": [1, 1]}
    charge.save()
    page = logged_in(Role.BILLING).get(f"/office/bills/{Period(charge.period or 0)}/{charge.account.number}/")
    assert page.status_code == 500
    assert "не объяснена" in page.text


@pytest.mark.parametrize("path", ["2026-13/1/", "x/1/", "2026-04/no-such/"])
def test_what_is_no_bill_is_not_found(billed: Database, path: str) -> None:  # noqa: F811
    assert logged_in(Role.BILLING).get(f"/office/bills/{path}").status_code == 404


def test_a_month_without_a_bill_says_so(billed: Database) -> None:  # noqa: F811
    bill = Bill.objects.select_related("account").latest("period")
    page = logged_in(Role.BILLING).get(f"/office/bills/2030-01/{bill.account.number}/")
    assert (page.status_code, "Последний счёт — за" in page.text) == (404, True)


# on paper ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def on_paper(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(issued) as made:
        yield made


def test_an_issued_bill_is_opened_as_it_was_issued(on_paper: Database) -> None:
    receipt = Receipt.objects.select_related("account", "edition").order_by("id")[0]
    client, path = logged_in(Role.OPERATOR), f"/office/bills/2026-08/{receipt.account.number}/"
    page = client.get(path)
    assert f'href="{path}paper"' in page.text
    assert "Квитанция выдана 01.09.2026." in page.text
    assert "Клиент получает квитанции на бумаге." in page.text
    answer = client.get(f"{path}paper")
    assert (answer["Content-Type"], answer.content) == ("application/pdf", pdf(receipt, None))


def test_a_bill_that_was_not_issued_says_so(billed: Database) -> None:  # noqa: F811
    bill, client = Bill.objects.select_related("account").latest("period"), logged_in(Role.BILLING)
    assert "Квитанция ещё не выдана." in client.get(path_of(bill)).text
    assert client.get(f"{path_of(bill)}paper").status_code == 404


# paper or e-mail -----------------------------------------------------------------------------------------------------


def test_an_operator_takes_down_that_a_bill_is_wanted_by_e_mail(billed: Database) -> None:  # noqa: F811
    bill, client = Bill.objects.select_related("account").latest("period"), logged_in(Role.OPERATOR)
    Customer.objects.filter(id=bill.account.customer_id).update(email="anna@example.org")
    assert "Отправлять по e-mail" in client.get(path_of(bill)).text
    page = client.post(f"{path_of(bill)}deliver", {"how": "electronic"}, follow=True)
    assert "Клиент получает квитанции по e-mail." in page.text
    assert "Печатать на бумаге" in page.text
    assert wanted([bill.account_id]) == {bill.account_id: How.ELECTRONIC}


def test_without_an_address_it_stays_paper(billed: Database) -> None:  # noqa: F811
    bill, client = Bill.objects.select_related("account").latest("period"), logged_in(Role.OPERATOR)
    Customer.objects.update(email="")
    assert "Отправлять по e-mail" not in client.get(path_of(bill)).text
    client.post(f"{path_of(bill)}deliver", {"how": "electronic"})
    assert wanted([bill.account_id]) == {bill.account_id: How.PAPER}


@pytest.mark.parametrize(("role", "method", "status"), [(Role.BILLING, "post", 403), (Role.OPERATOR, "get", 405)])
def test_nobody_else_and_nothing_else_changes_it(
    billed: Database,  # noqa: F811
    role: Role,
    method: str,
    status: int,
) -> None:
    bill = Bill.objects.select_related("account").latest("period")
    answer = getattr(logged_in(role), method)(f"{path_of(bill)}deliver", {"how": "paper"})
    assert answer.status_code == status
