"""Bill a period: work out what it costs by what is known now, and land it whole (billing rule 13)."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sbyt.billing import operations, queries
from sbyt.billing.compute import Outcome, compute
from sbyt.billing.engine import duckdb
from sbyt.billing.models import Run, Unbilled
from sbyt.billing.operations import BASES, KINDS, REASONS
from sbyt.billing.reports import Reported, reported_by_outcome, reported_by_run
from sbyt.billing.summary import Summary, summarise, together
from sbyt.bulk import Bulk, transaction
from sbyt.core.periods import Period
from sbyt.core.settings import Settings

#: How many of those who could not be billed are named at once; all of them are in the table.
MOST_REPORTED = 20

#: Is told the name of each phase when it begins: read, compute, save.
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Billed:
    """What came of it.

    ``outcome`` is None where the period had been billed before, and nothing was done; ``reported`` the first of those
    who could not be billed.
    """

    summary: Summary
    outcome: Outcome | None
    reported: list[Reported]


def _silent(_phase: str) -> None:
    return None


def run_billing(
    period: Period, settings: Settings, *, now: dt.datetime, dry_run: bool = False, progress: Progress = _silent
) -> Billed:
    """Bill the period, or with ``dry_run`` only work it out. A period already billed is left as it is.

    :raises UnableToBill: if another period is the next to be billed.
    :raises UnableToOpenDatabase: if the database is lost, or another run or import holds it.
    :raises UnableToRunStatement: if the database refuses; nothing is written then.
    """
    with transaction(write=not dry_run) as bulk:
        landed = queries.landed_periods(bulk)
        if period not in landed:
            operations.require_next(period, landed)
            return _bill(bulk, period, settings, now=now, dry_run=dry_run, progress=progress)
    summary = Summary.model_validate(Run.objects.get(period=period).summary)
    return Billed(summary, None, reported_by_run(period, MOST_REPORTED))


def bill_missing(period: Period, settings: Settings, *, progress: Progress = _silent) -> Billed:
    """Bill those accounts for the last period that its run could not bill, by what is known now (billing rule 13).

    What there is of it stays as it is: no other account's bill changes. Once more does nothing where nobody is left.

    :raises UnableToBillMissing: if it is not the last period that was billed.
    :raises UnableToOpenDatabase: if the database is lost, or another run or import holds it.
    :raises UnableToRunStatement: if the database refuses; nothing is written then.
    """
    with transaction() as bulk:
        operations.require_last(period, queries.landed_periods(bulk))
        accounts = queries.left_out(bulk, period)
        before = Summary.model_validate(Run.objects.get(period=period).summary)
        if accounts:
            progress("read")
            facts = queries.facts(bulk, period, settings.zone).of(accounts)
            progress("compute")
            with duckdb() as engine:
                outcome = compute(facts, period, settings.estimates, engine)
            late = summarise(int(period), before.accounts, outcome, kinds=KINDS, bases=BASES, reasons=REASONS)
            summary = together(before, late, _reasons(period, accounts))
            progress("save")
            operations.save_missing(bulk, period, accounts, outcome, summary)
            return Billed(summary, outcome, reported_by_outcome(outcome, MOST_REPORTED))
    return Billed(before, None, reported_by_run(period, MOST_REPORTED))


def _reasons(period: Period, accounts: Sequence[int]) -> dict[str, int]:
    """How often the run gave each reason of these accounts and their meters."""
    rows = Unbilled.objects.filter(period=period, account__in=accounts)
    return dict(Counter(rows.values_list("reason", flat=True)))


def _bill(
    bulk: Bulk, period: Period, settings: Settings, *, now: dt.datetime, dry_run: bool, progress: Progress
) -> Billed:
    progress("read")
    facts = queries.facts(bulk, period, settings.zone)
    progress("compute")
    with duckdb() as engine:
        outcome = compute(facts, period, settings.estimates, engine)
    summary = summarise(int(period), facts.accounts.num_rows, outcome, kinds=KINDS, bases=BASES, reasons=REASONS)
    if not dry_run:
        progress("save")
        operations.save(bulk, period, outcome, summary, now=now)
    return Billed(summary, outcome, reported_by_outcome(outcome, MOST_REPORTED))
