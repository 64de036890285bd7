"""The page on which readings are handed in: a plain form, whose answer is on the next page."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import hashlib
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from prometheus_client import Counter

from sbyt.bulk.lasting import with_connection
from sbyt.messaging.inbox import Incoming
from sbyt.messaging.statuses import read_statuses
from sbyt.usecases.channels import channel_facts, example_answer
from sbyt.usecases.receive_message import Received, receive_messages
from sbyt.usecases.receive_message.failures import is_outage
from sbyt.web.language import language_of
from sbyt.web.tokens import Talk, Token, new_talk, talk_of, token_of
from sbyt.web.words import LANGUAGES, about_window, words_of

COOKIE = "sbyt_form"
#: An open question waits a day, a reading may be taken back until the window closes.
_COOKIE_DAYS = 31
_LONGEST_TEXT = 2000
_LARGEST_BODY = 64 * 1024

_sent = Counter("sbyt_forms", "Forms that were sent on our page, by what became of them.", ["result"])


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
        closed = with_connection(functools.partial(_closed, language))
    except DatabaseError:
        closed = ""  # whoever sends something is told
    return _page(language, token=Token.fresh(talk.sender), closed=closed)


def _closed(language: str) -> str:
    """What people are told while the page takes no readings; empty while it does."""
    now = settings.NOW()
    code, today = settings.WEB_PAGE_CHANNEL, now.astimezone(settings.SBYT.zone).date()
    if channel_facts(code, read_statuses(settings.SBYT), today).takes_readings(today):
        return ""
    return example_answer(code, settings.SBYT.model_copy(update={"language": language}), now)


def _received(request: HttpRequest) -> HttpResponse:
    """What was sent, on its way through the inbox. Nothing is taken of a form that isn't ours; what it held is kept."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > _LARGEST_BODY:
        _sent.labels("too_large").inc()
        return HttpResponse(status=413)
    filled = {name: request.POST.get(name, "").strip() for name in ("account", "values", "text", "press")}
    language = _language(request, request.POST.get("lang", ""))
    token, talk = token_of(request.POST.get("token", "")), _talk(request)
    if token is None or not _is_of_this_page(request):
        _sent.labels("refused").inc()
        fresh = Token.fresh((talk or new_talk(language)).sender)
        return _page(language, 403, token=fresh, filled=filled, problem="stale")
    text = _message(filled, language)
    if not text or len(text) > _LONGEST_TEXT:
        _sent.labels("empty" if not text else "too_long").inc()
        return _page(language, 400, token=token, filled=filled, problem="empty" if not text else "long")
    try:
        received = with_connection(functools.partial(_receive, token, text, language, talk))
    except DatabaseError as error:
        if not is_outage(error):
            raise
        _sent.labels("unavailable").inc()
        return _page(language, 503, token=token, filled=filled, problem="out")
    _sent.labels("answered" if received.result else "stored").inc()
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


def _receive(token: Token, text: str, language: str, talk: Talk | None) -> Received:
    """Through the one path of all channels. Who chose the other language says so first, as one would in a chat."""
    now, code = settings.NOW(), settings.WEB_PAGE_CHANNEL
    before = talk.language if talk and talk.sender == token.sender else settings.SBYT.language
    said = [text]
    if language != before:
        said.insert(0, f"/{language}")
    incoming = [Incoming(code, token.sender, one, token.message_id(one), now) for one in said]
    return receive_messages(incoming, settings.SBYT, now)[-1]


def _page(
    language: str,
    status: int = 200,
    *,
    token: Token,
    filled: dict[str, str] | None = None,
    text: str = "",
    received: Received | None = None,
    problem: str = "",
    closed: str = "",
) -> HttpResponse:
    words, now = words_of(language), settings.NOW()
    known: dict[str, Any] = (received.result if received else None) or {}
    said = {
        "words": words,
        "language": language,
        "other": next(one for one in LANGUAGES if one != language),
        "company": settings.SBYT.company,
        "window": about_window(settings.SBYT.window, now.astimezone(settings.SBYT.zone).date(), language),
        "style": _STYLE,
        # What was sent keeps its token: sent again it is the same message. What is written next has one of its own.
        "sent_token": token.sealed(),
        "token": Token.fresh(token.sender).sealed() if received else token.sealed(),
        "filled": filled or {},
        "talking": _is_asked(known) if known else any((filled or {}).get(name) for name in ("text", "press")),
        # What was taken need not be put right; what was not is there to be changed.
        "keeps_values": bool(problem) or (bool(known) and known["outcome"] not in ("accepted", "duplicate")),
        "problem": words.get(problem, ""),
        "closed": closed,
        "sent": text,
        "reply": known.get("reply", ""),
        "buttons": known.get("buttons", []),
        "later": words["later"].format(number=received.number) if received and not known else "",
    }
    response = HttpResponse(render_to_string("form.html", said), status=status)
    for name, value in _HEADERS.items():
        response[name] = value
    return response


def _is_asked(result: dict[str, Any]) -> bool:
    return bool(result["buttons"]) or result["outcome"] in ("confirm", "ask")


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


def _is_of_this_page(request: HttpRequest) -> bool:
    """Whether the form was not posted by somebody else's page, by what browsers say of that."""
    site = request.META.get("HTTP_SEC_FETCH_SITE")
    if site:
        return bool(site in ("same-origin", "none"))
    origin = request.META.get("HTTP_ORIGIN")
    return not origin or urlsplit(origin).netloc == request.META.get("HTTP_HOST")


#: It stands in the page, which asks for nothing else: of a bad connection one answer is enough.
_STYLE = (Path(__file__).parent / "form.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {  # the others are those of all pages (sbyt.web.policy)
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Vary": "Cookie, Accept-Language",
}
