"""The morning on which a channel dies, played on a made-up town by what people would do, one after the other.

Nothing here is told in a way of its own: channels change as staff change them, customers write as they do, the notice
to all who used the channel is prepared by one member of staff and approved by another.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sbyt.core.settings import ChannelState, MorningSettings, Settings
from sbyt.messaging.channel import Channel
from sbyt.messaging.models import InboundMessage
from sbyt.messaging.statuses import current_channels
from sbyt.notices.models import Campaign
from sbyt.notices.numbers import End, counts, totals
from sbyt.usecases.channels import Change, change_channel
from sbyt.usecases.mass_notices import Plan, UnableToDecide, UnableToPrepare, Who, approve, prepare_withdrawn, stop
from sbyt.usecases.simulator.customers import (
    Customer,
    Typed,
    address_of,
    can_share,
    demo_customers,
    sender_in,
    write_as,
)
from sbyt.usecases.simulator.examples import examples

#: So many customers still write there, not knowing.
_UNKNOWING = 3
_BY = "Утро"
_PREPARES, _APPROVES = Who("Администратор (утро)"), Who("Контакт-центр (утро)")


@dataclass(frozen=True, slots=True)
class Morning:
    """How far the story has come. ``campaign`` is the notice to who used the ended channel; None before it."""

    ended: str  # the channel's code
    unstable: str
    home: str  # where somebody moved to; empty where no channel takes a phone
    is_ended: bool
    is_unstable: bool
    answered: int  # who wrote there since and learnt where to send
    campaign: Campaign | None
    ends: Mapping[End, int]
    moved: Customer | None


def morning(settings: Settings, now: dt.datetime) -> Morning | None:
    """The story as it stands; None where the demonstration has none."""
    story = settings.demo.morning
    if story is None:
        return None
    channels = current_channels(settings, now.astimezone(settings.zone).date())
    is_ended = channels[story.ended].state is ChannelState.WITHDRAWN
    campaign = _campaign(story) if is_ended else None
    home = _home(settings, story)
    return Morning(
        story.ended,
        story.unstable,
        home,
        is_ended,
        channels[story.unstable].state is ChannelState.UNSTABLE,
        InboundMessage.objects.filter(channel=story.ended, result__outcome="closed").count() if is_ended else 0,
        campaign,
        totals(counts(campaign)) if campaign else {},
        _moved(home, settings) if is_ended else None,
    )


def play_morning(settings: Settings, connected: Mapping[str, Channel], now: dt.datetime, language: str) -> None:
    """Let it happen: the channel dies, customers write there all the same, everybody who used it is told, one moves.

    Played twice on end it changes nothing.
    """
    story = settings.demo.morning
    found = morning(settings, now)
    if story is None or found is None or found.is_ended:
        return
    customers = demo_customers(settings)
    change_channel(
        Change(story.ended, ChannelState.WITHDRAWN, _BY, why=story.why, footnote=story.footnote), settings, now
    )
    change_channel(Change(story.unstable, ChannelState.UNSTABLE, _BY, why=story.unstable_why), settings, now)
    for customer in customers[:_UNKNOWING]:
        _write(customer, story.ended, customers, settings, connected, now, language)
    with suppress(UnableToPrepare, UnableToDecide):  # whoever used it may have handed in already
        campaign = prepare_withdrawn(story.ended, Plan(), _PREPARES, settings, connected, now)
        approve(campaign.pk, _APPROVES, settings, now)
    if found.home and customers:
        _move(customers[0], customers, found.home, settings, connected, now, language)


def undo_morning(settings: Settings, now: dt.datetime) -> None:
    """Let the channels be as they were; who was not told yet is not told any more."""
    story = settings.demo.morning
    if story is None:
        return
    if campaign := _campaign(story):
        with suppress(UnableToDecide):
            stop(campaign.pk, _PREPARES, now)
    for code in (story.ended, story.unstable):
        change_channel(Change(code, ChannelState.OPEN, _BY, why="", footnote=""), settings, now)


def _campaign(story: MorningSettings) -> Campaign | None:
    return Campaign.objects.filter(kind=Campaign.Kind.WITHDRAWN, channel=story.ended).order_by("-id").first()


def _home(settings: Settings, story: MorningSettings) -> str:
    """The first channel in which a phone can be shared."""
    codes = [code for code, channel in settings.channels.items() if channel.contact]
    return next((code for code in codes if code not in (story.ended, story.unstable)), "")


def _moved(home: str, settings: Settings) -> Customer | None:
    """The first customer, once they are known where they moved to."""
    customers = demo_customers(settings) if home else []
    return customers[0] if customers and not can_share(customers[0], home, settings) else None


def _move(
    customer: Customer,
    customers: Sequence[Customer],
    home: str,
    settings: Settings,
    connected: Mapping[str, Channel],
    now: dt.datetime,
    language: str,
) -> None:
    """They share the phone on file, then hand in there as they did before."""
    shares = can_share(customer, home, settings)
    if shares:
        write_as(customer, home, Typed("", contact=True), settings, now, connected=connected, language=language)
    _write(customer, home, customers, settings, connected, now, language, introduced=shares)


def _write(
    customer: Customer,
    code: str,
    customers: Sequence[Customer],
    settings: Settings,
    connected: Mapping[str, Channel],
    now: dt.datetime,
    language: str,
    *,
    introduced: bool = False,
) -> None:
    """They send a reading that would be right."""
    address = address_of(customer, code, settings)
    handset = connected[code].simulated or "messenger"
    offered = examples(customer, customers, address, handset, settings, now, language)
    right = next((one for one in offered if one.code == "right"), None)
    if right and sender_in(address):
        typed = Typed(right.text)
        write_as(customer, code, typed, settings, now, connected=connected, language=language, introduced=introduced)
