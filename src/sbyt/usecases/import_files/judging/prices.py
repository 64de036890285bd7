"""tariffs.csv and norms.csv: dated prices and norms (billing rules 8 and 9)."""

from __future__ import annotations

import pyarrow as pa

from sbyt.bulk import Bulk
from sbyt.core.money import roubles
from sbyt.core.periods import Period
from sbyt.tariffs.operations import load_norms, load_prices
from sbyt.usecases.import_files.judging.verdict import Context, Verdict
from sbyt.usecases.import_files.workspace import Workspace

_TEXTS = ("resource", "category", "zone")


def judge_tariffs(work: Workspace, bulk: Bulk, context: Context) -> Verdict:
    """Hold each table of prices against itself, the stored one of the same month and what was billed by it.

    All rows of one resource, category, zones, zone and month are one table: it begins at 0, names no limit twice with
    different prices, and replaces a stored one of the same month whole.
    """
    _read_stored(work, bulk, "tariffs_price", ("resource", "category", "zones", "zone", "valid_from", "above", "price"))
    work.reject(
        "zone",
        "concat('у счётчика с числом шкал ', zones, ' нет шкалы ', zone)",
        "FROM rows WHERE CAST(substr(zone, 2) AS INTEGER) > zones",
    )
    work.reject(
        "above",
        "'таблица цен должна начинаться с 0'",
        "FROM (SELECT line, min(above) OVER same AS least, row_number() OVER (same ORDER BY above, line) AS place "
        "FROM rows WINDOW same AS (PARTITION BY resource, category, zones, zone, valid_from)) "
        "WHERE least > 0 AND place = 1",
    )
    return _verdict(work, bulk, context, ("resource", "category", "zones", "zone"), ("above", "price"))


def judge_norms(work: Workspace, bulk: Bulk, context: Context) -> Verdict:
    """Hold the norms against each other, the stored ones of the same month and what was billed by them."""
    _read_stored(work, bulk, "tariffs_norm", ("resource", "category", "valid_from", "per_resident"))
    return _verdict(work, bulk, context, ("resource", "category"), ("per_resident",))


def _read_stored(work: Workspace, bulk: Bulk, table: str, columns: tuple[str, ...]) -> None:
    schema = pa.schema([(name, pa.string() if name in _TEXTS else pa.int64()) for name in columns])
    work.keep("stored", bulk.read(f"SELECT {', '.join(columns)} FROM {table}", schema))


def _verdict(
    work: Workspace, bulk: Bulk, context: Context, scope: tuple[str, ...], content: tuple[str, ...]
) -> Verdict:
    key = (*scope, "valid_from")
    _reject_contradictions(work, (*key, *content[:-1]), content[-1])
    _group(work, "rows", "min(line)", key, content)
    _group(work, "stored", "0", key, content)
    work.run(
        f"CREATE TABLE wanted AS SELECT r.*, s.content IS NULL AS is_new FROM rows_table r "
        f"LEFT JOIN stored_table s USING ({', '.join(key)}) WHERE r.content IS DISTINCT FROM s.content"
    )
    notes = _reject_retroactive(work, bulk, context, scope, is_price=len(content) > 1)
    in_wanted = f"rows SEMI JOIN wanted USING ({', '.join(key)})"
    new = work.number(
        f"SELECT count(*) FROM rows SEMI JOIN (SELECT * FROM wanted WHERE is_new) USING ({', '.join(key)})"
    )
    touched = work.number(f"SELECT count(*) FROM {in_wanted}")
    rows = f"SELECT DISTINCT {', '.join((*key, *content))} FROM {in_wanted}"
    load = load_prices if len(content) > 1 else load_norms
    return Verdict(new, touched - new, lambda: load(bulk, work.table(rows)), notes, lambda: work.table(rows))


def _group(work: Workspace, name: str, line: str, key: tuple[str, ...], content: tuple[str, ...]) -> None:
    """One row a dated table of prices or norms, its content as a list that can be compared."""
    work.run(
        f"CREATE TABLE {name}_table AS SELECT {', '.join(key)}, {line} AS line, "
        f"list_sort(list(DISTINCT [{', '.join(content)}])) AS content FROM {name} GROUP BY {', '.join(key)}"
    )


def _reject_contradictions(work: Workspace, key: tuple[str, ...], value: str) -> None:
    work.reject(
        value,
        "concat('в строке ', first_line, ' для того же указано другое значение')",
        f"FROM (SELECT line, min(line) OVER same AS first_line, {value}, first_value({value}) OVER same AS first_one "
        f"FROM rows WINDOW same AS (PARTITION BY {', '.join(key)} ORDER BY line)) WHERE {value} <> first_one",
    )


def _reject_retroactive(
    work: Workspace, bulk: Bulk, context: Context, scope: tuple[str, ...], *, is_price: bool
) -> list[str]:
    """Refuse what changes a period already billed, unless that is wanted, and say what it touches."""
    notes: list[str] = []
    if context.last_billed is None:
        return notes
    # What was in force from that month on: a table that says the same changes nothing.
    same = " AND ".join(f"s.{name} = w.{name}" for name in scope)
    work.run(
        "CREATE TABLE retroactive AS SELECT w.*, s.content AS before, "
        "(SELECT min(n.valid_from) FROM (SELECT * FROM stored_table UNION ALL SELECT * FROM rows_table) n WHERE "
        + " AND ".join(f"n.{name} = w.{name}" for name in scope)
        + " AND n.valid_from > w.valid_from) AS until FROM wanted w ASOF LEFT JOIN stored_table s "
        f"ON {same} AND s.valid_from <= w.valid_from WHERE w.valid_from <= {context.last_billed}"
    )
    work.run("DELETE FROM retroactive WHERE content IS NOT DISTINCT FROM before")
    if not work.number("SELECT count(*) FROM retroactive"):
        return notes
    _read_billed(work, bulk, is_price=is_price)
    by = (
        "b.resource = r.resource AND b.category = r.category AND b.for_period >= r.valid_from "
        "AND (r.until IS NULL OR b.for_period < r.until)"
    ) + (" AND b.zones = r.zones AND b.zone = r.zone" if is_price else "")
    work.run(
        "CREATE TABLE touched AS SELECT r.line, b.account_id, b.amount, r.valid_from "
        f"FROM retroactive r JOIN billed b ON {by}"
    )
    found = work.duck.execute(
        "SELECT line, count(DISTINCT account_id), CAST(sum(amount) AS BIGINT) FROM touched GROUP BY line ORDER BY line"
    ).fetchall()
    last = Period(context.last_billed)
    for line, accounts, amount in found:
        what = f"затронуто лицевых счетов: {accounts}, начислено им по прежним ценам и нормам: {roubles(amount)} руб."
        if context.retroactive:
            notes.append(f"строка {line}, период до {last} уже выставлен: {what} Разница войдёт в следующий счёт")
        else:
            reason = f"период до {last} уже выставлен: {what} Если так и нужно, добавьте --retroactive"
            work.duck.execute("INSERT INTO bad VALUES (?, 'valid_from', ?)", [line, reason])
    return notes


def _read_billed(work: Workspace, bulk: Bulk, *, is_price: bool) -> None:
    """``billed``: the charges that a price or a norm made, by what it is looked up with."""
    since = work.number("SELECT min(valid_from) FROM retroactive")
    # A norm's month is priced at the single rate, whatever the meter (billing rule 6).
    zones, zone = (
        ("CASE WHEN c.basis = 'norm' THEN 1 ELSE m.zones END", "CASE WHEN c.basis = 'norm' THEN 'T1' ELSE r.zone END")
        if is_price
        else ("m.zones", "r.zone")
    )
    only = "" if is_price else " AND c.basis = 'norm'"
    texts = ("resource", "category", "zone")
    names = ("account_id", "for_period", "amount", "resource", "category", "zones", "zone")
    work.keep(
        "billed",
        bulk.read(
            f"SELECT c.account_id, c.for_period, c.amount, m.resource, o.category, {zones} AS zones, {zone} AS zone "
            "FROM billing_charge c JOIN accounts_register r ON r.id = c.register_id "
            "JOIN accounts_meter m ON m.id = r.meter_id JOIN accounts_occupancy o ON o.account_id = c.account_id "
            "AND o.valid_from = (SELECT max(p.valid_from) FROM accounts_occupancy p "
            "WHERE p.account_id = c.account_id AND p.valid_from <= c.for_period) "
            f"WHERE c.for_period >= {since}{only}",
            pa.schema([(name, pa.string() if name in texts else pa.int64()) for name in names]),
        ),
    )
