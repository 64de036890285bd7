"""Links a sender to an account, or ends a link: by staff who checked the person, or by a code."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import NamedTuple

from django.db import transaction

from sbyt.accounts.models import Account, Link
from sbyt.accounts.owners import OwnerLink
from sbyt.core.identifiers import account_key, email_address, phone_number
from sbyt.core.settings import Settings
from sbyt.usecases.receive_message.linking import NewLink, address_of_sender, make_link
from sbyt.usecases.receive_message.owners import tell_owners


class UnableToLink(ValueError):
    """What is to be linked isn't there or is no address. The text says what was found and what to do."""


class Made(NamedTuple):
    """A link, whether it is new (or was ended just now), and how many owners are told."""

    link: Link
    anew: bool
    told: int = 0


def address_of(settings: Settings, *, phone: str = "", email: str = "", chat: str = "") -> OwnerLink:
    """What a link is made by, from one of these as a person writes it. ``chat`` is ``channel:id``.

    A sender of a channel whose senders are phones or e-mail addresses is linked by those, whatever the channel.

    :raises UnableToLink: if it is not exactly one, or none of its kind.
    """
    if len([one for one in (phone, email, chat) if one]) != 1:
        raise UnableToLink("Назовите одно: телефон, адрес e-mail или чат.")
    if chat:
        code, _, sender = chat.partition(":")
        if code not in settings.channels or not sender.strip():
            raise UnableToLink(
                f"Чат {chat!r} не понят. Нужен канал и номер чата через двоеточие, как <канал>:123456. "
                f"Каналы: {', '.join(settings.channels)}."
            )
        if of_sender := address_of_sender(code, sender.strip(), settings):
            return of_sender
        phone, email = (sender, "") if settings.channels[code].senders == "phone" else ("", sender)
    found = phone_number(phone) if phone else email_address(email)
    if found is None:
        said = f"Телефон {phone!r} не понят. Пример: +79120000101." if phone else f"Это не адрес e-mail: {email!r}."
        raise UnableToLink(said)
    return OwnerLink((Link.Kind.PHONE if phone else Link.Kind.EMAIL).value, found)


def link_account(
    address: OwnerLink,
    account: str,
    how: Link.How,
    by: str,
    settings: Settings,
    now: dt.datetime,
    *,
    connected: Collection[str] | None = None,
) -> Made:
    """Let who has this address speak for an account. Whoever could do so before is told. The same again does nothing.

    :param account: its number, as a person writes it.
    :param by: who checked that it is right.
    :param connected: see ``tell_owners``.

    :raises UnableToLink: if there is no such account.
    """
    with transaction.atomic():
        found = _account(account)
        link, told = make_link(NewLink(address, found.pk, found.number, how), by, settings, now)
        if told is None:
            return Made(link, anew=False)
        return Made(
            link,
            anew=True,
            told=tell_owners([told], settings, now, connected=connected, but=[address]),
        )


def unlink_account(address: OwnerLink, account: str, by: str, now: dt.datetime) -> Made:
    """End a link: who has this address sees nothing of the account any more. Readings they may still hand in.

    :raises UnableToLink: if there is no such account, or it was never linked so.
    """
    with transaction.atomic():
        links = Link.objects.filter(kind=address.kind, address=address.address, account=_account(account))
        link = links.order_by("ended_at", "-id").select_for_update().first()
        if link is None:
            raise UnableToLink(f"Счёт {account} с этим адресом не связан, отвязывать нечего.")
        if open_link := links.filter(ended_at=None).first():
            open_link.ended_at, open_link.ended_by = now, by
            open_link.save(update_fields=["ended_at", "ended_by"])
            return Made(open_link, anew=True)
        return Made(link, anew=False)


def _account(number: str) -> Account:
    """By its number, else by the only one that differs in leading zeros or marks between the figures."""
    exact = Account.objects.filter(number=number.strip()).first()
    alike = [] if exact else list(Account.objects.filter(key=account_key(number))[:2])
    if exact:
        return exact
    if len(alike) == 1:
        return alike[0]
    said = f"Счетов, похожих на {number}, несколько: напишите номер точно." if alike else f"Счёта {number} нет."
    raise UnableToLink(said)
