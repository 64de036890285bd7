"""Billing rules 2 to 4 and 7: which readings count, and what a register advanced between two that do.

Readings have the columns register_id, period, kind (below), value, rollover, at (the instant of receipt in
microseconds; of ``installed`` and ``removed`` the beginning and the end of the day they were taken) and id (the order
of loading). Registers have register_id, meter_id, zones and full (the units at which the dial goes through zero).
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from sbyt.billing.rules.joining import look_up

#: What a reading is, in the order in which one beats another in a period (rule 2).
CUSTOMER, CONTROL, REMOVED, INSTALLED = range(4)

#: The end of a meter that is still in place.
NEVER = 999_999


def _last(rows: Table, *, by: list[str], first: list[str] | None = None) -> Table:
    """The row of each group that was received last, then loaded last."""
    order = [ibis.desc(name) for name in (*(first or []), "at", "id")]
    placed = rows.mutate(_place=ibis.row_number().over(ibis.window(group_by=by, order_by=order)))
    return placed.filter(placed["_place"] == 0).drop("_place")


def start_indexes(readings: Table, registers: Table) -> Table:
    """Rule 3: the ``installed`` reading is the start index, at the end of the period before its own.

    Only of meters of which every register has one. Gives register_id, since (the period at whose end it stands, one
    for the whole meter), value, at, id.
    """
    installed = _last(readings.filter(readings.kind == INSTALLED), by=["register_id"])
    rows = installed.join(registers.select("register_id", "meter_id", "zones"), "register_id")
    meter = ibis.window(group_by="meter_id")
    rows = rows.mutate(_found=rows.count().over(meter), since=(rows.period.max().over(meter) - 1).cast("int32"))
    return rows.filter(rows["_found"] == rows.zones).select("register_id", "since", "value", "at", "id")


def without_start_index(registers: Table, starts: Table) -> Table:
    """Rule 3: the meters that are billed nothing and reported. Gives meter_id, account_id."""
    return registers.anti_join(starts, "register_id").select("meter_id", "account_id").distinct()


def ends(readings: Table, registers: Table) -> Table:
    """Rule 7: a meter with ``removed`` readings, one for each register, ends with that period.

    Gives meter_id, until.
    """
    removed = readings.filter(readings.kind == REMOVED).group_by("register_id").agg(period=lambda t: t.period.max())
    meters = removed.join(registers.select("register_id", "meter_id", "zones"), "register_id")
    found = meters.group_by("meter_id", "zones").agg(found=meters.count(), until=meters.period.max())
    return found.filter(found.found == found.zones).select("meter_id", "until")


def lives(registers: Table, starts: Table, ended: Table) -> Table:
    """Rules 3, 6 and 7: a meter is in use from the month after its start index through the month of its removal.

    Gives the registers with since, start (the index) and until; without those that have no start index.
    """
    begun = registers.join(starts.select("register_id", "since", start="value"), "register_id")
    known = look_up(begun, ended, ["meter_id"], ["until"])
    return known.mutate(until=ibis.coalesce(known.until, NEVER).cast("int32"))


def in_life(readings: Table, lived: Table) -> Table:
    """Rules 3, 4 and 7: what was handed in after the start index and not after the removal. Gives the readings."""
    rows = readings.filter(readings.kind != INSTALLED).join(
        lived.select("register_id", "since", "until"), "register_id"
    )
    return rows.filter(rows.period > rows.since, rows.period <= rows.until).drop("since", "until")


def without_overstated(readings: Table) -> Table:
    """Rule 4: an inspector's value sets aside the customer's values above it (decree 354, paragraph 61).

    Back to the inspector's last value, a rollover mark (the marked reading itself can be set aside) or the start index.
    Each stretch of readings between those ends with at most one inspector's value.
    """
    by_inspector = readings.filter(readings.kind != CUSTOMER).select("register_id").distinct()
    others = readings.anti_join(by_inspector, "register_id")
    rows = readings.semi_join(by_inspector, "register_id")
    rows = rows.mutate(_inspected=(rows.kind != CUSTOMER).cast("int64"))
    received = ibis.cumulative_window(group_by="register_id", order_by=["at", "id"])
    opened = rows["_inspected"] + rows.rollover.cast("int64")
    rows = rows.mutate(_stretch=opened.sum().over(received).cast("int64") - rows["_inspected"])
    stretch = ibis.window(group_by=["register_id", "_stretch"])
    inspected = ibis.cases((rows.kind != CUSTOMER, rows.value))
    rows = rows.mutate(_most=inspected.max().over(stretch))
    kept = rows.filter((rows.kind != CUSTOMER) | rows["_most"].isnull() | (rows.value <= rows["_most"]))
    return ibis.union(others, kept.select(others.columns))


def one_a_period(readings: Table) -> Table:
    """Rule 2: ``removed`` beats ``control`` beats ``customer``; among equals the one received last, then loaded last.

    Gives register_id, period, value, at, id. Hardly any period has two: only those are sorted.
    """
    periods = readings.group_by("register_id", "period").agg(
        found=readings.count(), value=readings.value.max(), at=readings.at.max(), id=readings.id.max()
    )
    contested = readings.semi_join(periods.filter(periods.found > 1), ["register_id", "period"])
    chosen = _last(contested, by=["register_id", "period"], first=["kind"])
    columns = ["register_id", "period", "value", "at", "id"]
    return ibis.union(periods.filter(periods.found == 1).select(columns), chosen.select(columns))


def whole_periods(chosen: Table, registers: Table) -> Table:
    """Rule 2: a period in which one of a meter's registers has no reading counts for none of them."""
    several = registers.filter(registers.zones > 1).select("register_id", "meter_id", "zones")
    single = chosen.anti_join(several, "register_id")
    rows = chosen.join(several, "register_id")
    rows = rows.mutate(_found=rows.count().over(ibis.window(group_by=["meter_id", "period"])))
    return ibis.union(single, rows.filter(rows["_found"] == rows.zones).select(single.columns))


def gaps(starts: Table, counted: Table) -> Table:
    """What lies between one counted reading and the next, the start index being the first.

    Gives register_id, since and until (the gap is of the months after since through until), opened and closed (the
    values), and of both readings at and id.
    """
    first = starts.select("register_id", "since", "value", "at", "id").rename(period="since")
    points = ibis.union(first, counted.select(first.columns))
    order = ibis.window(group_by="register_id", order_by="period")
    rows = points.select(
        "register_id",
        since=points.period.lag().over(order),
        until=points.period,
        opened=points.value.lag().over(order),
        closed=points.value,
        opened_at=points["at"].lag().over(order),
        opened_id=points["id"].lag().over(order),
        closed_at=points["at"],
        closed_id=points["id"],
    )
    return rows.filter(rows.since.notnull())


def advances(gap: Table, readings: Table, lived: Table) -> Table:
    """Rule 4: a value below the previous one means that the dial went through zero once, where that is marked.

    A mark counts on any reading received since the previous counted one, up to this one; without a drop it adds
    nothing. Gives the gaps with rolled and advance, in units; advance is null at an unmarked drop.
    """
    drops = gap.filter(gap.closed < gap.opened)
    marks = readings.filter(readings.rollover).select("register_id", mark_at="at", mark_id="id")
    pairs = drops.join(marks, "register_id")
    since = (pairs.mark_at > pairs.opened_at) | ((pairs.mark_at == pairs.opened_at) & (pairs.mark_id > pairs.opened_id))
    up_to = (pairs.mark_at < pairs.closed_at) | (
        (pairs.mark_at == pairs.closed_at) & (pairs.mark_id <= pairs.closed_id)
    )
    marked = pairs.filter(since, up_to).select("register_id", "until").distinct()
    rolled = drops.semi_join(marked, ["register_id", "until"]).join(lived.select("register_id", "full"), "register_id")
    plain = ["register_id", "since", "until", "opened", "closed"]
    return ibis.union(
        ibis.union(
            gap.filter(gap.closed >= gap.opened).select(*plain, rolled=False, advance=gap.closed - gap.opened),
            rolled.select(*plain, rolled=True, advance=rolled.closed + rolled.full - rolled.opened),
        ),
        drops.anti_join(marked, ["register_id", "until"]).select(*plain, rolled=False, advance=ibis.null("int64")),
    )


def unmarked_drops(advanced: Table, lived: Table) -> Table:
    """Rule 4: the meters that are not billed but reported. Gives meter_id, account_id."""
    dropped = advanced.filter(advanced.advance.isnull()).select("register_id")
    return lived.semi_join(dropped, "register_id").select("meter_id", "account_id").distinct()
