"""Reading what was handed in."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sbyt.bulk.rows import fetch, moment
from sbyt.metering.counting import FIRST_AND_LAST, Handed, Kind

_KINDS = {kind.value: kind for kind in Kind}
#: ``installed`` and ``removed`` go by the day they were taken (billing rule 1).
_BY_THE_DAY = (Kind.INSTALLED, Kind.REMOVED)


class OwnReading(NamedTuple):
    """A reading that a sender handed in, and what it is of."""

    id: int
    account: int
    number: str
    serial: str
    zone: str
    value: int
    decimals: int
    period: int


_HANDED_IN = """
    SELECT register_id, period, kind, value, rollover, taken_on, received_at AT TIME ZONE 'UTC', id
    FROM readings_reading AS reading
    WHERE register_id = ANY(%s::bigint[])
        AND NOT EXISTS (SELECT 1 FROM readings_cancellation WHERE reading_id = reading.id)
    ORDER BY id
"""
_OWN = """
    SELECT asked.id, own.id, reading.id, account.id, account.number, serial, zone, value, decimals, period
    FROM messaging_inboundmessage AS asked
    JOIN messaging_inboundmessage AS own ON own.channel = asked.channel AND own.sender = asked.sender
    JOIN readings_reading AS reading ON reading.message_id = own.id
    JOIN accounts_register AS register ON register.id = reading.register_id
    JOIN accounts_meter AS meter ON meter.id = register.meter_id
    JOIN accounts_account AS account ON account.id = meter.account_id
    WHERE asked.id = ANY(%s::bigint[])
        AND NOT EXISTS (SELECT 1 FROM readings_cancellation WHERE reading_id = reading.id)
    ORDER BY reading.id
"""


class Taken(NamedTuple):
    """A reading that came by a message. ``verdict``: the check that a person confirmed, or ``ok``."""

    id: int
    account: str
    serial: str
    resource: str
    zones: int
    zone: str
    value: int
    decimals: int
    verdict: str
    channel: str
    at: dt.datetime


_TAKEN = """
    SELECT reading.id, account.number, serial, resource, zones, zone, value, decimals, verdict, channel, loaded_at
    FROM readings_reading AS reading
    JOIN accounts_register AS register ON register.id = reading.register_id
    JOIN accounts_meter AS meter ON meter.id = register.meter_id
    JOIN accounts_account AS account ON account.id = meter.account_id
    WHERE reading.id > (SELECT max(id) FROM readings_reading) - %s AND reading.message_id IS NOT NULL
    ORDER BY reading.id DESC
"""


class HandedIn(NamedTuple):
    """How many registers of an account are to be read, and of how many a reading for the period is there."""

    registers: int
    read: int

    @property
    def is_complete(self) -> bool:
        return self.read == self.registers


#: Of meters that were removed nothing is expected; a reading of installing or removing one is nobody's for a month.
_OF_PERIOD = """
    SELECT meter.account_id, count(*), sum(CASE WHEN EXISTS (
        SELECT 1 FROM readings_reading AS reading
        WHERE reading.register_id = register.id AND reading.period = %s AND reading.kind IN ('customer', 'control')
            AND NOT EXISTS (SELECT 1 FROM readings_cancellation WHERE reading_id = reading.id)
    ) THEN 1 ELSE 0 END)
    FROM accounts_meter AS meter JOIN accounts_register AS register ON register.meter_id = meter.id
    WHERE meter.account_id = ANY(%s::bigint[]) AND NOT EXISTS (
        SELECT 1 FROM readings_reading AS reading WHERE reading.register_id = register.id AND reading.kind = 'removed'
            AND NOT EXISTS (SELECT 1 FROM readings_cancellation WHERE reading_id = reading.id)
    )
    GROUP BY meter.account_id
"""
_ACCOUNTS_OF_SENDERS = """
    SELECT DISTINCT message.sender, meter.account_id
    FROM messaging_inboundmessage AS message
    JOIN readings_reading AS reading ON reading.message_id = message.id
    JOIN accounts_register AS register ON register.id = reading.register_id
    JOIN accounts_meter AS meter ON meter.id = register.meter_id
    WHERE message.channel = %s AND message.sender = ANY(%s::text[]) AND message.received_at >= %s
    ORDER BY message.sender, meter.account_id
"""


def handed_in_for(period: int, accounts: Collection[int]) -> dict[int, HandedIn]:
    """How far the readings of these accounts for a period have come; those with no register to read are left out."""
    if not accounts:
        return {}
    found = fetch(_OF_PERIOD, int(period), list(accounts))
    return {account: HandedIn(registers, read) for account, registers, read in found}


def all_there(accounts: Collection[int], handed_in: Mapping[int, HandedIn]) -> bool:
    """Whether the readings of these accounts are there; not where none of them has a register to read."""
    known = [handed_in[account] for account in accounts if account in handed_in]
    return bool(known) and all(one.is_complete for one in known)


def accounts_of_senders(channel: str, senders: Collection[str], since: dt.datetime) -> dict[str, list[int]]:
    """For each of these senders the accounts for which their messages of a channel brought readings since."""
    found: dict[str, list[int]] = defaultdict(list)
    for sender, account in fetch(_ACCOUNTS_OF_SENDERS, channel, list(senders), since) if senders else ():
        found[sender].append(account)
    return found


def newest_taken(most: int) -> list[Taken]:
    """Those of so many newest readings that came by a message, the newest first."""
    return [Taken._make((*row[:-1], moment(row[-1]))) for row in fetch(_TAKEN, most)]


def handed_in(registers: Mapping[int, str], zone: ZoneInfo) -> dict[int, list[Handed]]:
    """The readings of these registers that were not taken back, by the register's id, in the order of loading.

    ``registers`` holds the zone of each.
    """
    found: dict[int, list[Handed]] = defaultdict(list)
    if not registers:
        return found
    for register, period, kind_, value, rollover, taken_on, received_at, loaded in fetch(_HANDED_IN, list(registers)):
        kind = _KINDS[kind_]
        if received_at is None or kind in _BY_THE_DAY:
            received = _received(kind, taken_on, zone)
        else:
            received = received_at.replace(tzinfo=dt.UTC)
        row = Handed(
            registers[register],
            period,
            kind,
            value,
            bool(rollover),
            taken_on,
            (received, loaded + FIRST_AND_LAST.get(kind, 0)),
        )
        found[register].append(row)
    return found


def _received(kind: Kind, taken_on: dt.date, zone: ZoneInfo) -> dt.datetime:
    """When a reading was received that goes by the day: one that ends a meter as its last, others as its first."""
    return dt.datetime.combine(taken_on, dt.time.max if kind is Kind.REMOVED else dt.time.min, zone)


def latest_own(messages: Collection[int]) -> dict[int, list[OwnReading]]:
    """For each of these messages what its sender handed in last and did not take back: the readings of one message."""
    readings: dict[tuple[int, int], list[OwnReading]] = defaultdict(list)
    latest: dict[int, tuple[int, int]] = {}
    for asked, own, *reading in fetch(_OWN, list(messages)) if messages else ():
        readings[asked, own].append(OwnReading(*reading))
        latest[asked] = asked, own
    return {asked: readings[one] for asked, one in latest.items()}
