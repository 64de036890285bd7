"""What a line is explained by: the readings, the months or the norm behind its volume, and the prices it was paid at.

A trace is JSON in short: ``due`` the volume and the amount that the month should cost; ``read`` the periods and the
values of the readings that enclose it (and true where the dial went through zero); or ``average`` the number of months,
their volume and the last of them; or ``norm`` the volume per resident in millionths, the residents and the active
meters; ``paid`` for each tier its volume, the price in hundredths of a kopeck and since when it is in force, the volume
in units of which ``scale`` make a kWh, m3 or Gcal. What was billed before is due less the line itself.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import StringValue, Table, Value

from sbyt.billing.rules.joining import look_up
from sbyt.billing.rules.volumes import ACTUAL, AVERAGE, NORM


def _row(*values: Value) -> StringValue:
    """Write whole numbers as a JSON list."""
    written = values[0].cast("string")
    for value in values[1:]:
        written = written + ibis.literal(",") + value.cast("string")
    return ibis.literal("[") + written + ibis.literal("]")


def with_traces(lines: Table, grounds: Table, within: Table, beyond: Table) -> Table:
    """Add trace to lines with register_id, month, due_volume and due_amount.

    ``within`` has the months paid in one tier, ``beyond`` the tiers of the others.
    """
    key = ["register_id", "month"]
    found = look_up(lines, grounds, key, ["ground"])
    paid = ibis.union(paid_once(within.semi_join(lines, key)), paid_at(beyond.semi_join(lines, key)))
    found = look_up(found, paid, key, ["prices"])
    trace = (
        ibis.literal('{"due":')
        + _row(found.due_volume, found.due_amount)
        + found.ground.fill_null("")
        + found.prices.fill_null("")
        + ibis.literal("}")
    )
    return found.select(*lines.columns, trace=trace)


def paid_once(paid: Table) -> Table:
    """The one tier that a month was paid in. Gives register_id, month, prices."""
    written = _row(paid.volume, paid.price, paid.valid_from)
    return paid.select("register_id", "month", prices=_prices(paid.finest, written))


def paid_at(paid: Table) -> Table:
    """The tiers that a month was paid in. Gives register_id, month, prices."""
    rows = paid.select("register_id", "month", "tier", "finest", written=_row(paid.volume, paid.price, paid.valid_from))
    lists = rows.group_by("register_id", "month", "finest").agg(
        written=rows.written.group_concat(",", order_by=rows.tier)
    )
    return lists.select("register_id", "month", prices=_prices(lists.finest, lists.written))


def _prices(scale: Value, written: StringValue) -> StringValue:
    return ibis.literal(',"scale":') + scale.cast("string") + ibis.literal(',"paid":[') + written + ibis.literal("]")


def by_readings(lines: Table, advanced: Table) -> Table:
    """The readings around a month that has actual use. Gives register_id, month, ground."""
    rows = lines.filter(lines.basis == ACTUAL).select("register_id", "month")
    gap = advanced.rename(_register="register_id")
    found = rows.join(
        gap,
        [rows.register_id == gap["_register"], rows.month > gap.since, rows.month <= gap.until],
    )
    ends = _row(found.since, found.opened, found.until, found.closed, found.rolled)
    return found.select("register_id", "month", ground=ibis.literal(',"read":') + ends)


def by_average(lines: Table, ends: Table, averaged: Table) -> Table:
    """The months that an average was made of. Gives register_id, month, ground."""
    rows = lines.filter(lines.basis == AVERAGE).select("register_id", "month")
    known = ends.select("register_id", "last", "actual").join(averaged.select("register_id", "total"), "register_id")
    found = rows.join(known, "register_id")
    months = _row(found.actual, found.total, found["last"])
    return found.select("register_id", "month", ground=ibis.literal(',"average":') + months)


def by_norm(lines: Table, normed: Table) -> Table:
    """The norm, the residents and the meters that a month was reckoned by. Gives register_id, month, ground."""
    rows = lines.filter(lines.basis == NORM).select("register_id", "month")
    found = rows.join(
        normed.select("register_id", "month", "per_resident", "residents", "active"), ["register_id", "month"]
    )
    norm = _row(found.per_resident, found.residents, found.active)
    return found.select("register_id", "month", ground=ibis.literal(',"norm":') + norm)
