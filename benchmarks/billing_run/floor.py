"""What the database needs at least to hand out what a run reads and to take in what it writes; nothing is reckoned.

    python -m benchmarks.billing_run.floor save PERIOD FOLDER      of a database in which the period is billed
    python -m benchmarks.billing_run.floor measure PERIOD FOLDER   of one in which it is not

PostgreSQL: COPY in its binary form on the server's own side, out to /dev/null and in from a file; nothing passes from
process to process. SQLite: Python's sqlite3, fetching by blocks and ``executemany`` of ready tuples. The rows go into
the live tables, with their indexes and constraints, and are committed.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path

import psycopg

from sbyt.billing.queries import Marks
from sbyt.core.periods import Period

#: What a run writes, without the ids, which the database gives.
WRITTEN = {
    "billing_charge": "account_id, register_id, period, for_period, kind, basis, volume, amount, trace",
    "billing_bill": "account_id, period, opening, charged, recalculated, paid, closing",
    "payments_counted": "payment_id, period",
    "billing_settled": "period, name, rows",
}
_BLOCK = 50_000
_HEADER = "SELECT rows FROM billing_settled WHERE name = 'run'"
_READING = "id, register_id, period, kind, value, rollover, taken_on, received_at"


def usual_reads(period: Period, marks: Marks) -> dict[str, str]:
    """What a usual month can't do without: what came since the last run, what that left, and whoever is there now."""
    return {
        "readings": f"SELECT {_READING} FROM readings_reading WHERE id > {marks.reading}",
        "registers": "SELECT id, meter_id, zone FROM accounts_register",
        "meters": "SELECT id, account_id, serial, resource, zones, digits, decimals FROM accounts_meter",
        "occupancies": "SELECT account_id, valid_from, category, residents FROM accounts_occupancy",
        "accounts": "SELECT id, opening_balance FROM accounts_account",
        "standing": f"SELECT name, rows FROM billing_settled WHERE period = {int(period) - 1}",
        "payments": (
            f"SELECT id, account_id, amount FROM payments_payment WHERE id > {marks.payment} "
            f"AND paid_on <= '{period.last_day}'"
        ),
    }


def full_reads(period: Period) -> dict[str, str]:
    """What recomputing everything can't do without: all readings, and all that was billed in 36 months."""
    return {
        **usual_reads(period, Marks()),
        "readings": f"SELECT {_READING} FROM readings_reading WHERE period <= {int(period)}",
        "cancellations": "SELECT reading_id FROM readings_cancellation",
        "charges": (
            "SELECT register_id, for_period, volume, amount FROM billing_charge "
            f"WHERE for_period BETWEEN {int(period) - 36} AND {int(period)}"
        ),
        "bills": "SELECT account_id, period, closing FROM billing_bill",
        "payments": (
            "SELECT p.id, p.account_id, p.amount FROM payments_payment p LEFT JOIN payments_counted c "
            f"ON c.payment_id = p.id WHERE c.id IS NULL AND p.paid_on <= '{period.last_day}'"
        ),
    }


def save(url: str, period: Period, folder: Path) -> dict[str, int]:
    """Put the rows that a run wrote aside; how many there are of each table."""
    if url.startswith("sqlite"):
        return _save_sqlite(sqlite_path(url), period, folder / "written.sqlite3")
    counts = {}
    with psycopg.connect(url) as connection:
        for table, columns in WRITTEN.items():
            rows = f"SELECT {columns} FROM {table} WHERE period = {int(period)}"
            told = connection.execute(f"COPY ({rows}) TO '{folder}/{table}.copy' (FORMAT binary)".encode())
            counts[table] = told.rowcount
    return counts


def _save_sqlite(path: str, period: Period, aside: Path) -> dict[str, int]:
    aside.unlink(missing_ok=True)
    counts = {}
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("ATTACH ? AS aside", [str(aside)])
        for table, columns in WRITTEN.items():
            rows = f"SELECT {columns} FROM {table} WHERE period = {int(period)}"
            connection.execute(f"CREATE TABLE aside.{table} AS {rows}")
            ((counts[table],),) = connection.execute(f"SELECT COUNT(*) FROM aside.{table}")
        connection.commit()
    return counts


def measure(url: str, period: Period, folder: Path) -> dict[str, dict[str, float]]:
    """Seconds by table: usual and full reads, and writes."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(url), isolation_level=None)) as connection:
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")
            return _measure_sqlite(connection, period, folder / "written.sqlite3")
    with psycopg.connect(url, autocommit=True) as server:

        def copy_out(statement: str) -> None:
            server.execute(f"COPY ({statement}) TO '/dev/null' (FORMAT binary)".encode())

        def copy_in(table: str) -> None:
            source = f"{folder}/{table}.copy"
            server.execute(f"COPY {table} ({WRITTEN[table]}) FROM '{source}' (FORMAT binary)".encode())

        header = server.execute(_HEADER.encode()).fetchone()
        reads = _read(copy_out, period, _marks(header))
        return {**reads, "write": _written(copy_in, lambda word: server.execute(word.encode()))}


def _measure_sqlite(connection: sqlite3.Connection, period: Period, aside: Path) -> dict[str, dict[str, float]]:
    with closing(sqlite3.connect(aside)) as other:
        rows = {table: other.execute(f"SELECT * FROM {table}").fetchall() for table in WRITTEN}

    def fetch(statement: str) -> None:
        cursor = connection.execute(statement)
        while cursor.fetchmany(_BLOCK):
            pass

    def put(table: str) -> None:
        marks = ", ".join("?" * (WRITTEN[table].count(",") + 1))
        connection.executemany(f"INSERT INTO {table} ({WRITTEN[table]}) VALUES ({marks})", rows[table])

    reads = _read(fetch, period, _marks(connection.execute(_HEADER).fetchone()))
    return {**reads, "write": _written(put, connection.execute)}


def _marks(header: tuple[bytes] | None) -> Marks:
    """What the last run knew."""
    return Marks(**json.loads(bytes(header[0]))["marks"]) if header else Marks()


def _read(fetch: Callable[[str], None], period: Period, marks: Marks) -> dict[str, dict[str, float]]:
    return {
        "usual": {name: _timed(fetch, statement) for name, statement in usual_reads(period, marks).items()},
        "full": {name: _timed(fetch, statement) for name, statement in full_reads(period).items()},
    }


def _written(put: Callable[[str], None], run: Callable[[str], object]) -> dict[str, float]:
    run("BEGIN")
    took = {table: _timed(put, table) for table in WRITTEN}
    return {**took, "commit": _timed(run, "COMMIT")}


def _timed(action: Callable[[str], object], given: str) -> float:
    begun = time.perf_counter()
    action(given)
    return time.perf_counter() - begun


def sqlite_path(url: str) -> str:
    return url.removeprefix("sqlite:///")


def main(arguments: Iterable[str]) -> None:
    what, period, folder = arguments
    action = {"save": save, "measure": measure}[what]
    print(json.dumps(action(os.environ["DATABASE_URL"], Period.parse(period), Path(folder))))


if __name__ == "__main__":
    main(sys.argv[1:])
