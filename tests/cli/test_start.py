"""What a command does before it begins, and when it can't."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from tests.support.databases import Database


def sbyt(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a user does: a process of its own, whose working folder is not the checkout."""
    program = Path(sys.executable).with_name("sbyt")
    folder = environ.pop("folder", "/")
    return subprocess.run(
        [program, *words], env={**os.environ, **environ}, cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_version_is_told() -> None:
    assert re.fullmatch(r"sbyt \d+\.\d+\.\d+\n", sbyt("--version").stdout)


def test_a_wrong_setting_ends_a_command_with_its_place_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "sbyt.toml").write_text("[window]\nlast_day = 32\n", encoding="utf-8")
    done = sbyt("migrate", SBYT_CONFIG="", folder=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "sbyt не запущен: настройки с ошибками.\n"
        "sbyt.toml, строка 2: window.last_day = 32; нужно: день месяца, целое число от 1 до 31\n"
    )


def test_help_is_there_whatever_the_settings() -> None:
    assert sbyt("migrate", "--help", SBYT_CONFIG="/nowhere").returncode == 0


def test_migrate_makes_the_folder_and_the_database(tmp_path: Path) -> None:
    file = tmp_path / "var" / "town.sqlite3"
    done = sbyt("migrate", DATABASE_URL=f"sqlite:///{file}")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(rf"База {file} готова\. Применено изменений: \d+\.\n", done.stdout)


def test_migrate_prepares_an_empty_database(empty_database: Database) -> None:
    done = sbyt("migrate", DATABASE_URL=empty_database.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"База \S+ готова\. Применено изменений: \d+\.\n", done.stdout)


def test_migrating_again_changes_nothing(database: Database) -> None:
    done = sbyt("migrate", DATABASE_URL=database.url)
    assert done.returncode == 0
    assert done.stdout.endswith("уже готова, менять нечего.\n")


def test_a_database_of_a_later_version_is_left_alone(database: Database) -> None:
    MigrationRecorder(connection).record_applied("billing", "0099_later")
    done = sbyt("migrate", DATABASE_URL=database.url)
    assert done.returncode == 2
    assert "сделана более новой версией sbyt (billing.0099_later)" in done.stderr


COMMANDS = [("say", "--from", "+79120000101", "4425"), ("bill", "2026-11"), ("import", "/"), ("export", "bills")]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_without_a_file_the_command_that_makes_it_is_named(tmp_path: Path, command: tuple[str, ...]) -> None:
    file = tmp_path / "town.sqlite3"
    done = sbyt(*command, DATABASE_URL=f"sqlite:///{file}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Базы {file} ещё нет. Создайте её: sbyt migrate\n"
    assert not file.exists()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_on_an_empty_database_too(empty_database: Database, command: tuple[str, ...]) -> None:
    done = sbyt(*command, DATABASE_URL=empty_database.url)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"База \S+ не готова к работе\. Подготовьте её: sbyt migrate\n", done.stderr)


def test_a_database_that_the_server_has_not_is_told_in_a_line(postgresql_database: Database) -> None:
    done = sbyt("migrate", DATABASE_URL=re.sub(r"/test_\d+", "/no_such", postgresql_database.url))
    assert done.returncode == 2
    assert 'database "no_such" does not exist' in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["migrate", "doctor"])
def test_what_is_no_database_is_told_in_a_line(tmp_path: Path, command: str) -> None:
    file = tmp_path / "town.sqlite3"
    file.write_text("a shopping list, and no database at all " * 100, encoding="utf-8")
    done = sbyt(command, DATABASE_URL=f"sqlite:///{file}")
    assert done.returncode in (1, 2)
    assert f"{file} не отвечает: file is not a database" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["migrate", "doctor"])
def test_a_database_that_does_not_answer_is_told_in_a_line(command: str) -> None:
    done = sbyt(command, DATABASE_URL="postgresql://anna:cake@127.0.0.1:1/town")
    assert done.returncode in (1, 2)
    assert "127.0.0.1/town не отвечает" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert "cake" not in done.stdout + done.stderr
