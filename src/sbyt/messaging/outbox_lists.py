"""What the outbox holds, for the people who look after it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Count, Min, OuterRef, QuerySet, Subquery

from sbyt.messaging.delivery import DROPPED
from sbyt.messaging.models import Delivery, OutboundMessage, Pace
from sbyt.messaging.outbox import State

#: What did not arrive, or nobody knows.
UNSENT = (State.UNCERTAIN, State.FAILED, State.EXPIRED)


@dataclass(slots=True)
class ChannelQueue:
    """How many messages of a channel are in which state, those that arrived left out."""

    channel: str
    by_state: dict[str, int] = field(default_factory=dict)
    oldest: dt.datetime | None = None  # since when the longest due has waited

    def count(self, state: OutboundMessage.State) -> int:
        return self.by_state.get(state, 0)


@dataclass(frozen=True, slots=True)
class Unsent:
    """A message that did not arrive, or of which nobody knows; ``why`` and ``said`` are those of its last attempt."""

    id: int
    channel: str
    recipient: str
    purpose: str
    state: str
    in_reply_to: int | None
    at: dt.datetime
    why: str
    said: str


def queues(now: dt.datetime) -> list[ChannelQueue]:
    """What each channel holds, by the channel's code."""
    found: dict[str, ChannelQueue] = {}
    for state in (State.WAITING, State.SENDING):
        rows = OutboundMessage.objects.filter(state=state).values_list("channel").annotate(Count("id"))
        for channel, count in rows:
            found.setdefault(channel, ChannelQueue(channel)).by_state[state] = count
    counts: Mapping[tuple[str, str], int] = _unsent_counts()
    for (channel, kept), count in counts.items():
        found.setdefault(channel, ChannelQueue(channel)).by_state[kept] = count
    waiting = OutboundMessage.objects.filter(state=State.WAITING, created_at__lte=now)
    for channel, oldest in waiting.values_list("channel").annotate(Min("created_at")):
        found[channel].oldest = oldest
    return [found[channel] for channel in sorted(found)]


def _unsent_counts() -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for channel, state in _unsent().values_list("channel", "state"):
        counts[channel, state] += 1
    return counts


def _unsent() -> QuerySet[OutboundMessage]:
    last = Delivery.objects.filter(outbound=OuterRef("pk")).order_by("-id")
    return (
        OutboundMessage.objects.filter(state__in=UNSENT)
        .annotate(
            last_result=Subquery(last.values("result")[:1]),
            last_said=Subquery(last.values("said")[:1]),
            last_at=Subquery(last.values("ended_at")[:1]),
        )
        .exclude(last_result=DROPPED)
    )


def unsent(limit: int) -> list[Unsent]:
    """The newest messages that did not arrive, or of which nobody knows; those that people dropped are left out."""
    columns = ("id", "channel", "recipient", "purpose", "state", "in_reply_to_id")
    rows = _unsent().order_by("-id").values_list(*columns, "last_at", "last_result", "last_said", "created_at")
    return [
        Unsent(number, channel, recipient, purpose, state, answered, at or created, why or "", said or "")
        for number, channel, recipient, purpose, state, answered, at, why, said, created in rows[:limit]
    ]


def troubles() -> list[Pace]:
    """The channels whose last attempts failed, with the code of the error and since when."""
    return list(Pace.objects.exclude(trouble="").order_by("channel"))
