"""Billing rule 15 over chains of runs: once a reading arrives, what was billed is what the dial advanced.

The true advance is what the generator made up; the rules only see what was handed in, month by month, and late.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sbyt.billing.compute import Outcome
from sbyt.billing.engine import duckdb
from sbyt.core.periods import Period
from sbyt.core.settings import Estimates
from tests.billing.computing import compute
from tests.billing.oracle import Account, Meter, Prices, Reading
from tests.billing.worlds import World, facts_of

FIRST = Period.parse("2026-01")
LAST = FIRST.plus(4)
ACCOUNTS = 40
PRICES = Prices(
    prices={
        ("electricity", "urban", zones, f"T{zone}"): {0: [(0, 550), (150_000, 770)], FIRST + 3: [(0, 605)]}
        for zones in (1, 2)
        for zone in range(1, zones + 1)
    },
    norms={("electricity", "urban"): {0: 78_500_000}},
)


@dataclasses.dataclass
class Life:
    """An account with one meter, put in before the first period, and what it truly used in all."""

    account: Account
    used: dict[str, int]


def _life(random: Random) -> Life:
    """Readings of some months, some overstated, an inspector at the end; the dial may go through zero.

    Indexes are reckoned through zero: what the dial shows is their last three figures. Nobody says less than before,
    nor claims a turn through zero that the dial has not made; each is marked where it is first seen.
    """
    meter = Meter("7", "electricity", random.choice((1, 2)), 3, 0)
    start = {zone: random.randrange(1000) for _, zone in meter.dials}
    true, told = dict(start), dict(start)
    rows = [Reading("7", zone, FIRST, "installed", value, False, 0, 0) for zone, value in start.items()]
    for month in range(FIRST, LAST + 1):
        for zone in true:
            true[zone] += random.randrange(150)
        if month < LAST and random.random() < 0.5:
            continue
        kind = "control" if month == LAST else "customer"
        for zone, index in true.items():
            overstated = index + random.choice((0, 0, random.randrange(100)))
            most = index // 1000 * 1000 + 999
            handed = index if kind == "control" else max(told[zone], min(overstated, most))
            marked = handed // 1000 > told[zone] // 1000
            rows.append(Reading("7", zone, month, kind, handed % 1000, marked, month, len(rows)))
            told[zone] = handed
    used = {zone: true[zone] - start[zone] for zone in true}
    return Life(Account(0, None, ((0, "urban", 2),), (meter,), tuple(rows)), used)


def _chain(lives: list[Life]) -> list[Outcome]:
    """Bill month by month; each run knows what those before it billed."""
    billed: dict[int, dict[tuple[tuple[str, str], int], tuple[int, int]]] = defaultdict(dict)
    opening = dict.fromkeys(range(len(lives)), 0)
    outcomes = []
    for month in range(FIRST, LAST + 1):
        accounts = []
        for place, life in enumerate(lives):
            known = [row for row in life.account.readings if row.period <= month]
            accounts.append(
                dataclasses.replace(
                    life.account,
                    readings=tuple(known),
                    billed=dict(billed[place]),
                    first=FIRST if month > FIRST else None,
                    opening=opening[place],
                )
            )
        numbered = facts_of(World(month, PRICES, tuple(accounts)))
        with duckdb() as engine:
            outcome = compute(numbered.facts, Period(month), Estimates(), engine)
        for row in outcome.lines.to_pylist():
            place, serial, zone = numbered.dials[row["register_id"]]
            had = billed[place].get(((serial, zone), row["month"]), (0, 0))
            billed[place][(serial, zone), row["month"]] = (had[0] + row["volume"], had[1] + row["amount"])
        opening = dict(zip(*(outcome.bills[name].to_pylist() for name in ("account_id", "closing")), strict=True))
        outcomes.append(outcome)
    return outcomes


def _volumes(outcomes: list[Outcome]) -> dict[int, int]:
    """All that was billed, by register."""
    sums: dict[int, int] = defaultdict(int)
    for outcome in outcomes:
        for row in outcome.lines.to_pylist():
            sums[row["register_id"]] += row["volume"]
    return sums


@settings(max_examples=2, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 2**32))
def test_what_was_billed_adds_up_to_the_advance(seed: int) -> None:
    random = Random(seed)
    lives = [_life(random) for _ in range(ACCOUNTS)]
    billed = _volumes(_chain(lives))
    true = {place * 1000 + at: used for place, life in enumerate(lives) for at, used in enumerate(life.used.values())}
    assert billed == true


def test_a_closing_balance_opens_the_next_bill_and_every_bill_adds_up() -> None:
    random = Random(5)
    before: dict[int, int] = dict.fromkeys(range(ACCOUNTS), 0)
    for outcome in _chain([_life(random) for _ in range(ACCOUNTS)]):
        for row in outcome.bills.to_pylist():
            assert row["opening"] == before[row["account_id"]]
            assert row["closing"] == row["opening"] + row["charged"] + row["recalculated"] - row["paid"]
            before[row["account_id"]] = row["closing"]


def test_the_order_of_the_rows_changes_nothing() -> None:
    lives = [_life(Random(seed)) for seed in range(ACCOUNTS)]
    straight, shuffled = _last(lives), _last(lives, shuffled=Random(1))
    order = [("register_id", "ascending"), ("month", "ascending")]
    assert straight.lines.sort_by(order) == shuffled.lines.sort_by(order)


def _last(lives: list[Life], *, shuffled: Random | None = None) -> Outcome:
    """Bill the last month only."""
    accounts = []
    for life in lives:
        rows = list(life.account.readings)
        if shuffled:
            shuffled.shuffle(rows)
        accounts.append(dataclasses.replace(life.account, readings=tuple(rows), first=FIRST))
    with duckdb() as engine:
        return compute(facts_of(World(LAST, PRICES, tuple(accounts))).facts, LAST, Estimates(), engine)
