"""The whole of a run, from what is known to the lines and bills. Pure: nothing is read or saved here.

The rules are applied in the order of docs/rules.md. Tables that several rules build on are worked out once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import ibis
import pyarrow as pa
from ibis.expr.types import Table

from sbyt.billing.engine import Engine
from sbyt.billing.rules import bills, counting, lines, obstacles, prices, registers, tiers, traces, volumes
from sbyt.core.periods import Period
from sbyt.core.settings import Estimates


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known of some accounts, as tables of Arrow. Units as in ``billing.rules``.

    accounts      account_id, opening (kopecks), first (the first period billed here, or null)
    occupancies   account_id, valid_from, category, residents
    registers     register_id, meter_id, account_id, serial, zone, zones, resource, scale, full
    readings      id, register_id, period, kind, value, rollover, at: all ``installed`` ones and of the others those
                  up to the period, without cancelled ones
    billed        register_id, month, volume, amount: all lines for a month so far, up to the period
    imported      account_id, meter_id, month: months of meters for which a charge was imported
    payments      payment_id, account_id, amount: those that no earlier bill counted, up to the period's last day
    prices        resource, category, zones, zone, valid_from, above, price
    norms         resource, category, valid_from, per_resident
    """

    accounts: pa.Table
    occupancies: pa.Table
    registers: pa.Table
    readings: pa.Table
    billed: pa.Table
    imported: pa.Table
    payments: pa.Table
    prices: pa.Table
    norms: pa.Table

    def of(self, accounts: Sequence[int]) -> Facts:
        """What is known of some of these accounts; prices and norms are everybody's."""
        import pyarrow.compute as pc

        wanted = pa.array(accounts, pa.int64())
        registers = self.registers.filter(pc.is_in(self.registers["account_id"], wanted))
        by_account = ("accounts", "occupancies", "imported", "payments")
        by_register = ("readings", "billed")
        tables = {name: getattr(self, name) for name in (*by_account, *by_register)}
        kept = {name: tables[name].filter(pc.is_in(tables[name]["account_id"], wanted)) for name in by_account}
        known = registers["register_id"].combine_chunks()
        kept |= {name: tables[name].filter(pc.is_in(tables[name]["register_id"], known)) for name in by_register}
        return replace(self, registers=registers, **kept)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run gives.

    lines       account_id, register_id, month, kind, basis, volume, amount, trace
    bills       account_id, opening, charged, recalculated, paid, closing
    obstacles   account_id, meter_id (null where the whole account can't be billed), reason, resource, category, zones,
                zone, month
    payments    payment_id: those that the bills counted
    """

    lines: pa.Table
    bills: pa.Table
    obstacles: pa.Table
    payments: pa.Table


@dataclass(frozen=True, slots=True)
class _Known:
    """The facts as tables of the engine."""

    accounts: Table
    occupancies: Table
    registers: Table
    readings: Table
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
    months: Table
    no_start: Table
    dropped: Table


@dataclass(frozen=True, slots=True)
class _Priced:
    """What that costs: rules 8 to 10."""

    months: Table
    normed: Table
    paid: Table
    missing: Table


def compute(facts: Facts, period: Period, estimates: Estimates, engine: Engine) -> Outcome:
    """Work out what a run for the period bills these accounts. No account depends on another.

    :raises ValueError: never for what is in the facts; what can't be billed is among the obstacles.
    """
    known = _handed_in(facts, period, engine)
    floors = lines.first_months(known.accounts, period)
    metered = _metered(known, _earliest(known, floors, period, engine), period, estimates, engine)
    priced = _priced(known, metered, floors, engine)
    return _outcome(known, metered, priced, period, engine)


def _handed_in(facts: Facts, period: Period, engine: Engine) -> _Known:
    names = ("accounts", "occupancies", "readings", "billed", "imported", "payments", "prices", "norms")
    return _Known(
        **{name: engine.table(getattr(facts, name)) for name in names},
        registers=engine.keep(registers.numbered(engine.table(facts.registers))),
        calendar=engine.table(_calendar(facts.readings, period)),
    )


def _calendar(readings: pa.Table, period: Period) -> pa.Table:
    """All months from the earliest that any reading could reach back to through the period."""
    import pyarrow.compute as pc

    earliest = pc.min(readings["period"]).as_py()
    first = min(period, earliest if earliest is not None else period) - 2
    months = [Period(month) for month in range(first, period + 1)]
    days = [month.days for month in months]
    through = [month.last_day.toordinal() for month in months]
    return pa.table(
        {
            "month": pa.array(months, pa.int32()),
            "days": pa.array(days, pa.int64()),
            "through": pa.array(through, pa.int64()),
        }
    )


def _earliest(known: _Known, floors: Table, period: Period, engine: Engine) -> int:
    """The earliest month that any line could be for."""
    first = engine.number(floors.floor.min())
    imported = engine.number(known.imported.month.min())
    found = [month for month in (first, imported) if month is not None]
    return max(min(found, default=period), period - lines.MONTHS_BACK)


def _metered(known: _Known, earliest: int, period: Period, estimates: Estimates, engine: Engine) -> _Metered:
    begun = engine.keep(counting.start_indexes(known.readings, known.registers))
    readings = known.readings.filter(known.readings.period <= period)
    ended = counting.ends(readings, known.registers)
    lived = engine.keep(counting.lives(known.registers, begun, ended))
    handed = engine.keep(counting.in_life(readings, lived))
    chosen = engine.keep(counting.one_a_period(counting.without_overstated(handed)))
    gaps = engine.keep(counting.gaps(begun, counting.whole_periods(chosen, known.registers)))
    advanced = engine.keep(counting.advances(gaps, handed, lived))
    dropped = engine.keep(counting.unmarked_drops(advanced, lived))
    billable = lived.anti_join(dropped, "meter_id")
    sound = advanced.semi_join(billable, "register_id")
    # An average looks back from its months, over those it is made of.
    horizon = earliest - estimates.average_periods - estimates.average_of_months
    actual = engine.keep(volumes.actual_months(sound.filter(sound.until >= horizon), known.calendar))
    ends = engine.keep(volumes.open_ends(billable, sound, period, estimates))
    averaged = engine.keep(volumes.averages(ends, actual, estimates))
    estimated = volumes.estimated_months(ends, averaged, known.calendar, estimates)
    actual = actual.filter(actual.month >= earliest)
    months = ibis.union(
        actual.mutate(basis=ibis.literal(volumes.ACTUAL, "int8")),
        estimated.filter(estimated.month >= earliest),
    )
    no_start = counting.without_start_index(known.registers, begun)
    return _Metered(lived, advanced, ends, averaged, months, no_start, dropped)


def _priced(known: _Known, metered: _Metered, floors: Table, engine: Engine) -> _Priced:
    normed, billable = _billable_months(known, metered, floors, engine)
    tables = engine.keep(prices.price_tables(known.prices))
    rows = engine.keep(prices.price_rows(known.prices, tables))
    reckoned = prices.with_price_table(billable.filter(billable.volume.notnull()), tables)
    known_price = engine.keep(tiers.with_first_price(reckoned, rows))
    unknown = billable.filter(billable.volume.isnull()).mutate(price=ibis.null("int64"))
    missing = obstacles.missing_parameters(ibis.union(unknown, known_price.select(unknown.columns)))
    whole = engine.keep(tiers.pooled(known_price.filter(known_price.price.notnull())))
    within = tiers.within_first_tier(whole)
    over = engine.keep(whole.filter(whole.over))
    beyond = engine.keep(tiers.beyond_first_tier(_taken(over, rows, engine), over, rows))
    paid = ibis.union(
        tiers.first_tier(within),
        beyond.select("register_id", "month", "finest", "price", "valid_from", "amount", "tier", "volume"),
    )
    months = ibis.union(within, tiers.with_sums(over, beyond))
    return _Priced(months, normed, paid, engine.keep(missing))


def _billable_months(known: _Known, metered: _Metered, floors: Table, engine: Engine) -> tuple[Table, Table]:
    """The months by the norm with what they are reckoned by, and all months with their volume, null without a norm."""
    described = known.registers.join(floors, "account_id")
    months = metered.months.join(described.drop("full"), "register_id")
    months = engine.keep(lines.to_be_billed(months, known.imported))
    months = prices.with_occupancy(months, prices.occupied(known.occupancies))
    metered_ones = months.filter(months.basis != volumes.NORM)
    # The norm stands on one line, on T1, at the single-rate price (rule 6).
    by_norm = months.filter(months.basis == volumes.NORM, months.zone == "T1")
    by_norm = by_norm.mutate(zones=ibis.literal(1, "int16"))
    by_norm = engine.keep(prices.with_norm(by_norm, prices.norms_in_force(known.norms)))
    active = volumes.active_meters(by_norm, metered.lived)
    normed = engine.keep(volumes.norm_volumes(by_norm.join(active, ["account_id", "resource", "month"])))
    columns = metered_ones.columns
    return normed, ibis.union(metered_ones, normed.select(columns))


def _taken(over: Table, rows: Table, engine: Engine) -> Table:
    """What each tier takes from each register: one tier after the other, as each goes by what the last one left."""
    tier = engine.keep(tiers.tiers(over, rows))
    left = engine.keep(tiers.left_at_first(over))
    last = engine.number(tier.tier.max())
    took = [engine.keep(tiers.taken(left, tier, 0))]
    for number in range(1, (last or 0) + 1):
        left = engine.keep(tiers.left_after(took[-1]))
        took.append(engine.keep(tiers.taken(left, tier, number)))
    return ibis.union(*took) if len(took) > 1 else took[0]


def _outcome(known: _Known, metered: _Metered, priced: _Priced, period: Period, engine: Engine) -> Outcome:
    open_accounts = known.accounts.anti_join(priced.missing, "account_id")
    sound = metered.lived.anti_join(metered.dropped, "meter_id").semi_join(open_accounts, "account_id")
    due = priced.months.filter(priced.months.own).semi_join(open_accounts, "account_id")
    due = engine.keep(due.select("register_id", "month", "basis", "volume", "amount"))
    billed = lines.billed_so_far(known.billed.semi_join(sound, "register_id"))
    line = engine.keep(lines.lines(due, billed, known.registers, period))
    grounds = ibis.union(
        traces.by_readings(line, metered.advanced),
        traces.by_average(line, metered.ends, metered.averaged),
        traces.by_norm(line, priced.normed),
    )
    traced = traces.with_traces(line, grounds, priced.paid)
    described = engine.keep(traced.join(known.registers.select("register_id", "account_id"), "register_id"))
    payments = known.payments.semi_join(open_accounts, "account_id")
    return Outcome(
        lines=engine.rows(
            described.select("account_id", "register_id", "month", "kind", "basis", "volume", "amount", "trace")
        ),
        bills=engine.rows(bills.bills(open_accounts, described, payments)),
        obstacles=engine.rows(_reported(metered, priced)),
        payments=engine.rows(payments.select("payment_id")),
    )


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
