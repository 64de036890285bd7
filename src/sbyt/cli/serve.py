"""``sbyt serve``: webhooks, the page, health and metrics, by granian."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer
from django.conf import settings
from django.db import connections

from sbyt.cli.readiness import refuse

_SHORTEST_KEY = 32
#: So long what is under way may take when the server is told to end, in seconds.
_GRACE = 20


def serve(host: str, port: int, workers: int, threads: int) -> None:
    """Serve until told to end, by so many processes. Each of their threads handles one request at a time."""
    _require_key()
    settings.CONNECTED_CHANNELS()  # whatever is wrong with their secrets is said now, not to the first customer
    _require_port(host, port)
    typer.echo(f"sbyt отвечает на http://{host}:{port}, процессов: {workers}. Завершить: Ctrl+C.", err=True)
    with _counting_together() as folder, _streaming(threads // 2, folder / "ending") as ending:
        connections.close_all()  # no connection may be shared with the processes that begin now
        _granian(host, port, workers, threads, ending).serve()


def _require_key() -> None:
    key = os.environ.get("SBYT_SECRET_KEY", "")  # Django raises when an empty one is asked for
    if not key:
        refuse(
            "Не задан SBYT_SECRET_KEY: им подписываются страницы. Придумайте один раз и храните: openssl rand -hex 32"
        )
    if len(key) < _SHORTEST_KEY:
        refuse(f"SBYT_SECRET_KEY короче {_SHORTEST_KEY} знаков: его подберут. Возьмите другой: openssl rand -hex 32")


def _require_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trying:
        trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trying.bind((host, port))
        except (OSError, OverflowError):
            refuse(f"Порт {port} на {host} занят или недоступен. Назовите другой: --port")


@contextmanager
def _counting_together() -> Iterator[Path]:
    """A folder in which the processes keep their counters, for as long as the server runs."""
    folder = tempfile.mkdtemp(prefix="sbyt-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
    try:
        yield Path(folder)
    finally:
        del os.environ["PROMETHEUS_MULTIPROC_DIR"]
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _streaming(most: int, ending: Path) -> Iterator[Path]:
    """Tell the processes for how many streams they may hold a thread, and by which file they learn that all ends."""
    told = {"SBYT_STREAMS": str(most), "SBYT_ENDING": str(ending)}
    os.environ.update(told)
    try:
        yield ending
    finally:
        for name in told:
            del os.environ[name]


def _granian(host: str, port: int, workers: int, threads: int, ending: Path) -> Any:
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    class Ours(Server):  # type: ignore[misc, valid-type]
        def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
            ending.touch()  # a stream would be waited for until it is over
            super().signal_handler_interrupt(*args, **kwargs)

    return Ours(
        "sbyt.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,  # each has its own connection to the database; they share commits
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=_GRACE,
        log_level=LogLevels.warning,
        # Its events go the way of ours: through the log of this process.
        log_dictconfig={"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}},
    )
