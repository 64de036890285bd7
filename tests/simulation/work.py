"""What our processes do, each by the use case that the real ones call."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import tempfile
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from sbyt.cli.work import Housekeeping
from sbyt.core.periods import Period
from sbyt.core.settings import ChannelState, Settings
from sbyt.messaging.delivery import Attempt
from sbyt.messaging.inbox import Incoming, store_many
from sbyt.usecases.channels import Change, change_channel
from sbyt.usecases.import_files import import_files
from sbyt.usecases.receive_message import UnableToHandleNow, handle_waiting, receive_message
from sbyt.usecases.run_billing import run_billing
from sbyt.usecases.send_messages import Clock, send_waiting
from tests.simulation.providers import FakeChannel, Written, webhook
from tests.simulation.town import DIALS


def take_webhook(channel: FakeChannel, messages: Sequence[Written], now: dt.datetime) -> int:
    """What the web process does with a post: the status that the provider gets."""
    request = webhook(messages)
    channel.verify(request)
    events = channel.parse(request)
    store_many(
        [Incoming(channel.code, one.sender, one.text, one.provider_id, one.received_at or now) for one in events], now
    )
    return channel.respond(request, ()).status


def answer_live(written: Written, settings: Settings, now: dt.datetime) -> dict[str, Any]:
    """What a live session shows."""
    incoming = Incoming(written.channel, written.sender, written.text, written.provider_id, written.at)
    try:
        return receive_message(incoming, settings, now)
    except UnableToHandleNow as error:
        return {"later": error.number}


def handle(settings: Settings, now: dt.datetime, limit: int) -> int:
    return handle_waiting(settings, now, limit)


def send(channel: FakeChannel, settings: Settings, clock: Clock) -> None:
    """One round of sending in a channel."""
    send_waiting(channel, settings, clock)


def keep_house(settings: Settings, now: dt.datetime, *, thoroughly: bool) -> None:
    """What the housekeeping of ``sbyt work`` does in one of its rounds."""
    Housekeeping("simulated", {}, settings, lambda: now).tidy(now, thoroughly=thoroughly)


class InLine:
    """Stands for the event loop's thread in which messages are sent: here they are sent one after the other.

    Two threads that work at the same time would be in another order each time.
    """

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()

    def start(self, coroutine: Coroutine[Any, Any, Attempt]) -> Future[Attempt]:
        future: Future[Attempt] = Future()
        future.set_result(self._loop.run_until_complete(coroutine))
        return future

    def end(self) -> None:
        self._loop.close()


def set_state(code: str, state: str, settings: Settings, now: dt.datetime) -> None:
    change_channel(Change(code, ChannelState(state), by="the simulation", why="so says the seed"), settings, now)


def import_readings(chance: random.Random, settings: Settings, now: dt.datetime) -> None:
    """A file of readings that came by another way."""
    dial = chance.choice([dial for dial in DIALS if not dial.decimals])
    taken = now.astimezone(settings.zone)
    rows = [
        f"{dial.account},{dial.serial},T{zone},{last + use},{taken:%Y-%m-%d},{taken:%Y-%m-%dT%H:%M:%S},office,customer,"
        for zone, (last, use) in enumerate(zip(dial.last, dial.use, strict=True), 1)
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "readings.csv"
        file.write_text(
            "\n".join(["account,serial,zone,value,taken_on,received_at,channel,kind,rollover", *rows]) + "\n"
        )
        list(import_files([str(file)], settings, at=now, retroactive=False))


def bill(settings: Settings, now: dt.datetime) -> None:
    run_billing(Period.of(dt.date(2026, 11, 1)), settings, now=now)
