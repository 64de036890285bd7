"""Held bills in the database."""

from __future__ import annotations

import datetime as dt

from sbyt.accounts.models import Account
from sbyt.billing.models import Bill, Hold
from sbyt.core.periods import Period
from tests.support.household import an_account

NOVEMBER = Period.parse("2026-11")


def a_hold(
    number: str,
    period: Period = NOVEMBER,
    *,
    charged: int = 550_000,
    expected: int = 55_000,
    recalculated: int = 0,
    released_at: dt.datetime | None = None,
    released_by: str = "",
    note: str = "",
) -> Hold:
    """A bill of the account that is held; ten times the usual, if nothing else is said."""
    account = Account.objects.filter(number=number).first() or an_account(number)
    sums = {"charged": charged, "recalculated": recalculated}
    Bill.objects.create(account=account, period=period, opening=0, paid=0, closing=charged + recalculated, **sums)
    reason = Hold.Reason.RECALCULATED if charged == expected else Hold.Reason.CHARGED
    by = {"released_at": released_at, "released_by": released_by, "note": note}
    return Hold.objects.create(account=account, period=period, reason=reason, expected=expected, **sums, **by)
