"""How long a million readings take by ``sbyt import``, beside the same rows put in with nothing checked.

SQLite: Python's plain ``executemany`` of ready tuples, into the same tables with the same indexes and constraints, one
transaction, with the pragmas that sbyt sets. PostgreSQL: one COPY of ready text through psycopg, on a private server
that is started and stopped here. The two sides alternate, each on a fresh copy of a database that has the accounts and
meters already; figures are medians. The import's time is that of the whole command, from start to exit.

    python benchmarks/import_readings.py [ROUNDS]
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import psycopg

from tests.support.components import postgresql_programs
from tests.support.postgresql import Server, running_server

ACCOUNTS = 100_000
MONTHS = 10
GOAL = 4.0
SBYT = Path(sys.executable).parent / "sbyt"
COLUMNS = "register_id, period, kind, value, rollover, taken_on, received_at, channel, verdict, message_id, loaded_at"
ROWS = f"SELECT {COLUMNS} FROM readings_reading ORDER BY id"


def write_world(folder: Path) -> None:
    """Accounts with a meter each, and a reading a month for all of them, month by month as they come in."""
    with (folder / "accounts.csv").open("w") as file:
        file.write("account,holder,category,residents,phone\n")
        for number in range(ACCOUNTS):
            file.write(f"{number:010d},Holder {number},urban,{number % 5},+7912{number:07d}\n")
    with (folder / "meters.csv").open("w") as file:
        file.write("account,serial,resource,zones,digits,decimals,installed_on\n")
        for number in range(ACCOUNTS):
            file.write(f"{number:010d},{number:08d},electricity,1,6,0,2026-01-10\n")
    with (folder / "later.csv").open("w") as file:
        file.write("account,serial,zone,value,taken_on,received_at,channel,kind,rollover\n")
        for month in range(1, MONTHS + 1):
            kind = "installed" if month == 1 else "customer"
            for number in range(ACCOUNTS):
                day = f"2026-{month:02d}-{18 + number % 8:02d}"
                value = number % 1000 + month * (100 + number % 90)
                received = f"{day}T{8 + number % 12:02d}:{number % 60:02d}:00"
                file.write(f"{number:010d},{number:08d},T1,{value},{day},{received},sms,{kind},\n")


def sbyt(url: str, *arguments: str | Path) -> float:
    """Run the command on a database; the seconds it took."""
    environ = {**os.environ, "DATABASE_URL": url, "SBYT_CONFIG": os.devnull}
    begun = time.perf_counter()
    subprocess.run([SBYT, *arguments], env=environ, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def prepare(url: str, folder: Path) -> None:
    """Tables, accounts and meters."""
    sbyt(url, "migrate")
    sbyt(url, "import", folder / "accounts.csv", folder / "meters.csv")


def measure_sqlite(folder: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of the import and of executemany, round by round."""
    prepared, used = folder / "prepared.sqlite3", folder / "used.sqlite3"
    prepare(f"sqlite:///{prepared}", folder)
    imported, plain = [], []
    rows: list[tuple[object, ...]] = []
    for _ in range(rounds):
        _copy(prepared, used)
        imported.append(sbyt(f"sqlite:///{used}", "import", folder / "later.csv"))
        if not rows:
            connection = sqlite3.connect(used)
            rows = connection.execute(ROWS).fetchall()
            connection.close()
        _copy(prepared, used)
        plain.append(_executemany(used, rows))
    return imported, plain


def _copy(prepared: Path, used: Path) -> None:
    for left in used.parent.glob(f"{used.name}*"):
        left.unlink()
    shutil.copyfile(prepared, used)


def _executemany(path: Path, rows: list[tuple[object, ...]]) -> float:
    marks = ", ".join("?" * len(rows[0]))
    begun = time.perf_counter()
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany(f"INSERT INTO readings_reading ({COLUMNS}) VALUES ({marks})", rows)
    connection.execute("COMMIT")
    connection.close()
    return time.perf_counter() - begun


def measure_postgresql(server: Server, folder: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of the import and of COPY, round by round."""
    server.create("prepared")
    prepare(server.url("prepared"), folder)
    imported, plain = [], []
    text = b""
    for number in range(rounds):
        used = f"used_{number}"
        server.create(used, template="prepared")
        imported.append(sbyt(server.url(used), "import", folder / "later.csv"))
        text = text or _copied_out(server.url(used))
        server.drop(used)
        server.create(used, template="prepared")
        plain.append(_copied_in(server.url(used), text))
        server.drop(used)
    return imported, plain


def _copied_out(url: str) -> bytes:
    with psycopg.connect(url) as connection, connection.cursor().copy(f"COPY ({ROWS}) TO STDOUT") as copy:
        return b"".join(bytes(block) for block in copy)


def _copied_in(url: str, text: bytes) -> float:
    begun = time.perf_counter()
    with psycopg.connect(url) as connection:
        with connection.cursor().copy(f"COPY readings_reading ({COLUMNS}) FROM STDIN") as copy:
            copy.write(text)
        connection.commit()
    return time.perf_counter() - begun


def main(rounds: int) -> None:
    """Measure and print a table of Markdown."""
    print(f"{ACCOUNTS * MONTHS:,} readings of {ACCOUNTS:,} meters, {rounds} rounds\n")
    print("| database | sbyt import | rows alone | ratio of medians (of each round) | goal |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_world(folder)
        _show("SQLite, executemany", measure_sqlite(folder, rounds))
        if programs := postgresql_programs():
            with running_server(programs) as server:
                _show("PostgreSQL, COPY", measure_postgresql(server, folder, rounds))
        else:
            print("| PostgreSQL | not installed here: make test-deps | | | |")


def _show(title: str, measured: tuple[list[float], list[float]]) -> None:
    tool: Callable[[list[float]], float] = statistics.median
    imported, plain = map(tool, measured)
    each = ", ".join(f"{ours / theirs:.2f}" for ours, theirs in zip(*measured, strict=True))
    met = "met" if imported <= GOAL * plain else "missed"
    print(
        f"| {title} | {imported:.1f} s | {plain:.1f} s | {imported / plain:.2f} ({each}) | {GOAL:g}: {met} |",
        flush=True,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
