"""How long the rules take on Spark, beside DuckDB, by the number of accounts.

A made-up retailer (``billing_run.world``) with 24 months of readings, all months but the last billed; measured is the
last month worked out from everything known. Spark goes from Parquet to Parquet in a session that has worked once
before, on two cores of this machine; DuckDB from its tables to its tables, in one batch. What the two come to must be
the same, row for row: if it is not, that is said and the exit status is 1. Last comes the largest retailer several
times over, on Spark alone.

    python benchmarks/billing_on_spark.py [--accounts N ...] [--copies N] [--rounds N] [--master URL] [--seed N]
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import SparkSession

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.billing_run.world import FIRST, KINDS, LAST, MONTHS, World
from sbyt.billing import spark
from sbyt.billing.compute import most_tiers, plan
from sbyt.billing.engine import DuckDB, duckdb, prepare
from sbyt.billing.facts import COLUMNS, calendar
from sbyt.billing.plans import Plan
from sbyt.billing.snapshot import reading, write_snapshot
from sbyt.core.settings import Estimates
from tests.billing.computing import Facts, compute

#: What ``billing_run.world`` calls a kind, by the numbers of the rules.
_CODES = {"customer": 0, "control": 1, "removed": 2, "installed": 3}


def known(accounts: int, seed: int) -> Facts:
    """What a run of the last month knows, everything before it being billed by its own rules."""
    facts = _facts(_tables(accounts, seed))
    before = LAST.plus(-1)
    handed_in = pc.less_equal(facts.readings["period"], int(before))
    with duckdb() as engine:
        earlier = dataclasses.replace(facts, readings=facts.readings.filter(handed_in))
        lines = compute(earlier, before, Estimates(), engine).lines
    return dataclasses.replace(facts, billed=_as("billed", lines))


def _tables(accounts: int, seed: int) -> dict[str, pa.Table]:
    world, parts = World(accounts, seed), defaultdict(list)
    months = (world.month(number, paid=number == MONTHS - 1) for number in range(MONTHS))
    for source in (world.prices(), world.people(), *months):
        for name, rows in source:
            parts[name].append(rows)
    return {name: pa.concat_tables(rows) for name, rows in parts.items()}


def _as(name: str, rows: pa.Table | dict[str, pa.Array]) -> pa.Table:
    table = rows if isinstance(rows, pa.Table) else pa.table(rows)
    return table.select(COLUMNS[name].names).cast(COLUMNS[name])


def _facts(tables: dict[str, pa.Table]) -> Facts:
    accounts, payments = tables["accounts_account"], tables["payments_payment"]
    first = pa.repeat(pa.scalar(int(FIRST), pa.int32()), len(accounts))
    opening = accounts["opening_balance"]
    return Facts(
        accounts=_as("accounts", {"account_id": accounts["id"], "opening": opening, "first": first}),
        occupancies=_as("occupancies", tables["accounts_occupancy"]),
        registers=_registers(tables["accounts_register"], tables["accounts_meter"]),
        readings=_readings(tables["readings_reading"], tables["readings_cancellation"]["reading_id"]),
        payments=_as("payments", payments.append_column("payment_id", payments["id"])),
        prices=_as("prices", tables["tariffs_price"]),
        norms=_as("norms", tables["tariffs_norm"]),
        **{name: COLUMNS[name].empty_table() for name in ("earlier", "billed", "imported")},
    )


def _registers(registers: pa.Table, meters: pa.Table) -> pa.Table:
    of = meters.take(pc.index_in(registers["meter_id"], value_set=meters["id"].combine_chunks()))
    decimals, digits = (of[name].to_numpy().astype(np.int64) for name in ("decimals", "digits"))
    columns = {name: of[name] for name in ("account_id", "serial", "zones", "resource")}
    return _as(
        "registers",
        {
            **columns,
            "register_id": registers["id"],
            "meter_id": registers["meter_id"],
            "zone": registers["zone"],
            "scale": pa.array(10**decimals),
            "full": pa.array(10 ** (decimals + digits)),
            "floor": pa.nulls(len(registers), pa.int32()),
        },
    )


def _readings(rows: pa.Table, taken_back: pa.ChunkedArray) -> pa.Table:
    rows = rows.filter(pc.invert(pc.is_in(rows["id"], value_set=taken_back.combine_chunks())))
    codes = pa.array([_CODES[kind] for kind in KINDS], pa.int8())
    kind = pc.take(codes, pc.index_in(rows["kind"], value_set=pa.array(KINDS)))
    rows = rows.set_column(rows.schema.get_field_index("kind"), "kind", kind)
    return _as("readings", rows.append_column("at", rows["received_at"].cast(pa.int64())))


def repeated(facts: Facts, copies: int) -> Facts:
    """The same people several times, each time with other numbers."""

    def again(rows: pa.Table, copy: int) -> pa.Table:
        for at, field in enumerate(rows.schema):
            if field.name == "id" or field.name.endswith("_id"):
                rows = rows.set_column(at, field, pc.add(rows[field.name], copy * 1_000_000_000))
        return rows

    tables = facts.tables()
    many = {
        name: pa.concat_tables([again(rows, copy) for copy in range(copies)])
        for name, rows in tables.items()
        if name not in {"prices", "norms"}
    }
    return Facts(**{**tables, **many})


def measure(
    session: SparkSession, facts: Facts, rounds: int, *, alone: bool = False
) -> tuple[list[float], list[float], list[str]]:
    """Seconds of DuckDB and of Spark, and the outputs in which they differ; or of Spark alone."""
    rules = plan(LAST, Estimates(), most_tiers(facts.prices))
    here, there = [], []
    with tempfile.TemporaryDirectory() as name, duckdb() as engine:
        folder = Path(name)
        _hand_in(engine, facts)
        write_snapshot(engine, LAST, rules, folder)
        for _ in range(rounds):
            begun = time.perf_counter()
            spark.compute(session, folder.as_uri(), (folder / "results").as_uri())
            there.append(time.perf_counter() - begun)
            if alone:
                continue
            engine.execute('DROP TABLE IF EXISTS temp."payments"')  # what it hands out, called as what it is given
            begun = time.perf_counter()
            engine.run(prepare(rules))
            here.append(time.perf_counter() - begun)
        return here, there, [] if alone else _differing(engine, folder / "results", rules)


def _hand_in(engine: DuckDB, facts: Facts) -> None:
    first = pc.min(facts.readings["period"]).as_py()
    for name, rows in {**facts.tables(), "calendar": calendar(LAST, first - 2)}.items():
        engine.hand_in(name, rows)


def _differing(engine: DuckDB, results: Path, rules: Plan) -> list[str]:
    """By counting the rows that only one of them has, in both directions."""
    for name in rules.outputs:
        engine.execute(f'CREATE OR REPLACE TABLE "expected_{name}" AS FROM "{name}"')
    engine.execute('DROP TABLE temp."payments"')
    reading(engine, results, rules)()
    both = [(f'"{name}"', f'"expected_{name}"') for name in rules.outputs]
    return [one for one, other in both if _more(engine, one, other) or _more(engine, other, one)]


def _more(engine: DuckDB, one: str, other: str) -> bool:
    return engine.read(f"SELECT * FROM {one} EXCEPT ALL SELECT * FROM {other}").num_rows > 0


def _told(times: list[float]) -> str:
    if not times:
        return "-"
    return f"{statistics.median(times):.1f} ({', '.join(f'{one:.1f}' for one in times)})"


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the rules on Spark beside DuckDB.")
    parser.add_argument("--accounts", type=int, nargs="+", default=[5_000, 20_000, 100_000])
    parser.add_argument("--copies", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    wrong: list[str] = []
    with spark.session(options.master) as session:
        measure(session, known(1_000, options.seed), 1)
        print("accounts   registers   readings   DuckDB, s (rounds)   Spark, s (rounds)   load")
        for accounts in options.accounts:
            facts = known(accounts, options.seed)
            wrong += _shown(facts, measure(session, facts, options.rounds))
        if options.copies > 1:
            facts = repeated(facts, options.copies)
            wrong += _shown(facts, measure(session, facts, options.rounds, alone=True))
    for name in wrong:
        print(f"WRONG: {name} is not the same", file=sys.stderr)
    return 1 if wrong else 0


def _shown(facts: Facts, found: tuple[list[float], list[float], list[str]]) -> list[str]:
    here, there, differing = found
    sizes = f"{facts.accounts.num_rows:8} {facts.registers.num_rows:11} {facts.readings.num_rows:10}"
    print(f"{sizes}   {_told(here)}   {_told(there)}   {os.getloadavg()[0]:.1f}", flush=True)
    return differing


if __name__ == "__main__":
    sys.exit(main())
