"""The database under a process that lives long: a connection that was lost is made anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections

Result = TypeVar("Result")


def with_connection(action: Callable[[], Result]) -> Result:
    """Do something with the database; once more if the connection turns out to have been lost since it was last used.

    What is done must be the same if it is done twice.

    :raises DatabaseError: if the database is out of reach.
    """
    database = connections[DEFAULT_DB_ALIAS]
    before = database.connection
    try:
        return action()
    except (OperationalError, InterfaceError):
        # Leaving a transaction on a connection that is gone, Django may have made another.
        if before is None or (database.connection is before and database.is_usable()):
            raise
    database.close()
    return action()
