"""Arrow in and out of the database that Django's settings name, in bulk."""

from sbyt.bulk.connection import (
    BULK_LOCK,
    Bulk,
    UnableToAppend,
    UnableToOpenDatabase,
    UnableToRunStatement,
    transaction,
)

__all__ = ["BULK_LOCK", "Bulk", "UnableToAppend", "UnableToOpenDatabase", "UnableToRunStatement", "transaction"]
