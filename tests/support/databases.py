"""Fresh, migrated databases, made in milliseconds by copying one that was migrated once."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from sbyt.config.database import database_settings
from tests.support.postgresql import Server


@dataclass(frozen=True)
class Database:
    """An empty database with all tables, to which Django's default connection points while the test runs."""

    kind: str  # sqlite or postgresql
    url: str

    @property
    def environ(self) -> dict[str, str]:
        """The environment for a command started as a process of its own on this database."""
        return {**os.environ, "DATABASE_URL": self.url}


#: Gives a fresh database for the length of a ``with`` block: what property tests call once an example.
FreshDatabase = Callable[[], AbstractContextManager[Database]]


@contextmanager
def pointed_at(url: str) -> Iterator[None]:
    """Let Django's settings and default connection name this database, and restore them afterwards.

    Connections of this thread only; another thread must end those that it opened.
    """
    before = dict(settings.DATABASES["default"])
    _point(database_settings({"DATABASE_URL": url}))
    try:
        yield
    finally:
        _point(before)


def _point(described: dict[str, Any]) -> None:
    if hasattr(connections._connections, "default"):  # type: ignore[attr-defined]  # Django's own test tools use it
        connections["default"].close()
        del connections["default"]
    settings.DATABASES["default"].clear()
    settings.DATABASES["default"].update(described)
    connections.configure_settings(settings.DATABASES)  # fills in the defaults, in place


def sqlite_copies(folder: Path) -> FreshDatabase:
    """Migrate one SQLite file in this folder; what is returned makes copies of it there."""
    template = folder / "template.sqlite3"
    with pointed_at(f"sqlite:///{template}"):
        call_command("migrate", verbosity=0)
    numbers = itertools.count(1)

    @contextmanager
    def fresh() -> Iterator[Database]:
        path = folder / f"{next(numbers)}.sqlite3"
        shutil.copyfile(template, path)
        url = f"sqlite:///{path}"
        with pointed_at(url):
            yield Database("sqlite", url)
        for left in folder.glob(f"{path.name}*"):
            left.unlink()

    return fresh


def postgresql_copies(server: Server) -> FreshDatabase:
    """Migrate one database of this server; what is returned makes copies of it there."""
    server.create("migrated")
    with pointed_at(server.url("migrated")):
        call_command("migrate", verbosity=0)
    numbers = itertools.count(1)

    @contextmanager
    def fresh() -> Iterator[Database]:
        name = f"test_{next(numbers)}"
        server.create(name, template="migrated")
        with pointed_at(server.url(name)):
            yield Database("postgresql", server.url(name))
        server.drop(name)

    return fresh
