"""A bill goes the whole way: out of the outbox, over SMTP, into a mailbox of dovecot, and is read by IMAP."""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sbyt.channels.email import Email, Options
from sbyt.core.settings import Settings
from sbyt.messaging.channel import Document, Setup
from sbyt.messaging.models import OutboundMessage
from sbyt.messaging.provider_calls import trusted
from sbyt.usecases.send_messages import send_waiting
from tests.channels.mail_provider import PASSWORD, USER, MailBehaviour, mail_provider, trusted_certificate
from tests.messaging.outbox_world import NOON, NOTICE, write
from tests.support.mailbox import mailboxes

TEXT = "Анна Петровна, счёт за ноябрь готов — он во вложении.\n\nОплатите до 10 декабря."
SUBJECT = "Счёт за ноябрь 2026"
BILL = Document("Счёт за ноябрь 2026.pdf", "application/pdf", b"%PDF-1.7\r\n.\r\n\x00\xff" + bytes(range(256)) * 200)


def bills(reference: str) -> Document:
    assert reference == "bill:1"
    return BILL


def channel(url: str, clock: Callable[[], dt.datetime]) -> Email:
    at = urlsplit(url)
    options = Options(host=at.hostname, port=at.port, user=USER, sender="Энергосбыт <bills@example.org>")
    return Email.connect(Setup(options, {"PASSWORD": PASSWORD}, clock))


@pytest.fixture
def received(
    database: object,
    component: Callable[[str], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> EmailMessage:
    """What lies in the mailbox once a bill was written to the outbox and sent."""
    file = tmp_path / "authority.pem"
    file.write_text(trusted_certificate())
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    trusted.cache_clear()
    write(TEXT, channel="email", recipient="anna@example.org", kind=NOTICE, subject=SUBJECT, document="bill:1")
    with mailboxes(component("dovecot")) as boxes, mail_provider(MailBehaviour.TAKES_IT) as server:
        send_waiting(channel(server.url, lambda: NOON), Settings(), lambda: NOON, documents=bills)
        for taken in server.taken:
            boxes.deliver(*taken)
        (raw,) = boxes.read("anna@example.org")
    trusted.cache_clear()
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_a_bill_arrives_in_a_mailbox_with_its_words_its_subject_and_the_same_file(received: EmailMessage) -> None:
    body, (file,) = received.get_body(("plain",)), received.iter_attachments()
    assert body is not None
    assert (received["Subject"], body.get_content().replace("\r\n", "\n")) == (SUBJECT, TEXT)
    assert (file.get_filename(), file.get_content()) == (BILL.name, BILL.data)
    assert OutboundMessage.objects.get().provider_id == received["Message-ID"]
