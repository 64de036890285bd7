"""``sbyt bill``: runs the billing of a period and says what a billing specialist wants to know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from rich.console import Console

from sbyt.billing.operations import UnableToBill, UnableToBillMissing
from sbyt.billing.reports import Reported
from sbyt.billing.summary import Summary
from sbyt.bulk import UnableToAppend, UnableToOpenDatabase, UnableToRunStatement
from sbyt.core.money import roubles
from sbyt.core.periods import Period, UnableToParsePeriod
from sbyt.core.settings import Settings
from sbyt.usecases.run_billing import Billed, bill_missing, run_billing

_PHASES = {"read": "Читаю данные…", "compute": "Считаю…", "save": "Записываю…"}
_KINDS = {"charge": "Начисление", "recalculation": "Перерасчёт"}
_BASES = {"actual": "по показаниям", "average": "по среднему", "norm": "по нормативу"}
_REASONS = {
    "no_category": "нет категории и числа жильцов",
    "no_norm": "нет норматива",
    "no_price": "нет цены",
    "no_start_index": "нет начального показания счётчика",
    "unmarked_drop": "показание ниже прежнего без отметки о переходе через ноль",
}


def bill_period(text: str, settings: Settings, *, dry_run: bool, missing: bool = False) -> int:
    """Bill a period, write the summary to standard output, progress and refusals to standard error.

    :returns: the exit status: 1 where the period can't be billed, 2 where the text is none.
    """
    progress = Console(stderr=True, emoji=False)
    if missing and dry_run:
        progress.print("--missing и --dry-run вместе не бывают: сначала посмотрите sbyt bill ПЕРИОД.", soft_wrap=True)
        return 2
    try:
        period = Period.parse(text)
        with progress.status("") as status:

            def tell(phase: str, done: int, of: int) -> None:
                status.update(_PHASES[phase] + (f" {done} из {of}" if of else ""))

            if missing:
                billed = bill_missing(period, settings, progress=tell)
            else:
                billed = run_billing(period, settings, now=dt.datetime.now(dt.UTC), dry_run=dry_run, progress=tell)
    except UnableToParsePeriod:
        progress.print(f"{text!r} — не период. Напишите год и месяц, например 2026-11.", markup=False, soft_wrap=True)
        return 2
    except (UnableToBill, UnableToBillMissing, UnableToOpenDatabase, UnableToRunStatement, UnableToAppend) as error:
        progress.print(str(error), markup=False, highlight=False, soft_wrap=True)
        return 1
    output = Console(emoji=False, markup=False, highlight=False, soft_wrap=True)
    for line in described(billed, dry_run=dry_run, missing=missing):
        output.print(line)
    return 0


def described(billed: Billed, *, dry_run: bool = False, missing: bool = False) -> Iterator[str]:
    """The summary of a run, line by line."""
    summary = billed.summary
    yield f"Период {Period(summary.period)}: {_state(billed, dry_run=dry_run, missing=missing)}"
    yield f"Лицевых счетов: {summary.accounts}, счетов на оплату: {summary.bills}"
    yield from _lines(summary)
    yield ""
    for title, amount in (
        ("Долг на начало", summary.opening),
        ("Начислено", summary.charged),
        ("Перерасчёт", summary.recalculated),
        ("Оплачено", summary.paid),
        ("К оплате", summary.closing),
    ):
        yield f"{title:<15}{_sum(amount):>20}"
    yield from _unbilled(summary, billed.reported)


def _state(billed: Billed, *, dry_run: bool, missing: bool) -> str:
    if missing:
        late = billed.worked_out or 0
        return f"доначислено счетов: {late}, вместе с ними" if late else "доначислять некому, ничего не изменено"
    if billed.worked_out is None:
        return "уже начислен раньше, ничего не изменено"
    return "пробный расчёт, ничего не записано" if dry_run else "начислен"


def _lines(summary: Summary) -> Iterator[str]:
    yield ""
    for group in summary.lines:
        yield f"{_KINDS[group.kind]:<12}{_BASES[group.basis]:<15}{group.lines:>10}{_sum(group.amount):>20}"


def _unbilled(summary: Summary, reported: list[Reported]) -> Iterator[str]:
    if not summary.unbilled:
        return
    yield ""
    yield "Не начислено:"
    for reason, count in summary.unbilled.items():
        yield f"  {_REASONS[reason]}: {count}"
    for row in reported:
        yield f"    {_named(row)}"
    if (more := sum(summary.unbilled.values()) - len(reported)) > 0:
        yield f"    … и ещё {more}"


def _named(row: Reported) -> str:
    who = f"лицевой счёт {row.account}" + (f", счётчик {row.serial}" if row.serial else "")
    month = row.missing.get("month")
    names = [str(row.missing[key]) for key in ("resource", "category", "zones", "zone") if key in row.missing]
    what = ", ".join([*names, *([str(Period(month))] if month is not None else [])])
    return f"{who}: {_REASONS[row.reason]}" + (f" ({what})" if what else "")


def _sum(amount: int) -> str:
    """``-123456`` kopecks as «−1 234,56»."""
    whole, _, rest = roubles(abs(amount)).partition(".")
    return ("−" if amount < 0 else "") + f"{int(whole):,}".replace(",", " ") + f",{rest}"
