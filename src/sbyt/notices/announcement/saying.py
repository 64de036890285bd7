"""The notice in words: from facts to paragraphs and lists, whole and short, in Russian or English."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from sbyt.billing.explain_words import Telling as Explaining
from sbyt.conversation.render import LANGUAGES
from sbyt.core.periods import Period, period_of_receipt
from sbyt.notices.announcement.facts import Facts, Way
from sbyt.notices.announcement.telling import ENDS, Telling, clean, sentence
from sbyt.notices.announcement.words import WORDS


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
        return "" if str(self.only).endswith(ENDS) else "."

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
    blocks, footnotes = tuple(saying.blocks()), tuple(saying.telling.footnotes())
    short = "\n".join(filter(None, saying.short()))
    title, company = saying.title(), saying.company()
    return Announcement(language, company, title, blocks, footnotes, short, saying.telling.untranslated)


@dataclass
class _Saying:
    facts: Facts
    language: str

    def __post_init__(self) -> None:
        facts = self.facts
        self.words = WORDS[self.language]
        ways = (*facts.ended, *facts.unstable, *facts.planned, *facts.open)
        self.telling = Telling(self.language, facts.settings.notice.english, ways)

    # the whole -------------------------------------------------------------------------------------------------------

    def title(self) -> str:
        ended, unstable = self.facts.newly_ended, self.facts.unstable
        if 0 < len(ended) <= 3:
            return self.words.text("title_ended", titles=", ".join(map(self.telling.name, ended)))
        if not ended and 0 < len(unstable) <= 3:
            return self.words.text("title_unstable", titles=", ".join(map(self.telling.name, unstable)))
        return self.words.text("title")

    def blocks(self) -> Iterator[Block]:
        yield from self._troubles("ended")
        yield from self._how()
        yield Block(self._missing("missing"))
        if contacts := self._contacts():
            yield Block(self.words.text("questions", contacts=contacts))
        yield Block(self.company())

    def company(self) -> str:
        return self.telling.told(self.facts.settings.company.name)

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
        return sentence(self.telling.told(own)) if own else self.words.text(code)

    def _recommended(self) -> str:
        ways = ", ".join(self.telling.name(way, small=True) for way in self.facts.recommended)
        services = sentence(self.telling.told(self.facts.settings.notice.services or ""))
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
        before, last = Period.of(self.facts.day), self.facts.settings.window.last_day
        period, opens, closes = self._term()
        said = {"month": self._month(period), "opens": opens.day, "closes": self._day(closes)}
        if period != before:
            closed = self._day(self._day_of(before, last))
            return self.words.text("over", before=self._month(before), closed=closed, **said)
        return self.words.text("soon" if self.facts.day < opens else "now", **said)

    def _term(self) -> tuple[Period, dt.date, dt.date]:
        """The month for which what comes on the day counts, and the first and last day on which it is awaited."""
        window = self.facts.settings.window
        period = period_of_receipt(self.facts.day, window.last_day)
        return period, self._day_of(period, window.first_day), self._day_of(period, window.last_day)

    @staticmethod
    def _day_of(period: Period, number: int) -> dt.date:
        return period.first_day.replace(day=min(number, period.days))

    def _month(self, period: Period) -> str:
        return Explaining(self.language).month(period).split()[0]  # which year is plain

    def _day(self, day: dt.date) -> str:
        return LANGUAGES[self.language].day(day)

    def _dated(self, code: str, day: dt.date | None) -> str:
        return self.words.text(code, day=f"{self._day(day)} {day.year}") if day else ""

    # ways ------------------------------------------------------------------------------------------------------------

    def _with_day(self, code: str, way: Way, day: dt.date | None) -> Item:
        """A way that isn't one to choose: since when, and why."""
        since = self._dated(code, day)
        said = " ".join(filter(None, (sentence(self.telling.told(one)) for one in (way.why, way.note))))
        dot = "." if since or said else ""
        return Item(self.telling.name(way), rest=f"{since}{dot}{f' {said}' if said else ''}")

    def _open(self, way: Way) -> Item:
        address = self.telling.told(way.address)
        only = self.words.text("only", days=self.words.days(*way.days)) if way.days else ""
        unstable = self.words.text("is_unstable") if way.is_unstable else ""
        note = sentence(self.telling.told(way.note))
        said = " ".join(filter(None, (unstable, only, note, self._dated("until", way.changes))))
        name = self.telling.name(way)
        dot = "" if (address or name).endswith(ENDS) else "."
        return Item(name, address, f"{dot} {said}" if said else "")

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
        yield from self.telling.footnotes()

    def _short_nearest(self) -> str:
        period, opens, closes = self._term()
        code = "short_now" if opens <= self.facts.day else "short_soon"
        return self.words.text(code, month=self._month(period), opens=opens.day, closes=self._day(closes))
