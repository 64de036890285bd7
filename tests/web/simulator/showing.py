"""A demonstration as it runs: ``sbyt serve`` and ``sbyt work``, real processes on one database."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.databases import Database
from tests.support.household import a_meter, an_account, was_read_monthly
from tests.support.serving import Served, serving

#: The telephone takes readings on few days, the test is run on any.
SETTINGS = """
[channels.voice]
first_day = 1
last_day = 31
[channels.whatsapp]
state = "withdrawn"
[demo]
simulator = true
"""


def town() -> None:
    """One meter in the first account, day and night in the second."""
    first = an_account("2000000001", name="Петров П. П.", phone="+79120000101")
    was_read_monthly(a_meter(first, "40010001"), 3230, use=(120,))
    second = an_account("2000000002", name="Сидорова А. А.", phone="+79120000102")
    was_read_monthly(a_meter(second, "40010002", zones=2, digits=6), 6840, 2500, use=(140, 60))


def environ_in(database: Database, folder: Path, settings: str = SETTINGS) -> dict[str, str]:
    file = folder / "sbyt.toml"
    file.write_text(settings, encoding="utf-8")
    return {**database.environ, "SBYT_CONFIG": str(file)}


@contextmanager
def showing(database: Database, folder: Path, *words: str) -> Iterator[Served]:
    """Both processes; they end as an administrator would end them."""
    environ = environ_in(database, folder)
    with serving(environ, *words) as served, working(environ):
        yield served


@contextmanager
def working(environ: dict[str, str]) -> Iterator[None]:
    program = Path(sys.executable).with_name("sbyt")
    process = subprocess.Popen([program, "work"], env=environ, cwd="/", stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


class Stream:
    """Somebody who watches the board."""

    def __init__(self, served: Served, after: str = "", last: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=20)
        path = f"/board/events?after={after}"
        self._connection.connect()
        self._socket = self._connection.sock  # the response keeps it: the server says that it closes afterwards
        self._connection.request("GET", path, headers={"Last-Event-ID": last} if last else {})
        self._response = self._connection.getresponse()
        self.status, self.headers = self._response.status, dict(self._response.getheaders())
        self.retry = self._line()

    def _line(self) -> str:
        return self._response.readline().decode().rstrip("\n")

    def event(self) -> tuple[str, dict[str, Any]]:
        """The next event: its id, and what it tells."""
        name = ""
        while line := self._response.readline().decode():
            if line.startswith("id: "):
                name = line[4:].strip()
            if line.startswith("data: "):
                told: dict[str, Any] = json.loads(line[6:])
                return name, told
        raise EOFError

    def rest(self) -> str:
        """All that still comes, to the end."""
        return self._response.read().decode()

    def holds_on(self) -> bool:
        """Whether it still stands after a second in which nothing happened."""
        self._socket.settimeout(1)
        try:
            return self._response.readline() not in (b"", b"\n") or self._response.readline() != b""
        except TimeoutError:
            return True

    def leave(self) -> None:
        self._socket.close()
        self._response.close()
        self._connection.close()


@contextmanager
def watching(served: Served, after: str = "", last: str = "") -> Iterator[Stream]:
    """Watch the board for a while, then go."""
    stream = Stream(served, after, last)
    try:
        yield stream
    finally:
        stream.leave()
