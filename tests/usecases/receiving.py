"""Messages put through the real path, by a household whose figures are told apart from any other number."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from sbyt.config.channels import DEFAULT_CHANNELS
from sbyt.core.settings import ChannelSettings, Settings
from sbyt.messaging.models import OutboundMessage
from sbyt.readings.models import Reading, StaffTask
from sbyt.usecases.receive_message import Incoming, receive_message
from tests.support.household import a_meter, an_account, was_read_monthly

SETTINGS = Settings(channels=DEFAULT_CHANNELS)
OWNER, STRANGER = "+79120000101", "+79990000000"
ACCOUNT, OTHER = "2000000001", "2000000002"
NOON = "2026-11-20T12:00:00"

_ids = itertools.count(1)


@transaction.atomic
def household() -> None:
    """One account with a single-rate meter, last 4310, 120 a month; another with day 8100 and night 3040."""
    first = an_account(
        ACCOUNT, name="Петров П. П.", address="г. Ухта, ул. Мира, д. 3, кв. 14", phone=OWNER, opening_balance=123456
    )
    was_read_monthly(a_meter(first, "40010001"), 3230, use=(120,))
    other = an_account(OTHER, name="Сидорова А. А.", address="г. Ухта, ул. Мира, д. 5, кв. 2", phone="+79120000102")
    was_read_monthly(a_meter(other, "40010002", zones=2, digits=6), 6840, 2500, use=(140, 60))


def said(
    text: str,
    *,
    at: str = NOON,
    sender: str = STRANGER,
    channel: str = "sms",
    id: str | None = None,  # noqa: A002 as the provider calls it
    settings: Settings = SETTINGS,
) -> dict[str, Any]:
    """What is answered to a message that the provider accepted at this local time; ours is two minutes later."""
    received = dt.datetime.fromisoformat(at)
    received = received if received.tzinfo else received.replace(tzinfo=settings.zone)
    incoming = Incoming(channel, sender, text, id or f"made-up-{next(_ids)}", received)
    return receive_message(incoming, settings, (received + dt.timedelta(minutes=2)).astimezone(dt.UTC))


def with_channel(name: str, **changed: Any) -> Settings:
    """The settings with one channel changed."""
    channel = ChannelSettings(**{**DEFAULT_CHANNELS[name].model_dump(), **changed})
    return Settings(channels={**DEFAULT_CHANNELS, name: channel})


def values(answer: dict[str, Any]) -> list[str]:
    """The readings of an answer in a line each: ``T1 4425 2026-11 accepted``."""
    return [f"{one['zone']} {one['value']} {one['period']} {one['status']}" for one in answer["readings"]]


def stored() -> list[int]:
    """The values that came in by messages and were not taken back."""
    rows = Reading.objects.filter(message__isnull=False, cancellation__isnull=True).order_by("id")
    return list(rows.values_list("value", flat=True))


def sent() -> list[str]:
    """The answers."""
    return list(OutboundMessage.objects.filter(purpose="answer").order_by("id").values_list("text", flat=True))


def for_staff() -> list[str]:
    return list(StaffTask.objects.order_by("id").values_list("reason", flat=True))


@contextmanager
def refusing(table: str, condition: str = "1 = 1") -> Iterator[None]:
    """Let the database itself refuse new rows of a table: all, or those of which this holds, like ``value = 4444``."""
    broken = " ".join(f"NEW.{word}" if word == "value" else word for word in condition.split())
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"CREATE TRIGGER broken_{table} BEFORE INSERT ON {table} WHEN {broken} "
                "BEGIN SELECT RAISE(ABORT, 'broken by a test'); END"
            )
        else:
            cursor.execute(
                f"CREATE FUNCTION broken_{table}() RETURNS trigger LANGUAGE plpgsql AS "
                "'BEGIN RAISE ''broken by a test: %'', NEW; END'"
            )
            cursor.execute(
                f"CREATE TRIGGER broken BEFORE INSERT ON {table} FOR EACH ROW WHEN ({broken}) "
                f"EXECUTE FUNCTION broken_{table}()"
            )
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(f"DROP TRIGGER broken_{table}")
            else:
                cursor.execute(f"DROP FUNCTION broken_{table} CASCADE")
