"""What is known of a meter before a period: the last counted values, and the average month of each register."""

from __future__ import annotations

import pytest

from sbyt.core.settings import Estimates
from sbyt.metering.counting import counted
from sbyt.metering.history import History, history
from tests.metering.histories import handed, month

FULL = 100_000


def known(*rows: str, before: int, zones: int = 1, limits: Estimates | None = None) -> History:
    return history(counted(handed(*rows), zones), month(before), zones, FULL, limits or Estimates())


def test_before_the_first_reading_nothing_is_known() -> None:
    assert known(before=5, zones=2) == History(None, (None, None))


def test_the_last_is_that_of_an_earlier_period() -> None:
    last = known("03-10 T1 i 0", "04-20 T1 100", "05-20 T1 200", before=5).last
    assert last is not None
    assert (last.values, last.period, last.taken_on.month) == ((100,), month(4), 4)


def test_of_a_meter_just_installed_the_start_index_is_the_last() -> None:
    last = known("05-10 T1 i 7", before=5).last
    assert last is not None
    assert (last.values, last.period) == ((7,), month(4))


@pytest.mark.parametrize(
    ("rows", "average"),
    [
        pytest.param(["03-20 T1 100", "04-20 T1 200"], None, id="two months are too few"),
        pytest.param(["03-20 T1 100", "04-20 T1 200", "05-20 T1 300"], 100, id="three are enough"),
        pytest.param(["05-20 T1 300"], 100, id="a use over three months is three actual months"),
        pytest.param(["03-20 T1 1", "04-20 T1 2", "05-20 T1 4"], 1, id="four thirds, down"),
        pytest.param(["03-20 T1 1", "04-20 T1 2", "05-20 T1 5"], 2, id="five thirds, up"),
        pytest.param(["03-20 T1 0", "04-20 T1 0", "05-20 T1 0"], 0, id="no use is a use of zero"),
        pytest.param(
            [f"{at:02d}-20 T1 {1000 + at * 10}" for at in range(3, 10)],
            10,
            id="of the last six only, the first of seven was high",
        ),
        pytest.param(
            ["03-20 T1 100", "04-20 T1 200", "05-20 T1 300", "06-20 T1 500"], 125, id="of as many as there are"
        ),
    ],
)
def test_the_average_is_of_the_last_six_actual_months_and_of_three_at_least(
    rows: list[str], average: int | None
) -> None:
    """Decree 354 of 2011, paragraph 59; billing rule 6."""
    assert known("03-10 T1 i 0", *rows, before=12).averages == (average,)


def test_a_tie_is_rounded_up() -> None:
    rows = [f"{at:02d}-20 T1 {at // 4 if at < 6 else 2}" for at in (3, 4, 5, 6)]
    assert known("03-10 T1 i 0", *rows, before=12).averages == (1,)  # 2 in four months is a half a month


def test_each_register_has_its_own() -> None:
    rows = ("03-10 T1 i 0", "03-10 T2 i 0", "05-20 T1 300", "05-20 T2 30")
    assert known(*rows, before=6, zones=2).averages == (100, 10)


def test_a_marked_rollover_is_used_through_zero() -> None:
    assert known("03-10 T1 i 99900", "05-20 T1 200 rollover", before=6).averages == (100,)


@pytest.mark.parametrize(("rows", "average"), [(["06-20 T1 300"], None), (["06-20 T1 300", "08-20 T1 500"], 100)])
def test_what_was_used_before_an_unmarked_drop_is_not_known(rows: list[str], average: int | None) -> None:
    assert known("03-10 T1 i 900", "05-20 T1 200", *rows, before=9).averages == (average,)


def test_the_limits_are_settings() -> None:
    limits = Estimates(average_of_months=1, least_months=1)
    assert known("03-10 T1 i 0", "03-20 T1 10", "04-20 T1 90", before=5, limits=limits).averages == (80,)
