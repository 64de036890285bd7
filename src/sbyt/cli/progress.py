"""How far something long is, and how long it may still take."""

from __future__ import annotations

import time

from rich.status import Status


class Told:
    """Tells it in the line of a status."""

    def __init__(self, status: Status, doing: str, what: str = "") -> None:
        self._status, self._doing, self._what = status, doing, f" {what}" if what else ""
        self._begun, self._before = time.monotonic(), -1
        status.update(doing)

    def __call__(self, done: int, of: int) -> None:
        if self._before < 0:
            self._begun, self._before = time.monotonic(), done  # what was there before took no time now
        self._status.update(f"{self._doing} {done} из {of}{self._what}{self._left(done, of)}")

    def _left(self, done: int, of: int) -> str:
        if not self._before < done < of:
            return ""
        return left((time.monotonic() - self._begun) * (of - done) / (done - self._before))


def left(seconds: float) -> str:
    """About how long it may still take."""
    return f", осталось около {seconds / 60:.0f} мин" if seconds >= 90 else f", осталось около {seconds:.0f} с"
