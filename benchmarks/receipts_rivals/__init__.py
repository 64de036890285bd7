"""The same bill for other programs that make PDF: as a page of HTML, and as tables placed by a program."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sbyt.receipts.content import Content
from sbyt.receipts.drawing import qr_code

_STYLE = """
@page { size: A4; margin: 12mm 15mm }
body { font: 10pt "DejaVu Serif", serif } h3 { font-size: 11pt; margin: 4mm 0 1mm } .big { font-size: 16pt }
table { width: 100%; border-collapse: collapse }
td, th { border-bottom: .4pt solid #999; padding: 1mm; text-align: left }
.back { break-before: page } .bar { display: inline-block; width: 7%; background: #555; vertical-align: bottom }
"""


def _tables(edition: Mapping[str, Any], bill: Content) -> Iterator[tuple[str, list[list[str]]]]:
    """The tables of both sides, each with its title."""
    yield "", [[one.name, one.amount] for one in (*bill.sums, bill.total)]
    yield (
        edition["labels"]["lines"],
        [
            [
                f"{one.name}, {one.basis}",
                f"{one.opened} {one.since}",
                f"{one.closed} {one.until}",
                one.volume,
                ", ".join(f"{price.price} {price.since}" for price in one.prices),
                one.amount,
            ]
            for one in bill.lines
        ],
    )
    yield (
        edition["labels"]["corrections"],
        [[one.month, one.name, one.why, one.volume, one.amount] for one in bill.corrections],
    )
    yield "back", [[one["sign"], one["title"], one["how"], one["days"]] for one in edition["ways"]]
    yield edition["labels"]["ended"], [[one] for one in (*edition["ended"], *edition["news"], *edition["notice"])]
    yield edition["labels"]["meters"], [[one.name, one.serial, one.verified] for one in bill.meters]


def _head(bill: Content) -> list[str]:
    return [bill.holder, bill.address, bill.account, bill.title, bill.owed.amount, bill.owed.due, bill.code, *bill.said]


def by_weasyprint(edition: Mapping[str, Any], bills: Sequence[Content]) -> int:
    """A document each; gives the pages."""
    from weasyprint import HTML

    pages = 0
    for bill in bills:
        document = HTML(string=_page(edition, bill)).render()
        pages += len(document.pages)
        document.write_pdf()
    return pages


def _page(edition: Mapping[str, Any], bill: Content) -> str:
    parts = [f"<html><head><style>{_STYLE}</style></head><body><h1>{html.escape(edition['company']['name'])}</h1>"]
    parts += [f"<p>{html.escape(one)}</p>" for one in _head(bill)]
    parts += [_image(text, width) for text, width in ((bill.payment or "", 44), (bill.service, 34))]
    for title, rows in _tables(edition, bill):
        of_back = ' class="back"' if title == "back" else ""
        parts.append(f"<h3{of_back}>{html.escape(title)}</h3><table>")
        parts += ["<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows]
        parts.append("</table>")
    for chart in bill.charts:
        most = max(month.volume for month in chart.months)
        parts += [f'<div class="bar" style="height:{16 * one.volume // most}mm"></div>' for one in chart.months]
    return "".join(parts) + "</body></html>"


def _image(text: str, width: int) -> str:
    drawn = base64.b64encode(qr_code(text).encode()).decode()
    return f'<img style="width:{width}mm" src="data:image/svg+xml;base64,{drawn}">'


def by_reportlab(edition: Mapping[str, Any], bills: Sequence[Content]) -> int:
    """A document each; gives the pages."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table

    pdfmetrics.registerFont(TTFont("Serif", "DejaVuSerif.ttf"))
    style = ParagraphStyle("body", fontName="Serif", fontSize=10, leading=12)
    pages = 0
    for bill in bills:
        story: list[Any] = [Paragraph(html.escape(one), style) for one in (edition["company"]["name"], *_head(bill))]
        story += [_drawing(text, width) for text, width in ((bill.payment or "", 125), (bill.service, 96))]
        for title, rows in _tables(edition, bill):
            story.append(PageBreak() if title == "back" else Paragraph(html.escape(title), style))
            if rows:
                story.append(Table([[Paragraph(html.escape(cell), style) for cell in row] for row in rows]))
        story += [_bars(chart.months) for chart in bill.charts]
        document = SimpleDocTemplate(io.BytesIO(), pagesize=A4, margin=36)
        document.build(story)
        pages += document.page
    return pages


def _drawing(text: str, width: int) -> Any:
    """The same rectangles as in our drawing."""
    from reportlab.graphics.shapes import Drawing, Rect

    drawn = qr_code(text)
    side = int(re.findall(r"viewBox=\"0 0 (\d+)", drawn)[0])
    size, made = width / side, Drawing(width, width)
    for x, y, run in re.findall(r"M(\d+) (\d+)h(\d+)", drawn):
        made.add(Rect(int(x) * size, width - (int(y) + 1) * size, int(run) * size, size, strokeWidth=0))
    return made


def _bars(months: Sequence[Any]) -> Any:
    from reportlab.graphics.shapes import Drawing, Rect

    most, made = max(month.volume for month in months), Drawing(500, 50)
    for at, month in enumerate(months):
        made.add(Rect(at * 38, 0, 30, 45 * month.volume / most))
    return made
