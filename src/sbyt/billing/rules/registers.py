"""What the rules need to know of registers beyond what is stored."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table


def numbered(registers: Table) -> Table:
    """Add what rule 9 goes by.

    pool: a number for the account and resource, whose registers fill the tiers together; registers: how many it has;
    place: the register's order by serial, then zone, within its account.
    """
    pool = ibis.window(group_by=["account_id", "resource"])
    order = ibis.window(group_by="account_id", order_by=["serial", "zone"])
    return registers.mutate(
        pool=registers.meter_id.min().over(pool),
        registers=registers.count().over(pool),
        place=ibis.row_number().over(order),
    )
