"""What is known of a meter before a period: its last counted values and what it used month by month."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from sbyt.core.money import half_up
from sbyt.core.settings import Estimates
from sbyt.metering.counting import Counted
from sbyt.metering.shares import over_months


@dataclass(frozen=True, slots=True)
class Last:
    """The last counted values of a meter before a period, in whole units and in the order of the zones."""

    values: tuple[int, ...]
    period: int
    taken_on: dt.date


@dataclass(frozen=True, slots=True)
class History:
    """``averages``: the monthly volume of each register in whole units, None with too few actual months."""

    last: Last | None
    averages: tuple[int | None, ...]


def history(periods: Sequence[Counted], before: int, zones: int, full: int, estimates: Estimates) -> History:
    """What the counted periods before ``before`` tell; ``full`` is where the dial goes through zero, in units."""
    known = [counted for counted in periods if counted.period < before]
    if not known:
        return History(None, (None,) * zones)
    last = Last(known[-1].values, known[-1].period, known[-1].taken_on)
    months = estimates.average_of_months
    averages = tuple(_average(_actual_months(known, at, full, months), estimates) for at in range(zones))
    return History(last, averages)


def _actual_months(periods: Sequence[Counted], zone: int, full: int, enough: int) -> list[int]:
    """The volumes of the latest actual months of one register, the latest first, at least ``enough`` if there are.

    An unmarked drop ends them: what was used before it isn't known (billing rules 4 and 5).
    """
    volumes: list[int] = []
    for later, earlier in itertools.pairwise(reversed(periods)):
        advance = later.values[zone] - earlier.values[zone]
        if len(volumes) >= enough or (advance < 0 and not later.rolled[zone]):
            break
        volumes += reversed(over_months(advance % full, earlier.period, later.period).values())
    return volumes


def _average(volumes: Sequence[int], estimates: Estimates) -> int | None:
    """The mean of the last months, half-up to a unit; None with too few (decree 354, paragraph 59; billing rule 6)."""
    latest = volumes[: estimates.average_of_months]
    if len(latest) < estimates.least_months:
        return None
    return half_up(sum(latest), len(latest))
