"""The pages of the customers: found by whatever they say, and all of one on a screen."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from sbyt.accounts.models import Account
from sbyt.accounts.search import find_accounts
from sbyt.conversation.assignments import Moment
from sbyt.core.periods import period_of_receipt
from sbyt.core.units import to_units
from sbyt.messaging import photos
from sbyt.messaging.dialogues import NEWEST, Entry, Place
from sbyt.readings.models import Reading
from sbyt.staff.roles import Role, may
from sbyt.usecases.cancel_reading import UnableToCancel, cancel_reading
from sbyt.usecases.customer_card import (
    CustomerCard,
    MeterCard,
    account_of,
    conversation_about,
    conversation_with,
    customer_card,
)
from sbyt.usecases.find_message import FoundMessage, find
from sbyt.usecases.take_inspector_reading import Doubted, Inspected, UnableToTakeInspected, take_inspector_reading
from sbyt.usecases.take_reading import Given, UnableToTake, doubt, take_in_office
from sbyt.usecases.write_to_customer import LONGEST, UnableToWrite, ways_to, write_to
from sbyt.web.language import language_of
from sbyt.web.office.codes import REASONS, said
from sbyt.web.office.customers.inspected import (
    UnableToReadForm,
    said_doubted,
    said_inspected,
    said_why_not_inspected,
)
from sbyt.web.office.customers.reminders import reminders_shown, take_down
from sbyt.web.office.customers.shown import (
    Inspecting,
    Saying,
    in_a_line,
    inspecting_form,
    parties_among,
    shown_account,
    shown_bill,
    shown_entries,
    shown_meter,
)
from sbyt.web.office.roles import name_of, staff_required

#: So many accounts are shown of what was found, so many entries of a conversation at once.
MOST_FOUND, MOST_ENTRIES = 50, 20

_NUMBER = re.compile(r"\s*(?:№\s*)?[0-9A-Za-zА-Яа-я]{4,9}\s*")
_INDEX = re.compile(r"(\d{1,12})(?:[.,](\d{1,9}))?")


@staff_required(Role.OPERATOR, Role.BILLING)
def search(request: HttpRequest) -> HttpResponse:
    """Who is meant by what was typed; at once the customer's screen, where there is only one."""
    typed = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    saying = saying_of(request)
    found, more = find_accounts(typed, MOST_FOUND) if typed else ([], False)
    message = _message(typed) if typed and may(request.user, (Role.OPERATOR,)) else None
    if len(found) == 1 and message is None:
        return redirect("office:account", found[0].number)
    shown = {
        "words": saying.words,
        "typed": typed,
        "found": [(one, in_a_line(one)) for one in found],
        "more": saying.words["found_more"].format(count=MOST_FOUND) if more else "",
        "nothing": saying.words["found_nothing"].format(typed=typed) if typed and not found and not message else "",
        "message": message and _shown_message(message, typed, saying),
    }
    return render(request, "office/customers/search.html", shown)


@staff_required(Role.OPERATOR, Role.BILLING)
def account(request: HttpRequest, number: str) -> HttpResponse:
    """All of a customer's account on one screen, with what this member of staff can do about its readings."""
    found = account_of(number)
    saying = saying_of(request)
    if found is None:
        gone = saying.words["no_such_account"].format(number=number)
        return render(request, "office/customers/search.html", {"words": saying.words, "nothing": gone}, status=404)
    if found.number != number:
        return redirect("office:account", found.number)
    if request.method != "POST":
        return _screen(request, found, saying)
    roles, do = _DOINGS.get(request.POST.get("do", ""), ((), None))
    if not may(request.user, roles):
        raise PermissionDenied
    return do(request, found, saying) if do else _screen(request, found, saying, status=400)


@staff_required(Role.OPERATOR)
def talk(request: HttpRequest) -> HttpResponse:
    """The conversation with one sender in one channel, whether they are linked to an account or not."""
    saying = saying_of(request)
    channel, sender = request.GET.get("channel", "")[:32], request.GET.get("sender", "").replace("\x00", "")[:300]
    entries, earlier = conversation_with(channel, sender, MOST_ENTRIES, before(request))
    title = saying.words["talk_with"].format(channel=saying.channel(channel), sender=sender)
    shown = {
        "words": saying.words,
        "title": title,
        **talk_shown(request, entries, earlier, {(channel, sender)}, saying),
    }
    return render(request, "office/customers/talk.html", shown)


@staff_required(Role.OPERATOR)
def photo(request: HttpRequest, pk: int) -> HttpResponse:  # noqa: ARG001 as Django calls it
    """A photo that a customer sent. Whatever hides in it, a browser does nothing but show it."""
    found = photos.photo(pk)
    if found is None:
        raise Http404
    return HttpResponse(
        found.data, content_type=found.media_type, headers={"Content-Security-Policy": "default-src 'none'; sandbox"}
    )


def saying_of(request: HttpRequest) -> Saying:
    return Saying(language_of(request), settings.SBYT.zone, settings.SBYT)


def talk_shown(
    request: HttpRequest, entries: list[Entry], earlier: Place | None, parties: set[tuple[str, str]], saying: Saying
) -> dict[str, Any]:
    """What the conversation's part of a page is made of."""
    query = request.GET.copy()
    query.pop("before", None)
    newest = query.urlencode()
    query["before"] = str(earlier)
    return {
        "entries": shown_entries(entries, parties, saying),
        "earlier": f"?{query.urlencode()}#talk" if earlier else "",
        "newest": f"?{newest}#talk" if "before" in request.GET else "",
    }


def index_of(written: str, decimals: int) -> int | None:
    """Whole units of what was written as a meter shows it: «4 425,5»; None if it is no such number."""
    match = _INDEX.fullmatch("".join(written.split()))
    return to_units(match[1], match[2] or "", decimals) if match else None


def given_values(request: HttpRequest, card: MeterCard) -> tuple[int, ...] | None:
    """The values of a meter that were filled in, in whole units; None if one is no number."""
    values = [index_of(request.POST.get(zone, ""), card.facts.dial.decimals) for zone in card.zones]
    return tuple(value for value in values if value is not None) if None not in values else None


def said_why(error: UnableToTake, card: MeterCard | None, saying: Saying) -> str:
    """Why a reading can't be taken, with the last value where that is the reason."""
    counted = card.facts.counted if card else ()
    last = ""
    if card and counted:
        before = dict(zip(card.zones, counted[-1].values, strict=True))
        last = saying.values(card.zones, before, card.facts.dial.decimals, card.facts.zones)
    return saying.words[f"why_{error.why}"].format(last=last)


# the screen ----------------------------------------------------------------------------------------------------------


def _screen(
    request: HttpRequest,
    found: Account,
    saying: Saying,
    *,
    status: int = 200,
    inspected: tuple[Mapping[str, str], str] | None = None,
    **told: Any,
) -> HttpResponse:
    """The screen. ``inspected``: an inspector's value as it was typed, and why it was not taken."""
    now = settings.NOW()
    operator = may(request.user, (Role.OPERATOR,))
    card = customer_card(found, settings.SBYT, now)
    today = now.astimezone(saying.zone).date()
    parties = parties_among(card.links, settings.SBYT)
    shown = {
        "words": saying.words,
        "account": shown_account(card, saying),
        "meters": [
            shown_meter(
                one, saying, today, may_cancel=_cancellable(request), inspecting=_inspecting(request, one, inspected)
            )
            for one in card.meters
        ],
        "bills": [shown_bill(one, saying) for one in card.bills],
        "tasks": _tasks(card, saying) if operator else [],
        "operator": operator,
        **told,
    }
    if operator:
        entries, earlier = conversation_about(found, settings.SBYT, MOST_ENTRIES, before(request))
        shown |= talk_shown(request, entries, earlier, parties, saying)
        ways = ways_to(found, settings.SBYT, now)
        shown |= {"ways": ways, "longest": LONGEST, "reminders": reminders_shown(found, ways, saying)}
    return render(request, "office/customers/account.html", shown, status=status)


def _cancellable(request: HttpRequest) -> list[str]:
    """Whose readings they may take back: operators the customer's, who bills the inspector's."""
    kinds = ((Reading.Kind.CUSTOMER, Role.OPERATOR), (Reading.Kind.CONTROL, Role.BILLING))
    return [kind for kind, role in kinds if may(request.user, (role,))]


def _inspecting(
    request: HttpRequest, card: MeterCard, inspected: tuple[Mapping[str, str], str] | None
) -> Inspecting | None:
    """The form for an inspector's value, for who may enter one; open where it was filled in and not taken."""
    if not may(request.user, (Role.BILLING,)):
        return None
    saying, today = saying_of(request), settings.NOW().astimezone(settings.SBYT.zone).date()
    typed, wrong = inspected or ({}, "")
    if typed.get("meter") != card.meter.serial:
        return inspecting_form(card, saying, today)
    return inspecting_form(card, saying, today, typed, wrong)


def _tasks(card: CustomerCard, saying: Saying) -> list[tuple[str, str, str]]:
    return [
        (
            reverse("office:task", args=[task.pk]),
            said(REASONS, saying.language, task.reason),
            saying.moment(task.created_at),
        )
        for task in card.tasks
    ]


def before(request: HttpRequest) -> Place:
    """Before which entry a conversation is shown."""
    try:
        return Place.parse(request.GET["before"])
    except (KeyError, ValueError, OverflowError):
        return NEWEST


# what is done there --------------------------------------------------------------------------------------------------


def _cancel(request: HttpRequest, found: Account, saying: Saying) -> HttpResponse:
    ids = [int(one) for one in re.findall(r"(?<![0-9])[0-9]{1,18}(?![0-9])", request.POST.get("readings", ""))]
    try:
        why = request.POST.get("why", "").replace("\x00", "")
        cancel_reading(found.pk, ids, why, name_of(request), settings.NOW(), _cancellable(request))
    except UnableToCancel as error:
        return _screen(request, found, saying, status=400, wrong=saying.words[f"bad_{error.reason}"])
    messages.info(request, saying.words["cancelled_now"])
    return redirect("office:account", found.number)


def _take(request: HttpRequest, found: Account, saying: Saying) -> HttpResponse:
    """Take down what the customer tells; what is doubted only once it was confirmed."""
    now = settings.NOW()
    serial = request.POST.get("meter", "")
    card = _card(found, serial, now)
    if card is None:
        return _screen(request, found, saying, status=400, wrong=saying.words["why_no_meter"])
    filled = {"meter": serial, "rollover": request.POST.get("rollover", ""), **_written(request, card)}
    values = given_values(request, card)
    if values is None:
        wrong = saying.words["not_a_number"].format(value=saying.index(4425, 0))
        return _screen(request, found, saying, status=400, wrong=wrong, filled=filled)
    given = Given(found.number, serial, values, bool(filled["rollover"]))
    doubted = "" if request.POST.get("sure") else _doubt(card, values, saying, now)
    if doubted:
        return _screen(request, found, saying, doubted=doubted, filled=filled, confirm={"do": "take", **filled})
    try:
        take_in_office(given, settings.SBYT, now)
    except UnableToTake as error:
        return _screen(request, found, saying, status=400, wrong=said_why(error, card, saying), filled=filled)
    period = period_of_receipt(now.astimezone(saying.zone).date(), settings.SBYT.window.last_day)
    each = dict(zip(card.zones, values, strict=True))
    taken = saying.values(card.zones, each, card.facts.dial.decimals, card.facts.zones)
    messages.info(request, saying.words["handed_in"].format(values=taken, month=saying.month(period)))
    return redirect("office:account", found.number)


def _inspect(request: HttpRequest, found: Account, saying: Saying) -> HttpResponse:
    """Enter what an inspector read; what is far from usual only once it was confirmed."""
    now, words, serial = settings.NOW(), saying.words, request.POST.get("meter", "")
    card = _card(found, serial, now)
    if card is None:
        return _screen(request, found, saying, status=400, wrong=words["control_no_meter"])
    names = ("day", "reason", *(f"{zone}-rolled" for zone in card.zones))
    typed = {"meter": serial, **_written(request, card), **{name: request.POST.get(name, "") for name in names}}
    try:
        given = _inspected(request, found, card, saying)
        sure = bool(request.POST.get("sure"))
        taken = take_inspector_reading(given, name_of(request), settings.SBYT, now, sure=sure)
    except UnableToReadForm as error:
        return _screen(request, found, saying, status=400, inspected=(typed, str(error)))
    except UnableToTakeInspected as error:
        wrong = said_why_not_inspected(error, card, saying)
        return _screen(request, found, saying, status=400, inspected=(typed, wrong))
    except Doubted as error:
        doubted = said_doubted(error, card, saying)
        confirm = {"do": "inspect", **typed}
        return _screen(request, found, saying, doubted=doubted, inspected=(typed, ""), confirm=confirm)
    messages.info(request, said_inspected(given, taken, card, saying))
    return redirect("office:account", found.number)


def _inspected(request: HttpRequest, found: Account, card: MeterCard, saying: Saying) -> Inspected:
    """What was filled in.

    :raises UnableToReadForm: if a value is no number, or the day none.
    """
    values = given_values(request, card)
    if values is None:
        raise UnableToReadForm(saying.words["not_a_number"].format(value=saying.index(4425, 0)))
    try:
        day = dt.date.fromisoformat(request.POST.get("day", ""))
    except ValueError as error:
        raise UnableToReadForm(saying.words["inspect_no_day"]) from error
    rolled = tuple(bool(request.POST.get(f"{zone}-rolled")) for zone in card.zones)
    reason = request.POST.get("reason", "").replace("\x00", "")
    return Inspected(found.number, card.meter.serial, day, values, rolled, reason)


def _card(found: Account, serial: str, now: dt.datetime) -> MeterCard | None:
    return next((one for one in customer_card(found, settings.SBYT, now).meters if one.meter.serial == serial), None)


def _write(request: HttpRequest, found: Account, saying: Saying) -> HttpResponse:
    way, text = request.POST.get("way", ""), request.POST.get("text", "")
    try:
        sent = write_to(found, way, text, name_of(request), settings.SBYT, settings.NOW())
    except UnableToWrite as error:
        told = saying.words[f"bad_{error.reason}"]
        return _screen(request, found, saying, status=400, wrong=told, writing={"way": way, "text": text})
    messages.info(request, saying.words["written"].format(channel=sent.title, recipient=sent.recipient))
    return redirect("office:account", found.number)


def _remind(request: HttpRequest, found: Account, saying: Saying) -> HttpResponse:
    is_done, told = take_down(request, found, ways_to(found, settings.SBYT, settings.NOW()), saying)
    if not is_done:
        return _screen(request, found, saying, status=400, wrong=told)
    messages.info(request, told)
    return redirect("office:account", found.number)


def _written(request: HttpRequest, card: MeterCard) -> Mapping[str, str]:
    return {zone: request.POST.get(zone, "") for zone in card.zones}


def _doubt(card: MeterCard, values: tuple[int, ...], saying: Saying, now: dt.datetime) -> str:
    """Why the values are doubted, with the use they would be; empty if they are plausible or can't be taken anyhow."""
    local = now.astimezone(saying.zone)
    moment = Moment(local, period_of_receipt(local.date(), settings.SBYT.window.last_day))
    last = card.facts.history(moment.period, settings.SBYT.estimates).last
    why = doubt(card.facts, values, moment, settings.SBYT) if len(values) == card.facts.zones else None
    if why is None or last is None or any(new < old for new, old in zip(values, last.values, strict=True)):
        return ""
    used = saying.volume(sum(values) - sum(last.values), card.facts.dial.decimals, card.resource)
    reason = said(REASONS, saying.language, why)
    return saying.words["doubt"].format(why=reason, use=used, day=saying.day(last.taken_on))


#: What is pressed, who may, and what it does.
_DOINGS: Mapping[str, tuple[tuple[Role, ...], Callable[[HttpRequest, Account, Saying], HttpResponse]]] = {
    "cancel": ((Role.OPERATOR, Role.BILLING), _cancel),
    "take": ((Role.OPERATOR,), _take),
    "inspect": ((Role.BILLING,), _inspect),
    "write": ((Role.OPERATOR,), _write),
    "remind": ((Role.OPERATOR,), _remind),
}


# what was found ------------------------------------------------------------------------------------------------------


def _message(typed: str) -> FoundMessage | None:
    found = find(typed) if _NUMBER.fullmatch(typed) else None
    return found if isinstance(found, FoundMessage) else None


def _shown_message(found: FoundMessage, typed: str, saying: Saying) -> dict[str, Any]:
    """A message with the ways to where it is seen among the others."""
    message = found.message
    numbers = {reading.register.meter.account.number for reading in found.readings}
    numbers |= {task.account.number for task in found.tasks if task.account}
    return {
        "title": saying.words["message"].format(number=typed.strip("№ ").upper()),
        "channel": saying.channel(message.channel),
        "raw_channel": message.channel,
        "sender": message.sender,
        "text": message.text,
        "when": saying.moment(message.received_at),
        "accounts": sorted(numbers),
        "tasks": [
            (task.pk, said(REASONS, saying.language, task.reason)) for task in found.tasks if task.closed_at is None
        ],
    }
