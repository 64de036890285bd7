"""Naming some accounts for a trial: by their numbers, or by the street."""

from __future__ import annotations

import re

from sbyt.accounts.models import Account, Premises
from sbyt.core.identifiers import account_key

#: Words that tell what kind of way a street is, or whom it is named after: people leave them out.
_NOT_TOLD = frozenset(
    {
        "ул",
        "улица",
        "пр",
        "пр-т",
        "просп",
        "проспект",
        "пер",
        "переулок",
        "пл",
        "площадь",
        "ш",
        "шоссе",
        "им",
        "имени",
        "г",
        "город",
    }
)


class UnableToSelect(ValueError):
    """Neither the number of an account nor a street is called so."""

    def __init__(self, asked: str) -> None:
        super().__init__(
            f"Нет ни лицевого счёта, ни улицы «{asked}». Напишите номера лицевых счетов через запятую или улицу, как "
            "она стоит в адресе, например: --only «Ленина» или --only 2000000001,2000000002."
        )


def select_accounts(asked: str) -> list[int]:
    """The ids of the accounts with these numbers (commas between them), or of those on this street, in order.

    :raises UnableToSelect: if one of several numbers is unknown, or there is neither such an account nor such a street.
    """
    numbers = [part.strip() for part in asked.split(",") if part.strip()]
    found = Account.objects.filter(key__in=[account_key(number) for number in numbers])
    ids = dict(found.values_list("id", "key"))
    unknown = [number for number in numbers if account_key(number) not in ids.values()]
    if ids and unknown:
        raise UnableToSelect(unknown[0])
    selected = sorted(ids) or _on_street(asked)
    if not selected:
        raise UnableToSelect(asked)
    return selected


def _on_street(asked: str) -> list[int]:
    words = _words(asked)
    if not words:
        return []
    streets = Premises.objects.exclude(street="").values_list("street", flat=True).distinct()
    meant = [street for street in streets.iterator() if words <= _words(street)]
    accounts = Account.objects.filter(premises__street__in=meant)
    if not meant:
        lines = Premises.objects.filter(street="").values_list("id", "address")
        accounts = Account.objects.filter(premises__in=[at for at, line in lines.iterator() if words <= _words(line)])
    return list(accounts.order_by("id").values_list("id", flat=True))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w-]+", text.casefold().replace("ё", "е"))) - _NOT_TOLD
