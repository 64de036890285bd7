"""Puts the files of an example case into the database, without the import that has tests of its own."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from sbyt.accounts.models import Account, Customer, Meter, Occupancy, Premises, Register
from sbyt.core.money import kopecks
from sbyt.core.periods import Period, period_of_receipt
from sbyt.core.units import to_units
from sbyt.payments.models import Payment
from sbyt.readings.models import Reading
from sbyt.tariffs.models import Norm, Price

ZONE = ZoneInfo("Europe/Moscow")


def load(folder: Path) -> None:
    """Load the files of one month, in the order in which they build on each other."""
    for name in ("accounts", "meters", "tariffs", "norms", "readings", "payments"):
        for row in _rows(folder / f"{name}.csv"):
            globals()[f"_{name}"](row)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if path.exists():
        with path.open(encoding="utf-8", newline="") as lines:
            yield from csv.DictReader(lines)


def _accounts(row: dict[str, str]) -> None:
    customer = Customer.objects.create(name=row["holder"], phone=row["phone"], email=row["email"])
    premises = Premises.objects.create(address=row["address"])
    account = Account.objects.create(
        number=row["account"],
        key=row["account"].lstrip("0"),
        customer=customer,
        premises=premises,
        opening_balance=kopecks(row["opening_balance"]),
    )
    Occupancy.objects.create(account=account, valid_from=0, category=row["category"], residents=int(row["residents"]))


def _meters(row: dict[str, str]) -> None:
    meter = Meter.objects.create(
        account=Account.objects.get(number=row["account"]),
        serial=row["serial"],
        resource=row["resource"],
        zones=int(row["zones"]),
        digits=int(row["digits"]),
        decimals=int(row["decimals"]),
        installed_on=row["installed_on"],
    )
    for number in range(1, meter.zones + 1):
        Register.objects.create(meter=meter, zone=f"T{number}")


def _scaled(text: str, decimals: int) -> int:
    whole, _, fraction = text.partition(".")
    return to_units(whole, fraction, decimals)


def _month(text: str) -> int:
    return int(Period.of(dt.date.fromisoformat(text)))


def _tariffs(row: dict[str, str]) -> None:
    Price.objects.create(
        resource=row["resource"],
        category=row["category"],
        zones=int(row["zones"]),
        zone=row["zone"],
        valid_from=_month(row["valid_from"]),
        above=_scaled(row["above"], 3),
        price=_scaled(row["price"], 4),
    )


def _norms(row: dict[str, str]) -> None:
    Norm.objects.create(
        resource=row["resource"],
        category=row["category"],
        valid_from=_month(row["valid_from"]),
        per_resident=_scaled(row["per_resident"], 6),
    )


def _readings(row: dict[str, str]) -> None:
    register = Register.objects.select_related("meter").get(
        meter__account__number=row["account"], meter__serial=row["serial"], zone=row["zone"]
    )
    taken = dt.date.fromisoformat(row["taken_on"])
    received = dt.datetime.fromisoformat(row["received_at"]).replace(tzinfo=ZONE)
    counts = taken if row["kind"] in ("installed", "removed") else received.date()
    Reading.objects.create(
        register=register,
        period=int(period_of_receipt(counts, 25)),
        kind=row["kind"],
        value=_scaled(row["value"], register.meter.decimals),
        rollover=row["rollover"] == "yes",
        taken_on=taken,
        received_at=received,
        loaded_at=received,
    )


def _payments(row: dict[str, str]) -> None:
    Payment.objects.create(
        account=Account.objects.get(number=row["account"]),
        paid_on=row["paid_on"],
        amount=kopecks(row["amount"]),
        source=row["source"],
        external_id=row["external_id"],
    )
