"""The page that an address opens: what this is, which ways to hand in readings there are and how they are."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string

from sbyt.bulk.lasting import with_connection
from sbyt.core.settings import ChannelState, WaySettings
from sbyt.messaging.statuses import read_statuses
from sbyt.web.language import language_of
from sbyt.web.page import headers, style
from sbyt.web.words import LANGUAGES, about_window, day_of_month, start_words_of

#: In which order ways are listed: those that take readings first.
_ORDER = (ChannelState.OPEN, ChannelState.UNSTABLE, ChannelState.PLANNED, ChannelState.WITHDRAWN)
#: A state is told by word and sign, not by colour alone.
_SIGNS = {
    ChannelState.OPEN: "✓",
    ChannelState.UNSTABLE: "!",
    ChannelState.PLANNED: "…",
    ChannelState.WITHDRAWN: "✕",
}


@dataclass(frozen=True, slots=True)
class Way:
    """A way as a customer reads it."""

    title: str
    address: str
    state: ChannelState
    sign: str
    state_word: str
    remarks: tuple[str, ...]  # its own days, since when and why


def start(request: HttpRequest) -> HttpResponse:
    """Tell about the ways, and in a demonstration about whom a visitor may try."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET"])
    language = language_of(request)
    today = settings.NOW().astimezone(settings.SBYT.zone).date()
    try:
        found = with_connection(lambda: read_statuses(settings.SBYT).ways(today))
    except DatabaseError:
        found = {**settings.SBYT.channels, **settings.SBYT.ways}  # better what the file says than nothing
    page = settings.WEB_PAGE_CHANNEL
    said = {
        "words": start_words_of(language),
        "language": language,
        "other": next(one for one in LANGUAGES if one != language),
        "company": settings.SBYT.company,
        "window": about_window(settings.SBYT.window, today, language),
        "has_form": page in found and found[page].state in (ChannelState.OPEN, ChannelState.UNSTABLE),
        "has_phones": settings.SBYT.demo.simulator,
        "ways": list(_ways(found, today, language)),
        "guide": _guide(),
        "style": _STYLE,
    }
    response = HttpResponse(render_to_string("start.html", said))
    for name, value in _HEADERS.items():
        response[name] = value
    return response


def _ways(found: Mapping[str, WaySettings], today: dt.date, language: str) -> Iterator[Way]:
    words = start_words_of(language)
    named = [way for way in found.values() if way.is_named]
    for way in sorted(named, key=lambda way: _ORDER.index(way.state)):
        remarks = []
        if (way.first_day, way.last_day) != (1, 31):
            remarks.append(words["days"].format(first=way.first_day, last=way.last_day))
        if way.since and way.since <= today and way.state is not ChannelState.OPEN:
            remarks.append(words["since"].format(day=day_of_month(way.since, language)))
        remarks += [said for said in (way.why, way.note) if said]
        yield Way(way.title, way.address or "", way.state, _SIGNS[way.state], words[way.state.value], tuple(remarks))


def _guide() -> dict[str, list[dict[str, Any]]]:
    """Whom a visitor of the demonstration may try and how staff log in; nobody where this is none."""
    file = settings.SBYT.demo.guide
    if not file:
        return {}
    try:
        found: dict[str, list[dict[str, Any]]] = json.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


_STYLE = style("form.css", "start.css")
_HEADERS = headers(_STYLE)
