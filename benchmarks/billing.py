"""How long ``sbyt bill`` takes for a whole retailer, beside what its database needs for the rows alone.

A made-up retailer (``billing_run.world``) with 24 months of readings. Its last months but one are billed by real runs,
three or as many as ``--billed`` says (23 are all there are); measured is the last month, once as it usually is and once
recomputed from everything known, where the command can be asked for that.

Beside it, in the same rounds and each on a fresh copy of the same database: what the run reads handed out, and what it
wrote taken in again, by the database alone (``billing_run.floor``); and, in the first round, a straightforward run from
account to account (``billing_run.row_by_row``) of a sample, whose lines and bills must be those of the run: if one is
not, that is said and the exit status is 1. Copies lie in the system's memory when they are measured. PostgreSQL is a
private server, started and stopped here, whose tables were analysed after loading.

    python benchmarks/billing.py [--accounts N ...] [--database sqlite|postgresql|both] [--rounds N] [--billed MONTHS]
                                 [--keep FOLDER] [--sample N] [--seed N] [--durable]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.billing_run.places import Place, PostgreSQL, Size, SQLite
from benchmarks.billing_run.report import differences, report
from benchmarks.billing_run.rounds import Measured, measure
from tests.support.components import postgresql_programs
from tests.support.postgresql import kept_server, running_server


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the billing run.")
    parser.add_argument("--accounts", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--billed", type=int, default=3, choices=range(1, 24), metavar="MONTHS")
    parser.add_argument("--keep", type=Path, help="keep the worlds in this folder, and take those that are there")
    parser.add_argument("--sample", type=int, default=500, help="accounts billed row by row")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--durable", action="store_true", help="PostgreSQL with fsync on")
    return parser.parse_args()


@contextmanager
def places(options: argparse.Namespace) -> Iterator[list[Place]]:
    """The databases asked for, with their worlds in a folder that is kept or not."""
    keep: Path | None = options.keep.absolute() if options.keep else None
    with nullcontext(str(keep)) if keep else tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        found: list[Place] = [] if options.database == "postgresql" else [SQLite(folder)]
        programs = postgresql_programs() if options.database != "sqlite" else None
        if programs is None:
            if options.database != "sqlite":
                print("PostgreSQL is not installed; make test-deps brings it")
            yield found
        elif keep:
            with kept_server(programs, folder / "postgresql", durable=options.durable) as server:
                yield [*found, PostgreSQL(server)]
        else:
            with running_server(programs, durable=options.durable) as server:
                yield [*found, PostgreSQL(server)]


def main() -> int:
    options = asked()
    load = os.getloadavg()[0]
    every: list[Measured] = []
    with places(options) as found:
        for place in found:
            for accounts in options.accounts:
                size = Size(accounts, options.billed, options.seed)
                every.append(measure(place, size, options.rounds, options.sample))
    fsync = "on" if options.durable else "off"
    print(
        f"{options.rounds} rounds; billed before by real runs: {options.billed} of 23 months; seed {options.seed}; "
        f"PostgreSQL with fsync {fsync}, SQLite with synchronous=FULL; load when it began {load:.1f}\n"
    )
    for line in report(every):
        print(line)
    wrong = list(differences(every))
    for line in wrong:
        print(f"WRONG: row by row gives other sums. {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
