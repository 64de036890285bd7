"""Many runs of the simulation, in several processes, and what happened in them."""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.simulation.running import Run, run_seed, shortest
from tests.support.components import postgresql_programs
from tests.support.databases import FreshDatabase, PostgreSQLCopies, SQLiteCopies
from tests.support.postgresql import running_server

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

#: One run in so many is played on PostgreSQL, where a database takes longer to make than most runs.
_POSTGRESQL_EVERY = 50
_TELL_EVERY = 10  # seconds
_PROCESSES = multiprocessing.get_context("fork")  # Django is set up already


@contextmanager
def _databases() -> Iterator[tuple[FreshDatabase, FreshDatabase | None]]:
    """Copies of the town: on SQLite, in memory where the system has such a folder, and on PostgreSQL if it is here."""
    memory = Path("/dev/shm")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None))
        programs = postgresql_programs()
        server = stack.enter_context(running_server(programs)) if programs else None
        yield SQLiteCopies(Path(folder)), PostgreSQLCopies(server) if server else None


def _play(seeds: range, asked: argparse.Namespace, runs: Queue[Run | None]) -> None:
    warnings.simplefilter("ignore")
    logging.disable()  # faults are told of at length
    with _databases() as (sqlite, postgresql):
        for seed in seeds:
            elsewhere = postgresql and (asked.postgresql or seed % _POSTGRESQL_EVERY == _POSTGRESQL_EVERY - 1)
            fresh = postgresql if postgresql and elsewhere else sqlite
            try:
                run = run_seed(seed, fresh, asked.steps)
            except Exception:  # noqa: BLE001 the simulation itself is at fault: that is a finding too
                run = Run(seed, 0, Counter(), "the simulation plays on", f"seed {seed}: {traceback.format_exc()}")
            runs.put(shortest(run, fresh) if run.steps and run.broken else run)
    runs.put(None)


def main() -> int:
    """Play the runs, tell how it goes, sum up; the exit status is 1 if an invariant did not hold."""
    asked = _asked()
    seeds = range(asked.first, asked.first + asked.runs) if asked.seed is None else range(asked.seed, asked.seed + 1)
    runs: Queue[Run | None] = _PROCESSES.Queue()
    shares = [seeds[place :: asked.processes] for place in range(min(asked.processes, len(seeds)))]
    players = [_PROCESSES.Process(target=_play, args=(share, asked, runs), daemon=True) for share in shares]
    for player in players:
        player.start()
    return _tell(runs, len(players), len(seeds))


def _tell(runs: Queue[Run | None], playing: int, planned: int) -> int:
    counts: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    done, began = 0, time.monotonic()
    told = began
    while playing:
        run = runs.get()
        if run is None:
            playing -= 1
            continue
        done += 1
        counts += run.counts
        if run.broken:
            broken[run.invariant] += 1
            _say(run.broken)
        if time.monotonic() - told > _TELL_EVERY:
            told = time.monotonic()
            each = (told - began) / done
            _say(f"{done} of {planned} runs, {sum(broken.values())} broken, {each:.2f} s each")
    _say(f"\n{done} runs in {time.monotonic() - began:.0f} s; what happened in them:")
    for kind, times in counts.most_common():
        _say(f"  {times:9,}  {kind}")
    for invariant, times in broken.most_common():
        _say(f"BROKEN in {times} runs: {invariant}")
    return 1 if broken or done < planned else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Play seeded runs of the town with faults in them.")
    parser.add_argument("--seed", type=int, help="only this run")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=1000, help="the first seed; make test plays those from 0 on")
    parser.add_argument("--steps", type=int, help="cut runs to so many steps")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--postgresql", action="store_true", help="play all of them on PostgreSQL")
    return parser.parse_args()
