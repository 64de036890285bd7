"""What is said of an inspector's value that staff entered: taken, doubted, refused."""

from __future__ import annotations

from collections.abc import Sequence

from sbyt.core.periods import Period
from sbyt.usecases.customer_card import MeterCard
from sbyt.usecases.take_inspector_reading import Doubted, Inspected, TakenInspected, UnableToTakeInspected
from sbyt.web.office.codes import REASONS, said
from sbyt.web.office.customers.shown import Saying


class UnableToReadForm(ValueError):
    """What was filled in is no value or no day."""


def said_inspected(given: Inspected, taken: TakenInspected, card: MeterCard, saying: Saying) -> str:
    told = saying.words["inspected"].format(
        values=_values(given.values, card, saying), month=saying.month(taken.period)
    )
    if not taken.set_aside:
        return told
    months = ", ".join(saying.month(Period(month)) for month in taken.set_aside)
    return f"{told} {saying.words['inspected_aside'].format(months=months)}"


def said_doubted(error: Doubted, card: MeterCard, saying: Saying) -> str:
    used = saying.volume(error.used, card.facts.dial.decimals, card.resource)
    reason = said(REASONS, saying.language, error.code)
    return saying.words["doubt"].format(why=reason, use=used, day=saying.day(error.since))


def said_why_not_inspected(error: UnableToTakeInspected, card: MeterCard, saying: Saying) -> str:
    """Why it can't be taken, with the value that it contradicts where that is the reason."""
    other = error.other
    last = _values(other.values, card, saying) if other else ""
    return saying.words[f"control_{error.why}"].format(last=last, day=saying.day(other.taken_on) if other else "")


def _values(values: Sequence[int], card: MeterCard, saying: Saying) -> str:
    each = dict(zip(card.zones, values, strict=True))
    return saying.values(card.zones, each, card.facts.dial.decimals, card.facts.zones)
