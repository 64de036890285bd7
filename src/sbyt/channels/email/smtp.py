"""Handing a message to a mail server, step by step: what went wrong means another thing at each step.

Replies and their codes: RFC 5321 4.2, https://www.rfc-editor.org/rfc/rfc5321#section-4.2
Enhanced codes like 5.7.1: RFC 3463, https://www.rfc-editor.org/rfc/rfc3463
"""

from __future__ import annotations

import contextlib
import enum
import re
import smtplib
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from sbyt.messaging.channel import (
    MessageRefused,
    NotAuthorised,
    ProviderFailed,
    RecipientGone,
    Throttled,
    UnableToSend,
    Uncertain,
    Unreachable,
)
from sbyt.messaging.provider_calls import trusted

_ENHANCED = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}")
_READY_FOR_MAIL = 354
_CLOSING = 421  # also what servers say who have had enough of us
_MUST_LOG_IN = 530
_GONE = (550, 551, 553)
_OUR_LIMIT = "5.4.5"  # so many a day and no more
_QUIT_SECONDS = 1.0


class Security(enum.StrEnum):
    """How the connection is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server, and who we are there. ``seconds``: until the message must be taken."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    seconds: float


def hand_over(server: Server, sender: str, recipient: str, mail: bytes) -> None:
    """Give the server a message for one recipient; when this returns it has taken it.

    :param mail: with CRLF at the ends of its lines.

    :raises UnableToSend: one of its subclasses.
    """
    until = time.monotonic() + server.seconds
    with _line(server, sender, until) as line:
        try:
            _log_in(line, server, until)
            _address(line, sender, recipient, len(mail), until)
        except OSError as error:  # those of smtplib too
            raise _before(error) from error
        _data(line, mail)


@contextlib.contextmanager
def _line(server: Server, sender: str, until: float) -> Iterator[smtplib.SMTP]:
    """A connection, encrypted as is wanted."""
    # smtplib would else ask DNS for this machine's own name, which may take long.
    place, seconds = (server.host, server.port, sender.rpartition("@")[2]), _left(until)
    try:
        if server.security is Security.TLS:
            line: smtplib.SMTP = smtplib.SMTP_SSL(*place, timeout=seconds, context=trusted())
        else:
            line = smtplib.SMTP(*place, timeout=seconds)
    except (OSError, UnicodeError) as error:  # a name that can't be one of a host
        raise _before(error) from error
    try:
        yield line
        # It is taken: what the server says to our good-bye changes nothing.
        with contextlib.suppress(OSError):
            _wait_until(line, min(until, time.monotonic() + _QUIT_SECONDS))
            line.quit()
    finally:
        line.close()


def _log_in(line: smtplib.SMTP, server: Server, until: float) -> None:
    _wait_until(line, until)
    line.ehlo_or_helo_if_needed()
    if server.security is Security.STARTTLS:
        _wait_until(line, until)
        if not line.has_extn("starttls"):
            raise Unreachable("сервер не предлагает STARTTLS")
        line.starttls(context=trusted())
        line.ehlo_or_helo_if_needed()
    if server.user:
        if not line.has_extn("auth"):
            raise NotAuthorised("сервер не предлагает входа")
        _wait_until(line, until)
        line.login(server.user, server.password)


def _address(line: smtplib.SMTP, sender: str, recipient: str, size: int, until: float) -> None:
    _wait_until(line, until)
    code, said = line.mail(sender, [f"size={size}"] if line.has_extn("size") else [])
    if code != 250:
        raise _of_sender(code, said)
    _wait_until(line, until)
    code, said = line.rcpt(recipient)
    if code not in (250, 251):
        raise _of_recipient(code, said)
    _wait_until(line, until)
    code, said = line.docmd("DATA")
    if code != _READY_FOR_MAIL:
        raise _of_message(code, said)
    _wait_until(line, until)


def _data(line: smtplib.SMTP, mail: bytes) -> None:
    """From the first byte of the message on nobody knows, unless the server answers."""
    dotted = re.sub(rb"(?m)^\.", b"..", mail)
    end = b".\r\n" if dotted.endswith(b"\r\n") else b"\r\n.\r\n"
    try:
        line.send(dotted + end)
        code, said = line.getreply()
    except OSError as error:
        raise Uncertain(_kind(error)) from error
    if not 200 <= code < 600:
        raise Uncertain("ответ не по SMTP")
    if code != 250:
        raise _of_message(code, said)


def _left(until: float) -> float:
    """The seconds left.

    :raises TimeoutError: if there are none.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _wait_until(line: smtplib.SMTP, until: float) -> None:
    if line.sock is not None:
        line.sock.settimeout(_left(until))


def _before(error: Exception) -> UnableToSend:
    """What an error means before anything of the message has left us."""
    match error:
        case smtplib.SMTPAuthenticationError() if error.smtp_code >= 500:
            return NotAuthorised(_said(error.smtp_code, error.smtp_error))
        case smtplib.SMTPResponseException():
            return _of_message(error.smtp_code, error.smtp_error)
        case smtplib.SMTPHeloError() | smtplib.SMTPNotSupportedError():
            return ProviderFailed(_kind(error))
        case ssl.SSLCertVerificationError():
            return Unreachable(f"сертификат сервера не принят: {error.verify_message}")
    if type(error) is smtplib.SMTPException:  # which only the log-in raises
        return NotAuthorised("нет общего с сервером способа входа")
    return Unreachable(_kind(error))


def _of_sender(code: int, said: bytes | str) -> UnableToSend:
    """What a reply to MAIL means: a sender that the server doesn't let us use is ours to put right."""
    return NotAuthorised(_said(code, said)) if code in (*_GONE, 501, 535) else _of_message(code, said)


def _of_recipient(code: int, said: bytes | str) -> UnableToSend:
    """What a reply to RCPT means. 5.7.x, for one, is a rule of the server's, not a recipient who isn't there."""
    more = _enhanced(said)
    if code in _GONE and (not more or more.startswith(("5.1.", "5.2."))):
        return RecipientGone(_said(code, said))
    return _of_message(code, said)


def _of_message(code: int, said: bytes | str) -> UnableToSend:
    """What a reply means wherever else it comes. The server has not taken the message."""
    told = _said(code, said)
    if code == _CLOSING or _enhanced(said) == _OUR_LIMIT:
        return Throttled(told)
    if code == _MUST_LOG_IN:
        return NotAuthorised(told)
    if not 200 <= code < 600:
        return Unreachable("ответ не по SMTP")
    return MessageRefused(told) if code >= 500 else ProviderFailed(told)


def _said(code: int, said: bytes | str) -> str:
    """The codes of a reply. Its words are left out: they may repeat addresses and the message."""
    return " ".join(filter(None, ["SMTP", str(code), _enhanced(said)]))


def _enhanced(said: bytes | str) -> str:
    found = _ENHANCED.match(said.encode("utf-8", "replace") if isinstance(said, str) else said)
    return found[0].decode() if found else ""


def _kind(error: Exception) -> str:
    """The kind of an error: its text may hold what the server said."""
    return type(error).__name__
