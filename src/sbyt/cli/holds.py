"""``sbyt holds``: the bills that look wrong and wait to be looked at, and releasing them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import typer

from sbyt.accounts.models import Account
from sbyt.billing.explain_words import Telling
from sbyt.billing.holds import waiting
from sbyt.billing.runs import newest_runs, run_of
from sbyt.core.periods import Period, UnableToParsePeriod
from sbyt.usecases.customer_card import account_of
from sbyt.usecases.release_holds import UnableToRelease, release_holds

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be released: the numbers of accounts, with what was found and who says so."""

    accounts: Sequence[str]
    note: str
    by: str


class _UnableToGoOn(Exception):
    """What was asked for can't be done; with the exit status."""

    def __init__(self, said: str, status: int) -> None:
        super().__init__(said)
        self.status = status


def look_after(written: str, decision: Decision | None) -> int:
    """List what waits of a month (of the last one billed, if none is named), or release some of it.

    :returns: the exit status: 1 where it can't be, 2 where what is asked for is none.
    """
    try:
        period = _period(written, named=decision is not None)
        if period is None:
            typer.echo("Ещё ничего не начислено, проверять нечего.")
        elif decision is None:
            for line in _listed(period):
                typer.echo(line)
        else:
            return _release(period, decision)
    except _UnableToGoOn as error:
        typer.echo(str(error), err=True)
        return error.status
    return 0


def _period(written: str, *, named: bool) -> Period | None:
    """The month that is meant; None before the first. Who decides must name it: the last one may have changed."""
    if not written:
        if named:
            raise _UnableToGoOn("Назовите месяц: sbyt holds 2026-11 --release СЧЁТ", 2)
        newest, _ = newest_runs(1)
        return newest[0].period if newest else None
    try:
        period = Period.parse(written)
    except UnableToParsePeriod as error:
        raise _UnableToGoOn(f"{written!r} — не период. Напишите год и месяц, например 2026-11.", 2) from error
    if run_of(period) is None:
        raise _UnableToGoOn(f"Период {period} ещё не начислен, проверять нечего.", 1)
    return period


def _listed(period: Period) -> Iterator[str]:
    telling = Telling("ru")
    found, more = waiting(period, _AT_ONCE)
    if not found:
        yield f"Счета за {telling.month(period)}: проверять нечего."
        return
    yield f"Счета за {telling.month(period)}, которые надо проверить до отправки:"
    while found:
        for hold in found:
            yield f"{hold.account.number}  {telling.why_held(hold)}"
        found, more = waiting(period, _AT_ONCE, after=found[-1].pk) if more else ([], False)
    yield ""
    yield f"Почему столько: sbyt explain СЧЁТ {period}"
    yield f"Счёт верен: sbyt holds {period} --release СЧЁТ --note ЗАМЕТКА"
    yield (
        "Счёт неверен: не отпускайте его, отмените показание или введите показание контролёра в офисе; "
        "исправит следующее начисление."
    )


def _release(period: Period, decision: Decision) -> int:
    """Each by itself, whatever becomes of the others."""
    if not decision.accounts:
        raise _UnableToGoOn("К чему заметка? Добавьте --release СЧЁТ.", 2)
    now = dt.datetime.now(dt.UTC)
    return 0 if all([_one_released(number, period, decision, now) for number in decision.accounts]) else 1  # noqa: C419 each is to be tried


def _one_released(number: str, period: Period, decision: Decision, now: dt.datetime) -> bool:
    account = account_of(number)
    if account is None:
        typer.echo(f"Счёта {number} нет, или так могут называться несколько: напишите номер точно.", err=True)
        return False
    try:
        release_holds(period, [account.pk], decision.note, decision.by, now)
    except UnableToRelease as error:
        typer.echo(f"{_named(account, period)}: {_why_not(error)}", err=True)
        return False
    typer.echo(f"{_named(account, period)}: проверен, можно отправлять.")
    return True


def _named(account: Account, period: Period) -> str:
    return f"Счёт {account.number} за {Telling('ru').month(period)}"


def _why_not(error: UnableToRelease) -> str:
    if error.reason == "released" and error.at:
        from django.conf import settings

        return f"уже проверен ({error.by}, {error.at.astimezone(settings.SBYT.zone):%d.%m.%Y %H:%M})."
    return "не придержан, отпускать нечего."
