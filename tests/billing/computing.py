"""The rules on tables that are there already, in one go: without a database, and without batches."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from sbyt.billing.batches import outcome_of
from sbyt.billing.compute import Outcome, most_tiers, plan
from sbyt.billing.engine import DuckDB, prepare
from sbyt.billing.facts import calendar
from sbyt.core.periods import Period
from sbyt.core.settings import Estimates


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known, in the tables of ``sbyt.billing.facts``."""

    accounts: pa.Table
    occupancies: pa.Table
    registers: pa.Table
    readings: pa.Table
    earlier: pa.Table
    billed: pa.Table
    imported: pa.Table
    payments: pa.Table
    prices: pa.Table
    norms: pa.Table

    def tables(self) -> dict[str, pa.Table]:
        """The tables by name."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}


def compute(facts: Facts, period: Period, estimates: Estimates, engine: DuckDB) -> Outcome:
    """Work out what a run for the period bills these accounts. No account depends on another.

    :raises ValueError: never for what is in the facts; what can't be billed is among the obstacles.
    """
    earliest = pc.min(facts.readings["period"]).as_py()
    months = calendar(period, earliest - 2 if earliest is not None else period)
    prepared = prepare(plan(period, estimates, most_tiers(facts.prices)))
    for name, rows in {**facts.tables(), "calendar": months}.items():
        engine.hand_in(name, rows)
    engine.run(prepared)
    return outcome_of(engine)
