"""The database under a process that lives long: a connection that was lost is made anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection

Result = TypeVar("Result")


def with_connection(action: Callable[[], Result]) -> Result:
    """Do something with the database; once more if the connection turns out to have been lost since it was last used.

    What is done must be the same if it is done twice.

    :raises DatabaseError: if the database is out of reach.
    """
    before = connection.connection
    try:
        return action()
    except (OperationalError, InterfaceError):
        if before is None or not _is_lost(before):
            raise
    connection.close()
    return action()


def _is_lost(before: Any) -> bool:
    """Whether this connection is gone; leaving a transaction on it, Django may have made another."""
    return connection.connection is not before or not connection.is_usable()
