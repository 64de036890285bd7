"""What was charged before this system (charges.csv): written once, in bulk."""

from __future__ import annotations

import pyarrow as pa

from sbyt.billing.models import Charge
from sbyt.bulk import Bulk


def load_imported_charges(bulk: Bulk, charges: pa.Table) -> int:
    """Add charges billed elsewhere (billing rule 12).

    :param charges: account_id, register_id, for_period, basis, volume (whole units of the register), amount (kopecks).
    :returns: how many were added.
    """
    count = charges.num_rows
    rows = charges.append_column("period", pa.nulls(count, pa.int64()))
    rows = rows.append_column("kind", pa.array([Charge.Kind.IMPORTED.value] * count, pa.string()))
    return bulk.append("billing_charge", rows.append_column("trace", pa.array(["{}"] * count, pa.string())))
