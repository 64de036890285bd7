"""Reading what was handed in."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from zoneinfo import ZoneInfo

from sbyt.metering.counting import Handed, Kind
from sbyt.readings.models import Reading


def handed_in(meters: Collection[int], zone: ZoneInfo) -> dict[int, list[Handed]]:
    """The readings of these meters that were not taken back, by the meter's id."""
    rows = (
        Reading.objects.filter(register__meter_id__in=meters, cancellation__isnull=True)
        .order_by("id")
        .values_list(
            "register__meter_id",
            "register__zone",
            "period",
            "kind",
            "value",
            "rollover",
            "taken_on",
            "received_at",
            "id",
        )
    )
    found: dict[int, list[Handed]] = defaultdict(list)
    for meter, register_zone, period, kind, value, rollover, taken_on, received_at, loaded in rows:
        received = _received(Kind(kind), taken_on, received_at, zone)
        found[meter].append(Handed(register_zone, period, Kind(kind), value, rollover, taken_on, (received, loaded)))
    return found


def _received(kind: Kind, taken_on: dt.date, received_at: dt.datetime | None, zone: ZoneInfo) -> dt.datetime:
    """When a reading was received: ``installed`` and ``removed`` go by the day, as its first and its last."""
    if kind is Kind.REMOVED:
        return dt.datetime.combine(taken_on, dt.time.max, zone)
    if kind is Kind.INSTALLED or received_at is None:
        return dt.datetime.combine(taken_on, dt.time.min, zone)
    return received_at


def latest_own(channel: str, sender: str) -> list[Reading]:
    """The readings of the latest message of a sender that were not taken back, T1 first."""
    own = Reading.objects.filter(message__channel=channel, message__sender=sender, cancellation__isnull=True)
    latest = own.order_by("-id").first()
    if latest is None:
        return []
    same = own.filter(message_id=latest.message_id).select_related("register__meter__account")
    return list(same.order_by("id"))
