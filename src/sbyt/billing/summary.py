"""What a billing specialist wants to know of a run, kept with it."""

from __future__ import annotations

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


def summarise(
    period: int, accounts: int, outcome: Outcome, *, kinds: Sequence[str], bases: Sequence[str], reasons: Sequence[str]
) -> Summary:
    """Sum up what a run gave; the names are those of the rules' codes, in their order."""
    sums = {name: _sum(outcome.bills[name]) for name in ("opening", "charged", "recalculated", "paid", "closing")}
    found = outcome.lines.group_by(["kind", "basis"]).aggregate([("amount", "count"), ("amount", "sum")])
    rows = sorted(found.to_pylist(), key=lambda row: (row["kind"], row["basis"]))
    groups = tuple(
        Group(kind=kinds[row["kind"]], basis=bases[row["basis"]], lines=row["amount_count"], amount=row["amount_sum"])
        for row in rows
    )
    counted = outcome.obstacles.group_by("reason").aggregate([("account_id", "count")]).to_pylist()
    unbilled = {reasons[row["reason"]]: row["account_id_count"] for row in sorted(counted, key=lambda r: r["reason"])}
    return Summary(
        period=period, accounts=accounts, bills=outcome.bills.num_rows, lines=groups, unbilled=unbilled, **sums
    )


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
