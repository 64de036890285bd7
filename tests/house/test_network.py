"""Tests stay on this machine."""

from __future__ import annotations

import socket

import pytest

from tests.support.network import UnableToLeaveThisMachine


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 443, 0, 0)])
def test_another_host_is_out_of_reach(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with (
        socket.socket(family) as connection,
        pytest.raises(UnableToLeaveThisMachine, match="start a server on loopback"),
    ):
        connection.connect(address)


def test_a_name_is_not_even_looked_up() -> None:
    with pytest.raises(UnableToLeaveThisMachine):
        socket.getaddrinfo("example.org", 443)


def test_a_server_on_loopback_is_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as connection:
        assert connection.getpeername() == server.getsockname()
