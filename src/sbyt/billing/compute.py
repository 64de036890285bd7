"""The whole of a run, from what is known to the lines and bills, as a plan. Pure: nothing is read or worked out here.

The rules are applied in the order of docs/rules.md. Tables that several rules build on are worked out once.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from sbyt.billing.facts import COLUMNS
from sbyt.billing.plans import Plan, Steps
from sbyt.billing.rules import (
    bills,
    counting,
    lines,
    obstacles,
    prices,
    registers,
    reports,
    settled,
    tiers,
    traces,
    volumes,
)
from sbyt.core.periods import Period
from sbyt.core.settings import Estimates, Holds


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gives.

    lines       account_id, register_id, month, kind, basis, volume, amount, trace
    bills       account_id, opening, charged, recalculated, paid, closing
    obstacles   account_id, meter_id (null where the whole account can't be billed), reason, resource, category, zones,
                zone, month
    payments    payment_id: those that the bills counted
    categories  category (null where none is in force), bills, charged, recalculated
    odd         account_id, charged, expected, recalculated, oddness, reason: see ``rules.reports.oddities``
    """

    lines: pa.Table
    bills: pa.Table
    obstacles: pa.Table
    payments: pa.Table
    categories: pa.Table
    odd: pa.Table


@dataclass(frozen=True, slots=True)
class _Known:
    """The facts as tables of the plan, the registers with what the rules need to know beside."""

    accounts: Table
    occupancies: Table
    registers: Table
    readings: Table
    earlier: Table
    billed: Table
    imported: Table
    payments: Table
    prices: Table
    norms: Table
    calendar: Table


@dataclass(frozen=True, slots=True)
class _Metered:
    """What the readings tell: rules 2 to 7."""

    lived: Table
    advanced: Table
    ends: Table
    averaged: Table
    used: Table
    months: Table
    no_start: Table
    dropped: Table


@dataclass(frozen=True, slots=True)
class _Priced:
    """What that costs: rules 8 to 10."""

    months: Table
    normed: Table
    within: Table
    beyond: Table
    missing: Table


@dataclass(frozen=True, slots=True)
class _Given:
    """What is billed: rules 11 to 14."""

    lines: Table
    billed: Table
    bills: Table
    obstacles: Table


def most_tiers(prices: pa.Table) -> int:
    """In how many tiers a pool can be paid at most: one for each limit of its resource, whenever it applies."""
    limits = prices.group_by(["resource", "above"]).aggregate([])
    counted = limits.group_by("resource").aggregate([("above", "count")])["above_count"].to_pylist()
    return max(counted, default=1)


def plan(period: Period, estimates: Estimates, most: int, holds: Holds = Holds()) -> Plan:  # noqa: B008 it is frozen
    """Write down what a run for the period does.

    :param most: in how many tiers a pool can be paid at most.
    """
    steps = Steps(COLUMNS)
    known = _handed_in(steps, period)
    metered = _metered(known, period, estimates, steps)
    priced = _priced(known, metered, most, steps)
    given = _outcome(known, metered, priced, period, holds, steps)
    _settled(known, metered, given, period, estimates, steps)
    return steps.plan()


def _handed_in(steps: Steps, period: Period) -> _Known:
    names = [name for name in COLUMNS if name != "registers"]
    tables = {name: steps.given(name) for name in names}
    numbered = registers.numbered(steps.given("registers"))
    floors = lines.first_months(tables["accounts"], period)
    known = lines.with_floors(numbered, floors, tables["imported"])
    return _Known(**tables, registers=steps.keep(known))


def _metered(known: _Known, period: Period, estimates: Estimates, steps: Steps) -> _Metered:
    begun = steps.keep(counting.start_indexes(known.readings, known.registers))
    readings = known.readings.filter(known.readings.period <= period)
    ended = counting.ends(readings, known.registers)
    lived = steps.keep(counting.lives(known.registers, begun, ended))
    handed = steps.keep(counting.in_life(readings, lived))
    chosen = steps.keep(counting.one_a_period(counting.without_overstated(handed)))
    gaps = steps.keep(counting.gaps(begun, counting.whole_periods(chosen, known.registers)))
    advanced = steps.keep(counting.advances(gaps, handed, lived))
    dropped = steps.keep(counting.unmarked_drops(advanced, lived))
    billable = lived.anti_join(dropped, "meter_id")
    sound = volumes.recent(advanced, billable, estimates)
    used = steps.keep(ibis.union(volumes.actual_months(sound, known.calendar), known.earlier))
    ends = steps.keep(volumes.open_ends(billable, advanced, known.earlier, period, estimates))
    averaged = steps.keep(volumes.averages(ends, used, estimates))
    estimated = volumes.estimated_months(ends, averaged, known.calendar, estimates)
    months = ibis.union(used.mutate(basis=ibis.literal(volumes.ACTUAL, "int8")), estimated)
    no_start = counting.without_start_index(known.registers, begun)
    return _Metered(lived, advanced, ends, averaged, used, months, no_start, dropped)


def _priced(known: _Known, metered: _Metered, most: int, steps: Steps) -> _Priced:
    normed, billable = _billable_months(known, metered, steps)
    tables = steps.keep(prices.price_tables(known.prices))
    rows = steps.keep(prices.price_rows(known.prices, tables))
    reckoned = prices.with_price_table(billable.filter(billable.volume.notnull()), tables)
    known_price = steps.keep(tiers.with_first_price(reckoned, rows))
    unknown = billable.filter(billable.volume.isnull()).mutate(price=ibis.null("int64"))
    missing = obstacles.missing_parameters(ibis.union(unknown, known_price.select(unknown.columns)))
    whole = steps.keep(tiers.pooled(known_price.filter(known_price.price.notnull())))
    within = tiers.within_first_tier(whole)
    over = steps.keep(whole.filter(whole.over))
    beyond = steps.keep(tiers.beyond_first_tier(_taken(over, rows, most, steps), over, rows))
    months = ibis.union(within, tiers.with_sums(over, beyond))
    return _Priced(months, normed, tiers.first_tier(within), beyond, steps.keep(missing))


def _billable_months(known: _Known, metered: _Metered, steps: Steps) -> tuple[Table, Table]:
    """The months by the norm with what they are reckoned by, and all months with their volume, null without a norm."""
    months = metered.months.join(known.registers.drop("full", "serial", "own"), "register_id")
    months = months.filter(months.month >= months.earliest).drop("earliest")
    months = steps.keep(lines.to_be_billed(months, known.imported))
    months = prices.with_occupancy(months, prices.occupied(known.occupancies))
    metered_ones = months.filter(months.basis != volumes.NORM)
    # The norm stands on one line, on T1, at the single-rate price (rule 6).
    by_norm = months.filter(months.basis == volumes.NORM, months.zone == "T1")
    by_norm = by_norm.mutate(zones=ibis.literal(1, "int16"))
    by_norm = steps.keep(prices.with_norm(by_norm, prices.norms_in_force(known.norms)))
    active = volumes.active_meters(by_norm, metered.lived)
    normed = steps.keep(volumes.norm_volumes(by_norm.join(active, ["account_id", "resource", "month"])))
    columns = metered_ones.columns
    return normed, ibis.union(metered_ones, normed.select(columns))


def _taken(over: Table, rows: Table, most: int, steps: Steps) -> Table:
    """What each tier takes from each register: one tier after the other, as each goes by what the last one left."""
    tier = steps.keep(tiers.tiers(over, rows))
    left = steps.keep(tiers.left_at_first(over))
    took = [steps.keep(tiers.taken(left, tier, 0))]
    for number in range(1, most):
        left = steps.keep(tiers.left_after(took[-1]))
        took.append(steps.keep(tiers.taken(left, tier, number)))
    return ibis.union(*took) if len(took) > 1 else took[0]


def _outcome(known: _Known, metered: _Metered, priced: _Priced, period: Period, holds: Holds, steps: Steps) -> _Given:
    open_accounts = known.accounts.anti_join(priced.missing, "account_id")
    sound = metered.lived.anti_join(metered.dropped, "meter_id").semi_join(open_accounts, "account_id")
    due = priced.months.filter(priced.months.own).semi_join(open_accounts, "account_id")
    due = steps.keep(due.select("register_id", "month", "basis", "volume", "amount"))
    billed = steps.keep(lines.billed_so_far(known.billed.semi_join(sound, "register_id")))
    line = steps.keep(lines.lines(due, lines.looked_at(billed, known.registers), known.registers, period))
    described = _described(line, known, metered, priced, steps)
    payments = known.payments.semi_join(open_accounts, "account_id")
    columns = ["account_id", "register_id", "month", "kind", "basis", "volume", "amount", "trace"]
    steps.hand_out("lines", described.select(columns))
    bill = steps.hand_out("bills", bills.bills(open_accounts, described, payments))
    reported = steps.hand_out("obstacles", _reported(metered, priced))
    steps.hand_out("payments", payments.select("payment_id"))
    steps.hand_out("categories", reports.by_category(bill, prices.occupied(known.occupancies), period))
    steps.hand_out("odd", reports.oddities(described, reports.usual_volumes(metered.used, period), holds))
    return _Given(line, billed, bill, reported)


def _described(line: Table, known: _Known, metered: _Metered, priced: _Priced, steps: Steps) -> Table:
    """The lines with what they are explained by, and their account."""
    grounds = ibis.union(
        traces.by_readings(line, metered.advanced),
        traces.by_average(line, metered.ends, metered.averaged),
        traces.by_norm(line, priced.normed),
    )
    traced = traces.with_traces(line, grounds, priced.within, priced.beyond)
    return steps.keep(traced.join(known.registers.select("register_id", "account_id"), "register_id"))


def _settled(
    known: _Known, metered: _Metered, given: _Given, period: Period, estimates: Estimates, steps: Steps
) -> None:
    """What the next run goes on from."""
    accounts = settled.accounts(known.accounts, given.bills, given.obstacles, known.imported, period)
    accounts = steps.hand_out("settled_accounts", accounts)
    ends = settled.registers(metered.lived.semi_join(accounts, "account_id"), metered.advanced)
    ends = steps.hand_out("settled_registers", ends)
    steps.hand_out("settled_months", settled.months(metered.used, ends, estimates))
    steps.hand_out("settled_billed", settled.billed(given.billed, given.lines, ends))


def _reported(metered: _Metered, priced: _Priced) -> Table:
    """The accounts and meters that can't be billed, with the reason."""
    missing = priced.missing.mutate(meter_id=ibis.null("int64"))
    nothing = {
        "resource": ibis.null("string"),
        "category": ibis.null("string"),
        "zones": ibis.null("int16"),
        "zone": ibis.null("string"),
        "month": ibis.null("int32"),
    }
    columns = ["account_id", "meter_id", "reason", *nothing]
    meters = [
        table.mutate(reason=ibis.literal(reason, "int8"), **nothing).select(columns)
        for table, reason in (
            (metered.no_start, obstacles.NO_START_INDEX),
            (metered.dropped, obstacles.UNMARKED_DROP),
        )
    ]
    return ibis.union(missing.select(columns), *meters)
