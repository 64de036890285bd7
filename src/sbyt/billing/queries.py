"""What a run must know, read in bulk from the database into tables of Arrow; and what runs there were."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from sbyt.billing.compute import Facts
from sbyt.billing.rules.counting import CONTROL, CUSTOMER, INSTALLED, REMOVED
from sbyt.billing.rules.lines import MONTHS_BACK
from sbyt.bulk import Bulk
from sbyt.core.periods import Period
from sbyt.metering.counting import FIRST_AND_LAST, Kind

_ID = pa.int64()
_MONTH = pa.int32()
_WHOLE = pa.int64()
_TEXT = pa.string()


def facts(bulk: Bulk, period: Period, zone: zoneinfo.ZoneInfo) -> Facts:
    """Read all that is known for a run of the period.

    :param zone: the local time in which a day begins and ends.
    :raises UnableToRunStatement: if the database refuses.
    """
    return Facts(
        accounts=_accounts(bulk, period),
        occupancies=_occupancies(bulk),
        registers=_registers(bulk),
        readings=_readings(bulk, period, zone),
        billed=_billed(bulk, period),
        imported=_imported(bulk, period),
        payments=_payments(bulk, period),
        prices=_prices(bulk),
        norms=_norms(bulk),
    )


def _schema(**types: pa.DataType) -> pa.Schema:
    return pa.schema(list(types.items()))


def _accounts(bulk: Bulk, period: Period) -> pa.Table:
    """Opening is the last bill's closing, or the imported balance; first is the first period of any run's attempt."""
    return bulk.read(
        f"""
        SELECT a.id, COALESCE(b.closing, a.opening_balance),
               CASE WHEN u.first < f.first OR f.first IS NULL THEN u.first ELSE f.first END
        FROM accounts_account a
        LEFT JOIN (SELECT account_id, MIN(period) AS first, MAX(period) AS last FROM billing_bill
                   WHERE period < {int(period)} GROUP BY account_id) f ON f.account_id = a.id
        LEFT JOIN billing_bill b ON b.account_id = a.id AND b.period = f.last
        LEFT JOIN (SELECT account_id, MIN(period) AS first FROM billing_unbilled
                   WHERE meter_id IS NULL AND period < {int(period)} GROUP BY account_id) u ON u.account_id = a.id
        """,  # noqa: S608 a whole number
        _schema(account_id=_ID, opening=_WHOLE, first=_MONTH),
    )


def _occupancies(bulk: Bulk) -> pa.Table:
    return bulk.read(
        "SELECT account_id, valid_from, category, residents FROM accounts_occupancy",
        _schema(account_id=_ID, valid_from=_MONTH, category=_TEXT, residents=_WHOLE),
    )


def _registers(bulk: Bulk) -> pa.Table:
    rows = bulk.read(
        """
        SELECT r.id, m.id, m.account_id, m.serial, r.zone, m.zones, m.resource, m.digits, m.decimals
        FROM accounts_register r JOIN accounts_meter m ON m.id = r.meter_id
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
    ten = pa.scalar(10, _WHOLE)
    scale = pc.power(ten, rows["decimals"])
    full = pc.power(ten, pc.add(rows["digits"], rows["decimals"]))
    return rows.drop(["digits", "decimals"]).append_column("scale", scale).append_column("full", full)


def _readings(bulk: Bulk, period: Period, zone: zoneinfo.ZoneInfo) -> pa.Table:
    """All start indexes (one of a later period is no obstacle), and what counts up to the period.

    The id is the order of loading, but that at one moment ``installed`` comes first and ``removed`` last.
    """
    rows = bulk.read(
        f"""
        SELECT r.id + CASE r.kind WHEN 'installed' THEN {FIRST_AND_LAST[Kind.INSTALLED]}
                                  WHEN 'removed' THEN {FIRST_AND_LAST[Kind.REMOVED]} ELSE 0 END,
               r.register_id, r.period,
               CASE r.kind WHEN 'customer' THEN {CUSTOMER} WHEN 'control' THEN {CONTROL} WHEN 'removed' THEN {REMOVED}
                           ELSE {INSTALLED} END,
               r.value, r.rollover, r.taken_on, r.received_at
        FROM readings_reading r LEFT JOIN readings_cancellation c ON c.reading_id = r.id
        WHERE c.id IS NULL AND (r.period <= {int(period)} OR r.kind = 'installed')
        """,  # noqa: S608 whole numbers
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
    at = _instants(rows, zone)
    return rows.drop(["taken_on", "received_at"]).append_column("at", at)


def _instants(rows: pa.Table, zone: zoneinfo.ZoneInfo) -> pa.ChunkedArray:
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


def _billed(bulk: Bulk, period: Period) -> pa.Table:
    return bulk.read(
        f"""
        SELECT register_id, for_period, volume, amount FROM billing_charge
        WHERE for_period BETWEEN {int(period) - MONTHS_BACK} AND {int(period)}
        """,  # noqa: S608 whole numbers
        _schema(register_id=_ID, month=_MONTH, volume=_WHOLE, amount=_WHOLE),
    )


def _imported(bulk: Bulk, period: Period) -> pa.Table:
    return bulk.read(
        f"""
        SELECT DISTINCT c.account_id, r.meter_id, c.for_period
        FROM billing_charge c JOIN accounts_register r ON r.id = c.register_id
        WHERE c.kind = 'imported' AND c.for_period BETWEEN {int(period) - MONTHS_BACK} AND {int(period)}
        """,  # noqa: S608 whole numbers
        _schema(account_id=_ID, meter_id=_ID, month=_MONTH),
    )


def _payments(bulk: Bulk, period: Period) -> pa.Table:
    return bulk.read(
        f"""
        SELECT p.id, p.account_id, p.amount
        FROM payments_payment p LEFT JOIN payments_counted c ON c.payment_id = p.id
        WHERE c.id IS NULL AND p.paid_on <= '{period.last_day.isoformat()}'
        """,  # noqa: S608 a date
        _schema(payment_id=_ID, account_id=_ID, amount=_WHOLE),
    )


def _prices(bulk: Bulk) -> pa.Table:
    return bulk.read(
        "SELECT resource, category, zones, zone, valid_from, above, price FROM tariffs_price",
        _schema(
            resource=_TEXT,
            category=_TEXT,
            zones=pa.int16(),
            zone=_TEXT,
            valid_from=_MONTH,
            above=_WHOLE,
            price=_WHOLE,
        ),
    )


def _norms(bulk: Bulk) -> pa.Table:
    return bulk.read(
        "SELECT resource, category, valid_from, per_resident FROM tariffs_norm",
        _schema(resource=_TEXT, category=_TEXT, valid_from=_MONTH, per_resident=_WHOLE),
    )


def left_out(bulk: Bulk, period: Period) -> list[int]:
    """The accounts that a landed run of the period could not bill, nor anybody since, in order."""
    rows = bulk.read(
        f"""
        SELECT DISTINCT u.account_id FROM billing_unbilled u WHERE u.period = {int(period)} AND u.meter_id IS NULL
            AND NOT EXISTS (SELECT 1 FROM billing_bill b WHERE b.account_id = u.account_id AND b.period = u.period)
        ORDER BY u.account_id
        """,  # noqa: S608 a whole number
        _schema(account_id=_ID),
    )
    found: list[int] = rows["account_id"].to_pylist()
    return found


def landed_periods(bulk: Bulk) -> list[Period]:
    """The periods billed so far, in order."""
    rows = bulk.read("SELECT period FROM billing_run ORDER BY period", _schema(period=_MONTH))
    return [Period(period) for period in rows["period"].to_pylist()]
