"""What a customer might write just now: worked out from their last readings, so that "right" is right."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sbyt.accounts.models import Link
from sbyt.accounts.owners import OwnerLink
from sbyt.accounts.queries import meters_of
from sbyt.conversation.facts import AccountFacts, MeterFacts
from sbyt.core.periods import Period, period_of_receipt
from sbyt.core.resources import ZONES, Resource
from sbyt.core.settings import Settings
from sbyt.messaging.channel import Handset
from sbyt.readings.queries import handed_in
from sbyt.usecases.receive_message.facts import account_facts
from sbyt.usecases.simulator.customers import Customer

#: How customers call what a meter measures, in words that the dialogue knows.
_CALLED = {
    "ru": {
        Resource.ELECTRICITY: "свет",
        Resource.HOT_WATER: "гвс",
        Resource.COLD_WATER: "хвс",
        Resource.GAS: "газ",
        Resource.HEAT: "тепло",
    },
    "en": {
        Resource.ELECTRICITY: "electricity",
        Resource.HOT_WATER: "hot",
        Resource.COLD_WATER: "cold",
        Resource.GAS: "gas",
        Resource.HEAT: "heat",
    },
}
_REGISTERS = {
    "ru": {1: ("",), 2: ("день", "ночь"), 3: ("т1", "т2", "т3")},
    "en": {1: ("",), 2: ("day", "night"), 3: ("t1", "t2", "t3")},
}
_RUBBISH = {"ru": "Кто-нибудь видел моего кота?", "en": "Has anybody seen my cat?"}
_LETTER = {
    "ru": "Здравствуйте!\n\n{account}{said}.\n\nС уважением,\n{name}",
    "en": "Good afternoon,\n\n{account}{said}.\n\nKind regards,\n{name}",
}
_ACCOUNT = {"ru": "Лицевой счёт {number}. ", "en": "Account {number}. "}


class Example(NamedTuple):
    """Something to press instead of typing it: a code for what it shows, and the text that is sent."""

    code: str
    text: str


@dataclass(frozen=True)
class _Writing:
    """How somebody with such a handset writes readings."""

    handset: Handset
    language: str
    name: str

    def meter(self, meter: MeterFacts, values: Sequence[int], beside: Sequence[MeterFacts]) -> str:
        """The values of a meter, which is named where there are others beside it."""
        figures = [str(value // 10**meter.dial.decimals) for value in values]
        if self.handset == "keypad":
            return "*".join([*([meter.serial] if len(beside) > 1 else []), *figures])
        if self.handset == "mail":
            registers = _REGISTERS[self.language][len(figures)]
            figures = [f"{register} {figure}".strip() for register, figure in zip(registers, figures, strict=True)]
        alike = [one for one in beside if one.dial.resource is meter.dial.resource]
        called = meter.serial if len(alike) > 1 else _CALLED[self.language][meter.dial.resource]
        return " ".join([*([called] if len(beside) > 1 else []), *figures])

    def together(self, meters: Sequence[str]) -> str:
        """Several meters in one message."""
        return ("*" if self.handset == "keypad" else ", ").join(meters)

    def message(self, said: str, number: str = "") -> str:
        """A whole message, with the account where it must be named."""
        if self.handset == "mail":
            account = _ACCOUNT[self.language].format(number=number) if number else ""
            return _LETTER[self.language].format(account=account, said=said, name=self.name).rstrip()
        between = "*" if self.handset == "keypad" else " "
        return f"{number}{between}{said}" if number else said

    @property
    def rubbish(self) -> Example:
        """What is no reading: of a telephone, a key that was hit by mistake."""
        return Example("slip", "7") if self.handset == "keypad" else Example("rubbish", _RUBBISH[self.language])


def examples(
    customer: Customer,
    others: Collection[Customer],
    address: OwnerLink,
    handset: Handset,
    settings: Settings,
    now: dt.datetime,
    language: str,
) -> list[Example]:
    """What this customer might write by this handset, as far as their meters allow it.

    :param others: customers of whom one is taken for somebody else's account.
    """
    linked = set(
        Link.objects.filter(kind=address.kind, address=address.address, ended_at=None).values_list(
            "account__number", flat=True
        )
    )
    stranger = next((one for one in others if one.account not in linked and one.id != customer.id), None)
    today = now.astimezone(settings.zone).date()
    period = period_of_receipt(today, settings.window.last_day)
    facts = _facts([one for one in (customer, stranger) if one], settings)
    own, writing = facts[customer.account].active, _Writing(handset, language, customer.name)
    if not own:
        return [writing.rubbish]
    number = customer.account if linked - {customer.account} else ""
    usual = {meter.serial: _usual(meter, period, settings) for meter in own}
    main = own[0]
    found = [Example("right", writing.message(writing.meter(main, usual[main.serial], own), number))]
    if parts := _exchanged(own, usual, lambda meter, values: writing.meter(meter, values, own)):
        found.append(Example("swapped", writing.message(writing.together(parts), number)))
    much = _too_much(main, period, settings)
    found.append(Example("much", writing.message(writing.meter(main, much, own), number)))
    theirs = facts[stranger.account].active if stranger else ()
    if stranger and theirs:
        values = _usual(theirs[0], period, settings)
        said = writing.meter(theirs[0], values, theirs)
        found.append(Example("stranger", writing.message(said, stranger.account)))
        if len(own) == 1 and handset in ("short", "messenger"):
            first = writing.meter(main, usual[main.serial], own)
            found.append(Example("several", f"{customer.account} {first}\n{stranger.account} {said}"))
    if len(own) > 1:
        said = writing.together([writing.meter(meter, usual[meter.serial], own) for meter in own])
        found.append(Example("several", writing.message(said, number)))
    found.append(writing.rubbish)
    return found


def _facts(customers: Sequence[Customer], settings: Settings) -> dict[str, AccountFacts]:
    meters = meters_of([one.id for one in customers])
    zones = {register: zone for meter in meters for register, zone in zip(meter.registers, ZONES, strict=False)}
    handed = handed_in(zones, settings.zone)
    of_account = defaultdict(list)
    for meter in meters:
        of_account[meter.account].append(meter)
    return {one.account: account_facts(one.account, of_account[one.id], handed, None) for one in customers}


def _usual(meter: MeterFacts, period: Period, settings: Settings) -> list[int]:
    """What the registers show if as much was used as always, in whole kWh or m3; more than was sent already."""
    unit = int(10**meter.dial.decimals)
    known = meter.history(period, settings.estimates)
    last = known.last.values if known.last else (0,) * meter.zones
    used = _used_as_always(meter, period, settings)
    values = [value + use for value, use in zip(last, used, strict=True)]
    if sent := meter.entered(period):
        values = [max(value, before + unit) for value, before in zip(values, sent, strict=True)]
    return [-(-value // unit) * unit % meter.dial.full for value in values]


def _used_as_always(meter: MeterFacts, period: Period, settings: Settings) -> list[int]:
    known = meter.history(period, settings.estimates)
    months = max(period - known.last.period, 1) if known.last else 1
    little = settings.checks.limits(meter.dial.resource).high_from * int(10**meter.dial.decimals) // 4
    return [(average if average is not None else little) * months for average in known.averages]


def _too_much(meter: MeterFacts, period: Period, settings: Settings) -> list[int]:
    """What the registers show if ten times as much was used: unusual, and still possible."""
    unit = int(10**meter.dial.decimals)
    known = meter.history(period, settings.estimates)
    last = known.last.values if known.last else (0,) * meter.zones
    least = settings.checks.limits(meter.dial.resource).high_from * unit * 3 // 2
    used = [max(10 * use, least) for use in _used_as_always(meter, period, settings)]
    return [-(-(value + use) // unit) * unit % meter.dial.full for value, use in zip(last, used, strict=True)]


def _exchanged(
    meters: Sequence[MeterFacts], usual: dict[str, list[int]], write: Callable[[MeterFacts, Sequence[int]], str]
) -> list[str]:
    """Day and night exchanged, else hot and cold water; empty where there is nothing to exchange."""
    for meter in meters:
        if meter.zones == 2:
            return [write(meter, usual[meter.serial][::-1])]
    water = [
        next((meter for meter in meters if meter.dial.resource is resource), None)
        for resource in (Resource.COLD_WATER, Resource.HOT_WATER)
    ]
    match water:
        case [MeterFacts() as cold, MeterFacts() as hot] if cold.dial.decimals == hot.dial.decimals:
            return [write(cold, usual[hot.serial]), write(hot, usual[cold.serial])]
    return []
