"""What a judgement needs to know, and what it says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pyarrow as pa

from sbyt.bulk import Bulk
from sbyt.usecases.import_files.workspace import Workspace


@dataclass(frozen=True)
class Context:
    """The installation and the moment."""

    at: dt.datetime  # of the import
    zone: ZoneInfo
    last_day: int  # of the window in which readings are asked for
    first_billed: int | None  # period; None where nothing was billed here
    last_billed: int | None
    retroactive: bool

    @property
    def at_sql(self) -> str:
        """The moment in UTC, as a timestamp of DuckDB without a zone."""
        return f"TIMESTAMP '{self.at.astimezone(dt.UTC).replace(tzinfo=None)}'"


@dataclass
class Verdict:
    """How many rows are new or change something, and how to take them. Nothing is taken where any row is bad.

    ``rows`` gives what would be taken, of prices and norms.
    """

    new: int
    changed: int
    load: Callable[[], None]
    notes: list[str] = field(default_factory=list)
    rows: Callable[[], pa.Table] | None = None


def in_utc(rows: pa.RecordBatchReader, *columns: str) -> pa.RecordBatchReader:
    """Say of timestamps without a zone that they are in UTC."""
    utc = pa.timestamp("us", "UTC")
    fields = [pa.field(item.name, utc) if item.name in columns else item for item in rows.schema]
    schema = pa.schema(fields)
    return pa.RecordBatchReader.from_batches(schema, (batch.cast(schema) for batch in rows))


def known_registers(work: Workspace, bulk: Bulk) -> None:
    """Find the accounts and registers that the rows name, into the tables ``account`` and ``register``."""
    known_accounts(work, bulk)
    work.keep(
        "register",
        bulk.read(
            "SELECT a.number AS account, m.serial, r.zone, r.id, a.id AS account_id, m.digits, m.decimals "
            "FROM wanted_accounts w JOIN accounts_account a ON a.number = w.number "
            "JOIN accounts_meter m ON m.account_id = a.id JOIN accounts_register r ON r.meter_id = m.id",
            pa.schema(
                [
                    *((name, pa.string()) for name in ("account", "serial", "zone")),
                    *((name, pa.int64()) for name in ("id", "account_id", "digits", "decimals")),
                ]
            ),
        ),
    )


def known_accounts(work: Workspace, bulk: Bulk) -> None:
    """Find the accounts that the rows name, into the table ``account`` (number, id)."""
    bulk.scratch("wanted_accounts", work.stream("SELECT DISTINCT account AS number FROM rows"))
    work.keep(
        "account",
        bulk.read(
            "SELECT a.number, a.id FROM wanted_accounts w JOIN accounts_account a ON a.number = w.number",
            pa.schema([("number", pa.string()), ("id", pa.int64())]),
        ),
    )


def reject_unknown_accounts(work: Workspace) -> None:
    work.reject(
        "account",
        "concat('лицевого счёта «', account, '» нет')",
        "FROM rows WHERE account NOT IN (SELECT number FROM account)",
    )


def reject_unknown_registers(work: Workspace) -> None:
    """Reject rows whose account, meter or zone isn't known; each for the first of these reasons."""
    reject_unknown_accounts(work)
    known = "FROM rows WHERE account IN (SELECT number FROM account)"
    work.reject(
        "serial",
        "concat('у лицевого счёта «', account, '» нет счётчика «', serial, '»')",
        f"{known} AND (account, serial) NOT IN (SELECT (account, serial) FROM register)",
    )
    work.reject(
        "zone",
        "concat('у счётчика «', serial, '» нет шкалы ', zone)",
        "FROM rows WHERE (account, serial) IN (SELECT (account, serial) FROM register) "
        "AND (account, serial, zone) NOT IN (SELECT (account, serial, zone) FROM register)",
    )


#: A number of a dial as text, and what it is in whole units of its register; for volumes also with a sign.
_WHOLE_PART = "ltrim(split_part(ltrim({v}, '-'), '.', 1), '0')"
_FRACTION = "rtrim(split_part({v}, '.', 2), '0')"


def units(text: str) -> str:
    """SQL: the text of an index or a volume in whole units of a register with ``decimals``."""
    whole = _WHOLE_PART.replace("{v}", text)
    fraction = _FRACTION.replace("{v}", text)
    sign = f"CASE WHEN starts_with({text}, '-') THEN '-' ELSE '' END"
    return f"TRY_CAST(concat({sign}, '0', {whole}, rpad({fraction}, CAST(decimals AS INTEGER), '0')) AS BIGINT)"


def reject_misfits(work: Workspace, column: str, table: str, *, most_digits: str) -> None:
    """Reject numbers that the register can't show: ``most_digits`` before the comma, its decimals after it."""
    cell = f'"{column}"'
    work.reject(
        column,
        f"CASE WHEN length({_FRACTION.replace('{v}', cell)}) > decimals "
        f"THEN concat('«', {cell}, '»: у счётчика знаков после запятой ', decimals) "
        f"WHEN length({_WHOLE_PART.replace('{v}', cell)}) > {most_digits} "
        f"THEN concat('«', {cell}, '»: на шкале цифр до запятой ', {most_digits}) END",
        f"FROM {table}",
    )


def written(value: str) -> str:
    """SQL: whole units of a register with ``decimals``, written as its dial shows them."""
    step = "CAST(concat('1', repeat('0', decimals)) AS BIGINT)"
    fraction = f"lpad(CAST({value} % {step} AS VARCHAR), CAST(decimals AS INTEGER), '0')"
    return f"CASE WHEN decimals = 0 THEN CAST({value} AS VARCHAR) ELSE concat({value} // {step}, '.', {fraction}) END"
