"""The inbox: what customers sent, stored before anything else is done with it, and who handles it when.

A sender's messages are handled in the order of their ids. Whoever handles one holds the sender until the transaction
ends: by an advisory lock on PostgreSQL; on SQLite there is one writer at a time anyhow.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db import OperationalError, connection, transaction

from sbyt.bulk.prepared import fetch_prepared
from sbyt.bulk.rows import fetch, moment, update
from sbyt.messaging.photos import expect_photos, keep_photos
from sbyt.messaging.pictures import Picture


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as a channel hands it in. ``received_at``: the provider's time of acceptance, aware.

    ``raw`` is what the provider sent, where it is more than the text; ``photos`` what was sent along, ``files`` the
    names of photos that are to be fetched; ``contact`` as in ``messaging.channel.InboundEvent``.
    """

    channel: str
    sender: str
    text: str
    provider_id: str
    received_at: dt.datetime
    raw: str = ""
    photos: tuple[Picture, ...] = ()
    files: tuple[str, ...] = ()
    contact: str = ""


class Stored(NamedTuple):
    """Where a message lies in the inbox, and whether it is new there: the provider may repeat itself."""

    id: int
    is_new: bool


class Waiting(NamedTuple):
    """A message that is to be handled. ``attempts``: how often that failed; ``photos``: how many came with it.

    ``contact``: the phone that the sender shared as their own, or ``ANOTHERS_CONTACT``.
    """

    id: int
    channel: str
    provider_id: str
    sender: str
    text: str
    received_at: dt.datetime
    attempts: int
    retry_at: dt.datetime | None
    photos: int = 0
    contact: str = ""


#: No message is put off for longer: one that is was put off before the clock was set back.
_LONGEST_WAIT = dt.timedelta(minutes=5)
#: So many messages of the senders concerned are looked at in one go.
_LONGEST_LINE = 1000

# storing -------------------------------------------------------------------------------------------------------------

_COLUMNS = "channel, provider_id, sender, text, raw, received_at, stored_at, retry_at, photos, contact, attempts"
_VALUES = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0)"
#: So many rows go into one statement: each number of them is a statement of its own, that the server keeps prepared.
MOST_TOGETHER = 50


@functools.cache
def _insert(rows: int) -> str:
    return f"""
        INSERT INTO messaging_inboundmessage ({_COLUMNS}) VALUES {", ".join([_VALUES] * rows)}
        ON CONFLICT (channel, provider_id) DO NOTHING
        RETURNING id, channel, provider_id, sender
    """  # noqa: S608 names of our own columns


_FIND = "SELECT id, sender FROM messaging_inboundmessage WHERE channel = %s AND provider_id = %s"


def store(incoming: Incoming, now: dt.datetime, *, leave_until: dt.datetime | None = None) -> Stored:
    """Store what came, once: a message that the provider repeats is found, not stored again.

    The same id from another sender is no repetition: the provider began to count anew. Outside of a transaction it is
    on the disk when this returns: then the provider may be told that we have it.

    :param leave_until: when workers may take it up, if whoever stores it means to handle it at once.
    """
    row = _row(incoming, now, leave_until)
    if incoming.photos or incoming.files:
        with transaction.atomic():
            stored = _stored(row)
            if stored.is_new:
                keep_photos(stored.id, incoming.photos, now)
                expect_photos(stored.id, incoming.channel, incoming.files, now)
            return stored
    return _stored(row)


def _stored(row: Sequence[Any]) -> Stored:
    made = fetch_prepared(_insert(1), row)
    return Stored(made[0][0], is_new=True) if made else _repeated(row)


def store_many(
    incoming: Sequence[Incoming], now: dt.datetime, *, leave_until: dt.datetime | None = None
) -> list[Stored]:
    """Store what came, each message once, in the order given, with one commit for all.

    :returns: for each of them what ``store`` would.
    """
    if len(incoming) == 1:
        return [store(incoming[0], now, leave_until=leave_until)]
    if connection.vendor == "sqlite" or not incoming or any(_with_photos(one) for one in incoming):
        with transaction.atomic():
            return [store(one, now, leave_until=leave_until) for one in incoming]
    rows = [_row(one, now, leave_until) for one in incoming]
    try:
        with transaction.atomic():
            return [
                _in_order(one)
                for first in range(0, len(rows), MOST_TOGETHER)
                for one in _added(rows[first : first + MOST_TOGETHER])
            ]
    except (_AnothersId, OperationalError):
        # Two that store the same messages in another order may have come to wait for each other.
        return [store(one, now, leave_until=leave_until) for one in incoming]


def store_together(incoming: Sequence[Incoming], now: dt.datetime) -> list[Stored]:
    """Store up to ``MOST_TOGETHER`` messages that came apart from each other, so in any order, with one commit for all.

    :returns: for each of them what ``store`` would.
    """
    if len(incoming) == 1 or connection.vendor == "sqlite" or any(_with_photos(one) for one in incoming):
        return store_many(incoming, now)
    rows = [_row(one, now, None) for one in incoming]
    try:
        return [one or _repeated(row) for one, row in zip(_added(rows), rows, strict=True)]
    except OperationalError:  # as above
        return [store(one, now) for one in incoming]


def _with_photos(incoming: Incoming) -> bool:
    return bool(incoming.photos or incoming.files)


class _AnothersId(Exception):
    """An id is another sender's already: stored one by one, each sender's messages keep their order."""


def _in_order(stored: Stored | None) -> Stored:
    if stored is None:
        raise _AnothersId
    return stored


def _added(rows: Sequence[Sequence[Any]]) -> list[Stored | None]:
    """Add rows by one statement; where each of them lies, None for one whose id is another sender's."""
    made = {
        (channel, provider_id): (id_, sender)
        for id_, channel, provider_id, sender in fetch_prepared(
            _insert(len(rows)), [value for row in rows for value in row]
        )
    }
    stored: list[Stored | None] = []
    for channel, provider_id, sender, *_ in rows:
        new = made.pop((channel, provider_id), None)
        id_, first_sender = new or fetch(_FIND, channel, provider_id)[0]
        stored.append(Stored(id_, is_new=new is not None) if first_sender == sender else None)
    return stored


def _repeated(row: Sequence[Any]) -> Stored:
    """The message of this sender with an id that is there already; it is stored if the id is somebody else's."""
    channel, provider_id, sender, *rest = row
    ((found, first_sender),) = fetch(_FIND, channel, provider_id)
    if first_sender == sender:
        return Stored(int(found), is_new=False)
    # Nothing is lost, and nobody is shown what another was answered.
    own_id = f"{provider_id} {hashlib.sha256(sender.encode()).hexdigest()}"
    made = fetch_prepared(_insert(1), [channel, own_id, sender, *rest])
    return Stored(made[0][0], is_new=True) if made else Stored(int(fetch(_FIND, channel, own_id)[0][0]), is_new=False)


def _row(one: Incoming, now: dt.datetime, leave_until: dt.datetime | None) -> list[Any]:
    adapt = connection.ops.adapt_datetimefield_value
    texts = (one.channel, one.provider_id, one.sender, one.text, one.raw)
    return [
        *map(_storable, texts),
        adapt(one.received_at),
        adapt(now),
        leave_until and adapt(leave_until),
        len(one.photos) + len(one.files),
        one.contact,
    ]


def _storable(text: str) -> str:
    """Without what a database can't hold: PostgreSQL no NUL, neither of them half a character (a lone surrogate)."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


# who is next ---------------------------------------------------------------------------------------------------------

_WAITING = "id, channel, provider_id, sender, text, received_at, attempts, retry_at, photos, contact"
_DUE = "(retry_at IS NULL OR retry_at <= %s OR retry_at > %s)"
#: On SQLite: the first of a sender is looked up head by head, by the index of the sender's line.
_HEADS = f"""
    SELECT id FROM messaging_inboundmessage AS head
    WHERE handled_at IS NULL AND {_DUE}
        AND id = (
            SELECT id FROM messaging_inboundmessage AS line
            WHERE line.handled_at IS NULL AND line.channel = head.channel AND line.sender = head.sender
            ORDER BY line.channel, line.sender, line.id LIMIT 1
        )
    ORDER BY id LIMIT %s
"""  # noqa: S608
#: What a sender's lock is called. PostgreSQL keeps locks on two numbers apart from these on one.
_KEY = "hashtextextended(channel || ' ' || sender, 0)"
# On PostgreSQL: a sender's first among the oldest is the first of all. Anything that looks back for each row is planned
# by how many waited when the table was last analysed, and that was not on the day on which everybody writes.
_CLAIM = f"""
    WITH oldest AS MATERIALIZED (
        SELECT id, channel, sender, retry_at FROM messaging_inboundmessage WHERE handled_at IS NULL ORDER BY id LIMIT %s
    ), firsts AS MATERIALIZED (
        SELECT DISTINCT ON (channel, sender) id, channel, sender, retry_at FROM oldest ORDER BY channel, sender, id
    ), heads AS MATERIALIZED (
        SELECT id, channel, sender FROM firsts WHERE {_DUE} ORDER BY id LIMIT %s
    )
    SELECT id FROM heads WHERE pg_try_advisory_xact_lock({_KEY}) LIMIT %s
"""  # noqa: S608
_HOW_MANY = "SELECT count(*) FROM (SELECT 1 FROM messaging_inboundmessage WHERE handled_at IS NULL LIMIT %s) AS few"
#: Among so many of the oldest heads are looked for first, and among so many times more where they are too few.
_OLDEST, _TIMES_MORE = 2_000, 8
_LOCK = f"""
    SELECT pg_advisory_xact_lock(key) FROM (
        SELECT DISTINCT {_KEY} AS key FROM messaging_inboundmessage WHERE id = ANY(%s::bigint[]) ORDER BY key
    ) AS keys
"""  # noqa: S608
_LINES = f"""
    SELECT {_WAITING} FROM messaging_inboundmessage
    WHERE handled_at IS NULL AND id <= %s AND (channel, sender) IN (
        SELECT channel, sender FROM messaging_inboundmessage WHERE id = ANY(%s::bigint[])
    )
    ORDER BY id LIMIT %s
"""  # noqa: S608


def claim(now: dt.datetime, limit: int) -> list[Waiting]:
    """Take up to so many messages that wait, from the oldest on, whose senders nobody else has in hand.

    Call it in a transaction: nobody else will handle these senders until it ends. Where a sender has several messages,
    they come one after the other; one that was put off keeps those behind it waiting.
    """
    due = now, now + _LONGEST_WAIT
    if connection.vendor == "sqlite":
        heads = [id_ for (id_,) in fetch(_HEADS, *due, limit)]
        return lines(heads, limit=limit) if heads else []
    while heads := _locked_heads(due, limit):
        # Whose lock was had at the end of a statement may have been handled since it began: then others are next.
        if found := lines(heads, limit=limit):
            return found
    return []


def _locked_heads(due: tuple[dt.datetime, dt.datetime], limit: int) -> list[int]:
    looked_at = _OLDEST
    while True:
        # Others may have all of the first in hand: more are tried than we mean to take.
        heads = [id_ for (id_,) in fetch(_CLAIM, looked_at, *due, limit * 8, limit)]
        if len(heads) >= limit or fetch(_HOW_MANY, looked_at)[0][0] < looked_at:
            return heads
        looked_at *= _TIMES_MORE


def hold_senders(messages: Collection[int]) -> None:
    """Wait until nobody has the senders of these messages in hand, and keep them until the transaction ends."""
    if connection.vendor != "sqlite":
        fetch(_LOCK, list(messages))


def lines(messages: Collection[int], *, up_to: int = 2**63 - 1, limit: int = _LONGEST_LINE) -> list[Waiting]:
    """Whatever waits of the senders of these messages, in order; nothing behind the message ``up_to``."""
    return [
        Waiting(id_, channel, provider_id, sender, text, moment(received), attempts, retry and moment(retry), *more)
        for id_, channel, provider_id, sender, text, received, attempts, retry, *more in fetch(
            _LINES, up_to, list(messages), limit
        )
    ]


def is_due(message: Waiting, now: dt.datetime) -> bool:
    """Whether a message may be handled now, or was put off for a while."""
    return message.retry_at is None or not now < message.retry_at <= now + _LONGEST_WAIT


# what became of it ---------------------------------------------------------------------------------------------------

_RESULTS = "SELECT id, result FROM messaging_inboundmessage WHERE result IS NOT NULL AND id = ANY(%s::bigint[])"


def results(messages: Collection[int]) -> dict[int, dict[str, Any]]:
    """What those of these messages came to that were handled."""
    return {id_: json.loads(result) for id_, result in fetch(_RESULTS, list(messages))}


def mark_handled(results: Mapping[int, Mapping[str, Any]], now: dt.datetime) -> None:
    """Give messages their results: they don't wait any more, and a repetition is answered by it."""
    rows = [(message, now, result) for message, result in results.items()]
    update("messaging_inboundmessage", ("id", "handled_at", "result"), rows)


def put_off(message: int, attempts: int, retry_at: dt.datetime) -> None:
    """Note that handling a message has failed so many times, and when it is tried again."""
    update("messaging_inboundmessage", ("id", "attempts", "retry_at"), [(message, attempts, retry_at)])


class Backlog(NamedTuple):
    """How many messages wait to be handled, how many of them after a failure, and when the first of them came."""

    waiting: int
    failed: int
    oldest: dt.datetime | None


def backlog() -> Backlog:
    """What waits to be handled, by an index that holds nothing else."""
    ((waiting, failed, oldest),) = fetch(
        "SELECT count(*), count(CASE WHEN attempts > 0 THEN 1 END), min(stored_at)"
        " FROM messaging_inboundmessage WHERE handled_at IS NULL"
    )
    return Backlog(waiting, failed, oldest and moment(oldest))
