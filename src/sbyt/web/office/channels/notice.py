"""The notice to customers, to be looked at and copied."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sbyt.messaging.statuses import read_statuses
from sbyt.notices.announcement.formats import as_html
from sbyt.staff.roles import Role
from sbyt.usecases.channel_notice import channel_notice, parse_day
from sbyt.web.language import language_of
from sbyt.web.office.channels.shown import words_of
from sbyt.web.office.roles import staff_required
from sbyt.web.words import LANGUAGES

_IN_WORDS = {"ru": "Русский", "en": "English"}


@require_safe
@staff_required(Role.OPERATOR)
def notice_of_ways(request: HttpRequest) -> HttpResponse:
    """As it is on a day, today unless another is asked for; in the language asked for, else that of the page."""
    language = language_of(request)
    words, wanted = words_of(language), request.GET.get("in", "")
    today = settings.NOW().astimezone(settings.SBYT.zone).date()
    day = _day(request.GET.get("day", ""), today)
    spoken = wanted if wanted in LANGUAGES else language
    made = channel_notice(read_statuses(settings.SBYT), settings.SBYT, day or today, spoken)
    copied = [(words[f"notice_{name}"], name, getattr(made, name)) for name in ("text", "short", "html")]
    said = {
        "words": words,
        "notice": made,
        "fragment": as_html(made.said),
        "copied": [(title, name, text, words["notice_length"].format(count=len(text))) for title, name, text in copied],
        "day": (day or today).isoformat(),
        "spoken": spoken,
        "languages": [(code, _IN_WORDS[code]) for code in LANGUAGES],
        "wrong": "" if day else words["notice_bad_day"],
    }
    return render(request, "office/channels/notice.html", said, status=200 if day else 400)


def _day(typed: str, today: dt.date) -> dt.date | None:
    try:
        return parse_day(typed) if typed else today
    except ValueError:
        return None
