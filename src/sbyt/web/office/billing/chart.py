"""The months by what their lines were worked out by, as bars; a table beside it says the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from sbyt.billing.runs import Landed

#: In the units of the drawing, which is as wide as it is given room.
BAR, GAP, HEIGHT, FOOT = 26, 12, 140, 22
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
    x: int
    parts: Sequence[Part]
    month: str
    said: str


@dataclass(frozen=True)
class Chart:
    name: str  # tells two charts of a page apart
    bars: Sequence[Bar]
    bases: Sequence[str]  # those that are drawn, for the legend
    bar: int = BAR
    ground: int = HEIGHT
    names: int = HEIGHT + 6
    height: int = HEIGHT + FOOT

    @property
    def width(self) -> int:
        return len(self.bars) * (BAR + GAP) - GAP

    @property
    def middle(self) -> int:
        """Where the name of a month stands, from the left of its bar."""
        return BAR // 2


def chart(
    name: str, runs: Sequence[Landed], month: Callable[[Landed], str], say: Callable[[Landed], str]
) -> Chart | None:
    """Draw runs, the earliest first; None where no line was charged by any.

    :param month: what stands under a bar.
    :param say: what a bar says when it is pointed at, or read aloud.
    """
    counts = [[run.lines_by_basis.get(basis, 0) for basis in BASES] for run in runs]
    most = max(map(sum, counts), default=0)
    if not most:
        return None
    bars = [
        Bar(at * (BAR + GAP), _parts(each, most), month(run), say(run))
        for at, (run, each) in enumerate(zip(runs, counts, strict=True))
    ]
    drawn = [basis for at, basis in enumerate(BASES) if any(each[at] for each in counts)]
    return Chart(name, bars, drawn)


def _parts(counts: Sequence[int], most: int) -> list[Part]:
    """One upon the other; the smallest is still seen."""
    heights = [max(2, round(count * (HEIGHT - 8) / most)) if count else 0 for count in counts]
    tops = accumulate(heights)
    return [
        Part(basis, HEIGHT - top, height) for basis, height, top in zip(BASES, heights, tops, strict=True) if height
    ]
