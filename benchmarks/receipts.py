"""How many bills a second one core sets, both QR codes drawn, beside WeasyPrint and ReportLab on the same bills.

WeasyPrint gets the bill as a page of HTML, ReportLab as a program that places the same tables; both get the codes as we
draw them. They alternate, each on so many bills that it needs no more than some seconds; figures are medians. The
process is kept to one core, as Typst would use all.

    pip install weasyprint reportlab
    python benchmarks/receipts.py [ROUNDS]
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import django

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()

from benchmarks.receipts_rivals import by_reportlab, by_weasyprint  # noqa: E402 once Django is set up
from sbyt.receipts.content import Content  # noqa: E402
from sbyt.receipts.drawing import qr_code  # noqa: E402
from sbyt.receipts.typesetting import pages_of, template_files, typeset  # noqa: E402
from tests.receipts.samples import edition, plain, sample  # noqa: E402

FILES, EDITION = template_files(None), edition()
MANY, FEW = 500, 20
Way = Callable[[Sequence[Content]], int]


def bills(count: int) -> list[Content]:
    """One to three lines, every third with corrections, every fourth with a sentence."""
    return [
        sample(number=1 + at, lines=1 + at % 3, corrections=2 * (at % 3 == 0), said=int(at % 4 == 0))
        for at in range(count)
    ]


def in_one(some: Sequence[Content]) -> int:
    """As files for the print shop are made: many bills in a document. Gives the pages."""
    return pages_of(typeset(FILES, EDITION, [plain(one) for one in some], for_screen=False))


def one_by_one(some: Sequence[Content]) -> int:
    """As they are sent: a document each, that can be read aloud."""
    return sum(pages_of(typeset(FILES, EDITION, [plain(one)])) for one in some)


def codes(some: Sequence[Content]) -> int:
    """Only both codes of each."""
    return sum(len(qr_code(text)) for one in some for text in (one.payment or "", one.service)) and 2 * len(some)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    ways: dict[str, tuple[Way, int]] = {
        "sbyt, 500 to a document": (in_one, MANY),
        "sbyt, a document each": (one_by_one, MANY // 5),
        "sbyt, only the codes": (codes, MANY),
    }
    for name, module, way in (
        ("WeasyPrint, a document each", "weasyprint", by_weasyprint),
        ("ReportLab, a document each", "reportlab", by_reportlab),
    ):
        if importlib.util.find_spec(module):
            ways[name] = (lambda some, way=way: way(EDITION, some), FEW)  # type: ignore[misc]
        else:
            print(f"{name}: not installed; pip install {module}")
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, (way, count) in ways.items():
            some = bills(count)
            began = time.perf_counter()
            pages = way(some)
            speeds[name].append(count / (time.perf_counter() - began))
            assert pages >= 2 * count, (name, pages)
    for name, measured in speeds.items():
        print(f"{name:<30} {statistics.median(measured):8.1f} bills/s  ({min(measured):.1f} to {max(measured):.1f})")


if __name__ == "__main__":
    main()
