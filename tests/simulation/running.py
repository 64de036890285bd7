"""Runs of the simulation, each on a fresh copy of the town."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

from django.conf import settings
from django.db import connections

from sbyt.api import webhooks
from sbyt.messaging import inbox
from sbyt.usecases import send_messages
from sbyt.usecases.receive_message import rounds
from tests.simulation.invariants import Broken
from tests.simulation.town import found_town
from tests.simulation.work import InLine, fetch_by_django, reply_unless_poisoned, store_alone
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
    return random.Random(seed).choice((40, 70, 110))


def run_seed(seed: int, fresh: FreshDatabase, steps: int | None = None) -> Run:
    """One run, of so many steps if that is given."""
    steps = steps or steps_of(seed)
    with fresh(found_town), prepared():
        world = World(seed, steps)
        try:
            with world.connected():
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
def prepared() -> Iterator[None]:
    """Messages are sent in line, the dialogue has its fault, and nobody waits for a lock of SQLite.

    Instead the process is stopped, and another goes on.
    """
    options = settings.DATABASES["default"].get("OPTIONS", {})
    if "timeout" in options:
        options["timeout"] = 0
        connections["default"].close()
    with (
        patch.object(send_messages, "_Loop", InLine),
        patch.object(inbox, "fetch_prepared", fetch_by_django),
        patch.object(webhooks, "_store", store_alone),
        patch.object(rounds, "reply", reply_unless_poisoned),
    ):
        yield
