"""Tells the owners of an account what somebody did who isn't linked to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from sbyt.accounts.owners import OwnerLink, owners_of
from sbyt.conversation.acts import LinkTold, OwnerTold
from sbyt.conversation.render import render
from sbyt.core.settings import Settings
from sbyt.messaging.models import OutboundMessage
from sbyt.messaging.numbers import short_number
from sbyt.messaging.statuses import Statuses, read_statuses
from sbyt.notices.addresses import Way, first_to_be_told, languages_of, ways_of

#: Why an owner gets a message that they didn't ask for.
OWNER_TOLD = "owner_told"

#: So many notices a day an owner gets of an account because of what strangers hand in.
_MOST_A_DAY = 3
#: Whatever comes after those is told once, in the end.
_THE_LAST = ":last"
_MORNING = dt.time(9, 0)


class Told(NamedTuple):
    """What the owners of an account are told, and by which number staff find it.

    ``about`` is part of what makes a notice the only one of its kind; ``message`` is the one that it is about.
    """

    act: OwnerTold | LinkTold
    number: str
    about: str
    message: int | None = None


def told_by_message(message: int, acts: Iterable[OwnerTold]) -> list[Told]:
    """What is told because of a message."""
    return [Told(act, short_number(message), f"message:{message}", message) for act in acts]


def tell_owners(
    told: Sequence[Told],
    settings: Settings,
    now: dt.datetime,
    *,
    connected: Collection[str] | None = None,
    statuses: Statuses | None = None,
    but: Collection[OwnerLink] = (),
) -> int:
    """Write a notice into the outbox for each owner of the accounts concerned, once for ever.

    Each gets it where it reaches them best: in their own chat, else by e-mail, else on their phone, through a channel
    that is open. Who can't be reached by any gets none. What strangers hand in is told three times a day, and what
    came last of it the next morning: who wants to annoy somebody, or to run up our bill, gets no further by it.

    :param connected: the channels that can send of their own accord, which are preferred; None where nobody knows.
    :param statuses: the states of the channels, if they are known already.
    :param but: links of somebody who needn't be told.

    :returns: the number of notices written.
    """
    if not told:
        return 0
    owners = owners_of({one.act.account for one in told}, but=but)
    channels = (statuses or read_statuses(settings)).channels(now.astimezone(settings.zone).date())
    found = [
        (one, ways_of(owner, channels, connected, personal=True))
        for one in told
        for owner in owners.get(one.act.account, ())
    ]
    ways = [
        (one, way)
        for (one, _), way in zip(found, first_to_be_told([ways for _, ways in found]), strict=True)
        if way is not None
    ]
    languages = languages_of([way.sender for _, way in ways])
    keys = _keys(
        [(one, f"{OWNER_TOLD}:{one.act.account}:{way.link.kind}:{way.link.address}") for one, way in ways],
        now.astimezone(settings.zone).date(),
    )
    notices = [
        _notice(one, way, languages.get(way.sender, settings.language), key, now)
        for (one, way), key in zip(ways, keys, strict=True)
    ]
    return _write(notices, _next_morning(settings, now))


def _write(notices: Sequence[OutboundMessage], morning: dt.datetime) -> int:
    """Write the notices; those beyond what a day allows come to one, which tells the last of it the next morning."""
    now, later = [one for one in notices if one.key], {}
    for one in notices:
        if one.key and one.key.endswith(_THE_LAST):
            one.send_at, later[one.key] = morning, one
    OutboundMessage.objects.bulk_create([one for one in now if one.key not in later], ignore_conflicts=True)
    OutboundMessage.objects.bulk_create(
        later.values(), update_conflicts=True, update_fields=["text", "in_reply_to"], unique_fields=["key"]
    )
    return len([one for one in now if one.key not in later]) + len(later)


def _next_morning(settings: Settings, now: dt.datetime) -> dt.datetime:
    day = now.astimezone(settings.zone).date() + dt.timedelta(days=1)
    return dt.datetime.combine(day, _MORNING, settings.zone).astimezone(dt.UTC)


def _keys(told: Sequence[tuple[Told, str]], day: dt.date) -> list[str | None]:
    """For each notice what makes it the only one: of a link its making, else its place among those of the day.

    None for what was told already.
    """
    places = {f"{to}:{day}:{place}" for _, to in told for place in range(_MOST_A_DAY)}
    there = dict(OutboundMessage.objects.filter(key__in=places).values_list("key", "in_reply_to_id"))
    keys: list[str | None] = []
    for one, to in told:
        if not isinstance(one.act, OwnerTold):
            keys.append(f"{to}:{one.about}")
            continue
        of_day = [f"{to}:{day}:{place}" for place in range(_MOST_A_DAY)]
        if any(there.get(key, 0) == one.message for key in of_day):
            keys.append(None)
            continue
        key = next((key for key in of_day if key not in there), f"{to}:{day}{_THE_LAST}")
        there[key] = 0  # one message may hand in for two months: both are told
        keys.append(key)
    return keys


def _notice(told: Told, way: Way, language: str, key: str | None, now: dt.datetime) -> OutboundMessage:
    act = told.act
    if isinstance(act, OwnerTold) and not way.personal_data:  # that it happened, and nothing of what
        act = replace(act, meters=(), before=())
    said = render((act,), language, way.rendering, told.number)
    return OutboundMessage(
        channel=way.channel,
        recipient=way.recipient,
        text=said.text,
        buttons=list(said.buttons),
        kind=OutboundMessage.Kind.NOTICE,
        purpose=OWNER_TOLD,
        key=key,
        in_reply_to_id=told.message,
        created_at=now,
        send_at=now,
    )
