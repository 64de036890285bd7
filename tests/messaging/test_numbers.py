"""The short number that each answer carries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.messaging.numbers import link_number, link_of, message_of, short_number

MESSAGES = st.integers(1, 10**12)


@given(MESSAGES)
def test_the_message_is_found_by_it(message: int) -> None:
    assert message_of(short_number(message)) == message


@given(MESSAGES)
def test_it_is_found_in_either_case_and_with_spaces_around(message: int) -> None:
    assert message_of(f" {short_number(message).lower()} ") == message


@given(MESSAGES)
def test_it_has_no_letter_that_is_taken_for_a_figure(message: int) -> None:
    assert not set(short_number(message)) & set("01IOLU")


@pytest.mark.parametrize(("message", "number"), [(1, "2223"), (29, "222Z"), (30, "2232"), (30**4, "32222")])
def test_it_has_four_characters_as_long_as_they_do(message: int, number: str) -> None:
    assert short_number(message) == number


@pytest.mark.parametrize("text", ["", "2222", "0001", "22I3", "2223 2224", "№2223", "й"])
def test_what_is_no_such_number_is_none(text: str) -> None:
    assert message_of(text) is None


@pytest.mark.parametrize("link", [1, 30, 10**6])
def test_a_link_has_a_number_that_is_no_messages(link: int) -> None:
    assert link_of(f" {link_number(link).lower()} ") == link
    assert message_of(link_number(link)) is None
    assert link_of(short_number(link)) is None
