"""Billing rule 8: what is in force in the month for which a volume is billed, whenever that is billed.

From a month on: since; up to the month before: before. Prices have resource, category, zones, zone, valid_from, above
and price; norms resource, category, valid_from, per_resident; occupancies account_id, valid_from, category, residents.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from sbyt.billing.rules.counting import NEVER
from sbyt.billing.rules.joining import look_up_in_force

_KEY = ["resource", "category", "zones", "zone"]


def _dated(starts: Table, by: list[str]) -> Table:
    """Add to rows with valid_from since and before: each is in force until the next of its group begins."""
    following = starts.valid_from.lead().over(ibis.window(group_by=by, order_by="valid_from"))
    return starts.mutate(since=starts.valid_from, before=ibis.coalesce(following, NEVER).cast("int32"))


def occupied(occupancies: Table) -> Table:
    """Residents and category of each account, with since and before."""
    return _dated(occupancies, ["account_id"]).select("account_id", "category", "residents", "since", "before")


def price_tables(prices: Table) -> Table:
    """All rows of the latest ``valid_from`` of one resource, category, zones and zone are one table.

    It replaces the earlier table whole. Gives since, before and table_id, a number of its own for each.
    """
    tables = _dated(prices.select(*_KEY, "valid_from").distinct(), _KEY)
    order = ibis.window(order_by=[*_KEY, "valid_from"])
    return tables.select(*_KEY, "since", "before", table_id=ibis.row_number().over(order))


def price_rows(prices: Table, tables: Table) -> Table:
    """Give the tables' rows: table_id, valid_from, above, price and below (the next row's above, or null)."""
    rows = prices.join(tables.rename(valid_from="since"), [*_KEY, "valid_from"])
    order = ibis.window(group_by="table_id", order_by="above")
    return rows.select("table_id", "valid_from", "above", "price", below=rows.above.lead().over(order))


def norms_in_force(norms: Table) -> Table:
    """The norms with since and before."""
    return _dated(norms, ["resource", "category"]).drop("valid_from")


def with_occupancy(months: Table, occupancy: Table) -> Table:
    """Add category and residents to rows with account_id and month; null where nothing is in force."""
    return look_up_in_force(months, occupancy, ["account_id"], ["category", "residents"])


def with_norm(months: Table, norms: Table) -> Table:
    """Add per_resident to rows with resource, category and month; null where there is no norm."""
    return look_up_in_force(months, norms, ["resource", "category"], ["per_resident"])


def with_price_table(months: Table, tables: Table) -> Table:
    """Add table_id to rows with resource, category, zones, zone and month; null where there is no price."""
    return look_up_in_force(months, tables, _KEY, ["table_id"])
