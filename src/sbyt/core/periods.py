"""Billing periods.

A billing period is a calendar month (decree 354 of 2011, paragraph 37), written ``2026-11``.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

_WRITTEN = re.compile(r"(\d{4})-(\d{2})")


class UnableToParsePeriod(ValueError):
    """The text is no month of the form ``2026-11``."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is no period; write the year and the month, like 2026-11")


class Period(int):
    """A calendar month as one whole number, ``year * 12 + month - 1``, so that months can be counted and stored.

    ``plus`` a number of months gives a period; one period less another gives a number of months.
    """

    __slots__ = ()

    @classmethod
    def of(cls, day: dt.date) -> Period:
        """The month that holds the day."""
        return cls(day.year * 12 + day.month - 1)

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``2026-11``.

        :raises UnableToParsePeriod: if the text has another form, the month is not 01 to 12 or the year, which can only
            be a slip then, not 1900 to 2199.
        """
        match = _WRITTEN.fullmatch(text)
        if not match or not 1 <= int(match[2]) <= 12 or not 1900 <= int(match[1]) <= 2199:
            raise UnableToParsePeriod(text)
        return cls(int(match[1]) * 12 + int(match[2]) - 1)

    @property
    def year(self) -> int:
        return int(self) // 12

    @property
    def month(self) -> int:
        return int(self) % 12 + 1

    @property
    def days(self) -> int:
        """The number of calendar days in the month."""
        return calendar.monthrange(self.year, self.month)[1]

    @property
    def first_day(self) -> dt.date:
        return dt.date(self.year, self.month, 1)

    @property
    def last_day(self) -> dt.date:
        return dt.date(self.year, self.month, self.days)

    def plus(self, months: int) -> Period:
        """The period that many months later (earlier, if negative)."""
        return Period(int(self) + months)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def __repr__(self) -> str:
        return f"Period({self})"


def period_of_receipt(received: dt.date, last_day: int) -> Period:
    """The period for which something received on this local day counts (billing rule 1).

    Up to and including the window's last day it is the current month, later the next one. A month shorter than
    the window's last day never runs over into the next.
    """
    return Period.of(received).plus(0 if received.day <= last_day else 1)
