"""A customer's card in words and figures, ready for the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sbyt.accounts.models import Account, Link, Premises
from sbyt.accounts.search import Found
from sbyt.billing.explain_words import Telling
from sbyt.conversation.render import LANGUAGES
from sbyt.core.periods import Period
from sbyt.core.resources import Resource
from sbyt.core.settings import Settings
from sbyt.messaging.dialogues import Answer, Entry
from sbyt.messaging.numbers import short_number
from sbyt.messaging.photos import Missing
from sbyt.metering.checks import Code
from sbyt.readings.models import Reading
from sbyt.usecases.customer_card import BillCard, CustomerCard, Handed, MeterCard, Month, parties_of
from sbyt.web.office.codes import OUTCOMES, PURPOSES, REASONS, said
from sbyt.web.office.customers.chart import Chart, chart
from sbyt.web.office.customers.words import WORDS
from sbyt.web.office.data.words import code

_SHORT = {
    "ru": ("янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
#: So many readings are shown at once; the others open below.
_FEW, _FEWER = 8, 4
_CHECKS = {one.value for one in Code}


@dataclass(frozen=True)
class Saying:
    """How one language and one time zone say things."""

    language: str
    zone: dt.tzinfo
    settings: Settings

    @property
    def words(self) -> Mapping[str, str]:
        return WORDS[self.language]

    def day(self, at: dt.date) -> str:
        return f"{at:%d.%m.%Y}"

    def moment(self, at: dt.datetime) -> str:
        return f"{at.astimezone(self.zone):%d.%m.%Y %H:%M}"

    def month(self, period: Period) -> str:
        return f"{_SHORT[self.language][period.month - 1]}\u00a0{period.year}"

    def money(self, amount: int) -> str:
        return Telling(self.language).money(amount)

    def index(self, units: int, decimals: int) -> str:
        sign = "−" if units < 0 else ""
        return sign + LANGUAGES[self.language].index(abs(units), decimals)

    def volume(self, units: int, decimals: int, resource: Resource) -> str:
        return f"{self.index(units, decimals)}\u00a0{LANGUAGES[self.language].units[resource]}"

    def values(self, zones: Sequence[str], values: Mapping[str, int], decimals: int, of: int) -> str:
        """The registers of a meter, each by its name where there are several."""
        if of == 1:
            return " ".join(self.index(value, decimals) for value in values.values())
        names = LANGUAGES[self.language]
        return ", ".join(f"{names.zone(zone, of)}\u00a0{self.index(values[zone], decimals)}" for zone in zones)

    def channel(self, code_: str) -> str:
        known = self.settings.channels.get(code_) or self.settings.ways.get(code_)
        return known.title if known else code_


@dataclass(frozen=True)
class ShownMeter:
    """A meter as the page shows it."""

    card: MeterCard
    title: str
    remarks: Sequence[str]
    chart: Chart | None
    chart_said: str
    table: Sequence[tuple[str, str, str, str]]
    readings: Sequence[ShownReading]
    older: Sequence[ShownReading]
    older_said: str
    legend: Sequence[tuple[str, str]]  # each basis that is drawn, and its word
    unit: str
    fields: Sequence[tuple[str, str, str]]  # register, its name, the last value
    inspecting: Inspecting | None  # where an inspector's value may be entered


@dataclass(frozen=True)
class Inspecting:
    """The form for an inspector's value, with what was typed before it was refused, and why it was.

    ``fields``: register, its name, the last value, what was typed, whether it is said to have gone through zero.
    """

    fields: Sequence[tuple[str, str, str, str, bool]]
    latest: str  # the last day that may be chosen
    day: str = ""
    reason: str = ""
    wrong: str = ""
    is_open: bool = False


@dataclass(frozen=True)
class ShownReading:
    ids: str
    when: str
    values: str
    month: str
    source: str
    note: str
    number: str
    verdict: str
    fate: str
    stands: bool
    may_cancel: bool


@dataclass(frozen=True)
class ShownEntry:
    """An entry of the conversation: what they said, what it came to, what we said."""

    id: str
    channel: str
    sender: str
    said: str
    when: str
    number: str
    outcome: str
    stranger: bool
    photos: Sequence[int]
    missing: Sequence[str]  # what is said of photos that aren't here
    answers: Sequence[tuple[str, str, str, str]]  # text, when, what became of it, why


def shown_account(card: CustomerCard, saying: Saying) -> dict[str, Any]:
    """What the head of the page shows."""
    words, account = saying.words, card.account
    balance = words["owes"] if card.owed > 0 else words["credit"] if card.owed < 0 else words["settled"]
    return {
        "number": account.number,
        "name": account.customer.name,
        "address": address_of(account),
        "phone": account.customer.phone,
        "email": account.customer.email,
        "balance": balance,
        "owed": f"{saying.money(abs(card.owed))} ₽" if card.owed else "",
        "in_debt": card.owed > 0,
        "residents": card.occupancy.residents if card.occupancy else None,
        "category": card.occupancy.category if card.occupancy else "",
        "links": [_link(link, saying) for link in card.links],
        "others": [(one.number, address_of(one)) for one in card.others],
    }


def address_of(account: Account) -> str:
    return in_a_line(account.premises)


def in_a_line(at: Premises | Found) -> str:
    """An address as a line, put together where only its parts are known."""
    return at.address or ", ".join(filter(None, (at.district, at.street, at.house, at.flat)))


def _link(link: Link, saying: Saying) -> tuple[str, str, bool]:
    """By what, how and since when; and whether it ended."""
    words = saying.words
    channel, _, chat = link.address.partition(":")
    address = f"{saying.channel(channel)} {chat}" if link.kind == Link.Kind.CHAT else link.address
    since = words["link_since"].format(day=saying.day(link.made_at.astimezone(saying.zone)))
    until = words["link_ended"].format(day=saying.day(link.ended_at.astimezone(saying.zone))) if link.ended_at else ""
    return address, ", ".join(filter(None, (code(link.how), since, until))), link.ended_at is not None


# meters --------------------------------------------------------------------------------------------------------------


def shown_meter(
    card: MeterCard,
    saying: Saying,
    today: dt.date,
    *,
    may_cancel: Collection[str] = (),
    inspecting: Inspecting | None = None,
    beside: bool = False,
) -> ShownMeter:
    """A meter.

    :param may_cancel: the kinds of readings that may be taken back there.
    :param beside: it stands beside something else, with fewer readings.
    """
    words, decimals, resource = saying.words, card.facts.dial.decimals, card.resource

    def says(month: Month) -> str:
        used = f"{saying.volume(month.volume, decimals, resource)}, {code(month.basis)}" if month.volumes else ""
        before = month.year_before
        mark = words["last_year"].format(volume=saying.index(before, decimals)) if before is not None else ""
        told = "; ".join(filter(None, (used or words["unknown"], mark)))
        return f"{saying.month(month.period)}: {told}"

    drawn = chart(card.months, lambda month: _SHORT[saying.language][month.period.month - 1], says)
    few = _FEWER if beside else _FEW
    lines = [_reading(one, card, saying, may_cancel=may_cancel) for one in card.handed]
    return ShownMeter(
        card,
        f"{code(resource.value).capitalize()} {card.meter.serial}",
        _remarks(card, saying, today),
        drawn,
        "; ".join(says(month) for month in card.months if month.volumes),
        [_row(month, card, saying) for month in reversed(card.months) if month.volumes],
        lines[:few],
        lines[few:],
        words["more_readings"].format(count=len(lines) - few),
        [(basis, code(basis)) for basis in drawn.bases] if drawn else [],
        LANGUAGES[saying.language].units[resource],
        _fields(card, saying),
        inspecting,
    )


def inspecting_form(
    card: MeterCard, saying: Saying, today: dt.date, typed: Mapping[str, str] | None = None, wrong: str = ""
) -> Inspecting:
    """The form for an inspector's value, empty or as it was typed."""
    filled = typed or {}
    return Inspecting(
        [(*one, filled.get(one[0], ""), bool(filled.get(f"{one[0]}-rolled"))) for one in _fields(card, saying)],
        today.isoformat(),
        filled.get("day", ""),
        filled.get("reason", ""),
        wrong,
        typed is not None,
    )


def _remarks(card: MeterCard, saying: Saying, today: dt.date) -> list[str]:
    words, meter = saying.words, card.meter
    found = [words["meter_off"]] if card.facts.removed else []
    found.append(words["installed"].format(day=saying.day(meter.installed_on)))
    if meter.verified_until and not card.facts.removed:
        word = "overdue" if meter.verified_until < today else "verified"
        found.append(words[word].format(day=saying.day(meter.verified_until)))
    return found


def _row(month: Month, card: MeterCard, saying: Saying) -> tuple[str, str, str, str]:
    """A month in the table: its volumes, how they are known, the year before."""
    decimals = card.facts.dial.decimals
    each = dict(zip(card.zones, month.volumes, strict=False))
    volumes = saying.values(list(each), each, decimals, card.facts.zones if len(each) > 1 else 1)
    before = saying.index(month.year_before, decimals) if month.year_before is not None else ""
    return saying.month(month.period), volumes, code(month.basis), before


def _reading(one: Handed, card: MeterCard, saying: Saying, *, may_cancel: Collection[str]) -> ShownReading:
    words = saying.words
    when = saying.moment(one.received_at) if one.received_at else saying.day(one.taken_on)
    if one.kind in (Reading.Kind.INSTALLED, Reading.Kind.REMOVED):
        when = saying.day(one.taken_on)
    customers = one.kind == Reading.Kind.CUSTOMER
    source = saying.channel(one.channel) if customers and one.channel else code(one.kind)
    fate = words["counts"] if one.counts else words["replaced"]
    if one.cancelled_at:
        told = words["cancelled_why" if one.cancelled_why not in ("", "sender") else "cancelled"]
        fate = told.format(by=one.cancelled_by, at=saying.moment(one.cancelled_at), why=one.cancelled_why)
    verdict = said(REASONS, saying.language, one.verdict).lower() if one.verdict in _CHECKS else code(one.verdict)
    return ShownReading(
        ",".join(map(str, one.ids)),
        when,
        saying.values(list(one.values), one.values, card.facts.dial.decimals, card.facts.zones),
        saying.month(one.period),
        source,
        words["inspected_by"].format(by=one.inspected_by, why=one.inspected_why) if one.inspected_by else "",
        one.number,
        ", ".join(filter(None, (verdict, words["through_zero"] if one.rollover else ""))),
        fate,
        stands=one.counts,
        may_cancel=one.kind in may_cancel and one.cancelled_at is None,
    )


def _fields(card: MeterCard, saying: Saying) -> list[tuple[str, str, str]]:
    last = card.facts.counted[-1].values if card.facts.counted else ()
    decimals, of = card.facts.dial.decimals, card.facts.zones
    return [
        (
            zone,
            LANGUAGES[saying.language].zone(zone, of) if of > 1 else saying.words["value"],
            saying.index(last[at], decimals) if at < len(last) else "",
        )
        for at, zone in enumerate(card.zones)
    ]


# bills and messages --------------------------------------------------------------------------------------------------


def shown_bill(card: BillCard, saying: Saying) -> dict[str, str]:
    bill = card.bill
    names = ", ".join(saying.month(month) for month in card.corrected)
    return {
        "period": str(Period(bill.period)),
        "month": saying.month(Period(bill.period)),
        "opening": saying.money(bill.opening),
        "charged": saying.money(bill.charged),
        "recalculated": saying.money(bill.recalculated),
        "corrected": saying.words["corrected"].format(months=names) if names else "",
        "paid": saying.money(bill.paid),
        "closing": saying.money(bill.closing),
    }


def _why(answer: Answer, saying: Saying) -> str:
    """Why we said it unasked, and in whose words."""
    purpose = PURPOSES[saying.language].get(answer.purpose, "")
    return f"{purpose}: {answer.written_by}" if answer.written_by else purpose


def shown_entries(entries: Sequence[Entry], parties: Collection[tuple[str, str]], saying: Saying) -> list[ShownEntry]:
    """The conversation. Whoever is not among ``parties`` may not speak for the account, and is marked."""
    return [_entry(one, saying, stranger=(one.channel, one.sender) not in parties) for one in entries]


def parties_among(links: Sequence[Link], settings: Settings) -> set[tuple[str, str]]:
    return {(party.channel, party.sender) for link in links for party in parties_of(link, settings)}


def missing_said(missing: Missing, saying: Saying) -> list[str]:
    """Which photos of a message aren't here, and whether they come."""
    counted = (("photos_coming", missing.coming), ("photos_lost", missing.lost))
    return [saying.words[word].format(count=count) for word, count in counted if count]


def _entry(one: Entry, saying: Saying, *, stranger: bool) -> ShownEntry:
    result = one.result or {}
    outcome = said(OUTCOMES, saying.language, result["outcome"]) if "outcome" in result else ""
    if reason := result.get("reason"):
        outcome = f"{outcome}: {said(REASONS, saying.language, reason).lower()}"
    theirs = not one.place.ours
    return ShownEntry(
        str(one.place),
        saying.channel(one.channel),
        one.sender,
        one.said,
        saying.moment(one.received_at),
        short_number(one.place.id) if theirs else "",
        (outcome or saying.words["waits"]) if theirs else "",
        stranger,
        one.photos,
        missing_said(one.missing, saying),
        [
            (
                answer.text,
                saying.moment(answer.at),
                code(answer.state),
                _why(answer, saying),
            )
            for answer in one.answers
        ],
    )
