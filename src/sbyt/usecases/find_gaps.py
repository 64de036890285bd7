"""What the data lack before they can be billed: prices, norms, start indexes."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from sbyt.accounts.models import Meter, Occupancy, Register
from sbyt.core.periods import Period
from sbyt.readings.models import Reading
from sbyt.tariffs.models import Norm, Price


@dataclass(frozen=True)
class Gaps:
    """What is missing. Prices as (resource, category, zones), norms as (resource, category)."""

    meters: int
    prices: list[tuple[str, str, int]]
    norms: list[tuple[str, str]]
    meters_without_start: list[str]  # account and serial of the first few
    meters_without_start_count: int

    @property
    def any(self) -> bool:
        return bool(self.prices or self.norms or self.meters_without_start_count)


def find_gaps(period: Period, *, named: int = 5) -> Gaps:
    """What bills for this period would lack.

    :param named: how many meters without a start index are named; all are counted.
    """
    without_start = _meters_without_start()
    return Gaps(
        meters=Meter.objects.count(),
        prices=sorted(_needed_prices() - _prices(period)),
        norms=sorted({(resource, category) for resource, category, _ in _needed_prices()} - _norms(period)),
        meters_without_start=[
            f"{number} {serial}" for number, serial in without_start.values_list("account__number", "serial")[:named]
        ],
        meters_without_start_count=without_start.count(),
    )


def _needed_prices() -> set[tuple[str, str, int]]:
    """Every kind of meter in every category of account that has one (billing rules 8 and 9)."""
    rows = Occupancy.objects.filter(account__meters__isnull=False).values_list(
        "account__meters__resource", "category", "account__meters__zones"
    )
    return set(rows.distinct())


def _prices(period: Period) -> set[tuple[str, str, int]]:
    rows = Price.objects.filter(valid_from__lte=period).values_list("resource", "category", "zones")
    return set(rows.distinct())


def _norms(period: Period) -> set[tuple[str, str]]:
    return set(Norm.objects.filter(valid_from__lte=period).values_list("resource", "category").distinct())


def _meters_without_start() -> QuerySet[Meter]:
    """Meters of which a register has no start index: they are billed nothing (billing rule 3)."""
    started = Reading.objects.filter(register=OuterRef("pk"), kind=Reading.Kind.INSTALLED, cancellation__isnull=True)
    unstarted = Register.objects.filter(~Exists(started), meter=OuterRef("pk"))
    return Meter.objects.filter(Exists(unstarted)).order_by("id")
