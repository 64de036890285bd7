"""On which line of a TOML file a key stands: the parser of the standard library does not tell."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

Path = tuple[str, ...]


def lines_of_keys(text: str) -> dict[Path, int]:
    """The line, counted from 1, of each table and key of a valid TOML document.

    A key within an inline table or a list is found on the line where its statement begins.
    """
    lines: dict[Path, int] = {}
    table: Path = ()
    for number, statement in _statements(text):
        found = tomllib.loads(statement)
        opens_table = statement.lstrip().startswith("[")
        paths = list(_paths(found))
        if opens_table:
            table = max(paths, key=len)
        for path in paths:
            lines.setdefault(path if opens_table else table + path, number)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Each header and each assignment with its first line. It ends with the first line that makes it valid."""
    pending, began = "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not pending:
            began = number
        pending += line + "\n"
        try:
            holds_something = bool(tomllib.loads(pending))
        except tomllib.TOMLDecodeError:
            continue
        if holds_something:
            yield began, pending
        pending = ""


def _paths(value: Any, above: Path = ()) -> Iterator[Path]:
    if isinstance(value, list):
        value = {str(place): item for place, item in enumerate(value)}
    if isinstance(value, dict):
        for key, below in value.items():
            yield (*above, key)
            yield from _paths(below, (*above, key))
