"""Tables out of the database: CSV in the columns in which they are imported, or Parquet."""

from __future__ import annotations

import csv
import datetime as dt
import enum
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import IO, Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from sbyt.bulk import Bulk, transaction
from sbyt.core.money import roubles
from sbyt.core.periods import Period
from sbyt.core.units import from_units


class Table(enum.StrEnum):
    ACCOUNTS = "accounts"
    METERS = "meters"
    READINGS = "readings"
    CHARGES = "charges"
    BILLS = "bills"


class Format(enum.StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


class UnableToExport(ValueError):
    """The table can't be narrowed down in the way asked for."""


class _As(enum.Enum):
    """How a stored column is written."""

    TEXT = pa.string()
    NUMBER = pa.int64()
    MONEY = pa.decimal128(18, 2)  # from kopecks
    VOLUME = pa.decimal128(18, 6)  # from whole units of a register, with its decimals
    PERIOD = "period"
    FIRST_DAY = "first day"  # of a period; 0 is from the beginning
    DATE = pa.date32()
    TIME = pa.timestamp("us", "UTC")
    FLAG = "flag"


@dataclass(frozen=True)
class _Export:
    """A query with the columns as they are exported, and after them ``decimals`` where volumes are among them.

    ``{text:…}`` in the order is a column that sorts by code point. The conditions narrow it down.
    """

    columns: Mapping[str, _As]
    query: str
    order: str
    period: str | None = None
    since: str | None = None

    @property
    def has_volumes(self) -> bool:
        return _As.VOLUME in self.columns.values()


_REGISTER = (
    "JOIN accounts_register g ON g.id = x.register_id JOIN accounts_meter m ON m.id = g.meter_id "
    "JOIN accounts_account a ON a.id = m.account_id"
)
_LANDED = "x.period IN (SELECT n.period FROM billing_run n WHERE n.landed_at >= {since})"

_EXPORTS = {
    Table.ACCOUNTS: _Export(
        {
            "account": _As.TEXT,
            "holder": _As.TEXT,
            "address": _As.TEXT,
            "category": _As.TEXT,
            "residents": _As.NUMBER,
            "phone": _As.TEXT,
            "email": _As.TEXT,
            "opening_balance": _As.MONEY,
            "valid_from": _As.FIRST_DAY,
            "district": _As.TEXT,
            "street": _As.TEXT,
            "house": _As.TEXT,
            "flat": _As.TEXT,
        },
        "SELECT a.number, c.name, p.address, o.category, o.residents, c.phone, c.email, a.opening_balance, "
        "o.valid_from, p.district, p.street, p.house, p.flat FROM accounts_account a "
        "JOIN accounts_customer c ON c.id = a.customer_id "
        "JOIN accounts_premises p ON p.id = a.premises_id JOIN accounts_occupancy o ON o.account_id = a.id WHERE true",
        "{text:a.number}, o.valid_from",
    ),
    Table.METERS: _Export(
        {
            "account": _As.TEXT,
            "serial": _As.TEXT,
            "resource": _As.TEXT,
            "zones": _As.NUMBER,
            "digits": _As.NUMBER,
            "decimals": _As.NUMBER,
            "installed_on": _As.DATE,
            "verified_until": _As.DATE,
        },
        "SELECT a.number, m.serial, m.resource, m.zones, m.digits, m.decimals, m.installed_on, m.verified_until "
        "FROM accounts_meter m JOIN accounts_account a ON a.id = m.account_id WHERE true",
        # An account's meters have an order, that of their import: customers may name them by it.
        "{text:a.number}, m.id",
    ),
    Table.READINGS: _Export(
        {
            "account": _As.TEXT,
            "serial": _As.TEXT,
            "zone": _As.TEXT,
            "value": _As.VOLUME,
            "taken_on": _As.DATE,
            "received_at": _As.TIME,
            "channel": _As.TEXT,
            "kind": _As.TEXT,
            "rollover": _As.FLAG,
        },
        "SELECT a.number, m.serial, g.zone, x.value, x.taken_on, x.received_at, x.channel, x.kind, x.rollover, "
        f"m.decimals FROM readings_reading x {_REGISTER} "
        "WHERE NOT EXISTS (SELECT 1 FROM readings_cancellation c WHERE c.reading_id = x.id)",
        "x.period, {text:a.number}, {text:m.serial}, g.zone, x.id",
        period="x.period = {period}",
        since="x.loaded_at >= {since}",
    ),
    Table.CHARGES: _Export(
        {
            "period": _As.PERIOD,
            "account": _As.TEXT,
            "serial": _As.TEXT,
            "resource": _As.TEXT,
            "zone": _As.TEXT,
            "for_period": _As.PERIOD,
            "kind": _As.TEXT,
            "basis": _As.TEXT,
            "volume": _As.VOLUME,
            "amount": _As.MONEY,
        },
        "SELECT x.period, a.number, m.serial, m.resource, g.zone, x.for_period, x.kind, x.basis, x.volume, x.amount, "
        f"m.decimals FROM billing_charge x {_REGISTER} WHERE x.period IS NOT NULL",
        "x.period, {text:a.number}, x.for_period, {text:m.serial}, g.zone",
        period="x.period = {period}",
        since=_LANDED,
    ),
    Table.BILLS: _Export(
        {
            "period": _As.PERIOD,
            "account": _As.TEXT,
            "opening": _As.MONEY,
            "charged": _As.MONEY,
            "recalculated": _As.MONEY,
            "paid": _As.MONEY,
            "closing": _As.MONEY,
        },
        "SELECT x.period, a.number, x.opening, x.charged, x.recalculated, x.paid, x.closing FROM billing_bill x "
        "JOIN accounts_account a ON a.id = x.account_id WHERE true",
        "x.period, {text:a.number}",
        period="x.period = {period}",
        since=_LANDED,
    ),
}

#: A customer may put their own value right, and hand one in after an inspector: such a row is below one of the same
#: period that came before it, and the import must be told that it is meant.
_CORRECTION = (
    "(x.kind = 'customer' AND NOT x.rollover AND EXISTS (SELECT 1 FROM readings_reading p "
    "WHERE p.register_id = x.register_id AND p.period = x.period AND p.id < x.id AND p.value > x.value "
    "AND NOT EXISTS (SELECT 1 FROM readings_cancellation c WHERE c.reading_id = p.id)))"
)

#: Told how many rows have been written.
Progress = Callable[[int], None]


def export_table(
    table: Table,
    form: Format,
    out: IO[bytes],
    zone: ZoneInfo,
    *,
    period: Period | None = None,
    since: dt.datetime | None = None,
    progress: Progress = lambda _rows: None,
) -> int:
    """Write a table in flat memory, all of it as of one moment.

    Accounts have a row for each change of category or residents. Cancelled readings and charges billed elsewhere are
    left out. Sorted by account, and by period before that where there is one; text by code point.

    :param zone: in which times are written.
    :param period: only that bill's, or the readings of that period.
    :param since: only readings loaded, charges and bills landed from this moment on.
    :returns: how many rows were written.
    :raises UnableToExport: if this table has no period or moment to go by.
    """
    export = _EXPORTS[table]
    if (period is not None and not export.period) or (since is not None and not export.since):
        raise UnableToExport(f"У таблицы {table} нет периода и времени загрузки: выгрузите её целиком.")
    with transaction(write=False) as bulk:
        if table is Table.READINGS:
            export = _with_corrections(bulk, export)
        rows = bulk.stream(_statement(bulk, export, period, since), _stored(export))
        return (_write_csv if form is Format.CSV else _write_parquet)(export, rows, out, zone, progress)


def _with_corrections(bulk: Bulk, export: _Export) -> _Export:
    """With a column for corrections, if there are any: else the table is as the file's description knows it."""
    rest = export.query.partition(" FROM ")[2]
    if not bulk.read(f"SELECT 1 AS found FROM {rest} AND {_CORRECTION} LIMIT 1").num_rows:
        return export
    query = export.query.replace(" x.rollover, ", f" x.rollover, {_CORRECTION} AS correction, ")
    return replace(export, columns={**export.columns, "correction": _As.FLAG}, query=query)


def _statement(bulk: Bulk, export: _Export, period: Period | None, since: dt.datetime | None) -> str:
    parts = [export.query]
    if period is not None and export.period:
        parts.append("AND " + export.period.format(period=int(period)))
    if since is not None and export.since:
        # As text it is what SQLite stores; PostgreSQL reads it as it is meant, with the offset.
        moment = since.astimezone(dt.UTC).replace(tzinfo=None)
        written = f"'{moment}'" if bulk.vendor == "sqlite" else f"'{moment}+00'"
        parts.append("AND " + export.since.format(since=written))
    collation = "" if bulk.vendor == "sqlite" else ' COLLATE "C"'
    return f"{' '.join(parts)} ORDER BY {_collated(export.order, collation)}"


def _collated(order: str, collation: str) -> str:
    pieces = order.split("{text:")
    return pieces[0] + "".join(piece.replace("}", collation, 1) for piece in pieces[1:])


_STORED = {
    _As.TEXT: pa.string(),
    _As.DATE: pa.date32(),
    _As.TIME: pa.timestamp("us", "UTC"),
    _As.FLAG: pa.bool_(),
}


def _stored(export: _Export) -> pa.Schema:
    columns = [(name, _STORED.get(kind, pa.int64())) for name, kind in export.columns.items()]
    return pa.schema([*columns, *([("its_decimals", pa.int64())] if export.has_volumes else [])])


def _write_csv(export: _Export, rows: pa.RecordBatchReader, out: IO[bytes], zone: ZoneInfo, progress: Progress) -> int:
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(export.columns)
    written = 0
    try:
        for batch in rows:
            writer.writerows(zip(*_written(export, batch, zone), strict=True))
            written += batch.num_rows
            progress(written)
        text.flush()
    finally:
        text.detach()  # the stream is the caller's
    return written


def _written(export: _Export, batch: pa.RecordBatch, zone: ZoneInfo) -> Iterator[list[Any]]:
    """The columns of a batch as text."""
    for kind, column in zip(export.columns.values(), batch.columns, strict=False):  # but for its_decimals
        if kind is _As.VOLUME:
            decimals = batch.column("its_decimals").to_pylist()
            yield [from_units(units, places) for units, places in zip(column.to_pylist(), decimals, strict=True)]
        elif kind is _As.MONEY:
            yield [roubles(kopecks) for kopecks in column.to_pylist()]
        elif kind is _As.TIME:
            yield _local(column, zone)
        elif kind in (_As.PERIOD, _As.FIRST_DAY):
            yield _months(column, _NAMES_OF_MONTH[kind])
        elif kind is _As.FLAG:
            yield ["yes" if value else "" for value in column.to_pylist()]
        else:
            yield column.to_pylist()


def _months(column: pa.Array, named: Callable[[int], str]) -> list[str]:
    """Few months, many rows: each is named once."""
    names = {month: named(month) for month in pc.unique(column).to_pylist()}
    return [names[month] for month in column.to_pylist()]


_NAMES_OF_MONTH: dict[_As, Callable[[int], str]] = {
    _As.PERIOD: lambda month: str(Period(month)),
    _As.FIRST_DAY: lambda month: Period(month).first_day.isoformat() if month else "",
}


def _local(column: pa.Array, zone: ZoneInfo) -> list[str]:
    """Local wall-clock time; the second of an hour that comes twice is told by its offset."""
    written = []
    for moment in column.to_pylist():
        if moment is None:
            written.append("")
            continue
        local = moment.astimezone(zone)
        written.append((local if local.fold else local.replace(tzinfo=None)).isoformat())
    return written


def _write_parquet(
    export: _Export, rows: pa.RecordBatchReader, out: IO[bytes], _zone: ZoneInfo, progress: Progress
) -> int:
    """Typed columns: sums and volumes as decimals, times in UTC, periods as text."""
    import pyarrow.parquet

    schema = pa.schema([(name, _PARQUET.get(kind, kind.value)) for name, kind in export.columns.items()])
    written = 0
    with pyarrow.parquet.ParquetWriter(pa.PythonFile(_Counting(out), mode="w"), schema) as writer:
        for batch in rows:
            columns = [
                _typed(column, kind, batch)
                for kind, column in zip(export.columns.values(), batch.columns, strict=False)
            ]
            writer.write_batch(pa.record_batch(columns, schema=schema))
            written += batch.num_rows
            progress(written)
    out.flush()
    return written


_PARQUET = {_As.PERIOD: pa.string(), _As.FIRST_DAY: pa.date32(), _As.FLAG: pa.bool_()}


def _typed(column: pa.Array, kind: _As, batch: pa.RecordBatch) -> pa.Array:
    if kind is _As.MONEY:
        return pa.array([roubles(kopecks) for kopecks in column.to_pylist()]).cast(kind.value)
    if kind is _As.VOLUME:
        decimals = batch.column("its_decimals").to_pylist()
        texts = [from_units(units, places) for units, places in zip(column.to_pylist(), decimals, strict=True)]
        return pa.array(texts, pa.string()).cast(kind.value)
    if kind is _As.PERIOD:
        return pa.array(_months(column, _NAMES_OF_MONTH[kind]), pa.string())
    if kind is _As.FIRST_DAY:
        days = [Period(month).first_day if month else None for month in column.to_pylist()]
        return pa.array(days, pa.date32())
    return column


class _Counting(io.RawIOBase):
    """A pipe that knows how much went through: Parquet's footer needs to."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._at = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._out.write(data)
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        """The pipe is the caller's."""
