"""Roubles as people write them, whole kopecks as they are kept, and the one way to round."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.core.money import UnableToParseMoney, half_up, kopecks, roubles


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [
        (0, 7, 0),
        (149, 100, 1),
        (150, 100, 2),
        (151, 100, 2),
        (249, 100, 2),
        (250, 100, 3),
        (-149, 100, -1),
        (-150, 100, -2),
        (150, -100, -2),
        (-150, -100, 2),
        (1, 3, 0),
        (2, 3, 1),
    ],
)
def test_ties_go_away_from_zero(numerator: int, denominator: int, rounded: int) -> None:
    assert half_up(numerator, denominator) == rounded


@given(st.integers(), st.integers(1, 10**6))
def test_what_is_rounded_is_at_most_a_half_away(numerator: int, denominator: int) -> None:
    assert abs(half_up(numerator, denominator) - Fraction(numerator, denominator)) <= Fraction(1, 2)


@given(st.integers(), st.integers(1, 10**6))
def test_rounding_treats_both_signs_alike(numerator: int, denominator: int) -> None:
    assert half_up(-numerator, denominator) == -half_up(numerator, denominator)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", 0),
        ("1234.56", 123456),
        ("1234,56", 123456),
        ("1234,5", 123450),
        ("1234", 123400),
        ("+5", 500),
        ("-0.05", -5),
        (" 12.00 ", 1200),
        ("0001", 100),
    ],
)
def test_a_sum_is_read_into_kopecks(text: str, amount: int) -> None:
    assert kopecks(text) == amount


@pytest.mark.parametrize(
    "text", ["", "-", "1.234", "1,234.50", "1 234", ".5", "5.", "1e3", "NaN", "½", "12 ₽", "9" * 5000]
)
def test_what_is_no_sum_is_refused(text: str) -> None:
    with pytest.raises(UnableToParseMoney):
        kopecks(text)


@pytest.mark.parametrize(
    ("amount", "written"), [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (-123456, "-1234.56"), (100, "1.00")]
)
def test_kopecks_are_written_with_two_decimals(amount: int, written: str) -> None:
    assert roubles(amount) == written


@given(st.integers(-(10**15), 10**15))
def test_no_kopeck_is_lost_between_writing_and_reading(amount: int) -> None:
    assert kopecks(roubles(amount)) == amount
