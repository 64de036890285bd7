"""How far a mass notice has come, what it costs, and who was not told. What the outbox knows is asked of it."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Q, Subquery

from sbyt.core.settings import Settings
from sbyt.core.sms import parts
from sbyt.messaging.models import Delivery
from sbyt.notices.models import Addressee, Campaign
from sbyt.notices.texts import text_for


class End(enum.StrEnum):
    """What became of an addressee: each is in exactly one of these."""

    WAITING = "waiting"
    UNDER_WAY = "under_way"  # in the outbox
    SENT = "sent"
    THERE = "there"
    UNREACHABLE = "unreachable"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    EXPIRED = "expired"
    STOPPED = "stopped"


_BY_MESSAGE = {
    "waiting": End.UNDER_WAY,
    "sending": End.UNDER_WAY,
    "delivered": End.SENT,
    "failed": End.FAILED,
    "uncertain": End.UNCERTAIN,
    "expired": End.EXPIRED,
}
_BY_STATE = {
    Addressee.State.WAITING.value: End.WAITING,
    Addressee.State.THERE.value: End.THERE,
    Addressee.State.UNREACHABLE.value: End.UNREACHABLE,
    Addressee.State.LATE.value: End.EXPIRED,
    Addressee.State.STOPPED.value: End.STOPPED,
}


def end_of(state: str, message: str | None) -> End:
    """What became of an addressee in this state, whose message the outbox has in that."""
    return _BY_MESSAGE[message or "waiting"] if state == Addressee.State.WRITTEN else _BY_STATE[state]


def counts(campaign: Campaign) -> dict[tuple[str, End], int]:
    """How many came to what, by channel; the channel is empty for those who never could be reached."""
    rows = Addressee.objects.filter(campaign=campaign).values_list("channel", "state", "message__state")
    found: Counter[tuple[str, End]] = Counter()
    for channel, state, message, count in rows.annotate(count=Count("id")):
        found[channel, end_of(state, message)] += count
    return dict(found)


def totals(by_channel: Mapping[tuple[str, End], int]) -> dict[End, int]:
    """The same of all channels together, each end with its number."""
    found = dict.fromkeys(End, 0)
    for (_, end), count in by_channel.items():
        found[end] += count
    return found


@dataclass(frozen=True, slots=True)
class Cost:
    """What a channel's messages cost. ``parts``: how many SMS they are; ``kopecks``: None where no price is known."""

    channel: str
    messages: int
    parts: int
    kopecks: int | None


def costs(campaign: Campaign, settings: Settings) -> list[Cost]:
    """What everybody costs who is told or still to be, by channel: no more than that, if readings come meanwhile."""
    rows = Addressee.objects.filter(campaign=campaign, state__in=("waiting", "written")).values_list(
        "channel", "language"
    )
    messages: Counter[str] = Counter()
    pieces: Counter[str] = Counter()
    for channel, language, count in rows.annotate(count=Count("id")):
        described = settings.channels.get(channel)
        rendering = described.rendering if described else "text"
        each = parts(text_for(campaign.texts, language, rendering)) if rendering == "short" else 1
        messages[channel] += count
        pieces[channel] += count * each
    found = []
    for channel, count in sorted(messages.items()):
        described = settings.channels.get(channel)
        price = described.price if described else None
        found.append(Cost(channel, count, pieces[channel], None if price is None else price * pieces[channel]))
    return found


# who was not told -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NotTold:
    """Somebody who was not told, with one of their accounts; where none is known, as which sender they wrote."""

    account: str
    holder: str
    address: str
    phone: str
    used: str
    end: End
    why: str  # of who is unreachable the code of the reason, else of how the last attempt ended


_NOT_TOLD = Q(state__in=(Addressee.State.UNREACHABLE, Addressee.State.LATE)) | Q(
    state=Addressee.State.WRITTEN, message__state__in=("failed", "uncertain", "expired")
)
_COLUMNS = (
    "concerned__account__number",
    "concerned__account__customer__name",
    "concerned__account__premises__address",
    "concerned__account__customer__phone",
    "used",
    "state",
    "message__state",
    "why",
    "last",
)


def not_told(campaign: Campaign, most: int | None = None) -> Iterator[NotTold]:
    """Whom the contact centre should call, account by account; row by row, however many there are."""
    last = Delivery.objects.filter(outbound=OuterRef("message")).order_by("-id").values("result")[:1]
    rows = Addressee.objects.filter(_NOT_TOLD, campaign=campaign).annotate(last=Subquery(last)).order_by("id")
    chosen = rows.values_list(*_COLUMNS)
    for number, name, address, phone, used, state, message, why, result in (
        chosen.iterator(chunk_size=2000) if most is None else chosen[:most]
    ):
        reason = why or result or ""
        yield NotTold(number or "", name or "", address or "", phone or "", used, end_of(state, message), reason)
