"""The use of a meter over 13 months as a drawing; a table beside it says the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sbyt.usecases.customer_card import Month

#: In the units of the drawing, which is as wide as it is given room.
BAR, GAP, HEIGHT, FOOT = 30, 12, 120, 22


@dataclass(frozen=True)
class Bar:
    """One month: a bar by its basis, and a thin mark where the same month of last year stood."""

    x: int
    y: int
    height: int
    basis: str
    mark: int | None
    month: str
    said: str


@dataclass(frozen=True)
class Chart:
    bars: Sequence[Bar]
    has_marks: bool
    bases: Sequence[str]  # those that are drawn, for the legend
    bar: int = BAR
    foot: int = HEIGHT + FOOT

    @property
    def width(self) -> int:
        return len(self.bars) * (BAR + GAP) - GAP

    @property
    def middle(self) -> int:
        """Where the name of a month stands, from the left of its bar."""
        return BAR // 2


def chart(months: Sequence[Month], name: Callable[[Month], str], say: Callable[[Month], str]) -> Chart | None:
    """Draw the months; None where nothing is known of any.

    :param name: what stands under a bar.
    :param say: what a bar says when it is pointed at, or read aloud.
    """
    highest = max([max(month.volume, month.year_before or 0) for month in months], default=0)
    if not any(month.volumes for month in months):
        return None
    bars = [_bar(at, month, highest, name(month), say(month)) for at, month in enumerate(months)]
    bases = [basis for basis in ("actual", "average", "norm") if any(month.basis == basis for month in months)]
    return Chart(bars, any(bar.mark is not None for bar in bars), bases)


def _bar(at: int, month: Month, highest: int, name: str, said: str) -> Bar:
    height = _scaled(month.volume, highest) if month.volumes else 0
    mark = HEIGHT - _scaled(month.year_before, highest) if month.year_before is not None else None
    return Bar(at * (BAR + GAP), HEIGHT - height, height, month.basis, mark, name, said)


def _scaled(volume: int, highest: int) -> int:
    """At least a line, so that a month of no use is seen to be known."""
    return max(1, max(volume, 0) * (HEIGHT - 4) // highest) if highest else 1
