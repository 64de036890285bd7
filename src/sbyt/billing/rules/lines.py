"""Billing rules 11 and 12: what should be billed by what is known now, with what has been billed taken off."""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from sbyt.billing.rules.joining import look_up
from sbyt.billing.rules.volumes import ACTUAL, NORM

#: The farthest month back that a line reaches (rule 12).
MONTHS_BACK = 36

#: What a line is.
CHARGE, RECALCULATION = range(2)


def first_months(accounts: Table, period: int) -> Table:
    """Rule 12: months before the first period billed here were billed elsewhere, and no line reaches back too far.

    ``accounts`` has account_id and first (that period, null where none was). Gives account_id, floor.
    """
    first = ibis.coalesce(accounts["first"], period)
    return accounts.select("account_id", floor=ibis.greatest(first, period - MONTHS_BACK).cast("int32"))


def with_floors(registers: Table, floors: Table, imported: Table) -> Table:
    """Rule 12: from which month on a register's months get lines, and from which on any month of its account counts.

    ``registers`` have account_id and floor, null where it is their account's. Gives them with own (that floor), floor
    and earliest.
    """
    first = imported.group_by("account_id").agg(imported=imported.month.min())
    known = look_up(registers.rename(own="floor"), floors, ["account_id"], ["floor"])
    known = look_up(known, first, ["account_id"], ["imported"])
    floor = ibis.greatest(known.floor, ibis.coalesce(known.own, known.floor)).cast("int32")
    earliest = ibis.least(floor, ibis.coalesce(known.imported, floor)).cast("int32")
    return known.mutate(floor=floor, earliest=earliest).drop("imported")


def to_be_billed(months: Table, imported: Table) -> Table:
    """Rule 12: the months that get lines, and those that fill the tiers with them.

    ``months`` has account_id, meter_id, floor and month; ``imported`` the months of meters (account_id, meter_id,
    month) for which any charge was imported. Gives the months with own: whether they get a line, which the others of
    the account and month don't.
    """
    here = months.filter(months.month >= months.floor)
    before = months.filter(months.month < months.floor)
    before = before.semi_join(imported.select("account_id", "month").distinct(), ["account_id", "month"])
    own = imported.select("meter_id", "month").distinct()
    columns = months.columns
    return ibis.union(
        here.select(*columns, own=True),
        ibis.union(
            before.semi_join(own, ["meter_id", "month"]).select(*columns, own=True),
            before.anti_join(own, ["meter_id", "month"]).select(*columns, own=False),
        ),
    )


def billed_so_far(charges: Table) -> Table:
    """Rule 11: what was billed for a month is the sum of all its lines, on whatever bill. Gives the same columns."""
    return charges.group_by("register_id", "month").agg(
        volume=charges.volume.sum().cast("int64"), amount=charges.amount.sum().cast("int64")
    )


def looked_at(billed: Table, registers: Table) -> Table:
    """What was billed for months that are looked at: of a register with a floor of its own not those before it."""
    rows = billed.join(registers.select("register_id", "own"), "register_id")
    return rows.filter(rows.own.isnull() | (rows.month >= rows.own)).drop("own")


def lines(due: Table, billed: Table, registers: Table, period: int) -> Table:
    """Rule 11: what every month should cost less what has been billed for it so far.

    For the period itself that is a charge, also when it is zero; for earlier months a recalculation, where volume or
    amount differ. ``due`` has register_id, month, basis, volume, amount; ``billed`` register_id, month, volume,
    amount; the registers register_id, meter_id. Gives register_id, month, kind, basis, volume, amount, due_volume,
    due_amount, billed_volume and billed_amount.
    """
    had = billed.rename(_register="register_id", _month="month", billed_volume="volume", billed_amount="amount")
    pairs = due.outer_join(had, [due.register_id == had["_register"], due.month == had["_month"]])
    both = pairs.select(
        register_id=ibis.coalesce(pairs.register_id, pairs["_register"]),
        month=ibis.coalesce(pairs.month, pairs["_month"]),
        basis="basis",
        due_volume=pairs.volume.fill_null(0),
        due_amount=pairs.amount.fill_null(0),
        billed_volume=pairs.billed_volume.fill_null(0),
        billed_amount=pairs.billed_amount.fill_null(0),
    )
    both = both.mutate(volume=both.due_volume - both.billed_volume, amount=both.due_amount - both.billed_amount)
    current = both.month == period
    changed = (both.volume != 0) | (both.amount != 0)
    wanted = both.filter(changed | (current & both.basis.notnull()))
    wanted = wanted.mutate(kind=ibis.ifelse(wanted.month == period, CHARGE, RECALCULATION).cast("int8"))
    return _with_basis(wanted, due, registers)


def _with_basis(rows: Table, due: Table, registers: Table) -> Table:
    """Rule 11: a line taken back carries what its meter's month is now, actual where that month no longer exists.

    A month of a meter that exists, without a line for this register, is one by the norm (rule 6).
    """
    meters = registers.select("register_id", "meter_id")
    norm = due.filter(due.basis == NORM).join(meters, "register_id").select("meter_id", "month").distinct()
    taken_back = rows.filter(rows.basis.isnull()).join(meters, "register_id")
    by_norm = taken_back.semi_join(norm, ["meter_id", "month"])
    gone = taken_back.anti_join(norm, ["meter_id", "month"])
    columns = rows.columns
    return ibis.union(
        rows.filter(rows.basis.notnull()),
        ibis.union(
            by_norm.mutate(basis=ibis.literal(NORM, "int8")).select(columns),
            gone.mutate(basis=ibis.literal(ACTUAL, "int8")).select(columns),
        ),
    )
