"""An account with its newest bill in the database, and the token that the bill carries."""

from __future__ import annotations

import datetime as dt

from sbyt.accounts.models import Account, Meter
from sbyt.accounts.tokens import Tokens
from sbyt.billing.models import Bill, Charge
from sbyt.config.keys import bill_keys
from sbyt.core.periods import Period
from sbyt.payments.models import Counted, Payment
from tests.support.household import a_meter, an_account, was_read_monthly
from tests.support.serving import KEY

ACCOUNT, NEIGHBOUR = "2000000002", "2000000003"
OCTOBER = Period.parse("2026-10")
TOKENS = Tokens(bill_keys({"SBYT_SECRET_KEY": KEY}))
OWNER = "+79120000102"


def household() -> None:
    """Light by day and night, and water with three decimals; the bill of October, and one of September before it."""
    account = an_account(ACCOUNT, name="Сидорова А. А.", phone=OWNER)
    account.customer.email = "irina@example.org"
    account.customer.save()
    light = a_meter(account, "40010002", zones=2, digits=6)
    was_read_monthly(light, 6840, 2500, use=(140, 60))
    water = a_meter(account, "50010002", "cold_water", digits=5, decimals=3)
    was_read_monthly(water, 100_000, use=(5_125,))
    a_bill(account, OCTOBER.plus(-1), 90_000)
    was_billed(light, 0, Charge.Basis.ACTUAL, 140, 51_700, read=[OCTOBER - 1, 8100, OCTOBER, 8240, False])
    was_billed(light, 1, Charge.Basis.ACTUAL, 60, 20_700, read=[OCTOBER - 1, 3040, OCTOBER, 3100, False])
    was_billed(water, 0, Charge.Basis.AVERAGE, 5_125, 432_500, scale=1000, average=[6, 30_750, OCTOBER - 1])
    counted = was_paid(account, 90_000, "counted")
    Counted.objects.create(payment=counted, period=OCTOBER)
    a_bill(account, OCTOBER, sum(charge.amount for charge in account.charges.all()), opening=90_000, paid=90_000)


def a_bill(account: Account, period: Period, charged: int, *, opening: int = 0, paid: int = 0) -> Bill:
    closing = opening + charged - paid
    return Bill.objects.create(
        account=account, period=period, opening=opening, charged=charged, recalculated=0, paid=paid, closing=closing
    )


def was_paid(account: Account, amount: int, name: str) -> Payment:
    return Payment.objects.create(
        account=account, paid_on=dt.date(2026, 10, 9), amount=amount, source="bank", external_id=name
    )


def was_billed(
    meter: Meter, at: int, basis: Charge.Basis, volume: int, price: int, *, scale: int = 1, **ground: object
) -> None:
    """A line of October with its trace, at a price in hundredths of a kopeck."""
    amount = (2 * volume * price + scale * 100) // (2 * scale * 100)
    trace = {"due": [volume, amount], "scale": scale, "paid": [[volume, price, OCTOBER - 3]], **ground}
    Charge.objects.create(
        account=meter.account,
        register=meter.registers.order_by("zone")[at],
        period=OCTOBER,
        for_period=OCTOBER,
        kind=Charge.Kind.CHARGE,
        basis=basis,
        volume=volume,
        amount=amount,
        trace=trace,
    )


def token_of(number: str = ACCOUNT, period: Period = OCTOBER) -> str:
    return TOKENS.token(Account.objects.get(number=number).pk, period)
