"""Gathers what the dialogue must know: few queries, whatever the number of accounts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from sbyt.accounts.models import Account, Meter
from sbyt.accounts.queries import accounts_by_key, dimensions, linked_accounts, meters_of, sender_addresses
from sbyt.billing.balances import owed
from sbyt.conversation.facts import AccountFacts, Facts, MeterFacts, OwnReading
from sbyt.conversation.mentions import Mentions
from sbyt.core.resources import ZONES, Resource
from sbyt.core.settings import Settings
from sbyt.messaging.models import InboundMessage
from sbyt.messaging.statuses import read_statuses
from sbyt.metering.checks import Dial
from sbyt.metering.counting import Handed, Kind, counted
from sbyt.readings.queries import handed_in, latest_own
from sbyt.usecases.channels import channel_facts

_BY_PHONE = ("short", "keypad")  # the channels whose senders are phones


def gather_facts(message: InboundMessage, wanted: Mentions, settings: Settings, at: dt.datetime) -> Facts:
    """All that a reply to this message, received at this local time, may rest on."""
    channel = channel_facts(message.channel, read_statuses(settings), at.date())
    addresses = sender_addresses(message.channel, message.sender, by_phone=channel.rendering in _BY_PHONE)
    linked = linked_accounts(addresses)
    own = latest_own(message.channel, message.sender) if wanted.wants_own_readings else []
    also = {one.register.meter.account_id for one in own}
    accounts = accounts_by_key(wanted.account_keys, {*linked, *also})
    lengths, longest_dial = dimensions()
    balances = owed(linked) if wanted.wants_balance else {}
    return Facts(
        accounts=_account_facts(accounts, balances, settings),
        linked=tuple(account.number for account in accounts if account.id in set(linked)),
        account_lengths=lengths,
        longest_dial=longest_dial,
        channel=channel,
        own=tuple(
            OwnReading(
                one.register.meter.account.number,
                one.register.meter.serial,
                one.register.zone,
                one.value,
                one.register.meter.decimals,
                one.period,
            )
            for one in own
        ),
        window=settings.window,
        checks=settings.checks,
        estimates=settings.estimates,
        question_hours=settings.dialogue.question_hours,
    )


def _account_facts(
    accounts: Sequence[Account], balances: dict[int, int], settings: Settings
) -> tuple[AccountFacts, ...]:
    meters = meters_of([account.id for account in accounts])
    handed = handed_in([meter.id for meter in meters], settings.zone)
    by_account: dict[int, list[MeterFacts]] = defaultdict(list)
    for meter in meters:
        by_account[meter.account_id].append(meter_facts(meter, handed.get(meter.id, [])))
    return tuple(
        AccountFacts(account.number, tuple(by_account[account.id]), balances.get(account.id)) for account in accounts
    )


def meter_facts(meter: Meter, handed: Sequence[Handed]) -> MeterFacts:
    """What counts of a meter, and what was handed in for each period so far."""
    zones = ZONES[: meter.zones]
    taken: dict[int, dict[str, int]] = defaultdict(dict)
    for row in sorted(handed, key=lambda row: (row.kind is not Kind.CUSTOMER, row.order)):
        if row.kind is not Kind.INSTALLED:
            taken[row.period][row.zone] = row.value
    removed_zones = {row.zone for row in handed if row.kind is Kind.REMOVED}
    return MeterFacts(
        serial=meter.serial,
        dial=Dial(Resource(meter.resource), meter.digits, meter.decimals),
        zones=meter.zones,
        counted=counted(handed, meter.zones),
        taken=dict(taken),
        inspected=frozenset(row.period for row in handed if row.kind is Kind.CONTROL),
        removed=removed_zones.issuperset(zones),
    )
