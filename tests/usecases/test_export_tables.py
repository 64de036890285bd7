"""`sbyt export`: the columns, the order, and that what is exported can be imported again."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbyt.accounts.models import Account, Register
from sbyt.billing.models import Bill, Charge, Run
from sbyt.core.periods import Period
from sbyt.readings.models import Cancellation, Reading
from sbyt.usecases.export_tables import Format, Table, UnableToExport, export_table
from tests.support.databases import Database, FreshDatabase
from tests.usecases.importing import AT, HEADER, counts, readings, take_one, take_texts, take_world

MOSCOW = ZoneInfo("Europe/Moscow")
MAY = int(Period.parse("2026-05"))


@pytest.fixture
def world(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(take_world) as made:
        yield made


def exported(table: Table, period: str | None = None, since: dt.datetime | None = None, zone: ZoneInfo = MOSCOW) -> str:
    out = io.BytesIO()
    export_table(table, Format.CSV, out, zone, period=Period.parse(period) if period else None, since=since)
    return out.getvalue().decode()


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def landed(period: int, at: dt.datetime = AT) -> None:
    Run.objects.create(period=period, landed_at=at)


def a_bill(number: str, period: int, charged: int) -> None:
    account = Account.objects.get(number=number)
    Bill.objects.create(
        account=account, period=period, opening=-1, charged=charged, recalculated=0, paid=0, closing=charged - 1
    )


def a_charge(serial: str, zone: str, period: int | None, for_period: int, volume: int) -> None:
    register = Register.objects.get(meter__serial=serial, zone=zone)
    kind = "imported" if period is None else "charge" if period == for_period else "recalculation"
    Charge.objects.create(
        account=register.meter.account, register=register, period=period, for_period=for_period, kind=kind,
        basis="actual", volume=volume, amount=volume * 7,
    )  # fmt: skip


def test_accounts_come_in_the_columns_in_which_they_go_in(world: Database) -> None:
    take_one("accounts", "account,category,residents,valid_from\n0001,rural,3,2026-05-01\n")
    assert exported(Table.ACCOUNTS) == (
        "account,holder,address,category,residents,phone,email,opening_balance,valid_from,district,street,house,flat\n"
        '0001,Петров П. П.,"ул. Мира, д. 3",urban,2,+79120000101,petrov@example.org,100.50,,,,,\n'
        '0001,Петров П. П.,"ул. Мира, д. 3",rural,3,+79120000101,petrov@example.org,100.50,2026-05-01,,,,\n'
        '0002,Сидорова А. А.,"ул. Мира, д. 5",rural,1,+79120000102,,0.00,,,,,\n'
    )


def test_meters_stay_in_the_order_of_their_import(world: Database) -> None:
    assert exported(Table.METERS) == (
        "account,serial,resource,zones,digits,decimals,installed_on,verified_until\n"
        "0001,E1,electricity,1,5,0,2026-01-12,\n"
        "0001,W1,cold_water,1,5,3,2026-01-12,\n"
        "0002,E2,electricity,2,6,0,2026-01-12,\n"
    )


def test_readings_have_the_decimals_of_their_register_and_local_time(world: Database) -> None:
    take_one("readings", readings("0001,W1,T1,13,2026-02-20,,post,,", "0001,E1,T1,7,2026-02-21,,,,yes"))
    assert exported(Table.READINGS) == (
        "account,serial,zone,value,taken_on,received_at,channel,kind,rollover\n"
        "0001,E1,T1,1000,2026-01-12,2026-01-12T10:00:00,office,installed,\n"
        "0001,W1,T1,12.500,2026-01-12,2026-01-12T10:00:00,office,installed,\n"
        "0002,E2,T1,100,2026-01-12,2026-01-12T10:00:00,office,installed,\n"
        "0002,E2,T2,50,2026-01-12,2026-01-12T10:00:00,office,installed,\n"
        "0001,E1,T1,7,2026-02-21,,,customer,yes\n"
        "0001,W1,T1,13.000,2026-02-20,,post,customer,\n"
    )


def test_cancelled_readings_are_left_out(world: Database) -> None:
    Cancellation.objects.create(reading=Reading.objects.get(register__meter__serial="E1"), at=AT, by="staff")
    assert {row["serial"] for row in rows(exported(Table.READINGS))} == {"W1", "E2"}


def test_readings_are_narrowed_down_by_their_period_and_the_time_of_loading(world: Database) -> None:
    take_one("readings", readings("0001,E1,T1,1100,2026-02-20,,,,", "0001,E1,T1,1200,2026-02-26,,,,"))
    assert [row["value"] for row in rows(exported(Table.READINGS, "2026-02"))] == ["1100"]
    Reading.objects.filter(value=1200).update(loaded_at=AT + dt.timedelta(microseconds=1))
    assert len(rows(exported(Table.READINGS, since=AT))) == 6
    assert [row["value"] for row in rows(exported(Table.READINGS, since=AT + dt.timedelta(microseconds=1)))] == ["1200"]


def test_charges_are_sorted_by_period_account_month_serial_and_zone(world: Database) -> None:
    landed(MAY - 1)
    landed(MAY)
    for serial, zone, period, month, volume in (
        ("W1", "T1", MAY, MAY, 1250),
        ("E2", "T2", MAY - 1, MAY - 1, 5),
        ("E2", "T1", MAY - 1, MAY - 1, 6),
        ("E1", "T1", MAY, MAY, -3),
        ("W1", "T1", MAY, MAY - 1, -50),
        ("E1", "T1", None, MAY - 2, 9),
    ):
        a_charge(serial, zone, period, month, volume)
    assert exported(Table.CHARGES) == (
        "period,account,serial,resource,zone,for_period,kind,basis,volume,amount\n"
        "2026-04,0002,E2,electricity,T1,2026-04,charge,actual,6,0.42\n"
        "2026-04,0002,E2,electricity,T2,2026-04,charge,actual,5,0.35\n"
        "2026-05,0001,W1,cold_water,T1,2026-04,recalculation,actual,-0.050,-3.50\n"
        "2026-05,0001,E1,electricity,T1,2026-05,charge,actual,-3,-0.21\n"
        "2026-05,0001,W1,cold_water,T1,2026-05,charge,actual,1.250,87.50\n"
    )
    assert len(rows(exported(Table.CHARGES, "2026-04"))) == 2


def test_bills_are_sorted_by_period_and_account(world: Database) -> None:
    for period, number, charged in ((MAY, "0002", 5), (MAY, "0001", 100), (MAY - 1, "0002", -20)):
        a_bill(number, period, charged)
    landed(MAY - 1, AT - dt.timedelta(days=30))
    landed(MAY)
    assert exported(Table.BILLS) == (
        "period,account,opening,charged,recalculated,paid,closing\n"
        "2026-04,0002,-0.01,-0.20,0.00,0.00,-0.21\n"
        "2026-05,0001,-0.01,1.00,0.00,0.00,0.99\n"
        "2026-05,0002,-0.01,0.05,0.00,0.00,0.04\n"
    )
    assert len(rows(exported(Table.BILLS, since=AT))) == 2


def test_text_sorts_by_code_point(database: Database) -> None:
    numbers = ["10", "9", "a", "B", "я", "Ё", "А", "1-0"]
    take_one("accounts", "account,category,residents\n" + "".join(f"{number},urban,1\n" for number in numbers))
    assert [row["account"] for row in rows(exported(Table.ACCOUNTS))] == sorted(numbers)


@pytest.mark.parametrize("table", [Table.ACCOUNTS, Table.METERS])
def test_what_has_no_period_is_not_narrowed_down(database: Database, table: Table) -> None:
    with pytest.raises(UnableToExport, match=table):
        exported(table, "2026-05")
    with pytest.raises(UnableToExport, match=table):
        exported(table, since=AT)


def test_an_hour_that_comes_twice_is_told_apart(world: Database) -> None:
    register = Register.objects.get(meter__serial="E1")
    for hour in (0, 1):  # 25 October 2026 in Berlin: 02:30 twice
        Reading.objects.create(
            register=register, period=MAY, kind="customer", value=2000, taken_on=dt.date(2026, 10, 25),
            received_at=dt.datetime(2026, 10, 25, hour, 30, tzinfo=dt.UTC), loaded_at=AT,
        )  # fmt: skip
    found = rows(exported(Table.READINGS, "2026-05", zone=ZoneInfo("Europe/Berlin")))
    assert [row["received_at"] for row in found] == ["2026-10-25T02:30:00", "2026-10-25T02:30:00+01:00"]


def test_parquet_has_types(world: Database, tmp_path: Path) -> None:
    path = tmp_path / "readings.parquet"
    with path.open("wb") as out:
        assert export_table(Table.READINGS, Format.PARQUET, out, MOSCOW) == 4
    found = pyarrow.parquet.read_table(path)
    assert dict(zip(found.schema.names, found.schema.types, strict=True)) == {
        **dict.fromkeys(("account", "serial", "zone", "channel", "kind"), pa.string()),
        "value": pa.decimal128(18, 6),
        "taken_on": pa.date32(),
        "received_at": pa.timestamp("us", "UTC"),
        "rollover": pa.bool_(),
    }
    assert str(found.column("value")[1].as_py()) == "12.500000"


@pytest.mark.parametrize("control", [False, True], ids=["corrected by the customer", "below an inspector's"])
def test_a_correction_is_marked_and_taken_again(world: Database, fresh_database: FreshDatabase, control: bool) -> None:
    register = Register.objects.get(meter__serial="E1")
    for day, value in ((20, 1100), (21, 1050), (22, 1060)):
        Reading.objects.create(
            register=register, period=MAY, value=value, taken_on=dt.date(2026, 5, day), loaded_at=AT,
            kind="control" if control and day == 20 else "customer",
            received_at=dt.datetime(2026, 5, day, 9, tzinfo=dt.UTC),
        )  # fmt: skip
    files = {str(table): exported(table) for table in (Table.ACCOUNTS, Table.METERS, Table.READINGS)}
    marks = [(row["value"], row["correction"]) for row in rows(files["readings"]) if row["taken_on"] > "2026-05"]
    assert marks == [("1100", ""), ("1050", "yes"), ("1060", "yes")]
    with fresh_database():
        assert not any(report.refused for report in take_texts(dict(files)).values())
        assert exported(Table.READINGS) == files["readings"]


def test_without_its_mark_a_lower_value_of_the_same_month_is_refused(world: Database) -> None:
    lower = readings("0001,E1,T1,1100,2026-05-20,,,,", "0001,E1,T1,1050,2026-05-21,,,,")
    assert take_one("readings", lower).refused
    marked = HEADER.strip() + ",correction\n0001,E1,T1,1100,2026-05-20,,,,,\n0001,E1,T1,1050,2026-0{}-21,,,,,yes\n"
    assert take_one("readings", marked.format(6)).refused
    assert not take_one("readings", marked.format(5)).refused


# There and back

texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), max_size=8)
accounts = st.fixed_dictionaries(
    {
        "holder": texts,
        "address": texts,
        "category": st.sampled_from(["urban", "rural", "село"]),
        "residents": st.integers(0, 20),
        "phone": st.sampled_from(["", "+79120000101", "8 (912) 000-01-02", "нет", "+4915112345678"]),
        "email": st.sampled_from(["", "a@b.org", "Имя@почта.рф", "none"]),
        "opening_balance": st.decimals(-999, 999, places=2).map(str),
        "flat": texts,
        "later": st.dictionaries(st.integers(1, 9), st.integers(0, 9), max_size=2),
        "meters": st.lists(
            st.tuples(st.sampled_from(["electricity", "cold_water", "gas"]), st.integers(1, 3), st.integers(0, 6)),
            max_size=3,
        ),
        "steps": st.lists(st.integers(0, 99), max_size=4),
        "corrects": st.booleans(),
    }
)


def world_of(drawn: list[dict[str, Any]]) -> dict[str, str]:
    """Files of a made-up world: rising readings, the last one marked where it went through zero."""
    files = {kind: io.StringIO() for kind in ("accounts", "meters", "readings")}
    write = {kind: csv.writer(file).writerow for kind, file in files.items()}
    columns = ("holder", "address", "category", "residents", "phone", "email", "opening_balance", "flat")
    write["accounts"](["account", "valid_from", *columns])
    write["meters"](["account", "serial", "resource", "zones", "digits", "decimals", "installed_on", "verified_until"])
    write["readings"](
        ["account", "serial", "zone", "value", "taken_on", "received_at", "channel", "kind", "rollover", "correction"]
    )
    for number, account in enumerate(drawn):
        name = f"{number:04d}"
        write["accounts"]([name, "", *(account[column] for column in columns)])
        for month, residents in account["later"].items():
            changed = {**account, "residents": residents}
            write["accounts"]([name, f"2026-{month:02d}-01", *(changed[column] for column in columns)])
        for place, (resource, zones, decimals) in enumerate(account["meters"]):
            serial = f"{9 - place}-{resource}"
            write["meters"]([name, serial, resource, zones, 4, decimals, "2026-01-01", "" if place else "2030-01-01"])
            for zone in range(1, zones + 1):
                value = 100
                for month, step in enumerate([0, *account["steps"]], 1):
                    value += step
                    received = f"2026-{month:02d}-20T10:00:00.5" if month % 2 else ""
                    kind = "installed" if month == 1 else "customer"
                    mark = "yes" if step == 99 else ""
                    row = [name, serial, f"T{zone}"]
                    day = f"2026-{month:02d}-2"
                    write["readings"]([*row, value, f"{day}0", received, "sms", kind, mark, ""])
                    if account["corrects"] and step > 1:  # by half of the step too much
                        value -= step // 2
                        write["readings"]([*row, value, f"{day}1", "", "sms", kind, "", "yes"])
    return {kind: file.getvalue() for kind, file in files.items()}


@settings(max_examples=8)  # on each of the two databases
@given(st.lists(accounts, min_size=1, max_size=5))
def test_what_is_exported_makes_the_same_world(fresh_database: FreshDatabase, drawn: list[dict[str, Any]]) -> None:
    tables = (Table.ACCOUNTS, Table.METERS, Table.READINGS)
    with fresh_database():
        for report in take_texts(dict(world_of(drawn))).values():
            assert not report.refused, report.bad
        first = {str(table): exported(table) for table in tables}
        again = take_texts(dict(first))
        assert {counts(report)[1:] for report in again.values()} == {(0, report.rows, 0) for report in again.values()}
    with fresh_database():
        take_texts(dict(first))
        assert {str(table): exported(table) for table in tables} == first
