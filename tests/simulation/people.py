"""What the people of the town write."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.simulation.town import DIALS, Dial, Person

#: What the dialogue of the simulation stumbles over, as if it had a fault.
POISON = "☠"

_WORDS = ("да", "нет", "отмена", "помощь", "баланс", "последние показания", "оператор", "спасибо", "Да", "english")
_RUBBISH = (
    "",
    "👍",
    "когда дадут свет?",
    "\x00",
    "12",
    "0",
    "****",
    "2000000001",
    "+7 912 000-01-01",
    "№" * 40,
    "не то",
)


def something_to_say(person: Person, chance: random.Random, said_before: Sequence[str]) -> str:
    """A text, from a plain reading to rubbish."""
    kind = chance.random()
    if kind < 0.10 and said_before:
        return chance.choice(said_before)
    if kind < 0.30:
        return chance.choice(_WORDS) if chance.random() < 0.5 else "да"
    if kind < 0.33:
        return f"{POISON} {_reading(person, chance)}"
    if kind < 0.37:
        return chance.choice(_RUBBISH)
    return _reading(person, chance)


def _reading(person: Person, chance: random.Random) -> str:
    account = chance.choice(person.accounts)
    dials = [dial for dial in DIALS if dial.account == account]
    named = chance.random() < 0.75
    if len(dials) > 1 and chance.random() < 0.4:
        return _several(account, dials, chance, named=named)
    dial = chance.choice(dials)
    values = [_written(value, dial.decimals) for value in _values(dial, chance)]
    if len(values) > 1 and chance.random() < 0.15:
        values.reverse()
    elif len(values) > 1 and chance.random() < 0.15:
        values.pop()
    return chance.choice(_FORMS)(account if named else "", dial, values).strip()


def _several(account: str, dials: Sequence[Dial], chance: random.Random, *, named: bool) -> str:
    tags = {"electricity": "свет", "hot_water": "ГВС", "cold_water": "ХВС"}
    parts = [f"{tags[dial.resource]} {_written(_values(dial, chance)[0], dial.decimals)}" for dial in dials]
    chance.shuffle(parts)
    return " ".join([account] * named + parts)


def _values(dial: Dial, chance: random.Random) -> list[int]:
    """Mostly what would be expected; else much, little, or what no connection can carry."""
    kind = chance.random()
    times = (
        chance.choice((0, 1, 1, 1, 2))
        if kind < 0.8
        else chance.choice((9, 12))
        if kind < 0.92
        else chance.choice((-2, 700))
    )
    full = 10**5 * 10**dial.decimals
    return [(last + times * use + chance.randrange(3)) % full for last, use in zip(dial.last, dial.use, strict=True)]


def _written(units: int, decimals: int) -> str:
    return f"{units // 10**decimals},{units % 10**decimals:0{decimals}}" if decimals else str(units)


_FORMS = (
    lambda account, dial, values: f"{account} {' '.join(values)}",
    lambda account, dial, values: f"{account} {' '.join(values)}",
    lambda account, dial, values: f"{account}#{dial.serial}#{'#'.join(values)}" if account else " ".join(values),
    lambda account, dial, values: f"Лицевой счет: {account}\nПоказания: {' '.join(values)}",
    lambda account, dial, values: f"{account} " + " ".join(f"т{at} {value}" for at, value in enumerate(values, 1)),
    lambda account, dial, values: f"Добрый день! Счётчик {dial.serial}, показания {' '.join(values)}. Спасибо",
)
