"""The pages of the billing: the months that were billed, and one of them. A command bills."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from sbyt.billing.models import Unbilled
from sbyt.billing.runs import newest_runs, not_billed, run_of
from sbyt.core.periods import Period, UnableToParsePeriod
from sbyt.staff.roles import Role
from sbyt.web.office.billing.chart import BASES
from sbyt.web.office.billing.shown import (
    bases_table,
    categories,
    charts,
    compared,
    count,
    lines,
    month_name,
    reasons,
    shown_obstacle,
    shown_run,
    sums,
)
from sbyt.web.office.billing.shown_holds import oddest, waiting_said
from sbyt.web.office.billing.words import HOLDS, WORDS
from sbyt.web.office.customers.shown import Saying
from sbyt.web.office.customers.views import saying_of
from sbyt.web.office.data.words import code
from sbyt.web.office.roles import staff_required

#: So many months are shown at once, so many of who was not billed.
MOST_RUNS, MOST_NOT_BILLED = 24, 50


@staff_required(Role.OPERATOR, Role.BILLING)
def runs(request: HttpRequest) -> HttpResponse:
    """The months that were billed, the newest first."""
    saying = saying_of(request)
    words, before = WORDS[saying.language], period_of(request.GET.get("before", ""))
    found, more = newest_runs(MOST_RUNS, before)
    today = settings.NOW().astimezone(saying.zone).date()
    rows = [shown_run(one, saying) for one in found]
    shown = {
        "words": words,
        "rows": rows,
        "columns": next((row.figures for row in rows if row.figures), ()),
        "none_do": words["none_do"].format(period=Period.of(today)),
        "charts": charts(found[::-1], saying),
        "legend": [(basis, code(basis)) for basis in BASES],
        "table": bases_table([run for run in found if run.summary], saying),
        "earlier": str(found[-1].period) if more else "",
        "is_newest": before is None,
    }
    return render(request, "office/billing/list.html", shown)


@staff_required(Role.OPERATOR, Role.BILLING)
def run(request: HttpRequest, period: str) -> HttpResponse:
    """One month: what it came to, against the month before, and who could not be billed."""
    month = period_of(period)
    found = run_of(month) if month is not None else None
    if found is None:
        raise Http404
    saying = saying_of(request)
    words, summary = WORDS[saying.language], found.summary
    before = next(iter(newest_runs(1, found.period)[0]), None)
    (newest,), _ = newest_runs(1)
    shown = {
        "words": words,
        "title": words["title"].format(month=month_name(found.period, saying)),
        "period": str(found.period),
        "landed": words["landed_at"].format(at=saying.moment(found.at)),
        "summary": summary,
        "accounts": count(summary.accounts, saying) if summary else "",
        "bills": count(summary.bills, saying) if summary else "",
        "sums": sums(summary, saying) if summary else [],
        "lines": lines(summary, saying) if summary else [],
        "this_month": saying.month(found.period),
        "month_before": saying.month(before.period) if before else "",
        "period_before": str(before.period) if before else "",
        "compared": compared(found, before, saying),
        "categories": categories(summary, before.summary if before else None, saying) if summary else [],
        "oddest": oddest(summary, saying) if summary else [],
        "held": HOLDS[saying.language]["all_done"] if summary and summary.held else "",
        "held_waiting": waiting_said("link", found.period, saying),
        "advice": words["who_late" if newest.period == found.period else "who_past"].format(period=found.period),
        "reasons": reasons(summary, saying) if summary else [],
        **_who(request, found.period, saying),
    }
    return render(request, "office/billing/one.html", shown)


def _who(request: HttpRequest, period: Period, saying: Saying) -> dict[str, Any]:
    """Who could not be billed, from where the page before ended."""
    asked, written = request.GET.get("reason", ""), request.GET.get("after", "")
    reason = asked if asked in Unbilled.Reason.values else ""
    after = int(written) if re.fullmatch(r"[0-9]{1,18}", written) else 0
    rows, more = not_billed(period, MOST_NOT_BILLED, reason=reason, after=after)
    so = {"reason": reason} if reason else {}
    return {
        "reason": reason,
        "rows": [shown_obstacle(row, saying) for row in rows],
        "following": f"?{urlencode({**so, 'after': rows[-1].pk})}#who" if more else "",
        "to_first": f"?{urlencode(so)}#who" if after else "",
    }


def period_of(written: str) -> Period | None:
    """The month that is written; None where it is none."""
    try:
        return Period.parse(written)
    except UnableToParsePeriod:
        return None
