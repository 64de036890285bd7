"""Until when a bill is to be paid."""

from __future__ import annotations

import datetime as dt

from sbyt.core.periods import Period

#: The day of the next month, by the first period that it holds for, the newest first.
_DAYS = ((Period.parse("2026-02"), 15), (Period(0), 10))


def last_day_to_pay(period: Period) -> dt.date:
    """The day up to which a period is to be paid without interest.

    Housing Code of Russia, article 155, part 1: by the 15th of the month after the one that ended, as law 177-FZ of
    24.06.2025 has it from 1 March 2026 (the bill for February is the first); by the 10th before.
    """
    day = next(day for since, day in _DAYS if period >= since)
    return period.plus(1).first_day.replace(day=day)
