"""payments.csv and charges.csv: money that came in, and what was charged before this system."""

from __future__ import annotations

import pyarrow as pa

from sbyt.billing.history import load_imported_charges
from sbyt.bulk import Bulk
from sbyt.core.periods import Period
from sbyt.payments.operations import load_payments
from sbyt.usecases.import_files.judging.verdict import (
    Context,
    Verdict,
    known_accounts,
    known_registers,
    reject_misfits,
    reject_unknown_accounts,
    reject_unknown_registers,
    units,
)
from sbyt.usecases.import_files.workspace import Workspace


def judge_payments(work: Workspace, bulk: Bulk, context: Context) -> Verdict:  # noqa: ARG001 the shape of a judgement
    """A payment is known by source and external_id: with another amount or account it is bad (billing rules, files)."""
    known_accounts(work, bulk)
    reject_unknown_accounts(work)
    bulk.scratch("wanted_payments", work.table("SELECT DISTINCT source, external_id FROM rows"))
    texts = ("source", "external_id", "account")
    work.keep(
        "stored",
        bulk.read(
            "SELECT p.source, p.external_id, a.number AS account, p.amount FROM wanted_payments w "
            "JOIN payments_payment p ON p.source = w.source AND p.external_id = w.external_id "
            "JOIN accounts_account a ON a.id = p.account_id",
            pa.schema([*((name, pa.string()) for name in texts), ("amount", pa.int64())]),
        ),
    )
    for column in ("account", "amount"):
        _reject_others(work, column, ("source", "external_id"), "этот платёж")
    work.run(
        "CREATE TABLE new AS SELECT rows.*, account.id AS account_id FROM rows "
        "ANTI JOIN stored USING (source, external_id) JOIN account ON account.number = rows.account "
        "QUALIFY row_number() OVER (PARTITION BY source, external_id ORDER BY line) = 1"
    )
    columns = "account_id, paid_on, amount, source, external_id"
    return Verdict(
        work.number("SELECT count(*) FROM new"), 0, lambda: _ignore(load_payments(bulk, work.in_order(columns, "new")))
    )


def judge_charges(work: Workspace, bulk: Bulk, context: Context) -> Verdict:
    """History: one row a register and month, of months before the first that was billed here (billing rule 12)."""
    known_registers(work, bulk)
    reject_unknown_registers(work)
    work.run(
        "CREATE VIEW named AS SELECT rows.*, register.id AS register_id, register.account_id, decimals "
        "FROM rows JOIN register USING (account, serial, zone)"
    )
    reject_misfits(work, "volume", "named", most_digits="12 - decimals")
    if context.first_billed is not None:
        work.reject(
            "for_period",
            f"'с {Period(context.first_billed)} начисляет эта система, прежние начисления — только за месяцы до этого'",
            f"FROM rows WHERE for_period >= {context.first_billed}",
        )
    work.run(
        "CREATE OR REPLACE TABLE rows AS SELECT line, register_id, account_id, for_period, basis, "
        f"{units('volume')} AS volume, amount FROM named WHERE line NOT IN (SELECT line FROM bad)"
    )
    bulk.scratch("wanted_registers", work.table("SELECT DISTINCT register_id AS id FROM rows"))
    numbers = ("register_id", "for_period", "volume", "amount")
    work.keep(
        "stored",
        bulk.read(
            "SELECT c.register_id, c.for_period, c.volume, c.amount, c.basis FROM wanted_registers w "
            "JOIN billing_charge c ON c.register_id = w.id WHERE c.kind = 'imported'",
            pa.schema([*((name, pa.int64()) for name in numbers), ("basis", pa.string())]),
        ),
    )
    for column in ("basis", "volume", "amount"):
        _reject_others(work, column, ("register_id", "for_period"), "это начисление")
    work.run(
        "CREATE TABLE new AS SELECT * FROM rows ANTI JOIN stored USING (register_id, for_period) "
        "QUALIFY row_number() OVER (PARTITION BY register_id, for_period ORDER BY line) = 1"
    )
    rows = "SELECT account_id, register_id, for_period, basis, volume, amount FROM new ORDER BY line"
    return Verdict(
        work.number("SELECT count(*) FROM new"), 0, lambda: _ignore(load_imported_charges(bulk, work.table(rows)))
    )


def _reject_others(work: Workspace, column: str, key: tuple[str, ...], what: str) -> None:
    """Reject rows of a known key that say something else, be it stored or further up in the file."""
    work.reject(
        column,
        f"'{what} уже есть с другим значением'",
        f"FROM rows JOIN stored USING ({', '.join(key)}) WHERE rows.{column} <> stored.{column}",
    )
    work.reject(
        column,
        "concat('в строке ', first_line, ' то же с другим значением')",
        f"FROM (SELECT line, min(line) OVER same AS first_line, {column}, first_value({column}) OVER same AS first_one "
        f"FROM rows WINDOW same AS (PARTITION BY {', '.join(key)} ORDER BY line)) WHERE {column} <> first_one",
    )


def _ignore(_count: int) -> None:
    """How many were written is known already."""
