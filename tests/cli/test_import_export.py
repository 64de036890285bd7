"""`sbyt import` and `sbyt export` as a person or a script calls them."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet
import pytest

from tests.support.databases import Database, FreshDatabase
from tests.usecases.importing import ACCOUNTS, METERS, readings, take_world

SBYT = Path(sys.executable).parent / "sbyt"


def run(database: Database, *arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([SBYT, *arguments], env=database.environ, input=stdin, capture_output=True, check=False)


@pytest.fixture
def world(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(take_world) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "accounts.csv").write_text(ACCOUNTS)
    (tmp_path / "meters.csv").write_text(METERS)
    return tmp_path


def test_a_line_for_each_file_that_is_in(database: Database, folder: Path) -> None:
    done = run(database, "import", folder)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == [
        f"{folder}/accounts.csv: принят (лицевые счета), строк 2, новых 2, известных 0, изменено 0",
        f"{folder}/meters.csv: принят (счётчики), строк 3, новых 3, известных 0, изменено 0",
    ]
    assert done.stderr == b""


def test_bad_rows_go_to_standard_error_and_the_status_tells(database: Database, folder: Path) -> None:
    (folder / "meters.csv").write_text(METERS.replace("0002,E2,electricity,2", "0002,E2,electricity,two"))
    done = run(database, "import", folder)
    assert done.returncode == 1
    assert len(done.stdout.decode().splitlines()) == 1
    assert done.stderr.decode().splitlines() == [
        f"{folder}/meters.csv:4: столбец zones: «two»: нужно целое число от 1 до 3",
        f"{folder}/meters.csv: не принят целиком, плохих строк: 1",
    ]


def test_standard_input_is_a_dash(database: Database) -> None:
    done = run(database, "import", "-", stdin=ACCOUNTS.encode("cp1251"))
    assert done.returncode == 0
    assert done.stdout.decode().startswith("stdin: принят (лицевые счета), строк 2")


def test_what_one_command_writes_the_other_reads(world: Database) -> None:
    written = run(world, "export", "readings").stdout
    done = run(world, "import", "-", stdin=written)
    assert "строк 4, новых 0, известных 4" in done.stdout.decode()


def test_parquet_goes_into_a_pipe(world: Database) -> None:
    done = run(world, "export", "meters", "--format", "parquet")
    assert pyarrow.parquet.read_table(io.BytesIO(done.stdout)).num_rows == 3


def test_but_not_onto_a_screen(database: Database) -> None:
    ours, theirs = pty.openpty()
    command: list[str | Path] = [SBYT, "export", "meters", "--format", "parquet"]
    done = subprocess.run(command, env=database.environ, stdout=theirs, stderr=subprocess.PIPE, check=False)
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert "не для экрана" in done.stderr.decode()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("bills", "--period", "2026-13"), "не период"),
        (("bills", "--since", "noon"), "не время"),
        (("accounts", "--period", "2026-11"), "нет периода"),
        (("readings", "--format", "xlsx"), "parquet"),
        (("rubles",), "accounts, meters"),
    ],
)
def test_a_wrong_option_is_said_to_be(database: Database, arguments: tuple[str, ...], said: str) -> None:
    done = run(database, "export", *arguments)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert done.stdout == b""


def test_since_is_local_time(world: Database) -> None:
    early, late = (  # it was loaded at 12:00 in Moscow
        run(world, "export", "readings", "--since", f"2026-11-20T{time}").stdout.splitlines()
        for time in ("12:00", "12:00:01")
    )
    assert (len(early), len(late)) == (5, 1)


def test_an_import_leaves_the_database_to_others_when_it_is_refused(world: Database) -> None:
    refused = run(world, "import", "-", stdin=readings("0001,E1,T1,5,2026-02-20,,,,").encode())
    taken = run(world, "import", "-", stdin=readings("0001,E1,T1,1005,2026-02-20,,,,").encode())
    assert (refused.returncode, taken.returncode) == (1, 0)
