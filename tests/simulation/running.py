"""Runs of the simulation, each on a fresh copy of the town."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import connections
from django.test import override_settings

from sbyt.conversation.dialogue import reply
from sbyt.usecases import send_messages
from sbyt.usecases.receive_message import rounds
from tests.simulation.invariants import Broken
from tests.simulation.town import found_town
from tests.simulation.work import InLine, reply_unless_poisoned
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
    return random.Random(seed).choice((60, 90, 130))


def run_seed(seed: int, fresh: FreshDatabase, steps: int | None = None) -> Run:
    """One run, of so many steps if that is given."""
    steps = steps or steps_of(seed)
    with fresh(found_town), _without_patience(), _prepared():
        world = World(seed, steps)
        try:
            with override_settings(CONNECTED_CHANNELS=lambda: world.channels, NOW=lambda: world.now):
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


@contextmanager
def _prepared() -> Iterator[None]:
    """Messages are sent in line, and the dialogue has its fault."""
    loop = send_messages._Loop
    send_messages._Loop = InLine  # type: ignore[assignment,misc]
    rounds.reply = reply_unless_poisoned  # type: ignore[attr-defined]
    try:
        yield
    finally:
        send_messages._Loop = loop  # type: ignore[misc]
        rounds.reply = reply  # type: ignore[attr-defined]
