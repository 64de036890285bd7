"""A disk that fills up under load, and has room again."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pytest_django import DjangoDbBlocker

from tests.faults.installation import Installation, installed
from tests.faults.outside import Crowd, Site, a_site
from tests.faults.promises import all_kept, leases_run_out, wait_until_handled, wait_until_sent
from tests.faults.small_disk import full, small_disk
from tests.simulation.town import found_town
from tests.support.databases import PostgreSQLCopies, SQLiteCopies
from tests.support.postgresql import running_server


def _written_to_a_full_disk(
    ours: Installation, disk: Path, site: Site, restart: Callable[[], object] = lambda: None
) -> None:
    ours.start_all("web", "work1")
    with Crowd(ours.port, 3) as crowd:
        time.sleep(0.7)
        until = time.monotonic() + 30
        with full(disk):
            while not crowd.posted.refused and time.monotonic() < until:
                time.sleep(0.1)
            time.sleep(1)
        restart()
        posted = crowd.finish()
    assert posted.refused, "no message met the full disk"
    wait_until_handled(90)
    leases_run_out()
    wait_until_sent(90)
    all_kept(posted, site)


def test_of_sqlite(django_db_blocker: DjangoDbBlocker, tmp_path: Path) -> None:
    with (
        small_disk(9) as disk,
        django_db_blocker.unblock(),
        SQLiteCopies(disk)(found_town) as database,
        a_site() as site,
        installed(tmp_path, database, site.address) as ours,
    ):
        _written_to_a_full_disk(ours, disk, site)


def test_of_postgresql(component: Callable[[str], Path], django_db_blocker: DjangoDbBlocker, tmp_path: Path) -> None:
    """Where the log of PostgreSQL finds no room it stops altogether: then an administrator starts it again."""
    with (
        small_disk(320) as disk,
        running_server(component("postgresql"), disk) as server,
        django_db_blocker.unblock(),
        PostgreSQLCopies(server)(found_town) as database,
        a_site() as site,
        installed(tmp_path, database, site.address) as ours,
    ):

        def restart() -> None:
            with suppress(RuntimeError):  # it runs
                server.start()

        _written_to_a_full_disk(ours, disk, site, restart)
