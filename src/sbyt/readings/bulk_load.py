"""Readings that come by the file: read for the judgement at the door, and written, in bulk."""

from __future__ import annotations

import pyarrow as pa

from sbyt.bulk import Bulk

STORED = pa.schema(
    [
        ("id", pa.int64()),
        ("register_id", pa.int64()),
        ("kind", pa.string()),
        ("value", pa.int64()),
        ("rollover", pa.bool_()),
        ("taken_on", pa.date32()),
        ("received_at", pa.timestamp("us")),  # in UTC
        ("period", pa.int64()),
        ("cancelled", pa.bool_()),
    ]
)


def stored_readings(bulk: Bulk, registers: pa.Table | pa.RecordBatchReader) -> pa.RecordBatchReader:
    """What is stored for these registers (one column, ``id``), cancelled readings too."""
    bulk.scratch("wanted_registers", registers)
    return bulk.stream(
        "SELECT r.id, r.register_id, r.kind, r.value, r.rollover, r.taken_on, r.received_at, r.period, "
        "(c.id IS NOT NULL) AS cancelled FROM wanted_registers w JOIN readings_reading r ON r.register_id = w.id "
        "LEFT JOIN readings_cancellation c ON c.reading_id = r.id",
        STORED,
    )


def load_readings(bulk: Bulk, readings: pa.Table | pa.RecordBatchReader) -> int:
    """Add readings: every column of the table but the id. They get their ids, the order of loading, in this order.

    :returns: how many were added.
    """
    return bulk.append("readings_reading", readings)
