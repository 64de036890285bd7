"""What a run must know, streamed in bulk from the database; and what runs there were."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from sbyt.billing.facts import COLUMNS
from sbyt.billing.going_on import NOW
from sbyt.billing.rules.counting import CONTROL, CUSTOMER, INSTALLED, REMOVED
from sbyt.billing.rules.lines import MONTHS_BACK
from sbyt.bulk import Bulk
from sbyt.core.periods import Period
from sbyt.metering.counting import FIRST_AND_LAST, Kind

_ID = pa.int64()
_MONTH = pa.int32()
_WHOLE = pa.int64()
_TEXT = pa.string()

#: The temporary table that names the accounts wanted, where not all are: see ``choose``.
_CHOSEN = "chosen_accounts"


def _schema(**types: pa.DataType) -> pa.Schema:
    return pa.schema(list(types.items()))


def choose(bulk: Bulk, accounts: pa.Array | Sequence[int]) -> None:
    """Name the accounts that the queries with ``chosen`` are about."""
    bulk.scratch(_CHOSEN, pa.table({"id": pa.array(accounts, _ID)}))


def _of(column: str, chosen: bool) -> str:  # noqa: FBT001 part of a sentence
    return f"{column} IN (SELECT id FROM {_CHOSEN})" if chosen else "1 = 1"


def _of_register(column: str, chosen: bool) -> str:  # noqa: FBT001
    if not chosen:
        return "1 = 1"
    return (
        f"{column} IN (SELECT g.id FROM accounts_register g JOIN accounts_meter m ON m.id = g.meter_id "
        f"JOIN {_CHOSEN} x ON x.id = m.account_id)"
    )


@dataclass(frozen=True, slots=True)
class Marks:
    """The last rows that a run knows, by id. What is loaded while it goes on is the next one's."""

    reading: int = 0
    cancellation: int = 0
    payment: int = 0
    charge: int = 0


_MARKED = {"reading": "readings_reading", "cancellation": "readings_cancellation", "payment": "payments_payment"}


def marks(bulk: Bulk) -> Marks:
    """Where what is known ends now. Charges, which only bulk writers add, are marked by ``mark_of_charges``."""
    found = bulk.last_ids(list(_MARKED.values()))
    return Marks(**{name: found[table] for name, table in _MARKED.items()})


def mark_of_charges(bulk: Bulk) -> int:
    """The id of the last charge."""
    found: int = bulk.read("SELECT COALESCE(MAX(id), 0) FROM billing_charge", _schema(id=_ID))["id"][0].as_py()
    return found


@dataclass(frozen=True, slots=True)
class Waiting:
    """Readings and payments that are known and only count for a later period, by id."""

    readings: list[int] = field(default_factory=list)
    payments: list[int] = field(default_factory=list)


def account_ids(bulk: Bulk) -> pa.RecordBatchReader:
    """All accounts: account_id."""
    return bulk.stream("SELECT id FROM accounts_account", NOW["now_accounts"])


def accounts(bulk: Bulk, period: Period, *, chosen: bool = False) -> pa.RecordBatchReader:
    """Opening is the last bill's closing, or the imported balance; first is the first period of any run's attempt."""
    return bulk.stream(
        f"""
        SELECT a.id, COALESCE(b.closing, a.opening_balance),
               CASE WHEN u.first < f.first OR f.first IS NULL THEN u.first ELSE f.first END
        FROM accounts_account a
        LEFT JOIN (SELECT account_id, MIN(period) AS first, MAX(period) AS last FROM billing_bill
                   WHERE period < {int(period)} AND {_of("account_id", chosen)}
                   GROUP BY account_id) f ON f.account_id = a.id
        LEFT JOIN billing_bill b ON b.account_id = a.id AND b.period = f.last
        LEFT JOIN (SELECT account_id, MIN(period) AS first FROM billing_unbilled
                   WHERE meter_id IS NULL AND period < {int(period)} GROUP BY account_id) u ON u.account_id = a.id
        WHERE {_of("a.id", chosen)}
        """,
        COLUMNS["accounts"],
    )


def occupancies(bulk: Bulk, *, chosen: bool = False) -> pa.RecordBatchReader:
    """Who lived where since when."""
    return bulk.stream(
        f"SELECT account_id, valid_from, category, residents FROM accounts_occupancy WHERE {_of('account_id', chosen)}",
        COLUMNS["occupancies"],
    )


def registers(bulk: Bulk, *, chosen: bool = False) -> pa.RecordBatchReader:
    """The registers, without floor."""
    found = bulk.stream(
        f"""
        SELECT r.id, m.id, m.account_id, m.serial, r.zone, m.zones, m.resource, m.digits, m.decimals
        FROM accounts_register r JOIN accounts_meter m ON m.id = r.meter_id WHERE {_of("m.account_id", chosen)}
        """,
        _schema(
            register_id=_ID,
            meter_id=_ID,
            account_id=_ID,
            serial=_TEXT,
            zone=_TEXT,
            zones=pa.int16(),
            resource=_TEXT,
            digits=_WHOLE,
            decimals=_WHOLE,
        ),
    )
    return _converted(found, NOW["now_registers"], _with_dial)


def _converted(
    rows: pa.RecordBatchReader, schema: pa.Schema, convert: Callable[[pa.RecordBatch], pa.RecordBatch]
) -> pa.RecordBatchReader:
    def batches() -> Iterator[pa.RecordBatch]:
        for batch in rows:
            yield convert(batch).select(schema.names).cast(schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _with_dial(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Add scale (units in a whole) and full (units at which the dial goes through zero)."""
    ten = pa.scalar(10, _WHOLE)
    scale = pc.power(ten, rows["decimals"])
    full = pc.power(ten, pc.add(rows["digits"], rows["decimals"]))
    return rows.append_column("scale", scale).append_column("full", full)


def readings(
    bulk: Bulk, period: Period, zone: zoneinfo.ZoneInfo, upto: Marks, *, chosen: bool = False
) -> pa.RecordBatchReader:
    """All start indexes (one of a later period is no obstacle), and what counts up to the period."""
    wanted = f"(r.period <= {int(period)} OR r.kind = 'installed') AND {_of_register('r.register_id', chosen)}"
    return _readings(bulk, f"r.id <= {upto.reading} AND {wanted}", zone)


def readings_since(
    bulk: Bulk, zone: zoneinfo.ZoneInfo, since: Marks, upto: Marks, had: Waiting
) -> pa.RecordBatchReader:
    """What was loaded since, and what was waiting for its period."""
    return _readings(bulk, _since("r", "reading", had.readings, bulk, since, upto), zone)


def _since(table: str, name: str, waiting: Sequence[int], bulk: Bulk, since: Marks, upto: Marks) -> str:
    wanted = f"{table}.id > {getattr(since, name)} AND {table}.id <= {getattr(upto, name)}"
    if not waiting:
        return wanted
    bulk.scratch(f"waiting_{name}", pa.table({"id": pa.array(waiting, _ID)}))
    return f"({wanted} OR {table}.id IN (SELECT id FROM waiting_{name}))"


def _readings(bulk: Bulk, wanted: str, zone: zoneinfo.ZoneInfo) -> pa.RecordBatchReader:
    """Readings without cancelled ones.

    The id is the order of loading, but that at one moment ``installed`` comes first and ``removed`` last.
    """
    rows = bulk.stream(
        f"""
        SELECT r.id + CASE r.kind WHEN 'installed' THEN {FIRST_AND_LAST[Kind.INSTALLED]}
                                  WHEN 'removed' THEN {FIRST_AND_LAST[Kind.REMOVED]} ELSE 0 END,
               r.register_id, r.period,
               CASE r.kind WHEN 'customer' THEN {CUSTOMER} WHEN 'control' THEN {CONTROL} WHEN 'removed' THEN {REMOVED}
                           ELSE {INSTALLED} END,
               r.value, r.rollover, r.taken_on, r.received_at
        FROM readings_reading r
        WHERE NOT EXISTS (SELECT 1 FROM readings_cancellation c WHERE c.reading_id = r.id) AND {wanted}
        """,
        _schema(
            id=_ID,
            register_id=_ID,
            period=_MONTH,
            kind=pa.int8(),
            value=_WHOLE,
            rollover=pa.bool_(),
            taken_on=pa.date32(),
            received_at=pa.timestamp("us", "UTC"),
        ),
    )
    return _converted(rows, COLUMNS["readings"], lambda batch: batch.append_column("at", _instants(batch, zone)))


def _instants(rows: pa.RecordBatch, zone: zoneinfo.ZoneInfo) -> pa.Array:
    """When a reading was handed in, in microseconds: without a time of receipt at the beginning of the day taken.

    ``installed`` and ``removed`` go by the day they were taken, whenever that became known (billing rule 1): the one
    stands at its beginning, the other at its end.
    """
    days = pc.unique(rows["taken_on"])
    index = pc.index_in(rows["taken_on"], days)
    begun, ended = (pa.array(_midnights(days.to_pylist(), zone, after), _WHOLE) for after in (0, 1))
    begins, ends = pc.take(begun, index), pc.subtract(pc.take(ended, index), 1)
    received = pc.coalesce(rows["received_at"].cast(_WHOLE), begins)
    kind = rows["kind"]
    return pc.if_else(pc.equal(kind, REMOVED), ends, pc.if_else(pc.equal(kind, INSTALLED), begins, received))


def _midnights(days: Sequence[dt.date], zone: zoneinfo.ZoneInfo, after: int) -> list[int]:
    starts = (dt.datetime.combine(day + dt.timedelta(days=after), dt.time(), zone) for day in days)
    return [int(start.timestamp()) * 1_000_000 for start in starts]


def changes_since(bulk: Bulk, since: Marks) -> pa.RecordBatchReader:
    """The accounts of which a reading was cancelled or a charge imported since: account_id."""
    return bulk.stream(
        f"""
        SELECT m.account_id FROM readings_cancellation c
        JOIN readings_reading r ON r.id = c.reading_id
        JOIN accounts_register g ON g.id = r.register_id JOIN accounts_meter m ON m.id = g.meter_id
        WHERE c.id > {since.cancellation}
        UNION SELECT account_id FROM billing_charge WHERE id > {since.charge} AND kind = 'imported'
        """,
        NOW["now_changes"],
    )


def billed(bulk: Bulk, period: Period, *, chosen: bool = False) -> pa.RecordBatchReader:
    """All lines so far for the months that a line can reach back to."""
    return bulk.stream(
        f"""
        SELECT register_id, for_period, volume, amount FROM billing_charge
        WHERE for_period BETWEEN {int(period) - MONTHS_BACK} AND {int(period)} AND {_of("account_id", chosen)}
        """,
        COLUMNS["billed"],
    )


def imported(bulk: Bulk, period: Period, *, chosen: bool = False) -> pa.RecordBatchReader:
    """The months of meters for which a charge was imported, those after the period too."""
    return bulk.stream(
        f"""
        SELECT DISTINCT c.account_id, r.meter_id, c.for_period
        FROM billing_charge c JOIN accounts_register r ON r.id = c.register_id
        WHERE c.kind = 'imported' AND c.for_period >= {int(period) - MONTHS_BACK} AND {_of("c.account_id", chosen)}
        """,
        COLUMNS["imported"],
    )


def payments(bulk: Bulk, period: Period, upto: Marks, *, chosen: bool = False) -> pa.RecordBatchReader:
    """The payments up to the period's last day that no bill has counted."""
    return bulk.stream(
        f"""
        SELECT p.id, p.account_id, p.amount
        FROM payments_payment p
        WHERE NOT EXISTS (SELECT 1 FROM payments_counted c WHERE c.payment_id = p.id)
        AND p.id <= {upto.payment} AND p.paid_on <= '{period.last_day.isoformat()}'
        AND {_of("p.account_id", chosen)}
        """,
        COLUMNS["payments"],
    )


def payments_since(bulk: Bulk, period: Period, since: Marks, upto: Marks, had: Waiting) -> pa.RecordBatchReader:
    """Of settled accounts the same: their other payments have been counted."""
    return bulk.stream(
        f"""
        SELECT p.id, p.account_id, p.amount FROM payments_payment p
        WHERE p.paid_on <= '{period.last_day.isoformat()}'
        AND {_since("p", "payment", had.payments, bulk, since, upto)}
        """,
        COLUMNS["payments"],
    )


def waiting(bulk: Bulk, period: Period, since: Marks, upto: Marks, had: Waiting) -> Waiting:
    """What is known and only counts for a later period.

    :param since: what has been looked through before; of that only what ``had`` names can be waiting.
    """
    readings = bulk.read(
        f"SELECT r.id FROM readings_reading r WHERE r.period > {int(period)} AND r.kind <> 'installed' "
        f"AND {_since('r', 'reading', had.readings, bulk, since, upto)}",
        _schema(id=_ID),
    )
    payments = bulk.read(
        f"SELECT p.id FROM payments_payment p WHERE p.paid_on > '{period.last_day.isoformat()}' "
        f"AND {_since('p', 'payment', had.payments, bulk, since, upto)}",
        _schema(id=_ID),
    )
    return Waiting(readings["id"].to_pylist(), payments["id"].to_pylist())


def prices(bulk: Bulk) -> pa.Table:
    """All prices there are."""
    return bulk.read(
        "SELECT resource, category, zones, zone, valid_from, above, price FROM tariffs_price", COLUMNS["prices"]
    )


def norms(bulk: Bulk) -> pa.Table:
    """All norms there are."""
    return bulk.read("SELECT resource, category, valid_from, per_resident FROM tariffs_norm", COLUMNS["norms"])


def left_out(bulk: Bulk, period: Period) -> list[int]:
    """The accounts that a landed run of the period could not bill, nor anybody since, in order."""
    rows = bulk.read(
        f"""
        SELECT DISTINCT u.account_id FROM billing_unbilled u WHERE u.period = {int(period)} AND u.meter_id IS NULL
            AND NOT EXISTS (SELECT 1 FROM billing_bill b WHERE b.account_id = u.account_id AND b.period = u.period)
        ORDER BY u.account_id
        """,
        _schema(account_id=_ID),
    )
    found: list[int] = rows["account_id"].to_pylist()
    return found


def landed_periods(bulk: Bulk) -> list[Period]:
    """The periods billed so far, in order."""
    rows = bulk.read("SELECT period FROM billing_run ORDER BY period", _schema(period=_MONTH))
    return [Period(period) for period in rows["period"].to_pylist()]
