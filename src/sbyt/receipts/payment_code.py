"""The text of the payment QR code, by GOST R 56042-2014.

``ST`` and the version 0001, 2 for UTF-8, the separator, then the fields; the five mandatory ones first and in their
order, in no more than 300 bytes together. The sum is in kopecks. What we fill in says whose account is paid for and for
which month; no name and no address of the customer: a bank's app needs neither, and the paper may be lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sbyt.core.periods import Period
from sbyt.core.settings import Bank, Company

#: Of the mandatory fields with their separators, in bytes (clause 5 of the standard).
LONGEST_BLOCK = 300
#: The kind of payment: housing and communal services.
_TECH_CODE = "02"
_SEPARATOR = "|"
_LONGEST_PURPOSE = 160


class UnableToMakePaymentCode(ValueError):
    """The standard has no room for these bank details. The text names the key of the settings."""


def mandatory_block(company: Company, bank: Bank) -> str:
    """The five fields that every code begins with.

    :raises UnableToMakePaymentCode: if they take more than 300 bytes.
    """
    block = _joined(
        ("Name", bank.recipient or company.name),
        ("PersonalAcc", bank.account),
        ("BankName", bank.name),
        ("BIC", bank.bic),
        ("CorrespAcc", bank.correspondent_account),
    )
    if (length := len(block.encode())) > LONGEST_BLOCK:
        raise UnableToMakePaymentCode(
            f"Реквизиты не помещаются в QR-код оплаты: {length} байт из {LONGEST_BLOCK} (русская буква занимает два). "
            "Задайте company.bank.recipient — название получателя покороче — или сократите company.bank.name."
        )
    return block


def payment_code(company: Company, bank: Bank, account: str, period: Period, amount: int, purpose: str) -> str:
    """The text of the code by which an account's bill is paid.

    :param amount: in kopecks, more than zero: where nothing is owed there is nothing to pay.
    :param purpose: what the payment is for; what is longer than 160 characters is cut.

    :raises UnableToMakePaymentCode: if the bank details are too long.
    :raises ValueError: if nothing is owed.
    """
    if amount <= 0:
        raise ValueError(f"a payment of {amount} kopecks is none")
    fields = [
        ("PayeeINN", bank.inn),
        *([("KPP", bank.kpp)] if bank.kpp else []),
        ("PersAcc", account),
        ("PaymPeriod", f"{period.month:02d}{period.year}"),
        ("Sum", str(amount)),
        ("TechCode", _TECH_CODE),
        ("Purpose", safe(purpose)[:_LONGEST_PURPOSE]),
    ]
    return _SEPARATOR.join(("ST00012", mandatory_block(company, bank), _joined(*fields)))


def safe(value: str) -> str:
    """A value in which no field can begin: separators and control characters become spaces."""
    return " ".join(re.sub(r"[|\x00-\x1f\x7f\x85\u2028\u2029]", " ", value).split())


def _joined(*fields: tuple[str, str]) -> str:
    return _SEPARATOR.join(_written(fields))


def _written(fields: tuple[tuple[str, str], ...]) -> Iterator[str]:
    for name, value in fields:
        yield f"{name}={safe(value)}"
