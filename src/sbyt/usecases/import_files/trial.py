"""Prices and norms of a file, read and checked as an import would, and kept from the database."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa

from sbyt.bulk import transaction
from sbyt.core.settings import Settings
from sbyt.usecases.import_files.judging import prices
from sbyt.usecases.import_files.report import FileReport
from sbyt.usecases.import_files.run import context_of
from sbyt.usecases.import_files.source import UnableToReadFile, layout, sources
from sbyt.usecases.import_files.workspace import workspace

_JUDGES = {"tariffs": prices.judge_tariffs, "norms": prices.judge_norms}


def read_parameters(path: Path, settings: Settings, at: dt.datetime) -> tuple[FileReport, pa.Table | None]:
    """What is new or changed in a file of tariffs or norms: the columns of its table, whole tables of prices.

    :returns: the report with the bad rows, if there are any, and then no table.
    :raises UnableToReadFile: if it can't be read, or is of another kind.
    """
    source = sources(path)[0]
    its_layout = layout(source)
    report = FileReport(source.name, its_layout.kind.name)
    if its_layout.kind.name not in _JUDGES:
        raise UnableToReadFile("нужен файл тарифов или нормативов (столбцы tariffs.csv или norms.csv)")
    with workspace(source, its_layout, lambda _read: None) as work, transaction(write=False) as bulk:
        verdict = _JUDGES[report.kind](work, bulk, context_of(bulk, settings, at, retroactive=True))
        report.rows, report.bad_count = work.rows_written, work.bad_count()
        if report.refused:
            report.bad = work.bad_rows()
            return report, None
        return report, verdict.rows() if verdict.rows else None
