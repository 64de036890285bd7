"""Options that all channels have whose provider is asked over HTTP: where, for how long, whose certificates count."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from sbyt.core.settings import Section, Text
from sbyt.messaging.provider_calls import Api

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _https(text: str) -> str:
    parts = urlsplit(text)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)):
        raise ValueError("адрес, который начинается с https://")
    return text


HttpsAddress = Annotated[Text, AfterValidator(_https), Field(description="адрес, который начинается с https://")]
Seconds = Annotated[int, Field(strict=True, ge=1, le=19, description="целое число секунд, от 1 до 19")]


class ProviderOptions(Section):
    """``address``: where its API is. ``ca``: a file of authorities that are trusted beside those of the system."""

    address: HttpsAddress
    ca: Annotated[Text, Field(description="путь к файлу в кавычках")] | None = None
    seconds: Seconds = 15

    def api(self, **headers: str) -> Api:
        """How the provider is asked: with these headers, in whose names ``_`` stands for ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Api(self.address.rstrip("/"), float(self.seconds), self.ca or "", named)
