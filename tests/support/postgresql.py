"""A private PostgreSQL server for one run of the tests: its own folder, a Unix socket, no port."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

_NAME = "sbyt"


@dataclass(frozen=True)
class Server:
    """A running server. Its socket lies in ``folder``; whoever may read the folder is let in as superuser.

    ``durable``: a commit waits until it is on the disk, which tests have no need of.
    """

    folder: Path
    user: str
    programs: Path
    durable: bool = False

    def start(self) -> None:
        """Start it, as its data were left."""
        fsync = "on" if self.durable else "off"
        folder = f"-c listen_addresses= -c unix_socket_directories={self.folder}"
        options = f"{folder} -c fsync={fsync} -c max_connections=50"
        _run(_owner(), [*self._pg_ctl, "-l", self.folder / "log", "-o", options, "start"])

    def stop(self, mode: str = "immediate") -> None:
        """Stop it at once, as a crash would: the next start recovers what was committed. Or ``fast``, all written."""
        _run(_owner(), [*self._pg_ctl, "-m", mode, "stop"])

    @property
    def _pg_ctl(self) -> list[str | Path]:
        return [self.programs / "pg_ctl", "-w", "-D", self.folder / "data"]

    def url(self, database: str) -> str:
        """The ``DATABASE_URL`` of one of its databases."""
        return f"postgresql://{self.user}@/{database}?host={quote(str(self.folder), safe='')}"

    def create(self, database: str, template: str = "template0") -> None:
        """Make a database as a copy of another, to which nobody may be connected."""
        # Copying files takes half the time of writing their pages to the log, for databases as small as ours.
        self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", database, template)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._execute("DROP DATABASE {} WITH (FORCE)", database)

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def in_memory() -> Path | None:
    """A folder that lies in memory, if there is room for two gigabytes; else None: where temporary files lie.

    Each test has a database of its own: some hundred files. On a disk it takes most of the time to make them.
    """
    folder = Path("/dev/shm")
    return folder if folder.is_dir() and shutil.disk_usage(folder).free >= 2 << 30 else None


@contextmanager
def running_server(programs: Path, parent: Path | None = None, *, durable: bool = False) -> Iterator[Server]:
    """Start a server from the programs in this folder; stop it and remove its data at the end.

    Its data lie below ``parent``, which its user may enter, or where temporary files do.
    """
    folder = Path(tempfile.mkdtemp(prefix="sbyt-pg-", dir=parent))
    try:
        server = _made(programs, folder, durable=durable)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def kept_server(programs: Path, folder: Path, *, durable: bool = False) -> Iterator[Server]:
    """Start a server whose data lie in this folder, and stay there; stop it at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    there = (folder / "data" / "PG_VERSION").exists()
    server = Server(folder, _NAME, programs, durable) if there else _made(programs, folder, durable=durable)
    server.start()
    try:
        yield server
    finally:
        server.stop("fast")


def _made(programs: Path, folder: Path, *, durable: bool) -> Server:
    owner = _owner()
    if owner:
        shutil.chown(folder, user=owner)
    initdb: list[str | Path] = [programs / "initdb", "-U", _NAME, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    _run(owner, [*initdb, "-D", folder / "data"])
    return Server(folder, _NAME, programs, durable)


def _owner() -> str | None:
    """The server refuses to run as root: then the user that its package made runs it."""
    if os.geteuid() != 0:
        return None
    return pwd.getpwnam("postgres").pw_name


def _run(owner: str | None, command: Sequence[str | Path]) -> None:
    # The server inherits pg_ctl's output: a pipe would stay open as long as it runs.
    nowhere = subprocess.DEVNULL
    done = subprocess.run(command, user=owner, cwd="/", stdin=nowhere, stdout=nowhere, stderr=nowhere, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with status {done.returncode}; run it by hand to see why: {command}")
