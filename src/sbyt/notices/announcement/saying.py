"""The notice in words: from facts to paragraphs and lists, whole and short, in Russian or English."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sbyt.billing.explain_words import Telling
from sbyt.conversation.render import LANGUAGES
from sbyt.core.periods import Period, period_of_receipt
from sbyt.notices.announcement.facts import Facts, Way
from sbyt.notices.announcement.words import WORDS

#: What XML can't hold, escaped or not (XML 1.0, section 2.2).
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: A word that its writer began small; not a name that begins so, as «e-mail» does.
_SMALL = re.compile(r"[a-zа-яё][a-zа-яё ]")


_ENDS = (".", "!", "?", "…")


@dataclass(frozen=True, slots=True)
class Item:
    """``name: address`` and what else is said of it, with the sign between."""

    name: str
    address: str = ""
    rest: str = ""

    @property
    def between(self) -> str:
        if not self.address:
            return ""
        return " " if self.address.startswith("(") else ": "

    def __str__(self) -> str:
        return f"{self.name}{self.between}{self.address}{self.rest}"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph; where it has items, they follow ``lead`` and a colon.

    ``passes``: it says how things stand today, and says something else another day though nothing was changed.
    """

    lead: str
    items: tuple[Item, ...] = ()
    passes: bool = False

    @property
    def only(self) -> Item | None:
        """An item that stands in the sentence, for it is the only one."""
        return self.items[0] if len(self.items) == 1 else None

    @property
    def end(self) -> str:
        """What ends the sentence of the only item."""
        return "" if str(self.only).endswith(_ENDS) else "."

    def __str__(self) -> str:
        if not self.items:
            return self.lead
        if self.only:
            return f"{self.lead}: {self.only}{self.end}"
        return "\n".join([f"{self.lead}:", *(f"• {item}" for item in self.items)])


@dataclass(frozen=True)
class Announcement:
    """``short`` holds the same in a few lines. ``untranslated``: what is said in Russian in an English notice."""

    language: str
    company: str
    title: str
    blocks: tuple[Block, ...]
    footnotes: tuple[str, ...]
    short: str
    untranslated: tuple[str, ...]

    @property
    def digest(self) -> str:
        """The same as long as nothing that it tells was changed, whatever the day."""
        lasting = [[block.lead, *map(str, block.items)] for block in self.blocks if not block.passes]
        said = json.dumps([self.language, lasting, self.footnotes], ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def announcement(facts: Facts, language: str) -> Announcement:
    """The notice in a language."""
    saying = _Saying(facts, language)
    blocks, footnotes = tuple(saying.blocks()), tuple(saying.footnotes())
    short = "\n".join(filter(None, saying.short()))
    untranslated = tuple(saying.untranslated)
    return Announcement(language, saying.company(), saying.title(), blocks, footnotes, short, untranslated)


@dataclass
class _Saying:
    facts: Facts
    language: str
    untranslated: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        facts = self.facts
        self.words = WORDS[self.language]
        self._english = {clean(key): clean(said) for key, said in facts.settings.notice.english.items()}
        told = (*facts.ended, *facts.unstable, *facts.planned, *facts.open)
        texts = dict.fromkeys(filter(None, map(_footnote, told)))
        self._marks = {text: "*" * number for number, text in enumerate(texts, start=1)}

    # the whole -------------------------------------------------------------------------------------------------------

    def title(self) -> str:
        ended, unstable = self.facts.newly_ended, self.facts.unstable
        if 0 < len(ended) <= 3:
            return self.words.text("title_ended", titles=", ".join(map(self._name, ended)))
        if not ended and 0 < len(unstable) <= 3:
            return self.words.text("title_unstable", titles=", ".join(map(self._name, unstable)))
        return self.words.text("title")

    def blocks(self) -> Iterator[Block]:
        yield from self._troubles("ended")
        yield from self._how()
        yield Block(self._missing("missing"))
        if contacts := self._contacts():
            yield Block(self.words.text("questions", contacts=contacts))
        yield Block(self.company())

    def company(self) -> str:
        return self._told(self.facts.settings.company.name)

    def footnotes(self) -> Iterator[str]:
        for text, mark in self._marks.items():
            yield f"{mark} {_sentence(self._told(text))}"

    def _troubles(self, ended: str) -> Iterator[Block]:
        """What ended, what works unsteadily, what is to come; and a word of regret."""
        text, facts = self.words.text, self.facts
        if facts.ended:
            yield Block(text(ended), tuple(self._with_day("since", way, way.since) for way in facts.ended))
        if facts.unstable:
            yield Block(text("unstable"), tuple(self._with_day("since", way, way.since) for way in facts.unstable))
            yield Block(text("unstable_do"))
        if facts.planned:
            yield Block(text("planned"), tuple(self._with_day("opens", way, way.changes) for way in facts.planned))
        if facts.ended or facts.unstable:
            yield Block(self._own_or("apology", facts.settings.notice.apology))

    def _how(self) -> Iterator[Block]:
        text, facts = self.words.text, self.facts
        if not facts.open:
            yield Block(text("no_way"))
            return
        yield Block(self._nearest(), passes=True)
        yield Block(text("ways", days=self._asked()), tuple(map(self._open, facts.open)))
        yield Block(self._details())
        if recommended := self._recommended():
            yield Block(recommended)

    def _asked(self) -> str:
        window = self.facts.settings.window
        return self.words.each_month(window.first_day, window.last_day)

    def _details(self) -> str:
        return self._own_or("details", self.facts.settings.notice.details)

    def _own_or(self, code: str, own: str | None) -> str:
        return _sentence(self._told(own)) if own else self.words.text(code)

    def _recommended(self) -> str:
        ways = ", ".join(self._name(way, small=True) for way in self.facts.recommended)
        services = _sentence(self._told(self.facts.settings.notice.services or ""))
        return " ".join(filter(None, (f"{self.words.text('recommend')}: {ways}.", services))) if ways else ""

    def _missing(self, code: str) -> str:
        estimates = self.facts.settings.estimates
        if not estimates.average_periods:
            return self.words.text(f"{code}_norm")
        average = self.words.latest_months(estimates.average_of_months)
        return self.words.text(code, average=average, limit=self.words.months(estimates.average_periods))

    def _contacts(self) -> str:
        company = self.facts.settings.company
        return ", ".join(map(clean, filter(None, (*company.phones, company.email))))

    # days ------------------------------------------------------------------------------------------------------------

    def _nearest(self) -> str:
        """For which month readings are awaited next, and on which days."""
        window, day = self.facts.settings.window, self.facts.day
        period = period_of_receipt(day, window.last_day)
        opens, closes = (self._day_of(period, number) for number in (window.first_day, window.last_day))
        month = self._month(period)
        if period != Period.of(day):
            before = Period.of(day)
            closed = self._day(self._day_of(before, window.last_day))
            said = {"before": self._month(before), "closed": closed, "month": month}
            return self.words.text("over", **said, opens=opens.day, closes=self._day(closes))
        code = "soon" if day < opens else "now"
        return self.words.text(code, month=month, opens=opens.day, closes=self._day(closes))

    @staticmethod
    def _day_of(period: Period, number: int) -> dt.date:
        return period.first_day.replace(day=min(number, period.days))

    def _month(self, period: Period) -> str:
        return Telling(self.language).month(period).split()[0]  # which year is plain

    def _day(self, day: dt.date) -> str:
        return LANGUAGES[self.language].day(day)

    def _dated(self, code: str, day: dt.date | None) -> str:
        return self.words.text(code, day=f"{self._day(day)} {day.year}") if day else ""

    # ways ------------------------------------------------------------------------------------------------------------

    def _with_day(self, code: str, way: Way, day: dt.date | None) -> Item:
        """A way that isn't one to choose: since when, and why."""
        since = self._dated(code, day)
        said = " ".join(_sentence(self._told(one)) for one in (way.why, way.note) if one)
        dot = "." if since or said else ""
        return Item(self._name(way), rest=f"{since}{dot}{f' {said}' if said else ''}")

    def _open(self, way: Way) -> Item:
        address = self._told(way.address)
        only = self.words.text("only", days=self.words.days(*way.days)) if way.days else ""
        unstable = self.words.text("is_unstable") if way.is_unstable else ""
        note = _sentence(self._told(way.note))
        said = " ".join(filter(None, (unstable, only, note, self._dated("until", way.changes))))
        name = self._name(way)
        dot = "" if (address or name).endswith(_ENDS) else "."
        return Item(name, address, f"{dot} {said}" if said else "")

    def _name(self, way: Way, *, small: bool = False) -> str:
        title = self._told(way.title)
        if not small and _SMALL.match(title):
            title = title[0].upper() + title[1:]
        return title + self._mark(way)

    def _mark(self, way: Way) -> str:
        return self._marks.get(_footnote(way), "")

    def _told(self, text: str) -> str:
        """What the company said, in the language of the notice."""
        text = clean(text)
        if self.language == "ru":
            return text
        if text not in self._english and re.search("[а-яё]", text, re.IGNORECASE):
            self.untranslated[text] = None
        return self._english.get(text, text)

    # the short form --------------------------------------------------------------------------------------------------

    def short(self) -> Iterator[str]:
        """The same in fewer words, a line for each matter."""
        yield from map(str, self._troubles("short_ended"))
        if self.facts.open:
            lead = self.words.text("short_ways", days=self._asked(), now=self._short_nearest())
            yield f"{lead}:"
            yield from (f"• {self._open(way)}" for way in self.facts.open)
            yield self._details()
            yield self._recommended()
        else:
            yield self.words.text("no_way")
        yield self._missing("short_missing")
        yield self.company()
        yield from self.footnotes()

    def _short_nearest(self) -> str:
        window, day = self.facts.settings.window, self.facts.day
        period = period_of_receipt(day, window.last_day)
        opens, closes = (self._day_of(period, number) for number in (window.first_day, window.last_day))
        code = "short_now" if opens <= day else "short_soon"
        return self.words.text(code, month=self._month(period), opens=opens.day, closes=self._day(closes))


def clean(text: str) -> str:
    """On one line, without what a feed could not hold."""
    return " ".join(_NOT_IN_XML.sub("", text).split())


def _footnote(way: Way) -> str:
    """Its footnote without a mark of the company's own."""
    return clean(way.footnote).lstrip("* ")


def _sentence(text: str) -> str:
    said = text[:1].upper() + text[1:]
    return f"{said}." if said and not said.endswith(_ENDS) else said
