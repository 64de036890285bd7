"""The columnar rules give what the plain ones give, on random histories."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from sbyt.billing.compute import Outcome
from sbyt.billing.engine import duckdb
from sbyt.core.periods import Period
from sbyt.core.settings import Estimates
from tests.billing import oracle
from tests.billing.computing import compute
from tests.billing.worlds import Numbered, World, facts_of, random_world

KINDS = ("charge", "recalculation")
BASES = ("actual", "average", "norm")
REASONS = ("no_category", "no_norm", "no_price", "no_start_index", "unmarked_drop")
ACCOUNTS = 60
PERIOD = Period.parse("2026-11")


def columnar(world: World, numbered: Numbered, estimates: Estimates = Estimates()) -> dict[int, oracle.Result]:  # noqa: B008
    """What the columnar rules give, by account, in the words of the oracle."""
    with duckdb() as engine:
        outcome = compute(numbered.facts, Period(world.period), estimates, engine)
    return by_account(outcome, numbered)


def by_account(outcome: Outcome, numbered: Numbered) -> dict[int, oracle.Result]:
    results = {place: oracle.Result() for place in numbered.facts.accounts["account_id"].to_pylist()}
    for row in outcome.lines.to_pylist():
        place, serial, zone = numbered.dials[row["register_id"]]
        assert place == row["account_id"]
        line = oracle.Line(
            serial, zone, row["month"], KINDS[row["kind"]], BASES[row["basis"]], row["volume"], row["amount"]
        )
        results[place].lines.append(line)
    for row in outcome.bills.to_pylist():
        place = row.pop("account_id")
        results[place].bill = oracle.Bill(**row)
    for row in outcome.obstacles.to_pylist():
        result, reason = results[row["account_id"]], REASONS[row["reason"]]
        if row["meter_id"] is None:
            result.refused.add(reason)
        else:
            result.reported[numbered.meters[row["meter_id"]][1]] = reason
    for result in results.values():
        result.lines.sort(key=lambda line: (line.month, line.serial, line.zone))
    return results


def assert_same(world: World, found: dict[int, oracle.Result], limits: oracle.Limits = oracle.Limits()) -> None:  # noqa: B008
    for place, result in found.items():
        expected = oracle.bill(world.accounts[place], world.prices, world.period, limits)
        # Of an account that can't be billed one reason is enough.
        assert expected.refused <= result.refused, world.accounts[place]
        assert dataclasses.replace(result, refused=expected.refused) == expected, world.accounts[place]


# A seed has no smaller form: what failed is named by its account instead.
@settings(max_examples=6, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(seed=st.integers(0, 2**32), back=st.integers(0, 30))
def test_random_histories_cost_the_same(seed: int, back: int) -> None:
    world = random_world(seed, ACCOUNTS, PERIOD - back)
    assert_same(world, columnar(world, facts_of(world)))


@pytest.mark.parametrize(("average_of_months", "least_months", "average_periods"), [(1, 1, 0), (3, 2, 1), (12, 6, 6)])
def test_the_limits_of_the_average_are_settings(
    average_of_months: int, least_months: int, average_periods: int
) -> None:
    world = random_world(7, ACCOUNTS, PERIOD)
    limits = oracle.Limits(average_of_months, least_months, average_periods)
    estimates = Estimates(
        average_of_months=average_of_months, least_months=least_months, average_periods=average_periods
    )
    assert_same(world, columnar(world, facts_of(world), estimates), limits)


def test_splitting_the_accounts_changes_nothing() -> None:
    world = random_world(11, ACCOUNTS, PERIOD)
    whole = columnar(world, facts_of(world))
    parts = [columnar(world, facts_of(world, range(start, ACCOUNTS, 2))) for start in (0, 1)]
    assert {**parts[0], **parts[1]} == whole
