"""PostgreSQL stopped as by a crash and started again under load."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

from pytest_django import DjangoDbBlocker

from tests.faults.installation import installed
from tests.faults.outside import Crowd, a_site
from tests.faults.promises import all_kept, leases_run_out, wait_until_handled, wait_until_sent
from tests.simulation.town import found_town
from tests.support.databases import PostgreSQLCopies
from tests.support.postgresql import running_server

_ROUNDS = 3


def test_nothing_acknowledged_is_lost_and_all_goes_on_by_itself(
    component: Callable[[str], Path], django_db_blocker: DjangoDbBlocker, tmp_path: Path
) -> None:
    chance = random.Random(1)
    with (
        running_server(component("postgresql")) as server,
        django_db_blocker.unblock(),
        PostgreSQLCopies(server)(found_town) as database,
        a_site() as site,
        installed(tmp_path, database, site.address) as ours,
    ):
        ours.start_all("web", "work1", "work2")
        with Crowd(ours.port, 2) as crowd:
            for _ in range(_ROUNDS):
                time.sleep(chance.uniform(0.3, 1.0))
                server.stop()
                time.sleep(chance.uniform(0.1, 0.5))
                server.start()
            posted = crowd.finish()
        assert posted.refused, "no message met a database that was away"
        assert all(map(ours.is_running, ("web", "work1", "work2")))
        wait_until_handled(90)
        leases_run_out()
        wait_until_sent(90)
        all_kept(posted, site)
