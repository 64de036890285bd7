"""``sbyt demo --console`` as somebody sees it who tries sbyt for the first time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sbyt.cli.demo import ENGLISH, RUSSIAN, SHOWN, WORLD


def demo(folder: Path, *words: str) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name("sbyt"), "demo", "--console", *words],
        env={**os.environ, "COLUMNS": "110"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no library tells a visitor of its troubles
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("checkout")
    (made / "var").mkdir()
    (made / "var" / "sbyt.sqlite3").write_text("the real data")
    (made / "sbyt.toml").write_text("a file with mistakes")
    return made


@pytest.fixture(scope="module")
def told(folder: Path) -> str:
    return demo(folder)


def test_every_message_stands_beside_its_answer(told: str) -> None:
    messages = [json.loads(line) for line in (WORLD / "messages.jsonl").read_text(encoding="utf-8").splitlines()]
    for message in messages:
        assert message["text"].split()[0] in told
    for outcome in ("принято", "просим подтвердить", "переспросили", "не приняли"):
        assert outcome in told


def test_bills_are_shown_line_by_line(told: str) -> None:
    for account in SHOWN:
        assert RUSSIAN.bill.format(account=account) in told
    assert "по показаниям" in told
    assert "по среднему" in told


def test_other_data_and_settings_are_left_alone(told: str, folder: Path) -> None:
    assert (folder / "var" / "sbyt.sqlite3").read_text() == "the real data"
    assert (folder / "sbyt.toml").read_text() == "a file with mistakes"
    assert {path.name for path in folder.iterdir()} == {"var", "sbyt.toml"}


def test_again_and_in_english_it_begins_anew(told: str, folder: Path) -> None:
    again = demo(folder, "--english")
    assert ENGLISH.bill.format(account=SHOWN[0]) in again
    assert "accepted" in again
    assert ENGLISH.bases["actual"] in again
