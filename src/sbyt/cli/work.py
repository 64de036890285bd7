"""``sbyt work``: handles what came in, sends what is to be said, keeps house. It may run as often as is useful."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import socket
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import structlog
import typer
from django.db import DatabaseError, InterfaceError, connections

from sbyt.accounts.wrong_codes import forget_wrong_codes
from sbyt.bulk import UnableToOpenDatabase
from sbyt.cli.collector import collector_spared
from sbyt.cli.readiness import database_name, is_out_of_reach
from sbyt.cli.stopping import told_to_stop, wait_until_told
from sbyt.core.settings import Settings
from sbyt.messaging import delivery, outbox, workers
from sbyt.messaging.channel import Channel, Documents, Polled, Throttled, UnableToSend, no_documents
from sbyt.messaging.pacing import asked_for
from sbyt.notices.feeding import feed
from sbyt.notices.guarding import guard_of
from sbyt.notices.reminders import prepare_reminders
from sbyt.usecases.ask_again import ask_again, hand_to_staff
from sbyt.usecases.fetch_photos import fetch_photos
from sbyt.usecases.receive_message import handle_waiting
from sbyt.usecases.send_messages import Clock, Sender
from sbyt.usecases.staff import forget_old_log_ins
from sbyt.usecases.take_in import take_polled
from sbyt.usecases.watch_channels import watch_channels

#: Who has nothing to do looks again after so many seconds.
POLL = 0.2

#: The longest wait for a database that is lost, or after an error, in seconds.
_LONGEST_WAIT = 30.0
#: How long the command waits for what is under way before it ends, in seconds: more than a send may take.
_LONGEST_END = 60.0
#: ``--once`` does not wait for a channel that pauses for longer, in seconds.
_WORTH_WAITING = 2.0

_BUSY = dt.timedelta(minutes=1)  # until the day's reminders are tried again, where the database is busy
_NOTICES = 1.0  # seconds between two looks for who is to be told next
_PHOTOS = 1.0  # seconds between two looks for photos that are to be fetched
_QUESTIONS = 100  # that are seen to in one round
_BATCH = 500  # of what is recovered or expired at once

_log = structlog.get_logger(__name__)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Duty(ABC):
    """Something that a worker does step by step, in a thread of its own."""

    name: str

    @abstractmethod
    def step(self) -> float:
        """Do the next piece, and say how many seconds to wait before the one after it.

        :raises DatabaseError: if the database is out of reach; the step is done again later.
        """

    def interrupt(self) -> None:  # noqa: B027 most have none that would wait for long
        """End a step that only waits. It is called once, by another thread, when no further step is wanted."""

    @abstractmethod
    def end(self) -> None:
        """Finish what is under way."""


class Inbox(Duty):
    """Handles the messages that came in."""

    name = "inbox"

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def step(self) -> float:
        return 0 if handle_waiting(self._settings, self._clock()) else POLL

    def end(self) -> None:
        """Nothing is under way between two steps."""


class Sending(Duty):
    """Sends the messages of one channel."""

    def __init__(self, channel: Channel, settings: Settings, clock: Clock, documents: Documents) -> None:
        self.name = f"send-{channel.code}"
        self._code = channel.code
        self._clock = clock
        self._sender = Sender(channel, settings, clock, documents=documents, guard=guard_of(settings))
        self._has_begun = False

    def step(self) -> float:
        if not self._has_begun:
            outbox.resume(self._code, self._clock())
            self._has_begun = True
        if self._sender.under_way:
            self._sender.settle(0)  # first what is known of those sent before: others may take them for lost
        due = self._sender.begin_due()
        wait = POLL if due is None else min(due.total_seconds(), POLL)
        if not self._sender.under_way:
            return wait
        self._sender.settle(wait)
        return 0

    def drain(self, stop: threading.Event) -> None:
        """Send all that is due, unless it would have to wait for long."""
        while not stop.is_set():
            due = self._sender.begin_due()
            if self._sender.under_way:
                self._sender.settle(POLL if due is None else min(due.total_seconds(), POLL))
            elif due is None or due.total_seconds() > _WORTH_WAITING:
                break
            else:
                stop.wait(due.total_seconds())
        self.end()

    def end(self) -> None:
        with self._sender:
            self._sender.finish()


class Polling(Duty):
    """Asks one channel's provider what came, and stores it, where the provider doesn't post it to us."""

    def __init__(self, channel: Channel, clock: Clock) -> None:
        self.name = f"poll-{channel.code}"
        self._channel = channel
        self._clock = clock
        self._runner = asyncio.Runner()
        self._after = ""
        self._failures = 0
        self._is_over = False
        self._asking: tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]] | None = None

    def step(self) -> float:
        """Ask once, which may take the provider's own time.

        That a provider can't be asked is no error of ours: it is told of less and less often, and tried again.
        """
        try:
            polled = self._runner.run(self._ask())
        except asyncio.CancelledError:  # what the provider was about to give waits there for whoever asks next
            return 0
        except UnableToSend as error:
            self._failures += 1
            if self._failures & (self._failures - 1) == 0:
                _log.warning("poll_failed", channel=self._channel.code, why=error.code, failures=self._failures)
            asked = asked_for(error.wait).total_seconds() if isinstance(error, Throttled) and error.wait else 0.0
            return max(asked, min(2.0**self._failures, _LONGEST_WAIT))
        self._failures = 0
        take_polled(self._channel, polled.bodies, self._clock())
        self._after = polled.after  # the provider is told that we have it by the next question
        return 0 if polled.bodies else POLL

    async def _ask(self) -> Polled:
        task = asyncio.current_task()
        if task is not None:
            self._asking = asyncio.get_running_loop(), task
        if self._is_over:
            raise asyncio.CancelledError
        return await self._channel.poll(self._after)

    def interrupt(self) -> None:
        self._is_over = True
        if self._asking:
            loop, task = self._asking
            with contextlib.suppress(RuntimeError):  # its loop has ended
                loop.call_soon_threadsafe(task.cancel)

    def end(self) -> None:
        self._runner.close()


class Photos(Duty):
    """Fetches the photos that one channel's provider keeps."""

    def __init__(self, channel: Channel, clock: Clock) -> None:
        self.name = f"photos-{channel.code}"
        self._channel = channel
        self._clock = clock

    def step(self) -> float:
        return 0 if fetch_photos(self._channel, self._clock) else _PHOTOS

    def end(self) -> None:
        """Nothing is under way between two steps."""


class Announcing(Duty):
    """Puts the next of what many are told into the outbox. Of several workers one does at a time."""

    name = "notices"

    def __init__(self, channels: Mapping[str, Channel], settings: Settings, clock: Clock) -> None:
        self._channels = channels
        self._settings = settings
        self._clock = clock
        self._reminded: dt.date | None = None  # on which day it was last looked whom is to be reminded
        self._again_at = clock()

    def step(self) -> float:
        now = self._clock()
        feed(self._settings, self._channels, now)
        today = now.astimezone(self._settings.zone).date()
        if self._reminded != today and now >= self._again_at:
            self._remind(today, now)
        return _NOTICES

    def _remind(self, today: dt.date, now: dt.datetime) -> None:
        """Make the day's reminders ready; a load that takes its time is no reason to hold up what many are told."""
        try:
            prepare_reminders(self._settings, self._channels, now)
        except UnableToOpenDatabase as error:
            _log.warning("reminders_wait", reason=type(error).__name__)
            self._again_at = now + _BUSY
        else:
            self._reminded = today

    def end(self) -> None:
        """Nothing is under way between two steps."""


class Housekeeping(Duty):
    """Says that the worker is there, and sees to what others left, what is late and what is to be asked again."""

    name = "housekeeping"

    def __init__(self, worker: str, channels: Mapping[str, Channel], settings: Settings, clock: Clock) -> None:
        self._worker = worker
        self._channels = channels
        self._settings = settings
        self._clock = clock
        self._rounds = 0

    def step(self) -> float:
        now = self._clock()
        workers.is_here(self._worker, now)
        self.tidy(now, thoroughly=self._rounds % 6 == 0)
        more = self.see_to_questions(now)
        self._rounds += 1
        # Thousands of questions may end at the same midnight: in between it is said that the worker is there.
        return 0 if more else workers.HEARTBEAT.total_seconds()

    def tidy(self, now: dt.datetime, *, thoroughly: bool) -> None:
        """One round; what reads the whole outbox is done in each sixth only."""
        _all_of("recovered", delivery.recover, now)
        if thoroughly:
            _all_of("expired", delivery.expire, now)
            outbox.bring_back_from_the_future(now)
            forget_old_log_ins(now)
            forget_wrong_codes(now)

    def see_to_questions(self, now: dt.datetime) -> bool:
        """Ask once more what nobody answered, and give to staff what nobody will; tell whether more are due."""
        asked = ask_again(self._settings, now, _QUESTIONS, connected=self._channels)
        return max(asked, hand_to_staff(self._settings, now, _QUESTIONS)) == _QUESTIONS

    def end(self) -> None:
        workers.is_gone(self._worker)


class Watching(Duty):
    """Looks once a minute how the channels are, unless another worker does; staff are told when that turns."""

    name = "health"

    def __init__(self, channels: Mapping[str, Channel], settings: Settings, clock: Clock) -> None:
        self._channels = channels
        self._settings = settings
        self._clock = clock

    def step(self) -> float:
        watch_channels(self._channels, self._settings, self._clock())
        return workers.HEARTBEAT.total_seconds()

    def end(self) -> None:
        """Nothing is under way between two steps."""


def _all_of(what: str, some: Callable[[dt.datetime, int], int], now: dt.datetime) -> None:
    """Do something batch by batch until no whole batch is left of it."""
    total = done = some(now, _BATCH)
    while done == _BATCH:
        done = some(now, _BATCH)
        total += done
    if total:
        _log.warning(what, messages=total)


class Trouble:
    """Tells of errors without a flood: a lost database once for all duties, any other error less and less often."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_lost = False

    def met(self, duty: str, error: Exception, failures: int) -> None:
        if is_lost(error):
            with self._lock:
                if not self._is_lost:
                    reason = str(error).strip().partition("\n")[0]
                    _log.error("database_lost", database=database_name(), reason=reason)
                self._is_lost = True
        elif failures & (failures - 1) == 0:  # the 1st, 2nd, 4th, 8th …
            # The text of an unexpected error may hold what a customer wrote: only its kind and place are told.
            _log.error("step_failed", duty=duty, error=type(error).__name__, at=_place(error), failures=failures)

    def over(self) -> None:
        with self._lock:
            if self._is_lost:
                self._is_lost = False
                _log.warning("database_back", database=database_name())


def is_lost(error: Exception) -> bool:
    return isinstance(error, InterfaceError) or (isinstance(error, DatabaseError) and is_out_of_reach(error))


def _place(error: Exception) -> str:
    """Where an error was raised, by the innermost frame of our own."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "sbyt" in Path(frame.filename).parts]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


def keep(duty: Duty, stop: threading.Event, trouble: Trouble) -> None:
    """Do a duty step after step until it is to stop; after an error wait, longer each time, and go on."""
    failures = 0
    while not stop.is_set():
        try:
            wait = duty.step()
            if failures:
                trouble.over()
            failures = 0
        except Exception as error:  # noqa: BLE001 whatever it is, the next message is to be handled
            failures += 1
            trouble.met(duty.name, error, failures)
            connections.close_all()
            wait = min(0.5 * 2.0 ** min(failures, 10), _LONGEST_WAIT)
        if wait:
            stop.wait(wait)
    try:
        duty.end()
    except Exception as error:  # noqa: BLE001 what isn't recorded now is recovered when its lease runs out
        trouble.met(duty.name, error, 1)
    connections.close_all()


def work(
    settings: Settings,
    channels: Mapping[str, Channel],
    *,
    once: bool,
    clock: Clock = _now,
    documents: Documents = no_documents,
) -> int:
    """Work until told to stop by SIGTERM or SIGINT, or do what is due now and end.

    :param documents: opens what messages refer to.

    :returns: the exit status.
    """
    named = ", ".join(_title(channel, settings) for channel in channels.values()) or "каналов нет"
    with told_to_stop() as stop, collector_spared():
        if once:
            return _once(settings, channels, clock, documents, stop)
        typer.echo(f"sbyt work: входящие, отправка ({named}), уборка; база {database_name()}. Остановить: Ctrl+C.")
        return _on_and_on(settings, channels, clock, documents, stop)


def _title(channel: Channel, settings: Settings) -> str:
    described = settings.channels.get(channel.code)
    return (described.title if described else channel.code) + (" — имитация" if channel.simulated else "")


def _on_and_on(
    settings: Settings, channels: Mapping[str, Channel], clock: Clock, documents: Documents, stop: threading.Event
) -> int:
    duties: list[Duty] = [
        Housekeeping(f"{socket.gethostname()}:{os.getpid()}", channels, settings, clock),
        Inbox(settings, clock),
        Announcing(channels, settings, clock),
        Watching(channels, settings, clock),
        *(Sending(channel, settings, clock, documents) for channel in channels.values()),
        *(Polling(channel, clock) for channel in channels.values() if channel.polls),
        *(Photos(channel, clock) for channel in channels.values() if channel.fetches),
    ]
    trouble = Trouble()
    threads = [
        threading.Thread(target=keep, args=(duty, stop, trouble), name=duty.name, daemon=True) for duty in duties
    ]
    for thread in threads:
        thread.start()
    wait_until_told(stop)
    typer.echo("sbyt work: заканчиваю начатое.")
    for duty in duties:
        duty.interrupt()
    until = time.monotonic() + _LONGEST_END
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    late = [thread.name for thread in threads if thread.is_alive()]
    typer.echo(f"sbyt work: не закончено: {', '.join(late)}." if late else "sbyt work: остановлен.")
    return 1 if late else 0


def _once(
    settings: Settings, channels: Mapping[str, Channel], clock: Clock, documents: Documents, stop: threading.Event
) -> int:
    """Do what is due now. A database that is lost ends the command, as it does any other.

    :raises DatabaseError: if the database is out of reach.
    """
    house = Housekeeping("", channels, settings, clock)
    house.tidy(clock(), thoroughly=True)
    for channel in channels.values():
        _take_what_came(channel, clock)
    while not stop.is_set() and handle_waiting(settings, clock()):
        pass
    while not stop.is_set() and house.see_to_questions(clock()):
        pass
    notices = Announcing(channels, settings, clock)
    notices.step()
    notices.step()  # reminders that were made ready just now
    with ThreadPoolExecutor(max_workers=max(len(channels), 1)) as pool:
        drained = [pool.submit(_drain, channel, settings, clock, documents, stop) for channel in channels.values()]
    for each in drained:
        each.result()
    watch_channels(channels, settings, clock())
    return 0


def _take_what_came(channel: Channel, clock: Clock) -> None:
    """Ask a provider until it has nothing more, or can't be asked, and fetch the photos that are due."""
    if channel.polls:
        polling = Polling(channel, clock)
        while polling.step() == 0:
            pass
        polling.end()
    while channel.fetches and fetch_photos(channel, clock):
        pass


def _drain(channel: Channel, settings: Settings, clock: Clock, documents: Documents, stop: threading.Event) -> None:
    try:
        Sending(channel, settings, clock, documents).drain(stop)
    finally:
        connections.close_all()
