"""A household in the database: one account, its meters, what was read so far, who may speak for it."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from sbyt.accounts.models import Account, Customer, Link, Meter, Premises, Register
from sbyt.core.identifiers import account_key
from sbyt.core.periods import period_of_receipt
from sbyt.core.resources import ZONES
from sbyt.readings.models import Reading

MOSCOW = ZoneInfo("Europe/Moscow")


def an_account(number: str, *, name: str = "", address: str = "", phone: str = "", opening_balance: int = 0) -> Account:
    """An account; whoever writes from the phone is linked to it."""
    account = Account.objects.create(
        number=number,
        key=account_key(number),
        customer=Customer.objects.create(name=name or number, phone=phone),
        premises=Premises.objects.create(address=address or number),
        opening_balance=opening_balance,
    )
    if phone:
        Link.objects.create(
            kind=Link.Kind.PHONE,
            address=phone,
            account=account,
            how=Link.How.ON_FILE,
            made_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        )
    return account


def a_meter(
    account: Account, serial: str, resource: str = "electricity", *, zones: int = 1, digits: int = 5, decimals: int = 0
) -> Meter:
    meter = Meter.objects.create(
        account=account,
        serial=serial,
        resource=resource,
        zones=zones,
        digits=digits,
        decimals=decimals,
        installed_on=dt.date(2026, 1, 12),
    )
    for zone in ZONES[:zones]:
        Register.objects.create(meter=meter, zone=zone)
    return meter


def was_read(
    meter: Meter, day: str, *values: int, kind: Reading.Kind = Reading.Kind.CUSTOMER, rollover: bool = False
) -> list[Reading]:
    """Readings of all registers of a meter, in whole units, received at noon of the day."""
    taken = dt.date.fromisoformat(day)
    received = dt.datetime.combine(taken, dt.time(12), MOSCOW)
    return [
        Reading.objects.create(
            register=register,
            period=int(period_of_receipt(taken, 25)),
            kind=kind,
            value=value,
            rollover=rollover,
            taken_on=taken,
            received_at=received,
            loaded_at=received,
        )
        for register, value in zip(meter.registers.order_by("zone"), values, strict=True)
    ]


def was_read_monthly(meter: Meter, *starts: int, use: tuple[int, ...]) -> None:
    """Installed on 12 January of 2026 with these values, read on the 20th of each month from February to October."""
    was_read(meter, "2026-01-12", *starts, kind=Reading.Kind.INSTALLED)
    for month in range(2, 11):
        values = (start + (month - 1) * each for start, each in zip(starts, use, strict=True))
        was_read(meter, f"2026-{month:02d}-20", *values)
