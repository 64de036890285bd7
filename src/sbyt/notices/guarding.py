"""Asked just before messages of mass notices go: whether they still say something, and whether they may go now."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping

from sbyt.messaging.guarding import Guard, Verdict
from sbyt.notices.feeding import PURPOSES, told_by_readings
from sbyt.notices.models import Addressee, Campaign

State = Addressee.State


def ask(messages: Collection[int], now: dt.datetime) -> Mapping[int, Verdict]:  # noqa: ARG001 as guards are asked
    """Hold what is paused. Drop what was stopped, and what would tell of readings that are there; take down why."""
    rows = Addressee.objects.filter(message__in=messages).values_list(
        "id", "message_id", "campaign__state", "campaign__period", "choice__ended_at"
    )
    verdicts: dict[int, Verdict] = {}
    stopped: list[int] = []
    by_period: dict[int | None, dict[int, int]] = defaultdict(dict)
    for addressee, message, state, period, ended_at in rows:
        if state == Campaign.State.STOPPED or ended_at:
            verdicts[message] = Verdict.DROP
            stopped.append(addressee)
        elif state == Campaign.State.PAUSED:
            verdicts[message] = Verdict.HOLD
        else:
            by_period[period][addressee] = message
    there = [one for period, addressees in by_period.items() for one in told_by_readings(addressees, period)]
    messages_of = {one: message for addressees in by_period.values() for one, message in addressees.items()}
    verdicts |= {messages_of[one]: Verdict.DROP for one in there}
    _set(stopped, State.STOPPED)
    _set(there, State.THERE)
    return verdicts


def _set(addressees: Collection[int], state: Addressee.State) -> None:
    if addressees:
        Addressee.objects.filter(id__in=addressees, state=State.WRITTEN).update(state=state)


#: What whoever sends asks.
GUARD = Guard(frozenset(PURPOSES.values()), ask)
