"""States of channels: changed with a date and a reason, told to who asks where to send."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.conf import settings as django_settings
from django.db import transaction

from sbyt.conversation.dialogue import reply
from sbyt.conversation.facts import ChannelFacts, Facts, Way
from sbyt.conversation.render import LANGUAGES, render
from sbyt.conversation.state import Event, State
from sbyt.core.periods import Period
from sbyt.core.settings import USABLE, ChannelSettings, ChannelState, Settings, WaySettings
from sbyt.messaging.channel import Channel
from sbyt.messaging.models import ChannelStatus
from sbyt.messaging.statuses import Statuses, read_statuses, row_of

_LONGEST_AGO = dt.timedelta(days=10 * 366)
_FARTHEST = dt.timedelta(days=2 * 366)
#: After that time nobody asks any more since when a channel is withdrawn.
_WORTH_SAYING = dt.timedelta(days=180)


class UnableToChangeChannel(ValueError):
    """What is to be changed does not exist, or can't be so. The text says what was found and what to do.

    ``reason`` is the same as a code, for who speaks another language: unknown, date, days, title.
    """

    def __init__(self, said: str, reason: str) -> None:
        super().__init__(said)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Change:
    """What people decided about a way. None leaves as it is; an empty text takes away what was there."""

    code: str
    state: ChannelState
    by: str
    since: dt.date | None = None
    why: str | None = None
    address: str | None = None
    title: str | None = None
    days: tuple[int, int] | None = None
    note: str | None = None
    footnote: str | None = None


class Changed(NamedTuple):
    """What a change came to: the way before and from ``since`` on; ``anew`` is false where nothing changed."""

    anew: bool
    before: WaySettings
    after: WaySettings
    since: dt.date | None
    coming: tuple[ChannelStatus, ...]  # what takes effect later
    ways: tuple[Way, ...]  # those that take readings on that day


class Difference(NamedTuple):
    """Where the table says something else than the settings file: ``key`` as it is called there."""

    code: str
    key: str
    in_file: str
    in_table: str


def change_channel(change: Change, settings: Settings, now: dt.datetime) -> Changed:
    """Change the state of a way from a day on. The same again changes nothing.

    :raises UnableToChangeChannel: if there is no such way, or it can't be so.
    """
    today = now.astimezone(settings.zone).date()
    with transaction.atomic():
        statuses = read_statuses(settings)
        day = _checked_day(change, today)
        before = _known(statuses.ways(max(day, today)), change.code)
        after = _changed(before, change, day)
        anew = after != before
        if anew:
            later = [row for row in statuses.coming(change.code, today) if row.since > day]
            row_of(change.code, after, after.since, change.by, now).save()
            for row in later if _describes(change) else ():
                _carried_on(row, change, now).save()
            statuses = read_statuses(settings)
    since = max(day, today)
    ways = open_ways(statuses.ways(since), since)
    return Changed(anew, before, after, after.since, tuple(statuses.coming(change.code, today)), ways)


def history(code: str, settings: Settings) -> tuple[ChannelStatus, ...]:
    """Whatever was entered of a way, the oldest first.

    :raises UnableToChangeChannel: if there is no such way.
    """
    statuses = read_statuses(settings)
    _known(statuses.ways(dt.date.max), code)
    return tuple(statuses.history(code))


def differences(settings: Settings, day: dt.date) -> list[Difference]:
    """Where the ways that people changed are other than the settings file says."""
    statuses = read_statuses(settings)
    current, found = statuses.ways(day), []
    for code, way in {**settings.channels, **settings.ways}.items():
        if not statuses.changed_by_hand(code):
            continue
        for key in ("state", "title", "address", "first_day", "last_day", "note", "footnote"):
            said, holds = getattr(way, key), getattr(current[code], key)
            if said != holds:
                found.append(Difference(code, key, _shown(said), _shown(holds)))
    return found


def channel_facts(code: str, statuses: Statuses, day: dt.date) -> ChannelFacts:
    """What the dialogue is told of a channel on this local day, and of the open ways beside it."""
    channel = statuses.channels(day).get(code) or ChannelSettings(title=code)
    since = channel.since if channel.since and day - channel.since <= _WORTH_SAYING else None
    return ChannelFacts(
        title=channel.title,
        rendering=channel.rendering,
        first_day=channel.first_day,
        last_day=channel.last_day,
        withdrawn=channel.state is ChannelState.WITHDRAWN,
        ways=open_ways({other: way for other, way in statuses.ways(day).items() if other != code}, day),
        since=since,
        why=channel.why or "",
        note=_note(channel),
        contact=channel.contact,
        personal_data=channel.personal_data,
    )


def open_ways(ways: Mapping[str, WaySettings], day: dt.date) -> tuple[Way, ...]:
    """Those that take readings on this day, and those whose days of this month are still to come."""
    last = Period.of(day).days
    return tuple(
        Way(
            way.title,
            way.address,
            way.first_day,
            way.last_day,
            unstable=way.state is ChannelState.UNSTABLE,
            later=way.first_day > day.day,
        )
        for way in ways.values()
        if way.is_named and way.state in USABLE and day.day <= way.last_day and way.first_day <= last
    )


def example_answer(code: str, settings: Settings, at: dt.datetime) -> str:
    """What customers read at that time in a channel: where to send instead if it is closed, else what it asks for.

    A way that is none of our channels answers nothing.
    """
    if code not in settings.channels:
        return ""
    local = at.astimezone(settings.zone)
    facts = channel_facts(code, read_statuses(settings), local.date())
    asked = "помощь" if facts.takes_readings(local.date()) else "5120"
    turn = reply(State(settings.language), Event(asked), Facts(channel=facts, window=settings.window), local)
    return render(turn.acts, settings.language, facts.rendering, "").text


def named_as(code: str, settings: Settings, at: dt.datetime) -> str:
    """How the answers of other channels name a way at that time; empty where they don't."""
    day = at.astimezone(settings.zone).date()
    ways = open_ways({code: read_statuses(settings).ways(day)[code]}, day)
    return LANGUAGES[settings.language].ways(ways, 0)


def connected_channels() -> Mapping[str, Channel] | None:
    """The channels that can send of their own accord; None where nobody knows, as where one is set up wrongly."""
    connected = getattr(django_settings, "CONNECTED_CHANNELS", None)
    try:
        return connected() if connected else None
    except ValueError:
        return None  # the doctor tells; no customer's message fails because of it


# parts of a change ---------------------------------------------------------------------------------------------------


def _known(ways: Mapping[str, WaySettings], code: str) -> WaySettings:
    if code in ways:
        return ways[code]
    raise UnableToChangeChannel(
        f"Пути {code!r} нет. Есть: {', '.join(ways)}. Новый путь: раздел [ways] в sbyt.toml.", "unknown"
    )


def _checked_day(change: Change, today: dt.date) -> dt.date:
    day = change.since or today
    if not today - _LONGEST_AGO <= day <= today + _FARTHEST:
        raise UnableToChangeChannel(
            f"Дата {day:%d.%m.%Y} слишком далеко. Укажите от {today - _LONGEST_AGO:%d.%m.%Y} "
            f"до {today + _FARTHEST:%d.%m.%Y}.",
            "date",
        )
    return day


def _changed(before: WaySettings, change: Change, day: dt.date) -> WaySettings:
    first, last = change.days or (before.first_day, before.last_day)
    if not 1 <= first <= last <= 31:
        raise UnableToChangeChannel(
            f"Дни {first}-{last} не подходят. Нужны числа месяца от 1 до 31, первое не больше.", "days"
        )
    if change.title is not None and not change.title.strip():
        raise UnableToChangeChannel("Название не может быть пустым: так путь называют людям.", "title")
    same = change.state is before.state
    why = change.why if change.why is not None else (before.why if same else None)
    return before.model_copy(
        update={
            "state": change.state,
            "since": change.since or (before.since if same else day),
            "why": _text(why),
            "title": change.title.strip() if change.title is not None else before.title,
            "address": _text(before.address if change.address is None else change.address),
            "note": _text(before.note if change.note is None else change.note),
            "footnote": _text(before.footnote if change.footnote is None else change.footnote),
            "first_day": first,
            "last_day": last,
        }
    )


def _note(way: WaySettings) -> str:
    """What the company says to who uses it, and what must be told with its name."""
    if way.note and way.footnote:
        return f"{way.note.rstrip('. ')}. {way.footnote}"
    return way.note or way.footnote or ""


def _describes(change: Change) -> bool:
    """Whether it changes more than the state."""
    return any(one is not None for one in (change.title, change.address, change.note, change.footnote, change.days))


def _carried_on(later: ChannelStatus, change: Change, now: dt.datetime) -> ChannelStatus:
    """What was decided before for a later day, with what is now said anew of its words and days."""
    first, last = change.days or (later.first_day, later.last_day)
    return ChannelStatus(
        channel=later.channel,
        state=later.state,
        since=later.since,
        why=later.why,
        title=change.title.strip() if change.title is not None else later.title,
        address=_text(later.address if change.address is None else change.address) or "",
        note=_text(later.note if change.note is None else change.note) or "",
        footnote=_text(later.footnote if change.footnote is None else change.footnote) or "",
        first_day=first,
        last_day=last,
        changed_at=now,
        changed_by=later.changed_by,  # the state is still their decision
    )


def _text(given: str | None) -> str | None:
    """On one line, without what a database can't hold; None if nothing is left."""
    storable = (given or "").replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return " ".join(storable.split()) or None


def _shown(value: object) -> str:
    return str(value) if value is not None else "нет"
