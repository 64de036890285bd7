"""What our processes do, each by the use case that the real ones call."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import tempfile
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import RequestFactory

from sbyt.api import webhooks
from sbyt.api.webhooks import webhook
from sbyt.cli.work import Housekeeping
from sbyt.conversation.dialogue import reply
from sbyt.conversation.facts import Facts
from sbyt.conversation.state import Event, Reply, State
from sbyt.core.periods import Period
from sbyt.core.settings import ChannelState, Settings
from sbyt.messaging.delivery import Attempt
from sbyt.messaging.inbox import Incoming, Stored
from sbyt.usecases.channels import Change, change_channel
from sbyt.usecases.import_files import import_files
from sbyt.usecases.receive_message import UnableToHandleNow, handle_waiting, receive_message
from sbyt.usecases.run_billing import run_billing
from sbyt.usecases.send_messages import Clock, send_waiting
from tests.simulation.people import POISON
from tests.simulation.providers import FakeChannel, Written, posted
from tests.simulation.town import DIALS


def take_webhook(channel: FakeChannel, messages: Sequence[Written]) -> int:
    """What the web process does with a post: the status that the provider gets."""
    body, headers = posted(messages)
    request = RequestFactory().post(f"/in/{channel.code}", body, "application/json", headers=headers)
    return webhook(request.META, channel.code).status


def fetch_by_django(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """What ``bulk.prepared`` does, by a cursor that the processes of the simulation stand behind."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def store_alone(came: tuple[Incoming, dt.datetime]) -> Stored:
    """What ``api.webhooks`` does with one that comes alone: no two processes share a line in which they would wait."""
    return webhooks._store_together([came])[0]


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


def keep_house(channels: Mapping[str, FakeChannel], settings: Settings, now: dt.datetime, *, thoroughly: bool) -> None:
    """What the housekeeping of ``sbyt work`` does in one of its rounds."""
    house = Housekeeping("simulated", channels, settings, lambda: now)
    house.tidy(now, thoroughly=thoroughly)
    house.see_to_questions(now)


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

    def __del__(self) -> None:
        self._loop.close()  # of a process that was killed, too


def reply_unless_poisoned(state: State, event: Event, facts: Facts, now: dt.datetime) -> Reply:
    """The dialogue, with a fault of ours in it: some text that it stumbles over each time."""
    if POISON in event.text:
        raise ZeroDivisionError("a fault of ours")
    return reply(state, event, facts, now)


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
