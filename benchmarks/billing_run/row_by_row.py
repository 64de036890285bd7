"""The straightforward run: one account after the other, the rules in plain Python, a statement for each row.

    python -m benchmarks.billing_run.row_by_row PERIOD ACCOUNTS SEED URL_OF_THE_BILLED

Of some stretches of the accounts of ``DATABASE_URL``, in which the period is not billed; nothing of it stays. The rules
are those of ``tests/billing/oracle.py``, and what they give is compared with the lines and bills that the columnar run
wrote into the other database. Beginning, committing and prices, which are read once, are not counted.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
import sqlite3
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from benchmarks.billing_run.floor import sqlite_path
from sbyt.core.periods import Period
from sbyt.core.settings import Settings
from sbyt.metering.counting import FIRST_AND_LAST, Kind
from tests.billing import oracle

Row = tuple[Any, ...]

_STRETCHES = 10

_ACCOUNT = """
    SELECT opening_balance, (SELECT MIN(period) FROM billing_bill WHERE account_id = a.id),
        (SELECT closing FROM billing_bill WHERE account_id = a.id AND period = ?) FROM accounts_account a WHERE id = ?
"""
_METERS = """
    SELECT m.serial, m.resource, m.zones, m.digits, m.decimals, r.id, r.zone
    FROM accounts_meter m JOIN accounts_register r ON r.meter_id = m.id WHERE m.account_id = ? ORDER BY m.id, r.zone
"""
_READINGS = """
    SELECT m.serial, r.zone, g.period, g.kind, g.value, g.rollover, g.taken_on, g.received_at, g.id
    FROM accounts_meter m JOIN accounts_register r ON r.meter_id = m.id JOIN readings_reading g ON g.register_id = r.id
    LEFT JOIN readings_cancellation c ON c.reading_id = g.id
    WHERE m.account_id = ? AND c.id IS NULL AND (g.period <= ? OR g.kind = 'installed')
"""
_CHARGES = """
    SELECT m.serial, r.zone, c.for_period, c.volume, c.amount, c.kind
    FROM billing_charge c JOIN accounts_register r ON r.id = c.register_id JOIN accounts_meter m ON m.id = r.meter_id
    WHERE c.account_id = ? AND c.for_period BETWEEN ? AND ?
"""
_PAYMENTS = """
    SELECT p.id, p.amount FROM payments_payment p LEFT JOIN payments_counted c ON c.payment_id = p.id
    WHERE p.account_id = ? AND c.id IS NULL AND p.paid_on <= ?
"""
_LINES = """
    SELECT m.serial, r.zone, c.for_period, c.kind, c.basis, c.volume, c.amount
    FROM billing_charge c JOIN accounts_register r ON r.id = c.register_id JOIN accounts_meter m ON m.id = r.meter_id
    WHERE c.account_id = ? AND c.period = ? ORDER BY c.for_period, m.serial, r.zone
"""
_BILL = "SELECT opening, charged, recalculated, paid, closing FROM billing_bill WHERE account_id = ? AND period = ?"


class Database:
    """Statements with ``?``, on either of the two."""

    def __init__(self, url: str) -> None:
        self._is_sqlite = url.startswith("sqlite")
        self._connection: Any = sqlite3.connect(sqlite_path(url)) if self._is_sqlite else psycopg.connect(url)
        self._cursor = self._connection.cursor()
        self.seconds = 0.0

    def __call__(self, statement: str, *values: object) -> list[Row]:
        begun = time.perf_counter()
        self._cursor.execute(statement if self._is_sqlite else statement.replace("?", "%s"), values)
        found: list[Row] = self._cursor.fetchall() if self._cursor.description else []
        self.seconds += time.perf_counter() - begun
        return found

    def close(self) -> None:
        self._connection.rollback()
        self._connection.close()


def bill(database: Database, account: int, period: Period, prices: oracle.Prices, zone: ZoneInfo) -> oracle.Result:
    """Bill one account, and put its rows in."""
    ((balance, first, closing),) = database(_ACCOUNT, int(period) - 1, account)
    occupancies = database(
        "SELECT valid_from, category, residents FROM accounts_occupancy WHERE account_id = ?", account
    )
    dials = database(_METERS, account)
    readings = [_reading(row, zone) for row in database(_READINGS, account, int(period))]
    charges = database(_CHARGES, account, int(period) - 36, int(period))
    payments = database(_PAYMENTS, account, period.last_day.isoformat())
    known = oracle.Account(
        opening=balance if closing is None else closing,
        first=first,
        occupancies=tuple((start, category, residents) for start, category, residents in occupancies),
        meters=tuple(dict.fromkeys(oracle.Meter(*row[:5]) for row in dials)),
        readings=tuple(readings),
        billed=_billed(charges),
        imported=frozenset((serial, month) for serial, _, month, *_, kind in charges if kind == "imported"),
        payments=tuple(amount for _, amount in payments),
    )
    result = oracle.bill(known, prices, int(period))
    _save(database, account, period, result, {(row[0], row[6]): row[5] for row in dials}, payments)
    return result


def _reading(row: Row, zone: ZoneInfo) -> oracle.Reading:
    serial, dial, period, kind, value, rollover, taken_on, received_at, number = row
    day = dt.date.fromisoformat(str(taken_on))
    at = dt.datetime.fromisoformat(str(received_at))
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    if kind in ("installed", "removed"):
        at = dt.datetime.combine(day + dt.timedelta(days=kind == "removed"), dt.time(), zone)
    moment = round(at.timestamp() * 1_000_000) - (kind == "removed")
    order = number + FIRST_AND_LAST.get(Kind(kind), 0)
    return oracle.Reading(serial, dial, period, kind, value, bool(rollover), moment, order)


def _billed(charges: Sequence[Row]) -> dict[tuple[oracle.Dial, int], tuple[int, int]]:
    found: dict[tuple[oracle.Dial, int], tuple[int, int]] = {}
    for serial, zone, month, volume, amount, _ in charges:
        before = found.get(((serial, zone), month), (0, 0))
        found[(serial, zone), month] = (before[0] + volume, before[1] + amount)
    return found


def _save(
    database: Database,
    account: int,
    period: Period,
    result: oracle.Result,
    registers: dict[oracle.Dial, int],
    payments: Sequence[Row],
) -> None:
    if result.bill is None:
        return
    for line in result.lines:
        database(
            "INSERT INTO billing_charge "
            "(account_id, register_id, period, for_period, kind, basis, volume, amount, trace) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, '{}')",
            account,
            registers[line.serial, line.zone],
            int(period),
            line.month,
            line.kind,
            line.basis,
            line.volume,
            line.amount,
        )
    one = result.bill
    database(
        "INSERT INTO billing_bill (account_id, period, opening, charged, recalculated, paid, closing) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(account, int(period), one.opening, one.charged, one.recalculated, one.paid, one.closing),
    )
    for number, _ in payments:
        database("INSERT INTO payments_counted (payment_id, period) VALUES (?, ?)", number, int(period))


def prices_of(database: Database) -> oracle.Prices:
    prices: dict[tuple[str, str, int, str], dict[int, list[tuple[int, int]]]] = defaultdict(dict)
    norms: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    rows = database("SELECT resource, category, zones, zone, valid_from, above, price FROM tariffs_price")
    for *key, start, above, price in rows:
        prices[tuple(key)].setdefault(start, []).append((above, price))
    for resource, category, start, norm in database(
        "SELECT resource, category, valid_from, per_resident FROM tariffs_norm"
    ):
        norms[resource, category][start] = norm
    return oracle.Prices(dict(prices), dict(norms))


def written(database: Database, account: int, period: Period) -> tuple[list[oracle.Line], oracle.Bill | None]:
    """What the columnar run wrote for an account."""
    lines = [oracle.Line(*row) for row in database(_LINES, account, int(period))]
    bills = database(_BILL, account, int(period))
    return lines, oracle.Bill(*bills[0]) if bills else None


def chosen(everybody: Sequence[int], wanted: int, seed: int) -> list[int]:
    """Stretches of neighbours, as a run goes from one to the next and finds some of what it reads in memory."""
    if len(everybody) <= wanted:
        return list(everybody)
    parts = range(_STRETCHES)
    size, part = wanted // _STRETCHES, len(everybody) // _STRETCHES
    starts = [part * at + random.Random(seed + at).randrange(max(part - size, 1)) for at in parts]
    return [account for start in starts for account in everybody[start : start + size]]


def main(written_period: str, accounts: str, seed: str, url_of_billed: str) -> None:
    period, zone = Period.parse(written_period), Settings().zone
    with closing(Database(os.environ["DATABASE_URL"])) as database, closing(Database(url_of_billed)) as billed:
        everybody = [number for (number,) in database("SELECT id FROM accounts_account ORDER BY id")]
        sample = chosen(everybody, int(accounts), int(seed))
        prices = prices_of(database)
        database.seconds, begun = 0.0, time.perf_counter()
        results = {account: bill(database, account, period, prices, zone) for account in sample}
        seconds = time.perf_counter() - begun
        different = [
            account
            for account, result in results.items()
            if (result.lines, result.bill) != written(billed, account, period)
        ]
        told = {"accounts": len(sample), "seconds": seconds, "database": database.seconds, "different": different}
        print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
