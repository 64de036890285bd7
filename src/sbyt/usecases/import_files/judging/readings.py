"""readings.csv: each reading's period, and the door (billing rules 1 and 4)."""

from __future__ import annotations

from sbyt.bulk import Bulk
from sbyt.readings.bulk_load import load_readings, stored_readings
from sbyt.usecases.import_files.judging.verdict import (
    Context,
    Verdict,
    in_utc,
    known_registers,
    reject_misfits,
    reject_unknown_registers,
    units,
    written,
)
from sbyt.usecases.import_files.workspace import Workspace
from sbyt.usecases.import_files.zones import to_local, to_utc

#: What makes two readings the same one.
_IDENTITY = ("register_id", "kind", "value", "rollover", "taken_on", "received_at")


def judge(work: Workspace, bulk: Bulk, context: Context) -> Verdict:
    """Find the registers, the time and the period of each row, which rows are known, and which may not pass the door.

    A row is known by register, kind, value, rollover and the times of taking and receipt, and then changes nothing,
    also where that reading was cancelled meanwhile. The door stays shut to registers that have a bad row already:
    their order can't be judged without it.
    """
    known_registers(work, bulk)
    reject_unknown_registers(work)
    work.run(
        "CREATE VIEW named AS SELECT rows.*, register.id AS register_id, digits, decimals "
        "FROM rows JOIN register USING (account, serial, zone)"
    )
    reject_misfits(work, "value", "named", most_digits="digits")
    _incoming(work, context)
    work.keep("stored", stored_readings(bulk, work.table("SELECT DISTINCT register_id AS id FROM incoming")))
    _new(work)
    _sequence(work, context)
    _door(work)

    def load() -> None:
        rows = work.in_order(
            "register_id, period, kind, value, rollover, taken_on, received_at, channel, 'ok' AS verdict, "
            f"CAST(NULL AS BIGINT) AS message_id, {context.at_sql} AS loaded_at",
            "new",
        )
        load_readings(bulk, in_utc(rows, "received_at", "loaded_at"))

    return Verdict(work.number("SELECT count(*) FROM new"), 0, load)


def _years(work: Workspace, expression: str, table: str) -> tuple[int, int]:
    """The years that times may fall in, one more on either side for the way from one zone to another."""
    first = work.number(f"SELECT min(year({expression})) FROM {table}")
    last = work.number(f"SELECT max(year({expression})) FROM {table}")
    return (first - 1, last + 1) if first else (2000, 2000)


def _incoming(work: Workspace, context: Context) -> None:
    """``incoming``: the rows in whole units and UTC, with their period."""
    if work.layout.has("received_at"):
        years = _years(work, "received_at", "rows")
        local = to_utc("received_at", context.zone, *years)
        received = f"CASE WHEN received_at_has_offset THEN received_at ELSE {local} END"
        # A time given with an offset may be another day here.
        to_home = to_local("received_at", context.zone, *years)
        at_home = f"CASE WHEN received_at_has_offset THEN {to_home} ELSE received_at END"
    else:
        received = at_home = "CAST(NULL AS TIMESTAMP)"
    day = (
        f"CASE WHEN kind IN ('installed', 'removed') THEN taken_on ELSE coalesce(CAST({at_home} AS DATE), taken_on) END"
    )
    period = f"year(day) * 12 + month(day) - 1 + CASE WHEN day(day) > {context.last_day} THEN 1 ELSE 0 END"
    work.run(
        f"CREATE TABLE incoming AS SELECT line, register_id, decimals, kind, {units('value')} AS value, rollover, "
        f"taken_on, received_at, channel, correction, CAST({period} AS BIGINT) AS period FROM "
        f"(SELECT * REPLACE ({received} AS received_at), {day} AS day FROM named "
        "WHERE line NOT IN (SELECT line FROM bad))"
    )


def _new(work: Workspace) -> None:
    """``new``: the rows that are not known, each once."""
    identity = ", ".join(_IDENTITY)
    same = " AND ".join(f"s.{name} IS NOT DISTINCT FROM i.{name}" for name in _IDENTITY)
    work.run(
        f"CREATE TABLE new AS SELECT * FROM incoming i WHERE NOT EXISTS (SELECT 1 FROM stored s WHERE {same}) "
        f"QUALIFY row_number() OVER (PARTITION BY {identity} ORDER BY line) = 1"
    )


def _sequence(work: Workspace, context: Context) -> None:
    """``sequence``: the new rows and the stored ones around them, with the place of each in the order of receipt.

    Installed and removed go by the day they were taken, installed first and removed last within it; the others by the
    time of receipt, or the day taken where that isn't known; among equals by the order of loading. ``marks`` counts
    the rollover marks up to and including a row.
    """
    work.run(
        "CREATE VIEW around AS SELECT line, register_id, kind, value, rollover, taken_on, received_at, "
        "line AS load_order, true AS is_new, period, correction FROM new "
        "UNION ALL SELECT 0, register_id, kind, value, rollover, taken_on, received_at, "
        "id - (SELECT max(id) FROM stored) - 1, false, period, false FROM stored "
        "WHERE NOT cancelled AND register_id IN (SELECT register_id FROM new)"
    )
    local = to_local("received_at", context.zone, *_years(work, "received_at", "around"))
    work.run(
        "CREATE TABLE sequence AS SELECT line, register_id, kind, value, rollover, is_new, period, correction, "
        "row_number() OVER receipt AS place, sum(CAST(rollover AS INTEGER)) OVER receipt AS marks, "
        "count(*) FILTER (WHERE kind <> 'customer') OVER receipt AS boundaries FROM (SELECT *, "
        "CASE WHEN kind IN ('installed', 'removed') THEN CAST(taken_on AS TIMESTAMP) "
        f"ELSE coalesce({local}, CAST(taken_on AS TIMESTAMP)) END AS moment FROM around) "
        "WINDOW receipt AS (PARTITION BY register_id ORDER BY CAST(moment AS DATE), "
        "CASE kind WHEN 'installed' THEN 0 WHEN 'removed' THEN 2 ELSE 1 END, moment, load_order "
        "ROWS UNBOUNDED PRECEDING)"
    )


def _door(work: Workspace) -> None:
    """Reject what would leave an unmarked drop among the values that stand, and what follows a removal (rule 4).

    An inspector's value sets aside the customer's values above it, back to the last inspector's value, start index or
    rollover mark; what is set aside is nobody's neighbour any more. A drop needs a mark that was received since the
    neighbour before, at the latest with the lower value itself; within one period, where the later value counts, it may
    be marked as a correction instead. The inspector's own values aren't questioned.
    """
    # A stretch is the customer's rows up to the inspector's (or start index) that closes it: that one sets aside those
    # with as many marks before them as itself.
    closing = "max(CASE WHEN kind IN ('control', 'removed') THEN {} END) OVER stretch"
    work.run(
        "CREATE VIEW judged AS SELECT *, kind = 'customer' AND "
        f"coalesce({closing.format('value')} < value AND {closing.format('marks')} = marks, false) AS is_set_aside "
        "FROM sequence "
        "WINDOW stretch AS (PARTITION BY register_id, boundaries - CAST(kind <> 'customer' AS INTEGER))"
    )
    standing = "CASE WHEN NOT is_set_aside THEN {} END IGNORE NULLS"
    around = ", ".join(
        f"{side}({standing.format(name)}) OVER receipt AS {prefix}_{name}"
        for side, prefix in (("lag", "previous"), ("lead", "next"))
        for name in ("value", "marks", "kind", "period", "correction")
    )
    work.run(
        f"CREATE TABLE neighbours AS SELECT *, {around}, "
        "max(CASE WHEN kind = 'removed' THEN 1 ELSE 0 END) OVER (PARTITION BY register_id ORDER BY place "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) = 1 AS is_after_removal FROM judged "
        "WINDOW receipt AS (PARTITION BY register_id ORDER BY place)"
    )
    rest = (
        "FROM neighbours n JOIN incoming USING (line) WHERE n.is_new AND n.register_id NOT IN ("
        "SELECT register_id FROM named WHERE line IN (SELECT line FROM bad_before))"
    )
    work.run("CREATE OR REPLACE TABLE bad_before AS SELECT * FROM bad")
    work.reject("taken_on", "CASE WHEN is_after_removal THEN 'счётчик к этому времени уже снят' END", rest)
    own = written("n.value")
    unmarked = "', а переход через ноль не отмечен'"
    work.reject(
        "value",
        "CASE WHEN n.kind <> 'customer' OR is_after_removal THEN NULL "
        "WHEN n.value < previous_value AND n.marks = previous_marks "
        "AND NOT (n.correction AND previous_period = n.period) "
        f"THEN concat({own}, ' меньше предыдущего показания ', {written('previous_value')}, {unmarked}) "
        "WHEN n.value > next_value AND next_kind NOT IN ('control', 'removed') AND n.marks = next_marks "
        "AND NOT (next_correction AND next_period = n.period) "
        f"THEN concat({own}, ' больше следующего показания ', {written('next_value')}, {unmarked}) "
        "END",
        rest,
    )
