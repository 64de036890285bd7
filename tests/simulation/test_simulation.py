"""Whatever goes wrong, the promises of the design hold: seeded runs of a small town with faults in them.

The same seed is the same run. ``make soak`` plays more of them, and repeats one by its seed.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.simulation.running import run_seed
from tests.support.databases import FreshDatabase

_AT_ONCE = 10
_ON_SQLITE, _ON_POSTGRESQL = 190, 10


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Faults are told of at length in the log."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("first", range(0, _ON_SQLITE, _AT_ONCE))
def test_the_promises_hold_on_sqlite(first: int, fresh_sqlite: FreshDatabase) -> None:
    for seed in range(first, first + _AT_ONCE):
        run = run_seed(seed, fresh_sqlite)
        assert not run.broken, run.broken


@pytest.mark.parametrize("seed", range(_ON_SQLITE, _ON_SQLITE + _ON_POSTGRESQL))
def test_the_promises_hold_on_postgresql(seed: int, fresh_postgresql: FreshDatabase) -> None:
    run = run_seed(seed, fresh_postgresql)
    assert not run.broken, run.broken


@pytest.mark.parametrize("seed", [3, 17])
def test_the_same_seed_is_the_same_run(seed: int, fresh_sqlite: FreshDatabase) -> None:
    first, second = run_seed(seed, fresh_sqlite), run_seed(seed, fresh_sqlite)
    assert first == second


FAULTS = {
    "killed",
    "database lost",
    "not acknowledged",
    "posted again",
    "provider silent",
    "provider failing",
    "provider busy",
    "provider slow",
    "provider strict",
    "clock set back",
    "send unknown",
    "send refused",
    "given to staff unhandled",
    "message uncertain",
}


def test_every_kind_of_fault_occurs(fresh_sqlite: FreshDatabase) -> None:
    """The rarest, a message of which nobody knows whether it arrived, in one run of fifty."""
    happened: Counter[str] = Counter()
    for seed in range(300, 500):
        happened += run_seed(seed, fresh_sqlite).counts
        if happened.keys() >= FAULTS:
            break
    assert happened.keys() >= FAULTS, FAULTS - happened.keys()
