"""What was measured, as tables of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.billing_run.rounds import Kind, Measured, Parts, median

OF_FLOOR, OF_ROW_BY_ROW, OF_TENFOLD = 2.0, 50.0, 11.0
MOST_MEMORY, MEMORY_OF = 2 * 10**9, 1_000_000


def report(every: Sequence[Measured]) -> Iterator[str]:
    yield "| accounts | database | what | measured | ratio | goal |"
    yield "|---|---|---|---|---|---|"
    for found in every:
        yield from _runs(found)
        yield from _others(found)
    yield from _tenfold(every)
    yield ""
    yield "Seconds by part, medians of the rounds"
    for found in every:
        yield ""
        yield from _parts(found)


def differences(every: Sequence[Measured]) -> Iterator[str]:
    """Where the run and the plain rules don't agree."""
    for found in every:
        if accounts := found.row_by_row["different"]:
            few = ", ".join(map(str, accounts[:10]))
            yield f"{found.place}, {found.size.accounts:,} accounts: {len(accounts)} differ, among them {few}"


def _row(found: Measured, *cells: str) -> str:
    return " | ".join((f"| {found.size.accounts:,}", found.place, *cells)) + " |"


def _judged(is_met: bool, goal: str) -> str:
    return f"{goal}: {'met' if is_met else 'missed'}"


def _runs(found: Measured) -> Iterator[str]:
    usual, full = "usual month", "full recomputation"
    yield _row(found, f"{usual}: sbyt bill", f"{found.seconds:.2f} s ({_rounds(found.usual)})", "", "")
    ratio = found.seconds / found.floor(found.usual)
    goal = _judged(ratio <= OF_FLOOR, f"{OF_FLOOR:g}")
    yield _row(found, f"{usual}: rows out and in", f"{found.floor(found.usual):.2f} s", f"{ratio:.2f}", goal)
    yield _row(found, f"{full}: sbyt bill --full", f"{_median(found.full):.2f} s ({_rounds(found.full)})", "", "")
    again, floor = _median(found.full), found.floor(found.full)
    yield _row(found, f"{full}: rows out and in", f"{floor:.2f} s", f"{again / floor:.2f}", "")


def _others(found: Measured) -> Iterator[str]:
    each, ours = found.a_row_by_row, found.seconds / found.size.accounts
    database = found.row_by_row["database"] / found.row_by_row["accounts"]
    said = f"{each * 1000:.2f} ms an account ({database * 1000:.2f} of it the database's)"
    ratio = f"{each / ours:.0f}"
    yield _row(found, "row by row", said, ratio, _judged(each >= OF_ROW_BY_ROW * ours, f"{OF_ROW_BY_ROW:g}"))
    goal = ""
    if found.size.accounts >= MEMORY_OF:
        goal = _judged(found.peak < MOST_MEMORY, "2 GB")
    yield _row(found, "most memory", f"{found.peak / 10**9:.2f} GB", "", goal)
    peak = max(ran.peak for ran in found.full.commands)
    yield _row(found, "most memory, full recomputation", f"{peak / 10**9:.2f} GB", "", "")


def _tenfold(every: Sequence[Measured]) -> Iterator[str]:
    for small in every:
        for great in every:
            if great.place == small.place and great.size.accounts == 10 * small.size.accounts:
                ratio = great.seconds / small.seconds
                goal = _judged(ratio <= OF_TENFOLD, f"{OF_TENFOLD:g}")
                yield _row(great, f"time, of that of {small.size.accounts:,}", "", f"{ratio:.1f}", goal)


def _parts(found: Measured) -> Iterator[str]:
    yield f"{found.place}, {found.size.accounts:,} accounts"
    for name, kind in (("usual month", found.usual), ("full recomputation", found.full)):
        if kind.phases:
            yield f"- {name}: {_phases(kind)}"
        yield f"- {name}, rows out: {_seconds(kind.reads)}"
    counts = ", ".join(f"{table} {count:,}" for table, count in found.rows.items())
    yield f"- rows in: {_seconds(found.writes)} ({counts})"


def _phases(kind: Kind) -> str:
    """Each with its whole time, and when it first began and last ended; and what the command takes besides."""
    within = median([max(part["last"] for part in one.values()) for one in kind.phases])
    phases = [_phase(name, [one[name] for one in kind.phases if name in one]) for name in kind.phases[0]]
    return ", ".join([*phases, f"besides, mostly the start of the process, {_median(kind) - within:.2f}"])


def _phase(name: str, rounds: Sequence[Parts]) -> str:
    first, last, total = (median([one[key] for one in rounds]) for key in ("first", "last", "total"))
    return f"{name} {total:.2f} (from {first:.2f} to {last:.2f})"


def _seconds(rounds: Sequence[Parts]) -> str:
    return ", ".join(f"{name} {median([one[name] for one in rounds]):.2f}" for name in rounds[0])


def _median(kind: Kind) -> float:
    return median([ran.seconds for ran in kind.commands])


def _rounds(kind: Kind) -> str:
    return ", ".join(f"{ran.seconds:.2f}" for ran in kind.commands)
