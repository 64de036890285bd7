"""Asked just before messages of mass notices go: whether they still say something, and whether they may go now."""

from __future__ import annotations

import datetime as dt
import functools
from collections import defaultdict
from collections.abc import Collection, Mapping

from sbyt.core.settings import USABLE, Settings
from sbyt.messaging.guarding import Guard, Verdict
from sbyt.messaging.silence import Sender, silent
from sbyt.messaging.statuses import current_channels
from sbyt.notices.feeding import PURPOSES, told_by_readings
from sbyt.notices.models import Addressee, Campaign

State, Why = Addressee.State, Addressee.Why


def guard_of(settings: Settings) -> Guard:
    """What whoever sends asks."""
    return Guard(frozenset(PURPOSES.values()), functools.partial(_ask, settings))


def _ask(settings: Settings, messages: Collection[int], now: dt.datetime) -> Mapping[int, Verdict]:
    """Hold what is paused. Drop what says nothing now, or may not go to them any more; take down why.

    That is what was stopped, what would tell of readings that are there, what goes to who has asked for silence since
    it was written, and what goes by a channel that was closed since.
    """
    rows = Addressee.objects.filter(message__in=messages).values_list(
        "id", "message_id", "channel", "recipient", "campaign__state", "campaign__period", "choice__ended_at"
    )
    verdicts: dict[int, Verdict] = {}
    messages_of: dict[int, int] = {}
    senders: dict[int, Sender] = {}
    stopped: set[int] = set()
    by_period: dict[int | None, set[int]] = defaultdict(set)
    for addressee, message, channel, recipient, state, period, ended_at in rows:
        messages_of[addressee] = message
        if state == Campaign.State.STOPPED or ended_at:
            stopped.add(addressee)
        elif state == Campaign.State.PAUSED:
            verdicts[message] = Verdict.HOLD
        else:
            senders[addressee] = (channel, recipient)
            by_period[period].add(addressee)
    there = {one for period, addressees in by_period.items() for one in told_by_readings(addressees, period)}
    unreachable = _unreachable({one: sender for one, sender in senders.items() if one not in there}, settings, now)
    _set(stopped, State.STOPPED)
    _set(there, State.THERE)
    for why in set(unreachable.values()):
        _set({one for one, found in unreachable.items() if found is why}, State.UNREACHABLE, why)
    return verdicts | {messages_of[one]: Verdict.DROP for one in (*stopped, *there, *unreachable)}


def _unreachable(senders: Mapping[int, Sender], settings: Settings, now: dt.datetime) -> dict[int, Addressee.Why]:
    """Those of these addressees whom nothing may be told where they were to be, and why."""
    if not senders:
        return {}
    channels = current_channels(settings, now.astimezone(settings.zone).date())
    usable = {code for code, channel in channels.items() if channel.state in USABLE}
    hushed = silent(set(senders.values()))
    closed = {one: Why.CLOSED for one, (channel, _) in senders.items() if channel not in usable}
    return {one: Why.SILENT for one, sender in senders.items() if sender in hushed} | closed


def _set(addressees: Collection[int], state: Addressee.State, why: str = "") -> None:
    if addressees:
        Addressee.objects.filter(id__in=addressees, state=State.WRITTEN).update(state=state, why=why)
