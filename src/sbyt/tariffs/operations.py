"""Writes of prices and norms in bulk."""

from __future__ import annotations

import pyarrow as pa

from sbyt.bulk import Bulk

_TABLE = ("resource", "category", "zones", "zone", "valid_from")


def load_prices(bulk: Bulk, prices: pa.Table) -> None:
    """Put whole tables of prices in: each takes the place of the one that begins in the same month (billing rule 8).

    :param prices: resource, category, zones, zone, valid_from (period), above (thousandths of a unit of measure),
        price (hundredths of a kopeck).
    """
    bulk.scratch("incoming_prices", prices)
    same = " AND ".join(f"i.{name} = tariffs_price.{name}" for name in _TABLE)
    bulk.execute(f"DELETE FROM tariffs_price WHERE EXISTS (SELECT 1 FROM incoming_prices i WHERE {same})")
    columns = ", ".join((*_TABLE, "above", "price"))
    bulk.execute(
        f"INSERT INTO tariffs_price ({columns}) SELECT {columns} FROM incoming_prices "
        f"ORDER BY {', '.join(_TABLE)}, above"
    )


def load_norms(bulk: Bulk, norms: pa.Table) -> None:
    """Put norms in: resource, category, valid_from (period), per_resident (millionths of a unit of measure)."""
    bulk.scratch("incoming_norms", norms)
    bulk.execute(
        "DELETE FROM tariffs_norm WHERE EXISTS (SELECT 1 FROM incoming_norms i "
        "WHERE i.resource = tariffs_norm.resource "
        "AND i.category = tariffs_norm.category AND i.valid_from = tariffs_norm.valid_from)"
    )
    bulk.execute(
        "INSERT INTO tariffs_norm (resource, category, valid_from, per_resident) "
        "SELECT resource, category, valid_from, per_resident FROM incoming_norms "
        "ORDER BY resource, category, valid_from"
    )
