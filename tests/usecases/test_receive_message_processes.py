"""Several processes at work on one database: each message handled once, a sender's in their order."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Self

import pytest
from django.db.models import Count

from sbyt.messaging.inbox import Incoming, store
from sbyt.messaging.models import InboundMessage
from sbyt.readings.models import Reading
from tests.support.databases import Database
from tests.support.household import a_meter, an_account, was_read_monthly
from tests.usecases.test_receive_message_batches import NOW

AT_WORK = Path(__file__).with_name("at_work.py")
ACCOUNTS = [f"200000000{at}" for at in range(1, 5)]
SENDERS = [f"+7999000000{at}" for at in range(1, 7)]


def text(number: int) -> str:
    """A value that no other message holds, for one of the accounts."""
    return f"{ACCOUNTS[number % len(ACCOUNTS)]} {4400 + number}"


class Process:
    """A worker or a live session on a database."""

    def __init__(self, database: Database, *role: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, AT_WORK, *role],
            env=database.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def is_ready(self) -> None:
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def say(self, lines: list[str]) -> None:
        assert self._process.stdin
        self._process.stdin.write("".join(f"{line}\n" for line in lines))
        self._process.stdin.flush()

    def ends(self) -> tuple[list[str], int]:
        """What it wrote and its exit status, once nothing more comes for it."""
        said, trouble = self._process.communicate(timeout=120)
        assert trouble == ""
        return said.splitlines(), self._process.returncode


@pytest.mark.parametrize(("workers", "sessions"), [(3, 0), (2, 2)])
def test_each_is_handled_once_and_a_senders_in_order(database: Database, workers: int, sessions: int) -> None:
    for at, account in enumerate(ACCOUNTS):
        was_read_monthly(a_meter(an_account(account), f"4001000{at}"), 3230, use=(120,))
    with ExitStack() as running:
        working = [running.enter_context(Process(database, "worker")) for _ in range(workers)]
        talking = [running.enter_context(Process(database, "live", f"live-{at}")) for at in range(sessions)]
        for process in (*working, *talking):
            process.is_ready()
        for session, process in enumerate(talking):
            numbers = range(1000 * (session + 1), 1000 * (session + 1) + 24)
            process.say([f"{SENDERS[at % len(SENDERS)]}\t{text(at)}" for at in numbers])
        for number in range(72):
            sender = SENDERS[number % len(SENDERS)]
            store(Incoming("sms", sender, text(number), f"hook-{number}", NOW), NOW)
        answers = [process.ends() for process in talking]
        ends = [process.ends() for process in working]
    assert all(status == 0 and len(said) == 24 and set(said) <= {"accepted", "confirm"} for said, status in answers)
    assert ends == [(["done"], 0)] * workers
    everyone_is_answered_once()
    each_senders_came_in_order()


def everyone_is_answered_once() -> None:
    messages = InboundMessage.objects.annotate(answered=Count("answers", distinct=True))
    assert set(messages.values_list("answered", "attempts")) == {(1, 0)}
    assert not messages.filter(handled_at=None).exists()
    of_message = Reading.objects.filter(message__isnull=False).values("message").annotate(rows=Count("id"))
    assert {one["rows"] for one in of_message} == {1}
    taken = InboundMessage.objects.filter(result__outcome="accepted")
    assert sorted(one["message"] for one in of_message) == sorted(taken.values_list("id", flat=True))


def each_senders_came_in_order() -> None:
    in_order: dict[str, list[int]] = defaultdict(list)
    rows = Reading.objects.filter(message__isnull=False).order_by("id").values_list("message__sender", "message")
    for sender, message in rows:
        in_order[sender].append(message)
    assert len(in_order) == len(SENDERS)
    assert all(messages == sorted(messages) for messages in in_order.values())
