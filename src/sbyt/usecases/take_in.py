"""Takes in what a provider posts, or gives when it is asked: reads it, and stores it before anything else is done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import structlog

from sbyt.messaging.channel import OWN_PAGE, Channel, InboundEvent, Request, UnableToParse
from sbyt.messaging.inbox import Incoming, store_many
from sbyt.messaging.pictures import MOST
from sbyt.messaging.unreadable import keep_unreadable

#: What a table or its index holds.
_LONGEST_NAME = 600
_FIRST_YEAR = 2000

_log = structlog.get_logger(__name__)


def read(channel: Channel, request: Request, now: dt.datetime) -> list[Incoming]:
    """The messages in a request whose proof was verified, of a form that can be stored.

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
        _check(event, now)
    return [_incoming(channel, event, now) for event in events]


def _check(event: InboundEvent, now: dt.datetime) -> None:
    if not event.provider_id or max(map(len, (event.provider_id, event.sender, *event.files))) > _LONGEST_NAME:
        raise UnableToParse("Номер сообщения пуст, или он, отправитель либо имя файла длиннее 600 знаков.")
    if event.provider_id.startswith(OWN_PAGE) or event.sender.startswith(OWN_PAGE):
        raise UnableToParse(f"Номер и отправитель не могут начинаться с «{OWN_PAGE}».")
    if event.received_at and not _FIRST_YEAR <= event.received_at.year <= now.year + 1:
        raise UnableToParse("Время сообщения невозможно.")


def _incoming(channel: Channel, event: InboundEvent, now: dt.datetime) -> Incoming:
    return Incoming(
        channel.code,
        event.sender,
        event.text,
        event.provider_id,
        event.received_at or now,
        event.raw,
        event.photos[:MOST],
        event.files[:MOST],
        event.contact,
    )


def take_polled(channel: Channel, bodies: Sequence[bytes], now: dt.datetime) -> int:
    """Store what a provider gave when it was asked; what is of no known form is kept for people.

    Once this returns the provider may be told that we have it.

    :returns: how many of the messages are new.

    :raises DatabaseError: if the database is out of reach; then all of it is to be asked for again.
    """
    found: list[Incoming] = []
    for body in bodies:
        try:
            found += read(channel, Request({}, body, at=now), now)
        except UnableToParse as error:
            keep_unreadable(channel.code, channel.redacted(body), str(error), now)
            _log.warning("polled_unreadable", channel=channel.code)
    return sum(one.is_new for one in store_many(found, now)) if found else 0
