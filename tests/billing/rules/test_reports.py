"""Which bills look wrong, and by how much."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from sbyt.billing.engine import DuckDB, duckdb, prepare
from sbyt.billing.plans import Steps
from sbyt.billing.rules import reports
from sbyt.core.settings import Holds

PERIOD = 100
LINES = pa.schema(
    [
        ("account_id", pa.int64()),
        ("register_id", pa.int64()),
        ("kind", pa.int8()),
        ("volume", pa.int64()),
        ("amount", pa.int64()),
        ("due_volume", pa.int64()),
        ("due_amount", pa.int64()),
    ]
)
USED = pa.schema([("register_id", pa.int64()), ("month", pa.int32()), ("volume", pa.int64())])
CHARGE, RECALCULATION = 0, 1


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDB]:
    with duckdb() as opened:
        yield opened


def odd(
    engine: DuckDB, lines: list[tuple[int, int, int]], used: dict[int, int], billed: tuple[int, int] = (0, 0)
) -> list[tuple[int | None, ...]]:
    """What is odd in a bill with these lines (kind, volume, amount) after months with this use.

    ``billed``: the volume and the amount billed for the lines' months before.
    """
    steps = Steps({"lines": LINES, "used": USED})
    usual = reports.usual_volumes(steps.given("used"), PERIOD)
    steps.hand_out("odd", reports.oddities(steps.given("lines"), usual, Holds(times=5, over=1000)))
    rows = [(1, 1, *line, line[1] + billed[0], line[2] + billed[1]) for line in lines]
    engine.hand_in("lines", pa.table([list(column) for column in zip(*rows, strict=True)], schema=LINES))
    months = [(1, month, volume) for month, volume in used.items()]
    columns = [list(column) for column in zip(*months, strict=True)] if months else [[], [], []]
    engine.hand_in("used", pa.table(columns, schema=USED))
    engine.run(prepare(steps.plan()))
    return [tuple(row.values())[1:] for row in engine.rows("odd").to_pylist()]


STEADY = {97: 100, 98: 100, 99: 100}


@pytest.mark.parametrize(
    ("lines", "used", "expected"),
    [
        pytest.param([(CHARGE, 100, 55_000)], STEADY, [], id="as usual: nothing is odd"),
        pytest.param([(CHARGE, 120, 66_000)], STEADY, [(66_000, 55_000, 0, 11_000, None)], id="odd, but not held"),
        pytest.param(
            [(CHARGE, 1000, 550_000)], STEADY, [(550_000, 55_000, 0, 495_000, 0)], id="ten times the usual is held"
        ),
        pytest.param(
            [(CHARGE, 500, 275_000)],
            STEADY,
            [(275_000, 55_000, 0, 220_000, None)],
            id="five times is not more than five",
        ),
        pytest.param(
            [(CHARGE, 100, 5_500)], {97: 10, 98: 10, 99: 10}, [(5_500, 550, 0, 4_950, None)], id="many times little"
        ),
        pytest.param([(CHARGE, 1000, 550_000)], {98: 100, 99: 100}, [], id="two months tell nothing yet"),
        pytest.param([(CHARGE, 1000, 550_000)], {90: 1, 91: 1, 92: 1}, [], id="nor what was long ago"),
        pytest.param(
            [(CHARGE, 999_999_999_998, 5_000_000_000)],
            dict.fromkeys((97, 98, 99), 8_000_000_000),
            [(5_000_000_000, 40_000_000, 0, 4_960_000_000, 0)],
            id="what one dial can show at most",
        ),
        pytest.param([(CHARGE, 0, 0)], STEADY, [], id="nothing used costs nothing"),
        pytest.param(
            [(CHARGE, 100, 55_000), (RECALCULATION, -90, -100_001)],
            STEADY,
            [(55_000, 55_000, -100_001, 100_001, 1)],
            id="much taken back is held",
        ),
        pytest.param(
            [(CHARGE, 100, 55_000), (RECALCULATION, 90, 100_000)],
            STEADY,
            [(55_000, 55_000, 100_000, 100_000, None)],
            id="not more than the limit",
        ),
    ],
)
def test_what_is_odd(
    engine: DuckDB, lines: list[tuple[int, int, int]], used: dict[int, int], expected: list[tuple[int | None, ...]]
) -> None:
    assert odd(engine, lines, used) == expected


def test_what_a_charge_imported_for_the_month_leaves_is_not_compared(engine: DuckDB) -> None:
    """It is no price times a volume: at the usual volume it would come to any figure, or to none that there is."""
    steady = dict.fromkeys(STEADY, 10**10)
    assert odd(engine, [(CHARGE, 1, 10**15)], steady, billed=(10**10, 10)) == []
