"""Looking up columns of another table, so that names never meet."""

from __future__ import annotations

from ibis.expr.types import Table


def look_up(rows: Table, other: Table, on: list[str], wanted: list[str]) -> Table:
    """Add the columns wanted of the other table, which has each key once; null where it has none."""
    right = other.select(*wanted, **{f"_{name}": other[name] for name in on})
    found = rows.left_join(right, [rows[name] == right[f"_{name}"] for name in on])
    return found.select(*rows.columns, *wanted)


def look_up_in_force(rows: Table, dated: Table, on: list[str], wanted: list[str]) -> Table:
    """Add the columns wanted of what is in force (from since on, until before) in each row's month.

    Null where nothing is: never the nearest.
    """
    right = dated.select("since", "before", *wanted, **{f"_{name}": dated[name] for name in on})
    same = [rows[name] == right[f"_{name}"] for name in on]
    found = rows.left_join(right, [*same, rows.month >= right.since, rows.month < right.before])
    return found.select(*rows.columns, *wanted)
