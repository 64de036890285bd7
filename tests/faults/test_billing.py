"""A billing run that is killed, meets another, loses its database or finds no room: it lands whole or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest
from pytest_django import DjangoDbBlocker

from sbyt.billing.engine import DuckDB, UnableToCompute
from sbyt.billing.models import Bill, Charge, Run, Settled
from sbyt.payments.models import Counted
from tests.billing.loading import load
from tests.faults.small_disk import full, small_disk
from tests.support.databases import Database, FreshDatabase, PostgreSQLCopies, SQLiteCopies
from tests.support.postgresql import running_server

ROOT = Path(__file__).parents[2]
CASE = ROOT / "tests/data/billing/case"


def april() -> None:
    load(CASE / "2026-04")


class Billing:
    """A run as a process, step by step."""

    def __init__(self, database: Database, environ: dict[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.billing_process", "2026-04"],
            cwd=ROOT,
            env={**database.environ, "DJANGO_SETTINGS_MODULE": "sbyt.config.settings", **(environ or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._stands = False  # at a step, waiting to be told to go on

    def go_to(self, step: str) -> None:
        """Let it go on until it is about to do this."""
        assert self._process.stdout is not None
        if self._stands:
            self._go_on()
        for line in self._process.stdout:
            if line.strip() == step:
                self._stands = True
                return
            self._go_on()
        raise AssertionError(f"it ended without {step}: {self._process.communicate()}")

    def _go_on(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()

    def finish(self) -> tuple[int, str, str]:
        """Let it go on to its end: the exit status, and what was said."""
        said, refused = self._process.communicate(timeout=120)
        return self._process.returncode, said, refused


def rows() -> list[int]:
    return [table._default_manager.count() for table in (Run, Bill, Charge, Counted)]


WHOLE = [1, 10, 12, 2]


@contextmanager
def landing(database: Database) -> Iterator[None]:
    """Nothing is half done; and afterwards the run lands as if nothing had been."""
    yield
    assert rows() == [0, 0, 0, 0]
    assert not Settled.objects.exists()
    status, said, refused = Billing(database).finish()
    assert (status, refused) == (0, "")
    assert "Период 2026-04: начислен" in said
    assert rows() == WHOLE


@pytest.mark.parametrize("step", ["read 0", "compute 0", "save 1", "save 5", "compute 10"])
def test_killed_at_any_moment_nothing_is_half_done(fresh_database: FreshDatabase, step: str) -> None:
    with fresh_database(april) as database, landing(database):
        run = Billing(database)
        run.go_to(f"step {step}")
        run.kill()


def test_of_two_at_once_one_lands(fresh_database: FreshDatabase) -> None:
    with fresh_database(april) as database:
        first = Billing(database)
        first.go_to("step read 0")  # it has the right to write
        second = Billing(database)
        first.go_to("step save 5")
        ends = [first.finish(), second.finish()]
        assert [status for status, *_ in ends] == [0, 0], ends
        assert "Период 2026-04: начислен\n" in ends[0][1]
        assert "Период 2026-04: уже начислен раньше, ничего не изменено" in ends[1][1]
        assert rows() == WHOLE


def test_a_database_that_goes_away_is_told_and_nothing_is_half_done(
    component: Callable[[str], Path], django_db_blocker: DjangoDbBlocker
) -> None:
    with (
        running_server(component("postgresql")) as server,
        django_db_blocker.unblock(),
        PostgreSQLCopies(server)(april) as database,
        landing(database),
    ):
        run = Billing(database)
        run.go_to("step save 5")
        server.stop()
        status, said, refused = run.finish()
        server.start()
        assert status == 1, refused
        assert "Период" not in said
        assert "Ничего из этого не записано" in refused


def test_a_disk_without_room_for_the_database_is_told_and_nothing_is_half_done(
    django_db_blocker: DjangoDbBlocker,
) -> None:
    with small_disk(6) as disk, django_db_blocker.unblock(), SQLiteCopies(disk)(april) as database, landing(database):
        run = Billing(database)
        run.go_to("step save 5")
        with full(disk):
            status, _, refused = run.finish()
        assert status == 1, refused
        assert "Ничего из этого не записано" in refused


def hand_in_again_and_again(engine: DuckDB, rows: pa.Table) -> None:
    for number in range(20):
        engine.hand_in(f"rows{number}", rows)


def test_a_disk_without_room_for_the_engine_is_told() -> None:
    rows = pa.table({"number": pa.array(range(1_000_000), pa.int64())})
    with small_disk(2) as disk:
        engine = DuckDB(disk)
        try:
            with pytest.raises(UnableToCompute, match="TMPDIR"):
                hand_in_again_and_again(engine, rows)
        finally:
            engine.close()
