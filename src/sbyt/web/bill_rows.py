"""A bill and the meters to read as the template shows them, and what is sent back as a message."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sbyt.accounts.bill_choices import How
from sbyt.billing.explain_words import Telling
from sbyt.conversation.render import LANGUAGES
from sbyt.core.periods import Period
from sbyt.core.resources import Resource
from sbyt.core.units import from_units
from sbyt.usecases.instant_bill import InstantBill, Line, MeterToRead
from sbyt.web.bill_words import WORDS
from sbyt.web.words import day_of_month

#: What a number ends in: enough for who holds the bill, little for who looks over a shoulder.
_SHOWN_FIGURES = 4
#: So many windows of full width find room on the narrowest telephone.
_WIDE_WINDOWS = 7


class UnableToReadFields(ValueError):
    """Something else than figures stands in a field. ``problem`` is the word that says so."""

    problem = "figures"


def masked(number: str) -> str:
    return number if len(number) <= _SHOWN_FIGURES else f"…{number[-_SHOWN_FIGURES:]}"


def masked_email(address: str) -> str:
    """``i•••@example.org``."""
    local, _, domain = address.partition("@")
    return f"{local[:1] if len(local) > 1 else ''}•••@{domain}"


# the bill -------------------------------------------------------------------------------------------------------------


def bill_of(instant: InstantBill, language: str) -> dict[str, Any]:
    """What is owed, until when, and the lines it is made of."""
    words, telling = WORDS[language], Telling(language)
    owed, bill = instant.owed, instant.bill
    billed = telling.money(bill.closing) if bill.closing >= 0 else _credit(words, telling, bill.closing)
    return {
        "account": masked(bill.account.number),
        "title": words["bill"].format(month=telling.month(instant.period)),
        "owed": telling.money(owed) if owed > 0 else "",
        "until": words["until"].format(day=day_of_month(instant.due, language)),
        "settled": words["all_paid"] if owed == 0 else words["credit"].format(amount=telling.money(-owed)),
        "since": words["paid_since"].format(billed=billed, paid=telling.money(instant.paid_since))
        if instant.paid_since
        else "",
        "sums": _sums(instant, telling),
        "lines": [_line(line, language) for line in instant.charges],
        "earlier": [_line(line, language) for line in instant.recalculations],
        "recalculated": telling.money(bill.recalculated),
        "is_estimated": any(line.charge.basis != "actual" for line in instant.charges),
    }


def _credit(words: Mapping[str, str], telling: Telling, amount: int) -> str:
    return words["credit_before"].format(amount=telling.money(-amount))


def _sums(instant: InstantBill, telling: Telling) -> list[tuple[str, str]]:
    """How the closing sum came about; what is nothing is left out."""
    bill = instant.bill
    found = (("opening", bill.opening), ("charged", bill.charged), ("recalculated", bill.recalculated))
    sums = [(telling.words[name], telling.money(amount)) for name, amount in found if amount]
    if bill.paid:
        sums.append((telling.words["paid"], telling.money(-bill.paid)))
    return [*sums, (telling.words["closing"], telling.money(bill.closing))]


def _line(line: Line, language: str) -> dict[str, Any]:
    charge, telling, names = line.charge, Telling(language), LANGUAGES[language]
    meter = charge.register.meter
    resource = Resource(meter.resource)
    what = [names.resources[resource].capitalize()]
    if meter.zones > 1:
        what.append(names.zone(charge.register.zone, meter.zones))
    sign = "−" if charge.volume < 0 else ""
    return {
        "what": ", ".join(what),
        "meter": masked(meter.serial),
        "month": telling.month(Period(charge.for_period)),
        "volume": f"{sign}{names.index(abs(charge.volume), meter.decimals)} {names.units[resource]}",
        "basis": WORDS[language][charge.basis],
        "amount": telling.money(charge.amount),
        "why": list(telling.why(line.explained)) if line.explained else [],
    }


# the meters -----------------------------------------------------------------------------------------------------------


def meters_of(instant: InstantBill, language: str, filled: Mapping[str, str]) -> list[dict[str, Any]]:
    """The meters, each with a field for every register that looks like its dial."""
    return [_meter(meter, instant.reading_for, language, filled) for meter in instant.meters]


def _meter(meter: MeterToRead, period: Period, language: str, filled: Mapping[str, str]) -> dict[str, Any]:
    words, names, facts = WORDS[language], LANGUAGES[language], meter.facts
    last = meter.history.last
    hints = []
    if last:
        day = day_of_month(last.taken_on, language)
        hints.append(words["last"].format(values=_values(meter, last.values, language), day=day))
    if meter.entered:
        month = Telling(language).month(period)
        hints.append(words["there"].format(month=month, values=_values(meter, meter.entered, language)))
    return {
        "id": meter.id,
        "what": names.resources[facts.dial.resource].capitalize(),
        "serial": masked(facts.serial),
        "hint": " ".join(hints),
        "unit": names.units[facts.dial.resource],
        "registers": [_register(meter, at, zone, language, filled) for at, zone in enumerate(facts.zone_names)],
    }


def _register(meter: MeterToRead, at: int, zone: str, language: str, filled: Mapping[str, str]) -> dict[str, Any]:
    """One dial. The figures in grey are the newest that we have; what is used counts from the month before."""
    words, names, dial = WORDS[language], LANGUAGES[language], meter.facts.dial
    last, name = meter.history.last, _name(meter, zone)
    newest = meter.entered or (last.values if last else ())
    whole, _, rest = from_units(newest[at], dial.decimals).partition(".") if newest else ("", "", "")
    unit, average = names.units[dial.resource], meter.history.averages[at]
    used = ""
    if last:
        used = words["used"].format(used=f"{{used}} {unit}", day=day_of_month(last.taken_on, language))
        usual = f"{names.index(average, dial.decimals)} {unit}" if average else ""
        used += f" {words['usual'].format(usual=usual)}" if usual else ""
    return {
        "name": name,
        "rest_name": f"{name}-rest",
        "label": names.zone(zone, meter.facts.zones).capitalize() if meter.facts.zones > 1 else words["reading"],
        "windows": range(dial.digits),
        "rest_windows": range(dial.decimals),
        "digits": dial.digits,
        "decimals": dial.decimals,
        "is_wide": dial.digits + dial.decimals > _WIDE_WINDOWS,
        "ghost": whole.zfill(dial.digits) if newest else "",
        "ghost_rest": rest,
        "value": filled.get(name, ""),
        "rest_value": filled.get(f"{name}-rest", ""),
        "last": last.values[at] if last else "",
        "used": used,
        "less": words["less"].format(last=names.index(last.values[at], dial.decimals)) if last else "",
    }


def _values(meter: MeterToRead, values: Sequence[int], language: str) -> str:
    names, zones = LANGUAGES[language], meter.facts.zone_names
    written = [names.index(value, meter.facts.dial.decimals) for value in values]
    if len(zones) == 1:
        return written[0]
    return ", ".join(f"{names.zone(zone, len(zones))} {value}" for zone, value in zip(zones, written, strict=True))


def _name(meter: MeterToRead, zone: str) -> str:
    """What the field of a register is called."""
    return f"m{meter.id}-{zone}"


# what is sent ---------------------------------------------------------------------------------------------------------


def message_of(account: str, meters: Sequence[MeterToRead], filled: Mapping[str, str], language: str) -> str:
    """What stands in the fields, as somebody would write it: account, meter, values. Empty if nothing does.

    :raises UnableToReadFields: if something else than figures does.
    """
    said = [one for meter in meters if (one := _said_of(meter, filled, language))]
    if not said:
        return ""
    named = re.fullmatch(r"[\d\s-]+", account)  # what has letters in it is known by them
    return f"{_ACCOUNT[language] if named else ''} {account} {', '.join(said)}".strip()


def shown(text: str, account: str) -> str:
    """A message as the page quotes it: without the whole number of the account."""
    return text.replace(account, masked(account))


def _said_of(meter: MeterToRead, filled: Mapping[str, str], language: str) -> str:
    names, facts = LANGUAGES[language], meter.facts
    values = []
    for zone in facts.zone_names:
        whole, rest = (re.sub(r"\s", "", filled.get(_name(meter, zone) + part, "")) for part in ("", "-rest"))
        if not re.fullmatch(r"\d*([.,]\d+)?", whole) or not re.fullmatch(r"\d*", rest):
            raise UnableToReadFields
        if not whole and not rest:
            continue
        value = f"{whole or '0'},{rest}" if rest and whole.isdigit() else whole or f"0,{rest}"
        values.append(f"{names.zone(zone, facts.zones)} {value}" if facts.zones > 1 else value)
    return f"{_METER[language]} {facts.serial} {' '.join(values)}" if values else ""


#: As the dialogue reads them.
_ACCOUNT = {"ru": "лс", "en": "account"}
_METER = {"ru": "счётчик", "en": "meter"}


# the way it comes -----------------------------------------------------------------------------------------------------


def way_of(instant: InstantBill, language: str, done: How | None) -> dict[str, str]:
    """How the bill comes, and how it could. ``done``: what was chosen just now."""
    words, email = WORDS[language], masked_email(instant.email) if instant.email else ""
    electronic = instant.choice is How.ELECTRONIC
    if not email:
        return {"said": words["no_email_more" if electronic else "no_email"], "choice": "", "button": "", "done": ""}
    return {
        "said": words["way_electronic" if electronic else "way_paper"].format(email=email),
        "choice": (How.PAPER if electronic else How.ELECTRONIC).value,
        "button": words["to_paper" if electronic else "to_electronic"].format(email=email),
        "done": words[f"done_{done}"].format(email=email) if done else "",
    }
