"""Sharing a use over the months it was made in: billing rule 5."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.core.periods import Period
from sbyt.metering.shares import largest_remainder, over_months
from tests.metering.histories import month

TOTALS = st.integers(0, 10**12)
WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=40).filter(any)


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (100, [31, 30, 31], [34, 32, 34]),
        (0, [31, 30], [0, 0]),
        (1, [30, 30], [1, 0]),  # a tie goes to the earlier
        (1, [30, 31], [0, 1]),
        (2, [30, 30, 30], [1, 1, 0]),
        (7, [1], [7]),
        (5, [0, 3, 0], [0, 5, 0]),
        (10, [1, 1, 1], [4, 3, 3]),
    ],
)
def test_by_largest_remainder_ties_to_the_earlier(total: int, weights: list[int], shares: list[int]) -> None:
    assert largest_remainder(total, weights) == shares


@given(TOTALS, WEIGHTS)
def test_the_sum_is_kept(total: int, weights: list[int]) -> None:
    assert sum(largest_remainder(total, weights)) == total


@given(TOTALS, WEIGHTS)
def test_each_share_is_less_than_a_unit_from_its_exact_part(total: int, weights: list[int]) -> None:
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    assert all(abs(share - part) < 1 for share, part in zip(largest_remainder(total, weights), exact, strict=True))


@given(TOTALS, st.integers(1, 10**6), st.integers(1, 40))
def test_equal_weights_never_give_a_later_one_more(total: int, weight: int, count: int) -> None:
    shares = largest_remainder(total, [weight] * count)
    assert shares == sorted(shares, reverse=True)


@given(TOTALS, WEIGHTS, st.integers(1, 1000))
def test_only_the_proportion_of_the_weights_matters(total: int, weights: list[int], times: int) -> None:
    assert largest_remainder(total, weights) == largest_remainder(total, [weight * times for weight in weights])


@pytest.mark.parametrize(
    ("total", "after", "until", "shares"),
    [
        (115, 10, 11, {11: 115}),
        (61, 9, 11, {10: 31, 11: 30}),
        (90, 0, 3, {1: 31, 2: 28, 3: 31}),
        (120, 11, 14, {12: 42, 13: 41, 14: 37}),  # 41.33, 41.33 and 37.33: the earliest gets what is left
    ],
)
def test_a_use_is_shared_by_the_days_of_the_months(total: int, after: int, until: int, shares: dict[int, int]) -> None:
    found = over_months(total, month(after), month(until))
    assert {Period(at) - month(0): share for at, share in found.items()} == shares


@given(TOTALS, st.integers(-500, 500), st.integers(1, 40))
def test_no_month_is_left_out_and_no_unit_lost(total: int, after: int, count: int) -> None:
    start = month(after)
    shares = over_months(total, start, start + count)
    assert list(shares) == [start + step for step in range(1, count + 1)]
    assert sum(shares.values()) == total
