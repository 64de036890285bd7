"""Billing rules 9 and 10: what the volumes of a month cost.

A pool is what fills the tiers together: one account, one resource, one month. Months to be priced have register_id,
month, pool (a number for the account and resource), place (the register's order by serial, then zone), volume, scale
(units of the register in a kWh, m3 or Gcal) and table_id; the price rows are those of ``prices``.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import IntegerValue, Table

from sbyt.billing.rules.joining import look_up
from sbyt.billing.rules.whole import largest_remainder, proportion, quotient, times_half_up

#: Thousandths of a kWh, m3 or Gcal, in which limits are written.
_LIMIT = 1000
_POOL = ["pool", "month"]


def _cost(volume: IntegerValue, price: IntegerValue, scale: IntegerValue) -> IntegerValue:
    """Rule 10: half-up(volume x price, kopeck), of the price in hundredths of a kopeck."""
    return times_half_up(volume, price, 100 * scale)


def with_first_price(months: Table, rows: Table) -> Table:
    """Rule 9: a table starts at 0. Adds price, valid_from and below of that row; null where there is none."""
    first = rows.filter(rows.above == 0)
    return look_up(months, first, ["table_id"], ["price", "valid_from", "below"])


def pooled(months: Table) -> Table:
    """Rule 9: the whole volume of one account, resource and month, in the finest unit of its registers.

    Adds finest (units in a kWh, m3 or Gcal), total and over: whether the total goes beyond the first limit of any of
    the tables used.
    """
    alone = months.filter(months.registers == 1)
    shared = months.filter(months.registers > 1)
    pool = ibis.window(group_by=_POOL)
    shared = shared.mutate(finest=shared.scale.max().over(pool), _limit=shared.below.min().over(pool))
    shared = shared.mutate(total=_finest(shared.volume, shared).sum().over(pool).cast("int64"))
    both = ibis.union(
        alone.mutate(finest=alone.scale, _limit=alone.below, total=alone.volume),
        shared.select(*alone.columns, "finest", "_limit", "total"),
    )
    over = both["_limit"].notnull() & (both.total * _LIMIT > both["_limit"] * both.finest)
    return both.mutate(over=over).drop("below", "_limit")


def _finest(volume: IntegerValue, months: Table) -> IntegerValue:
    return volume * quotient(months.finest, months.scale)


def within_first_tier(months: Table) -> Table:
    """Rule 10 where a pool's total lies within the first tier: one price for a register's whole volume.

    Gives the months with amount, in kopecks.
    """
    rows = months.filter(~months.over)
    return rows.mutate(amount=_cost(rows.volume, rows.price, rows.scale))


def first_tier(within: Table) -> Table:
    """The one tier in which such months were paid: register_id, month, volume, finest, price, valid_from.

    The volume is in the finest unit of the pool's registers, of which ``finest`` make a kWh, m3 or Gcal.
    """
    return within.select(
        "register_id",
        "month",
        "finest",
        "price",
        "valid_from",
        volume=_finest(within.volume, within),
    )


def tiers(over: Table, rows: Table) -> Table:
    """Rule 9: the limits of a pool are all limits of the tables that its registers use.

    Gives pool, month, tier (0 for the first), start, take (the tier's volume) and left (what it is taken from), in
    the finest unit; only the tiers that anything falls into.
    """
    pools = over.select(*_POOL, "finest", "total", "table_id").distinct()
    limits = pools.join(rows.select("table_id", "above"), "table_id")
    limits = limits.select(*_POOL, "total", start=quotient(limits.above * limits.finest, _LIMIT)).distinct()
    order = ibis.window(group_by=_POOL, order_by="start")
    placed = limits.mutate(tier=ibis.row_number().over(order), _stop=limits.start.lead().over(order))
    placed = placed.filter(placed.start < placed.total)
    stop = ibis.least(ibis.coalesce(placed["_stop"], placed.total), placed.total)
    return placed.select(*_POOL, "tier", "start", take=stop - placed.start, left=placed.total - placed.start)


def left_at_first(over: Table) -> Table:
    """What is to be shared out among the tiers: the registers' volumes in the finest unit, as rest."""
    return over.select("register_id", *_POOL, "place", rest=_finest(over.volume, over))


def taken(left: Table, tier: Table, number: int) -> Table:
    """Rule 9: a tier takes its volume from what is left of each register, in proportion to what is left.

    By largest remainder in the finest unit, ties by serial, then zone; the last tier takes the rest. Gives ``left``
    (of the pools that reach the tier) with start and share.
    """
    reached = left.join(tier.filter(tier.tier == number).drop("tier"), _POOL)
    share, remainder = proportion(reached.rest, reached["take"], reached.left)
    shares = reached.mutate(share=share, remainder=remainder)
    shared = largest_remainder(shares, by=_POOL, amount="take", share="share", remainder="remainder", ties=["place"])
    return shared.select(*left.columns, "start", "share", tier=ibis.literal(number, "int64"))


def left_after(took: Table) -> Table:
    """What a tier leaves to the next one."""
    return took.select("register_id", *_POOL, "place", rest=took.rest - took.share)


def beyond_first_tier(took: Table, over: Table, rows: Table) -> Table:
    """Rules 9 and 10: a register pays in a tier by its row with the greatest ``above`` not over the tier's start.

    Gives the tiers in which these months were paid: tier, amount, and the columns of ``first_tier``.
    """
    shares = took.filter(took.share > 0).select("register_id", "month", "tier", "start", "share")
    known = shares.join(over.select("register_id", "month", "table_id", "finest"), ["register_id", "month"])
    pairs = known.join(rows.select("table_id", "above", "price", "valid_from"), "table_id")
    pairs = pairs.filter(quotient(pairs.above * pairs.finest, _LIMIT) <= pairs.start)
    order = ibis.window(group_by=["register_id", "month", "tier"], order_by=ibis.desc("above"))
    pairs = pairs.mutate(_place=ibis.row_number().over(order))
    paid = pairs.filter(pairs["_place"] == 0)
    return paid.select(
        "register_id",
        "month",
        "finest",
        "price",
        "valid_from",
        amount=_cost(paid.share, paid.price, paid.finest),
        tier=paid.tier.cast("int64"),
        volume=paid.share,
    )


def with_sums(over: Table, paid: Table) -> Table:
    """Rule 10: the amount of a line is the sum over its tiers. Gives the months with amount, in kopecks."""
    sums = paid.group_by("register_id", "month").agg(amount=paid.amount.sum().cast("int64"))
    found = look_up(over, sums, ["register_id", "month"], ["amount"])
    return found.mutate(amount=found.amount.fill_null(0))
