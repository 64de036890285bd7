"""What providers post to us. They are told that we have it once it is on the disk, and never before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import structlog
from django.conf import settings
from django.db import DatabaseError

from sbyt.api import counters
from sbyt.bulk.lasting import with_connection
from sbyt.bulk.together import Together
from sbyt.messaging.channel import Channel, Request, Response, UnableToParse, UnableToVerify
from sbyt.messaging.inbox import MOST_TOGETHER, Incoming, Stored, store_many, store_together
from sbyt.messaging.unreadable import keep_unreadable
from sbyt.usecases.receive_message import receive_messages
from sbyt.usecases.receive_message.failures import is_outage
from sbyt.usecases.take_in import read

#: No provider posts more: the longest message of a messenger repeats the one that it answers, with all that is marked
#: in both, and what is refused is sent again for ever. What is larger is not read.
LARGEST_BODY = 8 * 1024 * 1024

_PIECE = 1024 * 1024
_PATIENCE = 8  # pieces of what is too large
_RETRY_AFTER = "10"  # seconds
_WITHOUT_PREFIX = ("CONTENT_TYPE", "CONTENT_LENGTH")  # WSGI calls all other headers HTTP_…

_log = structlog.get_logger(__name__)


class Answer(NamedTuple):
    """What a provider is told: status, body, headers."""

    status: int
    body: bytes
    headers: list[tuple[str, str]]


class Headers(Mapping[str, str]):
    """The headers of a request of WSGI by their names in lower case; none is copied that nobody looks at."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        called = name.upper().replace("-", "_")
        found: str = self._environ[called if called in _WITHOUT_PREFIX else f"HTTP_{called}"]
        return found

    def __iter__(self) -> Iterator[str]:
        for called in self._environ:
            if called.startswith("HTTP_") or called in _WITHOUT_PREFIX:
                yield called.removeprefix("HTTP_").replace("_", "-").lower()

    def __len__(self) -> int:
        return sum(1 for _ in self)


def webhook(environ: Mapping[str, Any], code: str) -> Answer:
    """A request of a provider: verified, read, stored, and in a live session answered.

    It is called below Django's requests and responses, which would cost more than all that is done here.
    """
    channel = settings.CONNECTED_CHANNELS().get(code)
    if channel is None:
        counters.webhook("", "unknown_channel").inc()
        return _said(404, "Такого канала здесь нет.")
    if environ["REQUEST_METHOD"] not in ("GET", "POST"):
        return _said(405, "Нужен POST.")
    result, answer = _served(channel, environ)
    counters.webhook(code, result).inc()
    return answer


def _served(channel: Channel, environ: Mapping[str, Any]) -> tuple[str, Answer]:
    """What became of it, in a word, and the answer."""
    body = _body(environ)
    if body is None:
        return "too_large", _said(413, "Не больше 8 МБ.")
    now = settings.NOW()
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    try:
        return _received(channel, Request(Headers(environ), body, query, environ["REQUEST_METHOD"], now), now)
    except DatabaseError as error:
        if is_outage(error):
            _log.error("database_out_of_reach", channel=channel.code)
            said = _said(503, "База не отвечает. Пришлите ещё раз позже.")
            return "unavailable", said._replace(headers=[*said.headers, ("Retry-After", _RETRY_AFTER)])
        _log.exception("webhook_failed", channel=channel.code)
    except Exception:  # noqa: BLE001 below Django there is nobody else to answer
        _log.exception("webhook_failed", channel=channel.code)
    return "failed", _said(500, "Ошибка у нас. Пришлите ещё раз позже.")


def _body(environ: Mapping[str, Any]) -> bytes | None:
    """All of it, also where the sender didn't say how long it is; None where it is too large."""
    given = environ.get("CONTENT_LENGTH") or ""
    body: bytes = environ["wsgi.input"].read(min(int(given), LARGEST_BODY + 1) if given.isdigit() else LARGEST_BODY + 1)
    if len(body) <= LARGEST_BODY:
        return body
    # Who is still sending doesn't listen: a little more is read, and thrown away, so that they hear why.
    for _ in range(_PATIENCE):
        if not environ["wsgi.input"].read(_PIECE):
            break
    return None


def _received(channel: Channel, request: Request, now: dt.datetime) -> tuple[str, Answer]:
    """What became of it, in a word, and the response."""
    try:
        channel.verify(request)
    except UnableToVerify as error:
        _log.warning("webhook_refused", channel=channel.code)
        return "refused", _said(403, str(error))
    try:
        incoming = read(channel, request, now)
    except UnableToParse as error:
        said = str(error)
        with_connection(lambda: keep_unreadable(channel.code, channel.redacted(request.body), said, now))
        _log.warning("webhook_unreadable", channel=channel.code)
        return "unreadable", _said(channel.status_of_unreadable, said)
    if not incoming:
        return "nothing", _response(channel.respond(request, []))
    if channel.answers_at_once(request):
        results = with_connection(lambda: _answers(incoming, now))
        return ("answered" if None not in results else "stored"), _response(channel.respond(request, results))
    is_new = _stored(incoming, now)
    return ("stored" if is_new else "duplicate"), _response(channel.respond(request, []))


def _answers(incoming: Sequence[Incoming], now: dt.datetime) -> list[Mapping[str, Any] | None]:
    return [received.result for received in receive_messages(incoming, settings.SBYT, now)]


def _stored(incoming: Sequence[Incoming], now: dt.datetime) -> bool:
    """Whether any of them is new. One that came alone shares a commit with those that came at the same moment."""
    if len(incoming) == 1:
        return _store((incoming[0], now)).is_new
    return any(one.is_new for one in with_connection(lambda: store_many(incoming, now)))


def _store_together(came: Sequence[tuple[Incoming, dt.datetime]]) -> list[Stored]:
    incoming, (_, now) = [one for one, _ in came], came[-1]
    return with_connection(lambda: store_together(incoming, now))


_store = Together(_store_together, most=MOST_TOGETHER)


def _response(response: Response) -> Answer:
    return Answer(response.status, response.body, [("Content-Type", response.content_type), *response.headers.items()])


def _said(status: int, words: str) -> Answer:
    return Answer(status, f"{words}\n".encode(), [("Content-Type", "text/plain; charset=utf-8")])
