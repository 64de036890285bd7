"""The order in which a postman walks."""

from __future__ import annotations

import re
from typing import NamedTuple

_FIGURES = re.compile(r"(\d+)")

#: Texts and numbers in turn, so that 9 comes before 10 and 12 before 12а.
Natural = tuple[tuple[int, str], ...]


class Door(NamedTuple):
    """Where a bill is to be brought. Where the parts of the address are not known, they are empty."""

    district: str
    street: str
    house: str
    flat: str
    address: str
    account: str


def walk(door: Door) -> tuple[Natural, ...]:
    """What doors are sorted by: district, street, house, flat; by the whole address where it has no parts."""
    return tuple(natural(part) for part in door)


def natural(text: str) -> Natural:
    """A text to sort by, its figures as numbers."""
    parts = _FIGURES.split(" ".join(text.casefold().split()).replace("ё", "е"))
    return tuple((int(part), "") if at % 2 else (-1, part) for at, part in enumerate(parts) if part)
