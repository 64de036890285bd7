"""Puts what was looked up into the words of the dialogue."""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Mapping, Sequence

from sbyt.accounts.queries import FoundMeter
from sbyt.conversation.facts import (
    AccountFacts,
    BillCodeFacts,
    ChannelFacts,
    ContactFacts,
    Facts,
    MeterFacts,
    OwnReading,
)
from sbyt.core.resources import ZONES, Resource
from sbyt.core.settings import Settings
from sbyt.metering.checks import Dial
from sbyt.metering.counting import Handed, Kind, counted
from sbyt.readings import queries

#: What goes before a customer's value of the same period.
_OTHERS = (Kind.CONTROL, Kind.REMOVED)


def facts_of(  # noqa: PLR0913 as many as a reply rests on
    accounts: tuple[AccountFacts, ...],
    *,
    linked: tuple[str, ...],
    own: Sequence[queries.OwnReading],
    account_lengths: frozenset[int],
    longest_dial: int,
    channel: ChannelFacts,
    settings: Settings,
    bill_code: BillCodeFacts | None = None,
    contact: ContactFacts | None = None,
    pages: Mapping[str, str] | None = None,
    silent: bool = False,
) -> Facts:
    """All that a reply may rest on."""
    return Facts(
        accounts=accounts,
        linked=linked,
        account_lengths=account_lengths,
        longest_dial=longest_dial,
        channel=channel,
        own=tuple(
            OwnReading(one.number, one.serial, one.zone, one.value, one.decimals, one.period, one.id) for one in own
        ),
        window=settings.window,
        checks=settings.checks,
        estimates=settings.estimates,
        question_hours=settings.dialogue.question_hours,
        bill_code=bill_code,
        contact=contact,
        pages=pages or {},
        silent=silent,
        reminds=settings.reminders.on,
    )


def account_facts(
    number: str, meters: Sequence[FoundMeter], handed: Mapping[int, Sequence[Handed]], balance: int | None
) -> AccountFacts:
    """An account with its meters. ``handed``: what was handed in for each register, in the order of loading."""
    return AccountFacts(number, tuple(_meter_facts(meter, handed) for meter in meters), balance)


def _meter_facts(meter: FoundMeter, handed: Mapping[int, Sequence[Handed]]) -> MeterFacts:
    """What counts of a meter, and what was handed in for each period so far."""
    rows = sorted(
        [row for register in meter.registers for row in handed.get(register, ())], key=operator.attrgetter("order")
    )
    taken: dict[int, dict[str, int]] = defaultdict(dict)
    for row in [row for row in rows if row.kind is Kind.CUSTOMER] + [row for row in rows if row.kind in _OTHERS]:
        taken[row.period][row.zone] = row.value
    removed_zones = {row.zone for row in rows if row.kind is Kind.REMOVED}
    return MeterFacts(
        serial=meter.serial,
        dial=Dial(Resource(meter.resource), meter.digits, meter.decimals),
        zones=meter.zones,
        counted=counted(rows, meter.zones),
        taken=dict(taken),
        inspected=frozenset(row.period for row in rows if row.kind is Kind.CONTROL),
        removed=removed_zones.issuperset(ZONES[: meter.zones]),
        handed=rows,
    )
