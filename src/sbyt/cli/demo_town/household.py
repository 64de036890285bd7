"""One household: who they are, what they use, how they hand in readings and pay. All of it follows from its number."""

from __future__ import annotations

import dataclasses
import random
from dataclasses import dataclass

from sbyt.cli.demo_town.names import FATHERS, MEN, PLACES, STREETS, SURNAMES, WOMEN, Place, of_woman
from sbyt.cli.demo_town.use import COLD_WATER, ELECTRICITY, GAS, HOT_WATER, Dial

#: The first account; no retailer's begin like it.
FIRST_ACCOUNT = 1_100_000_001


@dataclass(frozen=True, slots=True)
class Household:
    """``gaps``: of a hundred months, in how many no reading comes. ``silent``: for how many months none has come.

    ``pays`` is how much of a bill, in percent. ``swap`` and ``rollover``: the electricity meter was changed, or went
    through zero, so many months ago; 0 where neither. ``returns``: after the silence a reading came in the last month.
    """

    place: int  # in the order of the town
    holder: str
    phone: str
    email: str
    where: Place
    street: str
    house: str
    flat: str
    residents: int
    dials: tuple[Dial, ...]
    gaps: int = 6
    silent: int = 0
    returns: bool = False
    pays: int = 100
    swap: int = 0
    rollover: int = 0

    @property
    def account(self) -> str:
        return str(FIRST_ACCOUNT + self.place)


def chance_of(seed: int, place: int, what: str) -> random.Random:
    """Chance for one thing of one household: the same in a town of any size."""
    return random.Random(f"{seed} {place} {what}")  # noqa: S311 a town is no secret


def household(seed: int, place: int) -> Household:
    """The household at a place of the town."""
    chance = chance_of(seed, place, "household")
    where = chance.choices(PLACES, [one.weight for one in PLACES])[0]
    rural = where.category == "rural"
    return Household(
        place=place,
        holder=_name(chance),
        phone=f"+7912{place:07d}" if chance.random() < 0.92 else "",
        email=f"zhitel{place}@example.org" if chance.random() < 0.45 else "",
        where=where,
        street=chance.choice(STREETS),
        house=str(chance.randint(1, 90 if rural else 140)) + chance.choice(("", "", "", "а", "/1")),
        flat="" if rural else str(chance.randint(1, 120)),
        residents=chance.choices((1, 2, 3, 4, 5), (28, 34, 20, 13, 5))[0],
        dials=_dials(chance, rural=rural),
        gaps=chance.choices((0, 4, 12, 35), (30, 40, 20, 10))[0],
        silent=chance.choices((0, 1, 2, 4, 8), (82, 7, 5, 4, 2))[0],
        pays=chance.choices((100, 110, 50, 0), (72, 12, 10, 6))[0],
        swap=chance.randint(4, 20) if chance.random() < 0.04 else 0,
        rollover=chance.randint(3, 20) if chance.random() < 0.01 else 0,
    )


def cast(ordinary: Household, **changed: object) -> Household:
    """A household that shows something, made of an ordinary one."""
    regular: dict[str, object] = {"gaps": 0, "silent": 0, "pays": 100, "swap": 0, "rollover": 0}
    return dataclasses.replace(ordinary, **{**regular, **changed})  # type: ignore[arg-type]


def _name(chance: random.Random) -> str:
    surname, (of_him, of_her) = chance.choice(SURNAMES), chance.choice(FATHERS)
    if chance.random() < 0.5:
        return f"{surname} {chance.choice(MEN)} {of_him}"
    return f"{of_woman(surname)} {chance.choice(WOMEN)} {of_her}"


def _dials(chance: random.Random, *, rural: bool) -> tuple[Dial, ...]:
    electricity = ELECTRICITY[chance.choices((1, 2, 3), (62, 29, 9))[0]]
    if rural:
        return (electricity, GAS) if chance.random() < 0.4 else (electricity,)
    return (electricity, COLD_WATER, HOT_WATER) if chance.random() < 0.5 else (electricity,)
