"""The pages of mass notices. Operators look; who bills and administrators prepare, approve, pause and stop."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse
from django.shortcuts import redirect, render

from sbyt.bulk import UnableToOpenDatabase
from sbyt.core.settings import USABLE, ChannelState
from sbyt.messaging.statuses import read_statuses
from sbyt.notices.lists import csv_rows
from sbyt.notices.models import Campaign, Step
from sbyt.staff.roles import Role, may
from sbyt.usecases.channels import connected_channels
from sbyt.usecases.mass_notices import (
    Plan,
    UnableToDecide,
    UnableToPrepare,
    Who,
    approve,
    own_words,
    pause,
    prepare_own,
    prepare_withdrawn,
    resume,
    stop,
    try_out,
)
from sbyt.web.language import language_of
from sbyt.web.office.notices.shown import Showing, page, row
from sbyt.web.office.roles import name_of, staff_required

#: So many of the newest are listed.
_LISTED = 50
_DECIDING = (Role.BILLING,)  # administrators may all
_FIELDS = ("channel", "text_ru", "text_en", "short_ru", "short_en", "accounts", "until", "per_hour")
_LONGEST = 1000

State = Campaign.State


@staff_required(Role.OPERATOR, Role.BILLING)
def notices(request: HttpRequest) -> HttpResponse:
    """All of them, and the form to prepare one."""
    if request.method in ("GET", "HEAD"):
        return _all(request, {"channel": request.GET.get("withdrawn", "")[:32]})
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    filled = {name: request.POST.get(name, "").replace("\x00", "").strip() for name in _FIELDS}
    if not may(request.user, _DECIDING):
        return _all(request, {}, status=403)
    try:
        campaign = _prepared(request, filled)
    except UnableToPrepare as error:
        return _all(request, filled, wrong=f"bad_{error.reason}", status=400)
    except UnableToOpenDatabase:
        return _all(request, filled, wrong="bad_busy", status=503)
    except ValueError:
        return _all(request, filled, wrong="bad_form", status=400)
    return redirect("office:notice", campaign.pk)


def _prepared(request: HttpRequest, filled: Mapping[str, str]) -> Campaign:
    """What was asked for, made ready.

    :raises UnableToPrepare: if there is nothing to prepare.
    :raises ValueError: if a day or a number can't be read.
    """
    plan = Plan(
        until=dt.date.fromisoformat(filled["until"]) if filled["until"] else None,
        per_hour=int(filled["per_hour"]) if filled["per_hour"] else None,
    )
    around = (plan, _who(request), settings.SBYT, connected_channels() or {}, settings.NOW())
    if request.POST.get("do") == "own":
        short = {"short_russian": filled["short_ru"], "short_english": filled["short_en"]}
        words = own_words(filled["text_ru"][:_LONGEST], filled["text_en"][:_LONGEST], **short)
        return prepare_own(words, filled["accounts"].split() or None, *around)
    return prepare_withdrawn(filled["channel"], *around)


def _who(request: HttpRequest) -> Who:
    return Who(name_of(request), request.user.get_username())


def _all(request: HttpRequest, filled: Mapping[str, str], *, wrong: str = "", status: int = 200) -> HttpResponse:
    showing = _showing(request)
    found = list(Campaign.objects.order_by("-id")[:_LISTED])
    people = dict(
        Campaign.objects.filter(id__in=[one.pk for one in found])
        .annotate(people=Count("addressees"))
        .values_list("id", "people")
    )
    said = {
        "words": showing.words,
        "rows": [row(one, people[one.pk], showing) for one in found],
        "may_decide": may(request.user, _DECIDING),
        "withdrawn": _withdrawn(),
        "filled": filled,
        "wrong": showing.words[wrong] if wrong else "",
        "own": request.POST.get("do") == "own",
        "longest": _LONGEST,
    }
    return render(request, "office/notices/list.html", said, status=status)


def _withdrawn() -> list[tuple[str, str]]:
    """The channels that are withdrawn, or will be."""
    today, statuses = settings.NOW().astimezone(settings.SBYT.zone).date(), read_statuses(settings.SBYT)
    return [
        (code, channel.title)
        for code, channel in statuses.channels(today).items()
        if channel.state is ChannelState.WITHDRAWN
        or any(coming.state == ChannelState.WITHDRAWN.value for coming in statuses.coming(code, today))
    ]


def _showing(request: HttpRequest) -> Showing:
    return Showing(language_of(request), settings.SBYT)


# one of them ----------------------------------------------------------------------------------------------------------


@staff_required(Role.OPERATOR, Role.BILLING)
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """One notice: numbers, cost, what people read, and what may be done with it."""
    campaign = Campaign.objects.filter(id=pk).first()
    if campaign is None:
        raise Http404
    if request.method in ("GET", "HEAD"):
        return _one(request, campaign)
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    if not may(request.user, _DECIDING):
        return _one(request, campaign, status=403)
    do = _DOING.get(request.POST.get("do", ""))
    try:
        told = do(request, pk) if do else ""
    except UnableToDecide as error:
        campaign.refresh_from_db()
        return _one(request, campaign, wrong=f"bad_{error.reason}", status=400)
    if told:
        messages.info(request, told)
    return redirect("office:notice", pk)


def _approve(request: HttpRequest, pk: int) -> str:
    approve(pk, _who(request), settings.SBYT, settings.NOW())
    return _showing(request).words["done_approve"]


def _pause(request: HttpRequest, pk: int) -> str:
    pause(pk, _who(request), settings.NOW())
    return _showing(request).words["done_pause"]


def _resume(request: HttpRequest, pk: int) -> str:
    resume(pk, _who(request), settings.NOW())
    return _showing(request).words["done_resume"]


def _stop(request: HttpRequest, pk: int) -> str:
    """Only who said that they are sure."""
    if not request.POST.get("sure"):
        return ""
    stop(pk, _who(request), settings.NOW())
    return _showing(request).words["done_stop"]


def _try(request: HttpRequest, pk: int) -> str:
    channel = request.POST.get("channel", "")
    address = request.POST.get("address", "").replace("\x00", "").strip()[:300]
    language = "en" if request.POST.get("language") == "en" else "ru"
    if not address:
        return ""
    who, connected = _who(request), connected_channels() or {}
    text = try_out(pk, channel, address, language, who, settings.SBYT, settings.NOW(), connected)
    return _showing(request).words["tried"].format(text=text)


_DOING: Mapping[str, Callable[[HttpRequest, int], str]] = {
    "approve": _approve,
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
    "try": _try,
}


def _one(request: HttpRequest, campaign: Campaign, *, wrong: str = "", status: int = 200) -> HttpResponse:
    showing = _showing(request)
    may_decide = may(request.user, _DECIDING)
    author = campaign.steps.filter(what=Step.What.PREPARED).order_by("id").first()
    said: dict[str, Any] = {
        "words": showing.words,
        "one": page(campaign, showing),
        "may_decide": may_decide,
        "is_own": author is not None and _who(request).is_one_of(author),
        "tried": campaign.steps.filter(what=Step.What.TRIED).exists(),
        "may_approve": campaign.state == State.PREPARED,
        "may_pause": campaign.state in (State.APPROVED, State.RUNNING),
        "may_resume": campaign.state == State.PAUSED,
        "may_stop": campaign.state not in (State.FINISHED, State.STOPPED),
        "sending": _sending(),
        "wrong": showing.words[wrong] if wrong else "",
    }
    return render(request, "office/notices/one.html", said, status=status)


def _sending() -> list[tuple[str, str]]:
    """The channels by which a notice can be tried now."""
    today = settings.NOW().astimezone(settings.SBYT.zone).date()
    channels, connected = read_statuses(settings.SBYT).channels(today), connected_channels() or {}
    return [
        (code, channel.title)
        for code, channel in channels.items()
        if code in connected and channel.state in USABLE and channel.rendering != "keypad"
    ]


@staff_required(Role.OPERATOR, Role.BILLING)
def not_told(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Who was not told, as a file: row by row, however many there are."""
    campaign = Campaign.objects.filter(id=pk).first()
    if campaign is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="not-told-{pk}.csv"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(
        _lines(campaign, language_of(request)), content_type="text/csv; charset=utf-8", headers=headers
    )


def _lines(campaign: Campaign, language: str) -> Iterator[str]:
    yield "\ufeff"  # by it spreadsheets know that it is UTF-8
    for cells in csv_rows(campaign, language):
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        yield line.getvalue()
