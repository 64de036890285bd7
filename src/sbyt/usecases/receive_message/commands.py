"""Carries out what a turn of the dialogue brought about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sbyt.conversation.state import Cancel, Command, Store, ToStaff
from sbyt.core.resources import ZONES
from sbyt.messaging.models import InboundMessage
from sbyt.readings.operations import cancel_readings, queue_for_staff, store_readings
from sbyt.readings.queries import latest_own


def carry_out(commands: Sequence[Command], message: InboundMessage, now: dt.datetime) -> None:
    """Do what was decided, inside the caller's transaction."""
    for command in commands:
        match command:
            case Store():
                store_readings(
                    message,
                    command.account,
                    command.serial,
                    command.values,
                    command.rolled,
                    at=command.at,
                    taken_on=command.at.date(),
                    period=command.period,
                    verdict=command.verdict,
                    now=now,
                )
            case Cancel():
                own = latest_own(message.channel, message.sender)
                cancel_readings(own, by=f"{message.channel}:{message.sender}", reason="sender", now=now)
            case ToStaff():
                offered = [
                    {"account": command.account, "serial": command.serial, "zone": zone, "units": units}
                    for zone, units in zip(ZONES, command.values, strict=False)
                ]
                queue_for_staff(message, command.account, command.reason, offered, now)
