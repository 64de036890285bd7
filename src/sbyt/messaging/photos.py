"""Photos that customers send, of their meters as a rule: kept with the message, looked at by staff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sbyt.messaging.models import ExpectedPhoto, Photo
from sbyt.messaging.pictures import Picture


def keep_photos(message: int, pictures: Sequence[Picture], now: dt.datetime) -> None:
    """Keep the photos of a message, in the transaction that stores it."""
    Photo.objects.bulk_create(
        [Photo(message_id=message, media_type=one.media_type, data=one.data, stored_at=now) for one in pictures]
    )


def expect_photos(message: int, channel: str, files: Sequence[str], now: dt.datetime) -> None:
    """Note which photos of a message are to be fetched from the provider, in the transaction that stores it."""
    ExpectedPhoto.objects.bulk_create(
        [ExpectedPhoto(message_id=message, channel=channel, file=file, expected_at=now) for file in files]
    )


def photos_of(messages: Collection[int]) -> dict[int, list[int]]:
    """The ids of the photos of these messages, by the message."""
    found: dict[int, list[int]] = {}
    rows = Photo.objects.filter(message__in=messages).order_by("id").values_list("message_id", "pk")
    for message, photo in rows:
        found.setdefault(message, []).append(photo)
    return found


class Missing(NamedTuple):
    """Photos of a message that aren't here: those still to be fetched, and those that never will be."""

    coming: int = 0
    lost: int = 0


def missing_of(messages: Collection[int]) -> dict[int, Missing]:
    """What is missing of the photos of these messages, by the message; those of which nothing is are left out."""
    found: dict[int, Missing] = {}
    expected = ExpectedPhoto.objects.filter(message__in=messages).exclude(why="", ended_at__isnull=False)
    for message, ended_at in expected.values_list("message_id", "ended_at"):
        before = found.get(message, Missing())
        found[message] = Missing(before.coming + (ended_at is None), before.lost + (ended_at is not None))
    return found


def photo(pk: int) -> Picture | None:
    """A photo by its id."""
    found = Photo.objects.filter(pk=pk).values_list("media_type", "data").first()
    return Picture(found[0], bytes(found[1])) if found else None
