"""Billing rule 13: an account that cannot be billed gets no bill and is reported with the reason.

Absence is never mended by what is nearest: a month that gets a line needs a category, a price and, where it is billed
by the norm, a norm, each in force in that month.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

#: Why an account, or (the last two) a meter, can't be billed.
NO_CATEGORY, NO_NORM, NO_PRICE, NO_START_INDEX, UNMARKED_DROP = range(5)

_COLUMNS = ["account_id", "resource", "category", "zones", "zone", "month"]


def missing_parameters(months: Table) -> Table:
    """What is missing in the months that get a line.

    ``months`` has account_id, own, category, resource, zones, zone, volume (null without a norm) and price. Gives
    account_id, reason, resource, category, zones, zone and month: the first month of each reason in an account.
    """
    rows = months.filter(months.own)
    reason = ibis.cases(
        (rows.category.isnull(), NO_CATEGORY),
        (rows.volume.isnull(), NO_NORM),
        (rows.price.isnull(), NO_PRICE),
    )
    found = rows.select(*_COLUMNS, reason=reason.cast("int8"))
    found = found.filter(found.reason.notnull())
    order = ibis.window(group_by=["account_id", "reason", "resource"], order_by=["month", "zones", "zone"])
    placed = found.mutate(_place=ibis.row_number().over(order))
    return placed.filter(placed["_place"] == 0).drop("_place")
