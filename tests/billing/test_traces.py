"""A line's trace tells how it came about: its figures, worked out again from the trace, are the line's."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from sbyt.billing.engine import duckdb
from sbyt.core.periods import Period
from sbyt.core.settings import Estimates
from tests.billing.computing import compute
from tests.billing.oracle import half_up
from tests.billing.worlds import facts_of, random_world

PERIOD = Period.parse("2026-11")
ACTUAL, AVERAGE, NORM = range(3)


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    world = random_world(23, 150, PERIOD)
    numbered = facts_of(world)
    billed = {
        (register, month): (volume, amount)
        for register, month, volume, amount in zip(*numbered.facts.billed.to_pydict().values(), strict=True)
    }
    decimals = dict(
        zip(*(numbered.facts.registers[name].to_pylist() for name in ("register_id", "scale")), strict=True)
    )
    with duckdb() as engine:
        rows: list[dict[str, Any]] = compute(numbered.facts, PERIOD, Estimates(), engine).lines.to_pylist()
    for row in rows:
        row["trace"] = json.loads(row["trace"])
        row["billed"] = billed.get((row["register_id"], row["month"]), (0, 0))
        row["scale"] = decimals[row["register_id"]]
    return rows


def test_a_line_is_what_is_due_less_what_was_billed(lines: list[dict[str, Any]]) -> None:
    for row in lines:
        volume, amount = row["trace"]["due"]
        assert (volume - row["billed"][0], amount - row["billed"][1]) == (row["volume"], row["amount"])


def test_the_tiers_paid_add_up_to_the_amount_and_the_volume(lines: list[dict[str, Any]]) -> None:
    for row in lines:
        volume, amount = row["trace"]["due"]
        scale, paid = row["trace"].get("scale", 1), row["trace"].get("paid", [])
        assert sum(half_up(Fraction(part * price, 100 * scale)) for part, price, _ in paid) == amount
        assert sum(part for part, _, _ in paid) * row["scale"] == volume * scale
        assert all(since <= row["month"] for _, _, since in paid)


def test_an_average_is_that_of_its_months(lines: list[dict[str, Any]]) -> None:
    averages = [row["trace"] for row in lines if row["basis"] == AVERAGE]
    assert averages
    for trace in averages:
        months, total, _ = trace["average"]
        assert half_up(Fraction(total, months)) == trace["due"][0]


def test_a_norm_is_that_of_its_residents_over_its_meters(lines: list[dict[str, Any]]) -> None:
    norms = [row for row in lines if row["basis"] == NORM and "norm" in row["trace"]]
    assert norms
    for row in norms:
        per_resident, residents, active = row["trace"]["norm"]
        volume = half_up(Fraction(per_resident * residents * row["scale"], 1_000_000 * active))
        assert volume == row["trace"]["due"][0]


def test_a_month_read_lies_between_its_readings(lines: list[dict[str, Any]]) -> None:
    read = [row for row in lines if row["basis"] == ACTUAL and "read" in row["trace"]]
    assert read
    for row in read:
        since, opened, until, closed, rolled = row["trace"]["read"]
        assert since < row["month"] <= until
        assert (closed < opened) == rolled
