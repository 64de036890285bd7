"""A channel for those who run an installation: what is said to it goes to a file, a pipe or the screen."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import select
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, ClassVar

from pydantic import Field

from sbyt.core.settings import Section, Text
from sbyt.messaging.channel import (
    Capabilities,
    Channel,
    InboundEvent,
    NotAuthorised,
    Outgoing,
    ProviderFailed,
    Request,
    Sent,
    Setup,
    UnableToParse,
    UnableToSend,
    UnableToVerify,
    Uncertain,
    Unreachable,
)

#: What the operating system says of the place to write to, as what a provider might say. Anything else: no connection.
_MEANING: dict[int, type[UnableToSend]] = {
    errno.ENOSPC: ProviderFailed,
    errno.EDQUOT: ProviderFailed,
    errno.EFBIG: ProviderFailed,
    errno.EIO: ProviderFailed,
    errno.EACCES: NotAuthorised,
    errno.EPERM: NotAuthorised,
    errno.EROFS: NotAuthorised,
}
_PAUSE = 0.02


class Options(Section):
    """``[channels.console.options]``."""

    file: Annotated[Text, Field(description='путь к файлу или каналу (FIFO), "-" — вывод команды sbyt work')] = "-"
    seconds: Annotated[int, Field(strict=True, ge=1, le=19, description="целое число секунд, от 1 до 19")] = 5


class Console(Channel):
    """Messages come by ``sbyt console`` and ``sbyt say``; what is said later is written as a JSON object a line."""

    code = "console"
    capabilities = Capabilities(buttons=True)
    Options: ClassVar[type[Section]] = Options
    live = True
    per_second = 1000

    def __init__(self, file: str = "-", seconds: float = 5) -> None:
        self._file = file
        self._seconds = seconds

    @classmethod
    def connect(cls, setup: Setup) -> Console:
        return cls(setup.options.file, setup.options.seconds)

    def verify(self, request: Request) -> None:  # noqa: ARG002 whatever it is
        raise UnableToVerify("У консоли нет входа по сети: ей пишут командой sbyt console.")

    def parse(self, request: Request) -> Sequence[InboundEvent]:  # noqa: ARG002 whatever it is
        raise UnableToParse("У консоли нет входа по сети.")

    async def send(self, outgoing: Outgoing) -> Sent:
        said = {"id": outgoing.id, "to": outgoing.recipient, "text": outgoing.text, "buttons": list(outgoing.buttons)}
        line = (json.dumps(said, ensure_ascii=False) + "\n").encode("utf-8", "replace")
        try:
            with _opened(self._file) as descriptor:
                await _write(descriptor, line, self._seconds)
        except OSError as error:
            raise _MEANING.get(error.errno or 0, Unreachable)(error.strerror or "") from error
        return Sent()


@contextmanager
def _opened(file: str) -> Iterator[int]:
    if file == "-":
        sys.stdout.flush()
        yield sys.stdout.fileno()
        return
    # Not blocking: a pipe that nobody reads is an error at once, a full one when the time is over.
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


async def _write(descriptor: int, line: bytes, seconds: float) -> None:
    """Write the line, or nothing of it; if a part of it has gone into a pipe, nobody knows what the reader makes of it.

    :raises UnableToSend: if there was no room in time.
    :raises OSError: if nothing of it is written.
    """
    whole = stat.S_ISREG(os.fstat(descriptor).st_mode)
    # So much goes into a pipe at once or not at all, and without waiting if there is room for anything.
    piece = len(line) if whole else select.PIPE_BUF
    written, deadline = 0, asyncio.get_running_loop().time() + seconds
    while written < len(line):
        try:
            if _has_room(descriptor):
                written += os.write(descriptor, line[written : written + piece])
                continue
        except BlockingIOError:
            pass
        except OSError as error:
            if written and not whole:
                raise Uncertain(error.strerror or "") from error
            _take_back(descriptor, written)
            raise
        if asyncio.get_running_loop().time() > deadline:
            raise Uncertain("прочитана часть") if written else Unreachable("никто не читает")
        await asyncio.sleep(_PAUSE)


def _has_room(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(0))


def _take_back(descriptor: int, written: int) -> None:
    """Cut off the part of a line that went into a file before the disk was full, if nothing was added to it since."""
    if written:
        end = os.lseek(descriptor, 0, os.SEEK_CUR)
        if os.fstat(descriptor).st_size == end:
            os.ftruncate(descriptor, end - written)
