"""One bulk transaction: tables of Arrow out of the database and into it, whichever of the two it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import connection as django_connection

from sbyt.bulk.contract import Bulk, Closing, UnableToRunStatement


@contextmanager
def transaction(*, write: bool = True) -> Iterator[Bulk]:
    """Open one bulk transaction on the default database: committed at the end, rolled back on any exception.

    It is a connection of its own: what Django's connection holds uncommitted is not seen here, nor the reverse, and
    on SQLite a write inside of ``transaction.atomic`` would wait for this one.

    :param write: take the right to write at once: SQLite's write lock, PostgreSQL's advisory lock ``BULK_LOCK``,
        which two imports or runs can't both hold. Without it, all reads see one state of the database.
    :raises UnableToOpenDatabase: if the database can't be reached, or the lock isn't had in time.
    """
    bulk = _open(django_connection.vendor, django_connection.settings_dict, write=write)
    try:
        yield bulk
        bulk.finish(commit=True)
    except BaseException:
        # Where the database has rolled back by itself, as after a full disk, there is nothing left to roll back: the
        # first reason is the one to be told.
        with suppress(UnableToRunStatement):
            bulk.finish(commit=False)
        raise
    finally:
        bulk.close()


def _open(vendor: str, settings: dict[str, Any], *, write: bool) -> Closing:
    if vendor == "sqlite":
        from sbyt.bulk.sqlite import SQLiteBulk

        return SQLiteBulk(settings, write=write)
    from sbyt.bulk.postgresql import PostgreSQLBulk

    return PostgreSQLBulk(settings, write=write)
