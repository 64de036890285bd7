"""How much comes in and goes out by each channel: of the newest messages only, and whatever waits, by its index."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, F, Max, Q, QuerySet

from sbyt.messaging.models import InboundMessage, OutboundMessage, Pace
from sbyt.messaging.outbox import State

#: No more than so many of the newest messages are read: about a quarter of a second.
NEWEST = 200_000

_NOT_DELIVERED = (State.UNCERTAIN, State.FAILED, State.EXPIRED)


@dataclass(slots=True)
class Traffic:
    """The numbers of one channel. Those of days are of the newest messages; ``at_least``: there are more."""

    today: int = 0
    week: int = 0
    last_at: dt.datetime | None = None  # None: none came lately
    waiting: int = 0
    delivered: int = 0  # in the week
    not_delivered: int = 0  # in the week, or nobody knows
    paused_until: dt.datetime | None = None
    trouble: str = ""  # the code of the last error
    trouble_since: dt.datetime | None = None
    at_least: bool = False


def traffic(today: dt.datetime, now: dt.datetime, newest: int = NEWEST) -> dict[str, Traffic]:
    """The numbers of each channel that has any, by its code. ``today`` is when the local day began."""
    week = today - dt.timedelta(days=6)
    found: dict[str, Traffic] = {}
    _count_inbound(found, today, week, newest)
    _count_outbound(found, week, newest)
    for channel, count in _waiting():
        _of(found, channel).waiting = count
    for pace in Pace.objects.all():
        of = _of(found, pace.channel)
        of.paused_until = pace.paused_until if pace.paused_until and pace.paused_until > now else None
        of.trouble, of.trouble_since = pace.trouble, pace.trouble_since
    return found


def _count_inbound(found: dict[str, Traffic], today: dt.datetime, week: dt.datetime, newest: int) -> None:
    rows = _newest(InboundMessage.objects.all(), newest)
    counted = (
        InboundMessage.objects.filter(id__gt=rows.beyond)
        .values("channel")
        .annotate(
            today=Count("id", filter=Q(stored_at__gte=today)),
            week=Count("id", filter=Q(stored_at__gte=week)),
            last_at=Max("stored_at"),
        )
    )
    at_least = rows.began is not None and rows.began > week
    for row in counted:
        of = _of(found, row["channel"])
        of.today, of.week, of.last_at, of.at_least = row["today"], row["week"], row["last_at"], at_least


def _count_outbound(found: dict[str, Traffic], week: dt.datetime, newest: int) -> None:
    rows = _newest(OutboundMessage.objects.all(), newest)
    counted = (
        OutboundMessage.objects.filter(id__gt=rows.beyond, created_at__gte=week)
        .values("channel")
        .annotate(
            delivered=Count("id", filter=Q(state=State.DELIVERED)),
            lost=Count("id", filter=Q(state__in=_NOT_DELIVERED)),
        )
    )
    for row in counted:
        of = _of(found, row["channel"])
        of.delivered, of.not_delivered = row["delivered"], row["lost"]


def _waiting() -> Iterator[tuple[str, int]]:
    rows = OutboundMessage.objects.filter(state=State.WAITING).values("channel").annotate(count=Count("id"))
    for row in rows:
        yield row["channel"], row["count"]


@dataclass(frozen=True, slots=True)
class _Newest:
    """Messages with ids above ``beyond`` are the newest; ``began`` is when the last of the others came."""

    beyond: int
    began: dt.datetime | None


def _newest(rows: QuerySet[InboundMessage] | QuerySet[OutboundMessage], newest: int) -> _Newest:
    at = "stored_at" if rows.model is InboundMessage else "created_at"
    last = rows.order_by("-id").values_list("id", flat=True).first() or 0
    began = rows.filter(id__lte=last - newest).order_by("-id").values_list(F(at), flat=True).first()
    return _Newest(last - newest, began)


def _of(found: dict[str, Traffic], channel: str) -> Traffic:
    return found.setdefault(channel, Traffic())


@dataclass(frozen=True, slots=True)
class Unhandled:
    """How many messages wait to be handled for more than a minute, and since when the first does."""

    count: int
    since: dt.datetime | None


def unhandled(now: dt.datetime) -> Unhandled:
    """What waits in the inbox though it should long be handled; no more than a thousand are counted."""
    late = InboundMessage.objects.filter(handled_at=None, stored_at__lt=now - dt.timedelta(minutes=1)).order_by("id")
    stored = list(late.values_list("stored_at", flat=True)[:1000])
    return Unhandled(len(stored), min(stored, default=None))
