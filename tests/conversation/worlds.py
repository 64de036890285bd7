"""Random accounts with meters and a history, and their readings written the way retailers publish it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from sbyt.conversation.facts import AccountFacts, Facts, MeterFacts
from sbyt.core.periods import Period
from sbyt.core.resources import ZONES, Resource
from sbyt.core.units import from_units
from sbyt.metering.checks import Dial
from sbyt.metering.counting import Counted

ZONE = ZoneInfo("Europe/Moscow")
NOW = dt.datetime(2026, 11, 20, 10, 0, tzinfo=ZONE)
PERIOD = Period.of(NOW.date())
DIGITS = "0123456789"


def meter(
    serial: str,
    resource: Resource = Resource.ELECTRICITY,
    *,
    last: tuple[int, ...] = (4310,),
    monthly: tuple[int, ...] = (120,),
    digits: int = 5,
    decimals: int = 0,
    months: int = 8,
    **more: object,
) -> MeterFacts:
    """A meter read each month up to October 2026; ``last`` and ``monthly`` in whole units, for each register."""
    counted = [
        Counted(
            PERIOD - 1 - ago,
            tuple(value - use * ago for value, use in zip(last, monthly, strict=True)),
            Period(PERIOD - 1 - ago).first_day.replace(day=20),
            (None,) * len(last),
        )
        for ago in range(months, -1, -1)
    ]
    return MeterFacts(serial, Dial(resource, digits, decimals), len(last), counted, **more)  # type: ignore[arg-type]


def facts(*accounts: AccountFacts, linked: tuple[str, ...] = (), **more: object) -> Facts:
    lengths = frozenset(len(account.number) for account in accounts) or frozenset({10})
    return Facts(accounts, linked, lengths, longest_dial=8, **more)  # type: ignore[arg-type]


# random worlds ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Home:
    """An account and what its dials show on the day, in whole units, for each meter in the order of import."""

    account: AccountFacts
    values: tuple[tuple[int, ...], ...]

    def written(self, which: int) -> list[str]:
        """The values of a meter as a person writes them, with a comma."""
        decimals = self.account.meters[which].dial.decimals
        return [from_units(value, decimals, trim=True).replace(".", ",") for value in self.values[which]]

    def taken(self) -> set[tuple[str, str, int]]:
        """What must be stored: serial, zone, value in units."""
        return {
            (meter.serial, zone, value)
            for meter, values in zip(self.account.meters, self.values, strict=True)
            for zone, value in zip(ZONES, values, strict=False)
        }


@st.composite
def meters_with_values(
    draw: st.DrawFn, serial: str, resource: Resource, zones: int
) -> tuple[MeterFacts, tuple[int, ...]]:
    """A meter with a steady history, and a usual reading of it now.

    The registers of one meter are far apart, so that none could be taken for the other.
    """
    decimals = 0 if resource is Resource.ELECTRICITY else 3
    unit = 10**decimals
    monthly = tuple(draw(st.integers(60, 200)) * unit // (1 if decimals == 0 else 20) for _ in range(zones))
    low = 12_000 if decimals == 0 else 150
    last = tuple(
        (low * (zones - at) + draw(st.integers(0, 2_000 if decimals == 0 else 40))) * unit for at in range(zones)
    )
    used = tuple(use * draw(st.integers(40, 180)) // 100 for use in monthly)
    values = tuple(before + use for before, use in zip(last, used, strict=True))
    return meter(serial, resource, last=last, monthly=monthly, decimals=decimals), values


@st.composite
def homes(draw: st.DrawFn, kinds: tuple[tuple[Resource, int], ...]) -> Home:
    """An account with one meter of each kind: resource and number of registers."""
    number = draw(st.sampled_from(("00", "2", "71"))) + draw(st.text(DIGITS, min_size=8, max_size=8))
    serials = draw(st.lists(st.integers(10_000_000, 99_999_999), min_size=len(kinds), max_size=len(kinds), unique=True))
    found = [
        draw(meters_with_values(str(serial), resource, zones))
        for serial, (resource, zones) in zip(serials, kinds, strict=True)
    ]
    account = AccountFacts(number.ljust(10, "3"), tuple(one for one, _ in found))
    return Home(account, tuple(values for _, values in found))


# published formats --------------------------------------------------------------------------------------------------

#: For a home with one electricity meter, whatever its registers.
POWER_FORMATS: dict[str, Callable[[Home], str]] = {
    "account values": lambda home: " ".join([home.account.number, *home.written(0)]),
    "account serial values": lambda home: " ".join(
        [home.account.number, home.account.meters[0].serial, *home.written(0)]
    ),
    "account#serial#values": lambda home: "#".join(
        [home.account.number, home.account.meters[0].serial, *home.written(0)]
    ),
    "account*values": lambda home: "*".join([home.account.number, *home.written(0)]),
    "account, new lines": lambda home: "\n".join([home.account.number, *home.written(0)]),
    "leading zeros": lambda home: " ".join([home.account.number, *(value.zfill(7) for value in home.written(0))]),
    "labelled lines": lambda home: (
        f"Лицевой счет: {home.account.number}\nАбонент: Иванов И.И.\nАдрес: г. Ухта, ул. Мира, д. 3, кв. 14\n"
        f"Показания: {' '.join(home.written(0))}"
    ),
    "T1 T2 T3": lambda home: " ".join(
        [f"лс {home.account.number}", *(f"т{at} {value}" for at, value in enumerate(home.written(0), 1))]
    ),
    "T1-… in capitals": lambda home: " ".join(
        [f"Л/С {home.account.number}", *(f"Т{at}-{value}" for at, value in enumerate(home.written(0), 1))]
    ),
}
#: For a home with one electricity, one hot and one cold water meter.
FLAT_FORMATS: dict[str, Callable[[Home], str]] = {
    "codes": lambda home: f"{home.account.number} 1Э{home.written(0)[0]} 1Г{home.written(1)[0]} 1Х{home.written(2)[0]}",
    "codes in another order": lambda home: (
        f"{home.account.number} 1Х{home.written(2)[0]} 1Э{home.written(0)[0]} 1Г{home.written(1)[0]}"
    ),
    "words": lambda home: (
        f"{home.account.number} свет {home.written(0)[0]} гвс {home.written(1)[0]} хвс {home.written(2)[0]}"
    ),
    "words behind": lambda home: (
        f"{home.account.number}: {home.written(0)[0]} свет, {home.written(1)[0]} горячая, {home.written(2)[0]} холодная"
    ),
    "lines": lambda home: (
        f"лицевой счёт № {home.account.number}\nэлектроэнергия: {home.written(0)[0]} кВт·ч\n"
        f"горячая вода - {home.written(1)[0]} м3\nхолодная вода - {home.written(2)[0]} м3"
    ),
    "serials": lambda home: "\n".join(
        [home.account.number]
        + [f"{meter.serial} {home.written(at)[0]}" for at, meter in enumerate(home.account.meters)]
    ),
}
#: What people add that is no reading.
NOISE = (
    "Здравствуйте!",
    "Добрый день,",
    "Доброй ночи.",
    "Передаю показания за ноябрь 2026 г.",
    "на 20.11.2026",
    "20 ноября",
    "тел. 8 912 000 01 01",
    "+7 (912) 000-01-02",
    "оплатил 1 234,56 руб.",
    "С уважением, Петров",
    "ул. Мира, д. 3, кв. 14",
    "ivanov@example.org",
    "спасибо большое",
    "🙂",
)
