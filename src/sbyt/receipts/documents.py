"""An issued bill as a file: the same bytes each time it is asked for."""

from __future__ import annotations

import re
from pathlib import Path

from django.db.models import QuerySet

from sbyt.core.periods import Period
from sbyt.receipts.content import unpacked
from sbyt.receipts.models import Receipt
from sbyt.receipts.typesetting import typeset

_REFERENCE = re.compile(r"receipt:([0-9]+)")


class UnableToFindReceipt(ValueError):
    """There is no such issued bill."""


def reference(receipt: Receipt) -> str:
    """By what a message names the bill that it carries."""
    return f"receipt:{receipt.pk}"


def referenced(text: str) -> Receipt:
    """The bill that a message names.

    :raises UnableToFindReceipt: if there is none.
    """
    match = _REFERENCE.fullmatch(text)
    receipt = _found().filter(pk=int(match[1])).first() if match else None
    if receipt is None:
        raise UnableToFindReceipt(f"Квитанции {text!r} нет.")
    return receipt


def receipt_of(account: int, period: Period) -> Receipt | None:
    """The issued bill of an account; None where it was not issued."""
    return _found().filter(account=account, period=period).first()


def file_name(receipt: Receipt) -> str:
    """Of letters and figures that every system takes."""
    number = re.sub(r"[^0-9A-Za-z-]+", "-", receipt.account.number).strip("-") or str(receipt.account_id)
    return f"{Period(receipt.period)}-{number}.pdf"


def pdf(receipt: Receipt, folder: Path | None) -> bytes:
    """The bill as PDF.

    :param folder: the company's own, for its fonts.

    :raises UnableToSet: if it can't be set with the fonts and the program that there are now.
    """
    edition = receipt.edition
    return typeset(edition.files, edition.body, [unpacked(receipt.content)], fonts_in(folder))


def fonts_in(folder: Path | None) -> Path | None:
    """Where a company keeps fonts of its own, if it does."""
    fonts = folder / "fonts" if folder else None
    return fonts if fonts and fonts.is_dir() else None


def _found() -> QuerySet[Receipt]:
    return Receipt.objects.select_related("edition", "account")
