"""Billing rule 14: the bill of an account."""

from __future__ import annotations

from ibis.expr.types import Table

from sbyt.billing.rules.joining import look_up
from sbyt.billing.rules.lines import CHARGE


def bills(accounts: Table, lines: Table, paid: Table) -> Table:
    """Opening balance + charged + recalculated - paid = closing, for every account, also when all is zero.

    ``accounts`` has account_id and opening, ``lines`` account_id, kind and amount, ``paid`` the payments that no
    earlier bill counted: account_id and amount. All sums in kopecks.
    """
    charges = lines.filter(lines.kind == CHARGE).group_by("account_id").agg(charged=lines.amount.sum().cast("int64"))
    others = lines.filter(lines.kind != CHARGE)
    others = others.group_by("account_id").agg(recalculated=others.amount.sum().cast("int64"))
    payments = paid.group_by("account_id").agg(paid=paid.amount.sum().cast("int64"))
    rows = accounts.select("account_id", "opening")
    for sums, name in ((charges, "charged"), (others, "recalculated"), (payments, "paid")):
        found = look_up(rows, sums, ["account_id"], [name])
        rows = found.mutate(**{name: found[name].fill_null(0)})
    return rows.mutate(closing=rows.opening + rows.charged + rows.recalculated - rows.paid)
