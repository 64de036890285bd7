"""A statement run for each message: PostgreSQL parses and plans it once a connection, not each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections


def fetch_one(statement: str, values: Sequence[Any]) -> tuple[Any, ...] | None:
    """Run one of our own statements, as Django would, and give its first row, if it has one.

    Django writes the values into the text of a statement, which then is another one every time.

    :raises DatabaseError: as Django's cursors do.
    """
    database: Any = connections[DEFAULT_DB_ALIAS]
    if database.vendor != "postgresql":
        with database.cursor() as cursor:
            cursor.execute(statement, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
            return row
    import psycopg

    database.ensure_connection()
    raw: psycopg.Connection[Any] = database.connection
    raw.prepare_threshold = 0  # at its first use; Django's own cursors never prepare
    with database.wrap_database_errors, psycopg.Cursor(raw) as cursor:
        cursor.execute(statement.encode(), values)
        return cursor.fetchone()
