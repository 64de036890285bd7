"""``sbyt import`` and ``sbyt export``: what came of each file in words, and tables to standard output."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.status import Status

from sbyt.bulk import UnableToOpenDatabase
from sbyt.core.periods import Period, UnableToParsePeriod
from sbyt.core.settings import Settings
from sbyt.usecases.export_tables import Format, Table, UnableToExport, export_table
from sbyt.usecases.import_files.report import FileReport

#: A step that takes longer is shown.
_PATIENCE = 1.0
_NAMES = {
    "accounts": "лицевые счета",
    "meters": "счётчики",
    "tariffs": "цены",
    "norms": "нормативы",
    "readings": "показания",
    "payments": "платежи",
    "charges": "прежние начисления",
}


class Watch:
    """Shows what is being done on standard error, once it takes longer than a second."""

    def __init__(self, console: Console) -> None:
        self._status = Status("", console=console)
        self._begun = time.monotonic()
        self._shown = False

    def tell(self, name: str, step: str, share: float | None = None) -> None:
        if not self._shown and time.monotonic() - self._begun > _PATIENCE:
            self._status.start()
            self._shown = True
        done = "" if share is None else f" {min(share, 1):.0%}"
        self._status.update(f"{name}: {step}{done}")

    def pause(self) -> None:
        """Leave the line to what is printed next; begin anew with the next file."""
        self._status.stop()
        self._shown = False
        self._begun = time.monotonic()


def run_import(paths: list[str], settings: Settings, *, retroactive: bool) -> int:
    """Import the files; a line for each that is in on standard output, the bad rows on standard error.

    :returns: the exit status: 1 where any file was refused or the database can't be had.
    """
    errors = Console(stderr=True, emoji=False, markup=False, highlight=False, soft_wrap=True)
    output = Console(emoji=False, markup=False, highlight=False, soft_wrap=True)
    from sbyt.usecases.import_files import import_files

    watch = Watch(errors)
    refused = False
    try:
        reports = import_files(
            paths,
            settings,
            at=dt.datetime.now(dt.UTC),
            stdin=sys.stdin.buffer,
            retroactive=retroactive,
            progress=watch.tell,
        )
        for report in reports:
            watch.pause()
            refused = refused or report.refused
            console = errors if report.refused else output
            for line in described(report):
                console.print(line)
    except UnableToOpenDatabase as error:
        errors.print(str(error))
        return 1
    finally:
        watch.pause()
    return 1 if refused else 0


def run_export(table: Table, settings: Settings, *, period: str | None, since: str | None, form: Format) -> int:
    """Write a table to standard output, progress and refusals to standard error.

    :param since: local time, ISO.
    :returns: the exit status: 1 where there is nothing to be had, 2 where an option is wrong.
    """
    errors = Console(stderr=True, emoji=False, markup=False, highlight=False, soft_wrap=True)
    if form is Format.PARQUET and sys.stdout.isatty():
        errors.print("Parquet — двоичные данные, не для экрана. Направьте вывод в файл: sbyt export … > файл.parquet")
        return 2
    watch = Watch(errors)
    try:
        export_table(
            table,
            form,
            sys.stdout.buffer,
            settings.zone,
            period=Period.parse(period) if period else None,
            since=_moment(since, settings) if since else None,
            progress=lambda rows: watch.tell(table, f"выгружено строк: {rows}"),
        )
    except UnableToParsePeriod:
        errors.print(f"{period!r} — не период. Напишите год и месяц, например 2026-11.")
        return 2
    except (UnableToExport, UnableToReadTime) as error:
        errors.print(str(error))
        return 2
    except UnableToOpenDatabase as error:
        errors.print(str(error))
        return 1
    except BrokenPipeError:  # whoever read us has had enough
        sys.stderr.close()
        return 1
    finally:
        watch.pause()
    return 0


class UnableToReadTime(ValueError):
    """The text is no local time."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} — не время. Напишите, например, 2026-11-20T10:00:00.")


def _moment(text: str, settings: Settings) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise UnableToReadTime(text) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=settings.zone)


def described(report: FileReport) -> Iterator[str]:
    """What came of a file: its bad rows one a line, and the summary."""
    for bad in report.bad:
        place = f"{report.name}:{bad.line}" if bad.line else report.name
        column = f"столбец {bad.column}: " if bad.column else ""
        yield f"{place}: {column}{bad.reason}"
    if report.bad_count > len({bad.line for bad in report.bad}):
        yield f"{report.name}: показаны первые {len(report.bad)} замечаний"
    for note in report.notes:
        yield f"{report.name}: {note}"
    if report.refused:
        rows = (
            f" целиком, плохих строк: {report.bad_count}" if report.rows and any(bad.line for bad in report.bad) else ""
        )
        yield f"{report.name}: не принят{rows}"
        return
    if not report.kind:  # a folder, of which there was only something to note
        return
    counts = f"строк {report.rows}, новых {report.new}, известных {report.known}, изменено {report.changed}"
    yield f"{report.name}: принят ({_NAMES[report.kind]}), {counts}"
