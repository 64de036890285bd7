"""What people have written this month, each in a way of their own: right, wrong, or not about readings at all."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sbyt.cli.demo_town.history import History, Meter
from sbyt.cli.demo_town.household import Household, chance_of
from sbyt.cli.demo_town.use import used
from sbyt.cli.demo_town.ways import WRITTEN
from sbyt.core.periods import Period
from sbyt.core.units import from_units

#: Of a hundred households so many have written.
_WRITE = 22
#: Since so many days people write.
_DAYS = 5
_FIRST_CHAT = 700_000_000


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as ``sbyt say --jsonl`` takes it."""

    id: str
    at: dt.datetime  # local
    channel: str
    sender: str
    text: str


Values = list[list[int]]  # by meter and zone, in units
Way = Callable[[Household, History, Values, random.Random], list[str]]


def letters(home: Household, lived: History, *, now: dt.datetime, seed: int) -> Iterator[Letter]:
    """What a household has written since the window opened: mostly nothing."""
    chance = chance_of(seed, home.place, f"letters {Period.of(now.date())}")
    if chance.randint(1, 100) > _WRITE:
        return
    begin = max(now - dt.timedelta(days=_DAYS), now.replace(day=1, hour=0, minute=5))
    at = begin + dt.timedelta(seconds=chance.randint(0, max(int((now - begin).total_seconds()) - 600, 0)))
    channel, sender, is_known = _from(home, chance)
    way = chance.choices(list(_WAYS), list(_WAYS.values()))[0]
    values = [_standing(meter, home, at, chance) for meter in lived.standing]
    for number, text in enumerate(way(home, lived, values, chance)):
        said = text if is_known or number or home.account in text else f"{home.account} {text}"
        yield Letter(f"town-{home.account}-{number}", at + dt.timedelta(seconds=40 * number), channel, sender, said)


def right_now(home: Household, lived: History, *, now: dt.datetime, seed: int) -> str:
    """What a household could hand in now and be believed."""
    chance = chance_of(seed, home.place, "right now")
    values = [_standing(meter, home, now, chance) for meter in lived.standing]
    return _plain(home, lived, values, chance)[0]


def _from(home: Household, chance: random.Random) -> tuple[str, str, bool]:
    """Channel, sender, and whether it is a sender whom the retailer knows."""
    senders = {"phone": home.phone, "email": home.email, "chat": f"{_FIRST_CHAT + home.place}"}
    ways = [way for way in WRITTEN if senders[way.sender]]
    way = chance.choices(ways, [one.weight for one in ways])[0]
    return way.channel, senders[way.sender], way.sender != "chat"


def _standing(meter: Meter, home: Household, at: dt.datetime, chance: random.Random) -> list[int]:
    use = used(meter.dial, Period.of(at.date()), home.residents, chance)
    so_far = [one * at.day // 30 for one in use]
    return [(before + one) % meter.dial.turn for before, one in zip(meter.counted, so_far, strict=True)]


# the ways of writing ------------------------------------------------------------------------------------------------


def _shown(meter: Meter, values: list[int]) -> str:
    return " ".join(from_units(value, meter.dial.decimals).replace(".", ",") for value in values)


def _plain(_home: Household, lived: History, values: Values, _chance: random.Random) -> list[str]:
    if len(lived.standing) == 1:
        return [_shown(lived.standing[0], values[0])]
    return [_by_name(lived, values)]


def _by_name(lived: History, values: Values) -> str:
    names = {"electricity": "свет", "cold_water": "хвс", "hot_water": "гвс", "gas": "газ"}
    pairs = zip(lived.standing, values, strict=True)
    return ", ".join(f"{names[meter.dial.resource.value]} {_shown(meter, one)}" for meter, one in pairs)


def _in_words(home: Household, lived: History, values: Values, _chance: random.Random) -> list[str]:
    named = (
        f"день {values[0][0]} ночь {values[0][1]}"
        if lived.standing[0].dial.zones == 2 and len(lived.standing) == 1
        else _by_name(lived, values)
    )
    return [f"Здравствуйте! Лицевой счёт {home.account}, показания: {named}. Спасибо."]


def _account_first(home: Household, lived: History, values: Values, _chance: random.Random) -> list[str]:
    return [f"{home.account} {_plain(home, lived, values, _chance)[0]}"]


def _ten_times(home: Household, lived: History, values: Values, chance: random.Random) -> list[str]:
    more = [[min(10 * value, lived.standing[0].dial.turn - 1) for value in values[0]], *values[1:]]
    return _plain(home, lived, more, chance)


def _confirmed(home: Household, lived: History, values: Values, chance: random.Random) -> list[str]:
    turn = lived.standing[0].dial.turn
    more = [[min(value + 2_500 * 10 ** lived.standing[0].dial.decimals, turn - 1) for value in values[0]], *values[1:]]
    return [*_plain(home, lived, more, chance), "да"]


def _impossible(home: Household, lived: History, values: Values, chance: random.Random) -> list[str]:
    """More than the connection can carry in a month: refused, and a person has to look."""
    turn, unit = lived.standing[0].dial.turn, 10 ** lived.standing[0].dial.decimals
    more = [[min(value + 30_000 * unit, turn - 1) for value in values[0]], *values[1:]]
    return _plain(home, lived, more, chance)


def _below(home: Household, lived: History, values: Values, chance: random.Random) -> list[str]:
    """Lower than before, and when that isn't taken the same once more: then a person has to look."""
    less = [[max(value - value // 5 - 1, 0) for value in values[0]], *values[1:]]
    return _plain(home, lived, less, chance) * 2


def _exchanged(home: Household, lived: History, values: Values, chance: random.Random) -> list[str]:
    return _plain(home, lived, [list(reversed(values[0])), *values[1:]], chance)


def _one_missing(_home: Household, lived: History, values: Values, _chance: random.Random) -> list[str]:
    return [_shown(lived.standing[0], values[0][:1])]


def _put_right(home: Household, lived: History, values: Values, chance: random.Random) -> list[str]:
    later = [
        [value + 7 * 10**meter.dial.decimals for value in one]
        for meter, one in zip(lived.standing, values, strict=True)
    ]
    return [*_plain(home, lived, values, chance), *_plain(home, lived, later, chance)]


def _for_a_person(_home: Household, _lived: History, _values: Values, chance: random.Random) -> list[str]:
    return [
        chance.choice(("Позовите оператора", "Нам поменяли счётчик, что передавать? Показание нового 12", "оператор"))
    ]


def _something_else(_home: Household, _lived: History, _values: Values, chance: random.Random) -> list[str]:
    return chance.choice((
        ["баланс"],
        ["помощь"],
        ["Добрый день, когда придёт инспектор?", "вы меня слышите, когда придёт инспектор?"],
        ["Почему такой большой счёт? Пересчитайте", "Я жду ответа про пересчёт"],
        ["спасибо"],
    ))  # fmt: skip


_WAYS: dict[Way, int] = {
    _plain: 34,
    _account_first: 18,
    _in_words: 16,
    _put_right: 4,
    _ten_times: 5,
    _confirmed: 4,
    _impossible: 2,
    _below: 6,
    _exchanged: 5,
    _one_missing: 4,
    _for_a_person: 2,
    _something_else: 4,
}
