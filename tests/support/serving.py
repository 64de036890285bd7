"""``sbyt serve`` as a process of its own, and how to ask it something."""

from __future__ import annotations

import datetime as dt
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

KEY = "k" * 40

_PATIENCE = 60.0


@dataclass(frozen=True)
class Answered:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


@dataclass(frozen=True)
class Served:
    """A server under test."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def ask(
        self, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, method: str = ""
    ) -> Answered:
        """Ask over a connection of its own; a body is posted."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)
        try:
            connection.request(method or ("GET" if body is None else "POST"), path, body, dict(headers or {}))
            response = connection.getresponse()
            return Answered(
                response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
            )
        finally:
            connection.close()

    def logged(self) -> str:
        """All that it wrote to standard output and standard error."""
        return self.log.read_text(encoding="utf-8")

    def metric(self, name: str) -> float:
        """The value of a metric by its name with its labels; 0 where it isn't there."""
        lines = (line.rpartition(" ") for line in self.ask("/metrics").text.splitlines())
        return next((float(value) for named, _, value in lines if named == name), 0.0)


@contextmanager
def serving(environ: Mapping[str, str], *words: str) -> Iterator[Served]:
    """Start the command on a free port of loopback; end it as an administrator would."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("sbyt")), "serve", "--port", str(port), *words]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                command,
                env={**os.environ, "SBYT_SECRET_KEY": KEY, "SBYT_LOG_LEVEL": "debug", **environ},
                cwd="/",
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        try:
            served = Served(port, process, log)
            _wait_until_it_answers(served)
            yield served
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(_PATIENCE)


def right_now() -> dt.datetime:
    """The time by the clock that the server goes by."""
    return dt.datetime.now(dt.UTC)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _wait_until_it_answers(served: Served) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and served.process.poll() is None:
        try:
            served.ask("/healthz")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"sbyt serve does not answer:\n{served.logged()}")
