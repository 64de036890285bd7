"""A statement run for each message: PostgreSQL parses and plans it once a connection, not each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections


def fetch_prepared(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run one of our own statements, as Django would, and give its rows.

    Django writes the values into the text of a statement, which then is another one every time.

    :raises DatabaseError: as Django's cursors do.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql":
        with database.cursor() as cursor:
            cursor.execute(statement, values)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows
    database.ensure_connection()
    cursor = _cursor_of(database.connection)
    with database.wrap_database_errors:
        cursor.execute(statement.encode(), values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _cursor_of(connection: Any) -> Any:
    """The one cursor of a connection for such statements: making one takes as long as half the rest that is ours."""
    cursor = getattr(connection, "sbyt_cursor", None)
    if cursor is None:
        import psycopg

        connection.prepare_threshold = 0  # at its first use; Django's own cursors never prepare
        cursor = connection.sbyt_cursor = psycopg.Cursor(connection)
    return cursor
