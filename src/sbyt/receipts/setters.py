"""Processes that set pages side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Self, TypeVar

from sbyt.receipts.content import unpacked
from sbyt.receipts.models import Edition, Receipt
from sbyt.receipts.typesetting import UnableToSet, typeset

Key = TypeVar("Key")
#: A document: whatever names it, the edition, its bills in their order.
Job = tuple[Key, Edition, Sequence[Receipt]]


class Setters:
    """Sets documents, so many at a time, and gives them in the order in which they were asked for.

    :param fonts: a folder with fonts of the company's own.
    :param for_screen: so that they can be read aloud.
    :param afresh: each in a process of its own. Typst keeps a part of what it laid out for the next documents: of a
        file for the print shop most of a gigabyte, which only the end of the process gives back.
    """

    def __init__(self, processes: int, fonts: Path | None, *, for_screen: bool, afresh: bool = False) -> None:
        self._processes, self._fonts, self._for_screen, self._afresh = processes, fonts, for_screen, afresh
        self._pool = None if afresh or processes == 1 else _a_pool(processes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def documents(self, jobs: Iterable[Job[Key]]) -> Iterator[tuple[Key, bytes]]:
        """The PDF of each.

        :raises UnableToSet: if one can't be set, or its process was ended from outside.
        """
        if self._pool is None and not self._afresh:
            yield from ((key, typeset(**self._given(edition, bills))) for key, edition, bills in jobs)
            return
        # As many as there are processes, and for those that have a queue as many again: what waits stays small.
        most = self._processes if self._afresh else 2 * self._processes
        under_way: deque[tuple[Key, Future[bytes]]] = deque()
        for key, edition, bills in jobs:
            if len(under_way) == most:
                yield _ended(under_way.popleft())
            under_way.append((key, self._begin(self._given(edition, bills))))
        while under_way:
            yield _ended(under_way.popleft())

    def _begin(self, given: Mapping[str, Any]) -> Future[bytes]:
        pool = self._pool or _a_pool(1)
        future = pool.submit(typeset, **given)
        if self._afresh:
            pool.shutdown(wait=False)  # once this is done
        return future

    def _given(self, edition: Edition, bills: Sequence[Receipt]) -> dict[str, Any]:
        return {
            "files": edition.files,
            "edition": edition.body,
            "bills": [unpacked(one.content) for one in bills],
            "fonts": self._fonts,
            "for_screen": self._for_screen,
        }


def _a_pool(processes: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(processes, mp_context=get_context("spawn"))


def _ended(one: tuple[Key, Future[bytes]]) -> tuple[Key, bytes]:
    key, future = one
    try:
        return key, future.result()
    except BrokenProcessPool as error:
        raise UnableToSet(
            "Процесс, который собирал страницы, прерван: скорее всего, не хватило памяти. Повторите: готовое останется."
        ) from error
