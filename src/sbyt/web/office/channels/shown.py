"""A channel as its desk shows it: its state, its numbers, what is to come and what was decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sbyt.core.settings import ChannelState, WaySettings
from sbyt.messaging.health import HealthState
from sbyt.messaging.health_rows import Checked, unpacked
from sbyt.messaging.models import ChannelAlarm, ChannelStatus
from sbyt.messaging.statuses import ALWAYS, SEEDED
from sbyt.messaging.traffic import NEWEST, Traffic
from sbyt.notices.health_words import Said, said_health, said_reason
from sbyt.web.office.channels.words import WORDS

_EVERY_DAY = (1, 31)


@dataclass(frozen=True)
class Shown:
    """One way to hand in readings. ``traffic`` is None where it is no channel of ours."""

    code: str
    way: WaySettings
    traffic: Traffic | None
    connected: bool
    coming: tuple[str, ...]
    words: Mapping[str, str]
    zone: dt.tzinfo
    health: Checked | None = None  # None where nothing of it is connected
    language: str = "ru"

    @property
    def health_state(self) -> str:
        """How it is by measure; empty where nothing is measured."""
        return said_health(self.health.state, self.language) if self.health else ""

    @property
    def health_since(self) -> str:
        of = self.health
        if of is None or not of.reasons or of.since is None:
            return ""
        return self.words["since"].format(day=moment(of.since, self.zone))

    @property
    def reasons(self) -> list[Said]:
        """Why it isn't well, each with what to do."""
        found = self.health.reasons if self.health else ()
        return [said_reason(reason, self.language, self.zone) for reason in found]

    @property
    def should_be_unstable(self) -> bool:
        """Whether customers are still told that it works, though it doesn't: people decide, this asks them to."""
        return self.health is not None and self.health.state is HealthState.DOWN and self.way.state is ChannelState.OPEN

    @property
    def state(self) -> str:
        return said_state(self.way.state, self.words)

    @property
    def since(self) -> str:
        return self.words["since"].format(day=day(self.way.since)) if self.way.since else ""

    @property
    def days(self) -> str:
        first, last = self.way.first_day, self.way.last_day
        if (first, last) == _EVERY_DAY:
            return ""
        return self.words["days"].format(first=first, last=last)

    @property
    def remarks(self) -> list[str]:
        """What else is to be known of it, in quiet words."""
        found = [self.days] if self.days else []
        if self.traffic is None:
            found.append(self.words["no_channel"])
        elif not self.connected:
            found.append(self.words["not_connected"])
        if not self.way.is_named:
            found.append(self.words["hidden"])
        return found

    @property
    def numbers(self) -> list[tuple[str, int, int]]:
        """What came in, went out and waits, each with its word; and how many of them did not arrive."""
        of, words = self.traffic, self.words
        if of is None:
            return []
        return [
            (words["came_today"], of.today, 0),
            (words["came_week"], of.week, 0),
            (words["sent"], of.delivered, of.not_delivered),
            (words["waiting"], of.waiting, 0),
        ]

    @property
    def last(self) -> str:
        if self.traffic is None or self.traffic.last_at is None:
            return ""
        return moment(self.traffic.last_at, self.zone)

    @property
    def trouble(self) -> str:
        """Why nothing can be sent by it now; empty where it can, or where its health says so already."""
        of, words = self.traffic, self.words
        if self.reasons or of is None or not (of.trouble or of.paused_until):
            return ""
        said = []
        if of.trouble:
            why = words.get(of.trouble, words["trouble_other"])
            since = moment(of.trouble_since, self.zone) if of.trouble_since else words["nothing"]
            said.append(words["trouble"].format(time=since, why=why))
        if of.paused_until:
            said.append(words["paused"].format(time=moment(of.paused_until, self.zone)))
        return " ".join(said)

    @property
    def at_least(self) -> str:
        cut = self.traffic is not None and self.traffic.at_least
        return self.words["at_least"].format(count=f"{NEWEST:,}".replace(",", "\u00a0")) if cut else ""


@dataclass(frozen=True)
class Entered:
    """What somebody entered of a channel, in a line."""

    when: str
    who: str
    state: str
    code: str
    said: str


def entered(row: ChannelStatus, words: Mapping[str, str], zone: dt.tzinfo) -> Entered:
    since = words["since"].format(day=day(row.since)) if row.since != ALWAYS else ""
    days = ""
    if (row.first_day, row.last_day) != _EVERY_DAY:
        days = words["days"].format(first=row.first_day, last=row.last_day)
    footnote = words["footnoted"].format(text=row.footnote) if row.footnote else ""
    said = "; ".join(filter(None, (since, row.why, row.title, row.address, days, row.note, footnote)))
    who = words["from_file"] if row.changed_by == SEEDED else row.changed_by
    return Entered(moment(row.changed_at, zone), who, said_state(row.state, words), row.state, said)


@dataclass(frozen=True)
class Alarmed:
    """A time for which staff were told that it isn't well, in a line."""

    when: str
    state: str
    code: str
    said: str


def alarmed(row: ChannelAlarm, words: Mapping[str, str], language: str, zone: dt.tzinfo) -> Alarmed:
    ended = moment(row.ended_at, zone) if row.ended_at else words["still"]
    said = " ".join(said_reason(reason, language, zone).what for reason in unpacked(row.reasons))
    state = HealthState(row.state)
    return Alarmed(f"{moment(row.began_at, zone)} – {ended}", said_health(state, language), state.value, said)


def coming(row: ChannelStatus, words: Mapping[str, str]) -> str:
    said = words["coming"].format(day=day(row.since), state=said_state(row.state, words))
    return f"{said} ({row.why})" if row.why else said


def said_state(state: str, words: Mapping[str, str]) -> str:
    return f"{ChannelState(state).sign} {words[state]}"


def day(at: dt.date) -> str:
    return f"{at:%d.%m.%Y}"


def moment(at: dt.datetime, zone: dt.tzinfo) -> str:
    return f"{at.astimezone(zone):%d.%m.%Y %H:%M}"


def words_of(language: str) -> Mapping[str, str]:
    return WORDS[language]
