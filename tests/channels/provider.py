"""A provider on loopback that answers, or fails to, as it is told: by bytes on a real socket."""

from __future__ import annotations

import enum
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Behaviour(enum.StrEnum):
    """What a provider may do with what it is sent."""

    TAKES_IT = "200"
    GARBAGE = "200 with a garbage body"
    BAD_REQUEST = "400"
    UNAUTHORISED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    TOO_FAST = "429 with Retry-After"
    FAILED = "500"
    BAD_GATEWAY = "502"
    HANGS = "hangs"
    CUTS_BEFORE = "closes the connection without a word"
    CUTS = "cuts the answer in the middle"
    REFUSES = "refuses connections"


#: What ``TOO_FAST`` asks for, in seconds.
RETRY_AFTER = 17


class Provider:
    """Listens, keeps what it got, and behaves. ``taken``: whole requests, heads and bodies."""

    def __init__(self, behaviour: Behaviour, takes: bytes) -> None:
        self._behaviour = behaviour
        self._takes = takes
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.1)
        self._thread = threading.Thread(target=self._serve)
        self.taken: list[tuple[bytes, bytes]] = []
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/"

    def start(self) -> None:
        if self._behaviour is Behaviour.REFUSES:
            self._listening.close()  # nobody listens on its port any more
        else:
            self._thread.start()

    def stop(self) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                self._behave(connection)

    def _behave(self, connection: socket.socket) -> None:
        self.taken.append(_request(connection))
        match self._behaviour:
            case Behaviour.HANGS:
                self._over.wait()
            case Behaviour.CUTS_BEFORE:
                pass
            case Behaviour.CUTS:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
            case Behaviour.TAKES_IT:
                connection.sendall(_response(b"200 OK", self._takes))
            case Behaviour.GARBAGE:
                connection.sendall(_response(b"200 OK", b"<html>\xff\xfe\x00 not what you think"))
            case Behaviour.TOO_FAST:
                connection.sendall(_response(b"429 Slow down", b"", b"Retry-After: %d\r\n" % RETRY_AFTER))
            case _:
                connection.sendall(_response(self._behaviour.value.encode() + b" Told so", b"no"))


def _request(connection: socket.socket) -> tuple[bytes, bytes]:
    """The head and the body of a request that says how long it is."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head, body


def _response(status: bytes, body: bytes, more: bytes = b"") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n%s\r\n%s" % (status, len(body), more, body)


@contextmanager
def provider(behaviour: Behaviour, takes: bytes = b"{}") -> Iterator[Provider]:
    """A provider that behaves so. ``takes`` is the body of its answer when all is well."""
    made = Provider(behaviour, takes)
    made.start()
    try:
        yield made
    finally:
        made.stop()
