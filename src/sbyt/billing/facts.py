"""All that a run must know of some accounts, as tables of Arrow. Units as in ``billing.rules``.

A history is handed in whole, or from the last reading that counts on where nothing before it can have changed: that
reading then stands as the start index, ``earlier`` has what was used in the last months before it, and no month
before ``floor`` is looked at again, whatever was billed for it.

accounts      opening in kopecks, first: the first period billed here, or null
registers     floor: the first month that can get a line, or null: as early as its account's
readings      all ``installed`` ones and of the others those up to the period, without cancelled ones
earlier       the last actual months before a history that is not handed in whole
billed        all lines for a month so far, up to the period
imported      months of meters for which a charge was imported
payments      those that no earlier bill counted, up to the period's last day
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from sbyt.core.periods import Period

_ID, _MONTH, _WHOLE, _TEXT = pa.int64(), pa.int32(), pa.int64(), pa.string()

#: The columns of each table, with the types that the rules work with.
COLUMNS: Mapping[str, pa.Schema] = {
    name: pa.schema(list(columns.items()))
    for name, columns in {
        "accounts": {"account_id": _ID, "opening": _WHOLE, "first": _MONTH},
        "occupancies": {"account_id": _ID, "valid_from": _MONTH, "category": _TEXT, "residents": _WHOLE},
        "registers": {
            "register_id": _ID,
            "meter_id": _ID,
            "account_id": _ID,
            "serial": _TEXT,
            "zone": _TEXT,
            "zones": pa.int16(),
            "resource": _TEXT,
            "scale": _WHOLE,
            "full": _WHOLE,
            "floor": _MONTH,
        },
        "readings": {
            "id": _ID,
            "register_id": _ID,
            "period": _MONTH,
            "kind": pa.int8(),
            "value": _WHOLE,
            "rollover": pa.bool_(),
            "at": _WHOLE,
        },
        "earlier": {"register_id": _ID, "month": _MONTH, "volume": _WHOLE},
        "billed": {"register_id": _ID, "month": _MONTH, "volume": _WHOLE, "amount": _WHOLE},
        "imported": {"account_id": _ID, "meter_id": _ID, "month": _MONTH},
        "payments": {"payment_id": _ID, "account_id": _ID, "amount": _WHOLE},
        "prices": {
            "resource": _TEXT,
            "category": _TEXT,
            "zones": pa.int16(),
            "zone": _TEXT,
            "valid_from": _MONTH,
            "above": _WHOLE,
            "price": _WHOLE,
        },
        "norms": {"resource": _TEXT, "category": _TEXT, "valid_from": _MONTH, "per_resident": _WHOLE},
        "calendar": {"month": _MONTH, "days": _WHOLE, "through": _WHOLE},
    }.items()
}


def calendar(period: Period, first: int) -> pa.Table:
    """All months from a first one through the period: month, its days, and the days from the beginning through it."""
    months = [Period(month) for month in range(min(first, period), period + 1)]
    return pa.table(
        [
            [int(month) for month in months],
            [month.days for month in months],
            [month.last_day.toordinal() for month in months],
        ],
        schema=COLUMNS["calendar"],
    )
