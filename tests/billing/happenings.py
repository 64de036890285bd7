"""A town in the database to which things happen month by month, also to months that were billed long ago.

Nobody's figures need to make sense: whatever happens, a run must come to the same in either of its forms.
"""

from __future__ import annotations

import datetime as dt
from random import Random

from sbyt.accounts.models import Account, Customer, Meter, Occupancy, Premises, Register
from sbyt.billing.models import Charge
from sbyt.core.periods import Period
from sbyt.payments.models import Payment
from sbyt.readings.models import Cancellation, Reading
from sbyt.tariffs.models import Norm, Price

_CATEGORIES = ("urban", "rural")
_RESOURCES = ("electricity", "electricity", "cold_water")


class Town:
    """Accounts whose registers turn on, and all that may be wrong with what is known of them."""

    def __init__(self, seed: int, first: Period, accounts: int) -> None:
        self._random = Random(seed)
        self._first = first
        self._index: dict[int, int] = {}  # register: what its dial truly shows
        self._silent: set[int] = set()  # meters of which nothing comes for now
        self._numbers = 0
        for category in _CATEGORIES:
            self._set_prices(category, first.plus(-30))
        for _ in range(accounts):
            self._move_in(first)

    def month(self, period: Period) -> None:
        """All that becomes known between the run of the month before and that of this one."""
        dice = self._random
        for meter in Meter.objects.order_by("pk"):
            self._read(meter, period)
        happenings = (
            (0.5, self._move_in),
            (0.5, self._swap),
            (0.6, self._late_reading),
            (0.5, self._cancel),
            (0.5, self._change_people),
            (0.25, self._change_prices),
            (0.3, self._inspect),
            (0.4, self._import_charge),
            (0.3, self._start_again),
            (0.5, self._stop_or_go),
            (0.5, self._stop_or_go),
        )
        for likely, happen in happenings:
            if dice.random() < likely:
                happen(period)
        for account in dice.sample(list(Account.objects.order_by("pk")), 5):
            self._pay(account, period)

    def _some(self, likely: float) -> bool:
        return self._random.random() < likely

    def _set_prices(self, category: str, since: Period) -> None:
        dice = self._random
        for resource in set(_RESOURCES):
            for zones in (1, 2) if resource == "electricity" else (1,):
                limits = (0, 60_000, 150_000) if resource == "electricity" and self._some(0.7) else (0,)
                for zone in range(1, zones + 1):
                    for above in limits:
                        Price.objects.get_or_create(
                            resource=resource,
                            category=category,
                            zones=zones,
                            zone=f"T{zone}",
                            valid_from=int(since),
                            above=above,
                            defaults={"price": dice.randint(10_000, 90_000)},
                        )
            Norm.objects.get_or_create(
                resource=resource,
                category=category,
                valid_from=int(since),
                defaults={"per_resident": dice.randint(1_000_000, 90_000_000)},
            )

    def _move_in(self, period: Period) -> None:
        self._numbers += 1
        number = str(self._numbers)
        account = Account.objects.create(
            number=number,
            key=number,
            customer=Customer.objects.create(name=number),
            premises=Premises.objects.create(address=number),
            opening_balance=self._random.randint(-500, 500),
        )
        dice = self._random
        Occupancy.objects.create(
            account=account, valid_from=0, category=dice.choice(_CATEGORIES), residents=dice.randint(0, 4)
        )
        for _ in range(dice.choice((0, 1, 1, 1, 2, 3))):
            self._put_in(account, period.plus(-dice.choice((-1, 0, 1, 1, 2, 9))))

    def _put_in(self, account: Account, period: Period) -> None:
        dice = self._random
        resource = dice.choice(_RESOURCES)
        day = period.first_day + dt.timedelta(days=4)
        meter = Meter.objects.create(
            account=account,
            serial=f"{account.number}-{dice.randrange(10**6)}",
            resource=resource,
            zones=dice.choice((1, 2)) if resource == "electricity" else 1,
            digits=4,
            decimals=0 if resource == "electricity" else 3,
            installed_on=day,
        )
        for zone in range(1, meter.zones + 1):
            register = Register.objects.create(meter=meter, zone=f"T{zone}")
            self._index[register.pk] = dice.choice((0, 500, 9_900)) * 10**meter.decimals
            if not self._some(0.05):
                self._hand_in(register, period, "installed")

    def _hand_in(
        self, register: Register, period: Period, kind: str, value: int | None = None, *, rollover: bool = False
    ) -> None:
        day = period.first_day + dt.timedelta(days=self._random.randint(17, 24))
        if kind == "installed":
            day = period.first_day + dt.timedelta(days=4)
        Reading.objects.create(
            register=register,
            period=int(period),
            kind=kind,
            value=self._index[register.pk] if value is None else value,
            rollover=rollover,
            taken_on=day,
            received_at=None if self._some(0.1) else dt.datetime.combine(day, dt.time(9), dt.UTC),
            loaded_at=dt.datetime.combine(day, dt.time(9), dt.UTC),
        )

    def _read(self, meter: Meter, period: Period) -> None:
        """The dials turn; most say so, some twice, some for the next month, some too much."""
        full = 10 ** (meter.digits + meter.decimals)
        for register in meter.registers.order_by("pk"):
            before = self._index[register.pk]
            self._index[register.pk] = index = (before + self._random.randint(0, 99) * 10**meter.decimals) % full
            if (
                meter.pk in self._silent
                or self._some(0.1)
                or Reading.objects.filter(register__meter=meter, kind="removed").exists()
            ):
                continue
            value = min(index + 50, full - 1) if self._some(0.05) else index
            for month in (period, period.plus(1)) if self._some(0.05) else (period,):
                self._hand_in(register, month, "customer", value, rollover=index < before and self._some(0.8))
            if self._some(0.05):
                self._hand_in(register, period, "customer", index)

    def _swap(self, period: Period) -> None:
        meter = self._random.choice(list(Meter.objects.order_by("pk")))
        at = period.plus(-self._random.choice((0, 0, 1, 3)))
        for register in meter.registers.order_by("pk"):
            if not self._some(0.1):
                self._hand_in(register, at, "removed")
        if self._some(0.8):
            self._put_in(meter.account, at)

    def _late_reading(self, period: Period) -> None:
        meter = self._random.choice(list(Meter.objects.order_by("pk")))
        at = period.plus(-self._random.randint(1, 4))
        for register in meter.registers.order_by("pk"):
            earlier = self._index[register.pk] - self._random.randint(0, 60) * 10**meter.decimals
            self._hand_in(register, at, "customer", max(earlier, 0))

    def _cancel(self, period: Period) -> None:
        rows = Reading.objects.filter(cancellation=None, kind="customer").order_by("pk")
        if rows:
            at = dt.datetime.combine(period.last_day, dt.time(9), dt.UTC)
            Cancellation.objects.create(reading=self._random.choice(list(rows)), at=at, by="staff")

    def _change_people(self, period: Period) -> None:
        account = self._random.choice(list(Account.objects.order_by("pk")))
        since = int(period.plus(-self._random.choice((-1, 0, 1, 4))))
        if not Occupancy.objects.filter(account=account, valid_from=since).exists():
            Occupancy.objects.create(
                account=account,
                valid_from=since,
                category=self._random.choice(_CATEGORIES),
                residents=self._random.randint(0, 4),
            )

    def _change_prices(self, period: Period) -> None:
        self._set_prices(self._random.choice(_CATEGORIES), period.plus(-self._random.choice((-1, 0, 0, 2))))

    def _inspect(self, period: Period) -> None:
        meter = self._random.choice(list(Meter.objects.order_by("pk")))
        for register in meter.registers.order_by("pk"):
            self._hand_in(register, period, "control")

    def _start_again(self, period: Period) -> None:
        """A start index put right, for a month that was or is to come."""
        meter = self._random.choice(list(Meter.objects.order_by("pk")))
        at = period.plus(self._random.choice((-1, 0, 1, 2)))
        for register in meter.registers.order_by("pk"):
            self._hand_in(register, at, "installed")

    def _import_charge(self, period: Period) -> None:
        register = self._random.choice(list(Register.objects.order_by("pk")))
        month = int(self._first.plus(-self._random.choice((-1, 1, 2))))
        if not Charge.objects.filter(register=register, for_period=month, kind="imported").exists():
            Charge.objects.create(
                account=register.meter.account,
                register=register,
                for_period=month,
                kind="imported",
                basis="actual",
                volume=20,
                amount=7_000,
            )

    def _stop_or_go(self, period: Period) -> None:
        del period
        self._silent ^= {self._random.choice(list(Meter.objects.order_by("pk"))).pk}

    def _pay(self, account: Account, period: Period) -> None:
        day = period.last_day + dt.timedelta(days=self._random.choice((-40, -5, 0, 3)))
        number = str(Payment.objects.count())
        amount = self._random.randint(1, 90_000)
        Payment.objects.create(account=account, paid_on=day, amount=amount, source="bank", external_id=number)
