"""The text of the payment code, read back by another's rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.core.periods import Period
from sbyt.core.settings import Bank, Company
from sbyt.receipts.payment_code import UnableToMakePaymentCode, mandatory_block, payment_code
from tests.receipts.gost import read

BANK = Bank(
    name="ПАО «Банк»",
    bic="044525225",
    account="40702810900000000001",
    correspondent_account="30101810400000000225",
    inn="7700000000",
    kpp="770001001",
)
COMPANY = Company(name="АО «Энергосбыт»", bank=BANK)
NOVEMBER = Period.parse("2026-11")


def written(company: Company = COMPANY, account: str = "200004", amount: int = 123456, purpose: str = "Счёт") -> str:
    assert company.bank
    return payment_code(company, company.bank, account, NOVEMBER, amount, purpose)


def test_all_that_a_bank_needs_is_there_in_kopecks() -> None:
    assert read(written().encode()) == {
        "Name": "АО «Энергосбыт»",
        "PersonalAcc": "40702810900000000001",
        "BankName": "ПАО «Банк»",
        "BIC": "044525225",
        "CorrespAcc": "30101810400000000225",
        "PayeeINN": "7700000000",
        "KPP": "770001001",
        "PersAcc": "200004",
        "PaymPeriod": "112026",
        "Sum": "123456",
        "TechCode": "02",
        "Purpose": "Счёт",
    }


def test_it_begins_as_the_standard_says_for_utf_8() -> None:
    assert written().startswith("ST00012|Name=")


def test_the_bank_may_know_the_company_by_another_name() -> None:
    bank = BANK.model_copy(update={"recipient": "Энергосбыт"})
    assert read(written(COMPANY.model_copy(update={"bank": bank})).encode())["Name"] == "Энергосбыт"


def test_without_a_kpp_there_is_no_such_field() -> None:
    bank = BANK.model_copy(update={"kpp": None})
    assert "KPP" not in read(written(COMPANY.model_copy(update={"bank": bank})).encode())


@given(
    st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=40), st.integers(1, 10**15), st.text(max_size=400)
)
def test_no_value_can_begin_a_field_of_its_own(name: str, account: str, amount: int, purpose: str) -> None:
    fields = read(written(COMPANY.model_copy(update={"name": name}), account, amount, purpose).encode(errors="replace"))
    assert len(fields) == 12
    assert fields["Sum"] == str(amount)


@pytest.mark.parametrize(
    ("typed", "stands"),
    [
        ("Ромашка|Sum=1", "Ромашка Sum=1"),
        ("Ромашка\nSum=1", "Ромашка Sum=1"),
        ("Ромашка\r\n  и дочери", "Ромашка и дочери"),
        ("Ромашка\x00", "Ромашка"),
    ],
)
def test_separators_and_line_breaks_become_spaces(typed: str, stands: str) -> None:
    assert read(written(COMPANY.model_copy(update={"name": typed})).encode())["Name"] == stands


def test_a_purpose_that_is_too_long_is_cut() -> None:
    assert len(read(written(purpose="о" * 300).encode())["Purpose"]) == 160


@pytest.mark.parametrize("amount", [0, -1])
def test_where_nothing_is_owed_there_is_no_code(amount: int) -> None:
    with pytest.raises(ValueError, match="is none"):
        written(amount=amount)


def test_bank_details_that_do_not_fit_are_refused_by_the_name_of_the_key() -> None:
    with pytest.raises(UnableToMakePaymentCode, match=r"company\.bank\.recipient"):
        mandatory_block(COMPANY.model_copy(update={"name": "ф" * 120}), BANK)
