"""A small town whose people used WhatsApp, and stand-ins for what still reaches them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar

from sbyt.accounts.models import Account, Link
from sbyt.cli import demo
from sbyt.config.channels import DEFAULT_CHANNELS
from sbyt.core.periods import Period
from sbyt.core.settings import ChannelState, Settings
from sbyt.messaging.channel import Capabilities, Channel, InboundEvent, Outgoing, Request, Sent
from sbyt.messaging.models import InboundMessage
from sbyt.notices.models import Campaign
from sbyt.readings.models import Reading
from sbyt.usecases.channels import Change, change_channel
from sbyt.usecases.import_files import import_files
from sbyt.usecases.mass_notices import Plan, Who, prepare_withdrawn

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)  # noon in Moscow
NOVEMBER = Period.parse("2026-11")
SETTINGS = Settings(channels=DEFAULT_CHANNELS)
ANNA, BORIS = Who("Анна", "anna"), Who("Борис", "boris")


class StandIn(Channel):
    """A channel that notes what it was given."""

    capabilities: ClassVar[Capabilities] = Capabilities(buttons=True)
    per_second: ClassVar[int] = 30

    def __init__(self, code: str) -> None:
        self.code = code  # type: ignore[misc]  # a class each would say no more
        self.sent: list[Outgoing] = []

    def verify(self, request: Request) -> None: ...

    def parse(self, request: Request) -> list[InboundEvent]:
        return []

    async def send(self, outgoing: Outgoing) -> Sent:
        self.sent.append(outgoing)
        return Sent()


def stand_ins(*codes: str) -> dict[str, Channel]:
    return {code: StandIn(code) for code in codes or ("sms", "email", "telegram", "max", "whatsapp")}


def town() -> None:
    """The accounts of the demonstration, and WhatsApp withdrawn today."""
    for report in import_files([str(demo.WORLD)], SETTINGS, at=NOW - dt.timedelta(days=5), retroactive=False):
        assert not report.refused, report
    change_channel(Change("whatsapp", ChannelState.WITHDRAWN, "Анна", why="Доступ закрыт"), SETTINGS, NOW)


def account(number: str) -> Account:
    return Account.objects.get(number=number)


def linked(number: str, kind: str, address: str, how: Link.How = Link.How.ON_FILE) -> None:
    Link.objects.create(kind=kind, address=address, account=account(number), how=how, made_at=NOW)


_ids = iter(range(10**9))


def wrote(sender: str, at: dt.datetime = NOW - dt.timedelta(days=30), channel: str = "whatsapp") -> InboundMessage:
    return InboundMessage.objects.create(
        channel=channel,
        provider_id=f"wrote-{next(_ids)}",
        sender=sender,
        text="",
        received_at=at,
        stored_at=at,
        handled_at=at,
    )


def read(number: str, period: Period = NOVEMBER, message: InboundMessage | None = None, **other: Any) -> None:
    """A reading of each register of an account."""
    for meter in account(number).meters.all():
        for register in meter.registers.all():
            Reading.objects.create(
                register=register,
                period=period,
                kind=other.get("kind", "customer"),
                value=1,
                taken_on=NOW.date(),
                message=message,
                loaded_at=NOW,
            )


def prepared(
    *, channels: Mapping[str, Channel] | None = None, now: dt.datetime = NOW, settings: Settings = SETTINGS, **plan: Any
) -> Campaign:
    return prepare_withdrawn("whatsapp", Plan(**plan), ANNA, settings, channels or stand_ins(), now)
