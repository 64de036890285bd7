"""``sbyt bill``: runs the billing of a period and says what a billing specialist wants to know."""

from __future__ import annotations

import datetime as dt
import enum
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.status import Status

from sbyt.accounts.selection import UnableToSelect, select_accounts
from sbyt.billing.batches import Engine, in_process
from sbyt.billing.engine import UnableToCompute
from sbyt.billing.operations import UnableToBeginAhead, UnableToBill, UnableToBillMissing
from sbyt.billing.snapshot import on_spark
from sbyt.billing.spark import UnableToUseSpark
from sbyt.bulk import UnableToAppend, UnableToOpenDatabase, UnableToRunStatement
from sbyt.cli.bill_words import compared, described
from sbyt.cli.progress import left
from sbyt.core.periods import Period, UnableToParsePeriod
from sbyt.core.settings import Settings
from sbyt.usecases.import_files.source import UnableToReadFile
from sbyt.usecases.import_files.trial import read_parameters
from sbyt.usecases.run_billing import bill_missing, compare_prices, run_billing

_PHASES = {"read": "Читаю данные…", "compute": "Считаю…", "save": "Записываю…"}
_REFUSALS = (
    UnableToAppend,
    UnableToBeginAhead,
    UnableToBill,
    UnableToBillMissing,
    UnableToCompute,
    UnableToOpenDatabase,
    UnableToRunStatement,
    UnableToSelect,
    UnableToUseSpark,
)


class Computer(enum.StrEnum):
    """What works the bills out."""

    DUCKDB = "duckdb"
    SPARK = "spark"


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the period is to be billed, as it was asked for."""

    dry_run: bool = False
    missing: bool = False
    full: bool = False
    ahead: bool = False
    only: str | None = None
    prices: Path | None = None
    computer: Computer = Computer.DUCKDB
    master: str | None = None
    snapshot: Path | None = None

    def contradiction(self) -> str | None:
        """Why these can't be had together."""
        if self.missing and self.dry_run:
            return "--missing и --dry-run вместе не бывают: сначала посмотрите sbyt bill ПЕРИОД."
        if self.only and not (self.dry_run or self.missing):
            return (
                "Период начисляется целиком, всем сразу. --only считает только на пробу: добавьте --dry-run. "
                "Пропущенным при начислении счетам поможет --missing, его можно сузить словом --only."
            )
        if self.prices and not self.dry_run:
            return (
                "С другими ценами можно посчитать только на пробу: добавьте --dry-run. Чтобы цены вступили в силу, "
                "загрузите их: sbyt import ФАЙЛ."
            )
        if self.computer is Computer.SPARK and (self.missing or self.prices):
            return "--engine spark начисляет месяц целиком: --missing и --prices с ним не бывают."
        if self.computer is Computer.DUCKDB and (self.master or self.snapshot):
            return "--master и --snapshot нужны только вместе с --engine spark."
        return None

    def engine(self) -> AbstractContextManager[Engine]:
        """What was asked for, for as long as it is needed."""
        return on_spark(self.snapshot, self.master) if self.computer is Computer.SPARK else nullcontext(in_process)


class _Told:
    """Tells how far a run is, and how long it may still take."""

    def __init__(self, status: Status) -> None:
        self._status = status
        self._begun = time.monotonic()

    def __call__(self, phase: str, done: int, of: int) -> None:
        if not of:
            self._begun = time.monotonic()
        self._status.update(_PHASES[phase] + (f" {done} из {of}" if of else "") + self._left(done, of))

    def _left(self, done: int, of: int) -> str:
        if not 0 < done < of:
            return ""
        return left((time.monotonic() - self._begun) * (of - done) / done)


def bill_period(text: str, settings: Settings, wanted: Wanted) -> int:
    """Bill a period, write the summary to standard output, progress and refusals to standard error.

    :returns: the exit status: 1 where the period can't be billed, 2 where what is asked for is none.
    """
    progress = Console(stderr=True, emoji=False, markup=False, highlight=False, soft_wrap=True)
    if contradiction := wanted.contradiction():
        progress.print(contradiction)
        return 2
    try:
        period = Period.parse(text)
    except UnableToParsePeriod:
        progress.print(f"{text!r} — не период. Напишите год и месяц, например 2026-11.")
        return 2
    today = dt.datetime.now(settings.zone).date()
    if period.first_day > today and not wanted.dry_run:
        progress.print(f"Внимание: месяц {period} ещё не начался, а начисленный период уже не изменить.")
    try:
        with progress.status("") as status:
            lines = list(_asked(period, settings, wanted, _Told(status)))
    except UnableToReadFile as error:
        progress.print(f"{wanted.prices}: {error.reason}.")
        return 1
    except _REFUSALS as error:
        progress.print(str(error))
        return 1
    output = Console(emoji=False, markup=False, highlight=False, soft_wrap=True)
    for line in lines:
        output.print(line)
    return 0


def _asked(period: Period, settings: Settings, wanted: Wanted, tell: _Told) -> Iterator[str]:
    now = dt.datetime.now(dt.UTC)
    only = select_accounts(wanted.only) if wanted.only else None
    if wanted.prices:
        report, rows = read_parameters(wanted.prices, settings, now)
        if rows is None:
            bad = report.bad[0]
            raise UnableToReadFile(f"строка {bad.line}, {bad.column}: {bad.reason}")
        yield from compared(compare_prices(period, settings, rows, only=only, progress=tell))
    elif wanted.missing:
        billed = bill_missing(period, settings, only=only, progress=tell)
        yield from described(billed, missing=True)
    else:
        with wanted.engine() as engine:
            billed = run_billing(
                period,
                settings,
                now=now,
                dry_run=wanted.dry_run,
                only=only,
                # Who has many machines has them look at everything.
                full=wanted.full or wanted.computer is Computer.SPARK,
                ahead=wanted.ahead,
                engine=engine,
                progress=tell,
            )
        yield from described(billed, dry_run=wanted.dry_run, everybody=only is None)
