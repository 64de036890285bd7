"""``sbyt staff``, as it is called."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth import authenticate
from typer.testing import CliRunner

from sbyt.cli.main import app
from sbyt.staff.models import User
from tests.support.databases import Database

PASSWORD = "correct horse battery"


def sbyt(*words: str, typed: str = "") -> tuple[int, str]:
    """Exit status, and all that was said."""
    done = CliRunner().invoke(app, ["staff", *words], input=typed, catch_exceptions=False)
    return done.exit_code, done.output


def add(name: str = "anna", *roles: str) -> tuple[int, str]:
    named = [word for role in roles or ("operator",) for word in ("--role", role)]
    return sbyt("add", name, *named, "--password-stdin", typed=f"{PASSWORD}\n")


def test_at_first_nobody_works_here_and_how_to_begin_is_said(database: Database) -> None:
    assert sbyt("list") == (0, "Сотрудников ещё нет. Первый: sbyt staff add ИМЯ --role administrator\n")


def test_who_is_added_may_log_in_and_is_listed(database: Database) -> None:
    assert add("anna", "operator", "billing") == (0, "anna может войти: /office/. Роли: operator, billing.\n")
    assert authenticate(username="anna", password=PASSWORD) == User.objects.get(username="anna")
    assert sbyt("list") == (0, "anna  billing, operator; ещё не входил\n")


def test_the_password_is_asked_for_twice_and_not_shown(database: Database) -> None:
    status, said = sbyt("add", "anna", "--role", "operator", typed=f"{PASSWORD}\nanother\n{PASSWORD}\n{PASSWORD}\n")
    assert (status, PASSWORD in said) == (0, False)
    assert authenticate(username="anna", password=PASSWORD)


@pytest.mark.parametrize(
    ("name", "role", "password", "told"),
    [
        ("anna", "operator", "short", "слишком короткий"),
        ("anna", "operator", "1234567890123", "только из цифр"),
        ("anna-smirnova", "operator", "anna-smirnova", "похож"),
        ("anna", "operator", "", "слишком короткий"),
        ("Анна Смирнова", "operator", PASSWORD, "не подходит: нужны буквы"),
        ("anna", "boss", PASSWORD, "operator, billing, administrator"),
        ("Boris", "operator", PASSWORD, "занято. Новый пароль: sbyt staff password Boris"),
    ],
)
def test_what_can_not_be_is_told_and_nobody_added(
    database: Database, name: str, role: str, password: str, told: str
) -> None:
    add("boris")
    status, said = sbyt("add", name, "--role", role, "--password-stdin", typed=f"{password}\n")
    assert status == 2
    assert told in " ".join(said.replace("│", " ").split())
    assert User.objects.count() == 1


def test_who_is_let_go_can_not_log_in_until_let_in_again(database: Database) -> None:
    add()
    assert sbyt("disable", "anna") == (0, "anna больше не войдёт.\n")
    assert authenticate(username="anna", password=PASSWORD) is None
    assert sbyt("list")[1] == "anna  operator; ✗ вход закрыт\n"
    assert sbyt("disable", "anna") == (0, "anna и раньше не мог войти: ничего не изменилось.\n")
    sbyt("enable", "anna")
    assert authenticate(username="anna", password=PASSWORD)


def test_a_new_password_replaces_the_old_one(database: Database) -> None:
    add()
    assert sbyt("password", "ANNA", "--password-stdin", typed="another horse battery\n")[0] == 0
    assert authenticate(username="anna", password=PASSWORD) is None
    assert authenticate(username="anna", password="another horse battery")


def test_who_lost_the_phone_is_let_in_by_the_password_again(database: Database) -> None:
    add()
    TOTP.activate(User.objects.get(), generate_totp_secret())
    assert sbyt("reset", "anna")[1] == "anna: второй шаг входа выключен, ключи забыты. Войти можно по паролю.\n"
    assert not Authenticator.objects.exists()
    assert sbyt("reset", "anna")[1] == "anna: второго шага входа и так не было. Войти можно по паролю.\n"


@pytest.mark.parametrize("command", ["disable", "enable", "password", "reset"])
def test_who_is_not_there_is_told(database: Database, command: str) -> None:
    words = ["--password-stdin"] if command == "password" else []
    assert sbyt(command, "anna", *words, typed=PASSWORD) == (2, "Сотрудника 'anna' нет. Все: sbyt staff list\n")
