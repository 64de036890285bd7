"""``kill -9`` of web and workers at random moments under load."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.faults.installation import installed
from tests.faults.outside import Crowd, a_site
from tests.faults.promises import all_kept, leases_run_out, wait_until_handled, wait_until_sent
from tests.simulation.town import found_town
from tests.support.databases import FreshDatabase

_ROUNDS = 6


@pytest.mark.parametrize("seed", [1])
def test_what_was_acknowledged_is_stored_handled_once_and_answered(
    seed: int, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    with fresh_database(found_town) as database, a_site() as site, installed(tmp_path, database, site.address) as ours:
        ours.start_all("web", "work1", "work2")
        with Crowd(ours.port, seed) as crowd:
            for _ in range(_ROUNDS):
                time.sleep(chance.uniform(0.2, 1.2))
                name = chance.choice(("web", "work1", "work2"))
                ours.kill(name)
                ours.start(name)
            posted = crowd.finish()
        wait_until_handled()
        for name in ("work1", "work2"):
            ours.kill(name)
        leases_run_out()
        ours.start("work1")
        wait_until_sent()
        all_kept(posted, site)
