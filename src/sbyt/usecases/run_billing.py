"""Bill a period: work out what it costs by what is known now, and land it whole (billing rule 13)."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa

from sbyt.billing import operations, queries
from sbyt.billing.batches import Engine, Workbench, in_process
from sbyt.billing.compute import Outcome
from sbyt.billing.engine import duckdb
from sbyt.billing.models import Run, Unbilled
from sbyt.billing.operations import BASES, HOLDS, KINDS, REASONS
from sbyt.billing.reports import Reported, reported_by_outcome, reported_by_run
from sbyt.billing.standing import Standing, add_standing, begin_standing, end_standing, read_standing
from sbyt.billing.summary import Summary, Tally, together
from sbyt.bulk import transaction
from sbyt.core.periods import Period
from sbyt.core.settings import Settings

#: How many of those who could not be billed are named at once; all of them are in the table.
MOST_REPORTED = 20

#: Is told the name of a phase when it begins (read, compute, save), how many accounts are done and how many there are.
Progress = Callable[[str, int, int], None]

#: Is given what each batch of accounts is billed.
Watcher = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class Billed:
    """What came of it.

    ``worked_out`` counts the bills that were worked out now: None where the period had been billed before, and nothing
    was done. ``anew`` counts the accounts whose whole history was looked at for that. ``reported`` has the first of
    those who could not be billed.
    """

    summary: Summary
    worked_out: int | None
    reported: list[Reported]
    anew: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """The same period as it is, and as it would be."""

    now: Summary
    then: Summary


def _silent(_phase: str, _done: int, _of: int) -> None:
    return None


def _unwatched(_outcome: Outcome) -> None:
    return None


def run_billing(  # noqa: PLR0913 a run has as many options as its command
    period: Period,
    settings: Settings,
    *,
    now: dt.datetime,
    dry_run: bool = False,
    only: Sequence[int] | None = None,
    full: bool = False,
    ahead: bool = False,
    engine: Engine = in_process,
    progress: Progress = _silent,
    watcher: Watcher = _unwatched,
) -> Billed:
    """Bill the period, or with ``dry_run`` only work it out. A period already billed is left as it is.

    :param only: the ids of the accounts wanted, in a dry run: a period is billed whole.
    :param full: look at every history from its beginning, instead of going on from where the last run left it. Both
        come to the same.
    :param ahead: begin with a month that has not begun.
    :param engine: what works it out.
    :param watcher: is given each batch before it is saved.

    :raises UnableToBill: if another period is the next to be billed.
    :raises UnableToBeginAhead: if it is the first and has not begun.
    :raises UnableToOpenDatabase: if the database is lost, or another run or import holds it.
    :raises UnableToRunStatement: if the database refuses; nothing is written then.
    :raises UnableToCompute: if the engine can't go on; nothing is written then.
    """
    with transaction(write=not dry_run) as bulk, duckdb() as tables:
        landed = queries.landed_periods(bulk)
        if period not in landed:
            operations.require_next(period, landed)
            if not (dry_run or ahead):
                operations.require_begun(period, landed, now.astimezone(settings.zone).date())
            bench = Workbench(tables, bulk, period, settings.zone, queries.marks(bulk))
            run = _Run(bench, settings, progress, watcher, engine)
            if dry_run:
                return run.rehearse(landed, only=only, full=full)
            return run.land(landed, now=now, full=full)
    summary = Summary.model_validate(Run.objects.get(period=period).summary)
    return Billed(summary, None, reported_by_run(period, MOST_REPORTED))


def compare_prices(
    period: Period,
    settings: Settings,
    rows: pa.Table,
    *,
    only: Sequence[int] | None = None,
    progress: Progress = _silent,
) -> Compared:
    """Work out the next period twice: as it is, and with other prices or norms. Nothing is saved.

    :param rows: whole tables of prices, or norms, with the columns of ``facts.COLUMNS``; each takes the place of the
        one that begins in the same month.

    :raises UnableToBill: if another period is the next to be billed.
    :raises UnableToOpenDatabase: if the database is lost.
    :raises UnableToRunStatement: if the database refuses.
    :raises UnableToCompute: if the engine can't go on.
    """
    with transaction(write=False) as bulk, duckdb() as engine:
        landed = queries.landed_periods(bulk)
        operations.require_next(period, landed)
        bench = Workbench(engine, bulk, period, settings.zone, queries.marks(bulk))
        return _Run(bench, settings, progress, _unwatched).compare(landed, rows, only=only)


def _tally() -> Tally:
    return Tally(KINDS, BASES, REASONS, HOLDS)


class _Run:
    """One run, from what is known to what is saved."""

    def __init__(
        self,
        bench: Workbench,
        settings: Settings,
        progress: Progress,
        watcher: Watcher,
        engine: Engine = in_process,
    ) -> None:
        self._bench, self._settings, self._progress, self._watcher = bench, settings, progress, watcher
        self._engine = engine
        self._tally = _tally()
        self._reported: list[Reported] = []

    def land(self, landed: Sequence[Period], *, now: dt.datetime, full: bool) -> Billed:
        """Bill everybody."""
        bench, bulk, period = self._bench, self._bench.bulk, self._bench.period
        before = self._read(landed, full=full)
        begin_standing(bulk)
        self._work(save=True, settle=True)
        summary = self._summary()
        operations.save_run(bulk, period, summary, now=now)
        self._end_standing(before or Standing(queries.Marks(), queries.Waiting()))
        return Billed(summary, summary.bills, self._reported, bench.anew())

    def rehearse(self, landed: Sequence[Period], *, only: Sequence[int] | None, full: bool) -> Billed:
        """Work out what everybody would be billed, or only some."""
        if only is None:
            self._read(landed, full=full)
        else:
            self._read_some(only)
        self._work(save=False, settle=False)
        summary = self._summary()
        return Billed(summary, summary.bills, self._reported, self._bench.anew())

    def compare(self, landed: Sequence[Period], rows: pa.Table, *, only: Sequence[int] | None) -> Compared:
        """Work out what everybody would be billed, first as it is, then with other prices or norms."""
        bench = self._bench
        prices, norms = bench.engine.rows("prices"), bench.engine.rows("norms")
        # With these in force those whose settled months they touch are looked at whole, both times.
        bench.change_parameters(rows)
        if only is None:
            self._read(landed, full=False)
        else:
            self._read_some(only)
        found = []
        for parameters in ((prices, norms), (bench.engine.rows("prices"), bench.engine.rows("norms"))):
            bench.set_prices(*parameters)
            self._tally = _tally()
            self._work(save=False, settle=False)
            found.append(self._summary())
        return Compared(*found)

    def _read(self, landed: Sequence[Period], *, full: bool) -> Standing | None:
        bench = self._bench
        self._progress("read", 0, 0)
        going_on = landed and not full
        before = read_standing(bench.bulk, bench.engine, landed[-1], self._settings.estimates) if going_on else None
        if before:
            bench.read_going_on(before)
        else:
            bench.read_whole()
        return before

    def _read_some(self, accounts: Sequence[int]) -> None:
        self._progress("read", 0, 0)
        queries.choose(self._bench.bulk, accounts)
        self._bench.read_whole(chosen=True)

    def _summary(self) -> Summary:
        return self._tally.summary(int(self._bench.period), self._bench.accounts())

    def add(self, accounts: Sequence[int], before: Summary) -> Billed:
        """Bill what a run left out."""
        bench, bulk, period = self._bench, self._bench.bulk, self._bench.period
        self._read_some(accounts)
        left_out = _reasons(period, accounts)
        operations.forget_unbilled(bulk, period, accounts)
        self._work(save=True, settle=False)
        late = self._tally.summary(int(period), before.accounts)
        summary = together(before, late, left_out)
        operations.change_summary(bulk, period, summary)
        return Billed(summary, late.bills, self._reported, bench.anew())

    def _work(self, *, save: bool, settle: bool) -> None:
        """Work out batch after batch. While the engine has one, the database takes in the one before."""
        bench = self._bench
        self._progress("compute", 0, 0)
        work_out = self._engine(bench, bench.rules(self._settings.estimates, self._settings.holds))
        batches = bench.batches()
        total = batches[-1].done if batches else 0
        with ThreadPoolExecutor(1) as beside:
            saving: Future[None] | None = None
            for batch in bench.work(batches, work_out):
                outcome = self._outcome()
                standing = list(bench.standing()) if settle else []
                if saving:
                    saving.result()
                if save:
                    self._progress("save", batch.done, total)
                    saving = beside.submit(self._save, outcome, standing)
                self._progress("compute", batch.done, total)
            if saving:
                self._progress("save", total, total)
                saving.result()

    def _outcome(self) -> Outcome:
        """What the rules gave of the batch, counted."""
        outcome = self._bench.outcome()
        self._watcher(outcome)
        self._tally.add(outcome)
        missing = MOST_REPORTED - len(self._reported)
        self._reported += reported_by_outcome(outcome, missing) if missing else []
        return outcome

    def _save(self, outcome: Outcome, standing: list[tuple[str, pa.Table]]) -> None:
        bulk, period = self._bench.bulk, self._bench.period
        operations.save_rows(bulk, period, outcome)
        for name, rows in standing:
            add_standing(bulk, period, name, rows)

    def _end_standing(self, before: Standing) -> None:
        bench, bulk, period = self._bench, self._bench.bulk, self._bench.period
        for name, rows in bench.parameters_left():
            add_standing(bulk, period, name, rows)
        waiting = queries.waiting(bulk, period, before.marks, bench.upto, before.waiting)
        marks = dataclasses.replace(bench.upto, charge=queries.mark_of_charges(bulk))
        end_standing(bulk, period, Standing(marks, waiting), self._settings.estimates)


def bill_missing(
    period: Period,
    settings: Settings,
    *,
    only: Sequence[int] | None = None,
    progress: Progress = _silent,
    watcher: Watcher = _unwatched,
) -> Billed:
    """Bill those accounts for the last period that its run could not bill, by what is known now (billing rule 13).

    What there is of it stays as it is: no other account's bill changes. Once more does nothing where nobody is left.

    :param only: the ids of the accounts wanted; the others are left out still.

    :raises UnableToBillMissing: if it is not the last period that was billed.
    :raises UnableToOpenDatabase: if the database is lost, or another run or import holds it.
    :raises UnableToRunStatement: if the database refuses; nothing is written then.
    :raises UnableToCompute: if the engine can't go on; nothing is written then.
    """
    with transaction() as bulk, duckdb() as engine:
        operations.require_last(period, queries.landed_periods(bulk))
        accounts = queries.left_out(bulk, period)
        if only is not None:
            accounts = sorted(set(accounts) & set(only))
        before = Summary.model_validate(Run.objects.get(period=period).summary)
        if accounts:
            bench = Workbench(engine, bulk, period, settings.zone, queries.marks(bulk))
            return _Run(bench, settings, progress, watcher).add(accounts, before)
    return Billed(before, None, reported_by_run(period, MOST_REPORTED))


def _reasons(period: Period, accounts: Sequence[int]) -> dict[str, int]:
    """How often the run gave each reason of these accounts and their meters."""
    rows = Unbilled.objects.filter(period=period, account__in=accounts)
    return dict(Counter(rows.values_list("reason", flat=True)))
