"""What a run leaves for the next: where each register stands, so that a month goes on from there.

Rule 11 works out every month anew. Where nothing that a month rests on has changed since it was billed, that comes to
what has been billed, and no line: such months are settled. An account is settled if it was billed, none of its meters
was reported, and nothing is known of it for later months. Of each register is kept

 - its last counted reading (or start index): the period at whose end it stands (last) and the value;
 - what it used in the last actual months, of which an average may be made;
 - what has been billed for the months after it, which the next reading will settle.

``changed`` finds the accounts for which that is not enough, and whose whole history must be looked at.
"""

from __future__ import annotations

import ibis
from ibis.expr.types import Table

from sbyt.billing.rules.counting import CUSTOMER, INSTALLED
from sbyt.billing.rules.joining import look_up
from sbyt.billing.rules.lines import MONTHS_BACK
from sbyt.core.settings import Estimates


def accounts(known: Table, bills: Table, obstacles: Table, imported: Table, period: int) -> Table:
    """The accounts that a run settles. Gives account_id, first, closing."""
    ahead = imported.filter(imported.month > period)
    billed = known.select("account_id", "first").join(bills.select("account_id", "closing"), "account_id")
    rows = billed.anti_join(obstacles, "account_id").anti_join(ahead, "account_id")
    return rows.mutate(first=ibis.coalesce(rows["first"], period).cast("int32"))


def registers(lived: Table, advanced: Table) -> Table:
    """Where each register stands. Gives what is known of it, with since, until, last and value."""
    order = ibis.window(group_by="register_id", order_by=ibis.desc("until"))
    placed = advanced.mutate(_place=ibis.row_number().over(order))
    read = placed.filter(placed["_place"] == 0).select("register_id", last="until", value="closed")
    known = look_up(lived, read, ["register_id"], ["last", "value"])
    return known.select(
        "register_id",
        "meter_id",
        "account_id",
        "zones",
        "resource",
        "scale",
        "full",
        "until",
        "serial",
        "zone",
        last=ibis.coalesce(known["last"], known.since),
        value=ibis.coalesce(known.value, known.start),
    )


def months(used: Table, ends: Table, estimates: Estimates) -> Table:
    """The last actual months of each register, as many as an average is made of. Gives register_id, month, volume."""
    rows = used.join(ends.select("register_id", "last"), "register_id")
    return rows.filter(rows.month > rows["last"] - estimates.average_of_months).select("register_id", "month", "volume")


def billed(so_far: Table, lines: Table, ends: Table) -> Table:
    """What has been billed, with these lines, for the months after the last counted reading.

    Gives register_id, month, volume, amount.
    """
    columns = ["register_id", "month", "volume", "amount"]
    rows = ibis.union(so_far.select(columns), lines.select(columns)).join(
        ends.select("register_id", "last"), "register_id"
    )
    rows = rows.filter(rows.month > rows["last"])
    return rows.group_by("register_id", "month").agg(
        volume=rows.volume.sum().cast("int64"), amount=rows.amount.sum().cast("int64")
    )


def _differing(one: Table, other: Table) -> Table:
    """The rows that only one of two tables has, both of the same columns."""
    columns = one.columns
    return ibis.union(one.anti_join(other, columns), other.select(columns).anti_join(one, columns))


def _in_force(dated: Table, period: int) -> Table:
    return dated.filter(dated.valid_from < period)


def known_of(registers: Table) -> Table:
    """What a settled register must still be."""
    return registers.select(
        "register_id", "meter_id", "account_id", "serial", "zone", "zones", "resource", "scale", "full"
    )


def pools(standing: Table, news: Table, period: int) -> Table:
    """Rule 9 for what comes to settled registers: an account's registers of a resource fill the tiers together.

    Gives account_id, resource, last (the earliest end that a reading of this period goes on from) and most (the latest
    end of any register of the pool).
    """
    handed = news.filter(news.period == period).select("register_id").distinct()
    rows = standing.select("account_id", "resource", earliest="last", register_id="register_id")
    opened = (
        rows.semi_join(handed, "register_id").group_by("account_id", "resource").agg(last=lambda t: t.earliest.min())
    )
    most = rows.group_by("account_id", "resource").agg(most=rows.earliest.max())
    return look_up(opened, most, ["account_id", "resource"], ["most"])


def by_news(standing: Table, news: Table, period: int) -> Table:
    """The accounts of which something was handed in that doesn't simply go on from where they stand: account_id.

    What belongs to a settled month; what an inspector read or marks a rollover; a value below the last; anything of a
    meter that has ended; another start index, whatever its period.
    """
    rows = news.join(standing.select("register_id", "account_id", "until", standing="value"), "register_id")
    late = rows.period < period
    odd = (rows.kind != CUSTOMER) | rows.rollover | (rows.value < rows.standing) | (rows.until < period)
    again = rows.kind == INSTALLED
    return rows.filter(late | again | ((rows.period == period) & odd)).select("account_id")


def by_pools(pool: Table, settled_accounts: Table, period: int) -> Table:
    """The accounts of which a reading settles months that others of the pool have settled, or too early ones."""
    rows = pool.join(settled_accounts.select("account_id", "first"), "account_id")
    floor = ibis.greatest(rows["first"], period - MONTHS_BACK)
    return rows.filter((rows.most > rows["last"]) | (rows["last"] + 1 < floor)).select("account_id")


def by_parameters(prices: Table, was_prices: Table, norms: Table, was_norms: Table, period: int) -> Table:
    """The resources and categories of which a price or a norm of a settled month has changed."""
    keys = ["resource", "category"]
    changed = ibis.union(
        _differing(_in_force(prices, period), was_prices).select(keys),
        _differing(_in_force(norms, period), was_norms).select(keys),
    )
    return changed.distinct()


def priced_by(keys: Table, occupancies: Table, registers: Table) -> Table:
    """The accounts that such a price or norm can be of: account_id."""
    people = occupancies.join(keys, "category").select("account_id", "resource").distinct()
    return registers.semi_join(people, ["account_id", "resource"]).select("account_id")


def by_people(occupancies: Table, was: Table, period: int) -> Table:
    """The accounts of which residents or category of a settled month have changed: account_id."""
    return _differing(_in_force(occupancies, period), was).select("account_id")


def by_meters(registers: Table, standing: Table) -> Table:
    """The accounts that have a register which didn't stand there before, or another than before: account_id."""
    return _differing(known_of(registers), known_of(standing)).select("account_id")


def going_on(registers: Table, standing: Table, pool: Table, changed: Table, period: int) -> Table:
    """The registers in use that go on from where they stand, with floor, the first month that is looked at again."""
    kept = standing.filter(standing.until >= period).anti_join(changed, "account_id").select("register_id")
    rows = look_up(registers.semi_join(kept, "register_id"), pool, ["account_id", "resource"], ["last"])
    return rows.mutate(floor=ibis.coalesce(rows["last"] + 1, period).cast("int32")).drop("last")


def readings(going: Table, standing: Table, news: Table, period: int) -> Table:
    """What the rules are given of such registers: where they stand, as a start index, and what was handed in since."""
    stands = standing.semi_join(going, "register_id").select(
        id=ibis.literal(0, "int64"),
        register_id="register_id",
        period=(standing["last"] + 1).cast("int32"),
        kind=ibis.literal(INSTALLED, "int8"),
        value="value",
        rollover=ibis.literal(False),  # noqa: FBT003 a column, not a switch
        at=ibis.literal(0, "int64"),
    )
    handed = news.semi_join(going, "register_id").filter(news.period == period)
    return ibis.union(stands, handed.select(stands.columns))
