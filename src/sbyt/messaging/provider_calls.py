"""Calls to providers over HTTP: what went wrong becomes one of the send errors, here for all channels."""

from __future__ import annotations

import asyncio
import functools
import json
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

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
from sbyt.messaging.pictures import LARGEST, Picture

#: No more of an answer is read.
_MOST_OF_AN_ANSWER = 64 * 1024
_CONNECT_SECONDS = 5.0

#: Certainly nothing was sent.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


async def post(
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float,
    most: int = _MOST_OF_AN_ANSWER,
    proxy: str | None = None,
) -> tuple[httpx.Response, bytes]:
    """Post to a provider; as ``ask``, with the authorities that the system trusts."""
    return await ask("POST", url, headers, seconds=seconds, most=most, proxy=proxy, content=content)


async def get(
    url: str, headers: Mapping[str, str], *, seconds: float, most: int = _MOST_OF_AN_ANSWER, proxy: str | None = None
) -> tuple[httpx.Response, bytes]:
    """Ask a provider for something; otherwise as ``post``."""
    return await ask("GET", url, headers, seconds=seconds, most=most, proxy=proxy)


async def ask(
    method: str,
    url: str,
    headers: Mapping[str, str],
    *,
    seconds: float,
    ca: str = "",
    most: int = _MOST_OF_AN_ANSWER,
    proxy: str | None = None,
    **sent: Any,
) -> tuple[httpx.Response, bytes]:
    """Ask a provider something. Redirections are not followed: our key would go with them.

    :param seconds: until the answer must be there, whole.
    :param ca: a file of authorities that are trusted beside those of the system.
    :param most: bytes of the answer that are read; what comes after them is let be.
    :param proxy: the address of a proxy that is to be asked instead of those of the environment.
    :param sent: the body, as httpx takes it: ``content``, ``data``, ``files``.

    :returns: the response of whatever status, and what it holds.

    :raises Unreachable: if there is no connection, or nobody to trust at its other end.
    :raises Uncertain: if the request went out and no whole answer came.
    """
    limits = httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))
    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(verify=trusted(ca), timeout=limits, proxy=proxy) as client,
            client.stream(method, url, headers=dict(headers), **sent) as response,
        ):
            return response, await _beginning(response, most)
    except _NOT_SENT as error:
        raise Unreachable(_named(error)) from error
    except (httpx.HTTPError, TimeoutError) as error:
        raise Uncertain(_named(error)) from error


async def _beginning(response: httpx.Response, most: int) -> bytes:
    found = bytearray()
    async for piece in response.aiter_bytes():
        found += piece
        if len(found) > most:
            break
    return bytes(found[:most])


@dataclass(frozen=True, slots=True)
class Api:
    """Where a provider's API is, and how it is asked. ``address`` ends without a stroke; ``headers`` hold our key."""

    address: str
    seconds: float = 15.0
    ca: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    async def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **sent: Any
    ) -> tuple[httpx.Response, dict[str, Any]]:
        """The response and its JSON object: an empty one where it has none.

        :param headers: beside those that every request has.
        :param sent: as for the function ``ask``, and ``json``, which is sent as such.

        :raises UnableToSend: as the function ``ask`` does.
        """
        headers = {**self.headers, **(headers or {})}
        if "json" in sent:
            sent["content"] = json.dumps(sent.pop("json"), ensure_ascii=False).encode("utf-8", "replace")
            headers["content-type"] = "application/json"
        url = self.address + path
        response, body = await ask(method, url, headers, seconds=self.seconds, ca=self.ca, **sent)
        return response, json_object(body)

    async def upload(self, url: str, name: str, file: tuple[str, bytes, str]) -> dict[str, Any]:
        """Hand a file to where the provider told us to put it, as the field of this name; our key doesn't go with it.

        :param file: its name, its bytes, its media type.

        :raises UnableToSend: as the function ``ask`` does.
        """
        response, body = await ask("POST", url, {}, seconds=self.seconds, ca=self.ca, files={name: file})
        if error := error_of(response):
            raise error
        return json_object(body)

    async def picture(self, url: str, headers: Mapping[str, str] | None = None) -> Picture:
        """A photo that the provider keeps. Without encryption only the provider's own address is asked.

        :raises UnableToSend: as the function ``ask`` does.
        :raises UnableToTakePhoto: if it is no photo, or too large.
        """
        there = urlsplit(url)
        if there.scheme != "https" and there[:2] != urlsplit(self.address)[:2]:
            raise RecipientGone("адрес файла не https")
        response, body = await ask("GET", url, headers or {}, seconds=self.seconds, ca=self.ca, most=LARGEST + 1)
        if error := error_of_file(response):
            raise error
        return Picture.of(body)


def json_object(body: bytes) -> dict[str, Any]:
    """What an answer holds; empty where it is no JSON object."""
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def before_sending() -> Iterator[None]:
    """What only makes ready for a message: where nobody knows how it ended, still no message has left us."""
    try:
        yield
    except Uncertain as error:
        raise Unreachable(error.said) from error


def error_of(response: httpx.Response) -> UnableToSend | None:
    """What a status means where the provider documents nothing else; None where it took the message.

    Its words are left out: they may repeat the message. That nothing is at this address (404, 410) says nothing of the
    recipient: it is what a wrong address, an API that moved and a gateway before it answer to every message.
    """
    status = response.status_code
    said = f"HTTP {status}"
    match status:
        case _ if 200 <= status < 300:
            return None
        case 401 | 403:
            return NotAuthorised(said)
        case 429:
            return Throttled(said, wait=_retry_after(response))
        case 504:  # whoever stands between us and the provider has waited in vain
            return Uncertain(said)
        case 404 | 408 | 410:
            return ProviderFailed(said)
        case _ if 400 <= status < 500:
            return MessageRefused(said)
    return ProviderFailed(said)


def error_of_file(response: httpx.Response) -> UnableToSend | None:
    """As ``error_of``, for a file by the address that the provider itself gave: what isn't there is gone."""
    return RecipientGone(f"HTTP {response.status_code}") if response.status_code in (404, 410) else error_of(response)


def _retry_after(response: httpx.Response) -> float | None:
    """The seconds of ``Retry-After``; a time of day is measured by the provider's own clock."""
    wanted = response.headers.get("retry-after", "").strip()
    try:
        if wanted.isascii() and wanted.isdigit():
            return float(wanted[:9])
        wait = parsedate_to_datetime(wanted) - parsedate_to_datetime(response.headers["date"])
    except (KeyError, ValueError, TypeError):
        return None
    return max(wait.total_seconds(), 0.0)


def _named(error: Exception) -> str:
    """The kind of the error: its text may hold an address, and that a key."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"сертификат не доверен: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


@functools.cache
def trusted(ca: str = "") -> ssl.SSLContext:
    """Whose certificates are believed: those of the system, and of a file. Reading them takes longer than a call.

    :raises Unreachable: if the file can't be read; the next call tries again.
    """
    context = ssl.create_default_context()
    if ca:
        try:
            context.load_verify_locations(ca)
        except OSError as error:  # ssl.SSLError is one
            raise Unreachable(f"не читаются корневые сертификаты из ca: {type(error).__name__}") from error
    return context
