"""Until when a bill is to be paid."""

from __future__ import annotations

import datetime as dt

from sbyt.core.periods import Period

_SINCE_LAW_177 = Period.parse("2026-03")


def due_day(period: Period) -> dt.date:
    """The day by which what a month used is to be paid (billing rule 16): «до» it.

    Housing Code of the Russian Federation, article 155 part 1: by the 15th of the next month since 1 March 2026 (law
    177-ФЗ of 24 June 2025), by the 10th before. What is in force when it is to be paid counts, so February 2026 is the
    first month by the new law.
    """
    paid_in = period.plus(1)
    return paid_in.first_day.replace(day=15 if paid_in >= _SINCE_LAW_177 else 10)
