"""``sbyt link`` and ``sbyt unlink``: who may speak for an account, once staff have checked the person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import typer

from sbyt.accounts.models import Link
from sbyt.cli.terminal import staff_name
from sbyt.core.settings import Settings
from sbyt.messaging.masking import masked_recipient
from sbyt.usecases.link_account import UnableToLink, address_of, link_account, unlink_account


def run_link(
    account: str,
    settings: Settings,
    connected: Collection[str] | None,
    *,
    phone: str,
    email: str,
    chat: str,
    by: str | None,
) -> int:
    """Link, and say who is told. The exit status is 2 where it can't be."""
    try:
        address = address_of(settings, phone=phone, email=email, chat=chat)
        now = dt.datetime.now(dt.UTC)
        made = link_account(address, account, Link.How.STAFF, staff_name(by), settings, now, connected=connected)
    except UnableToLink as error:
        typer.echo(str(error), err=True)
        return 2
    shown = f"счёт {made.link.account.number}, {_address(made.link)}"
    if not made.anew:
        typer.echo(f"Уже связаны: {shown}. Ничего не изменилось.")
        return 0
    told = f" Прежним владельцам отправим уведомления: {made.told}." if made.told else ""
    typer.echo(f"Связали: {shown}. Теперь оттуда видны показания и долг.{told}")
    return 0


def run_unlink(account: str, settings: Settings, *, phone: str, email: str, chat: str, by: str | None) -> int:
    """End a link. The exit status is 2 where there is none."""
    try:
        address = address_of(settings, phone=phone, email=email, chat=chat)
        ended = unlink_account(address, account, staff_name(by), dt.datetime.now(dt.UTC))
    except UnableToLink as error:
        typer.echo(str(error), err=True)
        return 2
    shown = f"счёт {ended.link.account.number}, {_address(ended.link)}"
    typer.echo(
        f"Отвязали: {shown}. Сведения о счёте оттуда больше не видны."
        if ended.anew
        else f"Уже отвязаны: {shown}. Ничего не изменилось."
    )
    return 0


def _address(link: Link) -> str:
    return masked_recipient(link.address) if link.kind != Link.Kind.CHAT else link.address.partition(":")[0]
