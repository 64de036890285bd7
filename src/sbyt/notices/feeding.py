"""Writes the addressees of approved notices into the outbox, just in time: little waits there, so that a pause holds.

Whether somebody still is to be told is looked at here, and once more when their message is claimed (``guarding``).
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from sbyt.bulk.rows import update
from sbyt.core.periods import Period
from sbyt.core.settings import USABLE, ChannelSettings, Settings
from sbyt.messaging.channel import Channel
from sbyt.messaging.models import OutboundMessage
from sbyt.messaging.pacing import rate_of
from sbyt.messaging.silence import silent
from sbyt.messaging.statuses import current_channels
from sbyt.notices.models import Addressee, Campaign, Concerned
from sbyt.notices.texts import subject_for, text_for
from sbyt.readings.queries import all_there, handed_in_for

#: So many seconds' worth of a channel's rate wait in the outbox at most.
AHEAD = 60
#: So many are written at once.
BATCH = 2000

#: Why it was written, by the kind of the notice.
PURPOSES = {
    Campaign.Kind.WITHDRAWN.value: "channel_withdrawn",
    Campaign.Kind.OWN.value: "mass_notice",
    Campaign.Kind.REMINDER.value: "reminder",
}

State = Addressee.State
_GOING = (Campaign.State.APPROVED, Campaign.State.RUNNING)
_UNDER_WAY = (*_GOING, Campaign.State.PAUSED)
_HOUR = dt.timedelta(hours=1)


def feed(settings: Settings, connected: Mapping[str, Channel], now: dt.datetime) -> int:
    """Do what is due of all mass notices: write the next addressees, end those that are over.

    Several workers may call it: each notice is fed by one at a time.

    :returns: how many messages were written; 0 if nothing is to be done now.

    :raises DatabaseError: if the database is out of reach.
    """
    campaigns = list(Campaign.objects.filter(state__in=_UNDER_WAY).order_by("id").values_list("id", "until"))
    for number, until in campaigns:
        if until <= now:
            _close(number, now)
    local = now.astimezone(settings.zone)
    if not campaigns or settings.quiet.holds(local):
        return 0
    channels = current_channels(settings, local.date())
    return sum(_feed_one(number, channels, connected, settings, now) for number, until in campaigns if until > now)


def _close(number: int, now: dt.datetime) -> None:
    """Its time is over: whoever was not written to is late."""
    with transaction.atomic():
        campaign = _taken(number, _UNDER_WAY)
        if campaign is None or campaign.until > now:
            return
        Addressee.objects.filter(campaign=campaign, state=State.WAITING).update(state=State.LATE)
        _set(campaign, Campaign.State.FINISHED)


def _taken(number: int, states: Collection[str]) -> Campaign | None:
    """The notice, locked; None where it is in no such state, or another worker feeds it."""
    return Campaign.objects.select_for_update(skip_locked=True).filter(id=number, state__in=states).first()


def _set(campaign: Campaign, state: Campaign.State) -> None:
    if campaign.state != state:
        campaign.state = state
        campaign.save(update_fields=["state"])


def _feed_one(
    number: int,
    channels: Mapping[str, ChannelSettings],
    connected: Mapping[str, Channel],
    settings: Settings,
    now: dt.datetime,
) -> int:
    with transaction.atomic():
        campaign = _taken(number, _GOING)
        if campaign is None or campaign.begins_at > now:
            return 0
        _set(campaign, Campaign.State.RUNNING)
        room = _Room(campaign, now)
        written = 0
        waiting = list(_waiting_channels(campaign, settings))
        for place, code in enumerate(waiting):
            usable = channels[code].state in USABLE
            if usable and code not in connected:
                continue  # perhaps a key is missing where this worker runs: they wait
            # What one channel can't take, those after it may.
            most = min(_space(code, connected, settings, now), room.share(len(waiting) - place)) if usable else BATCH
            batch = list(_due(campaign, code, now).order_by("due_at", "id")[: min(most, BATCH)])
            told = _write(campaign, batch, channels[code] if usable else None, now) if batch else 0
            room.take(told)
            written += told
        room.save()
        if not waiting and not _is_under_way(campaign, settings):
            _set(campaign, Campaign.State.FINISHED)
    return written


def _waiting_channels(campaign: Campaign, settings: Settings) -> Iterator[str]:
    """The channels by which somebody still is to be told, each looked up by the index."""
    for code in settings.channels:
        if Addressee.objects.filter(campaign=campaign, channel=code, state=State.WAITING).exists():
            yield code


def _due(campaign: Campaign, code: str, now: dt.datetime) -> QuerySet[Addressee]:
    return Addressee.objects.filter(campaign=campaign, channel=code, state=State.WAITING, due_at__lte=now)


def _is_under_way(campaign: Campaign, settings: Settings) -> bool:
    """Whether a message of this notice waits in the outbox, or is being sent: looked up from there, where few do."""
    ours = Exists(Addressee.objects.filter(message=OuterRef("pk"), campaign=campaign))
    kind, states = OutboundMessage.Kind.ANNOUNCEMENT, OutboundMessage.State
    waiting = OutboundMessage.objects.filter(channel__in=settings.channels, kind=kind, state=states.WAITING)
    sending = OutboundMessage.objects.filter(kind=kind, state=states.SENDING)
    return any(going.filter(ours).exists() for going in (waiting, sending))


def _space(code: str, connected: Mapping[str, Channel], settings: Settings, now: dt.datetime) -> int:
    """How many more may wait in the outbox for a channel."""
    soon = now + dt.timedelta(seconds=AHEAD)
    waiting = OutboundMessage.objects.filter(
        channel=code, kind=OutboundMessage.Kind.ANNOUNCEMENT, state=OutboundMessage.State.WAITING, send_at__lte=soon
    ).count()
    return max(0, rate_of(connected[code], settings).per_second * AHEAD - waiting)


class _Room:
    """How many of a notice may be written now: so many an hour, or whatever the channels take.

    The generic cell rate algorithm, as for the channels (``messaging.pacing.Rate``): a minute's worth may go at once,
    and no hour holds more than it may. Time in which nothing could be written is not made up for.
    """

    def __init__(self, campaign: Campaign, now: dt.datetime) -> None:
        self._campaign = campaign
        self._now = now
        self._left = BATCH
        if campaign.per_hour:
            burst = max(1, campaign.per_hour // 60)
            self._interval = _HOUR / (campaign.per_hour - burst + 1)
            ahead = burst * self._interval + now - self._free_at
            self._left = min(BATCH, max(0, ahead // self._interval))

    @property
    def _free_at(self) -> dt.datetime:
        return max(self._campaign.free_at or self._now, self._now)

    def share(self, channels: int) -> int:
        """What one of so many channels may take."""
        return math.ceil(self._left / channels)

    def take(self, count: int) -> None:
        self._left -= count
        if self._campaign.per_hour and count:
            self._campaign.free_at = self._free_at + count * self._interval

    def save(self) -> None:
        if self._campaign.per_hour:
            self._campaign.save(update_fields=["free_at"])


def _write(campaign: Campaign, batch: Sequence[Addressee], channel: ChannelSettings | None, now: dt.datetime) -> int:
    """Write those of a channel's addressees who still are to be told into the outbox, and take down why others aren't.

    :param channel: None where it is no way to tell anybody any more.
    """
    told, others = _judged(campaign, batch, usable=channel is not None)
    update("notices_addressee", ("id", "state", "why"), others)
    if channel is None or not told:
        return 0
    messages = [_message(campaign, one, channel, now) for one in told]
    # Whoever has this key was written to: by it nobody is told twice, whatever happens to these rows.
    OutboundMessage.objects.bulk_create(messages, ignore_conflicts=True)
    ids = dict(OutboundMessage.objects.filter(key__in=[one.key for one in messages]).values_list("key", "id"))
    rows = [(one.pk, State.WRITTEN.value, ids[message.key or ""]) for one, message in zip(told, messages, strict=True)]
    update("notices_addressee", ("id", "state", "message_id"), rows)
    return len(told)


def _judged(
    campaign: Campaign, batch: Sequence[Addressee], *, usable: bool
) -> tuple[list[Addressee], list[tuple[int, str, str]]]:
    """Who is to be told, and the others with what becomes of them."""
    there = told_by_readings([one.pk for one in batch], campaign.period)
    hushed = silent({(one.channel, one.recipient) for one in batch})
    closed = ended_choices(batch) if campaign.kind == Campaign.Kind.REMINDER else frozenset()
    told, others = [], []
    for one in batch:
        if one.pk in there:
            others.append((one.pk, State.THERE.value, ""))
        elif one.pk in closed:
            others.append((one.pk, State.STOPPED.value, ""))
        elif not usable:
            others.append((one.pk, State.UNREACHABLE.value, Addressee.Why.CLOSED.value))
        elif (one.channel, one.recipient) in hushed:
            others.append((one.pk, State.UNREACHABLE.value, Addressee.Why.SILENT.value))
        else:
            told.append(one)
    return told, others


def told_by_readings(addressees: Collection[int], period: int | None) -> set[int]:
    """Those of these addressees whose readings for a period are there: they need not be told."""
    if period is None:
        return set()
    accounts: dict[int, list[int]] = {}
    concerned = Concerned.objects.filter(addressee__in=addressees).values_list("addressee_id", "account_id")
    for addressee, account in concerned:
        accounts.setdefault(addressee, []).append(account)
    handed_in = handed_in_for(period, {account for those in accounts.values() for account in those})
    return {addressee for addressee, those in accounts.items() if all_there(those, handed_in)}


def ended_choices(batch: Collection[Addressee]) -> frozenset[int]:
    """Those of these addressees who were to be reminded by a choice that holds no longer."""
    chosen = Addressee.objects.filter(id__in=[one.pk for one in batch if one.choice_id])
    return frozenset(chosen.filter(~Q(choice__ended_at=None)).values_list("id", flat=True))


def _message(campaign: Campaign, one: Addressee, channel: ChannelSettings, now: dt.datetime) -> OutboundMessage:
    return OutboundMessage(
        channel=one.channel,
        recipient=one.recipient,
        text=text_for(campaign.texts, one.language, channel.rendering),
        subject=subject_for(campaign.texts, one.language),
        kind=OutboundMessage.Kind.ANNOUNCEMENT,
        purpose=PURPOSES[campaign.kind],
        key=key_of(campaign, one.person),
        created_at=now,
        send_at=now,
        expires_at=campaign.until,
    )


def key_of(campaign: Campaign, person: str) -> str:
    """What is said to this person once for ever: each notice, and of a month's readings one reminder.

    That a channel is closed is told once too, however often a notice of it is prepared: for a month's readings.
    """
    if campaign.kind == Campaign.Kind.REMINDER:
        return f"reminder:{Period(campaign.period or 0)}:{person}"
    if campaign.kind == Campaign.Kind.WITHDRAWN:
        return f"withdrawn:{campaign.channel}:{Period(campaign.period or 0)}:{person}"
    return f"notice:{campaign.pk}:{person}"
