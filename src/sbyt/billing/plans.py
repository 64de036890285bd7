"""A computation in steps, written down before there is anything to compute it from.

Building the expressions and writing them as SQL takes a second or two: done once, not for each batch of accounts.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import ibis
import pyarrow as pa
from ibis.expr.types import Table


@dataclass(frozen=True, slots=True)
class Step:
    """A table that is worked out once, under the name by which later steps know it."""

    name: str
    table: Table


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps over tables that are handed in by name; the outputs are some of the steps."""

    inputs: tuple[str, ...]
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]


class Steps:
    """Writes a plan down, step by step."""

    def __init__(self, inputs: Mapping[str, pa.Schema]) -> None:
        self._inputs = {name: ibis.table(ibis.Schema.from_pyarrow(columns), name) for name, columns in inputs.items()}
        self._steps: list[Step] = []
        self._outputs: list[str] = []
        self._names = (f"step{number}" for number in itertools.count(1))

    def given(self, name: str) -> Table:
        """A table that is handed in."""
        return self._inputs[name]

    def keep(self, table: Table) -> Table:
        """Work out a table once, so that what is built on it doesn't work it out again."""
        return self._keep(next(self._names), table)

    def hand_out(self, name: str, table: Table) -> Table:
        """Work out a table that somebody wants to have."""
        self._outputs.append(name)
        return self._keep(name, table)

    def plan(self) -> Plan:
        """All of it."""
        return Plan(tuple(self._inputs), tuple(self._steps), tuple(self._outputs))

    def _keep(self, name: str, table: Table) -> Table:
        self._steps.append(Step(name, table))
        return ibis.table(table.schema(), name)
