"""The notice to all customers, written from the state of the ways to hand in readings."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sbyt.core.settings import USABLE, ChannelState, Settings
from sbyt.messaging.models import ChannelStatus
from sbyt.messaging.statuses import Statuses
from sbyt.notices.announcement.facts import facts
from sbyt.notices.announcement.formats import as_html, as_rss, as_text
from sbyt.notices.announcement.saying import Announcement, announcement

#: Where our own site shows it, below its address.
PAGE, FEED = "channels", "channels.rss"


class UnableToWriteFeed(ValueError):
    """A feed must say where the notice stands, and nobody knows. The text says what to do."""


@dataclass(frozen=True)
class Notice:
    """The notice, and when what it tells was last changed."""

    said: Announcement
    changed_at: dt.datetime
    settings: Settings

    @property
    def text(self) -> str:
        return as_text(self.said)

    @property
    def short(self) -> str:
        return f"{self.said.short}\n"

    @property
    def html(self) -> str:
        return as_html(self.said)

    @property
    def rss(self) -> str:
        """The feed that our own site serves, or for the company's.

        :raises UnableToWriteFeed: if neither has an address.
        """
        ours, site = self.settings.web.address, self.settings.company.site
        if ours:
            pages = (f"{ours}/{name}?lang={self.said.language}" for name in (PAGE, FEED))
            return as_rss(self.said, self.changed_at, *pages)
        if not site:
            raise UnableToWriteFeed(
                "Лента называет страницу, а её адреса нет. Напишите в sbyt.toml: [web] address или [company] site."
            )
        page = site if site.startswith(("http://", "https://")) else f"https://{site}"
        return as_rss(self.said, self.changed_at, page)

    @property
    def has_feed(self) -> bool:
        """Whether it is known where the notice stands."""
        return bool(self.settings.web.address or self.settings.company.site)


def parse_day(text: str) -> dt.date:
    """Read ``2026-11-20``.

    :raises ValueError: if it is no day, or of a year that can only be a slip: not 1900 to 2199, as for periods.
    """
    day = dt.date.fromisoformat(text)
    if not 1900 <= day.year <= 2199:
        raise ValueError(f"{text!r} is too far away")
    return day


def channel_notice(statuses: Statuses, settings: Settings, day: dt.date, language: str) -> Notice:
    """The notice as it is on a local day."""
    ways = {code: way for code, way in statuses.ways(day).items() if way.is_named}
    changes = {code: change for code, way in ways.items() if (change := _change(code, way.state, statuses, day))}
    said = announcement(facts(ways, settings, day, changes), language)
    entered = (_entered(row, settings, day) for code in ways for row in statuses.history(code))
    return Notice(said, max(entered, default=_begin(day, settings)), settings)


def _change(code: str, state: ChannelState, statuses: Statuses, day: dt.date) -> dt.date | None:
    """When a planned way opens, or one that takes readings ends."""
    wanted = {ChannelState.PLANNED: USABLE}.get(state, (ChannelState.WITHDRAWN,))
    return next((row.since for row in statuses.coming(code, day) if row.state in wanted), None)


def _entered(row: ChannelStatus, settings: Settings, day: dt.date) -> dt.datetime:
    """When a state began to be told: when it was entered or, if that was later and is over, when its day began."""
    return max(row.changed_at, _begin(row.since, settings)) if row.since <= day else row.changed_at


def _begin(day: dt.date, settings: Settings) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), settings.zone)
