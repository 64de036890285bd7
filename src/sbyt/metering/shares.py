"""Sharing a whole number of units so that none is lost or gained."""

from __future__ import annotations

from collections.abc import Sequence

from sbyt.core.periods import Period


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Share ``total`` in proportion to ``weights``, by largest remainder, ties to the earlier (billing rule 5).

    The shares add up to ``total``. ``largest_remainder(100, [31, 30, 31]) == [34, 32, 34]``.

    :raises ZeroDivisionError: if the weights add up to zero.
    """
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: (-remainders[at], at))
    for at in by_remainder[: total - sum(shares)]:
        shares[at] += 1
    return shares


def over_months(total: int, after: int, until: int) -> dict[Period, int]:
    """Share a register's advance between two counted periods over the months after the first up to the second.

    In proportion to the calendar days of each month (billing rule 5).
    """
    if until == after + 1:
        return {Period(until): total}
    months = [Period(month) for month in range(after + 1, until + 1)]
    return dict(zip(months, largest_remainder(total, [month.days for month in months]), strict=True))
