"""The certificate of our address, as a real server on loopback shows it."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sbyt.messaging.certificates import Certificate, Seen, certificate_at

DAY = dt.timedelta(days=1)
NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
HERE = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


def issued(folder: Path, begins: dt.datetime, ends: dt.datetime, name: x509.GeneralName) -> Path:
    """A certificate that vouches for itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


@contextmanager
def served(certificate: Path) -> Iterator[str]:
    """The address of a server that shows it to whoever comes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    secured.recv(1)
            except OSError:
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def looked_at(certificate: Path, *, trusted: bool = True) -> Certificate | None:
    context = ssl.create_default_context(cafile=str(certificate) if trusted else None)
    with served(certificate) as address:
        return certificate_at(address, context=context, time_limit=10)


def test_of_a_good_one_the_days_are_told(tmp_path: Path) -> None:
    certificate = issued(tmp_path, NOW - DAY, NOW + 89 * DAY, HERE)
    assert looked_at(certificate) == Certificate(Seen.GOOD, NOW - DAY, NOW + 89 * DAY)


@pytest.mark.parametrize(
    ("begins", "ends", "name", "trusted", "seen"),
    [
        pytest.param(NOW - 90 * DAY, NOW - DAY, HERE, True, Seen.EXPIRED, id="expired"),
        pytest.param(NOW - DAY, NOW + DAY, x509.DNSName("example.org"), True, Seen.OTHER_NAME, id="another name"),
        pytest.param(NOW - DAY, NOW + DAY, HERE, False, Seen.UNTRUSTED, id="of nobody known"),
    ],
)
def test_what_is_wrong_with_it_is_told(
    tmp_path: Path, begins: dt.datetime, ends: dt.datetime, name: x509.GeneralName, trusted: bool, seen: Seen
) -> None:
    assert looked_at(issued(tmp_path, begins, ends, name), trusted=trusted) == Certificate(seen)


def test_where_nobody_listens_it_is_out_of_reach() -> None:
    assert certificate_at("https://127.0.0.1:1", time_limit=5) == Certificate(Seen.UNREACHABLE)


def test_where_no_tls_is_spoken_it_is_out_of_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_answer_plainly, args=(listening,))
        thread.start()
        address = f"https://127.0.0.1:{listening.getsockname()[1]}"
        assert certificate_at(address, time_limit=5) == Certificate(Seen.UNREACHABLE)
        thread.join(10)


def _answer_plainly(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize("address", ["http://127.0.0.1:1", ""])
def test_an_address_without_tls_has_none(address: str) -> None:
    assert certificate_at(address) is None
