"""Which accounts go on from where the last run left them, and what the rules are given of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import pyarrow as pa

from sbyt.billing.facts import COLUMNS
from sbyt.billing.plans import Plan, Steps
from sbyt.billing.rules import settled
from sbyt.core.periods import Period


def _columns(name: str, *without: str) -> pa.Schema:
    return pa.schema([field for field in COLUMNS[name] if field.name not in without])


#: Where everything stood after the last run: settled accounts only, and the prices and norms in force till then.
STANDING: Mapping[str, pa.Schema] = {
    "was_accounts": pa.schema([("account_id", pa.int64()), ("first", pa.int32()), ("closing", pa.int64())]),
    "was_occupancies": COLUMNS["occupancies"],
    "was_registers": pa.schema(
        [*_columns("registers", "floor"), ("until", pa.int32()), ("last", pa.int32()), ("value", pa.int64())]
    ),
    "was_months": COLUMNS["earlier"],
    "was_billed": COLUMNS["billed"],
    "was_prices": COLUMNS["prices"],
    "was_norms": COLUMNS["norms"],
}

#: What is known now: ids of all accounts, and of readings and payments what the last run didn't know or couldn't use.
#: ``now_changes`` has the accounts of which a reading was cancelled or a charge imported since.
NOW: Mapping[str, pa.Schema] = {
    "now_accounts": pa.schema([("account_id", pa.int64())]),
    "now_occupancies": COLUMNS["occupancies"],
    "now_registers": _columns("registers", "floor"),
    "now_readings": COLUMNS["readings"],
    "now_changes": pa.schema([("account_id", pa.int64())]),
    "now_payments": COLUMNS["payments"],
    "prices": COLUMNS["prices"],
    "norms": COLUMNS["norms"],
}


def going_on(period: Period) -> Plan:
    """Write down how a run for the period finds out which accounts go on from where they stood.

    Handed out are changed (account_id: all others), and, of those who go on, the tables of ``facts`` by the names
    on_accounts, on_registers, on_readings, on_earlier, on_billed and on_payments.
    """
    steps = Steps({**STANDING, **NOW})
    known = {name: steps.given(name) for name in (*STANDING, *NOW)}
    standing, news = known["was_registers"], known["now_readings"]
    pool = steps.keep(settled.pools(standing, news, period))
    changed = steps.hand_out("changed", _changed(known, pool, period))
    accounts = known["was_accounts"].anti_join(changed, "account_id")
    steps.hand_out("on_accounts", accounts.select("account_id", "first", opening="closing"))
    registers = settled.going_on(known["now_registers"], standing, pool, changed, period)
    going = steps.hand_out("on_registers", registers)
    steps.hand_out("on_readings", settled.readings(going, standing, news, period))
    steps.hand_out("on_earlier", known["was_months"].semi_join(going, "register_id"))
    steps.hand_out("on_billed", known["was_billed"].semi_join(going, "register_id"))
    steps.hand_out("on_payments", known["now_payments"].anti_join(changed, "account_id"))
    return steps.plan()


def _changed(known: Mapping[str, ibis.Table], pool: ibis.Table, period: Period) -> ibis.Table:
    standing = known["was_registers"]
    keys = settled.by_parameters(known["prices"], known["was_prices"], known["norms"], known["was_norms"], period)
    reasons = (
        known["now_accounts"].anti_join(known["was_accounts"], "account_id"),
        settled.by_people(known["now_occupancies"], known["was_occupancies"], period),
        settled.by_meters(known["now_registers"], standing),
        settled.by_news(standing, known["now_readings"], period),
        settled.by_pools(pool, known["was_accounts"], period),
        settled.priced_by(keys, known["now_occupancies"], known["now_registers"]),
        known["now_changes"],
    )
    return ibis.union(*reasons).distinct()
