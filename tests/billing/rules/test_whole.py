"""Exact arithmetic in columns, checked against Python's own whole numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import ibis
import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ibis.expr.types import Table

from sbyt.billing.engine import DuckDB, duckdb, prepare
from sbyt.billing.plans import Plan, Step
from sbyt.billing.rules import whole

Work = Callable[[Table], list[dict[str, int]]]

MANY = 200
#: Each example has hundreds of rows, and nobody wants fewer.
FEW = settings(max_examples=10, phases=(Phase.explicit, Phase.reuse, Phase.generate))
BIG = st.integers(0, 2**62)
VOLUME = st.integers(0, 2**41 - 1)


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDB]:
    with duckdb() as opened:
        yield opened


def columns(engine: DuckDB, **values: list[int]) -> Table:
    rows = pa.table({name: pa.array(column, pa.int64()) for name, column in values.items()})
    engine.hand_in("given", rows)
    return ibis.table(ibis.Schema.from_pyarrow(rows.schema), "given")


def work(engine: DuckDB, table: Table) -> list[dict[str, int]]:
    engine.run(prepare(Plan(("given",), (Step("worked_out", table),), ("worked_out",))))
    rows: list[dict[str, int]] = engine.rows("worked_out").sort_by("row").to_pylist()
    return rows


def numbered(*columns: list[int]) -> dict[str, list[int]]:
    return {"row": list(range(len(columns[0])))}


@pytest.mark.parametrize(
    ("dividend", "divisor"),
    [
        (2**53 + 1, 1),  # no double holds it
        (2**62, 3),
        (2**62 - 1, 2**62),
        (9_007_199_254_740_993, 7),
        (0, 5),
        (2**61 + 12345, 7919),
    ],
)
def test_a_quotient_is_exact_where_doubles_are_not(engine: DuckDB, dividend: int, divisor: int) -> None:
    table = columns(engine, row=[0], a=[dividend], b=[divisor])
    assert work(engine, table.mutate(q=whole.quotient(table.a, table.b)))[0]["q"] == dividend // divisor


@FEW
@given(pairs=st.lists(st.tuples(BIG, st.integers(1, 2**62)) | st.tuples(BIG, st.integers(1, 9999)), min_size=MANY))
def test_any_quotient_is_exact(engine: DuckDB, pairs: list[tuple[int, int]]) -> None:
    dividends, divisors = (list(column) for column in zip(*pairs, strict=True))
    table = columns(engine, **numbered(dividends), a=dividends, b=divisors)
    rows = work(engine, table.mutate(q=whole.quotient(table.a, table.b)))
    assert [row["q"] for row in rows] == [a // b for a, b in pairs]


@pytest.mark.parametrize(
    ("dividend", "divisor", "rounded"), [(0, 2, 0), (1, 2, 1), (49, 100, 0), (50, 100, 1), (149, 100, 1), (150, 100, 2)]
)
def test_halves_go_up(engine: DuckDB, dividend: int, divisor: int, rounded: int) -> None:
    table = columns(engine, row=[0], a=[dividend], b=[divisor])
    assert work(engine, table.mutate(q=whole.half_up(table.a, table.b)))[0]["q"] == rounded


@FEW
@given(
    rows=st.lists(st.tuples(VOLUME, st.integers(0, 10**8), st.sampled_from([100, 1000, 100_000, 10**8])), min_size=MANY)
)
def test_an_amount_is_exact_where_its_product_does_not_fit(engine: DuckDB, rows: list[tuple[int, int, int]]) -> None:
    volumes, prices, divisors = (list(column) for column in zip(*rows, strict=True))
    table = columns(engine, **numbered(volumes), v=volumes, p=prices, d=divisors)
    found = work(engine, table.mutate(q=whole.times_half_up(table.v, table.p, table.d)))
    exact = [int((2 * Fraction(v * p, d) + 1) // 2) for v, p, d in rows]
    assert [row["q"] for row in found] == exact


@FEW
@given(triples=st.lists(st.tuples(BIG, BIG, BIG.filter(bool)), min_size=MANY))
def test_a_proportion_is_exact_where_its_product_does_not_fit(
    engine: DuckDB, triples: list[tuple[int, int, int]]
) -> None:
    ordered = [(min(a, w), min(b, w), w) for a, b, w in triples]
    parts, amounts, wholes = (list(column) for column in zip(*ordered, strict=True))
    table = columns(engine, **numbered(parts), a=parts, b=amounts, w=wholes)
    quotient, remainder = whole.proportion(table.a, table.b, table.w)
    found = work(engine, table.mutate(q=quotient, r=remainder))
    assert [(row["q"], row["r"]) for row in found] == [divmod(a * b, w) for a, b, w in ordered]


def test_what_cutting_off_left_over_goes_by_largest_remainder_then_in_order(engine: DuckDB) -> None:
    # 100 over 31, 30 and 31 days: 33.69, 32.60 and 33.69; the first two of the largest remainders gain one.
    table = columns(
        engine, row=[0, 1, 2], group=[1, 1, 1], amount=[100] * 3, share=[33, 32, 33], rest=[64, 56, 64], month=[1, 2, 3]
    )
    shared = whole.largest_remainder(
        table, by=["group"], amount="amount", share="share", remainder="rest", ties=["month"]
    )
    assert [row["share"] for row in work(engine, shared)] == [34, 32, 34]
