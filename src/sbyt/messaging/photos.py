"""Photos that customers send, of their meters as a rule: kept with the message, looked at by staff."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple

from sbyt.messaging.models import Photo

#: No larger photo is taken: ten megabytes, as most messengers have it.
LARGEST = 10 * 1024 * 1024
#: So many go with a message at most.
MOST = 10


class UnableToTakePhoto(ValueError):
    """It is no photo that a browser shows, or too large. ``reason``: kind, size."""

    def __init__(self, said: str, reason: str) -> None:
        super().__init__(said)
        self.reason = reason


class Picture(NamedTuple):
    """A photo as it came: its media type, told by its own bytes, and the bytes."""

    media_type: str
    data: bytes

    @classmethod
    def of(cls, data: bytes) -> Picture:
        """What it is, whatever it is called.

        :raises UnableToTakePhoto: if it is neither JPEG, PNG nor WebP, or too large.
        """
        if len(data) > LARGEST:
            raise UnableToTakePhoto(f"Фото больше {LARGEST // 1024 // 1024} МБ. Пришлите поменьше.", "size")
        if data.startswith(b"\xff\xd8\xff"):
            return cls("image/jpeg", data)
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return cls("image/png", data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return cls("image/webp", data)
        raise UnableToTakePhoto("Это не фото. Пришлите JPEG, PNG или WebP.", "kind")


def keep_photos(message: int, pictures: Sequence[Picture], now: dt.datetime) -> None:
    """Keep the photos of a message, in the transaction that stores it."""
    Photo.objects.bulk_create(
        [Photo(message_id=message, media_type=one.media_type, data=one.data, stored_at=now) for one in pictures]
    )


def photos_of(messages: Collection[int]) -> dict[int, list[int]]:
    """The ids of the photos of these messages, by the message."""
    found: dict[int, list[int]] = {}
    rows = Photo.objects.filter(message__in=messages).order_by("id").values_list("message_id", "pk")
    for message, photo in rows:
        found.setdefault(message, []).append(photo)
    return found


def photo(pk: int) -> Picture | None:
    """A photo by its id."""
    found = Photo.objects.filter(pk=pk).values_list("media_type", "data").first()
    return Picture(found[0], bytes(found[1])) if found else None
