"""What a billing specialist wants to know of a run, kept with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from sbyt.billing.compute import Outcome


class Group(BaseModel):
    """Lines of one kind and basis: how many, and their sum in kopecks."""

    model_config = ConfigDict(frozen=True)

    kind: str
    basis: str
    lines: int
    amount: int


class Summary(BaseModel):
    """Sums in kopecks. ``unbilled`` counts accounts, or meters where only a meter isn't billed, by reason."""

    model_config = ConfigDict(frozen=True)

    period: int
    accounts: int
    bills: int
    lines: tuple[Group, ...]
    opening: int
    charged: int
    recalculated: int
    paid: int
    closing: int
    unbilled: dict[str, int]


class Tally:
    """Sums a run up, batch by batch; the names are those of the rules' codes, in their order."""

    def __init__(self, kinds: Sequence[str], bases: Sequence[str], reasons: Sequence[str]) -> None:
        self._kinds, self._bases, self._reasons = kinds, bases, reasons
        self._sums: Counter[str] = Counter()
        self._lines: Counter[tuple[int, int]] = Counter()
        self._amounts: Counter[tuple[int, int]] = Counter()
        self._unbilled: Counter[int] = Counter()

    def add(self, outcome: Outcome) -> None:
        """Count what a batch gave."""
        self._sums["bills"] += outcome.bills.num_rows
        for name in ("opening", "charged", "recalculated", "paid", "closing"):
            self._sums[name] += _sum(outcome.bills[name])
        groups = outcome.lines.group_by(["kind", "basis"]).aggregate([("amount", "count"), ("amount", "sum")])
        for row in groups.to_pylist():
            group = row["kind"], row["basis"]
            self._lines[group] += row["amount_count"]
            self._amounts[group] += row["amount_sum"]
        for row in outcome.obstacles.group_by("reason").aggregate([("account_id", "count")]).to_pylist():
            self._unbilled[row["reason"]] += row["account_id_count"]

    def summary(self, period: int, accounts: int) -> Summary:
        """All of it."""
        groups = tuple(
            Group(
                kind=self._kinds[kind],
                basis=self._bases[basis],
                lines=self._lines[kind, basis],
                amount=self._amounts[kind, basis],
            )
            for kind, basis in sorted(self._lines)
        )
        unbilled = {self._reasons[reason]: self._unbilled[reason] for reason in sorted(self._unbilled)}
        names = ("bills", "opening", "charged", "recalculated", "paid", "closing")
        sums = {name: self._sums[name] for name in names}
        return Summary(period=period, accounts=accounts, lines=groups, unbilled=unbilled, **sums)


def together(run: Summary, late: Summary, left_out: Mapping[str, int]) -> Summary:
    """A run and what was billed of it later.

    :param left_out: how many of those who were tried again the run had counted as not billed, by reason.
    """
    groups = {(group.kind, group.basis): group for group in run.lines}
    for group in late.lines:
        before = groups.get((group.kind, group.basis))
        lines, amount = (before.lines, before.amount) if before else (0, 0)
        both = {"lines": lines + group.lines, "amount": amount + group.amount}
        groups[group.kind, group.basis] = group.model_copy(update=both)
    reasons = {*run.unbilled, *late.unbilled}
    unbilled = {
        reason: run.unbilled.get(reason, 0) - left_out.get(reason, 0) + late.unbilled.get(reason, 0)
        for reason in sorted(reasons)
    }
    sums = ("bills", "opening", "charged", "recalculated", "paid", "closing")
    return run.model_copy(
        update={
            **{name: getattr(run, name) + getattr(late, name) for name in sums},
            "lines": tuple(groups.values()),
            "unbilled": {reason: count for reason, count in unbilled.items() if count},
        }
    )


def _sum(column: pa.ChunkedArray) -> int:
    import pyarrow.compute as pc

    return int(pc.sum(column).as_py() or 0)
