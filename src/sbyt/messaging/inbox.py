"""The inbox: what customers sent, stored before anything else is done with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import connection


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as a channel hands it in. ``received_at``: the provider's time of acceptance, aware.

    ``raw`` is what the provider sent, where it is more than the text.
    """

    channel: str
    sender: str
    text: str
    provider_id: str
    received_at: dt.datetime
    raw: str = ""


class Stored(NamedTuple):
    """Where a message lies in the inbox, and whether it is new there: the provider may repeat itself."""

    id: int
    is_new: bool


_INSERT = """
    INSERT INTO messaging_inboundmessage
        (channel, provider_id, sender, text, raw, received_at, stored_at, attempts)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 0)
    ON CONFLICT (channel, provider_id) DO NOTHING
    RETURNING id
"""
_FIND = "SELECT id FROM messaging_inboundmessage WHERE channel = %s AND provider_id = %s"


def store(incoming: Incoming, now: dt.datetime) -> Stored:
    """Store what came, once: a message that the provider repeats is found, not stored again.

    Outside of a transaction it is on the disk when this returns: then the provider may be told that we have it.
    """
    return store_many([incoming], now)[0]


def store_many(incoming: Sequence[Incoming], now: dt.datetime) -> list[Stored]:
    """Store what came, each message once, in the order given; outside of a transaction each is committed alone."""
    adapt = connection.ops.adapt_datetimefield_value
    stored = []
    with connection.cursor() as cursor:
        for one in incoming:
            channel, provider_id = _storable(one.channel), _storable(one.provider_id)
            texts = (_storable(one.sender), _storable(one.text), _storable(one.raw))
            cursor.execute(_INSERT, [channel, provider_id, *texts, adapt(one.received_at), adapt(now)])
            made = cursor.fetchone()
            if made is None:
                cursor.execute(_FIND, [channel, provider_id])
            found = made or cursor.fetchone()
            stored.append(Stored(found[0], made is not None))
    return stored


def _storable(text: str) -> str:
    """Without what a database can't hold: PostgreSQL no NUL, neither of them half a character (a lone surrogate)."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
