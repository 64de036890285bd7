"""Fills the database of ``DATABASE_URL``, which has its tables, with a made-up retailer; bills its last months.

    python -m benchmarks.billing_run.fill ACCOUNTS BILLED SEED

Readings are loaded month by month, as they come in, so the rows of a month lie together. The last of the 24 months is
not billed. Payments come in from the first billed month on: what was paid before is in the opening balances.
"""

from __future__ import annotations

import json
import os
import sys
import time

import django

from benchmarks.billing_run.commands import sbyt
from benchmarks.billing_run.world import FIRST, MONTHS, Tables, World

#: Whose ids we gave ourselves: on PostgreSQL the next one has to be told.
_NUMBERED = ("customer", "premises", "account", "meter", "register")


def fill(accounts: int, billed: int, seed: int) -> dict[str, float]:
    """Fill the database; how long loading and billing took, in seconds."""
    loading = billing = 0.0
    begun = time.perf_counter()
    world = World(accounts, seed)
    _load(world.prices())
    _load(world.people())
    loading += time.perf_counter() - begun
    for number in range(MONTHS):
        begun = time.perf_counter()
        is_billed = MONTHS - 1 - billed <= number < MONTHS - 1
        _load(world.month(number, paid=number >= MONTHS - 1 - billed))
        loading += time.perf_counter() - begun
        if is_billed:
            _analyse()
            billing += sbyt(os.environ["DATABASE_URL"], "bill", str(FIRST.plus(number))).seconds
            print(f"{FIRST.plus(number)} billed", file=sys.stderr, flush=True)
    _tell_numbers()
    _analyse()
    return {"loading": loading, "billing": billing}


def _load(tables: Tables) -> None:
    from sbyt.bulk import transaction

    with transaction() as bulk:
        if bulk.vendor == "postgresql":
            # Ours are sound: their references need not be looked up.
            bulk.execute("SET LOCAL session_replication_role = replica")
        for name, rows in tables:
            bulk.append(name, rows)


def _tell_numbers() -> None:
    from django.db import connection

    if connection.vendor != "postgresql":
        return
    tables = [*(f"accounts_{name}" for name in _NUMBERED), "readings_reading", "payments_payment"]
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")


def _analyse() -> None:
    """What PostgreSQL's autovacuum does with a table that has grown, at a time that is ours."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    django.setup()
    print(json.dumps(fill(*map(int, sys.argv[1:]))))
