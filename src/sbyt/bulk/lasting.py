"""The database under a process that lives long: a connection that was lost is made anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

Result = TypeVar("Result")


def with_connection(action: Callable[[], Result]) -> Result:
    """Do something with the database; once more if the connection turns out to have been lost since it was last used.

    What is done must be the same if it is done twice.

    :raises DatabaseError: if the database is out of reach.
    """
    was_connected = connection.connection is not None
    try:
        return action()
    except (OperationalError, InterfaceError):
        if not was_connected or (connection.connection is not None and connection.is_usable()):
            raise
    connection.close()
    return action()
