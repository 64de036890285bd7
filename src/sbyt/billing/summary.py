"""What a billing specialist wants to know of a run, kept with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from sbyt.billing.compute import Outcome
from sbyt.billing.rules.reports import ODDEST
from sbyt.core.money import half_up


class Group(BaseModel):
    """Lines of one kind and basis: how many, and their sum in kopecks."""

    model_config = ConfigDict(frozen=True)

    kind: str
    basis: str
    lines: int
    amount: int


class CategorySums(BaseModel):
    """The bills of one category (empty where none is known), and their sums in kopecks."""

    model_config = ConfigDict(frozen=True)

    category: str
    bills: int
    charged: int
    recalculated: int


class Odd(BaseModel):
    """A bill that looks wrong, in kopecks; ``expected`` is what the usual volume would have cost at the same price.

    ``reason`` says why it is held: charged or recalculated; None where it isn't.
    """

    model_config = ConfigDict(frozen=True)

    account_id: int
    charged: int
    expected: int
    recalculated: int
    oddness: int
    reason: str | None


class Summary(BaseModel):
    """Sums in kopecks. ``unbilled`` counts accounts, or meters where only a meter isn't billed, by reason.

    ``oddest`` has the bills that are farthest from what was expected, ``held`` says how many the run held.
    """

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
    categories: tuple[CategorySums, ...] = ()
    oddest: tuple[Odd, ...] = ()
    held: int = 0


@dataclass(frozen=True, slots=True)
class CategoryBeside:
    """A category beside the month before. ``before`` is None where there is no month to compare with."""

    now: CategorySums
    before: CategorySums | None

    @property
    def change(self) -> int | None:
        """By how much more was charged for the month itself, in kopecks: only that can be compared."""
        return None if self.before is None else self.now.charged - self.before.charged

    @property
    def change_tenths(self) -> int | None:
        """The same in tenths of a per cent, rounded half up; None where there was nothing to be a share of."""
        if self.before is None or self.before.charged <= 0:
            return None
        return half_up((self.now.charged - self.before.charged) * 1000, self.before.charged)


def month_on_month(summary: Summary, before: Summary | None) -> list[CategoryBeside]:
    """Each category of the month, and of the month before: one that is missing in either has nothing there."""
    then = {one.category: one for one in before.categories} if before else {}
    now = {one.category: one for one in summary.categories}
    return [
        CategoryBeside(now.get(category, _nothing(category)), then.get(category, _nothing(category)) if then else None)
        for category in sorted(now.keys() | then.keys() if now else ())
    ]


def _nothing(category: str) -> CategorySums:
    return CategorySums(category=category, bills=0, charged=0, recalculated=0)


class Tally:
    """Sums a run up, batch by batch; the names are those of the rules' codes, in their order."""

    def __init__(
        self, kinds: Sequence[str], bases: Sequence[str], reasons: Sequence[str], holds: Sequence[str]
    ) -> None:
        self._kinds, self._bases, self._reasons, self._holds = kinds, bases, reasons, holds
        self._sums: Counter[str] = Counter()
        self._lines: Counter[tuple[int, int]] = Counter()
        self._amounts: Counter[tuple[int, int]] = Counter()
        self._unbilled: Counter[int] = Counter()
        self._categories: Counter[tuple[str, str]] = Counter()
        self._oddest: list[Odd] = []
        self._held = 0

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
        for row in outcome.categories.to_pylist():
            for name in ("bills", "charged", "recalculated"):
                self._categories[row["category"] or "", name] += row[name]
        self._held += outcome.odd.num_rows - outcome.odd["reason"].null_count
        self._oddest = _oddest([*self._oddest, *self._odd(outcome)])

    def _odd(self, outcome: Outcome) -> Iterator[Odd]:
        for row in outcome.odd.sort_by([("oddness", "descending"), ("account_id", "ascending")])[:ODDEST].to_pylist():
            reason = None if row["reason"] is None else self._holds[row["reason"]]
            yield Odd(**{**row, "reason": reason})

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
        found = sorted({category for category, _ in self._categories})
        categories = tuple(
            CategorySums(
                category=category,
                **{name: self._categories[category, name] for name in ("bills", "charged", "recalculated")},
            )
            for category in found
        )
        return Summary(
            period=period,
            accounts=accounts,
            lines=groups,
            unbilled=unbilled,
            categories=categories,
            oddest=tuple(self._oddest),
            held=self._held,
            **sums,
        )


def _oddest(found: Iterable[Odd]) -> list[Odd]:
    return sorted(found, key=lambda odd: (-odd.oddness, odd.account_id))[:ODDEST]


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
            "categories": _added(run.categories, late.categories),
            "oddest": tuple(_oddest([*run.oddest, *late.oddest])),
            "held": run.held + late.held,
            **{name: getattr(run, name) + getattr(late, name) for name in sums},
            "lines": tuple(groups.values()),
            "unbilled": {reason: count for reason, count in unbilled.items() if count},
        }
    )


def _added(run: Sequence[CategorySums], late: Sequence[CategorySums]) -> tuple[CategorySums, ...]:
    sums = {one.category: one for one in run}
    for one in late:
        before = sums.get(one.category)
        sums[one.category] = (
            one
            if before is None
            else CategorySums(
                category=one.category,
                bills=before.bills + one.bills,
                charged=before.charged + one.charged,
                recalculated=before.recalculated + one.recalculated,
            )
        )
    return tuple(sums[category] for category in sorted(sums))


def _sum(column: pa.ChunkedArray) -> int:
    import pyarrow.compute as pc

    return int(pc.sum(column).as_py() or 0)
