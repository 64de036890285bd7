"""Accounts, serials and senders, however a person writes them."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.core.identifiers import account_key, email_address, phone_number, phone_of_sender, serial_key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("2000000001", "2000000001"),
        ("0000300006", "300006"),
        ("300006", "300006"),
        ("20 0000-0001", "2000000001"),
        ("51/0123_4", "5101234"),
        ("аб12", "АБ12"),
        ("0000", "0"),
        ("", "0"),
    ],
)
def test_an_account_is_known_without_separators_and_leading_zeros(written: str, key: str) -> None:
    assert account_key(written) == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("АВ 12", "ab12"),  # Cyrillic and Latin
        ("СЕ-101", "CE101"),
        ("№ 0042", "0042"),
        ("хун7", "XYH7"),
    ],
)
def test_a_serial_is_known_in_either_alphabet_and_case(one: str, other: str) -> None:
    assert serial_key(one) == serial_key(other)


def test_leading_zeros_tell_serials_apart() -> None:
    assert serial_key("0042") != serial_key("42")


@given(st.text(max_size=40))
def test_a_key_is_its_own_key(text: str) -> None:
    assert serial_key(serial_key(text)) == serial_key(text)
    assert account_key(account_key(text)) == account_key(text)


@pytest.mark.parametrize(
    "written", ["+79120000101", "89120000101", "8 (912) 000-01-01", "7 912 000 01 01", "9120000101"]
)
def test_a_phone_has_one_international_form(written: str) -> None:
    assert phone_number(written) == "+79120000101"


@given(st.from_regex(r"\+7[0-9]{10}", fullmatch=True))
def test_an_international_form_is_what_phonenumbers_would_make_of_it(written: str) -> None:
    parsed = phonenumbers.parse(written, "RU")
    assert phonenumbers.is_possible_number(parsed)
    assert phone_number(written) == phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize("text", ["", "abc", "12", "+7", "2000000001 4425 8235 3101", "anna@example.org"])
def test_what_is_no_phone_is_none(text: str) -> None:
    assert phone_number(text) is None


@pytest.mark.parametrize(
    "sender", ["+79120000101", "89120000101", "79120000101", "8 (912) 000-01-01", "+7 912 0000101"]
)
def test_a_sender_may_be_a_phone(sender: str) -> None:
    assert phone_of_sender(sender) == "+79120000101"


@pytest.mark.parametrize(
    "sender",
    ["RU.9120000101", "tel:+79120000101", "+79120000101;ext=2", "A9120000101", "+79120000101\n", "900", "+", ""],
)
def test_a_name_with_figures_is_no_phone(sender: str) -> None:
    """WhatsApp calls those who show no phone RU.…: the figures may be somebody else's phone."""
    assert phone_of_sender(sender) is None


@given(st.from_regex(r"[A-Za-z]{1,2}\.?\+?7?9[0-9]{9}", fullmatch=True))
def test_letters_before_a_phone_make_it_a_name(sender: str) -> None:
    assert phone_of_sender(sender) is None


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Petrov@Example.ORG", "petrov@example.org"),
        (" petrov@example.org\n", "petrov@example.org"),
        ("пётр@почта.рф", "пётр@почта.рф"),
        ("petrov", None),
        ("@example.org", None),
        ("petrov@localhost", None),
        ("petrov @example.org", None),
        ("+79120000101", None),
        ("", None),
    ],
)
def test_an_email_address_is_compared_in_lower_case(written: str, address: str | None) -> None:
    assert email_address(written) == address


@given(st.text(st.characters(), max_size=40))
def test_no_sender_is_too_strange_to_be_looked_at(text: str) -> None:
    phone, email = phone_number(text), email_address(text)
    assert phone is None or phone_number(phone) == phone
    assert email is None or email_address(email) == email
