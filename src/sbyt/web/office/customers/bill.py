"""A bill with its lines, each with why it is what it is."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from sbyt.accounts.bill_choices import How, choose, wanted
from sbyt.accounts.models import Account
from sbyt.billing.explain import UnableToExplain
from sbyt.billing.explain_words import Telling
from sbyt.billing.holds import holds_of
from sbyt.core.identifiers import email_address
from sbyt.core.periods import Period, UnableToParsePeriod
from sbyt.receipts.documents import file_name, pdf, receipt_of
from sbyt.receipts.edition import folder_of
from sbyt.staff.roles import Role, may
from sbyt.usecases.customer_card import account_of
from sbyt.usecases.explain_bill import UnableToFindBill, explain_bill
from sbyt.usecases.release_holds import LONGEST_NOTE
from sbyt.web.language import language_of
from sbyt.web.office.billing.shown_holds import held_said
from sbyt.web.office.billing.words import HOLDS
from sbyt.web.office.customers.shown import address_of
from sbyt.web.office.customers.views import saying_of
from sbyt.web.office.roles import name_of, staff_required

_ON_PAPER = {
    "ru": {
        "not": "Квитанция ещё не выдана.",
        "issued": "Квитанция выдана {at}.",
        "open": "Открыть квитанцию (PDF)",
        "paper": "Клиент получает квитанции на бумаге.",
        "electronic": "Клиент получает квитанции по e-mail.",
        "to_paper": "Печатать на бумаге",
        "to_electronic": "Отправлять по e-mail",
    },
    "en": {
        "not": "The bill is not issued yet.",
        "issued": "The bill was issued on {at}.",
        "open": "Open the bill (PDF)",
        "paper": "The customer gets bills on paper.",
        "electronic": "The customer gets bills by e-mail.",
        "to_paper": "Print on paper",
        "to_electronic": "Send by e-mail",
    },
}


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
        **_issued(request, account, month),
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


@staff_required(Role.OPERATOR, Role.BILLING)
def paper(request: HttpRequest, period: str, number: str) -> HttpResponse:  # noqa: ARG001 as Django calls it
    """The bill as it was issued, for the screen or the printer."""
    try:
        month = Period.parse(period)
    except UnableToParsePeriod as error:
        raise Http404 from error
    account = account_of(number)
    receipt = receipt_of(account.pk, month) if account else None
    if receipt is None:
        raise Http404
    made = pdf(receipt, folder_of(settings.SBYT))
    headers = {"Content-Disposition": f'inline; filename="{file_name(receipt)}"', "Cache-Control": "no-store"}
    return HttpResponse(made, content_type="application/pdf", headers=headers)


@staff_required(Role.OPERATOR)
@require_POST
def deliver(request: HttpRequest, period: str, number: str) -> HttpResponse:
    """Take down how the customer wants the bill: on paper, or by e-mail where an address is on file."""
    account, how = account_of(number), request.POST.get("how", "")
    if account is None or how not in How.values:
        raise Http404
    if how == How.PAPER or email_address(account.customer.email):
        choose(account.pk, How(how), name_of(request), settings.NOW())
    return redirect("office:bill", period, account.number)


def _issued(request: HttpRequest, account: Account, period: Period) -> dict[str, object]:
    """When the bill was issued, if it was, and how it is wanted; who may change that is offered to."""
    words = _ON_PAPER[language_of(request)]
    receipt, how = receipt_of(account.pk, period), wanted([account.pk])[account.pk]
    other = How.PAPER if how is How.ELECTRONIC else How.ELECTRONIC
    can_change = may(request.user, (Role.OPERATOR,)) and (other is How.PAPER or email_address(account.customer.email))
    issued = f"{receipt.issued_at.astimezone(settings.SBYT.zone):%d.%m.%Y}" if receipt else ""
    return {
        "on_paper": words["issued"].format(at=issued) if receipt else words["not"],
        "wanted": words[how],
        "paper": words["open"] if receipt else "",
        "paper_of": str(period),
        "other_way": other if can_change else "",
        "change": words[f"to_{other}"],
    }


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
