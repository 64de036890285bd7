"""A run of the billing lands whole or not at all, once a period (billing rule 13)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Model

from sbyt.accounts.models import Account
from sbyt.billing import operations
from sbyt.billing.compute import Outcome
from sbyt.billing.models import Bill, Charge, Run, Unbilled
from sbyt.billing.operations import UnableToBeginAhead, UnableToBill, UnableToBillMissing
from sbyt.bulk import UnableToRunStatement
from sbyt.core.money import half_up
from sbyt.core.periods import Period
from sbyt.core.settings import Settings
from sbyt.payments.models import Counted
from sbyt.readings.models import Cancellation, Reading
from sbyt.tariffs.models import Norm, Price
from sbyt.usecases.import_files import import_files
from sbyt.usecases.import_files.trial import read_parameters
from sbyt.usecases.run_billing import Billed, bill_missing, compare_prices, run_billing
from tests.billing.loading import load
from tests.support.databases import Database, FreshDatabase
from tests.usecases.importing import take_texts

CASE = Path(__file__).parent.parent / "data" / "billing" / "case"
NOW = dt.datetime(2026, 9, 1, 9, 0, tzinfo=dt.UTC)
APRIL, MAY = Period.parse("2026-04"), Period.parse("2026-05")
TABLES: tuple[type[Model], ...] = (Run, Charge, Bill, Unbilled, Counted)


def april() -> None:
    load(CASE / "2026-04")


@pytest.fixture
def case(fresh_database: FreshDatabase) -> Iterator[Database]:
    """The example as it is when its first month is billed."""
    with fresh_database(april) as made:
        yield made


def bill(period: Period, *, dry_run: bool = False) -> Billed:
    return run_billing(period, Settings(), now=NOW, dry_run=dry_run)


def stored() -> list[list[dict[str, Any]]]:
    return [list(table._default_manager.order_by("pk").values()) for table in TABLES]


def charges_of(account: str, period: Period) -> list[tuple[str, str, int, int]]:
    rows = Charge.objects.filter(account__number=account, period=period).order_by("for_period", "id")
    return [(str(Period(row.for_period)), row.kind, row.volume, row.amount) for row in rows]


def test_the_same_command_again_changes_nothing(case: Database) -> None:
    first = bill(APRIL)
    before = stored()
    again = bill(APRIL)
    assert again.worked_out is None
    assert again.summary == first.summary
    assert stored() == before


def test_a_dry_run_gives_the_same_and_saves_nothing(case: Database) -> None:
    tried: list[Outcome] = []
    landed: list[Outcome] = []
    trial = run_billing(APRIL, Settings(), now=NOW, dry_run=True, watcher=tried.append)
    assert stored() == [[]] * len(TABLES)
    assert trial.summary == run_billing(APRIL, Settings(), now=NOW, watcher=landed.append).summary
    order = [("register_id", "ascending"), ("month", "ascending")]
    for one, other in zip(tried, landed, strict=True):
        assert one.lines.sort_by(order) == other.lines.sort_by(order)
        assert one.bills.sort_by("account_id") == other.bills.sort_by("account_id")


@pytest.mark.parametrize("asked", ["2026-03", "2026-06", "2027-05"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_after_the_first_only_the_next_period_can_be_billed(database: Database, asked: str, dry_run: bool) -> None:
    Run.objects.create(period=APRIL, landed_at=NOW, summary={})
    with pytest.raises(UnableToBill, match="теперь можно только 2026-05"):
        bill(Period.parse(asked), dry_run=dry_run)


@pytest.mark.parametrize(
    ("asked", "refused"), [("2026-08", False), ("2026-09", False), ("2026-10", True), ("2062-04", True)]
)
def test_nobody_begins_with_a_month_ahead_by_mistake(case: Database, asked: str, refused: bool) -> None:
    period = Period.parse(asked)
    bill(period, dry_run=True)
    if refused:
        with pytest.raises(UnableToBeginAhead, match="--ahead"):
            bill(period)
        assert stored() == [[]] * len(TABLES)
    run_billing(period, Settings(), now=NOW, ahead=refused)
    bill(period.plus(1))  # the next one may lie ahead


def test_a_run_that_fails_at_its_end_leaves_nothing(case: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "_with_period", _without_period_from("payments"))
    with pytest.raises(UnableToRunStatement):
        bill(APRIL)
    assert stored() == [[]] * len(TABLES)


def _without_period_from(name: str) -> Any:
    """The last table lacks a column that it must have."""
    whole = operations._with_period
    return lambda rows, period: rows if rows.column_names == ["payment_id"] else whole(rows, period)


def test_other_prices_compare_as_if_they_had_been_taken(case: Database, tmp_path: Path) -> None:
    bill(APRIL)
    load(CASE / "2026-05")
    file = tmp_path / "tariffs.csv"
    file.write_text(
        "resource,category,zones,zone,valid_from,above,price\n"
        "electricity,urban,1,T1,2026-04-01,0,7.00\n"
        "electricity,rural,1,T1,2026-05-01,0,1.00\n"
    )
    _, rows = read_parameters(file, Settings(), NOW)
    assert rows is not None
    compared = compare_prices(MAY, Settings(), rows)
    assert compared.now == bill(MAY, dry_run=True).summary
    list(import_files([str(file)], Settings(), at=NOW, retroactive=True))
    assert compared.then == bill(MAY, dry_run=True).summary
    assert compared.then != compared.now


def test_an_account_without_a_price_gets_no_bill_and_the_next_run_picks_the_month_up(
    case: Database,
) -> None:
    Price.objects.filter(category="rural").delete()
    billed = bill(APRIL)
    assert not Bill.objects.filter(account__number__in=["10000006", "10000008"]).exists()
    assert billed.summary.unbilled == {"no_price": 2}
    assert [(row.account, row.reason) for row in billed.reported] == [
        ("10000006", "no_price"),
        ("10000008", "no_price"),
    ]
    assert billed.reported[0].missing == {
        "resource": "electricity",
        "category": "rural",
        "zones": 1,
        "zone": "T1",
        "month": int(APRIL),
    }
    Price.objects.create(
        resource="electricity", category="rural", zones=1, zone="T1", valid_from=0, above=0, price=38500
    )
    bill(MAY)
    assert charges_of("10000006", MAY)[0] == ("2026-04", "recalculation", 90, 34650)
    assert Bill.objects.get(account__number="10000006").opening == 0


def rural_price() -> dict[str, Any]:
    return {
        "resource": "electricity",
        "category": "rural",
        "zones": 1,
        "zone": "T1",
        "valid_from": 0,
        "above": 0,
        "price": 38500,
    }


def all_but_ids() -> list[list[tuple[Any, ...]]]:
    """Charges, bills and counted payments, whatever the order in which they came."""
    charges = Charge.objects.values_list(
        "account", "register", "period", "for_period", "kind", "basis", "volume", "amount"
    )
    bills = Bill.objects.values_list("account", "period", "opening", "charged", "recalculated", "paid", "closing")
    return [sorted(charges), sorted(bills), sorted(Counted.objects.values_list("payment", "period"))]


def test_those_left_out_are_billed_later_as_if_the_run_had_billed_them(fresh_database: FreshDatabase) -> None:
    with fresh_database(april):
        Price.objects.filter(category="rural").delete()
        Price.objects.create(**rural_price())
        whole = bill(APRIL).summary
        wanted = all_but_ids()
    with fresh_database(april):
        Price.objects.filter(category="rural").delete()
        bill(APRIL)
        Price.objects.create(**rural_price())
        late = bill_missing(APRIL, Settings())
        assert all_but_ids() == wanted
        assert late.summary.model_dump(exclude={"lines"}) == whole.model_dump(exclude={"lines"})
        assert sorted(late.summary.lines, key=repr) == sorted(whole.lines, key=repr)
        assert not Unbilled.objects.exists()
        # The command again sums up the same, and the next month follows.
        assert bill(APRIL).summary == late.summary
        assert bill_missing(APRIL, Settings()).worked_out is None
        bill(MAY)
        assert charges_of("10000006", MAY)[-1][:2] == ("2026-05", "charge")


def test_who_still_can_not_be_billed_stays_reported_with_the_reason_of_now(case: Database) -> None:
    Price.objects.filter(category="rural").delete()
    bill(APRIL)
    Price.objects.create(**rural_price())
    Norm.objects.filter(category="rural").delete()
    late = bill_missing(APRIL, Settings())
    assert (late.summary.unbilled, late.summary.bills) == ({"no_norm": 1}, 9)
    assert list(Unbilled.objects.values_list("account__number", "reason")) == [("10000008", "no_norm")]


def test_where_nobody_is_left_out_nothing_changes(case: Database) -> None:
    bill(APRIL)
    before = stored()
    assert bill_missing(APRIL, Settings()).worked_out is None
    assert stored() == before


@pytest.mark.parametrize(
    ("asked", "told"), [(APRIL.plus(1), "ещё не начислен"), (APRIL.plus(-1), "только за последний")]
)
def test_only_of_the_last_month_can_be_billed_what_is_missing(case: Database, asked: Period, told: str) -> None:
    bill(APRIL)
    with pytest.raises(UnableToBillMissing, match=told):
        bill_missing(asked, Settings())


def test_an_account_without_a_norm_that_it_needs_gets_no_bill(case: Database) -> None:
    Norm.objects.filter(category="rural").delete()
    assert bill(APRIL).summary.unbilled == {"no_norm": 1}
    # The other one of this category has readings.
    assert Bill.objects.filter(account__number="10000006").exists()
    assert not Bill.objects.filter(account__number="10000008").exists()


def test_the_largest_figures_that_files_may_hold_are_billed(database: Database) -> None:
    first = "2026-01-01"
    files: dict[str, str | bytes] = {
        "accounts": "account,category,residents\n1,urban,9999\n2,urban,9999\n",
        "meters": "account,serial,resource,zones,digits,decimals,installed_on\n"
        f"1,H,heat,1,6,6,{first}\n2,A,heat,1,9,0,{first}\n2,B,heat,1,6,6,{first}\n",
        "tariffs": "resource,category,zones,zone,valid_from,above,price\n"
        f"heat,urban,1,T1,{first},0,999999.9999\nheat,urban,1,T1,{first},0.001,999999.9999\n"
        f"heat,urban,1,T1,{first},999999999.999,999999.9999\n",
        "norms": f"resource,category,valid_from,per_resident\nheat,urban,{first},99999.999999\n",
        "readings": "account,serial,zone,value,taken_on,kind\n"
        f"1,H,T1,0,{first},installed\n2,A,T1,0,{first},installed\n2,B,T1,0,{first},installed\n"
        "2,A,T1,999999999,2026-01-20,customer\n2,B,T1,999999.999999,2026-01-20,customer\n",
    }
    assert not any(report.refused for report in take_texts(files).values())
    assert bill(Period.parse("2026-01")).summary.unbilled == {}
    # 99999.999999 Gcal of 9999 residents by the norm; 999999999 and 999999.999999 Gcal read.
    tiers = (1000, 999_899_999_990_001 - 1000)
    amount = sum(half_up(volume * 9_999_999_999, 100 * 10**6) for volume in tiers)
    assert charges_of("1", Period.parse("2026-01")) == [("2026-01", "charge", sum(tiers), amount)]
    volumes = {row[2] for row in charges_of("2", Period.parse("2026-01"))}
    assert volumes == {999_999_999, 999_999_999_999}


def test_a_payment_is_counted_once_however_late_it_became_known(database: Database) -> None:
    for month in ("2026-04", "2026-05"):
        load(CASE / month)
        bill(Period.parse(month))
    late = Counted.objects.get(payment__external_id="p4")
    assert (str(Period(late.period)), Counted.objects.count()) == ("2026-05", 4)


def test_a_meter_without_a_start_index_is_reported_and_the_rest_of_the_account_billed(
    case: Database,
) -> None:
    start = Reading.objects.get(kind="installed", register__meter__serial="W9")
    Cancellation.objects.create(reading=start, at=NOW, by="office")
    billed = bill(APRIL)
    assert [(row.account, row.serial, row.reason) for row in billed.reported] == [("10000009", "W9", "no_start_index")]
    assert charges_of("10000009", APRIL) == [("2026-04", "charge", 98, 53900)]


def test_a_mark_on_the_day_of_installation_counts_also_if_it_was_loaded_first(database: Database) -> None:
    first = "2026-01-01"
    head = "account,serial,zone,value,taken_on,kind,rollover\n"
    files = {
        "accounts": "account,category,residents\n1,urban,1\n",
        "meters": f"account,serial,resource,zones,digits,decimals,installed_on\n1,E,electricity,1,5,0,{first}\n",
        "tariffs": f"resource,category,zones,zone,valid_from,above,price\nelectricity,urban,1,T1,{first},0,1\n",
    }
    take_texts({**files, "readings": f"{head}1,E,T1,5,2026-01-10,customer,yes\n"})
    take_texts({"readings": f"{head}1,E,T1,99990,2026-01-10,installed,\n"})
    assert bill(Period.parse("2026-01")).reported == []
    assert charges_of("1", Period.parse("2026-01")) == [("2026-01", "charge", 15, 1500)]


def test_a_cancelled_reading_is_taken_back_by_the_next_run(case: Database) -> None:
    bill(APRIL)
    reading = Reading.objects.get(register__meter__serial="5001", period=APRIL)
    Cancellation.objects.create(reading=reading, at=NOW, by="office")
    bill(MAY)
    # 125 kWh were billed for April by the reading; the average of the last six months is 120.
    assert charges_of("10000001", MAY) == [
        ("2026-04", "recalculation", -5, -2750),
        ("2026-05", "charge", 120, 66000),
    ]


def test_a_database_without_accounts_is_billed_to_nothing(database: Database) -> None:
    assert bill(APRIL).summary.bills == 0
    assert Account.objects.count() == 0
    assert Run.objects.count() == 1
