"""Before a command begins: whether the database is there and has the tables of this version."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DatabaseError, OperationalError, connection
from django.db.migrations.loader import MigrationLoader

#: The commands that work where there is no database yet, or none that is up to date.
PREPARING = frozenset({"migrate", "doctor"})

#: The exit status of a command that could not begin.
NOT_READY = 2


def database_name() -> str:
    """The database as a person knows it: the file, or server and name. No password."""
    described = settings.DATABASES[DEFAULT_DB_ALIAS]
    if connection.vendor == "sqlite":
        return str(described["NAME"])
    return f"{described['HOST'] or 'localhost'}/{described['NAME']}"


def sqlite_file() -> Path | None:
    """The file of the database; None where it is PostgreSQL, or in memory."""
    name = str(settings.DATABASES[DEFAULT_DB_ALIAS]["NAME"])
    return Path(name) if connection.vendor == "sqlite" and name != ":memory:" else None


def is_out_of_reach(error: DatabaseError) -> bool:
    """Whether the database itself failed: no answer, no room, no database at all. Anything else is an error of ours."""
    return type(error) in (DatabaseError, OperationalError)


def waiting_migrations() -> list[str]:
    """The migrations that the database has not had, like ``accounts.0001_initial``.

    :raises DatabaseError: if the database can't be reached.
    """
    loader = MigrationLoader(connection)
    return [f"{app}.{name}" for app, name in sorted(set(loader.disk_migrations) - _applied(loader))]


def unknown_migrations() -> list[str]:
    """The migrations that the database has had and this program does not know: it was made by a later version."""
    loader = MigrationLoader(connection)
    known_apps = {app for app, _ in loader.disk_migrations}
    unknown = _applied(loader) - set(loader.disk_migrations)
    return [f"{app}.{name}" for app, name in sorted(unknown) if app in known_apps]


def _applied(loader: MigrationLoader) -> set[tuple[str, str]]:
    applied: Mapping[tuple[str, str], Any] = loader.applied_migrations or {}
    return set(applied)


def require_migrated() -> None:
    """End the command, with a word on what to do, unless the database is ready for it.

    :raises DatabaseError: if the database can't be reached.
    """
    file = sqlite_file()
    if file and not file.exists():
        refuse(f"Базы {file} ещё нет. Создайте её: sbyt migrate")
    if waiting_migrations():
        refuse(f"База {database_name()} не готова к работе. Подготовьте её: sbyt migrate")


def refuse(said: str) -> None:
    """Say on standard error why the command can't begin, and end it."""
    typer.echo(said, err=True)
    raise typer.Exit(NOT_READY)
