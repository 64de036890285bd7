"""How many messages a second one core understands: ``mentions`` and ``reply``, without any database.

Beside it, in the same run and on the same texts, phonenumbers looks for phone numbers: another reader of free text that
anyone can run. The two alternate; figures are medians.

    python benchmarks/understanding.py [ROUNDS]
"""

from __future__ import annotations

import datetime as dt
import gc
import random
import statistics
import sys
import time
from collections.abc import Callable

import phonenumbers

from sbyt.conversation import parsing
from sbyt.conversation.dialogue import reply
from sbyt.conversation.facts import AccountFacts, Facts, MeterFacts
from sbyt.conversation.mentions import mentions
from sbyt.conversation.state import Event, Outcome, State
from sbyt.core.periods import Period
from sbyt.core.resources import Resource
from sbyt.core.units import from_units
from sbyt.metering.checks import Dial
from sbyt.metering.counting import Counted

MESSAGES = 4_000
NOW = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.UTC)
PERIOD = Period.of(NOW.date())

#: How people write; ``{a}`` the account, ``{s}`` the serial, ``{v}`` the values, ``{1}`` … each of them.
ONE = (
    "{a} {1}",
    "{a}#{s}#{1}",
    "{a}*{1}",
    "лс {a} показание {1}",
    "Лицевой счет: {a}\nАбонент: Иванов И.И.\nАдрес: г. Ухта, ул. Мира, д. 3, кв. 14\nПоказания: 00{1}",
    "Здравствуйте! Передаю показания за ноябрь: {1} кВт·ч, л/с {a}. С уважением, Иванов, тел. 8 912 000 01 01",
    "{a} на 20.11.2026 - {1}",
    "Добрый день, счёт {a}, свет {1}. Оплатил 1 234,56 руб. 18 ноября.",
)
TWO = ("{a} {1} {2}", "{a} т1 {1} т2 {2}", "{a} день {1} ночь {2}", "{a}#{s}#{1}#{2}", "ночь {2} день {1} лс {a}")
FLAT = ("{a} 1Э{1} 1Г{2} 1Х{3}", "{a} свет {1} гвс {2} хвс {3}", "{a}: {1} свет, {2} горячая, {3} холодная")


def world(seed: int) -> list[tuple[str, Facts]]:
    """Messages in published formats, each with what is known when it comes."""
    draw = random.Random(seed)
    made = []
    for number in range(MESSAGES):
        formats, kinds = draw.choice(
            (
                (ONE, [(Resource.ELECTRICITY, 1)]),
                (ONE, [(Resource.ELECTRICITY, 1)]),
                (TWO, [(Resource.ELECTRICITY, 2)]),
                (FLAT, [(Resource.ELECTRICITY, 1), (Resource.HOT_WATER, 1), (Resource.COLD_WATER, 1)]),
            )
        )
        meters, values = [], []
        for at, (resource, zones) in enumerate(kinds):
            found, now = _meter(draw, f"{40_000_000 + 10 * number + at}", resource, zones)
            meters.append(found)
            values += now
        account = AccountFacts(f"2{number:09d}", tuple(meters))
        text = draw.choice(formats).format(*["", *values], a=account.number, s=meters[0].serial)
        made.append((text, Facts((account,), (), frozenset({10}), longest_dial=8)))
    return made


def _meter(draw: random.Random, serial: str, resource: Resource, zones: int) -> tuple[MeterFacts, list[str]]:
    decimals = 0 if resource is Resource.ELECTRICITY else 3
    unit = 10**decimals
    monthly = [draw.randint(60, 200) * unit // (1 if decimals == 0 else 20) for _ in range(zones)]
    last = [((3 - at) * 4_000 if decimals == 0 else 150) * unit + draw.randint(0, 900) for at in range(zones)]
    counted = [
        Counted(
            PERIOD - 1 - ago,
            tuple(value - use * ago for value, use in zip(last, monthly, strict=True)),
            Period(PERIOD - 1 - ago).first_day.replace(day=20),
            (None,) * zones,
        )
        for ago in range(8, -1, -1)
    ]
    now = [from_units(value + use, decimals, trim=True) for value, use in zip(last, monthly, strict=True)]
    return MeterFacts(serial, Dial(resource, 5, decimals), zones, counted), now


def understand(made: list[tuple[str, Facts]]) -> int:
    """Read every message; how many were taken."""
    taken = 0
    for text, facts in made:
        mentions(text)
        taken += reply(State(), Event(text), facts, NOW).outcome is Outcome.ACCEPTED
    return taken


def find_phones(made: list[tuple[str, Facts]]) -> int:
    """The outside figure: every phone number in the same texts."""
    return sum(1 for text, _ in made for _ in phonenumbers.PhoneNumberMatcher(text, "RU"))


def seconds(work: Callable[[list[tuple[str, Facts]]], int], made: list[tuple[str, Facts]]) -> float:
    parsing._parse_kept.cache_clear()  # every message as if for the first time
    began = time.process_time()
    work(made)
    return time.process_time() - began


def main(rounds: int) -> None:
    made = world(seed=7)
    taken = understand(made)
    gc.freeze()  # the world stands for the database, it is no garbage to look through
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(seconds(understand, made))
        theirs.append(seconds(find_phones, made))
    print(
        f"{MESSAGES} messages in {len(ONE + TWO + FLAT)} formats, {taken} taken, {rounds} rounds, one core, CPU time\n"
    )
    print("| what | median messages/s | slowest | fastest |")
    print("|---|---|---|---|")
    for name, times in (("sbyt: mentions and reply", ours), ("phonenumbers: PhoneNumberMatcher", theirs)):
        rates = sorted(MESSAGES / one for one in times)
        print(f"| {name} | {statistics.median(rates):,.0f} | {rates[0]:,.0f} | {rates[-1]:,.0f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
