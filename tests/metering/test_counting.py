"""Which of a meter's readings count: billing rules 2 to 4, one row a case."""

from __future__ import annotations

import datetime as dt
import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.core.resources import ZONES
from sbyt.metering.counting import Counted, Handed, counted
from sbyt.metering.shares import over_months
from tests.billing import oracle
from tests.metering.histories import handed, month


def values(rows: list[Handed], zones: int = 1) -> dict[int, tuple[int, ...]]:
    """The values that count, by the month of 2026."""
    return {one.period - month(0): one.values for one in counted(rows, zones)}


# rule 2: several in one period ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        pytest.param(["11-10 T1 100", "11-20 T1 110"], 110, id="of two customer's the later"),
        pytest.param(["11-20 T1 110", "11-10 T1 100"], 110, id="by receipt, not by loading"),
        pytest.param(["11-20 T1 110", "11-20 T1 105"], 105, id="received together, the one loaded last"),
        pytest.param(["11-10 T1 c 100", "11-20 T1 110"], 100, id="an inspector's before a later customer's"),
        pytest.param(["11-10 T1 c 100", "11-20 T1 c 90"], 90, id="of two inspectors' the later"),
        pytest.param(["11-10 T1 r 100", "11-20 T1 c 110"], 100, id="removed before an inspector's"),
        pytest.param(["11-10 T1 110", "11-20 T1 r 120"], 120, id="removed before a customer's"),
    ],
)
def test_one_reading_a_period_counts(rows: list[str], value: int) -> None:
    assert values(handed("01-10 T1 i 50", *rows))[11] == (value,)


@pytest.mark.parametrize(
    ("rows", "counts"),
    [
        pytest.param(["10-20 T1 20", "10-20 T2 10"], {10: (20, 10)}, id="both"),
        pytest.param(["10-20 T1 20"], {}, id="day only"),
        pytest.param(["10-20 T2 10"], {}, id="night only"),
        pytest.param(["10-18 T1 20", "10-24 T2 10"], {10: (20, 10)}, id="both, on different days"),
        pytest.param(["10-20 T1 20", "11-20 T2 10"], {}, id="in different periods"),
        pytest.param(["10-20 T1 20", "11-20 T1 30", "11-20 T2 10"], {11: (30, 10)}, id="a later whole period"),
    ],
)
def test_a_meters_registers_count_together(rows: list[str], counts: dict[int, tuple[int, ...]]) -> None:
    start = handed("09-10 T1 i 0", "09-10 T2 i 0", *rows)
    assert values(start, zones=2) == {8: (0, 0), **counts}


def test_the_day_of_a_meter_is_that_of_its_latest_register() -> None:
    rows = handed("10-18 T1 20", "10-24 T2 10")
    assert counted(rows, 2)[0].taken_on == dt.date(2026, 10, 24)


def test_a_register_that_is_set_aside_takes_its_period_with_it() -> None:
    rows = handed(
        *("09-10 T1 i 0", "09-10 T2 i 0"),
        *("10-20 T1 500", "10-20 T2 10"),
        *("11-20 T1 c 400", "11-20 T2 c 20"),
    )
    assert values(rows, zones=2) == {8: (0, 0), 11: (400, 20)}


# rule 3: the start index ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("installed", "stands_at"),
    [("03-01 T1 i 7", 2), ("03-25 T1 i 7", 2), ("03-26 T1 i 7", 3), ("01-10 T1 i 7", 0)],
)
def test_the_start_index_stands_at_the_end_of_the_period_before(installed: str, stands_at: int) -> None:
    assert values(handed(installed)) == {stands_at: (7,)}


def test_installed_and_removed_in_one_period_both_count() -> None:
    assert values(handed("11-05 T1 i 7", "11-20 T1 r 9")) == {10: (7,), 11: (9,)}


def test_a_reading_in_the_period_of_the_installation_counts_for_it() -> None:
    assert values(handed("11-05 T1 i 7", "11-20 T1 9")) == {10: (7,), 11: (9,)}


def test_what_came_before_the_start_index_counts_no_more() -> None:
    assert values(handed("03-20 T1 900", "05-10 T1 i 7", "05-20 T1 9")) == {4: (7,), 5: (9,)}


def test_what_came_after_the_removal_does_not_count() -> None:
    assert values(handed("05-10 T1 i 7", "06-20 T1 r 9", "07-20 T1 12")) == {4: (7,), 6: (9,)}


def test_a_second_start_index_replaces_the_first() -> None:
    assert values(handed("03-10 T1 i 7", "04-20 T1 9", "05-10 T1 i 8")) == {4: (8,)}


def test_registers_installed_in_different_periods_start_with_the_later() -> None:
    assert values(handed("03-25 T1 i 7", "03-26 T2 i 3"), zones=2) == {3: (7, 3)}


def test_without_a_start_index_what_was_handed_in_is_known_all_the_same() -> None:
    assert values(handed("11-20 T1 9")) == {11: (9,)}


def test_nothing_handed_in_counts_as_nothing() -> None:
    assert counted([], 3) == []


# rule 4: inspectors --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "counts"),
    [
        pytest.param(["09-20 T1 300", "10-20 T1 c 250"], {10: 250}, id="above it, set aside"),
        pytest.param(["09-20 T1 250", "10-20 T1 c 250"], {9: 250, 10: 250}, id="equal, kept"),
        pytest.param(["09-20 T1 249", "10-20 T1 c 250"], {9: 249, 10: 250}, id="below, kept"),
        pytest.param(["08-20 T1 300", "09-20 T1 310", "10-20 T1 c 250"], {10: 250}, id="several months back"),
        pytest.param(["08-20 T1 200", "09-20 T1 310", "10-20 T1 c 250"], {8: 200, 10: 250}, id="only those above"),
        pytest.param(["09-20 T1 300", "10-20 T1 r 250"], {10: 250}, id="removed does the same"),
        pytest.param(
            ["07-20 T1 300", "08-20 T1 c 310", "09-20 T1 400", "10-20 T1 c 305"],
            {7: 300, 8: 310, 10: 305},
            id="back to the inspector before",
        ),
        pytest.param(["10-20 T1 c 250", "11-20 T1 300"], {10: 250, 11: 300}, id="not what comes later"),
        pytest.param(["10-10 T1 300", "10-20 T1 c 250"], {10: 250}, id="within one period"),
        pytest.param(
            ["10-10 T1 240", "10-12 T1 300", "11-20 T1 c 250"], {10: 240, 11: 250}, id="an earlier one counts again"
        ),
    ],
)
def test_an_inspector_sets_aside_what_the_customer_overstated(rows: list[str], counts: dict[int, int]) -> None:
    """Decree 354 of 2011, paragraph 61."""
    expected = {period: (value,) for period, value in counts.items()}
    assert values(handed("01-10 T1 i 100", *rows)) == {0: (100,), **expected}


# rule 4: through zero ------------------------------------------------------------------------------------------------


def rolled(*rows: str) -> dict[int, bool | None]:
    return {one.period - month(0): one.rolled[0] for one in counted(handed("01-10 T1 i 99000", *rows), 1)[1:]}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param(["02-20 T1 99500"], {2: None}, id="no drop"),
        pytest.param(["02-20 T1 99500 rollover"], {2: None}, id="a mark without a drop adds nothing"),
        pytest.param(["02-20 T1 150 rollover"], {2: True}, id="a marked drop"),
        pytest.param(["02-20 T1 150"], {2: False}, id="an unmarked drop"),
        pytest.param(["02-10 T1 120 rollover", "02-20 T1 150"], {2: True}, id="marked on a reading replaced since"),
        pytest.param(["02-20 T1 150", "03-20 T1 160 rollover"], {2: False, 3: None}, id="marked only afterwards"),
        pytest.param(
            ["02-20 T1 150 rollover", "03-20 T1 99900", "04-20 T1 100"],
            {2: True, 3: None, 4: False},
            id="an old mark serves no second drop",
        ),
        pytest.param(
            ["02-20 T1 150 rollover", "03-20 T1 c 120"], {3: True}, id="the marked reading itself is set aside"
        ),
        pytest.param(
            ["02-20 T1 99500", "03-20 T1 150 rollover", "04-20 T1 c 120"],
            {2: None, 4: True},
            id="set aside back to the mark, no further",
        ),
        pytest.param(["02-20 T1 99500", "03-20 T1 c 120 rollover"], {2: None, 3: True}, id="marked by the inspector"),
    ],
)
def test_a_drop_is_a_rollover_only_where_one_is_marked_since(rows: list[str], told: dict[int, bool | None]) -> None:
    assert rolled(*rows) == told


# whatever was handed in ----------------------------------------------------------------------------------------------


DAYS_OF_2026 = [f"{number:02d}-{day}" for number in range(1, 13) for day in (10, 25, 26)]
KINDS = ["", "", "", "", "c", "r"]


@st.composite
def histories(draw: st.DrawFn, zones: int = 2) -> list[Handed]:
    """Mostly of a meter that was installed; readings as they may come, marks and inspectors among them."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(DAYS_OF_2026),
                st.sampled_from(ZONES[:zones]),
                st.sampled_from(KINDS),
                st.integers(0, 999),
                st.sampled_from(["", "", "rollover"]),
            ),
            max_size=12,
        )
    )
    installed = [("01-10", zone, "i", 500, "") for zone in ZONES[:zones] if draw(st.integers(0, 9))]
    return handed(*(" ".join(map(str, row)) for row in (*installed, *rows)))


@given(histories())
def test_periods_come_in_order_and_once(rows: list[Handed]) -> None:
    periods = [one.period for one in counted(rows, 2)]
    assert periods == sorted(set(periods))


@given(histories())
def test_only_what_was_handed_in_counts(rows: list[Handed]) -> None:
    given_values = {(row.zone, row.value) for row in rows}
    assert all(set(zip(ZONES, one.values, strict=False)) <= given_values for one in counted(rows, 2))


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_in_which_rows_are_looked_at_is_no_matter(rows: list[Handed], chance: random.Random) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert counted(shuffled, 2) == counted(rows, 2)


METER = oracle.Meter("77", "electricity", zones=2, digits=3, decimals=0)


def by_the_bill(rows: list[Handed]) -> oracle.Use | str | None:
    """What the billing rules, read from their text alone, make of the same readings."""
    ordered = sorted(rows, key=lambda row: row.order)
    readings = [
        oracle.Reading(METER.serial, row.zone, row.period, row.kind.value, row.value, row.rollover, at, at)
        for at, row in enumerate(ordered)
    ]
    return oracle.use_of(METER, readings, month(14), oracle.Limits())


@given(histories())
def test_what_a_customer_is_answered_by_is_what_the_bill_counts(rows: list[Handed]) -> None:
    used = by_the_bill(rows)
    found = counted(rows, 2)
    if used == "no_start_index" or used is None:
        return
    drops = any(rolled is False for one in found for rolled in one.rolled)
    assert (used == "unmarked_drop") is drops
    if isinstance(used, oracle.Use):
        months = [used.months[at] for at in sorted(used.months)]
        for at, zone in enumerate(ZONES[:2]):
            billed = [volumes[zone] for volumes in months if zone in volumes]
            assert [volume for basis, volume in billed if basis == "actual"] == monthly(found, at)


def monthly(found: list[Counted], zone: int) -> list[int]:
    """The volumes of the actual months of one register, in order."""
    volumes: list[int] = []
    for earlier, later in itertools.pairwise(found):
        advance = (later.values[zone] - earlier.values[zone]) % 1000
        volumes += over_months(advance, earlier.period, later.period).values()
    return volumes
