"""The outbox: what we say, written in the transaction that made it true, and what becomes of it.

``write`` is called within the caller's transaction. Whoever sends then goes round: ``claim`` (a lease, committed),
send, ``record``. Nothing is held while a provider is talked to, so the process may die at any moment: the lease runs
out, and ``recover`` treats the message as one of which nobody knows whether it arrived.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import F, IntegerField, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL

from sbyt.messaging.channel import NotAuthorised, Outgoing
from sbyt.messaging.models import InboundMessage, OutboundMessage, Pace
from sbyt.messaging.pacing import CLOCK_SLACK, FAILURES_TO_PAUSE, LONGEST_PAUSE, Rate

Kind = OutboundMessage.Kind
State = OutboundMessage.State

#: How long a claimed message belongs to the worker that claimed it: several times what a send may take.
LEASE = dt.timedelta(minutes=2)
#: What could not be sent for so long says nothing any more.
LIFE = dt.timedelta(days=7)

_LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def write(  # noqa: PLR0913 as many as a message has
    *,
    channel: str,
    recipient: str,
    text: str,
    now: dt.datetime,
    kind: OutboundMessage.Kind = Kind.ANSWER,
    purpose: str = "answer",
    key: str | None = None,
    buttons: Sequence[str] = (),
    subject: str = "",
    document: str = "",
    in_reply_to: InboundMessage | None = None,
    send_at: dt.datetime | None = None,
    expires_at: dt.datetime | None = None,
) -> None:
    """Write a message, in the transaction of whoever calls: it goes out once that is committed.

    :param key: what is said once for ever: where a message with this key is there already, nothing is written.
    :param subject: how a channel that has subjects calls it. Others read it over a shoulder: no sums, no names.
    :param document: the reference of a file that goes with it. It is opened when the message is sent.
    :param send_at: not before; None: at once.
    :param expires_at: not after; None: a week after it may first be sent.
    """
    message = OutboundMessage(
        channel=channel,
        recipient=recipient,
        text=text,
        buttons=list(buttons),
        subject=subject,
        document=document,
        kind=kind,
        purpose=purpose,
        key=key,
        in_reply_to=in_reply_to,
        created_at=now,
        send_at=send_at or now,
        expires_at=expires_at or (send_at + LIFE if send_at else None),
    )
    OutboundMessage.objects.bulk_create([message], ignore_conflicts=key is not None)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this worker, and nobody else, is to send now. ``attempt`` counts from 1.

    ``document`` is the reference of a file that must go with it: it isn't opened yet. ``purpose``: why it was written.
    """

    outgoing: Outgoing
    attempt: int
    document: str = ""
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be sent now, and when to ask again.

    ``wait``: until more may go of what is due, zero if it may at once; None where nothing is due, or what is due waits
    for another message to the same person that is under way.
    """

    messages: tuple[Claimed, ...] = ()
    wait: dt.timedelta | None = None


def claim(
    channel: str,
    limit: int,
    now: dt.datetime,
    *,
    rate: Rate,
    quiet: bool = False,
    apart: dt.timedelta = dt.timedelta(0),
) -> Claim:
    """Take up to so many of the messages that are due in a channel, the most urgent first, and commit.

    This function will take answers before notices before announcements, and of each the longest due first. A person
    gets one message at a time, and those of a kind in the order in which they were written. All workers together keep
    to the rate, and to the pauses of the channel. A channel that failed several times on end is tried with one message
    at a time.

    :param quiet: it is a quiet hour: only answers go out.
    :param apart: so much time lies at least between two messages to one recipient.

    :raises DatabaseError: if the database is out of reach; then nothing is claimed, or what is will be recovered.
    """
    kinds = (Kind.ANSWER,) if quiet else tuple(Kind)
    seen = _look(channel, kinds, now)
    wait = _wait(seen, rate, now)
    if wait is None or wait:
        return Claim((), wait)
    with transaction.atomic(durable=True):
        # Whoever claims in this channel has this lock: the rate and the one message at a time hold for all workers.
        pace = Pace.objects.select_for_update().get(channel=channel)
        wait = _wait(pace, rate, now)
        if wait:
            return Claim((), wait)
        busy = set(OutboundMessage.objects.filter(channel=channel, state=State.SENDING).values_list("recipient"))
        most = min(limit, rate.grants(pace.free_at, now))
        if pace.failures >= FAILURES_TO_PAUSE:
            most = 0 if busy else min(most, 1)
        lately = _lately(pace, now, apart)
        taken = _take(channel, kinds, most, now, {*lately, *(recipient for (recipient,) in busy)})
        if taken:
            pace.free_at = rate.after(pace.free_at, now, len(taken))
            said_to = {one.outgoing.recipient: now.isoformat() for one in taken} if apart else {}
            pace.lately = lately | said_to
            pace.save(update_fields=["free_at", "lately"])
    if taken:
        return Claim(tuple(taken), dt.timedelta(0))
    return Claim((), min((dt.datetime.fromisoformat(at) + apart - now for at in lately.values()), default=None))


def _lately(pace: Pace, now: dt.datetime, apart: dt.timedelta) -> dict[str, str]:
    """Who was written to so lately that nothing more goes to them yet. A time ahead is of a clock set back since."""
    return {
        recipient: at
        for recipient, at in (pace.lately if apart else {}).items()
        if now - apart < dt.datetime.fromisoformat(at) <= now
    }


def _look(channel: str, kinds: Iterable[OutboundMessage.Kind], now: dt.datetime) -> Pace | None:
    """The pace of a channel in which something is due, by one cheap query that locks nothing; None where nothing is.

    (The first by the index, not whether one exists: for that PostgreSQL may read the table from its beginning.)
    """
    due = {
        f"due_{kind}": Subquery(_due(channel, kind, now).order_by("send_at", "id").values("id")[:1]) for kind in kinds
    }
    found = Pace.objects.filter(channel=channel).annotate(**due).first()
    if found is None:
        Pace.objects.get_or_create(channel=channel, defaults={"free_at": _LONG_AGO})
        return _look(channel, kinds, now)
    return found if any(getattr(found, name) for name in due) else None


def _due(channel: str, kind: OutboundMessage.Kind, now: dt.datetime) -> QuerySet[OutboundMessage]:
    return OutboundMessage.objects.filter(channel=channel, kind=kind, state=State.WAITING, send_at__lte=now)


def _wait(pace: Pace | None, rate: Rate, now: dt.datetime) -> dt.timedelta | None:
    """Until the next message may go; None where there is none."""
    if pace is None:
        return None
    paused = pace.paused_until
    if paused and now < paused < now + LONGEST_PAUSE + CLOCK_SLACK:
        return max(paused - now, rate.wait(pace.free_at, now))
    return rate.wait(pace.free_at, now)


def _take(
    channel: str, kinds: Iterable[OutboundMessage.Kind], most: int, now: dt.datetime, busy: set[str]
) -> list[Claimed]:
    """Lease the most urgent messages to people who are not being written to at this moment."""
    taken: list[OutboundMessage] = []
    for kind in kinds:
        if len(taken) < most:
            heads = _heads(channel, kind, now, busy | {message.recipient for message in taken})
            taken += heads[: most - len(taken)]
    ids = [message.id for message in taken]
    if ids:
        OutboundMessage.objects.filter(id__in=ids).update(
            state=State.SENDING, leased_until=now + LEASE, attempts=F("attempts") + 1
        )
    return [_claimed(one) for one in taken]


def _claimed(message: OutboundMessage) -> Claimed:
    outgoing = Outgoing(
        message.id,
        message.recipient,
        message.text,
        tuple(message.buttons),
        message.subject,
        contact_button=message.contact_button,
    )
    return Claimed(outgoing, message.attempts + 1, message.document, message.purpose)


#: Whether another message of its recipient and kind waits before this one, and not only for its time. The state stands
#: there as text: SQLite takes a partial index only for a condition that it can read, and without the index it would
#: read the whole table for each row. It is no NOT EXISTS, of which PostgreSQL might make a join; and it is ordered as
#: the index is, so that PostgreSQL takes the index whatever it believes of the table. An answer (kind 1) is never
#: written for later: where it seems so the clock was set back, and it still comes first.
_EARLIER = """
    SELECT 1 FROM messaging_outboundmessage AS earlier
    WHERE earlier.channel = messaging_outboundmessage.channel
        AND earlier.recipient = messaging_outboundmessage.recipient
        AND earlier.kind = messaging_outboundmessage.kind
        AND earlier.id < messaging_outboundmessage.id
        AND earlier.state = 'waiting' AND (earlier.kind = 1 OR earlier.send_at <= %s OR earlier.attempts > 0)
    ORDER BY earlier.channel, earlier.recipient, earlier.kind, earlier.id LIMIT 1
"""


def _heads(
    channel: str, kind: OutboundMessage.Kind, now: dt.datetime, busy: Iterable[str]
) -> QuerySet[OutboundMessage]:
    """What is due of a kind and is the first of its recipient's line, the longest due first.

    The line is looked up row by row, by its index, and only as far as rows are taken: a join would have to know all.
    To those to whom something is under way nothing else is sent, so the line holds only what waits.
    """
    still_says_something = Q(expires_at=None) | Q(expires_at__gt=now)
    return (
        _due(channel, kind, now)
        .alias(earlier=RawSQL(_EARLIER, (connection.ops.adapt_datetimefield_value(now),), output_field=IntegerField()))  # noqa: S611 all its text is ours
        .filter(still_says_something, earlier=None)
        .exclude(recipient__in=list(busy))
        .order_by("send_at", "id")
        .select_for_update(skip_locked=True, of=("self",))
    )


def put_back(claimed: Iterable[Claimed], until: dt.datetime) -> None:
    """Let claimed messages wait until then, as if they had not been claimed, and commit."""
    ours = Q(pk__in=())
    for one in claimed:
        ours |= Q(id=one.outgoing.id, attempts=one.attempt)
    OutboundMessage.objects.filter(ours, state=State.SENDING).update(
        state=State.WAITING, send_at=until, leased_until=None, attempts=F("attempts") - 1
    )


def resume(channel: str, now: dt.datetime) -> None:
    """Try a channel again at once that paused because it failed: a worker began, perhaps with a key put right."""
    kept_out = Pace.objects.filter(channel=channel, trouble=NotAuthorised.code).exists()
    Pace.objects.filter(channel=channel, failures__gt=0, paused_until__gt=now).update(paused_until=None)
    if kept_out:
        put_off = OutboundMessage.objects.filter(channel=channel, state=State.WAITING, attempts__gt=0, send_at__gt=now)
        put_off.update(send_at=now)


def bring_back_from_the_future(now: dt.datetime) -> int:
    """Let go at once what was to wait until a time that the clock, once set back, is far from: its age tells it.

    :returns: how many messages no longer wait.
    """
    ahead = OutboundMessage.objects.filter(
        state=State.WAITING, kind__in=(Kind.ANSWER, Kind.NOTICE), send_at__gt=now, created_at__gt=now + CLOCK_SLACK
    )
    return ahead.update(send_at=now)
