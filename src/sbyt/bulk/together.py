"""What several threads want done at the same moment is done together: their rows share a commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Waiting(Generic[Item, Result]):
    """What one thread wants done. ``result`` holds what came of it, once something has."""

    __slots__ = ("item", "leads", "result", "turn")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.result: list[Result] = []
        self.leads = False
        self.turn = threading.Lock()
        self.turn.acquire()


class Together(Generic[Item, Result]):
    """Calls ``do`` with all items that came while the call before it was under way.

    Whoever comes while nothing is under way has its item done at once, alone. Those who come meanwhile wait, and the
    first of them has everybody's done next. So nobody waits for others to come, and the more come the more go together.

    :param do: gives the result of each item, in their order. Where it raises for several, each is done alone.
    :param most: so many are done together at most.
    """

    def __init__(self, do: Callable[[Sequence[Item]], Sequence[Result]], most: int) -> None:
        self._do = do
        self._most = most
        self._lock = threading.Lock()
        self._line: list[_Waiting[Item, Result]] = []
        self._is_led = False

    def __call__(self, item: Item) -> Result:
        """Have an item done.

        :raises Exception: what ``do`` raises for this item.
        """
        mine = _Waiting[Item, Result](item)
        with self._lock:
            self._line.append(mine)
            mine.leads, self._is_led = not self._is_led, True
        if not mine.leads:
            mine.turn.acquire()
        if mine.leads:
            self._lead()
        return mine.result[0] if mine.result else self._do([item])[0]

    def _lead(self) -> None:
        with self._lock:
            batch, self._line = self._line[: self._most], self._line[self._most :]
        try:
            for one, result in zip(batch, self._do([one.item for one in batch]), strict=True):
                one.result.append(result)
        except Exception:
            if len(batch) == 1:
                raise
            # Whose fault it was shows when each is done alone, by its own thread.
        finally:
            self._hand_over(batch[1:])

    def _hand_over(self, done: Sequence[_Waiting[Item, Result]]) -> None:
        with self._lock:
            self._is_led = bool(self._line)
            leader = self._line[:1]
        for one in leader:
            one.leads = True
        for one in (*leader, *done):
            one.turn.release()
