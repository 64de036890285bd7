"""``sbyt explain``: why a bill is what it is, line by line."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console

from sbyt.billing.explain import UnableToExplain
from sbyt.billing.explain_words import Telling
from sbyt.core.periods import Period, UnableToParsePeriod
from sbyt.usecases.customer_card import account_of
from sbyt.usecases.explain_bill import ExplainedBill, UnableToFindBill, explain_bill


def explain_account(number: str, period: str, language: str) -> int:
    """Write the explanation to standard output, refusals to standard error.

    :returns: the exit status: 1 where there is no such bill, 2 where the period is none.
    """
    refusals = Console(stderr=True, emoji=False, markup=False, highlight=False, soft_wrap=True)
    try:
        month = Period.parse(period)
    except UnableToParsePeriod:
        refusals.print(f"{period!r} — не период. Напишите год и месяц, например 2026-11.")
        return 2
    account = account_of(number)
    if account is None:
        refusals.print(f"Счёта {number} нет, или так могут называться несколько: напишите номер точно.")
        return 1
    try:
        explained = explain_bill(account, month)
    except (UnableToFindBill, UnableToExplain) as error:
        refusals.print(str(error))
        return 1
    output = Console(emoji=False, markup=False, highlight=False, soft_wrap=True)
    for line in told(explained, account.number, Telling(language)):
        output.print(line)
    return 0


def told(explained: ExplainedBill, number: str, telling: Telling) -> Iterator[str]:
    """The bill and its lines, a sentence a line."""
    words, bill = telling.words, explained.bill
    yield words["bill"].format(account=number, month=telling.month(explained.period))
    sums = ("opening", "charged", "recalculated", "paid", "closing")
    longest = max(len(words[name]) for name in sums)
    for name in sums:
        yield f"  {words[name]:<{longest}}{telling.money(getattr(bill, name)):>16} ₽"
    if not explained.lines:
        yield words["nothing"]
    for line in explained.lines:
        yield ""
        yield telling.head(line)
        yield from (f"  {sentence}" for sentence in telling.why(line))
    for one in explained.unbilled:
        if one.meter is not None:
            yield ""
            yield words["unbilled"].format(serial=one.meter.serial, reason=words[one.reason])
