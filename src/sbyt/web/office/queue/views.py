"""The pages of the queue: what waits, and one task with all that a decision rests on."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from sbyt.accounts.models import Account
from sbyt.core.settings import Settings
from sbyt.messaging.numbers import short_number
from sbyt.messaging.photos import Missing, missing_of, photos_of
from sbyt.readings.models import StaffTask
from sbyt.staff.roles import Role
from sbyt.usecases import decide_task
from sbyt.usecases.customer_card import MeterCard, account_of, conversation_with, meter_cards
from sbyt.usecases.decide_task import Decided, UnableToDecide
from sbyt.usecases.handle_again import UnableToHandleAgain, handle_again
from sbyt.usecases.receive_message.failures import NOT_HANDLED
from sbyt.usecases.staff_queue import COUNTED, Offered, Waiting, asked_tasks, counts, next_task, queue, waiting
from sbyt.usecases.take_reading import Given, UnableToTake, Why, linked_to
from sbyt.usecases.write_to_customer import LONGEST
from sbyt.web.office.codes import ADVICE, REASONS, said
from sbyt.web.office.customers.shown import Saying, address_of, missing_said, shown_meter
from sbyt.web.office.customers.views import MOST_ENTRIES, before, given_values, said_why, saying_of, talk_shown
from sbyt.web.office.queue.shown import (
    Judged,
    closed,
    done,
    drafts,
    fields,
    judged,
    offered_said,
    shown_task,
    unable,
)
from sbyt.web.office.queue.words import WORDS
from sbyt.web.office.roles import name_of, staff_required

#: So many tasks a page.
MOST = 50


@staff_required(Role.OPERATOR)
def tasks(request: HttpRequest) -> HttpResponse:
    """What waits for a decision, by reason, the oldest first."""
    saying, now = saying_of(request), settings.NOW()
    words, counted = WORDS[saying.language], counts(settings.SBYT, now)
    reason, written = request.GET.get("reason", ""), request.GET.get("page", "")
    page = int(written) if re.fullmatch(r"[1-9][0-9]{0,5}", written) else 1
    rows, more = queue(reason, settings.SBYT, now, MOST, page)
    asked = asked_tasks(reason, settings.SBYT, now, MOST) if page == 1 else []
    shown = {
        "words": words,
        "reasons": [(code, said(REASONS, saying.language, code), count) for code, count in counted.by_reason.items()],
        "waiting": counted.waiting,
        "at_least": words["at_least"].format(count=COUNTED) if counted.at_least else "",
        "reason": reason,
        "rows": [shown_task(one, saying) for one in rows],
        "following": page + 1 if more else 0,
        "before": page - 1,
        "asked": [shown_task(one, saying) for one in asked],
    }
    return render(request, "office/queue/list.html", shown)


@staff_required(Role.OPERATOR)
def task(request: HttpRequest, pk: int) -> HttpResponse:
    """One task; sent, a decision. Afterwards the next one is shown."""
    found = StaffTask.objects.select_related("message", "account__premises", "account__customer").filter(pk=pk).first()
    if found is None:
        raise Http404
    saying = saying_of(request)
    if request.method != "POST":
        return _page(request, found, saying)
    do = request.POST.get("do", "")
    decide = _DECISIONS.get(do)
    if decide is None:
        return _page(request, found, saying, status=400)
    try:
        decided = decide(request, found)
    except UnableToTake as error:
        meters = _meters(_account(request, found))
        card = next((one for one in meters if one.meter.serial == request.POST.get("meter")), None)
        return _page(request, found, saying, status=400, wrong=said_why(error, card, saying))
    except UnableToHandleAgain as error:
        return _page(request, found, saying, status=400, wrong=str(error))
    except UnableToDecide as error:
        found.refresh_from_db()
        return _page(request, found, saying, status=409, wrong=unable(error, saying))
    messages.info(request, done(do, decided, saying))
    reason = request.GET.get("reason", "")
    following = next_task(found.pk, reason, settings.SBYT, settings.NOW())
    path = reverse("office:task", args=[following]) if following else reverse("office:queue")
    return redirect(f"{path}?{urlencode({'reason': reason})}" if reason else path)


# the page ------------------------------------------------------------------------------------------------------------


def _page(
    request: HttpRequest, found: StaffTask, saying: Saying, *, status: int = 200, wrong: str = ""
) -> HttpResponse:
    account, one = _account(request, found), waiting(found)
    cards = _meters(account)
    asked = request.POST.get("account", request.GET.get("account", "")).strip()
    words = {**saying.words, **WORDS[saying.language]}
    equals = len(decide_task.equal_tasks(found)) if found.closed_at is None else 0
    shown = {
        "words": words,
        "task": found,
        "reason": request.GET.get("reason", ""),
        "why": said(REASONS, saying.language, found.reason),
        "advice": ADVICE[saying.language].get(found.reason, ""),
        "wrong": wrong,
        "closed": closed(found, saying),
        "asked": words["no_answer"].format(by=found.asked_by, at=saying.moment(found.asked_at))
        if found.asked_at
        else "",
        "equals": words["equals"].format(count=equals) if equals else "",
        "account": account,
        "address": address_of(account) if account else "",
        "no_such": words["no_such"].format(number=asked) if asked and account is None else "",
        "offered": [
            (offered_said(each, saying), _judged(each, cards, found, saying)) for each in one.offered if each.values
        ],
        "no_forms": True,  # readings are taken back and taken down on the customer's screen
        **_meters_shown(request, one, cards, saying),
        **_message_shown(request, found, one, account, saying),
    }
    return render(request, "office/queue/task.html", shown, status=status)


def _meters_shown(request: HttpRequest, one: Waiting, cards: Sequence[MeterCard], saying: Saying) -> dict[str, Any]:
    """The meters of the account with their history, and the forms in which their readings are taken."""
    today = settings.NOW().astimezone(saying.zone).date()
    named = {each.serial for each in one.offered}
    about = [card for card in cards if card.meter.serial in named] or cards
    forms = [card for card in about if not card.facts.removed]
    return {
        "meters": [shown_meter(card, saying, today, beside=True) for card in about],
        "forms": [(card, fields(card, one, request.POST, saying)) for card in forms],
    }


def _message_shown(
    request: HttpRequest, found: StaffTask, one: Waiting, account: Account | None, saying: Saying
) -> dict[str, Any]:
    """What was sent, what can be said to its sender, and the conversation with them."""
    message, now = found.message, settings.NOW()
    if message is None:
        return {}
    words, channel = WORDS[saying.language], saying.channel(message.channel)
    ask_what = "ask_what" if len({each.serial for each in one.offered if each.serial}) == 1 else "ask_what_words"
    entries, earlier = conversation_with(message.channel, message.sender, MOST_ENTRIES, before(request))
    linked = linked_to(message, settings.SBYT)
    language = decide_task.language_with(message, settings.SBYT)
    return {
        "message": message,
        "photos": photos_of([message.pk]).get(message.pk, ()),
        "missing": missing_said(missing_of([message.pk]).get(message.pk, Missing()), saying),
        "number": short_number(message.pk),
        "channel": channel,
        "when": saying.moment(message.received_at),
        "stranger": account is not None and account.number not in linked,
        "linked": [number for number in linked if account is None or number != account.number],
        "can_write": decide_task.can_be_written_to(message, settings.SBYT, now),
        "no_way": words["no_way"].format(channel=channel),
        "ask_what": words[ask_what].format(channel=channel),
        "answer_what": words["answer_what"].format(channel=channel),
        "again": found.reason == NOT_HANDLED,
        "longest": LONGEST,
        "texts": {**drafts(one, language, now, saying), **_typed(request)},
        **talk_shown(request, entries, earlier, {(message.channel, message.sender)}, saying),
    }


def _typed(request: HttpRequest) -> dict[str, str]:
    """What was written before something went wrong: it is not typed twice."""
    return {request.POST.get("do", ""): request.POST["text"]} if "text" in request.POST else {}


def _judged(each: Offered, cards: Sequence[MeterCard], found: StaffTask, saying: Saying) -> Judged | None:
    card = next((card for card in cards if card.meter.serial == each.serial), None)
    return judged(each, card, found, saying) if card else None


def _account(request: HttpRequest, found: StaffTask) -> Account | None:
    """The account that staff named, else the one that the task is about."""
    named = request.POST.get("account", request.GET.get("account", "")).replace("\x00", "").strip()
    return account_of(named) if named else found.account


def _meters(account: Account | None) -> list[MeterCard]:
    today = settings.NOW().astimezone(settings.SBYT.zone).date()
    return meter_cards(account, settings.SBYT, today) if account else []


# decisions -----------------------------------------------------------------------------------------------------------


def _take(request: HttpRequest, found: StaffTask) -> Decided:
    account, serial = _account(request, found), request.POST.get("meter", "")
    card = next((one for one in _meters(account) if one.meter.serial == serial), None)
    if account is None or card is None:
        raise UnableToTake(Why.NO_METER)
    values = given_values(request, card)
    if values is None:
        raise UnableToTake(Why.MISSING)
    given = Given(account.number, serial, values, bool(request.POST.get("rollover")))
    return decide_task.take_offered(found.pk, given, name_of(request), settings.SBYT, settings.NOW())


def _in_words(decide: Callable[[int, str, str, Settings, dt.datetime], Decided]) -> _Decide:
    def decided(request: HttpRequest, found: StaffTask) -> Decided:
        text = request.POST.get("text", "")
        return decide(found.pk, text, name_of(request), settings.SBYT, settings.NOW())

    return decided


def _close(request: HttpRequest, found: StaffTask) -> Decided:
    return decide_task.close(found.pk, name_of(request), settings.NOW())


def _again(request: HttpRequest, found: StaffTask) -> Decided:
    handle_again(short_number(found.message_id or 0), name_of(request), settings.NOW())
    return Decided()


_Decide = Callable[[HttpRequest, StaffTask], Decided]
#: What is pressed, what it does, and whether the customer hears of it.
_DECISIONS: Mapping[str, _Decide] = {
    "take": _take,
    "ask": _in_words(decide_task.ask),
    "refuse": _in_words(decide_task.refuse),
    "answer": _in_words(decide_task.answer),
    "close": _close,
    "again": _again,
}
