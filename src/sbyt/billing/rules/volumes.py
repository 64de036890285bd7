"""Billing rules 5 to 7: what a register used, month by month.

The calendar has month, days and through (the days from its beginning through that month).
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from sbyt.billing.rules.joining import look_up
from sbyt.billing.rules.whole import half_up, largest_remainder, quotient, times_half_up
from sbyt.core.settings import Estimates

#: What a month's volume is based on.
ACTUAL, AVERAGE, NORM = range(3)


def recent(advanced: Table, lived: Table, estimates: Estimates) -> Table:
    """The gaps from which any month can be billed: an average looks back from its months, over those it is made of.

    ``lived`` has earliest, the first month that can be.
    """
    looks_back = estimates.average_periods + estimates.average_of_months
    rows = advanced.join(lived.select("register_id", "earliest"), "register_id")
    return rows.filter(rows.until >= rows.earliest - looks_back).drop("earliest")


def actual_months(advanced: Table, calendar: Table) -> Table:
    """Rule 5: the advance is shared over the months between, by calendar days and largest remainder.

    Ties go to the earlier month. Gives register_id, month, volume.
    """
    short = advanced.filter(advanced.until == advanced.since + 1)
    long = advanced.filter(advanced.until > advanced.since + 1)
    first = calendar.select(since="month", before="through")
    last = calendar.select(until="month", through="through")
    spans = long.join(first, "since").join(last, "until")
    spans = spans.select("register_id", "since", "until", "advance", span=spans.through - spans.before)
    months = spans.join(calendar, (calendar.month > spans.since) & (calendar.month <= spans.until))
    # The advance in whole spans goes to a month by its days; only what is left has a remainder.
    rest = months.advance % months.span * months.days
    shares = months.select(
        "register_id",
        "until",
        "month",
        "advance",
        share=quotient(months.advance, months.span) * months.days + quotient(rest, months.span),
        rest=rest % months.span,
    )
    shared = largest_remainder(
        shares, by=["register_id", "until"], amount="advance", share="share", remainder="rest", ties=["month"]
    )
    return ibis.union(
        short.select("register_id", month="until", volume="advance"),
        shared.select("register_id", "month", volume="share"),
    )


def open_ends(lived: Table, advanced: Table, earlier: Table, period: int, estimates: Estimates) -> Table:
    """The registers whose last counted reading doesn't reach the period billed, or their removal.

    ``earlier`` has the actual months before histories that are not handed in whole. Gives register_id, last (the period
    of that reading, or of the start index), stop (the last month to estimate) and actual (how many of the actual months
    up to last the average is made of).
    """
    read = advanced.group_by("register_id").agg(last=advanced.until.max())
    before = earlier.group_by("register_id").agg(before=earlier.count())
    rows = look_up(lived.select("register_id", "since", "until"), read, ["register_id"], ["last"])
    rows = look_up(rows, before, ["register_id"], ["before"])
    rows = rows.mutate(last=ibis.coalesce(rows["last"], rows.since), stop=ibis.least(rows.until, period))
    rows = rows.filter(rows["last"] < rows.stop)
    actual = rows["last"] - rows.since + rows.before.fill_null(0)
    return rows.select(
        "register_id", "last", "stop", actual=ibis.least(actual, estimates.average_of_months).cast("int32")
    )


def averages(ends: Table, actual: Table, estimates: Estimates) -> Table:
    """Rule 6: the mean of the last actual months, half up to a unit (decree 354 of 2011, paragraph 59).

    Of at most six and at least three months, or what the settings say. Gives register_id, volume, total.
    """
    enough = ends.filter(ends.actual >= estimates.least_months).rename(_register="register_id")
    months = actual.join(
        enough,
        (actual.register_id == enough["_register"])
        & (actual.month > enough["last"] - enough.actual)
        & (actual.month <= enough["last"]),
    )
    totals = months.group_by("register_id").agg(
        total=months.volume.sum().cast("int64"), actual=months.actual.max().cast("int64")
    )
    return totals.select("register_id", "total", volume=half_up(totals.total, totals.actual))


def estimated_months(ends: Table, averaged: Table, calendar: Table, estimates: Estimates) -> Table:
    """Rule 6: for at most three months running the average, from then on, or with too few months, the norm.

    Gives register_id, month, volume (of the average, else null), basis.
    """
    known = look_up(ends.select("register_id", "last", "stop"), averaged, ["register_id"], ["volume"])
    rows = known.join(calendar.select("month"), (calendar.month > known["last"]) & (calendar.month <= known.stop))
    average = (rows.month <= rows["last"] + estimates.average_periods) & rows.volume.notnull()
    return rows.select(
        "register_id",
        "month",
        volume=ibis.cases((average, rows.volume)),
        basis=ibis.ifelse(average, AVERAGE, NORM).cast("int8"),
    )


def active_meters(wanted: Table, lived: Table) -> Table:
    """Rule 6: how many meters of a resource an account has in use in a month, read or not.

    ``wanted`` has account_id, resource and month. Gives them with active.
    """
    months = wanted.select("account_id", "resource", "month").distinct()
    meters = lived.select("account_id", "resource", "meter_id", "since", "until").distinct()
    pairs = months.join(meters, ["account_id", "resource"])
    pairs = pairs.filter(pairs.month > pairs.since, pairs.month <= pairs.until)
    return pairs.group_by("account_id", "resource", "month").agg(active=pairs.count().cast("int64"))


def norm_volumes(months: Table) -> Table:
    """Rule 6: the volume per resident times the residents, shared equally over the active meters, half up to a unit.

    Decree 354 of 2011, paragraph 60. ``months`` has residents, per_resident, active and scale (units of a register in
    a kWh, m3 or Gcal). Gives them with volume, null where there is no norm.
    """
    whole = months.per_resident * months.residents.cast("int64")
    return months.mutate(volume=times_half_up(whole, months.scale, 1_000_000 * months.active))
