"""Arrow in and out of either database."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pyarrow as pa
import pytest
from django.db import connection

from sbyt import bulk
from sbyt.accounts.models import Account, Customer, Meter, Premises, Register
from sbyt.billing.models import Run
from sbyt.readings.models import Reading
from sbyt.tariffs.models import Norm
from tests.support.databases import Database

UTC = dt.UTC
READ_BACK = pa.schema(
    [
        ("value", pa.int64()),
        ("rollover", pa.bool_()),
        ("taken_on", pa.date32()),
        ("received_at", pa.timestamp("us", "UTC")),
    ]
)


def norms(*categories: str) -> pa.Table:
    count = len(categories)
    return pa.table(
        {
            "category": list(categories),
            "resource": ["gas"] * count,
            "valid_from": pa.array([24300] * count, pa.int64()),
            "per_resident": pa.array([2**40] * count, pa.int64()),
        }
    )


def a_register() -> Register:
    account = Account.objects.create(
        number="1", key="1", customer=Customer.objects.create(), premises=Premises.objects.create()
    )
    meter = Meter.objects.create(
        account=account, serial="1", resource="gas", zones=1, digits=5, decimals=0, installed_on=dt.date(2026, 1, 1)
    )
    return Register.objects.create(meter=meter, zone="T1")


def readings(register: Register, received: Sequence[dt.datetime | None]) -> pa.Table:
    count = len(received)
    return pa.table(
        {
            "register_id": [register.pk] * count,
            "period": pa.array([24310] * count, pa.int32()),
            "kind": ["customer"] * count,
            "value": pa.array(range(count), pa.int64()),
            "rollover": [number % 2 == 1 for number in range(count)],
            "taken_on": pa.array([dt.date(2026, 11, 20)] * count, pa.date32()),
            "received_at": pa.array(received, pa.timestamp("us", "UTC")),
            "channel": ["sms"] * count,
            "verdict": ["ok"] * count,
            "message_id": pa.nulls(count, pa.int64()),
            "loaded_at": pa.array([dt.datetime(2026, 11, 21, tzinfo=UTC)] * count, pa.timestamp("us", "UTC")),
        }
    )


def test_what_is_appended_is_committed_at_the_end(database: Database) -> None:
    with bulk.transaction() as db:
        assert db.append("tariffs_norm", norms("urban", "rural")) == 2
    assert list(Norm.objects.order_by("id").values_list("category", "per_resident")) == [
        ("urban", 2**40),
        ("rural", 2**40),
    ]


def test_an_exception_leaves_nothing(database: Database) -> None:
    def fail() -> None:
        with bulk.transaction() as db:
            db.append("tariffs_norm", norms("urban"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not Norm.objects.exists()


def test_a_stream_is_appended_as_a_table_is(database: Database) -> None:
    table = norms("urban", "rural")
    with bulk.transaction() as db:
        assert db.append("tariffs_norm", table.to_reader(max_chunksize=1)) == 2
    assert Norm.objects.count() == 2


@pytest.mark.parametrize(
    "received",
    [
        None,
        dt.datetime(2026, 11, 20, 7, 0, tzinfo=UTC),
        dt.datetime(2026, 11, 20, 7, 0, 1, 500, tzinfo=UTC),
        dt.datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_times_dates_and_booleans_are_stored_as_django_stores_them(
    database: Database, received: dt.datetime | None
) -> None:
    register = a_register()
    with bulk.transaction() as db:
        db.append("readings_reading", readings(register, [received, received]))
    by_bulk = list(Reading.objects.order_by("id").values("rollover", "taken_on", "received_at", "loaded_at"))
    assert by_bulk[1] == {
        "rollover": True,
        "taken_on": dt.date(2026, 11, 20),
        "received_at": received,
        "loaded_at": dt.datetime(2026, 11, 21, tzinfo=UTC),
    }
    for written in Reading.objects.all():
        written.pk = None
        written.save()
    with connection.cursor() as cursor:  # the very text of the stored values
        cursor.execute(
            "SELECT DISTINCT rollover, CAST(taken_on AS TEXT), CAST(received_at AS TEXT), CAST(loaded_at AS TEXT) "
            "FROM readings_reading"
        )
        assert len(cursor.fetchall()) == 2


def test_what_is_read_has_the_types_asked_for(database: Database) -> None:
    received = [dt.datetime(2026, 11, 20, 7, 0, tzinfo=UTC), None]
    register = a_register()
    with bulk.transaction() as db:
        db.append("readings_reading", readings(register, received))
        found = db.read("SELECT value, rollover, taken_on, received_at FROM readings_reading ORDER BY id", READ_BACK)
    assert found.schema == READ_BACK
    assert found.to_pylist() == [
        {"value": 0, "rollover": False, "taken_on": dt.date(2026, 11, 20), "received_at": received[0]},
        {"value": 1, "rollover": True, "taken_on": dt.date(2026, 11, 20), "received_at": None},
    ]


def test_reading_nothing_gives_an_empty_table_of_those_types(database: Database) -> None:
    with bulk.transaction(write=False) as db:
        found = db.read("SELECT value, rollover, taken_on, received_at FROM readings_reading", READ_BACK)
    assert found.schema == READ_BACK
    assert found.num_rows == 0


def test_without_a_schema_the_columns_come_as_they_are_kept(database: Database) -> None:
    with bulk.transaction() as db:
        db.append("tariffs_norm", norms("urban"))
        found = db.read("SELECT category, per_resident FROM tariffs_norm")
    assert found.to_pylist() == [{"category": "urban", "per_resident": 2**40}]


def test_json_is_given_and_read_as_text(database: Database) -> None:
    run = pa.table(
        {
            "period": [24310],
            "landed_at": pa.array([dt.datetime(2026, 12, 1, tzinfo=UTC)], pa.timestamp("us", "UTC")),
            "summary": ['{"lines": 3}'],
        }
    )
    with bulk.transaction() as db:
        db.append("billing_run", run)
        assert db.read("SELECT summary FROM billing_run").column(0).to_pylist() == ['{"lines": 3}']
    assert Run.objects.get().summary == {"lines": 3}


def test_a_scratch_table_serves_statements_of_the_transaction(database: Database) -> None:
    with bulk.transaction() as db:
        db.append("tariffs_norm", norms("urban", "rural"))
        for value in (1, 5):  # the second takes the place of the first
            assert db.scratch("changed", pa.table({"category": ["rural"], "per_resident": [value]})) == 1
        db.execute(
            "UPDATE tariffs_norm SET per_resident = changed.per_resident FROM changed "
            "WHERE tariffs_norm.category = changed.category"
        )
    assert dict(Norm.objects.values_list("category", "per_resident")) == {"urban": 2**40, "rural": 5}


def test_an_unknown_column_is_named(database: Database) -> None:
    with bulk.transaction() as db, pytest.raises(bulk.UnableToAppend, match="colour"):
        db.append("tariffs_norm", pa.table({"colour": ["red"]}))


def test_an_unknown_table_is_named(database: Database) -> None:
    with bulk.transaction() as db, pytest.raises(bulk.UnableToAppend, match="no_such"):
        db.append("no_such", pa.table({"colour": ["red"]}))


def test_a_row_that_the_database_refuses_leaves_nothing(database: Database) -> None:
    def append() -> None:
        with bulk.transaction() as db:
            db.append("tariffs_norm", norms("urban", "urban"))

    with pytest.raises(bulk.UnableToRunStatement):
        append()
    assert not Norm.objects.exists()


def test_where_the_database_rolled_back_by_itself_the_first_reason_is_told(database: Database) -> None:
    if database.kind == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON tariffs_norm BEGIN SELECT RAISE(ROLLBACK, 'no longer'); END"
            )

    def write() -> None:
        with bulk.transaction() as db:
            if database.kind == "sqlite":
                db.append("tariffs_norm", norms("urban"))
            else:
                db.read("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(bulk.UnableToRunStatement, match=r"no longer|terminating connection|closed the connection"):
        write()
    assert not Norm.objects.exists()


def test_a_bad_statement_is_reported_with_its_text(database: Database) -> None:
    with bulk.transaction() as db, pytest.raises(bulk.UnableToRunStatement, match="no_such"):
        db.read("SELECT a FROM no_such")


def test_on_sqlite_the_write_lock_is_held_from_the_start(sqlite_database: Database) -> None:
    with bulk.transaction():
        other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_on_sqlite_reading_leaves_writers_alone(sqlite_database: Database) -> None:
    with bulk.transaction(write=False) as db:
        assert db.read("SELECT count(*) FROM tariffs_norm").column(0).to_pylist() == [0]
        Norm.objects.create(resource="gas", category="urban", valid_from=1, per_resident=1)
        assert db.read("SELECT count(*) FROM tariffs_norm").column(0).to_pylist() == [0]
    assert Norm.objects.count() == 1


def test_on_postgresql_two_writers_wait_for_each_other(postgresql_database: Database) -> None:
    with bulk.transaction(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [bulk.BULK_LOCK])
        assert cursor.fetchone() == (False,)


def a_norm(category: str) -> Norm:
    return Norm.objects.create(category=category, resource="gas", valid_from=24300, per_resident=1)


@pytest.mark.parametrize("write", [True, False])
def test_the_last_ids_are_those_of_the_last_rows(database: Database, write: bool) -> None:
    last = [a_norm(category).pk for category in "abc"][-1]
    with bulk.transaction(write=write) as opened:
        assert opened.last_ids(["tariffs_norm", "tariffs_price"]) == {"tariffs_norm": last, "tariffs_price": 0}


def test_on_postgresql_an_id_that_was_given_and_not_committed_is_waited_for(postgresql_database: Database) -> None:
    """Else a row with a smaller id could appear later, and nobody would look for it."""
    with psycopg.connect(postgresql_database.url) as other:
        other.execute(
            "INSERT INTO tariffs_norm (category, resource, valid_from, per_resident) VALUES ('slow', 'gas', 24300, 1)"
        )
        quick = a_norm("quick").pk  # a greater one, committed before
        with bulk.transaction() as opened, ThreadPoolExecutor(1) as beside:
            asked = beside.submit(opened.last_ids, ["tariffs_norm"])
            with pytest.raises(TimeoutError):
                asked.result(timeout=0.5)
            other.commit()
            assert asked.result(timeout=30) == {"tariffs_norm": quick}
            assert opened.read("SELECT count(*) AS n FROM tariffs_norm")["n"].to_pylist() == [2]
            a_norm("later")  # nobody waits for the one who asked
