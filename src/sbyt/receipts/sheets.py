"""How many sheets a bill takes, before it is set: a file for the print shop is filled, and not overfilled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: What the face has room for beside its head, in rows of the table of corrections; and a page that goes on.
_FACE, _PAGE = 33, 48
#: So many rows a heading with the head of its table, a chart, a price, and what is said in a line.
_HEADING, _CHART, _PRICE, _SAID = 3.0, 8.5, 2.1, 1.25
#: So many characters stand in a line of what is said, and of why something was corrected.
_LINE, _WHY = 95, 78


def sheets_of(content: Mapping[str, Any]) -> int:
    """Not fewer than the packaged template takes. Of a company's own the manifest counts what was made."""
    rows = len(content["sums"]) + _CHART * bool(content["charts"])
    for line in content["lines"]:
        rows += _PRICE * max(len(line["prices"]), 1)
    for said in content["said"]:
        rows += _SAID * _lines(said, _LINE)
    for one in content["corrections"]:
        rows += _lines(f"{one['name']}. {one['why']}", _WHY)
    rows += _HEADING * (bool(content["lines"]) + bool(content["corrections"]))
    rows += _lines(content["holder"], 50) + _lines(content["address"], 60) + _lines(content["payee"], 120) - 3
    pages = 2 if rows <= _FACE else 3 + int((rows - _FACE) // _PAGE)
    return (pages + 1) // 2


def _lines(text: str, length: int) -> int:
    return 1 + len(text) // length
