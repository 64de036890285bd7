"""Runs in words and figures, ready for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sbyt.billing.explain_words import Telling
from sbyt.billing.models import Unbilled
from sbyt.billing.runs import Landed
from sbyt.billing.summary import CategoryBeside, Summary, month_on_month
from sbyt.conversation.render import LANGUAGES
from sbyt.core.periods import Period
from sbyt.web.office.billing.chart import BASES, Chart, chart
from sbyt.web.office.billing.words import REASONS, WORDS
from sbyt.web.office.codes import said
from sbyt.web.office.customers.shown import Saying
from sbyt.web.office.data.words import code

_SUMS = ("opening", "charged", "recalculated", "paid", "closing")
#: A phone has room for so many bars, a screen for so many.
_FEW, _MANY = 12, 24


@dataclass(frozen=True)
class ShownRun:
    """A line of the list."""

    period: str
    month: str
    landed: str
    figures: Sequence[tuple[str, str]]  # the name of a column, and what stands in it
    known: bool
    unbilled: int


@dataclass(frozen=True)
class ShownObstacle:
    account: str
    meter: str
    reason: str
    missing: str


@dataclass(frozen=True)
class Compared:
    """Something of this month and of the month before, and the difference with its sign."""

    word: str
    now: str
    before: str
    difference: str


@dataclass(frozen=True)
class ShownCategory:
    """A category of the month; ``_before`` says what was in the month before, empty where there is none."""

    name: str
    bills: str
    bills_before: str
    charged: str
    charged_before: str
    change: str
    percent: str
    recalculated: str
    recalculated_before: str


def count(number: int, saying: Saying) -> str:
    """«1 000 000»."""
    return f"{abs(number):,}".replace(",", "\u00a0" if saying.language == "ru" else ",")


def shown_run(run: Landed, saying: Saying) -> ShownRun:
    words, summary = WORDS[saying.language], run.summary
    figures = [
        (words["accounts"], count(summary.accounts, saying)),
        (words["bills"], count(summary.bills, saying)),
        (words["charged"], saying.money(summary.charged)),
        (words["recalculated"], saying.money(summary.recalculated)),
        (words["closing"], saying.money(summary.closing)),
        (words["not_billed"], count(run.unbilled, saying)),
    ] if summary else []  # fmt: skip
    month = saying.month(run.period)
    return ShownRun(str(run.period), month, saying.moment(run.at), figures, summary is not None, run.unbilled)


# the chart -----------------------------------------------------------------------------------------------------------


def charts(runs: Sequence[Landed], saying: Saying) -> list[Chart]:
    """The runs as a drawing, the earliest first; where they are many, the latest of them once more for a phone."""
    drawn = [("wide", _MANY, runs)] if len(runs) > _FEW else []
    drawn.append(("few", _FEW, runs[-_FEW:]))
    found = [chart(name, most, each, _short(saying), lambda run: _said(run, saying)) for name, most, each in drawn]
    return [one for one in found if one]


def _short(saying: Saying) -> Any:
    return lambda run: saying.month(run.period).partition("\u00a0")[0]


def _said(run: Landed, saying: Saying) -> str:
    counts = run.lines_by_basis
    told = ", ".join(f"{code(basis)} {count(number, saying)}" for basis, number in counts.items() if number)
    return f"{saying.month(run.period)}: {told or WORDS[saying.language]['no_summary']}"


def bases_table(runs: Sequence[Landed], saying: Saying) -> list[tuple[str, str, list[str]]]:
    """The same in figures: of each month all lines, and those of each basis with their share."""
    rows = []
    for run in runs:
        counts = run.lines_by_basis
        total = sum(counts.values())
        each = [_with_share(counts.get(basis, 0), total, saying) for basis in BASES]
        rows.append((saying.month(run.period), count(total, saying), each))
    return rows


def _with_share(number: int, total: int, saying: Saying) -> str:
    if not number:
        return "0"
    share = _percent(number, total, saying)
    return WORDS[saying.language]["share"].format(count=count(number, saying), share=share)


def _percent(number: int, total: int, saying: Saying) -> str:
    """In tenths, so that few among very many aren't nobody."""
    tenths = (number * 1000 * 2 + total) // (total * 2)
    if not tenths:
        return f"< 0{LANGUAGES[saying.language].point}1\u00a0%"
    return f"{tenths // 10}{LANGUAGES[saying.language].point}{tenths % 10}\u00a0%"


# one run -------------------------------------------------------------------------------------------------------------


def month_name(period: Period, saying: Saying) -> str:
    return Telling(saying.language).month(period)


def sums(summary: Summary, saying: Saying) -> list[tuple[str, str]]:
    words = WORDS[saying.language]
    return [(words[name], saying.money(getattr(summary, name))) for name in _SUMS]


def lines(summary: Summary, saying: Saying) -> list[tuple[str, str, str, str]]:
    """Lines by kind and basis: how many, and their sum."""
    return [
        (code(one.kind), code(one.basis), count(one.lines, saying), saying.money(one.amount)) for one in summary.lines
    ]


def compared(run: Landed, before: Landed | None, saying: Saying) -> list[Compared]:
    """The run against the one before; nothing where one of them has no summary."""
    if before is None or run.summary is None or before.summary is None:
        return []
    words = WORDS[saying.language]
    rows = [
        _compared_money(words[name], getattr(run.summary, name), getattr(before.summary, name), saying)
        for name in ("charged", "recalculated")
    ]
    now, then = run.lines_by_basis, before.lines_by_basis
    for basis in now.keys() | then.keys() if now.keys() != then.keys() else now:
        word = words["lines_of"].format(basis=code(basis))
        rows.append(_compared_counts(word, now.get(basis, 0), then.get(basis, 0), saying))
    rows.append(_compared_counts(words["not_billed"], run.unbilled, before.unbilled, saying))
    return rows


def categories(summary: Summary, before: Summary | None, saying: Saying) -> list[ShownCategory]:
    """The sums by category, beside those of the month before."""
    month = saying.month(Period(before.period)) if before else ""
    return [_category(row, month, saying) for row in month_on_month(summary, before)]


def _category(row: CategoryBeside, month: str, saying: Saying) -> ShownCategory:
    words, now, before = WORDS[saying.language], row.now, row.before

    def was(figure: str) -> str:
        return words["was"].format(month=month, was=figure)

    change = "" if row.change is None else f"{_sign(row.change)}{saying.money(abs(row.change))}"
    return ShownCategory(
        now.category or words["no_category"],
        count(now.bills, saying),
        was(count(before.bills, saying)) if before else "",
        saying.money(now.charged),
        was(saying.money(before.charged)) if before else "",
        change,
        _changed_by(row, saying),
        saying.money(now.recalculated),
        was(saying.money(before.recalculated)) if before else "",
    )


def _changed_by(row: CategoryBeside, saying: Saying) -> str:
    """«+7,2 %»; empty where there was nothing to be a share of."""
    tenths = row.change_tenths
    if row.change is None or tenths is None:
        return ""
    return f"{_sign(row.change)}{abs(tenths) // 10}{LANGUAGES[saying.language].point}{abs(tenths) % 10}\u00a0%"


def _compared_money(word: str, now: int, before: int, saying: Saying) -> Compared:
    difference = f"{_sign(now - before)}{saying.money(abs(now - before))}"
    return Compared(word, saying.money(now), saying.money(before), difference)


def _compared_counts(word: str, now: int, before: int, saying: Saying) -> Compared:
    difference = f"{_sign(now - before)}{count(now - before, saying)}"
    return Compared(word, count(now, saying), count(before, saying), difference)


def _sign(difference: int) -> str:
    return "+" if difference > 0 else "−" if difference < 0 else ""


def reasons(summary: Summary, saying: Saying) -> list[tuple[str, str, str]]:
    """Why somebody was not billed: the code, in words, how often."""
    return [
        (reason, said(REASONS, saying.language, reason), count(number, saying))
        for reason, number in summary.unbilled.items()
    ]


def shown_obstacle(row: Unbilled, saying: Saying) -> ShownObstacle:
    meter = row.meter.serial if row.meter else WORDS[saying.language]["whole"]
    reason = said(REASONS, saying.language, row.reason)
    return ShownObstacle(row.account.number, meter, reason, _missing(row.missing, saying))


def _missing(missing: Mapping[str, Any], saying: Saying) -> str:
    """«электроэнергия, urban, день, с месяца ноя 2026»."""
    zones = int(missing.get("zones") or 1)
    zone = LANGUAGES[saying.language].zone(str(missing["zone"]), zones) if "zone" in missing and zones > 1 else ""
    month = missing.get("month")
    since = WORDS[saying.language]["since"].format(month=saying.month(Period(month))) if month is not None else ""
    resource = code(missing["resource"]) if "resource" in missing else ""
    return ", ".join(filter(None, (resource, missing.get("category", ""), zone, since)))
