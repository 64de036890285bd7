"""What ``DATABASE_URL`` may be."""

from __future__ import annotations

import pytest

from sbyt.config.database import database_settings
from sbyt.config.problems import UnableToStart


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("", "var/sbyt.sqlite3"),
        ("sqlite:///var/town.sqlite3", "var/town.sqlite3"),
        ("sqlite:////srv/town.sqlite3", "/srv/town.sqlite3"),
        ("sqlite:////srv/my%20town.sqlite3", "/srv/my town.sqlite3"),
        ("sqlite:///:memory:", ":memory:"),
    ],
)
def test_an_sqlite_address_names_a_file(url: str, file: str) -> None:
    described = database_settings({"DATABASE_URL": url})
    assert (described["ENGINE"], described["NAME"]) == ("django.db.backends.sqlite3", file)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("postgresql://anna:p%40ss@db.example.org:5433/town", ("town", "anna", "p@ss", "db.example.org", "5433")),
        ("postgres://db/town", ("town", "", "", "db", "")),
        ("postgresql:///town", ("town", "", "", "", "")),
        ("postgresql://anna@/town?host=%2Frun%2Fpostgresql&port=5433", ("town", "anna", "", "/run/postgresql", "5433")),
    ],
)
def test_a_postgresql_address_names_server_database_and_user(url: str, parts: tuple[str, ...]) -> None:
    described = database_settings({"DATABASE_URL": url})
    assert described["ENGINE"] == "django.db.backends.postgresql"
    assert tuple(described[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")) == parts


def test_other_words_of_an_address_are_options_of_the_connection() -> None:
    described = database_settings({"DATABASE_URL": "postgresql://db/town?sslmode=verify-full"})
    assert described["OPTIONS"] == {"connect_timeout": "10", "sslmode": "verify-full"}


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://anna:cake@db/town", "начинается с 'mysql'"),
        ("town.sqlite3", "не назван вид базы"),
        ("sqlite://user:secret@town/x.sqlite3", "у SQLite нет сервера, а назван 'town'"),
        ("sqlite://town.sqlite3", "у SQLite нет сервера, а назван 'town.sqlite3'"),
        ("sqlite:///", "не назван файл"),
        ("postgresql://anna:cake@db/", "не названа база"),
        ("postgresql://anna:cake@db:port/town", "не разобрать адрес"),
        ("postgresql://[::1/town", "не разобрать адрес"),
    ],
)
def test_another_address_is_refused_with_what_is_allowed_and_without_the_password(url: str, why: str) -> None:
    with pytest.raises(UnableToStart) as caught:
        database_settings({"DATABASE_URL": url})
    said = str(caught.value)
    assert said.startswith(f"DATABASE_URL: {why}")
    assert "sqlite:///путь/к/файлу" in said
    assert "cake" not in said
