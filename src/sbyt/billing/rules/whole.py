"""Exact arithmetic of whole numbers in columns.

An engine's ``/`` gives a binary float, and Ibis writes ``//`` as the floor of one: wrong above 2^53. What is here is
exact for all dividends up to 2^62, with the operations that every engine has.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerValue, Table


def quotient(dividend: IntegerValue, divisor: IntegerValue | int) -> IntegerValue:
    """Divide two int64 columns, cutting off the remainder.

    The dividend without its remainder is a multiple of the divisor, so that its quotient as a float is a whole number
    but for the float's own error, and what the float missed is a small multiple again.
    """
    multiple = dividend - dividend % divisor
    nearly = (multiple / divisor).round().cast("int64")
    return nearly + ((multiple - nearly * divisor) / divisor).round().cast("int64")


def half_up(dividend: IntegerValue, divisor: IntegerValue | int) -> IntegerValue:
    """Divide two int64 columns that are not negative, rounding half up."""
    return quotient(dividend, divisor) + (2 * (dividend % divisor) >= divisor).cast("int64")


def times_half_up(volume: IntegerValue, price: IntegerValue, divisor: IntegerValue) -> IntegerValue:
    """Give ``volume * price / divisor``, half up, where the product itself may not fit into an int64.

    None of the columns is negative; the divisor times the price fits.
    """
    return quotient(volume, divisor) * price + half_up(volume % divisor * price, divisor)


#: Holds the product of any two int64 columns that are worked with here.
_WIDE = "decimal(38, 0)"


def proportion(part: IntegerValue, amount: IntegerValue, whole: IntegerValue) -> tuple[IntegerValue, IntegerValue]:
    """Give ``amount * part / whole``, cut off, and the remainder, where the product may not fit into an int64.

    The quotient itself fits.
    """
    divisor = whole.cast(_WIDE)
    product = part.cast(_WIDE) * amount.cast(_WIDE)
    remainder = product % divisor
    multiple = product - remainder
    # A wide number is divided as a float too: as in ``quotient``, what it missed is divided again.
    nearly = (multiple / divisor).round().cast(_WIDE)
    share = nearly + ((multiple - nearly * divisor) / divisor).round().cast(_WIDE)
    return share.cast("int64"), remainder.cast("int64")


def largest_remainder(
    table: Table, *, by: list[str], amount: str, share: str, remainder: str, ties: list[str]
) -> Table:
    """Add to ``share`` the units that cutting off left over, one each by largest remainder, then by ``ties``.

    Within each group of ``by`` the shares then add up to ``amount`` (billing rules 5 and 9).
    """
    group = ibis.window(group_by=by)
    order = ibis.window(group_by=by, order_by=[ibis.desc(remainder), *ties])
    placed = table.mutate(
        _left_over=(table[amount] - table[share].sum().over(group).cast("int64")),
        _place=ibis.row_number().over(order),
    )
    raised = placed[share] + (placed["_place"] < placed["_left_over"]).cast("int64")
    return placed.mutate(**{share: raised}).drop("_left_over", "_place")
