"""A bill with its lines, each with why it is what it is."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from sbyt.accounts.models import Account
from sbyt.billing.explain import UnableToExplain
from sbyt.billing.holds import holds_of
from sbyt.core.periods import Period, UnableToParsePeriod
from sbyt.staff.roles import Role, may
from sbyt.usecases.customer_card import account_of
from sbyt.usecases.explain_bill import UnableToFindBill, explain_bill
from sbyt.usecases.explain_words import Telling
from sbyt.usecases.release_holds import LONGEST_NOTE
from sbyt.web.language import language_of
from sbyt.web.office.billing.shown_holds import held_said
from sbyt.web.office.billing.words import HOLDS
from sbyt.web.office.customers.shown import address_of
from sbyt.web.office.customers.views import saying_of
from sbyt.web.office.roles import staff_required


@staff_required(Role.OPERATOR, Role.BILLING)
def bill(request: HttpRequest, period: str, number: str) -> HttpResponse:
    """One bill; what does not follow from its trace is told as a fault, with the sums as they stand."""
    try:
        month = Period.parse(period)
    except UnableToParsePeriod as error:
        raise Http404 from error
    account, telling = account_of(number), Telling(language_of(request))
    if account is None:
        raise Http404
    shown = {
        "words": telling.words,
        "title": telling.words["bill"].format(account=account.number, month=telling.month(month)),
        "account": account,
        "address": address_of(account),
        **_held(request, account, month),
    }
    try:
        explained = explain_bill(account, month)
    except UnableToFindBill as error:
        return render(request, "office/customers/bill.html", {**shown, "wrong": str(error)}, status=404)
    except UnableToExplain as error:
        return render(request, "office/customers/bill.html", {**shown, "wrong": str(error)}, status=500)
    sums = ("opening", "charged", "recalculated", "paid", "closing")
    shown["sums"] = [(telling.words[name], telling.money(getattr(explained.bill, name))) for name in sums]
    shown["lines"] = [(telling.head(line), list(telling.why(line))) for line in explained.lines]
    shown["unbilled"] = [
        telling.words["unbilled"].format(serial=one.meter.serial, reason=telling.words[one.reason])
        for one in explained.unbilled
        if one.meter is not None
    ]
    return render(request, "office/customers/bill.html", shown)


def _held(request: HttpRequest, account: Account, period: Period) -> dict[str, object]:
    """Whether the bill is held, or was; who bills can release it here."""
    hold, saying = holds_of(period, [account.pk]).get(account.pk), saying_of(request)
    if hold is None:
        return {}
    waits = hold.released_at is None
    return {
        "hold": hold,
        "held": held_said(hold, saying),
        "held_waits": waits,
        "may_release": waits and may(request.user, (Role.BILLING,)),
        "period": str(period),
        "longest": LONGEST_NOTE,
        "held_words": HOLDS[saying.language],
    }
