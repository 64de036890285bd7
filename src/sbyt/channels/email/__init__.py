"""E-mail over SMTP. For now it only sends: a text, and a file with it where there is one.

Django makes the message; ``smtp.py`` hands it over.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from email.charset import BASE64, Charset
from email.utils import format_datetime, parseaddr
from typing import Annotated, ClassVar, Literal, Self

from django.core.mail import EmailMessage
from pydantic import AfterValidator, Field, model_validator

from sbyt.channels.email.smtp import Security, Server, hand_over
from sbyt.core.settings import Section, Text
from sbyt.messaging.channel import (
    CannotCarry,
    Capabilities,
    Channel,
    Clock,
    InboundEvent,
    Outgoing,
    Request,
    Sent,
    Setup,
    UnableToParse,
    UnableToSetUp,
    UnableToVerify,
)

#: More than are ever under way at once: a message that waits for a thread would use up its time without being sent.
_THREADS = 64
#: No line of the text: it may hold readings and sums, and the list of letters is read over the shoulder.
_SUBJECT = "Ваши показания и счета"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_ANY_OTHER_PORT = {"starttls": 587, "tls": 465, "none": 25}

#: What an address may consist of (RFC 5321, without the quoted form that nobody has): nothing of it ends a command or a
#: header. Names before the @ are not Cyrillic: few servers take them.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LONGEST_ADDRESS = 254


def _plain(address: str) -> str:
    """The address as servers take it, a Cyrillic domain in its Latin form; empty if it is none."""
    name, _, domain = address.rpartition("@")
    try:
        plain = f"{name}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return ""
    return plain if len(plain) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(plain) else ""


def _named(text: str) -> str:
    if not text.isprintable() or not _plain(parseaddr(text)[1]):
        raise ValueError("это не адрес")
    return text


_NamedAddress = Annotated[
    Text, AfterValidator(_named), Field(description='адрес, можно с именем: "Энергосбыт <help@example.org>"')
]


class Options(Section):
    """``[channels.email.options]``."""

    host: Annotated[Text, Field(description="имя почтового сервера")] | None = None
    port: Annotated[int, Field(strict=True, ge=1, le=65535, description="номер порта, от 1 до 65535")] | None = None
    security: Annotated[Literal["starttls", "tls", "none"], Field(description="starttls, tls или none")] = "starttls"
    user: Annotated[Text, Field(description="имя для входа на сервер")] | None = None
    sender: _NamedAddress | None = None
    reply_to: _NamedAddress | None = None
    subject: Annotated[Text, Field(description="тема писем, у которых нет своей")] = _SUBJECT
    timeout: Annotated[int, Field(strict=True, ge=1, le=19, description="целое число секунд, от 1 до 19")] = 15

    @model_validator(mode="after")
    def _server_and_sender_together(self) -> Self:
        if bool(self.host) != bool(self.sender):
            raise ValueError("host и sender нужны оба")
        return self


class Email(Channel):
    """Hands each message to the mail server that the installation names.

    A connection a message: a kept one is cut by the server sooner or later, in the middle of a message too, and then
    nobody knows whether it arrived. Opening one costs a few milliseconds where the server is near.
    """

    code = "email"
    capabilities = Capabilities(file=True)
    Options: ClassVar[type[Section]] = Options
    may_have = ("PASSWORD",)
    needs_options = ("host", "sender")
    per_second = 20

    def __init__(
        self, server: Server, sender: str, clock: Clock, *, subject: str = _SUBJECT, reply_to: str | None = None
    ) -> None:
        self._server = server
        self._sender = sender
        self._from = _plain(parseaddr(sender)[1])
        self._clock = clock
        self._subject = subject
        self._reply_to = [reply_to] if reply_to else None
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="email")  # starts none before it is used

    @classmethod
    def connect(cls, setup: Setup) -> Email:
        options, password = setup.options, setup.secrets["PASSWORD"]
        if bool(options.user) != bool(password):
            said = "задан, а user в [channels.email.options] нет" if password else f"нужен для входа {options.user}"
            raise UnableToSetUp("PASSWORD", said)
        if not f"{password}{options.user or ''}".isascii():
            raise UnableToSetUp("PASSWORD", "в имени или пароле не латинские буквы: почта их не передаёт")
        if password and options.security == "none" and options.host not in _LOOPBACK:
            raise UnableToSetUp("PASSWORD", 'ушёл бы открытым текстом: задайте security = "starttls" или "tls"')
        server = Server(
            options.host or "",
            options.port or _ANY_OTHER_PORT[options.security],
            Security(options.security),
            options.user or "",
            password,
            float(options.timeout),
        )
        return cls(server, options.sender, setup.clock, subject=options.subject, reply_to=options.reply_to)

    def verify(self, request: Request) -> None:  # noqa: ARG002 whatever it is
        raise UnableToVerify("У почты нет входа по HTTP: письма пока только уходят.")

    def parse(self, request: Request) -> Sequence[InboundEvent]:  # noqa: ARG002 whatever it is
        raise UnableToParse("У почты нет входа по HTTP.")

    def reaches(self, recipient: str) -> bool:
        return bool(_plain(recipient))

    async def send(self, outgoing: Outgoing) -> Sent:
        recipient = _plain(outgoing.recipient)
        if not recipient:
            raise CannotCarry("у адресата не адрес почты")
        name = self._name(outgoing)
        mail = self._mail(outgoing, recipient, name).message().as_bytes().replace(b"\n", b"\r\n")
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, hand_over, self._server, self._from, recipient, mail)
        return Sent(name)

    def _mail(self, outgoing: Outgoing, recipient: str, name: str) -> EmailMessage:
        mail = EmailMessage(
            _on_one_line(outgoing.subject or self._subject),
            outgoing.text,
            self._sender,
            [recipient],
            headers={
                "Message-ID": name,
                "Date": format_datetime(self._clock()),
                "Auto-Submitted": "auto-generated",  # no automatic answers to it (RFC 3834)
            },
            reply_to=self._reply_to,
        )
        mail.encoding = _seven_bits()
        if outgoing.document:
            mail.attach(_on_one_line(outgoing.document.name), outgoing.document.data, outgoing.document.media_type)
        return mail

    def _name(self, outgoing: Outgoing) -> str:
        """The same in each attempt, so that who gets it twice sees it once.

        What it says is in it too: another database with the same numbers, or this one restored, makes other names.
        """
        whole = f"{outgoing.recipient}\n{outgoing.subject}\n{outgoing.text}"
        digest = hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()[:16]
        return f"<sbyt-{outgoing.id}.{digest}@{self._from.rpartition('@')[2]}>"


def _on_one_line(text: str) -> str:
    """A line break would begin another header."""
    return " ".join(text.split())


def _seven_bits() -> Charset:
    """UTF-8 as every server takes it, whether or not it takes eight bits or long lines."""
    charset = Charset("utf-8")
    charset.body_encoding = BASE64
    return charset
