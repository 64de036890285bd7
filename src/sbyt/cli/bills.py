"""``sbyt deliver`` and ``sbyt revoke``: how an account's bills are wanted, and what they carry no longer opens."""

from __future__ import annotations

import datetime as dt

import typer

from sbyt.accounts.bill_choices import How, choose
from sbyt.accounts.models import Account
from sbyt.accounts.revoking import revoke_tokens
from sbyt.billing.models import Bill
from sbyt.cli.terminal import staff_name
from sbyt.core.identifiers import email_address
from sbyt.core.periods import Period
from sbyt.usecases.customer_card import account_of


def choose_delivery(number: str, how: str, by: str | None) -> int:
    """Take it down. The exit status is 2 where it can't be."""
    account = _account(number)
    if account is None:
        return 2
    if how not in How.values:
        typer.echo(f"{how!r} — не способ доставки. Бывают: {', '.join(How.values)}.", err=True)
        return 2
    if how == How.ELECTRONIC and email_address(account.customer.email) is None:
        typer.echo(
            f"У счёта {account.number} нет адреса e-mail: отправлять некуда. Загрузите его: sbyt import", err=True
        )
        return 2
    changed = choose(account.pk, How(how), staff_name(by), dt.datetime.now(dt.UTC))
    wanted = "по e-mail" if how == How.ELECTRONIC else "на бумаге"
    typer.echo(f"Счёт {account.number}: квитанции {wanted}." + ("" if changed else " Так и было."))
    return 0


def revoke_codes(number: str, why: str, by: str | None) -> int:
    """Revoke what the bills up to the newest carry. The exit status is 2 where there is nothing to revoke."""
    account = _account(number)
    if account is None:
        return 2
    newest = Bill.objects.filter(account=account).order_by("-period").first()
    if newest is None:
        typer.echo(f"По счёту {account.number} счетов ещё не было: отзывать нечего.", err=True)
        return 2
    period = Period(newest.period)
    changed = revoke_tokens(account.pk, period, staff_name(by), why, dt.datetime.now(dt.UTC))
    already = "" if changed else " Так и было."
    typer.echo(f"Счёт {account.number}: коды квитанций по {period} включительно больше ничего не открывают.{already}")
    typer.echo("Кто уже связан, остался: sbyt unlink. Новый код придёт со следующей квитанцией.")
    return 0


def _account(number: str) -> Account | None:
    found = account_of(number)
    if found is None:
        typer.echo(f"Счёта {number} нет, или так могут называться несколько: напишите номер точно.", err=True)
    return found
