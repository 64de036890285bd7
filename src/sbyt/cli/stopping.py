"""How a command that runs on and on is told to end."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: How long a command may take to see that it was told to stop, in seconds.
_GLANCE = 0.1


@contextmanager
def told_to_stop(*, insist: bool = True) -> Iterator[threading.Event]:
    """An event that is set by the first SIGTERM or SIGINT; with ``insist`` the second ends the process at once.

    The main thread must not wait for the event itself, but with ``wait_until_told``. The handler runs in the main
    thread, too, wherever that is: within ``Event.wait`` it may hold the event's lock, and setting would wait for ever.
    """
    stop = threading.Event()

    def tell(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 as signals are handled
        stop.set()
        if insist:
            signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, tell) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_until_told(stop: threading.Event, most: float | None = None) -> bool:
    """Wait in the main thread for as long as ``most`` seconds; tell whether the process was told to stop."""
    until = None if most is None else time.monotonic() + most
    never = threading.Event()  # waits by the monotonic clock, whatever becomes of the other
    while not stop.is_set() and (until is None or time.monotonic() < until):
        never.wait(_GLANCE)
    return stop.is_set()
