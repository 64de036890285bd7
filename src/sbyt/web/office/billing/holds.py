"""The page of the bills that look wrong: a person looks at them, and releases those that are right."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from sbyt.billing.holds import released, waiting
from sbyt.billing.runs import run_of
from sbyt.core.periods import Period
from sbyt.staff.roles import Role, may
from sbyt.usecases.release_holds import LONGEST_NOTE, UnableToRelease, release_holds
from sbyt.web.office.billing.shown import month_name
from sbyt.web.office.billing.shown_holds import done, shown_hold, unable
from sbyt.web.office.billing.views import period_of
from sbyt.web.office.billing.words import HOLDS
from sbyt.web.office.customers.shown import Saying
from sbyt.web.office.customers.views import saying_of
from sbyt.web.office.roles import name_of, staff_required

#: So many are shown at once, of those that wait and of those that were looked at.
MOST = 50

_NUMBER = re.compile(r"[0-9]{1,18}")


@staff_required(Role.OPERATOR, Role.BILLING)
def holds(request: HttpRequest, period: str) -> HttpResponse:
    """The held bills of a month: those that wait, then those that were looked at. Sent, it releases those ticked."""
    month = period_of(period)
    if month is None or run_of(month) is None:
        raise Http404
    saying = saying_of(request)
    if request.method != "POST":
        return _page(request, month, saying)
    if not may(request.user, (Role.BILLING,)):
        raise PermissionDenied
    ticked = [int(one) for one in request.POST.getlist("account") if _NUMBER.fullmatch(one)]
    try:
        found = release_holds(month, ticked, request.POST.get("note", ""), name_of(request), settings.NOW())
    except UnableToRelease as error:
        status = 409 if error.reason == "released" else 400
        return _page(request, month, saying, status=status, ticked=ticked, wrong=unable(error, saying))
    for told in done(found, saying):
        messages.info(request, told)
    return redirect(request.get_full_path())


def _page(
    request: HttpRequest,
    period: Period,
    saying: Saying,
    *,
    status: int = 200,
    ticked: Collection[int] = (),
    wrong: str = "",
) -> HttpResponse:
    words, name = HOLDS[saying.language], month_name(period, saying)
    after, past = _place(request, "after"), _place(request, "past")
    waits, more = waiting(period, MOST, after=after)
    looked_at, more_past = released(period, MOST, after=past)
    shown: dict[str, Any] = {
        "words": words,
        "title": words["title"].format(month=name),
        "period": str(period),
        "to_month": words["to_month"].format(month=name),
        "waiting": [shown_hold(hold, saying, ticked) for hold in waits],
        "nothing": words["none_here" if after else "none_waiting" if looked_at or past else "none"],
        "following": _leaf(after=waits[-1].pk) if more else "",
        "to_first": _leaf() if after else "",
        "released": [shown_hold(hold, saying) for hold in looked_at],
        "following_past": f"{_leaf(after=after, past=looked_at[-1].pk)}#released" if more_past else "",
        "to_first_past": f"{_leaf(after=after)}#released" if past else "",
        "may_release": may(request.user, (Role.BILLING,)),
        "note": request.POST.get("note", ""),
        "longest": LONGEST_NOTE,
        "wrong": wrong,
    }
    return render(request, "office/billing/held.html", shown, status=status)


def _place(request: HttpRequest, name: str) -> int:
    """Beyond which row a list goes on."""
    written = request.GET.get(name, "")
    return int(written) if _NUMBER.fullmatch(written) else 0


def _leaf(**places: int) -> str:
    return f"?{urlencode({name: place for name, place in places.items() if place})}"
