"""Console examples of the documentation do what they say.

A block of ``console`` after a line ``<!-- run -->`` is run, in order with the others of its page, in a folder with
nothing in it but ``src``. Lines that begin with ``$`` are commands, the rest is what they print; ``…`` stands for
anything.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

_BLOCK = re.compile(r"^<!-- run -->\n```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@dataclass(frozen=True)
class Example:
    """One command and what the page says it prints."""

    command: str
    printed: str


def examples(page: Path) -> list[Example]:
    found = []
    for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = piece.partition("\n")
            found.append(Example(command, printed))
    return found


def matches(printed: str, expected: str) -> bool:
    pattern = re.escape(expected.strip()).replace("…", ".*?")
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)], ids=lambda page: page.name)
def test_its_examples_print_what_it_says(page: Path, tmp_path: Path) -> None:
    (tmp_path / "src").symlink_to(ROOT / "src")
    environ = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "SBYT_CONFIG")}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    for example in examples(page):
        done = subprocess.run(
            ["bash", "-c", example.command],
            cwd=tmp_path,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        assert matches(done.stdout, example.printed), f"$ {example.command}\n{done.stdout}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_its_links_lead_somewhere(page: Path) -> None:
    targets = _LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize(
    ("printed", "expected", "same"),
    [
        ("one\n", "one", True),
        ("one", "two", False),
        ("from 12 to 15\n", "from … to 15", True),
        ("a\nb\nc\n", "a\n…\nc", True),
        ("a.c", "abc", False),
    ],
)
def test_dots_stand_for_anything(printed: str, expected: str, same: bool) -> None:
    assert matches(printed, expected) is same
