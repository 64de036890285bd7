"""Writes of payments in bulk."""

from __future__ import annotations

import pyarrow as pa

from sbyt.bulk import Bulk


def load_payments(bulk: Bulk, payments: pa.Table | pa.RecordBatchReader) -> int:
    """Add payments: account_id, paid_on, amount (kopecks), source, external_id.

    :returns: how many were added.
    """
    return bulk.append("payments_payment", payments)
