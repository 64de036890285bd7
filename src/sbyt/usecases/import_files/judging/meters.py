"""meters.csv: the meters of accounts."""

from __future__ import annotations

import pyarrow as pa

from sbyt.accounts.operations import load_meters
from sbyt.bulk import Bulk
from sbyt.usecases.import_files.judging.verdict import Context, Verdict, known_accounts, reject_unknown_accounts
from sbyt.usecases.import_files.workspace import Workspace

#: What its readings and charges were taken by: it can't change any more once there are any.
_FIXED = ("resource", "zones", "digits", "decimals")
#: Figures of a dial, before and after the comma: what the bill works out from them stays within 64 bits.
_MOST_FIGURES = 12


def judge(work: Workspace, bulk: Bulk, context: Context) -> Verdict:  # noqa: ARG001 the shape of a judgement
    """Hold the meters against each other and against those known."""
    known_accounts(work, bulk)
    _read_stored(work, bulk)
    reject_unknown_accounts(work)
    if not work.layout.has("verified_until"):
        work.run(
            "UPDATE rows SET verified_until = s.verified_until FROM stored_meter s "
            "WHERE s.account = rows.account AND s.serial = rows.serial"
        )
    work.reject(
        "digits",
        f"concat('цифр на шкале ', digits + decimals, ', бывает не больше {_MOST_FIGURES}')",
        f"FROM rows WHERE digits + decimals > {_MOST_FIGURES}",
    )
    columns = (*_FIXED, "installed_on", "verified_until")
    for column in columns:
        work.reject(
            column,
            "concat('в строке ', first_line, ' у этого счётчика другое значение')",
            f"FROM (SELECT line, min(line) OVER same AS first_line, {column}, "
            f"first_value({column}) OVER same AS first_one FROM rows "
            "WINDOW same AS (PARTITION BY account, serial ORDER BY line)) "
            f"WHERE {column} IS DISTINCT FROM first_one",
        )
    for column in _FIXED:
        work.reject(
            column,
            f"concat('у этого счётчика уже есть показания при значении ', s.{column})",
            f"FROM rows JOIN stored_meter s USING (account, serial) WHERE s.is_used AND s.{column} <> rows.{column}",
        )
    differs = " OR ".join(f"s.{column} IS DISTINCT FROM rows.{column}" for column in columns)
    work.run(
        f"CREATE TABLE wanted AS SELECT min(rows.line) AS line, a.id AS account_id, rows.serial, "
        f"{', '.join(f'any_value(rows.{column}) AS {column}' for column in columns)}, "
        f"bool_or(s.serial IS NULL) AS is_new, bool_or({differs}) AS is_touched FROM rows "
        "JOIN account a ON a.number = rows.account LEFT JOIN stored_meter s USING (account, serial) "
        "GROUP BY a.id, rows.serial"
    )
    new = work.number("SELECT count(*) FROM wanted WHERE is_new")
    changed = work.number("SELECT count(*) FROM wanted WHERE is_touched AND NOT is_new")

    def load() -> None:
        load_meters(
            bulk, work.table("SELECT * EXCLUDE (is_new, is_touched) FROM wanted WHERE is_touched ORDER BY line")
        )

    return Verdict(new, changed, load)


def _read_stored(work: Workspace, bulk: Bulk) -> None:
    used = " OR ".join(
        f"EXISTS (SELECT 1 FROM {table} u JOIN accounts_register r ON r.id = u.register_id WHERE r.meter_id = m.id)"
        for table in ("readings_reading", "billing_charge")
    )
    work.keep(
        "stored_meter",
        bulk.read(
            "SELECT a.number AS account, m.serial, m.resource, m.zones, m.digits, m.decimals, m.installed_on, "
            f"m.verified_until, ({used}) AS is_used FROM wanted_accounts w "
            "JOIN accounts_account a ON a.number = w.number JOIN accounts_meter m ON m.account_id = a.id",
            pa.schema(
                [
                    *((name, pa.string()) for name in ("account", "serial", "resource")),
                    *((name, pa.int64()) for name in ("zones", "digits", "decimals")),
                    *((name, pa.date32()) for name in ("installed_on", "verified_until")),
                    ("is_used", pa.bool_()),
                ]
            ),
        ),
    )
