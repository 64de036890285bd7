"""What a run leaves is trusted only where it is of the very last run, made by the same rules with the same limits."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sbyt.billing.models import Charge, Settled
from sbyt.core.periods import Period
from sbyt.core.settings import Estimates, Settings
from sbyt.readings.models import Reading
from sbyt.usecases.run_billing import run_billing
from tests.billing.loading import load
from tests.support.databases import FreshDatabase

CASE = Path(__file__).parent.parent / "data" / "billing" / "case"
NOW = dt.datetime(2026, 9, 1, 9, 0, tzinfo=dt.UTC)
APRIL = Period.parse("2026-04")


def april_billed() -> None:
    load(CASE / "2026-04")
    run_billing(APRIL, Settings(), now=NOW)


@pytest.fixture(autouse=True)
def _billed(fresh_database: FreshDatabase) -> Iterator[None]:
    with fresh_database(april_billed):
        yield


def looked_at_whole(settings: Settings = Settings(), *, full: bool = False) -> int:  # noqa: B008
    return run_billing(APRIL.plus(1), settings, now=NOW, dry_run=True, full=full).anew


def made_by_other_rules() -> None:
    row = Settled.objects.get(name="run")
    header = json.loads(bytes(row.rows))
    header["made_by"] = header["made_by"].replace("a", "b")
    row.rows = json.dumps(header).encode()
    row.save()


def of_an_earlier_period() -> None:
    Settled.objects.update(period=APRIL - 1)


def deleted() -> None:
    Settled.objects.all().delete()


def test_with_it_the_next_run_goes_on() -> None:
    assert looked_at_whole() == 0


@pytest.mark.parametrize("spoil", [made_by_other_rules, of_an_earlier_period, deleted])
def test_without_one_to_be_trusted_all_is_looked_at(spoil: Callable[[], None]) -> None:
    spoil()
    assert looked_at_whole() == 10


def test_other_limits_of_estimates_are_other_rules() -> None:
    assert looked_at_whole(Settings(estimates=Estimates(average_of_months=5))) == 10


def test_all_can_be_asked_for() -> None:
    assert looked_at_whole(full=True) == 10


def test_what_arrives_while_a_run_works_is_the_next_ones() -> None:
    register = Charge.objects.filter(basis="actual", register__meter__zones=1).earliest("register_id").register
    last = Reading.objects.filter(register=register).latest("id")

    def hand_in(_phase: str, _done: int, of: int) -> None:
        if of and not Reading.objects.filter(value=last.value + 7).exists():
            Reading.objects.create(
                register=register,
                period=int(APRIL.plus(1)),
                kind="customer",
                value=last.value + 7,
                taken_on=dt.date(2026, 5, 20),
                received_at=dt.datetime(2026, 5, 20, 9, 0, tzinfo=dt.UTC),
                loaded_at=NOW,
            )

    run_billing(APRIL.plus(1), Settings(), now=NOW, dry_run=True, progress=hand_in)
    run_billing(APRIL.plus(1), Settings(), now=NOW)
    charge = Charge.objects.get(register=register, period=APRIL.plus(1), for_period=APRIL.plus(1))
    assert (charge.basis, charge.volume) == ("actual", 7)
