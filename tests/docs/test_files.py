"""The page about files shows the columns that are really read."""

from __future__ import annotations

from pathlib import Path

import pytest

from sbyt.usecases.import_files.kinds import KINDS, Kind, as_markdown

PAGE = Path(__file__).parents[2] / "docs" / "files.md"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_columns_of_each_file_are_shown_as_they_are_read(kind: Kind) -> None:
    assert (
        f"## {kind.name}.csv\n\n{kind.about[0].upper()}{kind.about[1:]}.\n\n{as_markdown(kind)}\n" in PAGE.read_text()
    )
