"""The months by what their lines were worked out by, as bars; a table beside it says the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from sbyt.billing.runs import Landed

#: In the units of the drawing, which is as wide as it is given room.
BAR, GAP, HEIGHT, FOOT = 26, 12, 140, 36
#: From the ground upwards.
BASES = ("actual", "average", "norm")


@dataclass(frozen=True)
class Part:
    """A piece of a bar."""

    basis: str
    y: int
    height: int


@dataclass(frozen=True)
class Bar:
    """One month. ``year`` stands below the first one drawn, and where a year begins."""

    x: int
    parts: Sequence[Part]
    month: str
    year: str
    said: str


@dataclass(frozen=True)
class Chart:
    """A drawing with room for ``most`` bars. ``name`` tells two of a page apart."""

    name: str
    most: int
    bars: Sequence[Bar]
    bar: int = BAR
    ground: int = HEIGHT
    names: int = HEIGHT + 6
    years: int = HEIGHT + 22
    height: int = HEIGHT + FOOT

    @property
    def width(self) -> int:
        return max(len(self.bars), self.most) * (BAR + GAP) - GAP

    @property
    def middle(self) -> int:
        """Where the name of a month stands, from the left of its bar."""
        return BAR // 2


def chart(
    name: str, most: int, runs: Sequence[Landed], month: Callable[[Landed], str], say: Callable[[Landed], str]
) -> Chart | None:
    """Draw runs, the earliest first; None where no line was charged by any.

    :param name: of the drawing, and ``most`` for how many bars it has room: few bars are not blown up.
    :param month: what stands under a bar.
    :param say: what a bar says when it is pointed at, or read aloud.
    """
    counts = [[run.lines_by_basis.get(basis, 0) for basis in BASES] for run in runs]
    highest = max(map(sum, counts), default=0)
    if not highest:
        return None
    bars = [
        Bar(at * (BAR + GAP), _parts(each, highest), month(run), _year(at, run), say(run))
        for at, (run, each) in enumerate(zip(runs, counts, strict=True))
    ]
    return Chart(name, most, bars)


def _year(at: int, run: Landed) -> str:
    return str(run.period.year) if at == 0 or run.period.month == 1 else ""


def _parts(counts: Sequence[int], highest: int) -> list[Part]:
    """One upon the other; the smallest is still seen."""
    heights = [max(2, round(count * (HEIGHT - 8) / highest)) if count else 0 for count in counts]
    tops = accumulate(heights)
    return [
        Part(basis, HEIGHT - top, height) for basis, height, top in zip(BASES, heights, tops, strict=True) if height
    ]
