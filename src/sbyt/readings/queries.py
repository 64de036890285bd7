"""Reading what was handed in."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sbyt.bulk.rows import day, fetch, moment
from sbyt.metering.counting import Handed, Kind

_KINDS = {kind.value: kind for kind in Kind}


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
    SELECT register_id, period, kind, value, rollover, taken_on, received_at, id
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


def handed_in(registers: Mapping[int, str], zone: ZoneInfo) -> dict[int, list[Handed]]:
    """The readings of these registers that were not taken back, by the register's id, in the order of loading.

    ``registers`` holds the zone of each.
    """
    found: dict[int, list[Handed]] = defaultdict(list)
    if not registers:
        return found
    for register, period, kind_, value, rollover, taken_on, received_at, loaded in fetch(_HANDED_IN, list(registers)):
        kind, taken = _KINDS[kind_], day(taken_on)
        received = _received(kind, taken, received_at and moment(received_at), zone)
        row = Handed(registers[register], period, kind, value, bool(rollover), taken, (received, loaded))
        found[register].append(row)
    return found


def _received(kind: Kind, taken_on: dt.date, received_at: dt.datetime | None, zone: ZoneInfo) -> dt.datetime:
    """When a reading was received: ``installed`` and ``removed`` go by the day, as its first and its last."""
    if kind is Kind.REMOVED:
        return dt.datetime.combine(taken_on, dt.time.max, zone)
    if kind is Kind.INSTALLED or received_at is None:
        return dt.datetime.combine(taken_on, dt.time.min, zone)
    return received_at


def latest_own(messages: Collection[int]) -> dict[int, list[OwnReading]]:
    """For each of these messages what its sender handed in last and did not take back: the readings of one message."""
    readings: dict[tuple[int, int], list[OwnReading]] = defaultdict(list)
    latest: dict[int, tuple[int, int]] = {}
    for asked, own, *reading in fetch(_OWN, list(messages)) if messages else ():
        readings[asked, own].append(OwnReading(*reading))
        latest[asked] = asked, own
    return {asked: readings[one] for asked, one in latest.items()}
