"""What a billing specialist looks at when a run is done: sums by category, and the bills that look wrong.

A bill looks wrong where its charges are many times what its registers' usual volume would have cost, or where much is
recalculated. Nothing of this changes a bill.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from sbyt.billing.rules.joining import look_up, look_up_in_force
from sbyt.billing.rules.lines import CHARGE
from sbyt.billing.rules.whole import half_up, proportion
from sbyt.core.settings import Holds

#: Over how many months before its own a month's volume is usual, and in how many of them it must be known.
_MONTHS, _LEAST = 6, 3

#: How many of the oddest bills are handed out, held or not.
ODDEST = 10

#: Why a bill is held.
CHARGED, RECALCULATED = range(2)


def by_category(bills: Table, occupancy: Table, period: int) -> Table:
    """Sums of the bills by the category in force in the period. Gives category, bills, charged, recalculated."""
    rows = bills.mutate(month=ibis.literal(period, "int32"))
    known = look_up_in_force(rows, occupancy, ["account_id"], ["category"])
    return known.group_by("category").agg(
        bills=known.count(),
        charged=known.charged.sum().cast("int64"),
        recalculated=known.recalculated.sum().cast("int64"),
    )


def usual_volumes(used: Table, period: int) -> Table:
    """What a register uses in a month, by its actual months shortly before. Gives register_id, usual."""
    rows = used.filter(used.month < period, used.month >= period - _MONTHS)
    sums = rows.group_by("register_id").agg(total=rows.volume.sum().cast("int64"), months=rows.count())
    enough = sums.filter(sums.months >= _LEAST)
    return enough.select("register_id", usual=half_up(enough.total, enough.months))


def oddities(lines: Table, usual: Table, holds: Holds) -> Table:
    """The bills that look wrong, and the ten oddest.

    Gives account_id, charged, expected (what the usual volume would have cost, at the same price), recalculated,
    oddness (how far the bill is from what was expected, in kopecks) and reason (null: not held).
    """
    known = look_up(lines, usual, ["register_id"], ["usual"])
    current = known.kind == CHARGE
    # What a charge imported for this very month has been taken off is no price times a volume.
    whole = (known.volume == known.due_volume) & (known.amount == known.due_amount)
    compared = current & whole & known.usual.notnull() & (known.volume > 0)
    volume = ibis.ifelse(compared, known.volume, 1)
    # A reading that is wrong by figures makes volumes whose product no int64 holds.
    share, rest = proportion(known.usual, ibis.ifelse(compared, known.amount, 0), volume)
    at_usual = share + (2 * rest >= volume).cast("int64")
    rows = known.select(
        "account_id",
        charged=ibis.ifelse(current, known.amount, 0),
        expected=ibis.ifelse(compared, at_usual, ibis.ifelse(current, known.amount, 0)),
        recalculated=ibis.ifelse(current, 0, known.amount),
    )
    sums = rows.group_by("account_id").agg(
        charged=rows.charged.sum().cast("int64"),
        expected=rows.expected.sum().cast("int64"),
        recalculated=rows.recalculated.sum().cast("int64"),
    )
    over = holds.over * 100
    more = (sums.charged > holds.times * sums.expected) & (sums.charged - sums.expected > over)
    reason = ibis.cases((more, CHARGED), (sums.recalculated.abs() > over, RECALCULATED)).cast("int8")
    oddness = ((sums.charged - sums.expected).abs() + sums.recalculated.abs()).cast("int64")
    found = sums.mutate(oddness=oddness, reason=reason)
    oddest = found.filter(found.oddness > 0).order_by(ibis.desc("oddness"), "account_id").limit(ODDEST)
    return ibis.union(found.filter(found.reason.notnull()), oddest.filter(oddest.reason.isnull()))
