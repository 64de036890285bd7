"""A task in words and figures, ready for the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sbyt.conversation.assignments import Moment
from sbyt.conversation.render import LANGUAGES
from sbyt.core.periods import Period, period_of_receipt
from sbyt.readings.models import StaffTask
from sbyt.usecases.customer_card import MeterCard
from sbyt.usecases.decide_task import Decided, UnableToDecide
from sbyt.usecases.receive_message.questions import CUSTOMER
from sbyt.usecases.staff_queue import Offered, Waiting
from sbyt.usecases.take_reading import doubt
from sbyt.web.office.codes import REASONS, said
from sbyt.web.office.customers.shown import Saying, address_of
from sbyt.web.office.data.words import code
from sbyt.web.office.queue.words import WORDS


@dataclass(frozen=True)
class ShownTask:
    """A line of the queue."""

    pk: int
    why: str
    what: str
    who: str
    when: str
    equals: str
    asked: str


def shown_task(one: Waiting, saying: Saying) -> ShownTask:
    task, words = one.task, WORDS[saying.language]
    text = " ".join(task.message.text.split()) if task.message else ""
    account = task.account
    who = f"{account.number} {address_of(account)}" if account else words["no_account"]
    asked = words["asked_at"].format(by=task.asked_by, at=saying.moment(task.asked_at)) if task.asked_at else ""
    return ShownTask(
        task.pk,
        said(REASONS, saying.language, task.reason),
        "; ".join(offered_said(offered, saying) for offered in one.offered if offered.values)
        or text
        or said(REASONS, saying.language, "photo"),
        who,
        saying.moment(task.message.received_at if task.message else task.created_at),
        words["equals"].format(count=one.equals) if one.equals else "",
        asked,
    )


def offered_said(one: Offered, saying: Saying) -> str:
    """«электроэнергия …0001: день 8242, ночь 3104»."""
    zones = one.zones or tuple(f"T{at + 1}" for at in range(len(one.values)))
    values = dict(zip(zones, one.values, strict=False))
    written = saying.values(list(values), values, one.decimals, len(zones))
    name = f"{code(one.resource.value)} " if one.resource else ""
    return f"{name}{LANGUAGES[saying.language].tail(one.serial)}: {written}" if one.serial else written


@dataclass(frozen=True)
class Judged:
    """What the checks say of values now, with what they are compared with."""

    verdict: str
    doubted: bool
    compared: Sequence[str]


def judged(one: Offered, card: MeterCard, task: StaffTask, saying: Saying) -> Judged | None:
    """What the checks say of what is offered, by what is known now; None where it fits the meter no more."""
    facts, words, settings = card.facts, WORDS[saying.language], saying.settings
    if len(one.values) != facts.zones or task.message is None:
        return None
    at = task.message.received_at.astimezone(saying.zone)
    moment = Moment(at, period_of_receipt(at.date(), settings.window.last_day))
    why = doubt(facts, one.values, moment, settings)
    known = facts.history(moment.period, settings.estimates)
    compared = []
    if known.last:
        last = dict(zip(card.zones, known.last.values, strict=True))
        written = saying.values(card.zones, last, facts.dial.decimals, facts.zones)
        compared.append(words["last"].format(values=written, day=saying.day(known.last.taken_on)))
        used = saying.volume(sum(one.values) - sum(known.last.values), facts.dial.decimals, card.resource)
        compared.append(words["used"].format(use=used, day=saying.day(known.last.taken_on)))
    averages = [average for average in known.averages if average is not None]
    if len(averages) == facts.zones:
        compared.append(words["usual"].format(use=saying.volume(sum(averages), facts.dial.decimals, card.resource)))
    verdict = said(REASONS, saying.language, why).lower() if why else words["plausible"]
    return Judged(verdict, why is not None, compared)


def drafts(one: Waiting, language: str, now: dt.datetime, saying: Saying) -> Mapping[str, str]:
    """What to say to the customer, in the language in which they are talked with, to begin from."""
    words, names = WORDS[language], LANGUAGES[language]
    offered = [each for each in one.offered if each.serial]
    if len(offered) != 1:
        return {"ask": words["ask_text_words"]}
    (only,) = offered
    serial = names.tail(only.serial)
    if not only.values:
        return {"ask": words["ask_text"].format(serial=serial)}
    zones = only.zones or ("T1",)
    values = dict(zip(zones, only.values, strict=False))
    written = Saying(language, saying.zone, saying.settings).values(list(values), values, only.decimals, len(zones))
    told = {"values": written, "serial": serial, "until": names.day(_until(now, saying))}
    return {"ask": words["ask_text_sent"].format(**told), "refuse": words["refuse_text"].format(**told)}


def _until(now: dt.datetime, saying: Saying) -> dt.date:
    """The last day of the window that is open or comes next."""
    today, window = now.astimezone(saying.zone).date(), saying.settings.window
    closes = window.closes(today)
    return closes if today <= closes else window.closes(Period.of(today).plus(1).first_day)


def fields(card: MeterCard, one: Waiting, filled: Mapping[str, str], saying: Saying) -> list[tuple[str, str, str]]:
    """The registers of a meter: each with its name, and what was filled in, else what the customer offered."""
    offered = next((each for each in one.offered if each.serial == card.meter.serial), None)
    values = dict(zip(card.zones, offered.values, strict=False)) if offered else {}
    names, of = LANGUAGES[saying.language], card.facts.zones
    found = []
    for zone in card.zones:
        written = saying.index(values[zone], card.facts.dial.decimals) if zone in values else ""
        mine = filled.get("meter") == card.meter.serial
        name = names.zone(zone, of) if of > 1 else saying.words["value"]
        found.append((zone, name, filled.get(zone, "") if mine else written))
    return found


# what came of it -----------------------------------------------------------------------------------------------------


def closed(task: StaffTask, saying: Saying) -> str:
    """How a task was decided, by whom and when; empty while it is open."""
    if task.closed_at is None:
        return ""
    words = WORDS[saying.language]
    if task.closed_by == CUSTOMER:
        return f"{words['was_customer']}, {saying.moment(task.closed_at)}"
    how = words[f"was_{task.decision or StaffTask.Decision.CLOSED}"]
    return f"{how}: {task.closed_by}, {saying.moment(task.closed_at)}"


def done(do: str, decided: Decided, saying: Saying) -> str:
    """What a decision came to."""
    words = WORDS[saying.language]
    said_ = [words[f"done_{_DONE[do]}"]]
    if decided.others:
        said_.append(words["done_equals"].format(count=decided.others))
    if do in ("take", "ask", "refuse", "answer"):
        said_.append(words["told"].format(text=decided.told) if decided.told else words["not_told"])
    return " ".join(said_)


_DONE = {
    "take": "taken",
    "ask": "asked",
    "refuse": "refused",
    "answer": "answered",
    "close": "closed",
    "again": "again",
}


def unable(error: UnableToDecide, saying: Saying) -> str:
    """Why a task can't be decided so."""
    words = WORDS[saying.language]
    if error.reason == "decided" and error.at:
        return words["decided"].format(by=error.by, at=saying.moment(error.at))
    return words[{"no_way": "no_way_short"}.get(error.reason, error.reason)]
