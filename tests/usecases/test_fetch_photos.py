"""Photos that a provider keeps: fetched after their message is stored, tried again, given up with the reason."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from typing import ClassVar

import pytest

from sbyt.messaging.channel import (
    Capabilities,
    Channel,
    InboundEvent,
    Outgoing,
    RecipientGone,
    Request,
    Sent,
    UnableToSend,
    Uncertain,
    Unreachable,
)
from sbyt.messaging.inbox import Incoming, store
from sbyt.messaging.models import ExpectedPhoto, InboundMessage, Photo
from sbyt.messaging.photos import Missing, missing_of
from sbyt.messaging.pictures import Picture
from sbyt.usecases.fetch_photos import fetch_photos
from tests.messaging.test_photos import PNG
from tests.support.databases import Database

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


class Keeping(Channel):
    """Its provider gives what it is told to give, or fails so."""

    code = "max"
    capabilities = Capabilities(photo=True)
    fetches: ClassVar[bool] = True

    def __init__(self, *gives: bytes | Exception) -> None:
        self.gives = list(gives)
        self.asked: list[str] = []

    def verify(self, request: Request) -> None:
        raise NotImplementedError

    def parse(self, request: Request) -> Sequence[InboundEvent]:
        raise NotImplementedError

    async def send(self, outgoing: Outgoing) -> Sent:
        raise NotImplementedError

    async def fetch(self, file: str) -> Picture:
        self.asked.append(file)
        given = self.gives.pop(0)
        if isinstance(given, Exception):
            raise given
        return Picture.of(given)


class Silent(Keeping):
    async def fetch(self, file: str) -> Picture:
        self.asked.append(file)
        await asyncio.sleep(60)
        raise AssertionError


@pytest.fixture(autouse=True)
def message(database: Database) -> int:
    """A message with two photos that the provider keeps."""
    stored = store(Incoming("max", "7", "", "m1", NOW, files=("one", "two")), NOW)
    again = store(Incoming("max", "7", "", "m1", NOW, files=("one", "two")), NOW)
    assert (stored.id, again.is_new) == (again.id, False)
    return stored.id


def fetched(channel: Channel, at: dt.datetime = NOW, **limits: float) -> int:
    return fetch_photos(channel, lambda: at, **limits)  # type: ignore[arg-type]


def missing(message: int) -> Missing:
    return missing_of([message]).get(message, Missing())


def test_the_message_says_how_many_came_and_they_are_fetched_once(message: int) -> None:
    channel = Keeping(PNG, PNG)
    assert (InboundMessage.objects.get().photos, missing(message)) == (2, Missing(coming=2))
    assert (fetched(channel), fetched(channel)) == (2, 0)
    assert channel.asked == ["one", "two"]
    assert (Photo.objects.filter(message=message).count(), missing(message)) == (2, Missing())


@pytest.mark.parametrize("error", [Unreachable(), Uncertain(), TimeoutError(), ValueError("a token of ours")], ids=repr)
def test_one_that_cannot_be_had_now_is_tried_again(message: int, error: Exception) -> None:
    fetched(Keeping(error, PNG))
    assert missing(message) == Missing(coming=1)
    assert fetched(Keeping(PNG), NOW) == 0
    assert fetched(Keeping(PNG), NOW + dt.timedelta(seconds=10)) == 1
    assert missing(message) == Missing()


@pytest.mark.parametrize(
    ("gives", "why"),
    [(RecipientGone(), "recipient_gone"), (b"GIF89a", "kind"), (b"\xff\xd8\xff" + bytes(11 * 1024 * 1024), "size")],
    ids=["gone", "no photo", "too large"],
)
def test_one_that_never_can_be_had_is_given_up_and_told(message: int, gives: bytes | UnableToSend, why: str) -> None:
    fetched(Keeping(gives, PNG))
    assert missing(message) == Missing(lost=1)
    assert ExpectedPhoto.objects.get(file="one").why == why
    assert fetched(Keeping(), NOW + dt.timedelta(days=1)) == 0


def test_after_two_days_it_is_given_up(message: int) -> None:
    fetched(Keeping(Unreachable(), PNG))
    fetched(Keeping(Unreachable()), NOW + dt.timedelta(days=2, minutes=1))
    assert missing(message) == Missing(lost=1)


def test_a_provider_that_says_nothing_keeps_nobody_waiting(message: int) -> None:
    assert fetched(Silent(), time_limit=0.05) == 2
    assert missing(message) == Missing(coming=2)


def test_another_channel_fetches_none_of_them() -> None:
    class Another(Keeping):
        code = "vk"

    assert fetched(Another()) == 0
