"""A process of ``sbyt serve`` ends when the one that started it is killed: else it would go on and keep the port."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

#: So often it is looked, in seconds.
_EVERY = 1.0


def end_with_parent() -> None:
    """Watch, beside what this process does, whether its parent is still there."""
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True, name="end_with_parent").start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_EVERY)
    if ending := os.environ.get("SBYT_ENDING"):
        with suppress(OSError):
            Path(ending).touch()  # by it streams learn that all ends; nobody else is left to say so
    os.kill(os.getpid(), signal.SIGTERM)
