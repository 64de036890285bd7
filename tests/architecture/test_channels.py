"""Only config names channels: a channel is added or withdrawn in one place. And each has all that it must have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbyt.config.channels import DEFAULT_CHANNELS, IMPLEMENTED, channel_class

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "sbyt"

#: Words that name something else as well: a column of accounts.csv, the greatest of several, a terminal.
ALSO_WORDS = {"email", "max", "console", "office"}


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


def pieces(code: str) -> dict[str, Path]:
    """What a channel consists of beside its line in config, by what it is called."""
    return {
        "folder": Path(f"src/sbyt/channels/{code}/__init__.py"),
        "table of cases": Path(f"tests/channels/{code}/test_{code}.py"),
        "page": Path(f"docs/channels/{code}.md"),
    }


def lacking(root: Path, in_config: set[str]) -> list[str]:
    """What the channels of a checkout lack: ``max: no page``."""
    folders = {path.parent.name for path in root.glob("src/sbyt/channels/*/*.py")}
    tables = {path.parent.name for path in root.glob("tests/channels/*/test_*.py")}
    missing = []
    for code in sorted(folders | tables | in_config):
        if code not in in_config:
            missing.append(f"{code}: no line in config")
        missing += [f"{code}: no {name}" for name, path in pieces(code).items() if not _is_there(root / path)]
    return missing


def _is_there(path: Path) -> bool:
    """A table of cases must also be run by the contract."""
    if not path.is_file():
        return False
    text = path.read_text(encoding="utf-8")
    return bool(text.strip()) and (not path.name.startswith("test_") or "(ChannelContract)" in text)


def test_every_channel_has_its_folder_its_table_its_page_and_its_line() -> None:
    assert lacking(ROOT, set(IMPLEMENTED)) == []


@pytest.mark.parametrize("missing", ["folder", "table of cases", "page"])
def test_a_channel_without_one_of_them_is_found(tmp_path: Path, missing: str) -> None:
    for name, path in pieces("pigeon").items():
        if name != missing:
            (tmp_path / path).parent.mkdir(parents=True)
            (tmp_path / path).write_text("class TestPigeon(ChannelContract): ...", encoding="utf-8")
    assert lacking(tmp_path, {"pigeon"}) == [f"pigeon: no {missing}"]


def test_a_channel_without_its_line_is_found(tmp_path: Path) -> None:
    for path in pieces("pigeon").values():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("class TestPigeon(ChannelContract): ...", encoding="utf-8")
    assert lacking(tmp_path, set()) == ["pigeon: no line in config"]
    assert lacking(tmp_path, {"pigeon"}) == []


def test_tests_that_the_contract_does_not_run_are_no_table(tmp_path: Path) -> None:
    for path in pieces("pigeon").values():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("def test_it() -> None: ...", encoding="utf-8")
    assert lacking(tmp_path, {"pigeon"}) == ["pigeon: no table of cases"]


@pytest.mark.parametrize("code", sorted(IMPLEMENTED))
def test_a_channel_is_called_in_its_class_as_in_config(code: str) -> None:
    assert channel_class(code).code == code
    assert code in DEFAULT_CHANNELS
