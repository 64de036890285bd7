"""Send what waits in the outbox: claim, commit, send, record. Nothing is locked while a provider is talked to."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import FIRST_COMPLETED, Future
from concurrent.futures import wait as wait_for_futures
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Self

import structlog
from django.db import InterfaceError, OperationalError

from sbyt.core.settings import Settings
from sbyt.messaging import delivery, outbox
from sbyt.messaging.channel import (
    CannotCarry,
    Capabilities,
    Channel,
    DocumentMissing,
    Documents,
    MessageRefused,
    NotAuthorised,
    Outgoing,
    ProviderFailed,
    RecipientGone,
    Sent,
    Throttled,
    UnableToOpenDocument,
    UnableToSend,
    Uncertain,
    Unreachable,
    no_documents,
)
from sbyt.messaging.delivery import Attempt
from sbyt.messaging.guarding import UNGUARDED, Guard, Verdict
from sbyt.messaging.outbox import Claimed
from sbyt.messaging.pacing import rate_of

#: How long a provider may take to answer, in seconds.
TIME_LIMIT = 20.0
#: So many messages are under way at once in a channel and process, if its rate allows them.
MOST_UNDER_WAY = 32
#: For so many seconds after a claim documents are opened. What is left of its lease is more than a send may take.
OPENING_LIMIT = 60.0

#: What is not to go yet is looked at again after this.
_HELD = dt.timedelta(minutes=1)
#: A send that does not heed its time limit is given up after so many seconds more.
_GRACE = 5.0
#: The whole list of errors that mean what they say. Anything else a channel raises means that nobody knows.
_KNOWN = (
    Unreachable,
    Throttled,
    ProviderFailed,
    NotAuthorised,
    Uncertain,
    RecipientGone,
    MessageRefused,
    CannotCarry,
)

_log = structlog.get_logger(__name__)

Clock = Callable[[], dt.datetime]


def send_waiting(
    channel: Channel,
    settings: Settings,
    clock: Clock,
    limit: int = 50,
    *,
    time_limit: float = TIME_LIMIT,
    documents: Documents = no_documents,
    guard: Guard = UNGUARDED,
) -> Counter[str]:
    """Send up to so many of the messages that are due in a channel at this moment, and wait for how they end.

    :param clock: the time; read at the beginning, and before and after each attempt.
    :param time_limit: seconds until an attempt that has no answer counts as uncertain.
    :param documents: opens what messages refer to.
    :param guard: says of some messages whether they still are to go.

    :returns: how many attempts ended how: ``delivered``, or the code of a send error.

    :raises DatabaseError: if the database is out of reach; what was claimed is then recovered when its lease runs out.
    """
    with Sender(
        channel, settings, clock, most=limit, time_limit=time_limit, documents=documents, guard=guard
    ) as sender:
        sender.begin_due()
        sender.finish()
        return sender.ended


class Sender:
    """One channel's sending in one process: up to ``most`` messages under way, each with its time limit.

    Providers are talked to in a thread of its own, so that a slow database delays no answer of theirs, and a channel
    that blocks delays no other channel. ``begin_due``, ``settle`` and ``finish`` are called by one thread; so are
    ``documents`` and ``guard``, because they ask the database.
    """

    def __init__(
        self,
        channel: Channel,
        settings: Settings,
        clock: Clock,
        *,
        most: int = MOST_UNDER_WAY,
        time_limit: float = TIME_LIMIT,
        documents: Documents = no_documents,
        guard: Guard = UNGUARDED,
    ) -> None:
        self.ended: Counter[str] = Counter()
        self._channel = channel
        self._settings = settings
        self._clock = clock
        self._most = most
        self._time_limit = time_limit
        self._documents = documents
        self._guard = guard
        self._rate = rate_of(channel, settings)
        self._under_way: dict[Future[Attempt], _UnderWay] = {}
        self._unrecorded: list[Attempt] = []
        self._loop = _Loop(f"send-{channel.code}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._loop.end()

    @property
    def under_way(self) -> int:
        """How many messages are being sent, or are sent and not recorded yet."""
        return len(self._under_way) + len(self._unrecorded)

    def begin_due(self) -> dt.timedelta | None:
        """Claim what is due, as far as there is room, and begin to send it.

        :returns: when to call again: zero for at once, None if nothing is due now, or there is no room.

        :raises DatabaseError: if the database is out of reach.
        """
        room = self._most - self.under_way
        if room <= 0:
            return None
        now = self._clock()
        quiet = self._settings.quiet.holds(now.astimezone(self._settings.zone))
        apart = dt.timedelta(seconds=self._channel.apart)
        claimed = outbox.claim(self._channel.code, room, now, rate=self._rate, quiet=quiet, apart=apart)
        until = time.monotonic() + OPENING_LIMIT
        for message in self._let_through(claimed.messages, now):
            self._begin(message, until)
        return claimed.wait

    def _let_through(self, messages: Sequence[Claimed], now: dt.datetime) -> Sequence[Claimed]:
        """Those that are still to go. The others are dropped, or put back: nobody is told what is out of date.

        :raises DatabaseError: if the database is out of reach; what was claimed then counts as uncertain.
        """
        asked = {one.outgoing.id: one for one in messages if one.purpose in self._guard.purposes}
        verdicts = self._guard.ask(asked, now) if asked else {}
        if not verdicts:
            return messages
        delivery.drop([number for number, verdict in verdicts.items() if verdict is Verdict.DROP], now, claimed=True)
        held = [asked[number] for number, verdict in verdicts.items() if verdict is Verdict.HOLD]
        outbox.put_back(held, now + _HELD)
        self.ended.update(verdict.value for verdict in verdicts.values())
        return [one for one in messages if one.outgoing.id not in verdicts]

    def _begin(self, message: Claimed, until: float) -> None:
        """Begin to send a message; its document is opened first, while those before it are on their way already."""
        began = self._clock()
        try:
            whole = self._with_document(message, until) if message.document else message
        except UnableToSend as error:
            self._unrecorded.append(Attempt(message.outgoing.id, message.attempt, began, self._clock(), error))
            return
        future = self._loop.start(_attempt(self._channel, whole, self._clock, began, self._time_limit))
        self._under_way[future] = _UnderWay(whole, began, time.monotonic() + self._time_limit + _GRACE)

    def _with_document(self, message: Claimed, until: float) -> Claimed:
        """The message with what it refers to.

        :raises UnableToSend: if the channel may not carry it, or it can't be opened: certainly nothing was sent.
        """
        described = self._settings.channels.get(self._channel.code)
        if not self._channel.capabilities.file or (described and not described.payment_documents):
            raise CannotCarry("к сообщению приложен документ, канал их не передаёт")
        if time.monotonic() > until:
            raise Unreachable("документы открываются слишком медленно")
        try:
            document = self._documents(message.document)
        except UnableToOpenDocument as error:
            raise DocumentMissing(str(error)) from error
        except (OperationalError, InterfaceError) as error:
            raise Unreachable("база не отвечает, документ не открыт") from error
        except Exception as error:
            # As with channels: what we don't know may hold anything, and one document must not end the sending of all.
            _log.error("document_raised", message=message.outgoing.id, error=type(error).__name__)
            raise DocumentMissing(f"ошибка в документе: {type(error).__name__}") from error
        return replace(message, outgoing=replace(message.outgoing, document=document))

    def settle(self, seconds: float) -> int:
        """Wait until an attempt ends, no longer than so many seconds, and record all that have ended.

        :returns: how many were recorded.

        :raises DatabaseError: if the database is out of reach; they are recorded by a later call.
        """
        if self._under_way:
            wait_for_futures(self._under_way, timeout=seconds, return_when=FIRST_COMPLETED)
        self._unrecorded += [self._outcome(future) for future in list(self._under_way) if self._is_over(future)]
        if self._unrecorded:
            delivery.record(self._channel.code, self._unrecorded)
            self.ended.update(one.result for one in self._unrecorded)
        count = len(self._unrecorded)
        self._unrecorded.clear()
        return count

    def finish(self) -> None:
        """Wait for all that is under way, and record it.

        :raises DatabaseError: if the database is out of reach.
        """
        while self.under_way:
            self.settle(self._time_limit)

    def _is_over(self, future: Future[Attempt]) -> bool:
        return future.done() or time.monotonic() > self._under_way[future].until

    def _outcome(self, future: Future[Attempt]) -> Attempt:
        begun = self._under_way.pop(future)
        if future.done() and not future.cancelled() and not future.exception():
            return future.result()
        future.cancel()
        _log.error("send_ignores_its_time_limit", channel=self._channel.code, message=begun.message.outgoing.id)
        said = Uncertain("отправка не закончилась в срок")
        return Attempt(begun.message.outgoing.id, begun.message.attempt, begun.began_at, self._clock(), said)


@dataclass(frozen=True, slots=True)
class _UnderWay:
    message: Claimed
    began_at: dt.datetime
    until: float  # on the monotonic clock: a provider's silence lasts as long whatever the time of day becomes


async def _attempt(channel: Channel, claimed: Claimed, clock: Clock, began: dt.datetime, time_limit: float) -> Attempt:
    outcome = await _send(channel, claimed.outgoing, time_limit)
    return Attempt(claimed.outgoing.id, claimed.attempt, began, clock(), outcome)


async def _send(channel: Channel, outgoing: Outgoing, time_limit: float) -> Sent | UnableToSend:
    """Send a message; whatever happens comes back as one of the known outcomes."""
    try:
        async with asyncio.timeout(time_limit):
            return _checked(await channel.send(fitted(outgoing, channel.capabilities)))
    except _KNOWN as error:
        return error
    except TimeoutError:
        return Uncertain(f"нет ответа за {time_limit:g} с")
    except BaseException as error:  # noqa: BLE001 one message must not end the sending of all
        # The text of an error that we don't know may hold anything, keys and addresses too: only its kind is kept.
        _log.error("send_raised", channel=channel.code, message=outgoing.id, error=type(error).__name__)
        return Uncertain(f"ошибка в канале: {type(error).__name__}")


def _checked(returned: object) -> Sent | UnableToSend:
    return returned if isinstance(returned, Sent) else Uncertain("канал не сказал, что отправил")


def fitted(outgoing: Outgoing, can: Capabilities) -> Outgoing:
    """The message as the channel can show it.

    Buttons that it can't show become lines of the text, where they fit; a button to share a phone is left out. A text
    is never cut or split: half of a receipt says something else, and of two messages one may be lost.

    :raises CannotCarry: if the text is longer than the channel's messages.
    """
    if can.length is not None and len(outgoing.text) > can.length:
        raise CannotCarry(f"в тексте {len(outgoing.text)} знаков, канал передаёт не больше {can.length}")
    if outgoing.contact_button and not can.contact:
        outgoing = replace(outgoing, contact_button="")
    if can.buttons or not outgoing.buttons:
        return outgoing
    with_lines = "\n".join([outgoing.text, *(f"– {button}" for button in outgoing.buttons)])
    fits = can.length is None or len(with_lines) <= can.length
    return replace(outgoing, text=with_lines if fits else outgoing.text, buttons=())


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def start(self, work: Coroutine[Any, Any, Attempt]) -> Future[Attempt]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def end(self) -> None:
        """Stop the loop; what it still does is given up. A channel that blocks keeps its thread to the end."""
        asyncio.run_coroutine_threadsafe(self._give_up(), self._loop)
        self._thread.join(_GRACE)

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    async def _give_up(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=1)
        self._loop.stop()
