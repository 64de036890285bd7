"""Many threads, few calls: each gets the result of its own item, whatever becomes of the others'."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from sbyt.bulk.together import Together


class Slow:
    """Doubles numbers; its first call waits until it is let go on. Negative numbers are refused, and all with them."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.is_under_way, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, items: Sequence[int]) -> list[int]:
        self.calls.append(list(items))
        if len(self.calls) == 1:
            self.is_under_way.set()
            assert self.may_go_on.wait(10)
        if min(items) < 0:
            raise ValueError(min(items))
        return [2 * item for item in items]


def _asked_while_the_first_is_under_way(slow: Slow, items: Sequence[int], most: int = 50) -> list[Future[int]]:
    """What came of the first item (0) and of those that came in this order while it was being done."""
    together = Together(slow, most)
    with ThreadPoolExecutor(20) as pool:
        asked = [pool.submit(together, 0)]
        assert slow.is_under_way.wait(10)
        for item in items:
            asked.append(pool.submit(together, item))
            while len(together._line) < len(asked) - 1:
                pass
        slow.may_go_on.set()
    return asked


def test_one_that_comes_alone_is_done_at_once() -> None:
    slow = Slow()
    slow.may_go_on.set()
    together = Together(slow, 50)
    assert [together(item) for item in (1, 2, 3)] == [2, 4, 6]
    assert slow.calls == [[1], [2], [3]]


def test_those_that_come_meanwhile_are_done_together_in_their_order() -> None:
    slow = Slow()
    asked = _asked_while_the_first_is_under_way(slow, [1, 2, 3, 4])
    assert [one.result() for one in asked] == [0, 2, 4, 6, 8]
    assert slow.calls == [[0], [1, 2, 3, 4]]


def test_more_than_go_together_come_next() -> None:
    slow = Slow()
    asked = _asked_while_the_first_is_under_way(slow, [1, 2, 3, 4, 5], most=2)
    assert [one.result() for one in asked] == [0, 2, 4, 6, 8, 10]
    assert slow.calls == [[0], [1, 2], [3, 4], [5]]


def test_one_that_fails_fails_alone() -> None:
    slow = Slow()
    asked = _asked_while_the_first_is_under_way(slow, [1, -2, 3])
    assert [one.result() for one in (asked[0], asked[1], asked[3])] == [0, 2, 6]
    with pytest.raises(ValueError, match="-2"):
        asked[2].result()
    assert sorted(slow.calls) == [[-2], [0], [1], [1, -2, 3], [3]]


def test_after_a_failure_the_next_is_done() -> None:
    slow = Slow()
    slow.may_go_on.set()
    together = Together(slow, 50)
    with pytest.raises(ValueError, match="-1"):
        together(-1)
    assert together(4) == 8


def test_a_thread_that_is_ended_leaves_nobody_waiting() -> None:
    def end(items: Sequence[int]) -> list[int]:
        raise KeyboardInterrupt

    together = Together(end, 50)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            together(1)


def test_nothing_is_lost_or_done_twice_under_load() -> None:
    done: list[int] = []

    def note(items: Sequence[int]) -> list[int]:
        done.extend(items)
        return [item + 1 for item in items]

    together = Together(note, 7)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(together, range(5000))) == list(range(1, 5001))
    assert sorted(done) == list(range(5000))
