"""The page that an address opens: what this is, which ways to hand in readings there are and how they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sbyt.accounts.tokens import Tokens
from sbyt.bulk.lasting import with_connection
from sbyt.core.settings import ChannelState, WaySettings
from sbyt.messaging.statuses import read_statuses
from sbyt.usecases.simulator import guide
from sbyt.usecases.simulator.bills import tokens_of_bills
from sbyt.web.language import language_of
from sbyt.web.words import about_window, day_of_month, start_words_of

#: In which order ways are listed: those that take readings first.
_ORDER = (ChannelState.OPEN, ChannelState.UNSTABLE, ChannelState.PLANNED, ChannelState.WITHDRAWN)


@dataclass(frozen=True, slots=True)
class Way:
    """A way as a customer reads it."""

    title: str
    address: str
    state: ChannelState
    sign: str
    state_word: str
    remarks: tuple[str, ...]  # its own days, since when and why


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Tell about the ways, and in a demonstration about whom a visitor may be."""
    language = language_of(request)
    today = settings.NOW().astimezone(settings.SBYT.zone).date()
    try:
        found = with_connection(lambda: read_statuses(settings.SBYT).ways(today))
    except DatabaseError:
        found = {**settings.SBYT.channels, **settings.SBYT.ways}  # better what the file says than nothing
    page = settings.WEB_PAGE_CHANNEL
    said = {
        "words": start_words_of(language),
        "window": about_window(settings.SBYT.window, today, language),
        "has_form": page in found and found[page].state in (ChannelState.OPEN, ChannelState.UNSTABLE),
        "has_phones": settings.SBYT.demo.simulator,
        "ways": list(_ways(found, today, language)),
        "guide": _with_bills(guide(settings.SBYT)),
    }
    response = render(request, "start.html", said)
    response["Cache-Control"] = "no-store"  # states change, and a demonstration tells passwords
    return response


def _with_bills(shown: Mapping[str, Any]) -> dict[str, Any]:
    """The guests, each with what the code on their bill opens."""
    guests = shown.get("guests", ())
    if not guests or not settings.BILL_KEYS:
        return dict(shown)
    try:
        found = with_connection(lambda: tokens_of_bills([one["account"] for one in guests], Tokens(settings.BILL_KEYS)))
    except DatabaseError:
        return dict(shown)
    return {**shown, "guests": [{**one, "token": found.get(one["account"])} for one in guests]}


def _ways(found: Mapping[str, WaySettings], today: dt.date, language: str) -> Iterator[Way]:
    words = start_words_of(language)
    named = [way for way in found.values() if way.is_named]
    for way in sorted(named, key=lambda way: _ORDER.index(way.state)):
        remarks = []
        if (way.first_day, way.last_day) != (1, 31):
            remarks.append(words["days"].format(first=way.first_day, last=way.last_day))
        if way.since and way.since <= today and way.state is not ChannelState.OPEN:
            remarks.append(words["since"].format(day=day_of_month(way.since, language)))
        remarks += [said for said in (way.why, way.note, way.footnote) if said]
        yield Way(way.title, way.address or "", way.state, way.state.sign, words[way.state.value], tuple(remarks))
