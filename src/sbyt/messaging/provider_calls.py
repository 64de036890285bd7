"""Calls to providers over HTTP: what went wrong becomes one of the send errors, here for all channels."""

from __future__ import annotations

import asyncio
import functools
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

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
    """Post to a provider.

    :param seconds: until the answer must be there, whole.
    :param most: bytes of the answer that are read; what comes after them is let be.
    :param proxy: the address of a proxy that is to be asked instead of those of the environment.

    :returns: the response of whatever status, and what it holds.

    :raises Unreachable: if there is no connection.
    :raises Uncertain: if the request went out and no whole answer came.
    """
    return await _asked("POST", url, content, headers, seconds, most, proxy)


async def get(
    url: str, headers: Mapping[str, str], *, seconds: float, most: int = _MOST_OF_AN_ANSWER, proxy: str | None = None
) -> tuple[httpx.Response, bytes]:
    """Ask a provider for something; otherwise as ``post``."""
    return await _asked("GET", url, None, headers, seconds, most, proxy)


async def _asked(
    method: str,
    url: str,
    content: bytes | None,
    headers: Mapping[str, str],
    seconds: float,
    most: int,
    proxy: str | None,
) -> tuple[httpx.Response, bytes]:
    limits = httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))
    try:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(verify=trusted(), timeout=limits, proxy=proxy) as client,
            client.stream(method, url, content=content, headers=dict(headers)) as response,
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


def error_of(response: httpx.Response) -> UnableToSend | None:
    """What a status means where the provider documents nothing else; None where it took the message.

    Its words are left out: they may repeat the message.
    """
    status = response.status_code
    said = f"HTTP {status}"
    match status:
        case _ if 200 <= status < 300:
            return None
        case 401 | 403:
            return NotAuthorised(said)
        case 404 | 410:
            return RecipientGone(said)
        case 429:
            return Throttled(said, wait=_retry_after(response))
        case 504:  # whoever stands between us and the provider has waited in vain
            return Uncertain(said)
        case 408:
            return ProviderFailed(said)
        case _ if 400 <= status < 500:
            return MessageRefused(said)
    return ProviderFailed(said)


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
    return type(error).__name__


@functools.cache
def trusted() -> ssl.SSLContext:
    """Whose certificates are believed: those of the system. Reading them takes longer than a call."""
    return ssl.create_default_context()
