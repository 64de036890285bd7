"""Tokens and codes of bills."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.accounts.tokens import Named, Tokens, UnableToMakeToken
from sbyt.core.periods import Period

NOVEMBER = Period.parse("2026-11")
TOKENS = Tokens({0: b"first", 3: b"third"})

accounts = st.integers(1, 2**41 - 1)
periods = st.integers(1900 * 12, 2199 * 12 + 11).map(Period)


@given(accounts, periods)
def test_a_token_opens_to_what_it_was_made_of(account: int, period: Period) -> None:
    token = TOKENS.token(account, period)
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", token)
    assert TOKENS.opened(token) == Named(account, period)


@given(accounts, periods, st.integers(0, 21), st.sampled_from(string.ascii_letters + string.digits + "_-"))
def test_a_changed_character_opens_nothing(account: int, period: Period, place: int, character: str) -> None:
    token = TOKENS.token(account, period)
    changed = token[:place] + character + token[place + 1 :]
    assert TOKENS.opened(changed) is None or changed == token


@given(st.text(max_size=40))
def test_any_text_opens_nothing(text: str) -> None:
    assert TOKENS.opened(text) is None


def test_two_bills_of_an_account_show_nothing_of_it() -> None:
    one, other = TOKENS.token(7, NOVEMBER), TOKENS.token(7, NOVEMBER.plus(1))
    alike = sum(a == b for a, b in zip(one[2:], other[2:], strict=True))
    assert alike < 5  # of the version, which stands first, nothing is hidden


def test_a_token_of_an_older_key_is_still_read() -> None:
    assert TOKENS.opened(Tokens({0: b"first"}).token(7, NOVEMBER)) == Named(7, NOVEMBER)


@pytest.mark.parametrize("keys", [{}, {0: b"first"}, {3: b"another"}])
def test_without_its_key_a_token_opens_nothing(keys: dict[int, bytes]) -> None:
    assert Tokens(keys).opened(TOKENS.token(7, NOVEMBER)) is None


def test_without_any_key_it_is_said_what_to_do() -> None:
    with pytest.raises(UnableToMakeToken, match="SBYT_SECRET_KEY"):
        Tokens({}).token(7, NOVEMBER)


def test_a_code_is_three_times_four_figures() -> None:
    assert re.fullmatch(r"\d{4}-\d{4}-\d{4}", TOKENS.code(7, NOVEMBER))


@pytest.mark.parametrize("between", ["-", " ", ""])
def test_a_code_is_known_however_it_is_typed(between: str) -> None:
    assert TOKENS.is_code(TOKENS.code(7, NOVEMBER).replace("-", between), 7, NOVEMBER)


@pytest.mark.parametrize(("account", "period"), [(8, NOVEMBER), (7, NOVEMBER.plus(1))])
def test_a_code_is_that_of_one_bill(account: int, period: Period) -> None:
    assert not TOKENS.is_code(TOKENS.code(7, NOVEMBER), account, period)
