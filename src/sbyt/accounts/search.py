"""Finding an account by what somebody types: its number, a name, an address, a phone, a serial."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from sbyt.bulk.rows import fetch
from sbyt.core.finding import Wanted, wanted

#: Beyond what any text begins with goes no character.
_BEYOND = "\U0010ffff"


class Found(NamedTuple):
    """An account that was looked for, with what tells it from the others."""

    id: int
    number: str
    name: str
    phone: str
    address: str
    district: str
    street: str
    house: str
    flat: str


_ROWS = """
    SELECT account.id, number, name, phone, address, district, street, house, flat
    FROM accounts_account AS account
    JOIN accounts_customer AS customer ON customer.id = account.customer_id
    JOIN accounts_premises AS premises ON premises.id = account.premises_id
    WHERE account.id = ANY(%s::bigint[])
"""


def find_accounts(typed: str, most: int) -> tuple[list[Found], bool]:
    """The accounts meant by what was typed, as neighbours stand, and whether there are more than so many.

    Of very many only some are looked at: who looks for «Иванова» among a million must say more.
    """
    for reading in wanted(typed):
        if ids := _having(reading, most + 1):
            rows = sorted((Found._make(row) for row in fetch(_ROWS, ids)), key=_as_neighbours)
            return rows[:most], len(ids) > most
    return [], False


def _having(reading: Sequence[Wanted], most: int) -> list[int]:
    """The ids of accounts that have all of these words; the longest leads, being the rarest as a rule."""
    first, *others = sorted(dict.fromkeys(reading), key=_rarity, reverse=True)
    parameters: list[str] = []
    conditions = [_is(first, "found", parameters)]
    for other in others:
        has = _is(other, "other", parameters)
        # The names in these statements are ours; what was typed is passed as parameters.
        conditions.append(
            f"EXISTS (SELECT 1 FROM accounts_word other WHERE other.account_id = found.account_id AND {has})"  # noqa: S608
        )
    looked_at = f"SELECT account_id FROM accounts_word found WHERE {' AND '.join(conditions)} LIMIT {4 * most}"  # noqa: S608
    rows = fetch(f"SELECT DISTINCT account_id FROM ({looked_at}) AS looked_at LIMIT {most}", *parameters)  # noqa: S608
    return [account for (account,) in rows]


def _is(one: Wanted, of: str, parameters: list[str]) -> str:
    """The condition that a word is one of those wanted."""
    said = []
    for word in one.words:
        if not one.begins:
            said.append(f"{of}.word = %s")
            parameters.append(word)
        elif connection.vendor == "postgresql":
            said.append(f"{of}.word LIKE %s")
            parameters.append(re.sub(r"([\\%_])", r"\\\1", word) + "%")
        else:
            said.append(f"({of}.word >= %s AND {of}.word < %s)")
            parameters += [word, word + _BEYOND]
    return f"({' OR '.join(said)})"


def _rarity(one: Wanted) -> tuple[bool, int]:
    return one.begins, max(map(len, one.words))


def _as_neighbours(one: Found) -> tuple[object, ...]:
    line = one.street or one.address
    return line, _in_order(one.house or one.address), _in_order(one.flat), one.number


def _in_order(text: str) -> list[tuple[int, str]]:
    """House 9 stands before house 12."""
    return [(int(digits or 0), other) for digits, other in re.findall(r"(\d*)(\D*)", text)]
