"""A small world in files, and importing it."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from sbyt.core.settings import Settings
from sbyt.usecases.import_files import FileReport, import_files

AT = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)

ACCOUNTS = """\
account,holder,address,category,residents,phone,email,opening_balance
0001,Петров П. П.,"ул. Мира, д. 3",urban,2,+79120000101,Petrov@example.org,100.50
0002,Сидорова А. А.,"ул. Мира, д. 5",rural,1,8 (912) 000-01-02,,
"""
METERS = """\
account,serial,resource,zones,digits,decimals,installed_on
0001,E1,electricity,1,5,0,2026-01-12
0001,W1,cold_water,1,5,3,2026-01-12
0002,E2,electricity,2,6,0,2026-01-12
"""
HEADER = "account,serial,zone,value,taken_on,received_at,channel,kind,rollover\n"
INSTALLED = (
    HEADER
    + """\
0001,E1,T1,1000,2026-01-12,2026-01-12T10:00:00,office,installed,
0001,W1,T1,12.500,2026-01-12,2026-01-12T10:00:00,office,installed,
0002,E2,T1,100,2026-01-12,2026-01-12T10:00:00,office,installed,
0002,E2,T2,50,2026-01-12,2026-01-12T10:00:00,office,installed,
"""
)
TARIFFS = """\
resource,category,zones,zone,valid_from,above,price
electricity,urban,1,T1,2026-01-01,0,5.50
electricity,urban,1,T1,2026-01-01,3900,7.70
"""
NORMS = "resource,category,valid_from,per_resident\nelectricity,urban,2026-01-01,78.5\n"

WORLD = {"accounts": ACCOUNTS, "meters": METERS, "readings": INSTALLED, "tariffs": TARIFFS, "norms": NORMS}


def readings(*rows: str) -> str:
    """readings.csv with these rows."""
    return HEADER + "".join(f"{row}\n" for row in rows)


def take(
    paths: Sequence[Path | str], *, settings: Settings | None = None, retroactive: bool = False
) -> list[FileReport]:
    """Import files."""
    return list(import_files([str(path) for path in paths], settings or Settings(), at=AT, retroactive=retroactive))


def take_texts(files: dict[str, str | bytes], *, retroactive: bool = False) -> dict[str, FileReport]:
    """Import a folder of files given by kind and content; the reports by kind."""
    with tempfile.TemporaryDirectory() as folder:
        for kind, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            (Path(folder) / f"{kind}.csv").write_bytes(data)
        return {Path(report.name).stem: report for report in take([folder], retroactive=retroactive)}


def take_one(kind: str, content: str | bytes, *, retroactive: bool = False) -> FileReport:
    """Import one file."""
    return take_texts({kind: content}, retroactive=retroactive)[kind]


def take_world() -> None:
    """Import the small world."""
    for report in take_texts(dict(WORLD)).values():
        assert not report.refused, report


def complaints(report: FileReport) -> list[tuple[int, str]]:
    """Line and column of each bad row."""
    return [(bad.line, bad.column) for bad in report.bad]


def counts(report: FileReport) -> tuple[int, int, int, int]:
    """Rows, new, known, changed."""
    assert not report.refused, report.bad
    return report.rows, report.new, report.known, report.changed


def shuffled_lines(text: str, order: Sequence[int]) -> str:
    """The same file with its rows in another order."""
    header, *rows = text.splitlines(keepends=True)
    return header + "".join(_picked(rows, order))


def _picked(rows: Sequence[str], order: Sequence[int]) -> Iterator[str]:
    return (rows[place % len(rows)] for place in order)
