"""The rounds: a run, then the floor, each on a fresh copy; and what came of them."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.billing_run.commands import Ran, measured, sbyt
from benchmarks.billing_run.places import Place, Size
from benchmarks.billing_run.world import LAST

Parts = dict[str, float]


@dataclass
class Kind:
    """A run of one kind: the whole command, round by round; the same by phase; what is read for it at least."""

    commands: list[Ran] = field(default_factory=list)
    phases: list[dict[str, Parts]] = field(default_factory=list)
    reads: list[Parts] = field(default_factory=list)


@dataclass
class Measured:
    """All that was measured of one world on one database."""

    place: str
    size: Size
    usual: Kind = field(default_factory=Kind)
    full: Kind = field(default_factory=Kind)
    writes: list[Parts] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    row_by_row: dict[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return median([ran.seconds for ran in self.usual.commands])

    @property
    def peak(self) -> int:
        return max(ran.peak for ran in self.usual.commands)

    def floor(self, kind: Kind) -> float:
        """Handing out and taking in, in one round; the median of the rounds."""
        rounds = zip(kind.reads, self.writes, strict=True)
        return median([sum(reads.values()) + sum(writes.values()) for reads, writes in rounds])

    @property
    def a_row_by_row(self) -> float:
        """Seconds an account."""
        return float(self.row_by_row["seconds"] / self.row_by_row["accounts"])


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def measure(place: Place, size: Size, rounds: int, sample: int) -> Measured:
    """Measure one world, which is made if it is not kept."""
    place.prepare(size)
    found = Measured(place.name, size)
    for number in range(rounds):
        with place.copied(size) as url:
            found.usual.commands.append(sbyt(url, "bill", str(LAST)))
            if number == 0:
                found.rows = measured(url, "floor", "save", str(LAST), str(place.folder))
                found.row_by_row = _row_by_row(place, size, sample, url)
        _measure_floor(place, found)
        _measure_phases(place, found, found.usual)
        with place.copied(size) as url:
            found.full.commands.append(sbyt(url, "bill", str(LAST), "--full"))
        _measure_phases(place, found, found.full, "--full")
        print(f"{place.name}, {size.accounts:,} accounts: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return found


def _row_by_row(place: Place, size: Size, sample: int, billed: str) -> dict[str, Any]:
    with place.copied(size) as url:
        told: dict[str, Any] = measured(url, "row_by_row", str(LAST), str(sample), str(size.seed), billed)
        return told


def _measure_floor(place: Place, found: Measured) -> None:
    with place.copied(found.size) as url:
        took = measured(url, "floor", "measure", str(LAST), str(place.folder))
    found.usual.reads.append(took["usual"])
    found.full.reads.append(took["full"])
    found.writes.append(took["write"])


def _measure_phases(place: Place, found: Measured, kind: Kind, *options: str) -> None:
    with place.copied(found.size) as url:
        kind.phases.append(measured(url, "phases", str(LAST), *options)["phases"])
