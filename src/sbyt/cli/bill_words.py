"""What a billing specialist reads when a run is done, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from sbyt.billing.explain_words import Telling
from sbyt.billing.reports import Reported, account_numbers
from sbyt.billing.runs import run_of
from sbyt.billing.summary import CategoryBeside, Summary, month_on_month
from sbyt.core.periods import Period
from sbyt.usecases.run_billing import Billed, Compared

_KINDS = {"charge": "Начисление", "recalculation": "Перерасчёт"}
_BASES = {"actual": "по показаниям", "average": "по среднему", "norm": "по нормативу"}
_REASONS = {
    "no_category": "нет категории и числа жильцов",
    "no_norm": "нет норматива",
    "no_price": "нет цены",
    "no_start_index": "нет начального показания счётчика",
    "unmarked_drop": "показание ниже прежнего без отметки о переходе через ноль",
}
_NO_CATEGORY = "без категории"

_sum = Telling("ru").money


def described(billed: Billed, *, dry_run: bool = False, missing: bool = False, everybody: bool = True) -> Iterator[str]:
    """The summary of a run; only one of everybody is set beside the month before."""
    summary = billed.summary
    yield f"Период {Period(summary.period)}: {_state(billed, dry_run=dry_run, missing=missing)}"
    yield f"Лицевых счетов: {summary.accounts}, счетов на оплату: {summary.bills}"
    if billed.worked_out is not None and not missing and billed.anew < summary.accounts:
        yield f"Историю целиком пересмотрели у {billed.anew}, у остальных продолжили с прошлого начисления"
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
    before = run_of(Period(summary.period).plus(-1)) if everybody else None
    yield from _categories(summary, before.summary if before else None)
    yield from _oddest(summary, landed=not dry_run)
    yield from _unbilled(summary, billed.reported)


def compared(found: Compared) -> Iterator[str]:
    """The same period with two lists of prices, by category."""
    yield f"Период {Period(found.now.period)}: пробный расчёт с другими ценами или нормативами, ничего не записано"
    yield ""
    yield f"{'Категория':<20}{'Сейчас':>20}{'С новыми':>20}{'Разница':>20}"
    now = {one.category: one.charged + one.recalculated for one in found.now.categories}
    then = {one.category: one.charged + one.recalculated for one in found.then.categories}
    for category in sorted({*now, *then}):
        yield _difference(category or _NO_CATEGORY, now.get(category, 0), then.get(category, 0))
    yield _difference("Всего", found.now.charged + found.now.recalculated, found.then.charged + found.then.recalculated)
    if recalculated := found.then.recalculated - found.now.recalculated:
        yield ""
        yield f"В том числе перерасчёт за уже начисленные месяцы: {_sum(recalculated)}"
    if unbilled := sum(found.then.unbilled.values()) - sum(found.now.unbilled.values()):
        less = "меньше" if unbilled < 0 else "больше: им не хватает цены или норматива"
        yield f"Не начислено с новыми ценами на {abs(unbilled)} {less}."


def _difference(title: str, now: int, then: int) -> str:
    return f"{title:<20}{_sum(now):>20}{_sum(then):>20}{_signed(then - now):>20}"


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


def _categories(summary: Summary, before: Summary | None) -> Iterator[str]:
    """Month on month; only what is charged for the month itself can be compared."""
    rows = month_on_month(summary, before)
    if not rows:
        return
    yield ""
    yield f"{'По категориям':<20}{'счетов':>9}{'начислено':>18}{'перерасчёт':>18}" + (
        "  к прошлому месяцу" if rows[0].before else ""
    )
    for row in rows:
        one = row.now
        line = f"{one.category or _NO_CATEGORY:<20}{one.bills:>9}{_sum(one.charged):>18}{_sum(one.recalculated):>18}"
        yield line + _change(row)


def _change(row: CategoryBeside) -> str:
    if row.change is None:
        return ""
    change = f"  {_signed(row.change)}"
    tenths = row.change_tenths
    if tenths is None:
        return change
    return f"{change} ({'−' if row.change < 0 else '+'}{abs(tenths) // 10},{abs(tenths) % 10} %)"


def _oddest(summary: Summary, *, landed: bool) -> Iterator[str]:
    if not summary.oddest:
        return
    numbers = account_numbers(odd.account_id for odd in summary.oddest)
    yield ""
    yield f"{'Самые необычные':<20}{'начислено':>18}{'обычно':>18}{'перерасчёт':>18}"
    for odd in summary.oddest:
        line = (
            f"{numbers[odd.account_id]:<20}{_sum(odd.charged):>18}{_sum(odd.expected):>18}{_sum(odd.recalculated):>18}"
        )
        yield line + ("  проверить" if odd.reason else "")
    if summary.held:
        where = f": их список в офисе, «Начисления», или sbyt holds {Period(summary.period)}" if landed else ""
        yield f"Проверить до отправки: {summary.held}{where}"


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


def _signed(amount: int) -> str:
    return ("+" if amount > 0 else "") + _sum(amount)
