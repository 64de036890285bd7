"""The page on which readings are handed in: a plain form, whose answer is on the next page."""

from __future__ import annotations

import datetime as dt
import functools
import re
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt

from sbyt.bulk.lasting import with_connection
from sbyt.usecases.receive_message import Received
from sbyt.usecases.receive_message.failures import is_outage
from sbyt.web.handing_in import (
    LONGEST_TEXT,
    answer,
    around,
    closed,
    hand_in,
    headers,
    is_asked,
    is_of_our_page,
    is_taken,
    is_too_large,
    sent_forms,
)
from sbyt.web.language import language_of
from sbyt.web.tokens import Talk, Token, new_talk, talk_of, token_of
from sbyt.web.words import LANGUAGES, about_window, words_of

COOKIE = "sbyt_form"
#: An open question waits a day, a reading may be taken back until the window closes.
_COOKIE_DAYS = 31


@csrf_exempt  # its token is of its own kind: it works without cookies and says what a message is
def form(request: HttpRequest) -> HttpResponse:
    """An empty form, or the answer to one that was sent."""
    if request.method in ("GET", "HEAD"):
        return _empty(request)
    if request.method == "POST":
        return _received(request)
    return HttpResponseNotAllowed(["GET", "POST"])


def _empty(request: HttpRequest) -> HttpResponse:
    language = language_of(request)
    talk = _talk(request) or new_talk(language)
    try:
        told = with_connection(functools.partial(closed, language))
    except DatabaseError:
        told = ""  # whoever sends something is told
    return _page(language, token=Token.fresh(talk.sender), told_closed=told)


def _received(request: HttpRequest) -> HttpResponse:
    """What was sent, on its way through the inbox. Nothing is taken of a form that isn't ours; what it held is kept."""
    if is_too_large(request):
        sent_forms.labels("too_large").inc()
        return HttpResponse(status=413)
    filled = {name: request.POST.get(name, "").strip() for name in ("account", "values", "text", "press")}
    language = _language(request, request.POST.get("lang", ""))
    token, talk = token_of(request.POST.get("token", "")), _talk(request)
    if token is None or not is_of_our_page(request):
        sent_forms.labels("refused").inc()
        fresh = Token.fresh((talk or new_talk(language)).sender)
        return _page(language, 403, token=fresh, filled=filled, problem="stale")
    text = _message(filled, language)
    if not text or len(text) > LONGEST_TEXT:
        sent_forms.labels("empty" if not text else "too_long").inc()
        return _page(language, 400, token=token, filled=filled, problem="empty" if not text else "long")
    before = talk.language if talk and talk.sender == token.sender else settings.SBYT.language
    try:
        received = with_connection(functools.partial(hand_in, token, text, language, before))
    except DatabaseError as error:
        if not is_outage(error):
            raise
        sent_forms.labels("unavailable").inc()
        return _page(language, 503, token=token, filled=filled, problem="out")
    sent_forms.labels("answered" if received.result else "stored").inc()
    response = _page(language, token=token, filled=filled, text=text, received=received)
    _remember(response, Talk(token.sender, language), request.path)
    return response


def _message(filled: dict[str, str], language: str) -> str:
    """What was pressed or typed, as one message. A number in the field for accounts is called one."""
    if typed := filled["press"] or filled["text"]:
        return typed
    account, values = filled["account"], filled["values"]
    called = "account" if language == "en" else "лс"
    named = f"{called} {account}" if re.fullmatch(r"[\d\s-]+", account) else account
    return f"{named} {values}".strip() if values or account else ""


def _page(
    language: str,
    status: int = 200,
    *,
    token: Token,
    filled: dict[str, str] | None = None,
    text: str = "",
    received: Received | None = None,
    problem: str = "",
    told_closed: str = "",
) -> HttpResponse:
    answered = received is not None and received.result is not None
    now = settings.NOW()
    said = {
        **around(language),
        **answer(token, text, received, language),
        "window": about_window(settings.SBYT.window, now.astimezone(settings.SBYT.zone).date(), language),
        "style": _STYLE,
        "filled": filled or {},
        "talking": is_asked(received) if answered else any((filled or {}).get(name) for name in ("text", "press")),
        # What was taken need not be put right; what was not is there to be changed.
        "keeps_values": bool(problem) or (answered and received is not None and not is_taken(received)),
        "problem": words_of(language).get(problem, ""),
        "closed": told_closed,
    }
    response = HttpResponse(render_to_string("form.html", said), status=status)
    for name, value in _HEADERS.items():
        response[name] = value
    return response


def _language(request: HttpRequest, wanted: str) -> str:
    """The one that the form was sent in, else that of all our pages."""
    return wanted if wanted in LANGUAGES else language_of(request)


def _talk(request: HttpRequest) -> Talk | None:
    talk = talk_of(request.COOKIES.get(COOKIE, ""))
    return talk if talk and talk.language in LANGUAGES else None


def _remember(response: HttpResponse, talk: Talk, path: str) -> None:
    """Only who has sent something gets a cookie: it lets a later answer find the question."""
    age = dt.timedelta(days=_COOKIE_DAYS)
    response.set_cookie(COOKIE, talk.sealed(), max_age=age, path=path, secure=True, httponly=True, samesite="Lax")


#: It stands in the page, which asks for nothing else: of a bad connection one answer is enough.
_STYLE = (Path(__file__).parent / "form.css").read_text(encoding="utf-8")
_HEADERS = headers(_STYLE)
