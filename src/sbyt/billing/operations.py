"""Landing a run: all its rows in one transaction, which closes the period (billing rule 13)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sbyt.billing.compute import Outcome
from sbyt.billing.models import Charge, Hold, Unbilled
from sbyt.billing.summary import Summary
from sbyt.bulk import Bulk
from sbyt.core.periods import Period

#: The codes of ``billing.rules`` in their order, as they are stored.
KINDS = (Charge.Kind.CHARGE, Charge.Kind.RECALCULATION)
BASES = (Charge.Basis.ACTUAL, Charge.Basis.AVERAGE, Charge.Basis.NORM)
REASONS = (
    Unbilled.Reason.NO_CATEGORY,
    Unbilled.Reason.NO_NORM,
    Unbilled.Reason.NO_PRICE,
    Unbilled.Reason.NO_START_INDEX,
    Unbilled.Reason.UNMARKED_DROP,
)
HOLDS = (Hold.Reason.CHARGED, Hold.Reason.RECALCULATED)


class UnableToBill(ValueError):
    """The period is not the one that can be billed now."""

    def __init__(self, asked: Period, landed: Period) -> None:
        super().__init__(
            f"Период {asked} начислить нельзя: последний начисленный — {landed}, теперь можно только {landed.plus(1)}. "
            "Изменения за прошлые месяцы войдут в следующее начисление строками перерасчёта."
        )


class UnableToBeginAhead(ValueError):
    """The very first period is a month that has not begun: only the next one could ever follow it."""

    def __init__(self, asked: Period) -> None:
        super().__init__(
            f"Месяц {asked} ещё не начался, а после первого начисленного периода можно только следующий. Проверьте год "
            "и месяц. Посмотреть, что получится, можно с --dry-run; если начинать нужно с него, добавьте --ahead."
        )


class UnableToBillMissing(ValueError):
    """Only those left out of the last run can be billed for it: what was left out before, the next run corrects."""

    def __init__(self, asked: Period, landed: Period | None) -> None:
        if landed is None or asked > landed:
            said = f"Период {asked} ещё не начислен: сначала sbyt bill {asked}."
        else:
            said = (
                f"Доначислить можно только за последний начисленный период, {landed}. За {asked} пропущенное войдёт в "
                "следующее начисление строками перерасчёта."
            )
        super().__init__(said)


def require_last(asked: Period, landed: list[Period]) -> None:
    """Refuse any period but the last one billed.

    :raises UnableToBillMissing: if it is another.
    """
    if not landed or asked != landed[-1]:
        raise UnableToBillMissing(asked, landed[-1] if landed else None)


def require_next(asked: Period, landed: list[Period]) -> None:
    """Refuse any period but the one after the last; the first may be any.

    :raises UnableToBill: if it is another.
    """
    if landed and asked != landed[-1].plus(1):
        raise UnableToBill(asked, landed[-1])


def require_begun(asked: Period, landed: list[Period], today: dt.date) -> None:
    """Refuse a first period that lies ahead: it could not be taken back.

    :raises UnableToBeginAhead: if it does.
    """
    if not landed and asked.first_day > today:
        raise UnableToBeginAhead(asked)


def save_run(bulk: Bulk, period: Period, summary: Summary, *, now: dt.datetime) -> None:
    """Write down, in the transaction given, that the period is billed.

    :raises UnableToRunStatement: if the database refuses, for one that another run has landed meanwhile.
    """
    bulk.append("billing_run", _run(period, summary, now))


def save_rows(bulk: Bulk, period: Period, outcome: Outcome) -> None:
    """Write what a batch of accounts is billed, in the transaction given.

    :raises UnableToRunStatement: if the database refuses.
    """
    bulk.append("billing_charge", _charges(period, outcome.lines))
    bulk.append("billing_bill", _with_period(outcome.bills, period))
    bulk.append("billing_unbilled", _unbilled(period, outcome.obstacles))
    bulk.append("payments_counted", _with_period(outcome.payments, period))
    bulk.append("billing_hold", _holds(period, outcome.odd))


def forget_unbilled(bulk: Bulk, period: Period, accounts: Sequence[int]) -> None:
    """Of accounts that are tried again the reason of now will replace that of then.

    :raises UnableToRunStatement: if the database refuses.
    """
    bulk.scratch("late_accounts", pa.table({"id": pa.array(accounts, pa.int64())}))
    bulk.execute(
        f"DELETE FROM billing_unbilled WHERE period = {int(period)} AND account_id IN (SELECT id FROM late_accounts)"
    )


def change_summary(bulk: Bulk, period: Period, summary: Summary) -> None:
    """Sum up a run anew, with what was billed of it later.

    :raises UnableToRunStatement: if the database refuses.
    """
    bulk.scratch("late_summary", pa.table({"summary": pa.array([summary.model_dump_json()])}))
    given = "(SELECT summary FROM late_summary)"
    stored = f"CAST({given} AS jsonb)" if bulk.vendor == "postgresql" else given
    bulk.execute(f"UPDATE billing_run SET summary = {stored} WHERE period = {int(period)}")


def _run(period: Period, summary: Summary, now: dt.datetime) -> pa.Table:
    return pa.table(
        {
            "period": pa.array([int(period)], pa.int32()),
            "landed_at": pa.array([now], pa.timestamp("us", "UTC")),
            "summary": pa.array([summary.model_dump_json()]),
        }
    )


def _charges(period: Period, lines: pa.Table) -> pa.Table:
    rows = lines.rename_columns({"month": "for_period"})
    return _with_period(_named(_named(rows, "kind", KINDS), "basis", BASES), period)


def missing_parameters(obstacle: dict[str, Any]) -> dict[str, Any]:
    """What a row of the obstacles lacks, without what doesn't apply to it."""
    keys = ("resource", "category", "zones", "zone", "month")
    return {key: obstacle[key] for key in keys if obstacle[key] is not None}


def _unbilled(period: Period, obstacles: pa.Table) -> pa.Table:
    missing = [json.dumps(missing_parameters(row), ensure_ascii=False) for row in obstacles.to_pylist()]
    rows = obstacles.select(["account_id", "meter_id", "reason"])
    rows = rows.append_column("missing", pa.array(missing, pa.string()))
    return _with_period(_named(rows, "reason", REASONS), period)


def _holds(period: Period, odd: pa.Table) -> pa.Table:
    held = odd.filter(pc.is_valid(odd["reason"])).drop_columns(["oddness"])
    return _with_period(_named(held, "reason", HOLDS), period)


def _named(rows: pa.Table, column: str, names: tuple[str, ...]) -> pa.Table:
    """Replace the rules' codes by the names that are stored."""
    values = pc.take(pa.array([str(name) for name in names]), rows[column])
    return rows.set_column(rows.schema.get_field_index(column), column, values)


def _with_period(rows: pa.Table, period: Period) -> pa.Table:
    return rows.append_column("period", pa.repeat(pa.scalar(int(period), pa.int32()), rows.num_rows))
