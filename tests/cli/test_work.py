"""``sbyt work`` as it runs: processes of its own, a provider on loopback, either database."""

from __future__ import annotations

import datetime as dt
import itertools
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import close_old_connections, connection

from sbyt.config.channels import DEFAULT_CHANNELS
from sbyt.core.settings import ChannelState, Settings
from sbyt.messaging import delivery
from sbyt.messaging.inbox import Incoming, store
from sbyt.messaging.models import ChannelHealth, Delivery, InboundMessage, OutboundMessage, Worker
from sbyt.notices.models import Campaign
from sbyt.usecases.channels import Change, change_channel
from sbyt.usecases.mass_notices import Plan, Who, approve, pause, prepare_withdrawn, resume
from tests.messaging.outbox_world import ANSWER, NOTICE, log, states, write
from tests.support.databases import Database
from tests.support.provider import HANG, Provider, ProviderChannel, a_provider

ROOT = Path(__file__).parents[2]
SETTINGS = Settings(channels=DEFAULT_CHANNELS)
#: Longer than anything here takes, also on a machine that is busy with other things.
PATIENCE = 60


@pytest.fixture
def provider() -> Iterator[Provider]:
    with a_provider() as provider:
        yield provider


@contextmanager
def working(
    database: Database, provider: Provider, *channels: str, once: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """A worker that runs until the end of the block. Channels like ``sms:10``: ten messages a second."""
    words = [provider.url, *(channels or ("sms:1000",)), *(["--once"] if once else [])]
    environ = {**database.environ, "SBYT_CONFIG": str(ROOT / "tests/cli/no_quiet_hours.toml"), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.worker", *words],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str], number: int | None = signal.SIGTERM) -> str:
    """Tell a worker to stop, and give what it printed. It ends well."""
    if number is not None:
        process.send_signal(number)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    return said


def until(done: Callable[[], bool]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, (states(), log())
        time.sleep(0.05)


def all_are(state: str) -> Callable[[], bool]:
    return lambda: set(states()) == {state}


def now_written(count: int, **other: Any) -> None:
    for _ in range(count):
        write(now=dt.datetime.now(dt.UTC), **other)


# alone ---------------------------------------------------------------------------------------------------------------


def test_it_says_what_it_does_sends_and_ends_when_told(database: Database, provider: Provider) -> None:
    now_written(3)
    with working(database, provider) as worker:
        until(all_are("delivered"))
        said = ended(worker)
    first, *_, last = said.splitlines()
    assert first.startswith("sbyt work: входящие, отправка (SMS), уборка; база ")
    assert last == "sbyt work: остановлен."
    assert len(provider.got) == 3


def test_ctrl_c_ends_it_as_well(database: Database, provider: Provider) -> None:
    with working(database, provider) as worker:
        until(Worker.objects.exists)
        said = ended(worker, signal.SIGINT)
    assert "Traceback" not in said


def test_what_came_in_is_handled_and_the_answer_sent(database: Database, provider: Provider) -> None:
    moment = dt.datetime.now(dt.UTC)
    store(Incoming("sms", "+79120000101", "помощь", "1", moment), moment)
    with working(database, provider) as worker:
        until(lambda: bool(provider.got))
        ended(worker)
    assert provider.recipients == ["+79120000101"]


def test_it_is_seen_while_it_works_and_not_afterwards(database: Database, provider: Provider) -> None:
    with working(database, provider) as worker:
        until(lambda: Worker.objects.filter(name__endswith=f":{worker.pid}").exists())
        ended(worker)
    assert not Worker.objects.exists()


@pytest.mark.parametrize("once", [False, True])
def test_it_looks_how_its_channels_do(database: Database, provider: Provider, once: bool) -> None:
    with working(database, provider, "sms:10", "email:10", once=once) as worker:
        until(lambda: ChannelHealth.objects.exclude(checked_at=None).count() == 2)
        ended(worker, None if once else signal.SIGTERM)
    assert set(ChannelHealth.objects.values_list("channel", "state")) == {("sms", "ok"), ("email", "ok")}


def test_told_to_stop_it_finishes_what_is_under_way(database: Database, provider: Provider) -> None:
    provider.delay = 0.3
    now_written(100)
    with working(database, provider) as worker:
        until(lambda: len(provider.got) >= 5)
        ended(worker)
    assert "sending" not in states()
    assert Counter(states())["delivered"] == len(provider.got) < 100
    with working(database, provider, once=True) as worker:
        ended(worker, None)
    assert all_are("delivered")()
    assert Counter(provider.recipients).most_common(1)[0][1] == 1


def test_once_does_what_is_due_and_ends(database: Database, provider: Provider) -> None:
    now_written(20)
    write("later", send_at=dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    with working(database, provider, "sms:30", once=True) as worker:
        ended(worker, None)
    assert Counter(states()) == {"delivered": 20, "waiting": 1}


def test_a_dead_channel_delays_no_other(database: Database, provider: Provider) -> None:
    provider.plans("silent", HANG)
    now_written(1, channel="email", recipient="silent")
    with working(database, provider, "email:1000", "sms:1000") as worker:
        until(lambda: "silent" in provider.recipients)
        now_written(20)
        until(lambda: Counter(states()) == {"sending": 1, "delivered": 20})
        provider.released.set()
        ended(worker)


def test_a_wrong_key_is_not_tried_with_every_message(database: Database, provider: Provider) -> None:
    provider.always = 401
    now_written(50)
    with working(database, provider, "sms:1") as worker:
        until(lambda: bool(log()))
        time.sleep(2.5)  # in which two more would go
        ended(worker)
    assert log() == ["not_authorised"]


# two at once ---------------------------------------------------------------------------------------------------------


def test_two_workers_send_each_message_once(database: Database, provider: Provider) -> None:
    now_written(200)
    with working(database, provider) as first, working(database, provider) as second:
        until(all_are("delivered"))
        for worker in (first, second):
            ended(worker)
    assert Counter(provider.recipients).most_common(1)[0][1] == 1
    assert len(provider.got) == 200


def test_two_workers_together_keep_to_the_rate(database: Database, provider: Provider) -> None:
    """At the provider's side, where a busy machine brings late what was let go in time: two rates would be 40."""
    now_written(80)
    with working(database, provider, "sms:20") as first, working(database, provider, "sms:20") as second:
        until(all_are("delivered"))
        for worker in (first, second):
            ended(worker)
    arrived = sorted(one.at for one in provider.got)
    assert len(arrived) == 80
    most = max(sum(1 for at in arrived if begin <= at < begin + 1) for begin in arrived)
    assert most <= 32
    assert arrived[-1] - arrived[0] >= 80 / 20 - 1.5


# killed --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "state", "sent"), [(ANSWER, "delivered", 2), (NOTICE, "uncertain", 1)], ids=["answer", "notice"]
)
def test_killed_while_sending_an_answer_goes_once_more_and_a_notice_is_listed(
    database: Database, provider: Provider, kind: OutboundMessage.Kind, state: str, sent: int
) -> None:
    provider.plans("anna", HANG)
    now_written(1, recipient="anna", kind=kind)
    with working(database, provider) as worker:
        until(lambda: len(provider.got) == 1)
        worker.kill()
        worker.wait()
    assert states() == ["sending"]
    OutboundMessage.objects.update(leased_until="2026-01-01T00:00:00Z")  # the lease ran out
    with working(database, provider) as worker:
        until(all_are(state))
        ended(worker)
    assert len(provider.got) == sent
    assert log()[0] == delivery.LEASE_EXPIRED


def test_killed_at_any_moment_nothing_is_lost_and_notices_never_doubled(database: Database, provider: Provider) -> None:
    provider.delay = 0.02
    now_written(150, kind=NOTICE)
    now_written(150, kind=ANSWER)
    for pieces in itertools.count(1):
        with working(database, provider) as worker:
            until(lambda pieces=pieces: len(provider.got) >= 60 * pieces or "waiting" not in states())  # type: ignore[misc]
            worker.kill()
            worker.wait()
        if "waiting" not in states() or pieces == 4:
            break
        OutboundMessage.objects.filter(state="sending").update(leased_until="2026-01-01T00:00:00Z")
    OutboundMessage.objects.filter(state="sending").update(leased_until="2026-01-01T00:00:00Z")
    with working(database, provider) as worker:
        until(lambda: set(states()) <= {"delivered", "uncertain"})
        ended(worker)
    notices = dict(OutboundMessage.objects.filter(kind=NOTICE).values_list("id", "state"))
    got = Counter(one.message for one in provider.got)
    assert all(got[number] == 1 for number, state in notices.items() if state == "delivered")
    assert all(got[number] <= 1 for number, state in notices.items() if state == "uncertain")
    answers = dict(OutboundMessage.objects.filter(kind=ANSWER).values_list("id", "state"))
    # Claimed twice by workers that were killed before they sent it, an answer is listed as uncertain and never arrived.
    least = {"delivered": 1, "uncertain": 0}
    assert not {number: got[number] for number, state in answers.items() if not least[state] <= got[number] <= 2}
    assert set(Delivery.objects.values_list("result", flat=True)) <= {"delivered", "lease_expired"}


# the database --------------------------------------------------------------------------------------------------------


def test_a_database_that_is_lost_is_waited_for_with_a_line_not_a_flood(
    postgresql_database: Database, provider: Provider
) -> None:
    with working(postgresql_database, provider, "sms:1000", "email:1000") as worker:
        until(Worker.objects.exists)
        for _ in range(3):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            time.sleep(0.5)
        now_written(5)
        until(all_are("delivered"))
        said = ended(worker)
    assert "database_lost" in said
    assert "database_back" in said
    assert "Traceback" not in said
    assert said.count("database_lost") <= 4
    close_old_connections()


# what many are told ---------------------------------------------------------------------------------------------------


def test_two_workers_tell_each_of_many_once_and_stop_when_it_is_paused(database: Database, provider: Provider) -> None:
    people = {f"+7912100{number:04}" for number in range(150)}
    now = dt.datetime.now(dt.UTC)
    change_channel(Change("whatsapp", ChannelState.WITHDRAWN, "Анна"), SETTINGS, now)
    for person in people:
        store(Incoming("whatsapp", person, "помощь", person, now), now)
    InboundMessage.objects.update(handled_at=now)
    channels = {"sms": ProviderChannel(provider.url, code="sms")}
    plan = Plan(until=now.date() + dt.timedelta(days=20))
    number = prepare_withdrawn("whatsapp", plan, Who("Анна"), SETTINGS, channels, now).pk
    approve(number, Who("Борис"), SETTINGS, now)
    with working(database, provider, "sms:20") as first, working(database, provider, "sms:20") as second:
        until(lambda: len(provider.got) >= 5)
        pause(number, Who("Анна"), dt.datetime.now(dt.UTC))
        until(lambda: "sending" not in states())
        told = len(provider.got)
        until(lambda: Worker.objects.filter(seen_at__gt=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)).exists())
        assert len(provider.got) == told < 150
        resume(number, Who("Анна"), dt.datetime.now(dt.UTC))
        until(lambda: Campaign.objects.filter(id=number, state="finished").exists())
        ended(first)
        ended(second)
    assert sorted(provider.recipients) == sorted(people)
