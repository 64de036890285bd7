"""A provider on loopback that does what a test tells it to, and a channel that sends to it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import httpx

from sbyt.messaging.channel import (
    Capabilities,
    Channel,
    InboundEvent,
    MessageRefused,
    NotAuthorised,
    Outgoing,
    ProviderFailed,
    RecipientGone,
    Request,
    Sent,
    Throttled,
    UnableToSend,
    UnableToVerify,
    Uncertain,
    Unreachable,
)

#: How the provider may behave besides answering with a status.
HANG, CLOSE, GARBAGE = "hang", "close", "garbage"


@dataclass(frozen=True)
class Got:
    """A message that reached the provider. ``at`` is on the monotonic clock."""

    message: int
    recipient: str
    text: str
    at: float


@dataclass
class Provider:
    """What the provider got, and what it does with the next messages to a recipient: 200 where nothing is planned."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    delay: float = 0.0
    always: int | str | None = None
    released: threading.Event = field(default_factory=threading.Event)
    _plans: dict[str, deque[int | str]] = field(default_factory=lambda: defaultdict(deque))

    def plans(self, recipient: str, *behaviours: int | str) -> None:
        """Behave so with the next messages to a recipient: a status, ``429 3`` (wait 3 s), hang, close or garbage."""
        self._plans[recipient].extend(behaviours)

    def behaviour(self, recipient: str) -> int | str:
        if self._plans[recipient]:
            return self._plans[recipient].popleft()
        return self.always or 200

    @property
    def recipients(self) -> list[str]:
        return [one.recipient for one in self.got]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: ClassVar[Provider]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        provider = self.provider
        provider.got.append(Got(body["id"], body["to"], body["text"], time.monotonic()))
        time.sleep(provider.delay)
        self._behave(provider.behaviour(body["to"]), f"P{body['id']}")

    def _behave(self, behaviour: int | str, name: str) -> None:
        if behaviour == HANG:
            self.provider.released.wait(60)
            self.close_connection = True
        elif behaviour == CLOSE:
            self.close_connection = True
        elif behaviour == GARBAGE:
            self._answer(200, b"\x00<html>")
        else:
            status, _, wait = str(behaviour).partition(" ")
            self._answer(int(status), json.dumps({"id": name}).encode(), wait)

    def _answer(self, status: int, body: bytes, wait: str = "") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        if wait:
            self.send_header("retry-after", wait)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 as the standard library calls it
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is killed goes away in the middle: that is what some tests are about."""


@contextmanager
def a_provider(port: int = 0) -> Iterator[Provider]:
    """Run a provider on a port of loopback, a free one unless told otherwise, until the end of the block."""
    provider = Provider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = _Server(("127.0.0.1", port), handler)
    provider.url = f"http://127.0.0.1:{server.server_address[1]}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        provider.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class ProviderChannel(Channel):
    """Sends to the provider, as a real channel would."""

    code = "sms"
    capabilities = Capabilities(length=600)

    def __init__(self, url: str, *, code: str = "sms", per_second: int = 1000) -> None:
        self.code = code  # type: ignore[misc]  # one class for several channels
        self.per_second = per_second  # type: ignore[misc]
        self._url = url
        self._client: tuple[asyncio.AbstractEventLoop, httpx.AsyncClient] | None = None

    def verify(self, request: Request) -> None:
        raise UnableToVerify

    def parse(self, request: Request) -> Sequence[InboundEvent]:
        return []

    async def send(self, outgoing: Outgoing) -> Sent:
        body = {"id": outgoing.id, "to": outgoing.recipient, "text": outgoing.text}
        try:
            response = await self._open_client().post(self._url, json=body)
        except httpx.ConnectError as error:
            raise Unreachable(str(error)) from error
        except httpx.HTTPError as error:
            raise Uncertain(type(error).__name__) from error
        return _read(response)

    def _open_client(self) -> httpx.AsyncClient:
        """A client belongs to the loop that it was first used in."""
        loop = asyncio.get_running_loop()
        if self._client is None or self._client[0] is not loop:
            limits = httpx.Limits(max_keepalive_connections=0)  # so that nothing is left open when the loop ends
            self._client = loop, httpx.AsyncClient(timeout=60, verify=False, limits=limits)
        return self._client[1]


_ERRORS: dict[int, type[UnableToSend]] = {
    401: NotAuthorised,
    403: RecipientGone,
    400: MessageRefused,
    500: ProviderFailed,
}


def _read(response: httpx.Response) -> Sent:
    if response.status_code == 429:
        raise Throttled("429", wait=float(response.headers.get("retry-after", "1")))
    if error := _ERRORS.get(response.status_code):
        raise error(str(response.status_code))
    return Sent(response.json()["id"])
