"""What providers post to us. They are told that we have it once it is on the disk, and never before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from sbyt.api import counters
from sbyt.bulk.lasting import with_connection
from sbyt.messaging.channel import (
    OWN_PAGE,
    Channel,
    InboundEvent,
    Request,
    Response,
    UnableToParse,
    UnableToVerify,
)
from sbyt.messaging.inbox import Incoming, store, store_many
from sbyt.messaging.unreadable import keep_unreadable
from sbyt.usecases.receive_message import receive_messages
from sbyt.usecases.receive_message.failures import is_outage

#: No provider posts more; what is larger is not read.
LARGEST_BODY = 1024 * 1024

#: What a table or its index holds.
_LONGEST_NAME = 600
_FIRST_YEAR = 2000
_RETRY_AFTER = "10"  # seconds

_log = structlog.get_logger(__name__)


def receive(request: HttpRequest, code: str) -> HttpResponse:
    """A request of a provider: verified, read, stored, and in a live session answered."""
    channel = settings.CONNECTED_CHANNELS().get(code)
    if channel is None:
        counters.webhooks.labels("", "unknown_channel").inc()
        return _said(404, "Такого канала здесь нет.")
    if request.method not in ("GET", "POST"):
        return _said(405, "Нужен POST.")
    body = _body(request)
    if body is None:
        return _counted(channel, "too_large", _said(413, "Не больше 1 МБ."))
    now = settings.NOW()
    asked = Request(_headers(request), body, request.GET.dict(), request.method, now)
    try:
        result, response = _received(channel, asked, now)
    except DatabaseError as error:
        if not is_outage(error):
            raise
        _log.error("database_out_of_reach", channel=code)
        response = _said(503, "База не отвечает. Пришлите ещё раз позже.")
        response["Retry-After"] = _RETRY_AFTER
        return _counted(channel, "unavailable", response)
    return _counted(channel, result, response)


def _body(request: HttpRequest) -> bytes | None:
    """All of it, also where the sender didn't say how long it is; None where it is too large."""
    given = request.META.get("CONTENT_LENGTH") or ""
    if given.isdigit() and int(given) > LARGEST_BODY:
        return None
    body: bytes = request.META["wsgi.input"].read(int(given) if given.isdigit() else LARGEST_BODY + 1)
    return body if len(body) <= LARGEST_BODY else None


def _headers(request: HttpRequest) -> dict[str, str]:
    found = {
        name[5:].replace("_", "-").lower(): value for name, value in request.META.items() if name.startswith("HTTP_")
    }
    return {**found, "content-type": request.META.get("CONTENT_TYPE", "")}


def _received(channel: Channel, request: Request, now: dt.datetime) -> tuple[str, HttpResponse]:
    """What became of it, in a word, and the response."""
    try:
        channel.verify(request)
    except UnableToVerify as error:
        _log.warning("webhook_refused", channel=channel.code)
        return "refused", _said(403, str(error))
    try:
        events = _parsed(channel, request, now)
    except UnableToParse as error:
        said = str(error)
        with_connection(lambda: keep_unreadable(channel.code, request.body, said, now))
        _log.warning("webhook_unreadable", channel=channel.code)
        return "unreadable", _said(channel.status_of_unreadable, said)
    if not events:
        return "nothing", _response(channel.respond(request, []))
    incoming = [_incoming(channel, event, now) for event in events]
    if channel.answers_at_once(request):
        results = with_connection(lambda: _answers(incoming, now))
        return ("answered" if None not in results else "stored"), _response(channel.respond(request, results))
    is_new = with_connection(lambda: _stored(incoming, now))
    return ("stored" if is_new else "duplicate"), _response(channel.respond(request, []))


def _parsed(channel: Channel, request: Request, now: dt.datetime) -> Sequence[InboundEvent]:
    """The messages in it, of a form that can be stored.

    :raises UnableToParse: also where the channel stumbles: what is from the provider is kept, whatever it is.
    """
    try:
        events = channel.parse(request)
    except UnableToParse:
        raise
    except Exception as error:
        _log.exception("channel_stumbled", channel=channel.code)
        raise UnableToParse("Канал не смог прочитать запрос.") from error
    for event in events:
        if not event.provider_id or max(len(event.provider_id), len(event.sender)) > _LONGEST_NAME:
            raise UnableToParse("Номер сообщения пуст, или он либо отправитель длиннее 600 знаков.")
        if event.provider_id.startswith(OWN_PAGE) or event.sender.startswith(OWN_PAGE):
            raise UnableToParse(f"Номер и отправитель не могут начинаться с «{OWN_PAGE}».")
        if event.received_at and not _FIRST_YEAR <= event.received_at.year <= now.year + 1:
            raise UnableToParse("Время сообщения невозможно.")
    return events


def _incoming(channel: Channel, event: InboundEvent, now: dt.datetime) -> Incoming:
    return Incoming(channel.code, event.sender, event.text, event.provider_id, event.received_at or now, event.raw)


def _answers(incoming: Sequence[Incoming], now: dt.datetime) -> list[Mapping[str, Any] | None]:
    return [received.result for received in receive_messages(incoming, settings.SBYT, now)]


def _stored(incoming: Sequence[Incoming], now: dt.datetime) -> bool:
    """Whether any of them is new. One is committed by its one statement."""
    if len(incoming) == 1:
        return store(incoming[0], now).is_new
    return any(one.is_new for one in store_many(incoming, now))


def _response(response: Response) -> HttpResponse:
    return HttpResponse(
        response.body, status=response.status, content_type=response.content_type, headers=dict(response.headers)
    )


def _said(status: int, words: str) -> HttpResponse:
    return HttpResponse(words + "\n", status=status, content_type="text/plain; charset=utf-8")


def _counted(channel: Channel, result: str, response: HttpResponse) -> HttpResponse:
    counters.webhooks.labels(channel.code, result).inc()
    return response
