"""What the pages say of the house is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READMES = [ROOT / "README.md", ROOT / "README.ru.md"]


def makefile_words() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", [*READMES, *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda page: page.name)
def test_every_word_of_make_that_is_named_is_there(page: Path) -> None:
    named = set(re.findall(r"\bmake ([a-z-]+)`", page.read_text(encoding="utf-8")))
    assert named <= makefile_words()


@pytest.mark.parametrize("page", [*READMES, ROOT / "docs" / "architecture.md"], ids=lambda page: page.name)
def test_every_package_is_on_the_map(page: Path) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = declared["tool"]["importlinter"]["contracts"]
    lines = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    layers = [layer for line in lines for layer in line.split(" | ")]
    text = page.read_text(encoding="utf-8")
    assert [layer for layer in layers if not re.search(rf"\b{layer}\b", text)] == []


def test_every_decision_is_listed() -> None:
    listed = set(re.findall(r"\((\d{4}-[\w-]+\.md)\)", (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")))
    assert listed == {path.name for path in (ROOT / "docs/decisions").glob("0*.md")}
