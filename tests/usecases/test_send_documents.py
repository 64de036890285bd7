"""A message refers to its document; it is opened when the message is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from structlog.testing import capture_logs

from sbyt.core.settings import Settings
from sbyt.messaging.channel import Capabilities, Document, Documents, Outgoing, Sent, UnableToOpenDocument
from sbyt.messaging.models import Delivery, OutboundMessage
from sbyt.usecases import send_messages
from sbyt.usecases.send_messages import send_waiting
from tests.messaging.outbox_world import NOON, NOTICE, log, pace, states, write
from tests.support.provider import Provider, ProviderChannel, a_provider

BILL = Document("Счёт за ноябрь 2026.pdf", "application/pdf", b"%PDF-1.7 \x00\xff")
CARRIES = Capabilities(file=True)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with a_provider() as provider:
        yield provider


def bills(reference: str) -> Document:
    """Knows one."""
    if reference != "bill:1":
        raise UnableToOpenDocument(f"нет документа {reference}")
    return BILL


class Carrying(ProviderChannel):
    """Keeps what it was given."""

    capabilities = CARRIES

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.given: list[Outgoing] = []

    async def send(self, outgoing: Outgoing) -> Sent:
        self.given.append(outgoing)
        return await super().send(outgoing)


def send(channel: ProviderChannel, documents: Documents = bills) -> dict[str, int]:
    return dict(send_waiting(channel, Settings(), lambda: NOON, documents=documents))


def said() -> str:
    return Delivery.objects.get().said


@pytest.mark.usefixtures("database")
def test_the_channel_gets_the_file_and_the_subject(provider: Provider) -> None:
    write("Счёт готов.", subject="Счёт за ноябрь 2026", document="bill:1")
    channel = Carrying(provider.url)
    assert send(channel) == {"delivered": 1}
    assert [(one.subject, one.document) for one in channel.given] == [("Счёт за ноябрь 2026", BILL)]


@pytest.mark.usefixtures("database")
def test_the_outbox_holds_the_reference_and_no_bytes() -> None:
    write(document="bill:1")
    assert OutboundMessage.objects.get().document == "bill:1"


@pytest.mark.usefixtures("database")
def test_nothing_is_opened_for_a_message_without(provider: Provider) -> None:
    def must_not_be_asked(reference: str) -> Document:
        raise AssertionError(reference)

    write()
    channel = Carrying(provider.url)
    assert send(channel, must_not_be_asked) == {"delivered": 1}
    assert channel.given[0].document is None


@pytest.mark.parametrize("can", [Capabilities()])
@pytest.mark.usefixtures("database")
def test_a_channel_that_may_not_carry_it_is_not_asked(provider: Provider, can: Capabilities) -> None:
    class Lacking(Carrying):
        capabilities = can

    write(document="bill:1")
    channel = Lacking(provider.url)
    assert send(channel) == {"cannot_carry": 1}
    assert (channel.given, states(), said()) == (
        [],
        ["failed"],
        "к сообщению приложен документ, канал их не передаёт",
    )


@pytest.mark.usefixtures("database")
def test_one_that_is_not_there_is_listed_with_its_reason(provider: Provider) -> None:
    write(document="bill:2", kind=NOTICE)
    channel = Carrying(provider.url)
    assert send(channel) == {"document_missing": 1}
    assert (channel.given, states(), log(), said()) == ([], ["failed"], ["document_missing"], "нет документа bill:2")


@pytest.mark.usefixtures("database")
def test_where_nobody_hands_documents_in_there_are_none(provider: Provider) -> None:
    write(document="bill:1")
    assert dict(send_waiting(Carrying(provider.url), Settings(), lambda: NOON)) == {"document_missing": 1}


@pytest.mark.parametrize("error", [ZeroDivisionError("7 Secret street"), IntegrityError("7 Secret street")])
@pytest.mark.usefixtures("database")
def test_an_error_in_making_it_is_told_by_its_kind_only(provider: Provider, error: Exception) -> None:
    def fails(reference: str) -> Document:
        raise error

    write(document="bill:1")
    with capture_logs() as logs:
        assert send(Carrying(provider.url), fails) == {"document_missing": 1}
    assert "Secret" not in said() + str(logs)
    assert type(error).__name__ in said()


@pytest.mark.usefixtures("database")
def test_where_the_database_is_away_the_message_waits(provider: Provider) -> None:
    def is_away(reference: str) -> Document:
        raise OperationalError("server closed the connection")

    write(document="bill:1", kind=NOTICE)
    assert send(Carrying(provider.url), is_away) == {"unreachable": 1}
    assert states() == ["waiting"]


@pytest.mark.usefixtures("database")
def test_one_that_fails_keeps_no_other_from_going(provider: Provider) -> None:
    for reference in ("bill:2", "bill:1", "bill:3", ""):
        write(document=reference)
    assert send(Carrying(provider.url)) == {"document_missing": 2, "delivered": 2}


@pytest.mark.usefixtures("database")
def test_one_that_is_not_there_says_nothing_of_the_channel(provider: Provider) -> None:
    provider.plans("anna", 500)
    write(recipient="anna")
    write(document="bill:2", recipient="boris")
    send(Carrying(provider.url))
    assert (pace().failures, pace().trouble) == (1, "provider_failed")


@pytest.mark.usefixtures("database")
def test_documents_are_opened_in_the_thread_that_claims(provider: Provider) -> None:
    threads = []

    def noted(reference: str) -> Document:
        threads.append(threading.current_thread())
        return BILL

    write(document="bill:1")
    send(Carrying(provider.url), noted)
    assert threads == [threading.current_thread()]


@pytest.mark.usefixtures("database")
def test_a_message_is_on_its_way_while_the_next_document_is_opened(provider: Provider) -> None:
    arrived = threading.Event()

    class Noted(Carrying):
        async def send(self, outgoing: Outgoing) -> Sent:
            arrived.set()
            return await super().send(outgoing)

    def waits_for_the_first(reference: str) -> Document:
        assert reference == "bill:1" or arrived.wait(20)
        return BILL

    write(document="bill:1")
    write(document="bill:9")
    assert send(Noted(provider.url), waits_for_the_first) == {"delivered": 2}


@pytest.mark.usefixtures("database")
def test_none_is_opened_when_too_little_of_the_lease_is_left(provider: Provider, monkeypatch: Any) -> None:
    monkeypatch.setattr(send_messages, "OPENING_LIMIT", -1.0)
    write(document="bill:1", kind=NOTICE)
    channel = Carrying(provider.url)
    assert send(channel) == {"unreachable": 1}
    assert (channel.given, states()) == ([], ["waiting"])
