"""Categories beside those of the month before, in whole numbers."""

from __future__ import annotations

import pytest

from sbyt.billing.summary import CategorySums, Summary, month_on_month


def a_summary(*categories: tuple[str, int, int]) -> Summary:
    """Of categories, how many bills and what was charged."""
    sums = dict.fromkeys(("accounts", "bills", "opening", "charged", "recalculated", "paid", "closing"), 0)
    each = tuple(
        CategorySums(category=name, bills=bills, charged=sum_, recalculated=0) for name, bills, sum_ in categories
    )
    return Summary(period=24322, lines=(), unbilled={}, categories=each, **sums)


@pytest.mark.parametrize(
    ("charged", "before", "change", "tenths"),
    [
        (1_072, 1_000, 72, 72),
        (928, 1_000, -72, -72),
        (10_005, 10_000, 5, 1),
        (9_995, 10_000, -5, -1),
        (10_004, 10_000, 4, 0),
        (1_000, 1_000, 0, 0),
        (0, 1_000, -1_000, -1_000),
        (5, 0, 5, None),
        (5, -10, 15, None),
        (3 * 10**15, 10**15, 2 * 10**15, 2_000),
    ],
)
def test_the_change_and_its_share(charged: int, before: int, change: int, tenths: int | None) -> None:
    (row,) = month_on_month(a_summary(("urban", 8, charged)), a_summary(("urban", 7, before)))
    assert (row.change, row.change_tenths) == (change, tenths)


def test_a_category_that_came_or_went_has_nothing_in_the_other_month() -> None:
    rows = month_on_month(a_summary(("", 1, 5), ("rural", 2, 10)), a_summary(("rural", 2, 10), ("urban", 8, 40)))
    assert [(row.now.category, row.now.bills, row.before and row.before.bills) for row in rows] == [
        ("", 1, 0),
        ("rural", 2, 2),
        ("urban", 0, 8),
    ]


@pytest.mark.parametrize("before", [None, a_summary()])
def test_without_a_month_before_there_is_nothing_to_compare_with(before: Summary | None) -> None:
    (row,) = month_on_month(a_summary(("urban", 8, 40)), before)
    assert (row.before, row.change, row.change_tenths) == (None, None, None)
    assert month_on_month(a_summary(), a_summary(("urban", 8, 40))) == []
