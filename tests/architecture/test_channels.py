"""Only config names channels: a channel is added or withdrawn in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbyt.config.channels import DEFAULT_CHANNELS

SOURCE = Path(__file__).parents[2] / "src" / "sbyt"

#: Words that name something else as well: a column of accounts.csv, the greatest of several, a terminal.
ALSO_WORDS = {"email", "max", "console"}


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """Every text constant of a module with its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def other_modules() -> list[Path]:
    """All modules but config's and the folders of the channels themselves."""
    apart = {"config", "channels", "gateways", "migrations"}
    return [path for path in sorted(SOURCE.rglob("*.py")) if not apart & set(path.relative_to(SOURCE).parts)]


@pytest.mark.parametrize("path", other_modules(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_other_module_names_a_channel(path: Path) -> None:
    names = set(DEFAULT_CHANNELS) - ALSO_WORDS
    named = [f"line {line}: {text!r}" for line, text in literals(path) if text in names]
    assert named == []
