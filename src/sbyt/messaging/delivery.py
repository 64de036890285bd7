"""What became of what was sent: the delivery log, and the state of message and channel that follows from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Q

from sbyt.messaging.channel import (
    MessageRefused,
    NotAuthorised,
    ProviderFailed,
    RecipientGone,
    Sent,
    Throttled,
    UnableToSend,
    Uncertain,
    Unreachable,
)
from sbyt.messaging.masking import masked
from sbyt.messaging.models import Delivery, OutboundMessage, Pace
from sbyt.messaging.outbox import LEASE, LIFE, Kind, State
from sbyt.messaging.pacing import CLOCK_SLACK, GONE_TO_DOUBT, back_off, pause_of_channel, wait_of_message
from sbyt.messaging.silence import Why, keep_silent

#: Results in the delivery log besides the codes of the send errors.
DELIVERED = "delivered"
LEASE_EXPIRED = "lease_expired"  # the worker that was sending it is gone
EXPIRED = "expired"
DROPPED = "dropped"  # it is not to be sent, or to be listed, any more: people decided so, or it says nothing now

#: After these nobody knows whether the message arrived.
UNKNOWN = (Uncertain.code, LEASE_EXPIRED)

#: Errors that are the channel's rather than the message's, and answers that show that it works.
_CHANNEL_FAILED = (Unreachable, ProviderFailed, NotAuthorised, Uncertain)
_CHANNEL_WORKS = (Sent, Throttled, RecipientGone, MessageRefused)

_MOST_COUNTED = 10_000  # failures, or recipients gone, on end; more are not counted
#: After so many failures of the provider a message is given up if others went through meanwhile.
_MANY_ATTEMPTS = 12
_MEANWHILE = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send a claimed message, and how it ended."""

    message: int
    attempt: int
    began_at: dt.datetime
    ended_at: dt.datetime
    outcome: Sent | UnableToSend

    @property
    def result(self) -> str:
        return DELIVERED if isinstance(self.outcome, Sent) else self.outcome.code

    @property
    def is_unknown(self) -> bool:
        return isinstance(self.outcome, Uncertain)


def record(channel: str, attempts: Sequence[Attempt]) -> None:
    """Write down how attempts ended, with all that follows for their messages and for the channel, and commit.

    This function will leave what was delivered or refused for good; let wait what certainly was not sent; send once
    more an answer of which nobody knows, and list as uncertain a notice or an announcement, or an answer the second
    time. The same attempts recorded again change nothing. The outcome of an attempt whose lease ran out meanwhile is
    still taken, unless the message was claimed again.

    To whoever is gone nothing is written first from now on, except where all are said to be gone: a bot that hasn't
    passed moderation, or is blocked, is answered so whoever it writes to.

    :raises DatabaseError: if the database is out of reach; then call it again.
    """
    with transaction.atomic(durable=True):
        pace = Pace.objects.select_for_update().get(channel=channel)
        messages = {
            message.id: message
            for message in OutboundMessage.objects.select_for_update()
            .filter(id__in=[one.message for one in attempts])
            .order_by("id")
        }
        known = _recorded(messages)
        unknown_before = {message for message, _, result in known if result in UNKNOWN}
        new = [one for one in attempts if (one.message, one.began_at, one.result) not in known]
        for one in sorted(new, key=lambda one: (one.ended_at, one.message)):
            recipient = messages[one.message].recipient
            if recipient in pace.lately:  # the channel may have taken its time: what comes next is apart from its end
                pace.lately[recipient] = one.ended_at.isoformat()
            _apply(messages[one.message], one, once_before=one.message in unknown_before)
            _judge(pace, one)
        _save(messages.values())
        Delivery.objects.bulk_create([_logged(one, messages[one.message]) for one in new])
        for one in new:
            if isinstance(one.outcome, RecipientGone) and pace.gone < GONE_TO_DOUBT:
                keep_silent([(channel, messages[one.message].recipient)], Why.GONE, one.ended_at)
        pace.save(update_fields=["paused_until", "failures", "trouble", "trouble_since", "lately", "gone"])


def _recorded(messages: Collection[int]) -> set[tuple[int, dt.datetime, str]]:
    rows = Delivery.objects.filter(outbound_id__in=messages).values_list("outbound_id", "began_at", "result")
    return set(rows)


def _logged(attempt: Attempt, message: OutboundMessage) -> Delivery:
    said = attempt.outcome.said if isinstance(attempt.outcome, UnableToSend) else ""
    return Delivery(
        outbound=message,
        began_at=attempt.began_at,
        ended_at=attempt.ended_at,
        result=attempt.result,
        said=masked(said, message.text, message.recipient),
    )


def _apply(message: OutboundMessage, attempt: Attempt, *, once_before: bool) -> None:
    """What an attempt means for its message."""
    if message.attempts != attempt.attempt:  # claimed again since: that attempt decides
        return
    if isinstance(attempt.outcome, Sent):
        message.state = State.DELIVERED
        message.delivered_at = attempt.ended_at
        message.provider_id = attempt.outcome.provider_id
    elif attempt.is_unknown:
        if message.state != State.SENDING:  # its lease ran out, that was treated as unknown already
            return
        _treat_as_unknown(message, attempt.ended_at, once_before=once_before)
    elif message.state not in (State.SENDING, State.WAITING, State.UNCERTAIN):
        return
    elif _is_hopeless(message, attempt):
        message.state = State.FAILED
    elif attempt.outcome.retryable:
        message.state = State.WAITING
        message.send_at = attempt.ended_at + wait_of_message(message.id, attempt.attempt, attempt.outcome)
    else:
        message.state = State.FAILED
    message.leased_until = None


def _is_hopeless(message: OutboundMessage, attempt: Attempt) -> bool:
    """Whether the provider stumbles over this message alone: it would hold up all that the person is to hear."""
    if not isinstance(attempt.outcome, ProviderFailed) or attempt.attempt < _MANY_ATTEMPTS:
        return False
    lately = attempt.ended_at - _MEANWHILE
    others = OutboundMessage.objects.filter(channel=message.channel, id__gt=message.id, state=State.DELIVERED)
    # What a live session showed was never sent: it says nothing of the provider.
    return others.filter(attempts__gt=0, delivered_at__gte=lately).exists()


def _treat_as_unknown(message: OutboundMessage, at: dt.datetime, *, once_before: bool) -> None:
    """An answer twice is better than none: it goes once more. A notice twice is worse than one that staff look at."""
    if message.kind == Kind.ANSWER and not once_before:
        message.state = State.WAITING
        message.send_at = at + back_off(message.id, message.attempts)
    else:
        message.state = State.UNCERTAIN
    message.leased_until = None


def _judge(pace: Pace, attempt: Attempt) -> None:
    """What an attempt means for its channel: whether it works and reaches people, and whether it is to pause."""
    outcome = attempt.outcome
    if isinstance(outcome, _CHANNEL_FAILED):
        # What began before the pause did belongs to the failure that brought it.
        if pace.paused_until is None or attempt.began_at >= pace.paused_until:
            pace.failures = min(pace.failures + 1, _MOST_COUNTED)
        pace.trouble = outcome.code
        pace.trouble_since = pace.trouble_since or attempt.ended_at
        _pause(pace, attempt.ended_at, pause_of_channel(pace.failures, outcome))
    elif isinstance(outcome, _CHANNEL_WORKS):
        if pace.failures:
            pace.paused_until = None
        pace.failures, pace.trouble, pace.trouble_since = 0, "", None
    if isinstance(outcome, RecipientGone):
        pace.gone = min(pace.gone + 1, _MOST_COUNTED)
    elif isinstance(outcome, Sent):
        pace.gone = 0
    if isinstance(outcome, Throttled):
        _pause(pace, attempt.ended_at, wait_of_message(attempt.message, attempt.attempt, outcome))


def _pause(pace: Pace, at: dt.datetime, length: dt.timedelta | None) -> None:
    if length is not None:
        pace.paused_until = max(pace.paused_until or at, at + length)


_UPDATE = """
    UPDATE messaging_outboundmessage
    SET state = %s, delivered_at = %s, provider_id = %s, send_at = %s, leased_until = %s WHERE id = %s
"""


def _save(messages: Iterable[OutboundMessage]) -> None:
    """Write what may have changed: five times as fast as ``bulk_update``, which writes one long CASE a column."""
    at = connection.ops.adapt_datetimefield_value
    rows = [
        [one.state, at(one.delivered_at), one.provider_id, at(one.send_at), at(one.leased_until), one.id]
        for one in messages
    ]
    with connection.cursor() as cursor:
        if rows:
            cursor.executemany(_UPDATE, rows)


def drop(messages: Collection[int], now: dt.datetime, *, claimed: bool) -> list[int]:
    """Let messages be that say nothing any more, in the caller's transaction if there is one.

    They are neither sent nor failed: their time is over, and the log says why. What was never said has no key any more:
    it may be said later.

    :param claimed: they are the caller's, who has not begun to send them; else only those that still wait are dropped.

    :returns: those that were dropped.
    """
    state = State.SENDING if claimed else State.WAITING
    with transaction.atomic():
        ids = list(
            OutboundMessage.objects.select_for_update()
            .filter(id__in=messages, state=state)
            .order_by("id")
            .values_list("id", flat=True)
        )
        OutboundMessage.objects.filter(id__in=ids).update(state=State.EXPIRED, leased_until=None, key=None)
        Delivery.objects.bulk_create(
            [Delivery(outbound_id=number, began_at=now, ended_at=now, result=DROPPED) for number in ids]
        )
    return ids


def recover(now: dt.datetime, limit: int = 500) -> int:
    """Treat messages whose lease ran out as those of which nobody knows whether they arrived.

    :returns: how many; as many as ``limit`` means that there may be more.
    """
    # No lease is that long: one that seems to be was given before the clock was set back, and its worker may be gone.
    ran_out = Q(leased_until__lte=now) | Q(leased_until__gt=now + LEASE + CLOCK_SLACK)
    with transaction.atomic(durable=True):
        left = list(
            OutboundMessage.objects.select_for_update(skip_locked=True)
            .filter(ran_out, state=State.SENDING)
            .order_by("leased_until")[:limit]
        )
        unknown_before = set(
            Delivery.objects.filter(outbound__in=left, result__in=UNKNOWN).values_list("outbound_id", flat=True)
        )
        log = []
        for message in left:
            began = min((message.leased_until or now) - LEASE, now)
            log.append(Delivery(outbound=message, began_at=began, ended_at=now, result=LEASE_EXPIRED))
            _treat_as_unknown(message, now, once_before=message.id in unknown_before)
        _save(left)
        Delivery.objects.bulk_create(log)
    return len(left)


def expire(now: dt.datetime, limit: int = 1000) -> int:
    """Give up what could not be sent for a week, or until its own time, whether or not its channel is connected.

    :returns: how many; as many as ``limit`` means that there may be more.
    """
    late = Q(expires_at__lte=now) | Q(expires_at=None, created_at__lte=now - LIFE)
    with transaction.atomic(durable=True):
        ids = list(
            OutboundMessage.objects.select_for_update(skip_locked=True)
            .filter(late, state=State.WAITING)
            .order_by("id")
            .values_list("id", flat=True)[:limit]
        )
        OutboundMessage.objects.filter(id__in=ids).update(state=State.EXPIRED)
        Delivery.objects.bulk_create(
            [Delivery(outbound_id=number, began_at=now, ended_at=now, result=EXPIRED) for number in ids]
        )
    return len(ids)
