"""What can't be read of a file is told by its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.usecases.import_files.report import TOLD
from sbyt.usecases.import_files.source import Source, layout
from sbyt.usecases.import_files.workspace import workspace

HEADER = "account,paid_on,amount,source,external_id\n"


def read(path: Path) -> tuple[int, list[int], int]:
    """How many rows are bad, the lines of those told, how many rows are good."""
    source = Source(path, path.name)
    with workspace(source, layout(source), lambda _read: None) as work:
        return work.bad_count(), [bad.line for bad in work.bad_rows()], work.number("SELECT count(*) FROM rows")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files") / "payments.csv"


GOOD = "1,2026-01-01,5,bank,x\n"
SURPLUS = "1,2026-01-01,5,bank,x,surplus\n"
ROWS = [
    GOOD,
    SURPLUS,
    "1,2026-01-01\n",
    '1,2026-01-01,5,"two\nlines",x\n',
    '1,2026-01-01,5,"two\nlines",x,"and\ntwo more"\n',
    "1,2026-01-01,five,bank,x\n",
]
BAD = {1, 2, 4, 5}


@given(st.lists(st.integers(0, len(ROWS) - 1), max_size=40))
def test_each_bad_row_is_told_by_the_line_on_which_it_begins(path: Path, places: list[int]) -> None:
    path.write_text(HEADER + "".join(ROWS[place] for place in places))
    lines, line = [], 2
    for place in places:
        if place in BAD:
            lines.append(line)
        line += ROWS[place].count("\n")
    assert read(path) == (len(lines), lines, len(places) - len(lines))


@pytest.mark.parametrize("between", ["", GOOD, ROWS[3]], ids=["nothing", "good rows", "rows of two lines"])
def test_rows_with_cells_too_many_are_counted_and_the_first_told(path: Path, between: str) -> None:
    count = 30_000
    path.write_text(HEADER + between + SURPLUS * count + between)
    bad, told, good = read(path)
    first = 2 + between.count("\n")
    assert (bad, told, good) == (count, list(range(first, first + TOLD)), 2 * bool(between))
