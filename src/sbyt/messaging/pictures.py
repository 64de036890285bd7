"""What a photo is, before it is kept: told by its own bytes."""

from __future__ import annotations

from typing import NamedTuple

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
