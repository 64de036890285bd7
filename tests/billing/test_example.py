"""The small case of five months and ten accounts, one rule each, to the kopeck."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sbyt.billing.models import Bill, Charge
from sbyt.core.money import roubles
from sbyt.core.periods import Period
from sbyt.core.settings import Settings
from sbyt.core.units import from_units
from sbyt.usecases.run_billing import run_billing
from tests.billing.loading import load
from tests.support.databases import Database

EXAMPLE = Path(__file__).parent.parent / "data" / "billing"
NOW = dt.datetime(2026, 9, 1, 9, 0, tzinfo=dt.UTC)


def _charges() -> list[str]:
    rows = Charge.objects.exclude(kind=Charge.Kind.IMPORTED).select_related("account", "register__meter")
    keyed = [
        (row.period or 0, row.account.number, row.for_period, row.register.meter.serial, row.register.zone, row)
        for row in rows
    ]
    return [
        ",".join(
            (
                str(Period(row.period or 0)),
                row.account.number,
                row.register.meter.serial,
                row.register.meter.resource,
                row.register.zone,
                str(Period(row.for_period)),
                row.kind,
                row.basis,
                from_units(row.volume, row.register.meter.decimals),
                roubles(row.amount),
            )
        )
        for *_, row in sorted(keyed, key=lambda key: key[:-1])
    ]


def _bills() -> list[str]:
    rows = Bill.objects.select_related("account").order_by("period", "account__number")
    return [
        ",".join(
            (
                str(Period(row.period)),
                row.account.number,
                *map(roubles, (row.opening, row.charged, row.recalculated, row.paid, row.closing)),
            )
        )
        for row in rows
    ]


def _expected(name: str) -> list[str]:
    return (EXAMPLE / "expected" / f"{name}.csv").read_text(encoding="utf-8").splitlines()[1:]


def test_the_case_is_billed_month_by_month_to_the_kopeck(database: Database) -> None:
    for folder in sorted((EXAMPLE / "case").iterdir()):
        load(folder)
        run_billing(Period.parse(folder.name), Settings(), now=NOW)
    assert _charges() == _expected("charges")
    assert _bills() == _expected("bills")
