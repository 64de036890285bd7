"""The clock of our machine set back by an hour, and forward by two, while we work."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.installation import installed
from tests.faults.outside import Crowd, a_site
from tests.faults.promises import all_kept, wait_until_handled, wait_until_sent
from tests.simulation.town import found_town
from tests.support.databases import FreshDatabase


class Clock:
    """What our processes take for the time, and the site that keeps to the same."""

    def __init__(self, library: Path, file: Path) -> None:
        self._file = file
        self.set(0)
        self.environ = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds: int) -> None:
        self.offset = seconds
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}s\n")
        new.replace(self._file)  # never half written

    def __call__(self) -> float:
        return time.time() + self.offset


def test_nothing_is_lost_or_done_twice_and_nothing_waits_for_the_hour_to_come_again(
    component: Callable[[str], Path], fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    clock = Clock(component("faketime"), tmp_path / "clock")
    with (
        fresh_database(found_town) as database,
        a_site() as site,
        installed(tmp_path, database, site.address, clock.environ) as ours,
    ):
        ours.start_all("web", "work1", "work2")
        with Crowd(ours.port, 4, each=10, clock=clock) as crowd:
            for jump in (-3600, 3600):
                time.sleep(1)
                clock.set(jump)
            posted = crowd.finish()
        wait_until_handled()
        ours.work_off()  # the housekeeping that a worker does once a minute
        wait_until_sent()
        all_kept(posted, site)
