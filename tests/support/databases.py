"""Fresh, migrated databases, made in milliseconds by copying one that was migrated, and perhaps filled, once."""

from __future__ import annotations

import itertools
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from sbyt.config.database import database_settings
from tests.support.postgresql import Server


@dataclass(frozen=True)
class Database:
    """A database of a test's own, to which Django's default connection points while the test runs."""

    kind: str  # sqlite or postgresql
    url: str

    @property
    def environ(self) -> dict[str, str]:
        """The environment for a command started as a process of its own on this database, with built-in settings."""
        return {**os.environ, "DATABASE_URL": self.url, "SBYT_CONFIG": os.devnull}


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


#: Puts into a migrated database what a test begins with.
Fill = Callable[[], object]


def _migrate() -> None:
    call_command("migrate", verbosity=0)


class FreshDatabase(ABC):
    """Called in a ``with``, it gives a database of its own: what property tests do once an example.

    Given a function that fills a database, it is called once, and each test gets a copy of what it made.
    """

    kind: ClassVar[str]

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._kept: dict[Fill, str] = {}

    @contextmanager
    def __call__(self, filled_by: Fill = _migrate) -> Iterator[Database]:
        with self._one(self._template(filled_by)) as database, pointed_at(database.url):
            yield database

    @contextmanager
    def without_tables(self) -> Iterator[Database]:
        """A database in which nothing is, no table either. Django's connection is left alone."""
        with self._one(None) as database:
            yield database

    def _template(self, fill: Fill) -> str:
        if fill not in self._kept:
            name = f"template_{next(self._numbers)}"
            self._make(name, None if fill is _migrate else self._template(_migrate))
            with pointed_at(self._url(name)):
                fill()
            self._kept[fill] = name
        return self._kept[fill]

    @contextmanager
    def _one(self, template: str | None) -> Iterator[Database]:
        name = f"test_{next(self._numbers)}"
        self._make(name, template)
        try:
            yield Database(self.kind, self._url(name))
        finally:
            self._remove(name)

    @abstractmethod
    def _url(self, name: str) -> str: ...

    @abstractmethod
    def _make(self, name: str, template: str | None) -> None:
        """Make a database as a copy of another, to which nobody is connected, or an empty one."""

    @abstractmethod
    def _remove(self, name: str) -> None: ...


class SQLiteCopies(FreshDatabase):
    """Files in a folder."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.sqlite3"

    def _url(self, name: str) -> str:
        return f"sqlite:///{self._path(name)}"

    def _make(self, name: str, template: str | None) -> None:
        if template:
            shutil.copyfile(self._path(template), self._path(name))
        else:
            self._path(name).touch()

    def _remove(self, name: str) -> None:
        for left in self._folder.glob(f"{name}.sqlite3*"):
            left.unlink()


class PostgreSQLCopies(FreshDatabase):
    """Databases of a server."""

    kind = "postgresql"

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server

    def _url(self, name: str) -> str:
        return self._server.url(name)

    def _make(self, name: str, template: str | None) -> None:
        self._server.create(name, template or "template0")

    def _remove(self, name: str) -> None:
        self._server.drop(name)
