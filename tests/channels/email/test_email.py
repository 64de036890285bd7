"""E-mail goes to a real mail server on loopback, which does with it whatever mail servers do."""

from __future__ import annotations

import asyncio
import datetime as dt
import email
import email.policy
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from sbyt.channels.email import Email, Options
from sbyt.config.channels import connected as all_connected
from sbyt.config.load import parse_settings
from sbyt.config.problems import UnableToStart
from sbyt.messaging.channel import (
    CannotCarry,
    Document,
    MessageRefused,
    NotAuthorised,
    Outgoing,
    ProviderFailed,
    RecipientGone,
    Sent,
    Setup,
    Throttled,
    UnableToSetUp,
    Uncertain,
    Unreachable,
)
from sbyt.messaging.provider_calls import trusted
from tests.channels.harness import ChannelContract, NotPossible, Table, outcome
from tests.channels.mail_provider import PASSWORD, USER, MailBehaviour, mail_provider, trusted_certificate
from tests.support.serving import right_now

_ONLY_SENDS = NotPossible("it only sends so far, and mail doesn't come by HTTP")
NOW = dt.datetime(2026, 12, 1, 6, 30, tzinfo=dt.UTC)
SENDER = "Энергосбыт <bills@example.org>"
TEXT = "Счёт за ноябрь готов.\n.\nОплатите до 10 декабря."
BILL = Document("Счёт за ноябрь 2026.pdf", "application/pdf", bytes(range(256)) * 40)
MESSAGE = Outgoing(7, "anna@example.org", TEXT, subject="Счёт за ноябрь 2026", document=BILL)


@pytest.fixture(autouse=True)
def _trusting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What administrators set who have an authority of their own."""
    file = tmp_path / "authority.pem"
    file.write_text(trusted_certificate())
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    trusted.cache_clear()
    yield
    trusted.cache_clear()


def connected(url: str, *, password: str = PASSWORD, **options: Any) -> Email:
    at = urlsplit(url)
    given = {"host": at.hostname, "port": at.port, "user": USER, "sender": SENDER, "timeout": 1, **options}
    return Email.connect(Setup(Options.model_validate(given), {"PASSWORD": password}, lambda: NOW))


class TestEmail(ChannelContract):
    table = Table(
        code="email",
        secrets={"SBYT_EMAIL_PASSWORD": PASSWORD},
        settings=f'[channels.email.options]\nhost = "127.0.0.1"\nuser = "{USER}"\nsender = "{SENDER}"\n',
        connected=connected,
        payloads=_ONLY_SENDS,
        forgeries={"nothing to prove": lambda _: {}, "anything": lambda _: {"authorization": "Bearer x"}},
        unknown=_ONLY_SENDS,
        malformed=_ONLY_SENDS,
        recipient="anna.petrova@example.org",
        provider_id="<sbyt-7.ca437b32f1c358cd@example.org>",
        speaks="smtp",
        sends={
            MailBehaviour.TAKES_IT: None,
            MailBehaviour.TAKES_IT_AND_CUTS: None,
            MailBehaviour.RATE_AT_GREETING: Throttled,
            MailBehaviour.GARBAGE: Unreachable,
            MailBehaviour.SILENT: Unreachable,
            MailBehaviour.CUTS_AT_ONCE: Unreachable,
            MailBehaviour.REFUSES: Unreachable,
            MailBehaviour.NO_STARTTLS: Unreachable,
            MailBehaviour.UNTRUSTED: Unreachable,
            MailBehaviour.NO_LOG_IN: NotAuthorised,
            MailBehaviour.WRONG_PASSWORD: NotAuthorised,
            MailBehaviour.LOG_IN_FAILS: ProviderFailed,
            MailBehaviour.NOT_OUR_SENDER: NotAuthorised,
            MailBehaviour.NO_SPACE: ProviderFailed,
            MailBehaviour.TOO_LARGE: MessageRefused,
            MailBehaviour.MUST_LOG_IN: NotAuthorised,
            MailBehaviour.MAILBOX_BUSY: ProviderFailed,
            MailBehaviour.GREYLISTED: ProviderFailed,
            MailBehaviour.NO_SUCH_MAILBOX: RecipientGone,
            MailBehaviour.MOVED: RecipientGone,
            MailBehaviour.NO_SUCH_NAME: RecipientGone,
            MailBehaviour.NO_RELAYING: MessageRefused,
            MailBehaviour.DAILY_LIMIT: Throttled,
            MailBehaviour.HANGS_BEFORE: Unreachable,
            MailBehaviour.CUTS_BEFORE: Unreachable,
            MailBehaviour.NO_DATA: MessageRefused,
            MailBehaviour.FAILED: ProviderFailed,
            MailBehaviour.TOO_FAST: Throttled,
            MailBehaviour.NO_ROOM: MessageRefused,
            MailBehaviour.SPAM: MessageRefused,
            MailBehaviour.SPAM_BY_550: MessageRefused,
            MailBehaviour.HANGS: Uncertain,
            MailBehaviour.GARBAGE_AFTER: Uncertain,
            MailBehaviour.CUTS: Uncertain,
        },
    )


# what arrives ---------------------------------------------------------------------------------------------------------


def sent(outgoing: Outgoing = MESSAGE, **options: Any) -> EmailMessage:
    """The message as the server took it, read anew."""
    return _read(taken(outgoing, **options)[2])


def taken(outgoing: Outgoing, **options: Any) -> tuple[str, str, bytes]:
    with mail_provider(MailBehaviour.TAKES_IT) as server:
        result = outcome(connected(server.url, **options), outgoing)
        assert isinstance(result, Sent), result
        (got,) = server.taken
    return got


def _read(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_the_text_arrives_as_it_was_written() -> None:
    assert text_of(sent()) == TEXT


def test_the_file_arrives_byte_for_byte_with_its_name_and_kind() -> None:
    (file,) = sent().iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == (BILL.name, BILL.media_type)
    assert file.get_content() == BILL.data


def test_a_message_without_a_file_is_plain_text() -> None:
    assert sent(Outgoing(8, "anna@example.org", TEXT)).get_content_type() == "text/plain"


def test_who_sends_and_who_gets_it_is_named_in_its_headers_and_on_the_way() -> None:
    sender, recipient, raw = taken(MESSAGE)
    assert (sender, recipient) == ("bills@example.org", "anna@example.org")
    assert (_read(raw)["From"], _read(raw)["To"]) == (SENDER, "anna@example.org")


def test_its_subject_is_its_own() -> None:
    assert sent()["Subject"] == "Счёт за ноябрь 2026"


@pytest.mark.parametrize(
    ("options", "subject"), [({}, "Ваши показания и счета"), ({"subject": "Мосэнерго"}, "Мосэнерго")]
)
def test_one_without_a_subject_has_that_of_the_installation_and_nothing_of_its_text(
    options: dict[str, str], subject: str
) -> None:
    assert sent(Outgoing(8, "anna@example.org", "Долг 1 234,56 ₽"), **options)["Subject"] == subject


def test_no_automatic_answer_is_asked_for() -> None:
    assert sent()["Auto-Submitted"] == "auto-generated"


def test_it_is_dated_by_our_clock() -> None:
    assert sent()["Date"].datetime == NOW


@pytest.mark.parametrize(("options", "address"), [({}, None), ({"reply_to": "help@example.org"}, "help@example.org")])
def test_answers_go_where_the_installation_says(options: dict[str, str], address: str | None) -> None:
    assert sent(MESSAGE, **options)["Reply-To"] == address


def test_it_is_called_the_same_in_each_attempt_and_that_is_kept() -> None:
    with mail_provider(MailBehaviour.TAKES_IT) as server:
        results = [outcome(connected(server.url), MESSAGE) for _ in range(2)]
        names = [_read(raw)["Message-ID"] for _, _, raw in server.taken]
    assert results == [Sent(name) for name in names]
    assert len(set(names)) == 1


@pytest.mark.parametrize("other", [Outgoing(8, "anna@example.org", TEXT), Outgoing(7, "anna@example.org", "Другое.")])
def test_another_message_is_called_otherwise(other: Outgoing) -> None:
    assert sent(other)["Message-ID"] != sent(Outgoing(7, "anna@example.org", TEXT))["Message-ID"]


def test_a_cyrillic_domain_goes_in_its_latin_form() -> None:
    _, recipient, raw = taken(Outgoing(8, "anna@почта.рф", TEXT))
    assert recipient == "anna@xn--80a1acny.xn--p1ai"
    assert raw.isascii()


def test_what_goes_over_the_line_is_seven_bits_in_short_lines() -> None:
    _, _, raw = taken(Outgoing(8, "anna@example.org", "Ы" * 20_000))
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 100


# what must not happen -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "recipient",
    [
        "anna@example.org\r\nBcc: all@example.org",
        "anna@example.org\nDATA",
        "anna@example.org>\r\nRCPT TO:<all@example.org",
        "anna@example.org, all@example.org",
        "Anna <anna@example.org>",
        '"a\rb"@example.org',
        "анна@example.org",
        "anna@" + "я" * 80 + ".рф",
        "anna@example..org",
        "anna@localhost",
        "a" * 65 + "@example.org",
        "+79120000101",
        "",
    ],
)
def test_what_is_no_address_reaches_no_server(recipient: str) -> None:
    with mail_provider(MailBehaviour.TAKES_IT) as server:
        channel = connected(server.url)
        assert not channel.reaches(recipient)
        assert type(outcome(channel, Outgoing(8, recipient, TEXT))) is CannotCarry
        assert server.taken == []


@pytest.mark.parametrize("breaks", ["\r\n", "\n", "\r", "\u2028", "\x0b"])
def test_a_line_break_in_a_subject_begins_no_header(breaks: str) -> None:
    message = sent(Outgoing(8, "anna@example.org", TEXT, subject=f"Счёт{breaks}Bcc: all@example.org"))
    assert (message["Subject"], message["Bcc"]) == ("Счёт Bcc: all@example.org", None)


def test_a_line_break_in_the_name_of_a_file_begins_no_header() -> None:
    file = Document('bill".pdf\r\nX-Evil: yes\r\n\r\nbody', "application/pdf", b"%PDF")
    (got,) = sent(Outgoing(8, "anna@example.org", TEXT, document=file)).iter_attachments()
    assert got["X-Evil"] is None
    assert got.get_content() == b"%PDF"


@pytest.mark.parametrize(
    "behaviour",
    [
        behaviour
        for behaviour, expected in TestEmail.table.sends.items()
        if expected is not None and expected is not Uncertain
    ],
)
def test_what_is_said_not_to_be_sent_was_not_taken(behaviour: MailBehaviour) -> None:
    with mail_provider(behaviour) as server:
        outcome(connected(server.url), MESSAGE)
        assert server.taken == []


@pytest.mark.parametrize("behaviour", [MailBehaviour.SILENT, MailBehaviour.HANGS_BEFORE, MailBehaviour.HANGS])
def test_a_server_that_says_nothing_blocks_nothing_else(behaviour: MailBehaviour) -> None:
    async def others() -> int:
        with mail_provider(behaviour) as server:
            sending = asyncio.create_task(connected(server.url).send(MESSAGE))
            turns = 0
            while not sending.done():
                await asyncio.sleep(0.01)
                turns += 1
            sending.exception()
            return turns

    assert asyncio.run(others()) > 20


def test_many_are_under_way_together() -> None:
    """One after the other the server's silence would take half a minute."""

    async def all_of_them(channel: Email) -> list[Any]:
        messages = [Outgoing(number, "anna@example.org", TEXT) for number in range(32)]
        return await asyncio.gather(*map(channel.send, messages), return_exceptions=True)

    with mail_provider(MailBehaviour.HANGS) as server:
        began = time.monotonic()
        results = asyncio.run(all_of_them(connected(server.url, timeout=5)))
    assert {type(one) for one in results} == {Uncertain}
    assert time.monotonic() - began < 16


# how it is set up -----------------------------------------------------------------------------------------------------


def test_encryption_from_the_first_byte() -> None:
    with mail_provider(MailBehaviour.TAKES_IT, encrypted_from_the_start=True) as server:
        assert isinstance(outcome(connected(server.url, security="tls"), MESSAGE), Sent)


def test_encryption_from_the_first_byte_needs_a_certificate_too() -> None:
    with mail_provider(MailBehaviour.UNTRUSTED, encrypted_from_the_start=True) as server:
        assert type(outcome(connected(server.url, security="tls"), MESSAGE)) is Unreachable


def test_a_certificate_of_another_host_is_refused() -> None:
    """It is for 127.0.0.1, not for 127.0.0.2."""
    with mail_provider(MailBehaviour.TAKES_IT) as server:
        result = outcome(connected(server.url.replace("127.0.0.1", "127.0.0.2")), MESSAGE)
    assert type(result) is Unreachable


def test_a_relay_on_this_machine_needs_neither_encryption_nor_a_password() -> None:
    with mail_provider(MailBehaviour.NO_STARTTLS) as server:
        channel = connected(server.url, security="none", user=None, password="")
        assert isinstance(outcome(channel, MESSAGE), Sent)


@pytest.mark.parametrize(
    ("options", "password", "said"),
    [
        ({}, "", "нужен для входа"),
        ({"user": None}, PASSWORD, "user в"),
        ({"host": "mail.example.org", "security": "none"}, PASSWORD, "открытым текстом"),
        ({}, "пароль", "не латинские буквы"),
    ],
)
def test_a_password_of_no_use_is_told_in_words(options: dict[str, Any], password: str, said: str) -> None:
    with pytest.raises(UnableToSetUp, match=said):
        connected("smtp://127.0.0.1:25", password=password, **options)


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_follows_from_the_encryption(security: str, port: int) -> None:
    channel = connected("smtp://127.0.0.1:1", port=None, security=security)
    assert channel.__dict__["_server"].port == port


@pytest.mark.parametrize(
    "options",
    [
        {"host": "mail.example.org"},
        {"sender": "bills@example.org"},
        {"host": "mail.example.org", "sender": "bills"},
        {"host": "mail.example.org", "sender": "a@example.org\nBcc: b@example.org"},
        {"host": "mail.example.org", "sender": "a@example.org", "security": "ssl"},
        {"host": "mail.example.org", "sender": "a@example.org", "port": 0},
        {"host": "mail.example.org", "sender": "a@example.org", "timeout": 20},
    ],
)
def test_wrong_options_are_told_when_it_starts(options: dict[str, Any]) -> None:
    written = "\n".join(
        f"{name} = {value}" if isinstance(value, int) else f'{name} = "{value}"'.replace("\n", "\\n")
        for name, value in options.items()
    )
    with pytest.raises(UnableToStart, match=r"channels\.email\.options"):
        parse_settings(f"[channels.email.options]\n{written}", "sbyt.toml")


def test_it_is_not_connected_until_a_server_is_named() -> None:
    text = '[channels.email.options]\nhost = "127.0.0.1"\nsender = "bills@example.org"'
    assert "email" not in all_connected(parse_settings("", "nothing"), {}, right_now)
    assert "email" in all_connected(parse_settings(text, "sbyt.toml"), {}, right_now)
