"""A bill line by line, each with why it is what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sbyt.accounts.models import Account
from sbyt.billing.explain import Explained, explain
from sbyt.billing.models import Bill, Charge, Unbilled
from sbyt.core.periods import Period


class UnableToFindBill(ValueError):
    """There is no such bill. The text says what there is, and what to do."""


@dataclass(frozen=True)
class ExplainedBill:
    """A bill with its lines: the charges of the period first, then the corrections, month by month.

    ``unbilled``: meters that the run could not bill, with the reason.
    """

    bill: Bill
    lines: Sequence[Explained]
    unbilled: Sequence[Unbilled]

    @property
    def period(self) -> Period:
        return Period(self.bill.period)


def explain_bill(account: Account, period: Period) -> ExplainedBill:
    """Explain the bill of an account for a period.

    :raises UnableToFindBill: if it has none.
    :raises UnableToExplain: if a line's figures don't follow from its trace.
    """
    bill = Bill.objects.filter(account=account, period=int(period)).first()
    unbilled = Unbilled.objects.filter(account=account, period=int(period)).select_related("meter").order_by("id")
    if bill is None:
        raise UnableToFindBill(_no_bill(account, period, unbilled.first()))
    charges = Charge.objects.filter(account=account, period=int(period)).select_related("register__meter")
    lines = [explain(charge) for charge in charges]
    lines.sort(key=lambda line: (line.kind != Charge.Kind.CHARGE, line.month, line.serial, line.zone))
    return ExplainedBill(bill, lines, list(unbilled))


def _no_bill(account: Account, period: Period, unbilled: Unbilled | None) -> str:
    newest = Bill.objects.filter(account=account).order_by("-period").values_list("period", flat=True).first()
    there = f"Последний счёт — за {Period(newest)}." if newest is not None else "Счетов по нему ещё не было."
    if unbilled is not None:
        return (
            f"Счёту {account.number} за {period} не начислено ({unbilled.reason}). {there} Почему: sbyt bill {period}"
        )
    return f"Счёта на оплату по {account.number} за {period} нет. {there}"
