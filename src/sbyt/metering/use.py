"""What a meter used month by month, as far as its counted readings tell."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence

from sbyt.metering.counting import Counted
from sbyt.metering.shares import over_months


def use_by_month(periods: Sequence[Counted], zones: int, full: int) -> dict[int, tuple[int, ...]]:
    """The volume of each register in each month between the first and the last counted period (billing rule 5).

    :param full: where the dial goes through zero, in whole units.

    :returns: by the month, whole units in the order of the zones. A month after which the dial stood lower without a
        mark of a rollover is left out, with those that share the advance: nobody knows what was used then.
    """
    months: dict[int, dict[int, int]] = defaultdict(dict)
    for earlier, later in itertools.pairwise(periods):
        if False in later.rolled:
            continue
        for at, (value, before) in enumerate(zip(later.values, earlier.values, strict=True)):
            for month, volume in over_months((value - before) % full, earlier.period, later.period).items():
                months[int(month)][at] = volume
    return {month: tuple(of_month[at] for at in range(zones)) for month, of_month in sorted(months.items())}
