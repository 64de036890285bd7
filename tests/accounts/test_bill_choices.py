"""Paper or electronic."""

from __future__ import annotations

import datetime as dt

import pytest

from sbyt.accounts.bill_choices import How, choose, wanted
from sbyt.accounts.models import Account, Customer, Premises
from sbyt.accounts.revoking import is_revoked, revoke_tokens
from sbyt.accounts.tokens import Named
from sbyt.core.periods import Period

NOW = dt.datetime(2026, 12, 1, 9, 0, tzinfo=dt.UTC)
NOVEMBER = Period.parse("2026-11")


@pytest.fixture
def account(database: object) -> int:
    return Account.objects.create(
        number="200001", key="200001", customer=Customer.objects.create(), premises=Premises.objects.create()
    ).pk


def test_whoever_chose_nothing_gets_paper(account: int) -> None:
    assert wanted([account]) == {account: How.PAPER}


def test_what_was_chosen_last_counts(account: int) -> None:
    assert choose(account, How.ELECTRONIC, "anna", NOW)
    assert choose(account, How.PAPER, "anna", NOW)
    assert choose(account, How.ELECTRONIC, "anna", NOW)
    assert wanted([account]) == {account: How.ELECTRONIC}


def test_the_same_again_changes_nothing(account: int) -> None:
    assert not choose(account, How.PAPER, "anna", NOW)


@pytest.mark.parametrize(
    ("period", "revoked"), [(NOVEMBER.plus(-1), True), (NOVEMBER, True), (NOVEMBER.plus(1), False)]
)
def test_revoked_are_the_tokens_up_to_a_bill(account: int, period: Period, revoked: bool) -> None:
    assert revoke_tokens(account, NOVEMBER, "anna", "Квитанция потеряна", NOW)
    assert is_revoked(Named(account, period)) is revoked


def test_revoked_again_changes_nothing(account: int) -> None:
    revoke_tokens(account, NOVEMBER, "anna", "", NOW)
    assert not revoke_tokens(account, NOVEMBER.plus(-1), "anna", "", NOW)
