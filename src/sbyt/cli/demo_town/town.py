"""The whole town: its households and prices, payments, those who show something, and what is written these days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sbyt.cli.demo_town.history import History, history
from sbyt.cli.demo_town.household import Household, cast, chance_of, household
from sbyt.cli.demo_town.letters import Letter, letters, right_now
from sbyt.cli.demo_town.prices import norms, price, roubles, tariffs
from sbyt.cli.demo_town.use import COLD_WATER, ELECTRICITY, HOT_WATER, used
from sbyt.core.periods import Period

Row = dict[str, str]

SEED = 2026
MONTHS = 24
#: So many of the last months are billed by sbyt itself, the others were billed before it came.
BILLED = 3


@dataclass(frozen=True, slots=True)
class Guest:
    """A household that a visitor may try, and what is special about it."""

    account: str
    holder: str
    phone: str
    email: str
    shows: str  # a code: regular, day_and_night, …
    example: str  # what they could rightly hand in now


@dataclass(frozen=True, slots=True)
class Town:
    """The files of the town by their names, the months that are to be billed, what people write, whom to try."""

    tables: dict[str, list[Row]]
    billed: list[Period]
    letters: list[Letter]
    guests: list[Guest]


#: Who stands at the head of the town, and what they show.
_CAST: tuple[tuple[str, dict[str, object]], ...] = (
    ("regular", {"dials": (ELECTRICITY[1],), "residents": 2}),
    ("day_and_night", {"dials": (ELECTRICITY[2],), "residents": 3}),
    ("three_zones", {"dials": (ELECTRICITY[3],), "residents": 4}),
    ("several_meters", {"dials": (ELECTRICITY[1], COLD_WATER, HOT_WATER), "residents": 3}),
    ("two_accounts", {"dials": (ELECTRICITY[1],), "residents": 2}),
    ("two_accounts", {"dials": (ELECTRICITY[1],), "residents": 1}),
    ("recalculated", {"dials": (ELECTRICITY[1],), "residents": 2, "silent": 3, "returns": True}),
    ("on_average", {"dials": (ELECTRICITY[1], COLD_WATER), "residents": 2, "silent": 2}),
    ("in_debt", {"dials": (ELECTRICITY[1],), "residents": 2, "pays": 0}),
    ("swapped", {"dials": (ELECTRICITY[2],), "residents": 3, "swap": 5}),
    ("rolled_over", {"dials": (ELECTRICITY[1],), "residents": 4, "rollover": 6}),
)


def build(accounts: int, now: dt.datetime, seed: int = SEED) -> Town:
    """A town of so many accounts as it stands at this local time; the same for the same arguments.

    Two years of readings up to last month, prices, payments, and what people have written this month.
    """
    last = Period.of(now.date()).plus(-1)
    first = last.plus(1 - MONTHS)
    homes = list(_homes(accounts, seed))
    lived = [history(seed, home, first, last) for home in homes]
    billed = [last.plus(back) for back in range(1 - BILLED, 1)]
    tables = {
        "accounts": [_account(home, seed) for home in homes],
        "meters": [row for one in lived for row in one.meters],
        "tariffs": list(tariffs(first, last)),
        "norms": list(norms(first)),
        "readings": [row for one in lived for row in one.readings],
        "payments": [row for home in homes for row in _payments(home, billed, seed)],
    }
    written = [
        letter
        for home, past in zip(homes[len(_CAST) :], lived[len(_CAST) :], strict=True)  # guests write themselves
        for letter in letters(home, past, now=now, seed=seed)
    ]
    return Town(tables, billed, sorted(written, key=lambda letter: letter.at), list(_guests(homes, lived, now, seed)))


def _homes(accounts: int, seed: int) -> Iterator[Household]:
    for place in range(accounts):
        home = household(seed, place)
        if place >= len(_CAST):
            yield home
            continue
        shows, changed = _CAST[place]
        home = cast(home, phone=f"+7912{place:07d}", email=f"zhitel{place}@example.org", **changed)
        if shows == "two_accounts" and _CAST[place - 1][0] == shows:
            before = household(seed, place - 1)
            home = cast(home, holder=before.holder, phone=f"+7912{place - 1:07d}", email="", **changed)
        yield home


def _guests(homes: list[Household], lived: list[History], now: dt.datetime, seed: int) -> Iterator[Guest]:
    for home, past, (shows, _) in zip(homes, lived, _CAST, strict=False):
        example = right_now(home, past, now=now, seed=seed)
        yield Guest(home.account, home.holder, home.phone, home.email, shows, example)


def _account(home: Household, seed: int) -> Row:
    parts = [home.where.name, home.street, f"д. {home.house}"] + ([f"кв. {home.flat}"] if home.flat else [])
    owed = chance_of(seed, home.place, "owed").randint(20, 90) * 10_000 if home.pays < 100 else 0
    return {
        "account": home.account,
        "holder": home.holder,
        "address": ", ".join(parts),
        "category": home.where.category,
        "residents": str(home.residents),
        "phone": home.phone,
        "email": home.email,
        "opening_balance": roubles(owed),
        "district": home.where.name,
        "street": home.street,
        "house": home.house,
        "flat": home.flat,
    }


def _payments(home: Household, billed: list[Period], seed: int) -> Iterator[Row]:
    """What was paid for each bill in the month after it: about what it came to, to whole ten roubles."""
    chance = chance_of(seed, home.place, "payments")
    for number, period in enumerate(billed):
        kopecks = sum(
            use * price(dial.resource, dial.zones, zone, home.where.category, 2) // 10**dial.decimals
            for dial in home.dials
            for zone, use in enumerate(used(dial, period, home.residents, chance))
        )
        paid = kopecks * home.pays // 100 // 1000 * 1000
        month = period.plus(1)
        if paid and number < len(billed) - 1:
            yield {
                "account": home.account,
                "paid_on": f"{month}-{chance.randint(3, 22):02d}",
                "amount": roubles(paid),
                "source": chance.choice(("bank", "bank", "card", "post")),
                "external_id": f"{home.account}-{month}",
            }
