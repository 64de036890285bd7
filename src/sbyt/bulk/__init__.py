"""Arrow in and out of the database that Django's settings name, in bulk."""

from sbyt.bulk.connection import transaction
from sbyt.bulk.contract import BULK_LOCK, Bulk, UnableToAppend, UnableToOpenDatabase, UnableToRunStatement

__all__ = ["BULK_LOCK", "Bulk", "UnableToAppend", "UnableToOpenDatabase", "UnableToRunStatement", "transaction"]
