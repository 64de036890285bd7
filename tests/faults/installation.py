"""Our processes, as an administrator would have them run, and what may be done to them."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.faults.outside import SECRET
from tests.support.databases import Database

SBYT = Path(sys.executable).with_name("sbyt")
_SETTINGS = """
[quiet]
from_hour = 0
to_hour = 0

[channels.webform]
state = "open"

[channels.webform.options]
callback = "{callback}"
seconds = 5
"""


class Installation:
    """``sbyt serve`` and any number of ``sbyt work``, by their names."""

    def __init__(self, folder: Path, database: Database, callback: str, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = _free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        settings = folder / "sbyt.toml"
        settings.write_text(_SETTINGS.format(callback=callback))
        self._environ = {
            **database.environ,
            "SBYT_CONFIG": str(settings),
            "SBYT_SECRET_KEY": "k" * 40,
            "SBYT_WEBFORM_SECRET": SECRET,
            **environ,
        }

    def start(self, name: str) -> None:
        """Start ``web`` or a worker, whatever it is called."""
        words = ["serve", "--port", str(self.port)] if name == "web" else ["work"]
        self._running[name] = self._popen(name, words)

    def start_all(self, *names: str) -> None:
        for name in names:
            self.start(name)
        self.wait_for_web()

    def kill(self, name: str) -> None:
        """``kill -9`` of a process and those that it started."""
        process = self._running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end(self, name: str) -> int:
        """End it as an administrator would; the exit status."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(60)

    def is_running(self, name: str) -> bool:
        return self._running[name].poll() is None

    def work_off(self, environ: Mapping[str, str] | None = None) -> None:
        """Do all that is due, by a worker that ends then."""
        process = self._popen("once", ["work", "--once"], environ)
        assert process.wait(90) == 0, self.log("once")

    def wait_for_web(self, seconds: float = 60) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/healthz")
                connection.getresponse().read()
                connection.close()
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
            else:
                return
        raise AssertionError(f"sbyt serve does not answer: {self.log('web')}")

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def _popen(self, name: str, words: list[str], environ: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [SBYT, *words],
                env={**self._environ, **(environ or {})},
                cwd=self.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill_all(self) -> None:
        for name in list(self._running):
            self.kill(name)


@contextmanager
def installed(
    folder: Path, database: Database, callback: str, environ: Mapping[str, str] | None = None
) -> Iterator[Installation]:
    """An installation on this database; nothing of it is left at the end."""
    installation = Installation(folder, database, callback, environ or {})
    try:
        yield installation
    finally:
        installation.kill_all()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
