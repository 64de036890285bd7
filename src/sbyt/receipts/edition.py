"""What the bills issued together have in common: who bills, in which words, and the ways to hand in readings."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sbyt.billing.explain_words import Telling
from sbyt.conversation.render import LANGUAGES
from sbyt.core.periods import Period
from sbyt.core.settings import ChannelState, Settings, WaySettings
from sbyt.messaging.statuses import Statuses
from sbyt.receipts.models import Edition
from sbyt.receipts.requirements import Requirements
from sbyt.receipts.typesetting import template_files, version
from sbyt.receipts.words import Words

_OPEN = (ChannelState.OPEN, ChannelState.UNSTABLE)
#: Signs that the packaged fonts have.
_SIGNS = {ChannelState.OPEN: "✓", ChannelState.UNSTABLE: "!", ChannelState.PLANNED: "○"}


@dataclass(frozen=True)
class Back:
    """The back of the bill as it is on a day: ``ways`` by their code, in their order."""

    settings: Settings
    words: Words
    needed: Requirements
    ways: Mapping[str, WaySettings]
    title: str

    def body(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """What the template is given.

        :param before: the body of the last edition of an earlier period; empty where there was none.
        """
        company, window, text = self.settings.company, self.settings.window, self.words.text
        contacts = (company.address, *company.phones, company.email, company.site)
        days = {"first_day": window.first_day, "last_day": window.last_day}
        limits = {**days, **self.settings.estimates.model_dump()}
        return {
            "title": self.title,
            "language": self.words.language,
            "fonts": list(self.settings.receipts.fonts),
            "labels": dict(self.words.labels),
            "company": {
                "name": company.name,
                "contacts": " · ".join(one for one in contacts if one),
                "requisites": self._requisites(),
            },
            "ways_title": text("ways_title", **days),
            "ways": list(self._rows()),
            "ended": [self._ended(way) for way in self.ways.values() if way.state is ChannelState.WITHDRAWN],
            "news": list(self._news(before.get("states", {}))),
            "notice": [one.format(**limits) for one in self.words.notice],
            "legal": [one.format(**limits) for one in self.words.legal],
            "states": {code: way.state.value for code, way in self.ways.items()},
        }

    def _requisites(self) -> str:
        bank, text = self.needed.bank, self.words.text
        return text(
            "requisites",
            name=bank.recipient or self.settings.company.name,
            inn=bank.inn,
            kpp=text("kpp", kpp=bank.kpp) if bank.kpp else "",
            account=bank.account,
            bank=bank.name,
            bic=bank.bic,
            correspondent=bank.correspondent_account,
        )

    def _rows(self) -> Iterator[dict[str, str]]:
        window, text = self.settings.window, self.words.text
        asked = text("day_range", first=window.first_day, last=window.last_day)
        yield {"sign": "✓", "title": text("qr_way"), "how": text("qr_how"), "days": asked}
        for code, way in self.ways.items():
            how = self._how(code, way)
            is_known = how or way.note or way.state is ChannelState.UNSTABLE
            if way.state in _OPEN and is_known:  # one of which nobody says where it is helps nobody
                said = " ".join(one for one in (how, self._trouble(way), way.note, way.footnote) if one)
                yield {"sign": _SIGNS[way.state], "title": way.title, "how": said, "days": self._days(way)}
        for way in self.ways.values():
            if way.state is ChannelState.PLANNED:
                soon = text("state_planned", since=self._since(way))
                yield {"sign": _SIGNS[way.state], "title": way.title, "how": soon, "days": ""}

    def _how(self, code: str, way: WaySettings) -> str:
        address = self.settings.address_of(way)
        how = self.words.how.get(code, self.words.how["default"])
        return _sentence(how.format(title=way.title, address=address)) if address else ""

    def _days(self, way: WaySettings) -> str:
        """The days of the month on which it takes readings that count for the month."""
        first, last = way.days_in(self.settings.window)
        return self.words.text("day_range", first=first, last=last)

    def _trouble(self, way: WaySettings) -> str:
        return self.words.text("state_unstable", why=_why(way)) if way.state is ChannelState.UNSTABLE else ""

    def _ended(self, way: WaySettings) -> str:
        said = self.words.text("state_ended", title=way.title, since=self._since(way), why=_why(way))
        return f"{said} {_sentence(way.footnote)}" if way.footnote else said

    def _news(self, before: Mapping[str, str]) -> Iterator[str]:
        """What changed since the last bill; nothing where there was none to compare with."""
        for code, way in self.ways.items() if before else ():
            was = before.get(code, ChannelState.PLANNED.value)
            if way.state.value == was:
                continue
            address = f": {way.address}" if way.address else ""
            if way.state is ChannelState.WITHDRAWN:
                yield self.words.text("news_ended", title=way.title, since=self._since(way), why=_why(way))
            elif way.state is ChannelState.UNSTABLE:
                yield self.words.text("news_unstable", title=way.title, why=_why(way))
            elif way.state is ChannelState.OPEN and was in {ChannelState.PLANNED, ChannelState.WITHDRAWN}:
                yield self.words.text("news_opened", title=way.title, address=address)

    def _since(self, way: WaySettings) -> str:
        if way.since is None:
            return ""
        day = f"{LANGUAGES[self.words.language].day(way.since)} {way.since.year}"
        return self.words.text("state_since", day=day)


def current_edition(
    period: Period,
    settings: Settings,
    words: Words,
    needed: Requirements,
    statuses: Statuses,
    now: dt.datetime,
) -> Edition:
    """The edition in which bills of a period are issued now: one that is there, unless something changed since.

    :raises UnableToSet: if a company's own template can't be read.
    """
    day = now.astimezone(settings.zone).date()
    ways = {code: way for code, way in statuses.ways(day).items() if way.is_named}
    title = words.text("title", month=Telling(words.language).month(period))
    earlier = Edition.objects.filter(period__lt=period).order_by("-period", "-id").first()
    body = Back(settings, words, needed, ways, title).body(earlier.body if earlier else {})
    files = template_files(folder_of(settings))
    digest = hashlib.sha256(json.dumps([body, files], ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    edition, _ = Edition.objects.get_or_create(
        period=period,
        digest=digest,
        defaults={"body": body, "files": files, "typesetter": version(), "made_at": now},
    )
    return edition


def folder_of(settings: Settings) -> Path | None:
    """The company's own folder for the bill, if it has one."""
    return Path(settings.receipts.folder) if settings.receipts.folder else None


def _why(way: WaySettings) -> str:
    """The company's reason as the end of a sentence."""
    return f": {way.why.rstrip('.')}" if way.why else ""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
