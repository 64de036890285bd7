"""Keeps tests on this machine: a connection to anywhere else is an error, whoever opens it."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any


class UnableToLeaveThisMachine(RuntimeError):
    """A test tried to reach another host."""

    def __init__(self, address: object) -> None:
        super().__init__(f"a test connects to {address!r}; tests talk to this machine only: start a server on loopback")


def stay_on_this_machine() -> None:
    """Refuse every connection of this process that is not to loopback or to a Unix socket, until it ends."""
    sys.addaudithook(_refuse_others)


def _refuse_others(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        address = args[1]
        # A Unix socket's address is a path; only internet addresses are (host, port, …).
        if isinstance(address, tuple) and not _is_loopback(str(address[0])):
            raise UnableToLeaveThisMachine(address)
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and args[0] and not _is_loopback(_text(args[0])):
        raise UnableToLeaveThisMachine(args[0])


def _text(host: str | bytes) -> str:
    return host.decode() if isinstance(host, bytes) else host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host == "localhost"
