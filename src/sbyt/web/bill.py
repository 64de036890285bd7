"""The first page behind the code of a bill: what is owed and why, and the meters to read. It works without scripts."""

from __future__ import annotations

import datetime as dt
import functools
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from sbyt.accounts.bill_choices import How, choose
from sbyt.accounts.tokens import Tokens
from sbyt.billing.models import Bill
from sbyt.bulk.lasting import with_connection
from sbyt.usecases.instant_bill import email_on_file, instant_bill, meters_to_read
from sbyt.usecases.open_bill import Opening, Visitor, look_at, open_bill
from sbyt.usecases.receive_message import Received
from sbyt.usecases.receive_message.failures import is_outage
from sbyt.web.bill_rows import UnableToReadFields, bill_of, message_of, meters_of, shown, way_of
from sbyt.web.bill_words import WORDS
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
from sbyt.web.limits import is_too_often
from sbyt.web.tokens import Token, Visit, new_talk, token_of, visit_of
from sbyt.web.words import LANGUAGES, words_of

COOKIE = "sbyt_bill"
#: About as long as a bill is the newest; the next one has a code of its own.
_REMEMBERED = dt.timedelta(days=31)
#: Nobody mistypes a code that a camera reads. It has 64 bits: what is to be kept low is the noise.
_WRONG_A_MINUTE = 30
_FIELDS = re.compile(r"(m\d+-T[123](-rest)?|text|press|token|lang|bill)")
_STATUS = {"foreign": 404, "older": 410, "revoked": 410, "often": 429, "out": 503, "kept": 503}


# the token ------------------------------------------------------------------------------------------------------------


@require_safe
def arrive(request: HttpRequest, token: str) -> HttpResponse:
    """Take a token out of the address and go on. It links nobody: what only looks at links keeps no cookie."""
    language = language_of(request)
    try:
        response = with_connection(functools.partial(_arrived, request, token, language))
    except DatabaseError as error:
        if not is_outage(error):
            raise
        response = _refused(language, "out")
    response["Referrer-Policy"] = "no-referrer"
    return response


def _arrived(request: HttpRequest, token: str, language: str) -> HttpResponse:
    tokens = Tokens(settings.BILL_KEYS)
    if tokens.opened(token) is None:
        often = is_too_often(request, "bill_token", _WRONG_A_MINUTE, settings.NOW())
        return _refused(language, "often" if often else "foreign")
    sender = _sender(request, token, tokens)
    found = look_at(token, tokens, _visitor(sender))
    if found.opening is Opening.ENDED:  # who has the bill in hand begins anew
        sender = new_talk(language).sender
        found = look_at(token, tokens, _visitor(sender))
    if found.bill is None:
        return _refused(language, found.opening.value)
    response = HttpResponse(status=HTTPStatus.SEE_OTHER, headers={"Location": reverse("bill")})
    response["Cache-Control"] = "no-store"
    visit = _visit(request)
    spoken = visit.language if visit and visit.sender == sender else settings.SBYT.language
    _remember(response, Visit(sender, token, spoken))
    return response


def _sender(request: HttpRequest, token: str, tokens: Tokens) -> str:
    """A browser is the same sender again for the same account. For a neighbour's bill it is another."""
    visit = _visit(request)
    before, now = tokens.opened(visit.bill) if visit else None, tokens.opened(token)
    if visit and before and now and before.account == now.account:
        return visit.sender
    return new_talk("").sender


# the page -------------------------------------------------------------------------------------------------------------


@csrf_exempt  # its token is of its own kind and says what a message is; it is good only with the cookie of its sender
def bill(request: HttpRequest) -> HttpResponse:
    """The newest bill, to who came by its code; what they send goes the way of all channels."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    if request.method == "POST" and is_too_large(request):
        sent_forms.labels("too_large").inc()
        return HttpResponse(status=413)
    language = _language(request)
    visit = _visit(request)
    if visit is None:
        return _refused(language, "none")
    act = _received if request.method == "POST" else _shown
    try:
        return with_connection(functools.partial(act, request, visit, language))
    except DatabaseError as error:
        if not is_outage(error):
            raise
        return _kept(request, language) if request.method == "POST" else _refused(language, "out")


def _shown(_request: HttpRequest, visit: Visit, language: str) -> HttpResponse:
    found = open_bill(visit.bill, Tokens(settings.BILL_KEYS), _visitor(visit.sender), settings.SBYT, settings.NOW())
    if found.bill is None:
        return _refused(language, found.opening.value)
    return _page(language, found.bill, Token.fresh(visit.sender), _Done())


def _received(request: HttpRequest, visit: Visit, language: str) -> HttpResponse:
    """What was sent: a choice, a press, an answer or readings. Of a form that isn't ours nothing is taken, but kept."""
    found = open_bill(visit.bill, Tokens(settings.BILL_KEYS), _visitor(visit.sender), settings.SBYT, settings.NOW())
    if found.bill is None:
        return _refused(language, found.opening.value)
    filled = _filled(request)
    token = token_of(filled.get("token", ""))
    if token is None or token.sender != visit.sender or not is_of_our_page(request):
        sent_forms.labels("refused").inc()
        fresh = Token.fresh(visit.sender)
        return _page(language, found.bill, fresh, _Done(filled, problem="stale"), 403)
    if filled.get("bill") in How.values:
        return _chosen(How(filled["bill"]), found.bill, visit, language)
    return _handed_in(filled, found.bill, token, visit, language)


def _chosen(how: How, of: Bill, visit: Visit, language: str) -> HttpResponse:
    if how is How.PAPER or email_on_file(of):
        choose(of.account_id, how, f"{settings.WEB_PAGE_CHANNEL}:{visit.sender}", settings.NOW())
    return _page(language, of, Token.fresh(visit.sender), _Done(choice=how))


def _handed_in(filled: dict[str, str], of: Bill, token: Token, visit: Visit, language: str) -> HttpResponse:
    text = filled.get("press") or filled.get("text") or ""
    problem = ""
    if not text:
        meters = meters_to_read(of, settings.SBYT, settings.NOW())
        try:
            text = message_of(of.account.number, meters, filled, language)
        except UnableToReadFields as error:
            problem = error.problem
    problem = problem or ("" if text else "empty") or ("long" if len(text) > LONGEST_TEXT else "")
    if problem:
        sent_forms.labels("too_long" if problem == "long" else "empty").inc()
        return _page(language, of, token, _Done(filled, problem=problem), 400)
    received = hand_in(token, text, language, visit.language)
    sent_forms.labels("answered" if received.result else "stored").inc()
    response = _page(language, of, token, _Done(filled, text, received))
    _remember(response, Visit(visit.sender, visit.bill, language))
    return response


# how it looks ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Done:
    """What was sent before a page is shown, and what became of it."""

    filled: dict[str, str] = field(default_factory=dict)
    text: str = ""
    received: Received | None = None
    problem: str = ""
    choice: How | None = None


def _page(language: str, of: Bill, token: Token, done: _Done, status: int = 200) -> HttpResponse:
    """The page as it is after whatever was done. What was typed stays until it is taken."""
    instant = instant_bill(of, settings.SBYT, settings.NOW())
    said, received = WORDS[language], done.received
    keeps = {} if received and is_taken(received) else done.filled
    context = {
        **around(language),
        **answer(token, done.text, received, language),
        "quoted": shown(done.text, of.account.number),
        "say": said,
        "bill": bill_of(instant, language),
        "meters": meters_of(instant, language, keeps),
        "way": way_of(instant, language, done.choice),
        "asked": is_asked(received) or bool(received and received.result is None),
        "problem": said.get(done.problem) or words_of(language).get(done.problem, ""),
        "closed": "" if received else closed(language),
        "style": _STYLE,
        "script": _SCRIPT,
    }
    return _answered("bill.html", context, status)


def _refused(language: str, why: str) -> HttpResponse:
    """Kindly: what happened, what it means, what to do."""
    return _answered("bill_refused.html", _about(language, why), _STATUS.get(why, 403))


def _kept(request: HttpRequest, language: str) -> HttpResponse:
    """The database is away, so its meters can't be shown: what was typed stays all the same, under its token."""
    sent_forms.labels("unavailable").inc()
    filled = _filled(request)
    typed = [value for name, value in filled.items() if value and name not in ("token", "lang", "bill")]
    return _answered("bill_refused.html", _about(language, "kept") | {"kept": filled, "typed": typed}, 503)


def _about(language: str, why: str) -> dict[str, object]:
    said = WORDS[language]
    told = {"happened": said[why], "means": said[f"{why}_why"], "do": said[f"{why}_do"]}
    return {**around(language), **told, "say": said, "style": _STYLE}


def _answered(template: str, context: dict[str, object], status: int) -> HttpResponse:
    response = HttpResponse(render_to_string(template, context), status=status)
    for name, value in _HEADERS.items():
        response[name] = value
    return response


# who it is ------------------------------------------------------------------------------------------------------------


def _visitor(sender: str) -> Visitor:
    return Visitor(settings.WEB_PAGE_CHANNEL, sender)


def _visit(request: HttpRequest) -> Visit | None:
    visit = visit_of(request.COOKIES.get(COOKIE, ""), _REMEMBERED)
    return visit if visit and visit.language in LANGUAGES else None


def _remember(response: HttpResponse, visit: Visit) -> None:
    """Its path holds both addresses: who comes by the next bill's code is known again, and the owners not told anew."""
    response.set_cookie(COOKIE, visit.sealed(), _REMEMBERED, path="/", secure=True, httponly=True, samesite="Lax")


def _language(request: HttpRequest) -> str:
    """The one that the form was sent in, else that of all our pages."""
    wanted = request.POST.get("lang", "")
    return wanted if wanted in LANGUAGES else language_of(request)


def _filled(request: HttpRequest) -> dict[str, str]:
    """What our forms hold of what was sent."""
    return {name: str(value).strip() for name, value in request.POST.items() if _FIELDS.fullmatch(name)}


_HERE = Path(__file__).parent
_STYLE = "".join((_HERE / name).read_text(encoding="utf-8") for name in ("form.css", "bill.css"))
_SCRIPT = (_HERE / "bill.js").read_text(encoding="utf-8")
_HEADERS = {
    **headers(_STYLE, _SCRIPT),
    # The address is clean; without a referrer older browsers would not tell a form of ours from anybody's.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
