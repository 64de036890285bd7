"""A bill with its lines, each with why it is what it is."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from sbyt.billing.explain import UnableToExplain
from sbyt.core.periods import Period, UnableToParsePeriod
from sbyt.staff.roles import Role
from sbyt.usecases.customer_card import account_of
from sbyt.usecases.explain_bill import UnableToFindBill, explain_bill
from sbyt.usecases.explain_words import Telling
from sbyt.web.language import language_of
from sbyt.web.office.customers.shown import address_of
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
