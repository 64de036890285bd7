"""Processes of ours that run one at a time, and stop, die or lose their database wherever the seed says.

Each is a thread with a database connection of its own. It runs only while it holds the baton; at every statement,
commit and send it may be told to hand the baton over, so that another process goes on from wherever that one stopped.
A process that is killed loses its connection at that very point: nothing that it would still do reaches the database.
"""

from __future__ import annotations

import datetime as dt
import enum
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

#: A process that neither works nor waits for a lock for so many seconds of real time hangs.
_HANGS_AFTER = 60.0


class Killed(BaseException):
    """``kill -9``: nothing catches it."""


class UnableToGoOn(AssertionError):
    """A process hangs, outside of the database."""


class Point(enum.StrEnum):
    """Where a process may be stopped."""

    STATEMENT = "statement"  # before a statement inside a transaction
    OUTSIDE = "outside"  # before one outside of any, and before a transaction begins
    COMMIT = "commit"  # everything is done but the commit
    COMMITTED = "committed"  # committed, and nobody told yet
    SEND = "send"  # before the provider is called
    SENT = "sent"  # the provider has it, and nobody noted it yet


class Order(enum.Enum):
    GO_ON = enum.auto()
    PAUSE = enum.auto()
    DIE = enum.auto()
    FAIL = enum.auto()  # the database is lost


BEGINNING = dt.datetime(2026, 11, 17, 9, 0, tzinfo=dt.UTC)

#: Which order a process gets at a point.
Decide = Callable[["Process", Point], Order]


class Process:
    """A process: idle, or somewhere in the middle of a job."""

    def __init__(self, name: str, decide: Decide) -> None:
        self.name = name
        self.job: Callable[[], Any] | None = None
        self.failed: Exception | None = None
        self.result: Any = None
        self.began_at = 0  # the step of the run in which it began its job
        self.began_now = BEGINNING  # what our clock showed then
        self.unsent: frozenset[int] = frozenset()  # what waited in the outbox then
        self.waits = False  # for a lock that another process holds
        self.lost_database = False  # while it did its job
        self.in_transaction = False
        self._decide = decide
        self._dies = self._ends = False
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._mutex = threading.Lock()
        self._in_database = self._left_behind = False
        self._pid: int | None = None
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        self._thread.start()

    # seen from the world ---------------------------------------------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        return self.job is None

    def begin(self, job: Callable[[], Any]) -> None:
        """Give an idle process something to do, and run it up to where it stops first."""
        self.failed, self.result, self.lost_database = None, None, False
        self.job = job
        self.go_on()

    def go_on(self) -> None:
        """Let it run up to where it stops next, ends, or waits for a lock."""
        self.waits = False
        self._go.release()
        for _ in range(int(_HANGS_AFTER / 0.02)):
            if self._back.acquire(timeout=0.02) or self._is_stuck_in_database():
                return
        raise UnableToGoOn(f"{self.name} hangs")

    def kill(self) -> None:
        """End it where it stands; afterwards it is as new."""
        self._dies = True
        while not self.is_idle:
            if self._left_behind:
                with connections["default"].cursor() as cursor:
                    cursor.execute("SELECT pg_terminate_backend(%s)", [self._pid])
            self.go_on()

    def end(self) -> None:
        """Kill it for good."""
        if not self.is_idle:
            self.kill()
        self._ends = True
        self._go.release()
        self._thread.join(_HANGS_AFTER)

    def _is_stuck_in_database(self) -> bool:
        """Whether its statement waits for a lock of PostgreSQL: then the others must go on."""
        with self._mutex:
            if not self._in_database or self._pid is None:
                return False
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s", [self._pid])
                row = cursor.fetchone()
            if not row or not row[0]:
                return False
            self._go.acquire(blocking=False)  # where it was left behind before and has not come to take it
            self._left_behind = self.waits = True
            return True

    # inside the thread -----------------------------------------------------------------------------------------------

    def _live(self) -> None:
        while True:
            self._go.acquire()
            if self._ends:
                connections.close_all()
                return
            job = self.job
            assert job
            try:
                self._watch(connections["default"])
                self.result = job()
            except Killed:
                pass
            except Exception as error:  # noqa: BLE001 the world judges it
                self.failed = None if self._dies else error
            if self._dies or self.failed:  # whoever lives on closes its connections after an error
                self._forget_connection()
            self._dies, self.in_transaction, self.job = False, False, None
            self._back.release()

    def at(self, point: Point) -> None:
        """Obey whatever is to happen here."""
        if self._dies:
            self._die()
        order = self._decide(self, point)
        while order is Order.PAUSE:
            self.pause()
            order = Order.GO_ON
        if order is Order.DIE:
            self._dies = True
            self._die()
        if order is Order.FAIL:
            self.lose_database()

    def pause(self) -> None:
        """Hand the baton back, and go on when it comes again."""
        self._back.release()
        self._go.acquire()
        if self._dies:
            self._die()

    def _die(self) -> None:
        self._cut()
        raise Killed

    def lose_database(self) -> None:
        """The server is restarted and the connection breaks; or, on SQLite, the disk is full."""
        self.lost_database = True
        if connections["default"].vendor == "sqlite":
            raise OperationalError("database or disk is full")
        self._cut()
        raise OperationalError("server closed the connection unexpectedly")

    @staticmethod
    def _cut() -> None:
        connection = connections["default"]
        if connection.connection is not None:
            with suppress(Exception):
                connection.connection.close()

    @staticmethod
    def _forget_connection() -> None:
        with suppress(Exception):
            connections["default"].close()
        del connections["default"]

    def _watch(self, connection: BaseDatabaseWrapper) -> None:
        """Stand between the code and the connection."""
        if self._execute in connection.execute_wrappers:
            return
        commit = connection._commit  # type: ignore[attr-defined]

        def watched() -> None:
            self.at(Point.COMMIT)
            commit()
            self.in_transaction = False
            self.at(Point.COMMITTED)

        connection._commit = watched  # type: ignore[attr-defined]
        connection.execute_wrappers.append(self._execute)

    def _execute(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        connection = context["connection"]
        self.in_transaction = connection.in_atomic_block and not sql.startswith("BEGIN")
        self.at(Point.STATEMENT if self.in_transaction else Point.OUTSIDE)
        if connection.vendor == "postgresql":
            return self._execute_where_locks_wait(execute, sql, params, many, context)
        while True:
            try:
                return execute(sql, params, many, context)
            except OperationalError as error:
                if "locked" not in str(error):
                    raise
            self.waits = True  # where the real one waits, up to thirty seconds
            self.pause()

    def _execute_where_locks_wait(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self._pid = connections["default"].connection.info.backend_pid
        self._in_database = True
        try:
            return execute(*arguments)
        finally:
            with self._mutex:
                self._in_database = False
                left_behind, self._left_behind = self._left_behind, False
            if left_behind:
                self._go.acquire()
                if self._dies:
                    self._die()
