"""Money in whole kopecks. Decimal only where money is read or written; binary floating point nowhere."""

from __future__ import annotations

import re

#: As many figures as fit a whole number of kopecks in a table of either database.
_ROUBLES = re.compile(r"([+-]?)(\d{1,16})(?:[.,](\d{1,2}))?")


class UnableToParseMoney(ValueError):
    """The text is no sum in roubles with at most two decimals."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r:.60} is no sum in roubles; write it like 1234.56")


def half_up(numerator: int, denominator: int) -> int:
    """Divide and round to a whole number, ties away from zero, in exact arithmetic (billing rules, terms).

    :raises ZeroDivisionError: if the denominator is zero.
    """
    sign = -1 if (numerator < 0) != (denominator < 0) else 1
    numerator, denominator = abs(numerator), abs(denominator)
    return sign * ((2 * numerator + denominator) // (2 * denominator))


def kopecks(text: str) -> int:
    """Read a sum in roubles, decimal point or comma, into whole kopecks.

    :raises UnableToParseMoney: if it is no number, has more than two decimals or more than 16 figures before them.
    """
    match = _ROUBLES.fullmatch(text.strip())
    if not match:
        raise UnableToParseMoney(text)
    sign, roubles, rest = match.groups()
    total = int(roubles) * 100 + int((rest or "").ljust(2, "0"))
    return -total if sign == "-" else total


def roubles(amount: int) -> str:
    """Write whole kopecks as roubles with two decimals: ``-5`` gives ``-0.05``."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d}"
