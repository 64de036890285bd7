"""The first page of the office: what waits, and the ways to all desks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sbyt.billing.runs import newest_runs
from sbyt.messaging.health_rows import unwell
from sbyt.messaging.traffic import unhandled
from sbyt.notices.health_words import said_health, said_reason
from sbyt.staff.roles import Role, may
from sbyt.usecases.staff_queue import COUNTED, counts
from sbyt.web.office.billing.shown import month_name
from sbyt.web.office.billing.shown_holds import waiting_said
from sbyt.web.office.billing.words import WORDS as BILLING
from sbyt.web.office.codes import REASONS, said
from sbyt.web.office.customers.views import saying_of
from sbyt.web.office.roles import staff_required

WORDS: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "waits": "Ждёт решения",
        "oldest": "самое давнее с {at}",
        "asked": "Спросили и ждём ответа: {count}",
        "nothing": "Всё решено.",
        "more": "больше {count}",
        "unhandled": "Не обработано сообщений: {count}, первое с {at}. Если число растёт, проверьте, работает ли "
        "sbyt work: сообщения сохранены и дождутся.",
    },
    "en": {
        "waits": "Waits for a decision",
        "oldest": "the oldest since {at}",
        "asked": "Asked and waiting for an answer: {count}",
        "nothing": "All is decided.",
        "more": "more than {count}",
        "unhandled": "Messages not handled yet: {count}, the first since {at}. If the number grows, see whether "
        "sbyt work is running: the messages are kept and will wait.",
    },
}


@staff_required()
def home(request: HttpRequest) -> HttpResponse:
    """What waits is for operators; others see the desks alone."""
    shown = _waiting(request) if may(request.user, (Role.OPERATOR,)) else {}
    if may(request.user, (Role.OPERATOR, Role.BILLING)):
        shown |= _billed(request)
    return render(request, "office/home.html", shown)


def _billed(request: HttpRequest) -> dict[str, str]:
    """Which month was billed last, and when; how many of its bills wait for who bills. Nothing before the first."""
    saying, (found, _) = saying_of(request), newest_runs(1)
    if not found:
        return {}
    period = found[0].period
    last = BILLING[saying.language]["last"].format(month=month_name(period, saying), at=saying.moment(found[0].at))
    bills = may(request.user, (Role.BILLING,))
    return {"billed": last, "held_of": str(period), "held": waiting_said("last", period, saying) if bills else ""}


def _waiting(request: HttpRequest) -> dict[str, object]:
    saying, now = saying_of(request), settings.NOW()
    words, counted, late = WORDS[saying.language], counts(settings.SBYT, now), unhandled(now)
    return {
        "words": words,
        "shown_above": "queue",
        "waiting": words["more"].format(count=COUNTED) if counted.at_least else counted.waiting,
        "reasons": [(code, said(REASONS, saying.language, code), count) for code, count in counted.by_reason.items()],
        "oldest": words["oldest"].format(at=saying.moment(counted.oldest)) if counted.oldest else "",
        "asked": words["asked"].format(count=counted.asked) if counted.asked else "",
        "unhandled": words["unhandled"].format(count=late.count, at=saying.moment(late.since)) if late.since else "",
        "unwell": _unwell(saying.language, now),
    }


def _unwell(language: str, now: dt.datetime) -> list[dict[str, object]]:
    """The channels that don't work, or badly, the worst first, each with the gravest reason."""
    channels, zone = settings.SBYT.channels, settings.SBYT.zone
    return [
        {
            "code": one.channel,
            "title": channels[one.channel].title,
            "state": one.state,
            "said": said_health(one.state, language),
            "what": said_reason(one.reasons[0], language, zone).what if one.reasons else "",
        }
        for one in unwell((code for code in settings.CONNECTED_CHANNELS() if code in channels), now)
    ]
