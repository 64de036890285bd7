"""``sbyt import`` and ``sbyt export``: what came of each file in words, and tables to standard output."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Iterator

from rich.console import Console
from rich.status import Status

from sbyt.bulk import UnableToOpenDatabase
from sbyt.core.settings import Settings
from sbyt.usecases.import_files import FileReport, import_files

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
    errors = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)
    output = Console(markup=False, highlight=False, soft_wrap=True)
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
        yield f"{report.name}: не принят целиком, плохих строк: {report.bad_count}"
        return
    counts = f"строк {report.rows}, новых {report.new}, известных {report.known}, изменено {report.changed}"
    yield f"{report.name}: принят ({_NAMES[report.kind]}), {counts}"
