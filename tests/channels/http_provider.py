"""A provider on loopback that answers as a platform documents it, also over TLS by a certificate that few trust."""

from __future__ import annotations

import datetime as dt
import http.server
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Asked:
    """A request as the provider got it. Names of headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


#: What is answered: the status, and what is sent as JSON, or bytes as they are.
Answering = Callable[[Asked], tuple[int, Any]]


@dataclass
class HttpProvider:
    """What it was asked, and where it is. ``url`` ends without a stroke."""

    url: str
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def http_provider(answer: Answering, *, tls: tuple[Path, Path] | None = None) -> Iterator[HttpProvider]:
    """A provider that answers so. ``tls``: its certificate and key."""
    provider = HttpProvider("")

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
            provider.asked.append(asked)
            status, said = answer(asked)
            content = said if isinstance(said, bytes) else json.dumps(said, ensure_ascii=False).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # who doesn't trust it hangs up
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    provider.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Authority:
    """An authority that no system trusts: its own certificate, and the server's certificate with its key."""

    ca: Path
    certificate: Path
    key: Path


def authority(folder: Path) -> Authority:
    """Make one, and have it sign a certificate for 127.0.0.1."""
    now = dt.datetime.now(dt.UTC)
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A root that nobody knows")])

    def signed(subject: x509.Name, public: ec.EllipticCurvePublicKey, *, is_root: bool) -> x509.Certificate:
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(root)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(identifier, critical=False)
            .add_extension(_key_usage(is_root=is_root), critical=True)
        )
        if not is_root:
            names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
            made = made.add_extension(names, critical=False)
        return made.sign(root_key, hashes.SHA256())

    files = Authority(folder / "root.pem", folder / "server.pem", folder / "server.key")
    pem = serialization.Encoding.PEM
    server = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    files.ca.write_bytes(signed(root, root_key.public_key(), is_root=True).public_bytes(pem))
    files.certificate.write_bytes(signed(server, key.public_key(), is_root=False).public_bytes(pem))
    plain = serialization.NoEncryption()
    files.key.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    return files


def _key_usage(*, is_root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_root,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_root,
        crl_sign=is_root,
        encipher_only=False,
        decipher_only=False,
    )
