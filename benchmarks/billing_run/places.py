"""The two databases: a world made once and kept, and copies of it to bill, each in the same state."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psycopg

from benchmarks.billing_run.commands import measured, sbyt
from tests.support.postgresql import Server


@dataclass(frozen=True)
class Size:
    """What a world is made by: how many accounts, how many months are billed, from which seed."""

    accounts: int
    billed: int
    seed: int

    @property
    def name(self) -> str:
        return f"world_{self.accounts}_{self.billed}_{self.seed}"


class Place(Protocol):
    """Where worlds are kept and copied."""

    name: str

    def prepare(self, size: Size) -> None:
        """Make the world, unless one is kept: then its tables are brought up to date."""

    def copied(self, size: Size) -> Any:
        """A context with the URL of a fresh copy, which is removed at the end."""

    @property
    def folder(self) -> Path:
        """Where whoever writes the database's files may write."""


class SQLite:
    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self, size: Size) -> None:
        kept, making = self._path(size.name), self._path("making")
        if not kept.exists():
            _remove(making)
            _fill(f"sqlite:///{making}", size)
            making.rename(kept)
        sbyt(f"sqlite:///{kept}", "migrate")

    @contextmanager
    def copied(self, size: Size) -> Iterator[str]:
        descriptor, name = tempfile.mkstemp(".sqlite3", "used-", self.folder)
        os.close(descriptor)
        try:
            shutil.copyfile(self._path(size.name), name)
            _settle()
            yield f"sqlite:///{name}"
        finally:
            _remove(Path(name))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.sqlite3"


class PostgreSQL:
    name = "PostgreSQL"

    def __init__(self, server: Server) -> None:
        self._server = server
        self._used = 0

    @property
    def folder(self) -> Path:
        return self._server.folder

    def prepare(self, size: Size) -> None:
        if size.name not in self._databases():
            self._drop("making")
            self._server.create("making")
            _fill(self._server.url("making"), size)
            self._execute(f"ALTER DATABASE making RENAME TO {size.name}")
        sbyt(self._server.url(size.name), "migrate")

    @contextmanager
    def copied(self, size: Size) -> Iterator[str]:
        self._used += 1
        used = f"used_{self._used}"
        self._drop(used)
        self._server.create(used, template=size.name)
        _settle()
        try:
            yield self._server.url(used)
        finally:
            self._drop(used)

    def _databases(self) -> set[str]:
        return {name for (name,) in self._execute("SELECT datname FROM pg_database")}

    def _drop(self, database: str) -> None:
        if database in self._databases():
            self._server.drop(database)

    def _execute(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._server.url("postgres"), autocommit=True) as connection:
            found = connection.execute(statement.encode())
            return found.fetchall() if found.description else []


def _fill(url: str, size: Size) -> None:
    sbyt(url, "migrate")
    told = measured(url, "fill", str(size.accounts), str(size.billed), str(size.seed))
    print(f"{size.name} made: {told['loading']:.0f} s loading, {told['billing']:.0f} s billing", file=sys.stderr)


def _settle() -> None:
    """What copying left to be written goes to the disk now, not while something is measured."""
    os.sync()


def _remove(path: Path) -> None:
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()
