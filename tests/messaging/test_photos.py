"""Photos are kept with the message that they came with, once, and are what their bytes say."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from sbyt.messaging.inbox import Incoming, claim, store, store_many, store_together
from sbyt.messaging.models import InboundMessage, Photo
from sbyt.messaging.photos import photo, photos_of
from sbyt.messaging.pictures import LARGEST, Picture, UnableToTakePhoto
from tests.support.databases import Database

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\xff" * 50
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 50
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 "
PHOTOS = (Picture.of(PNG), Picture.of(JPEG))
MESSAGE = Incoming("telegram", "77", "", "m1", NOW, photos=PHOTOS)


@pytest.mark.parametrize(("data", "media_type"), [(PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")])
def test_a_photo_is_what_its_bytes_say(data: bytes, media_type: str) -> None:
    assert Picture.of(data) == (media_type, data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "kind"), (b"<svg onload=alert()>", "kind"), (b"%PDF-1.7", "kind"), (JPEG + b"\x00" * LARGEST, "size")],
)
def test_what_is_none_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(UnableToTakePhoto) as refused:
        Picture.of(data)
    assert refused.value.reason == reason


def test_photos_are_kept_with_their_message_and_come_back_as_they_were(database: Database) -> None:
    stored = store(MESSAGE, NOW)
    first, second = photos_of([stored.id])[stored.id]
    assert (photo(first), photo(second)) == PHOTOS
    assert photo(second + 1) is None
    assert InboundMessage.objects.get().photos == 2


def test_whoever_handles_it_knows_how_many_came(database: Database) -> None:
    from django.db import transaction

    store(MESSAGE, NOW)
    with transaction.atomic():
        (waiting,) = claim(NOW, 10)
    assert waiting.photos == 2


def test_a_repetition_keeps_them_once(database: Database) -> None:
    store(MESSAGE, NOW)
    assert not store(MESSAGE, NOW).is_new
    assert Photo.objects.count() == 2


@pytest.mark.parametrize("storing", [store_many, store_together])
def test_with_others_each_keeps_its_own(database: Database, storing: object) -> None:
    assert callable(storing)
    others = [replace(MESSAGE, provider_id=f"o{number}", photos=()) for number in range(3)]
    stored = storing([others[0], MESSAGE, *others[1:]], NOW)
    assert list(photos_of([one.id for one in stored])) == [stored[1].id]
