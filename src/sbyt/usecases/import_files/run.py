"""Import: find the files, judge each, take it whole or leave it."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import duckdb

from sbyt.bulk import Bulk, UnableToRunStatement, transaction
from sbyt.core.settings import Settings
from sbyt.usecases.import_files.judging import accounts, meters, money, prices, readings
from sbyt.usecases.import_files.judging.verdict import Context, Verdict
from sbyt.usecases.import_files.kinds import KINDS
from sbyt.usecases.import_files.report import BadRow, FileReport, Progress, silent
from sbyt.usecases.import_files.source import Layout, Source, UnableToReadFile, layout, passed_over, sources
from sbyt.usecases.import_files.workspace import Workspace, workspace

#: The path that stands for standard input.
STDIN = "-"

_JUDGES: dict[str, Callable[[Workspace, Bulk, Context], Verdict]] = {
    "accounts": accounts.judge,
    "meters": meters.judge,
    "tariffs": prices.judge_tariffs,
    "norms": prices.judge_norms,
    "readings": readings.judge,
    "payments": money.judge_payments,
    "charges": money.judge_charges,
}
_ORDER = {kind.name: place for place, kind in enumerate(KINDS)}


def import_files(
    paths: Sequence[str],
    settings: Settings,
    *,
    at: dt.datetime,
    stdin: BinaryIO | None = None,
    retroactive: bool = False,
    progress: Progress = silent,
) -> Iterator[FileReport]:
    """Import files one after another; what came of each is given as soon as it is done.

    Of a folder the files that are called as ours are (accounts.csv, …) are taken, in the order in which they depend on
    each other; files named side by side are put in that order too. Each file is a transaction of its own: one that is
    refused doesn't keep the others from being taken, but those that need its rows will find them missing.

    :param paths: files, folders, ``-`` for ``stdin``.
    :param at: the moment of the import: when readings were loaded, from when links begin or end.
    :param retroactive: take prices and norms also where they change a period already billed.
    :raises UnableToOpenDatabase: if the database can't be had.
    """
    with tempfile.TemporaryDirectory(prefix="sbyt-stdin-") as folder:
        for group in _groups(paths):
            yield from _import_group(
                group, Path(folder), settings, at, stdin, retroactive=retroactive, progress=progress
            )


def _groups(paths: Sequence[str]) -> Iterator[list[str]]:
    """Each folder by itself; files that are named side by side together."""
    together: list[str] = []
    for path in paths:
        if path != STDIN and Path(path).is_dir():
            if together:
                yield together
            together = []
            yield [path]
        else:
            together.append(path)
    if together:
        yield together


def _import_group(
    paths: list[str],
    folder: Path,
    settings: Settings,
    at: dt.datetime,
    stdin: BinaryIO | None,
    *,
    retroactive: bool,
    progress: Progress,
) -> Iterator[FileReport]:
    found: list[tuple[Source, Layout]] = []
    for path in paths:
        try:
            for source in _sources(path, folder, stdin):
                progress(source.name, "смотрю", None)
                try:
                    found.append((source, layout(source)))
                except UnableToReadFile as error:
                    yield _unreadable(FileReport(source.name), error)
            if path != STDIN and Path(path).is_dir() and (others := passed_over(Path(path))):
                yield FileReport(path, notes=[f"файлы с другими названиями не взяты: {', '.join(others)}"])
        except UnableToReadFile as error:
            yield _unreadable(FileReport(path), error)
    for source, its_layout in sorted(found, key=lambda pair: _ORDER[pair[1].kind.name]):
        yield _import_file(source, its_layout, settings, at, retroactive=retroactive, progress=progress)


def _sources(path: str, folder: Path, stdin: BinaryIO | None) -> list[Source]:
    if path == STDIN:
        return [Source(_copy(stdin or BytesIO(), folder), "stdin")]
    if Path(path).exists() and not (Path(path).is_file() or Path(path).is_dir()):
        try:
            with Path(path).open("rb") as pipe:
                return [Source(_copy(pipe, folder), path)]
        except OSError as error:
            raise UnableToReadFile(f"не читается: {error.strerror or error}") from error
    return sources(Path(path))


def _copy(stream: BinaryIO, folder: Path) -> Path:
    """What flows is read twice, for the encoding and for the rows: it has to lie somewhere."""
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
        shutil.copyfileobj(stream, file, 1 << 20)
    return Path(file.name)


def _import_file(
    source: Source, its_layout: Layout, settings: Settings, at: dt.datetime, *, retroactive: bool, progress: Progress
) -> FileReport:
    report = FileReport(source.name, its_layout.kind.name, notes=list(its_layout.notes))
    size = max(source.path.stat().st_size, 1)
    try:
        with workspace(source, its_layout, lambda read: progress(source.name, "читаю", read / size)) as work:
            report.rows = work.rows_written
            progress(source.name, "проверяю", None)
            with transaction() as bulk:
                _judge(work, bulk, context_of(bulk, settings, at, retroactive=retroactive), report, progress)
    except UnableToReadFile as error:
        return _unreadable(report, error)
    except (duckdb.IOException, duckdb.OutOfMemoryException, OSError) as error:
        reason = f"не хватило места или памяти: {str(error).partition(chr(10))[0]}. Ничего не записано"
        return _unreadable(report, UnableToReadFile(reason))
    except UnableToRunStatement as error:
        # What passed our checks and yet is refused: say so, and leave nothing half done.
        return _unreadable(report, UnableToReadFile(str(error)))
    return report


def _judge(work: Workspace, bulk: Bulk, context: Context, report: FileReport, progress: Progress) -> None:
    verdict = _JUDGES[report.kind](work, bulk, context)
    report.notes += verdict.notes
    report.bad_count = work.bad_count()
    if report.refused:
        report.bad = work.bad_rows()
        return
    report.new, report.changed = verdict.new, verdict.changed
    report.known = report.rows - report.new - report.changed
    if report.new or report.changed:
        for note in verdict.notes:
            progress(report.name, note, None)
        progress(report.name, "записываю", None)
        verdict.load()


def context_of(bulk: Bulk, settings: Settings, at: dt.datetime, *, retroactive: bool) -> Context:
    """What a judgement needs to know of the installation as it is now."""
    billed = bulk.read("SELECT min(period) AS first, max(period) AS last FROM billing_run").to_pylist()[0]
    return Context(at, settings.zone, settings.window.last_day, billed["first"], billed["last"], retroactive)


def _unreadable(report: FileReport, error: UnableToReadFile) -> FileReport:
    report.bad = [BadRow(error.line, error.column, error.reason)]
    report.bad_count = 1
    return report
