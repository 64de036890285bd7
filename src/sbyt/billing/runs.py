"""What was billed, run by run: from what was kept with each, so that a million bills cost no more than one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from sbyt.billing.models import Charge, Run, Unbilled
from sbyt.billing.summary import Summary
from sbyt.core.periods import Period


@dataclass(frozen=True)
class Landed:
    """A run. ``summary`` is None where none was kept with it."""

    period: Period
    at: dt.datetime
    summary: Summary | None

    @property
    def lines_by_basis(self) -> Mapping[str, int]:
        """How many registers' months of this period were billed by each basis; corrections are not among them."""
        counts = dict.fromkeys(Charge.Basis.values, 0)
        for group in self.summary.lines if self.summary else ():
            if group.kind == Charge.Kind.CHARGE:
                counts[group.basis] = counts.get(group.basis, 0) + group.lines
        return counts

    @property
    def unbilled(self) -> int:
        """How many accounts, or meters alone, could not be billed."""
        return sum(self.summary.unbilled.values()) if self.summary else 0


def newest_runs(most: int, before: Period | None = None) -> tuple[list[Landed], bool]:
    """So many runs, the newest first, those of periods before this one; and whether there are earlier ones."""
    rows = Run.objects.order_by("-period")
    found = list(rows.filter(period__lt=before)[: most + 1] if before is not None else rows[: most + 1])
    return [_landed(row) for row in found[:most]], len(found) > most


def run_of(period: Period) -> Landed | None:
    """The run of a period."""
    found = Run.objects.filter(period=period).first()
    return _landed(found) if found else None


def not_billed(period: Period, most: int, *, reason: str = "", after: int = 0) -> tuple[list[Unbilled], bool]:
    """Who could not be billed, in the order in which the run named them, beyond a row; and whether there are more."""
    rows = Unbilled.objects.filter(period=period, id__gt=after, **({"reason": reason} if reason else {}))
    found = list(rows.select_related("account", "meter").order_by("id")[: most + 1])
    return found[:most], len(found) > most


def _landed(row: Run) -> Landed:
    try:
        summary = Summary.model_validate(row.summary)
    except ValidationError:
        summary = None
    return Landed(Period(row.period), row.landed_at, summary)
