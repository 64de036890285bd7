"""Runs of the simulation, each on a fresh copy of the town."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import connections

from tests.simulation.invariants import Broken
from tests.simulation.town import found_town
from tests.simulation.world import World
from tests.support.databases import FreshDatabase


@dataclass(frozen=True)
class Run:
    """What came of a run. ``broken`` says which invariant did not hold, and how to repeat it; empty if all did."""

    seed: int
    steps: int
    counts: Counter[str]
    invariant: str = ""
    broken: str = ""


def steps_of(seed: int) -> int:
    return random.Random(seed).choice((60, 100, 150))


def run_seed(seed: int, fresh: FreshDatabase, steps: int | None = None) -> Run:
    """One run, of so many steps if that is given."""
    steps = steps or steps_of(seed)
    with fresh(found_town), _without_patience():
        world = World(seed, steps)
        try:
            world.run()
        except Broken as broken:
            return Run(seed, min(steps, broken.step), world.counts, broken.invariant, str(broken))
    return Run(seed, steps, world.counts)


def shortest(broken: Run, fresh: FreshDatabase) -> Run:
    """The run with the fewest steps that breaks the same invariant, as far as halving finds it."""
    works, best = 0, broken
    while best.steps - works > 1:
        steps = (works + best.steps) // 2
        tried = run_seed(broken.seed, fresh, steps)
        if tried.invariant == broken.invariant:
            best = tried
        else:
            works = steps
    return best


@contextmanager
def _without_patience() -> Iterator[None]:
    """Where SQLite would wait for a lock, the process is stopped instead, and another goes on."""
    options = settings.DATABASES["default"].get("OPTIONS", {})
    if "timeout" in options:
        options["timeout"] = 0
        connections["default"].close()
    yield
