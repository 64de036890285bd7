"""``sbyt deliver`` and ``sbyt revoke``."""

from __future__ import annotations

import pytest

from sbyt.accounts.bill_choices import How, wanted
from sbyt.accounts.models import Account, Customer
from sbyt.accounts.revoking import is_revoked
from sbyt.accounts.tokens import Named
from sbyt.billing.models import Bill
from sbyt.core.periods import Period
from tests.cli.test_billing import sbyt
from tests.support.databases import Database
from tests.support.household import an_account

NOVEMBER = Period.parse("2026-11")


@pytest.fixture
def account(database: Database) -> Account:
    made = an_account("200001")
    Customer.objects.filter(id=made.customer_id).update(email="anna@example.org")
    return made


def test_a_customer_may_want_them_by_e_mail(account: Account) -> None:
    assert sbyt("deliver", "200001", "electronic").stdout == "Счёт 200001: квитанции по e-mail.\n"
    assert wanted([account.pk]) == {account.pk: How.ELECTRONIC}


def test_the_same_again_is_said_to_be_so(account: Account) -> None:
    assert sbyt("deliver", "200001", "paper").stdout == "Счёт 200001: квитанции на бумаге. Так и было.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["77", "paper"], "Счёта 77 нет"),
        (["200001", "pigeon"], "'pigeon' — не способ доставки. Бывают: paper, electronic."),
    ],
)
def test_what_can_not_be_taken_down_is_refused(account: Account, words: list[str], said: str) -> None:
    assert said in sbyt("deliver", *words, status=2).stderr


def test_without_an_address_nothing_can_go_by_e_mail(account: Account) -> None:
    Customer.objects.update(email="")
    assert "нет адреса e-mail" in sbyt("deliver", "200001", "electronic", status=2).stderr
    assert wanted([account.pk]) == {account.pk: How.PAPER}


def test_what_a_stranger_has_seen_is_revoked_up_to_the_newest_bill(account: Account) -> None:
    Bill.objects.create(account=account, period=NOVEMBER, opening=0, charged=0, recalculated=0, paid=0, closing=0)
    told = sbyt("revoke", "200001", "--why", "Квитанция потеряна").stdout
    assert "по 2026-11 включительно" in told
    assert is_revoked(Named(account.pk, NOVEMBER))
    assert not is_revoked(Named(account.pk, NOVEMBER.plus(1)))


def test_without_a_bill_there_is_nothing_to_revoke(account: Account) -> None:
    assert "отзывать нечего" in sbyt("revoke", "200001", "--why", "x", status=2).stderr
