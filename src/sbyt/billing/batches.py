"""A run's work at the engine: all that is known goes into its tables on disk, then batch by batch through the rules.

What the memory holds depends on the size of a batch, not on the number of accounts.
"""

from __future__ import annotations

import dataclasses
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pyarrow as pa

from sbyt.billing import queries
from sbyt.billing.compute import Outcome, most_tiers, plan
from sbyt.billing.engine import DuckDB, prepare
from sbyt.billing.facts import COLUMNS, calendar
from sbyt.billing.going_on import STANDING, going_on
from sbyt.billing.plans import Plan
from sbyt.billing.queries import Marks
from sbyt.billing.standing import Standing
from sbyt.bulk import Bulk
from sbyt.core.periods import Period
from sbyt.core.settings import Estimates, Holds

#: The tables of facts that are cut into batches, by what their rows belong to.
_BY_ACCOUNT = ("accounts", "occupancies", "registers", "imported", "payments")
_BY_REGISTER = ("readings", "earlier", "billed")

#: How many registers make a batch; one whose whole history is looked at counts as several.
BATCH = 100_000
WHOLE_HISTORY = 4


@dataclass(frozen=True, slots=True)
class Batch:
    """Accounts from a first to a last id, and how many of all are done after it."""

    first: int
    last: int
    done: int


class Workbench:
    """The engine with what is known for a run of one period."""

    def __init__(self, engine: DuckDB, bulk: Bulk, period: Period, zone: zoneinfo.ZoneInfo, upto: Marks) -> None:
        self.engine, self.bulk, self.period, self._zone, self.upto = engine, bulk, period, zone, upto
        for name in (*_BY_ACCOUNT, *_BY_REGISTER):
            engine.hand_in(f"all_{name}", COLUMNS[name].empty_table())
        self._goes_on = False
        self.set_prices(queries.prices(bulk), queries.norms(bulk))

    def set_prices(self, prices: pa.Table, norms: pa.Table) -> None:
        """Reckon with these prices and norms."""
        self.engine.hand_in("prices", prices)
        self.engine.hand_in("norms", norms)

    def change_parameters(self, rows: pa.Table) -> None:
        """Reckon with other prices or norms: each table given takes the place of the one that begins in that month."""
        prices, norms = self.engine.rows("prices"), self.engine.rows("norms")
        if "price" in rows.column_names:
            prices = _replaced(prices, rows, ["resource", "category", "zones", "zone", "valid_from"])
        else:
            norms = _replaced(norms, rows, ["resource", "category", "valid_from"])
        self.set_prices(prices, norms)

    def read_whole(self, *, chosen: bool = False) -> None:
        """Read whole histories: of all accounts, or of those chosen in ``queries.choose``."""
        self._add("occupancies", queries.occupancies(self.bulk, chosen=chosen))
        self._add("registers", queries.registers(self.bulk, chosen=chosen))
        self._read_histories(chosen=chosen)

    def read_going_on(self, standing: Standing) -> None:
        """Read what is new, and whole histories only of the accounts that don't go on from where they stood."""
        engine, bulk, marks = self.engine, self.bulk, (standing.marks, self.upto)
        engine.hand_in("now_accounts", queries.account_ids(bulk))
        engine.hand_in("now_occupancies", queries.occupancies(bulk))
        engine.hand_in("now_registers", queries.registers(bulk))
        engine.hand_in("now_readings", queries.readings_since(bulk, self._zone, *marks, standing.waiting))
        engine.hand_in("now_changes", queries.changes_since(bulk, standing.marks))
        engine.hand_in("now_payments", queries.payments_since(bulk, self.period, *marks, standing.waiting))
        engine.run(prepare(going_on(self.period)))
        self._goes_on = True
        for name in ("accounts", "registers", "readings", "earlier", "billed", "payments"):
            self._take(name, f"on_{name}")
        self._take("occupancies", "now_occupancies")
        changed = engine.read("SELECT account_id FROM changed")["account_id"]
        if len(changed):
            engine.execute(
                "INSERT INTO all_registers BY NAME SELECT * FROM now_registers "
                "WHERE account_id IN (SELECT account_id FROM changed)"
            )
            queries.choose(bulk, changed.combine_chunks())
            self._read_histories(chosen=True)

    def _read_histories(self, *, chosen: bool) -> None:
        bulk, period, upto = self.bulk, self.period, self.upto
        self._add("accounts", queries.accounts(bulk, period, chosen=chosen))
        self._add("readings", queries.readings(bulk, period, self._zone, upto, chosen=chosen))
        self._add("billed", queries.billed(bulk, period, chosen=chosen))
        self._add("imported", queries.imported(bulk, period, chosen=chosen))
        self._add("payments", queries.payments(bulk, period, upto, chosen=chosen))

    def _add(self, name: str, rows: pa.RecordBatchReader) -> None:
        self.engine.hand_in(f"all_{name}", rows, append=True)

    def _take(self, name: str, source: str) -> None:
        self.engine.execute(f'INSERT INTO "all_{name}" BY NAME SELECT * FROM "{source}"')

    def accounts(self) -> int:
        """How many there are."""
        return self._count("SELECT COUNT(*) AS n FROM all_accounts")

    def anew(self) -> int:
        """How many of them don't go on from where they stood."""
        return self._count("SELECT COUNT(*) AS n FROM changed") if self._goes_on else self.accounts()

    def _count(self, sql: str) -> int:
        found: int = self.engine.read(sql)["n"][0].as_py()
        return found

    def batches(self) -> list[Batch]:
        """All accounts, cut so that the memory holds each part."""
        rows = self.engine.read(
            f"""
            WITH used AS (
                SELECT account_id, SUM(CASE WHEN floor IS NULL THEN {WHOLE_HISTORY} ELSE 1 END) AS weight
                FROM all_registers GROUP BY account_id
            ), weighed AS (
                SELECT account_id, ROW_NUMBER() OVER (ORDER BY account_id) AS place,
                    CAST(SUM(COALESCE(weight, 1)) OVER (ORDER BY account_id) AS BIGINT) AS total
                FROM all_accounts LEFT JOIN used USING (account_id)
            )
            SELECT MIN(account_id) AS first, MAX(account_id) AS last, MAX(place) AS done FROM weighed
            GROUP BY total // {BATCH} ORDER BY first
            """
        )
        return [Batch(**row) for row in rows.to_pylist()]

    def rules(self, estimates: Estimates, holds: Holds) -> Plan:
        """The rules, written down for what is known."""
        first = self.engine.read("SELECT MIN(period) AS first FROM all_readings")["first"][0].as_py()
        self.engine.hand_in("calendar", calendar(self.period, first - 2 if first is not None else self.period))
        return plan(self.period, estimates, most_tiers(self.engine.rows("prices")), holds)

    def source(self, name: str) -> str:
        """The table that has all rows of a table of facts."""
        return f"all_{name}" if name in (*_BY_ACCOUNT, *_BY_REGISTER) else name

    def work(self, batches: list[Batch], work_out: WorkOut) -> Iterator[Batch]:
        """Work each batch out; what the rules give is in the engine's tables until the next."""
        for batch in batches:
            within = f"BETWEEN {batch.first} AND {batch.last}"
            for name in _BY_ACCOUNT:
                self.engine.execute(
                    f'CREATE OR REPLACE TEMP TABLE "{name}" AS SELECT * FROM "all_{name}" WHERE account_id {within}'
                )
            work_out()
            yield batch

    def take_histories(self) -> None:
        """Cut out what belongs to the registers of a batch."""
        for name in _BY_REGISTER:
            self.engine.execute(
                f'CREATE OR REPLACE TEMP TABLE "{name}" AS SELECT * FROM "all_{name}" '
                "WHERE register_id IN (SELECT register_id FROM registers)"
            )

    def outcome(self) -> Outcome:
        """What the batch last worked out is billed."""
        return outcome_of(self.engine)

    def standing(self) -> Iterator[tuple[str, pa.Table]]:
        """The rows of the tables of ``STANDING`` that the batch last worked out leaves."""
        sources = {
            "was_accounts": "SELECT * FROM settled_accounts",
            "was_occupancies": f"SELECT * FROM occupancies SEMI JOIN settled_accounts USING (account_id) "
            f"WHERE valid_from <= {int(self.period)}",
            "was_registers": self._registers_left(),
            "was_months": "SELECT * FROM settled_months",
            "was_billed": "SELECT * FROM settled_billed",
        }
        for name, source in sources.items():
            columns = ", ".join(f'"{column}"' for column in STANDING[name].names)
            yield name, self.engine.read(f"SELECT {columns} FROM ({source})")

    def _registers_left(self) -> str:
        left = "SELECT * FROM settled_registers"
        if not self._goes_on:
            return left
        # Meters that have ended are not looked at again, but their accounts still have them.
        return (
            f"{left} UNION ALL BY NAME SELECT * FROM was_registers SEMI JOIN settled_accounts USING (account_id) "
            f"ANTI JOIN changed USING (account_id) WHERE until < {int(self.period)}"
        )

    def parameters_left(self) -> Iterator[tuple[str, pa.Table]]:
        """The prices and norms that were in force up to the period."""
        for name in ("prices", "norms"):
            yield (
                f"was_{name}",
                self.engine.read(f"SELECT * FROM {name} WHERE valid_from <= {int(self.period)}"),
            )


#: Works out the batch whose accounts are in the tables: what the rules hand out is there after it.
WorkOut = Callable[[], None]

#: Is given what is known and the rules, once, before the first batch.
Engine = Callable[[Workbench, Plan], WorkOut]


def in_process(bench: Workbench, rules: Plan) -> WorkOut:
    """Work each batch out in this process, by DuckDB."""
    prepared = prepare(rules)

    def work_out() -> None:
        bench.take_histories()
        bench.engine.run(prepared)

    return work_out


def outcome_of(engine: DuckDB) -> Outcome:
    """What an engine has worked out by the plan of a run."""
    return Outcome(**{field.name: engine.rows(field.name) for field in dataclasses.fields(Outcome)})


def _replaced(stored: pa.Table, rows: pa.Table, key: list[str]) -> pa.Table:
    given = rows.select(stored.column_names).cast(stored.schema)
    kept = stored.join(given.select(key).group_by(key).aggregate([]), key, join_type="left anti")
    return pa.concat_tables([kept.select(stored.column_names), given])
