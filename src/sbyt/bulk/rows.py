"""A few hundred rows in and out of Django's own connection: for what is done for every message.

Statements are written once, in PostgreSQL's SQL; their text is always the same, whatever the number of rows. SQLite
gives times without a time zone, as PostgreSQL does ``AT TIME ZONE 'UTC'``; ``moment`` makes either aware.
"""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
from collections.abc import Sequence
from typing import Any

from django.db import connection

_ANY = re.compile(r"= ANY\(%s::\w+\[\]\)")
_CAST = re.compile(r"%s::\w+(\[\])?")
#: What COPY must not take for the end of a cell or of a row.
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

_as_json = json.JSONEncoder(ensure_ascii=False, default=str).encode


def fetch(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of a query. ``column = ANY(%s::bigint[])`` takes a list."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(_for_sqlite(statement), [_sqlite(one) for one in parameters])
        else:
            cursor.execute(statement, [list(one) if isinstance(one, set) else one for one in parameters])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Add rows, in their order; the database gives the ids. Mappings and lists are stored as JSON."""
    if not rows:
        return
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            places = ", ".join(["%s"] * len(columns))
            statement = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 names of our own tables
            cursor.executemany(statement, [[_sqlite(one) for one in row] for row in rows])
        else:
            written = "".join(["\t".join(map(_cell, row)) + "\n" for row in rows])
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                copy.write(written)


def update(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Set columns of rows that are there. The first column is the one by which a row is found, and is unique."""
    if not rows:
        return
    key, *changed = columns
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            assigned = ", ".join(f"{name} = %s" for name in changed)
            statement = f"UPDATE {table} SET {assigned} WHERE {key} = %s"  # noqa: S608 names of our own tables
            cursor.executemany(statement, [[_sqlite(one) for one in (*row[1:], row[0])] for row in rows])
        else:
            assigned = ", ".join(f"{name} = new.{name}" for name in changed)
            statement = (
                f"UPDATE {table} AS old SET {assigned} "  # noqa: S608 names of our own tables
                f"FROM json_populate_recordset(NULL::{table}, %s::json) AS new WHERE old.{key} = new.{key}"
            )
            given = [dict(zip(columns, row, strict=True)) for row in rows]
            cursor.execute(statement, [_as_json(given)])


def moment(value: Any) -> dt.datetime:
    """A time as a query gave it, aware. What SQLite has reckoned, like the earliest of several, it gives as text."""
    given: dt.datetime = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    return given if given.tzinfo else given.replace(tzinfo=dt.UTC)


@functools.cache
def _for_sqlite(statement: str) -> str:
    plain = statement.replace(" AT TIME ZONE 'UTC'", "")
    return _CAST.sub("%s", _ANY.sub("IN (SELECT value FROM json_each(%s))", plain))


def _sqlite(value: Any) -> Any:
    """As Django stores it there."""
    if isinstance(value, str | int) or value is None:
        return value
    if isinstance(value, dt.datetime):
        return str(value.astimezone(dt.UTC).replace(tzinfo=None))
    if isinstance(value, dt.date):
        return str(value)
    return _as_json(list(value) if isinstance(value, set | frozenset) else value)


def _cell(value: object) -> str:
    """As COPY takes it."""
    if isinstance(value, str):
        return value.translate(_ESCAPED)
    if value is None:
        return "\\N"
    if isinstance(value, int):
        return int.__repr__(value)  # a period writes itself as a month, true and false are 1 and 0
    if isinstance(value, dict | list | tuple):
        return _as_json(value).translate(_ESCAPED)
    return str(value)
