"""A mail server on loopback that takes messages, or fails to, as it is told: aiosmtpd, over a real socket.

It encrypts with a certificate of an authority that exists only in this folder of the run.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import enum
import functools
import ipaddress
import logging
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# It runs in the process of the tests, and tells its log all that passes: that is no log of ours.
logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)

USER, PASSWORD = "bills@example.org", "a-password-nobody-has"


class MailBehaviour(enum.StrEnum):
    """What a mail server may do, and at which step."""

    TAKES_IT = "250"
    TAKES_IT_AND_CUTS = "250, and closes the connection without a good-bye"
    RATE_AT_GREETING = "421 as its greeting"
    GARBAGE = "another protocol"
    SILENT = "accepts the connection and says nothing"
    CUTS_AT_ONCE = "closes the connection without a word"
    REFUSES = "refuses connections"
    NO_STARTTLS = "offers no STARTTLS"
    UNTRUSTED = "has a certificate that nobody signed"
    NO_LOG_IN = "offers no AUTH"
    WRONG_PASSWORD = "535 to AUTH"
    LOG_IN_FAILS = "454 to AUTH"
    NOT_OUR_SENDER = "553 to MAIL"
    NO_SPACE = "452 to MAIL"
    TOO_LARGE = "552 to MAIL"
    MUST_LOG_IN = "530 to MAIL"
    MAILBOX_BUSY = "450 to RCPT"
    GREYLISTED = "451 to RCPT"
    NO_SUCH_MAILBOX = "550 to RCPT"
    MOVED = "551 to RCPT"
    NO_SUCH_NAME = "553 to RCPT"
    NO_RELAYING = "550 5.7.1 to RCPT"
    DAILY_LIMIT = "550 5.4.5 to RCPT"
    HANGS_BEFORE = "says nothing to RCPT"
    CUTS_BEFORE = "closes the connection after RCPT"
    NO_DATA = "554 to DATA"
    FAILED = "451 to the message"
    TOO_FAST = "421 to the message"
    NO_ROOM = "552 to the message"
    SPAM = "554 to the message"
    SPAM_BY_550 = "550 to the message"
    HANGS = "says nothing to the message"
    GARBAGE_AFTER = "answers the message in another protocol"
    CUTS = "closes the connection after the message"


#: What is said to a command, by its name.
_REPLIES = {
    MailBehaviour.NOT_OUR_SENDER: ("MAIL", "553 5.7.1 Sender address rejected: not owned by user bills@example.org"),
    MailBehaviour.NO_SPACE: ("MAIL", "452 4.3.1 Insufficient system storage"),
    MailBehaviour.TOO_LARGE: ("MAIL", "552 5.3.4 Message size exceeds fixed limit"),
    MailBehaviour.MUST_LOG_IN: ("MAIL", "530 5.7.0 Authentication required"),
    MailBehaviour.MAILBOX_BUSY: ("RCPT", "450 4.2.1 Mailbox busy"),
    MailBehaviour.GREYLISTED: ("RCPT", "451 4.7.1 Greylisted, please try again"),
    MailBehaviour.NO_SUCH_MAILBOX: ("RCPT", "550 5.1.1 anna@example.org: no such user"),
    MailBehaviour.MOVED: ("RCPT", "551 User not local"),
    MailBehaviour.NO_SUCH_NAME: ("RCPT", "553 5.1.3 Bad recipient address"),
    MailBehaviour.NO_RELAYING: ("RCPT", "550 5.7.1 Relaying denied"),
    MailBehaviour.DAILY_LIMIT: ("RCPT", "550 5.4.5 Daily user sending limit exceeded"),
    MailBehaviour.GARBAGE_AFTER: ("DATA", "what is this"),
    MailBehaviour.FAILED: ("DATA", "451 4.3.0 Local error"),
    MailBehaviour.TOO_FAST: ("DATA", "421 4.7.0 Too many messages"),
    MailBehaviour.NO_ROOM: ("DATA", "552 5.2.2 Mailbox full"),
    MailBehaviour.SPAM: ("DATA", "554 5.7.1 Message rejected as spam"),
    MailBehaviour.SPAM_BY_550: ("DATA", "550 5.7.1 Message rejected as spam"),
}
_HANGS = {MailBehaviour.HANGS_BEFORE: "RCPT", MailBehaviour.HANGS: "DATA"}
_CUTS = {MailBehaviour.CUTS_BEFORE: "RCPT", MailBehaviour.CUTS: "DATA"}

#: Those that don't speak SMTP, by their first words; None: none, and the end of the connection.
_FIRST_WORDS: dict[MailBehaviour, bytes | None] = {
    MailBehaviour.RATE_AT_GREETING: b"421 4.7.0 Too many connections\r\n",
    MailBehaviour.GARBAGE: b"HTTP/1.1 400 Bad Request\r\n\r\n",
    MailBehaviour.SILENT: b"",
    MailBehaviour.CUTS_AT_ONCE: None,
}


class MailProvider:
    """Listens, keeps what it took, and behaves. ``taken``: sender, recipient and the message, byte for byte."""

    def __init__(self, behaviour: MailBehaviour, *, encrypted_from_the_start: bool = False) -> None:
        self._behaviour = behaviour
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._listens = threading.Event()
        self._sessions: list[SMTP] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._tls = _context(trusted=behaviour is not MailBehaviour.UNTRUSTED)
        self._at_once = encrypted_from_the_start
        self.taken: list[tuple[str, str, bytes]] = []
        self.port: int = self._listening.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self.port}"

    def start(self) -> None:
        if self._behaviour is MailBehaviour.REFUSES:
            self._listening.close()  # nobody listens on its port any more
        else:
            self._thread.start()
            assert self._listens.wait(20)

    def stop(self) -> None:
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._give_up(), self._loop)
            self._thread.join()
        self._listening.close()
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        tls = self._tls if self._at_once else None
        self._server = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, sock=self._listening, ssl=tls)
        )
        self._loop.call_soon(self._listens.set)
        self._loop.run_forever()

    async def _give_up(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for session in self._sessions:  # a connection that was encrypted later has two of them
            for transport in filter(None, (session.transport, session._original_transport)):
                transport.close()
        await asyncio.sleep(0.01)  # they are closed in a later turn of the loop
        self._loop.stop()

    def _protocol(self) -> asyncio.BaseProtocol:
        if self._behaviour in _FIRST_WORDS:
            return _Other(_FIRST_WORDS[self._behaviour])
        offers_tls = not self._at_once and self._behaviour is not MailBehaviour.NO_STARTTLS
        session = (_RefusesData if self._behaviour is MailBehaviour.NO_DATA else SMTP)(
            _Handler(self._behaviour, self.taken),
            hostname="mail.example.org",
            tls_context=self._tls if offers_tls else None,
            authenticator=_authenticator(self._behaviour),
            auth_exclude_mechanism=["LOGIN", "PLAIN"] if self._behaviour is MailBehaviour.NO_LOG_IN else None,
            auth_require_tls=offers_tls,
        )
        self._sessions.append(session)
        return session


def _authenticator(behaviour: MailBehaviour) -> Any:
    def judge(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        if behaviour is MailBehaviour.LOG_IN_FAILS:
            return AuthResult(success=False, handled=False, message="454 4.7.0 Temporary authentication failure")
        is_right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_right and behaviour is not MailBehaviour.WRONG_PASSWORD, handled=False)

    return judge


class _Handler:
    """What aiosmtpd asks at each step."""

    def __init__(self, behaviour: MailBehaviour, taken: list[tuple[str, str, bytes]]) -> None:
        self._behaviour = behaviour
        self._taken = taken

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        return await self._reply("MAIL", server)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.rcpt_tos.append(address)
        return await self._reply("RCPT", server)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        reply = await self._reply("DATA", server)
        if reply.startswith("250"):
            self._taken.append((envelope.mail_from, envelope.rcpt_tos[0], envelope.original_content))
        return reply

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self._behaviour is MailBehaviour.TAKES_IT_AND_CUTS:
            server.transport.abort()
        return "221 Bye"

    async def _reply(self, command: str, server: Any) -> str:
        if _HANGS.get(self._behaviour) == command:
            await asyncio.sleep(60)
        if _CUTS.get(self._behaviour) == command:
            server.transport.abort()
        at, reply = _REPLIES.get(self._behaviour, ("", ""))
        return reply if at == command else "250 OK"


class _RefusesData(SMTP):
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 as aiosmtpd calls it
        await self.push("554 5.5.1 No valid recipients")


class _Other(asyncio.Protocol):
    """Whatever listens there instead."""

    def __init__(self, first_words: bytes | None) -> None:
        self._first_words = first_words

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        if self._first_words is None:
            transport.abort()
        else:
            transport.write(self._first_words)


@contextmanager
def mail_provider(
    behaviour: MailBehaviour, _: bytes = b"", *, encrypted_from_the_start: bool = False
) -> Iterator[MailProvider]:
    """A mail server that behaves so."""
    made = MailProvider(behaviour, encrypted_from_the_start=encrypted_from_the_start)
    made.start()
    try:
        yield made
    finally:
        made.stop()


# certificates ---------------------------------------------------------------------------------------------------------


def trusted_certificate() -> str:
    """The certificate of every server here but one, in PEM. Nobody signed it but itself."""
    return _pair(trusted=True)[0]


@functools.cache
def _pair(*, trusted: bool) -> tuple[str, str]:
    """A certificate for this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    here = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(here), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    return made.public_bytes(pem).decode(), secret.decode()


def _context(*, trusted: bool) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pem"
        file.write_text("".join(_pair(trusted=trusted)))
        context.load_cert_chain(file)
    return context
