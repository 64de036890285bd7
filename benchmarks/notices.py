"""400,000 people are told that a channel is withdrawn: what it takes, and whether every promise holds.

Preparing, feeder, outbox, sender and guard are ours. The providers are stand-ins: they take 30 and 80 messages a
second, refuse one in a hundred, leave two in a thousand without an answer and ask to wait now and then; one is out for
40 minutes. The clock is simulated. Meanwhile people hand in readings, and the notice is paused for ten minutes. It
begins two hours before the quiet ones. At each attempt the stand-ins check the rate, the hour, and that this person was
neither told before nor has handed in; in the end each must have come to exactly one end, the one that they know of.

    python benchmarks/notices.py [PEOPLE] [sqlite|postgresql]
"""

from __future__ import annotations

import datetime as dt
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django

django.setup()

from tests.simulation.mass_notices import Town, in_line, run  # noqa: E402 once Django is set up
from tests.support.components import postgresql_programs  # noqa: E402
from tests.support.databases import FreshDatabase, PostgreSQLCopies, SQLiteCopies  # noqa: E402
from tests.support.postgresql import running_server  # noqa: E402

PEOPLE = 400_000
#: For so many, in minutes after the beginning; of fewer people all is as much shorter.
OUTAGE, PAUSE, NIGHT = (20, 60), (70, 80), 120


def megabytes() -> float:
    """What this process holds in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


class Story:
    """What happens besides, second by second; and what is measured on the way."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._share = town.people / PEOPLE
        self.beginning = town.now
        self._began = time.perf_counter()
        self._next = 0.05
        self.memory: list[float] = []

    def __call__(self) -> None:
        town = self._town
        minutes = (town.now - self.beginning) / dt.timedelta(minutes=1) / self._share
        town.channels["telegram"].is_out = OUTAGE[0] <= minutes < OUTAGE[1]  # type: ignore[attr-defined]
        if town.is_paused != (PAUSE[0] <= minutes < PAUSE[1]):
            town.resume() if town.is_paused else town.pause()
        if not town.is_night:
            town.hand_in(town.chance.randrange(town.people))
        done = sum(town.counts.values()) / town.people
        if done >= self._next:
            self._next += 0.05
            self.memory.append(megabytes())
            passed = time.perf_counter() - self._began
            print(f"{done:6.1%} at {town.now:%d.%m. %H:%M} UTC, {passed:6.0f} s, {self.memory[-1]:.0f} MB", flush=True)


@contextmanager
def databases(kind: str) -> Iterator[FreshDatabase]:
    programs = postgresql_programs()
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield SQLiteCopies(Path(folder))
    elif programs is None:
        sys.exit("there is no PostgreSQL here")
    else:
        with running_server(programs) as server:
            yield PostgreSQLCopies(server)


def main(people: int, kind: str) -> None:
    with databases(kind) as fresh, fresh(), in_line():
        town = Town(people, seed=7)
        town.now += dt.timedelta(minutes=NIGHT) * (1 - people / PEOPLE)
        town.fill()
        for person in range(1, people, 20):
            town.hand_in(person)
        began = time.perf_counter()
        campaign = town.prepare()
        took = time.perf_counter() - began
        print(
            f"{people:,} people prepared in {took:.1f} s, {kind}, {megabytes():.0f} MB; "
            f"the readings of {campaign.already_there:,} are there",
            flush=True,
        )
        town.approve()
        town.begin()
        story, began = Story(town), time.perf_counter()
        run(town, story)
        passed = time.perf_counter() - began
        town.end()
        found = town.check()
    print(", ".join(f"{end.value} {count:,}" for end, count in found.items() if count))
    print(f"outside: {', '.join(f'{what} {count:,}' for what, count in sorted(town.counts.items()))}")
    simulated = town.now - story.beginning
    print(
        f"{passed:.0f} s for {simulated} of simulated time: {sum(town.counts.values()) / passed:.0f} messages a second"
    )
    print(f"memory from {min(story.memory):.0f} to {max(story.memory):.0f} MB; every promise held")


if __name__ == "__main__":
    main(int((sys.argv[1:2] or [PEOPLE])[0]), (sys.argv[2:3] or ["postgresql"])[0])
