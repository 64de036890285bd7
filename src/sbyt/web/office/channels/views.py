"""The pages of the channels' desk. Operators look, administrators change; nothing is sent by a change."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render

from sbyt.core.settings import ChannelState, WaySettings
from sbyt.messaging.health_rows import alarms, checked
from sbyt.messaging.statuses import Statuses, read_statuses
from sbyt.messaging.traffic import Traffic, traffic
from sbyt.staff.roles import Role, may
from sbyt.usecases.channel_preview import preview_change
from sbyt.usecases.channels import Change, UnableToChangeChannel, change_channel
from sbyt.web.language import language_of
from sbyt.web.office.channels.shown import Shown, alarmed, coming, day, entered, said_state, words_of
from sbyt.web.office.roles import name_of, staff_required


@staff_required(Role.OPERATOR)
def channels(request: HttpRequest) -> HttpResponse:
    """All ways, as they are today."""
    words, statuses, now = words_of(language_of(request)), read_statuses(settings.SBYT), settings.NOW()
    shown = _shown(statuses, now, words, language_of(request))
    at_least = next((one.at_least for one in shown if one.at_least), "")
    return render(request, "office/channels/list.html", {"words": words, "shown": shown, "at_least": at_least})


@staff_required(Role.OPERATOR)
def channel(request: HttpRequest, code: str) -> HttpResponse:
    """One way: its state, its numbers, what was decided; for administrators, the form to change it."""
    if request.method in ("GET", "HEAD"):
        return _one(request, code, form=None)
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "POST"])
    if not may(request.user, (Role.ADMINISTRATOR,)):
        return _one(request, code, form=None, status=403)
    filled = {name: request.POST.get(name, "").strip() for name in _FIELDS}
    try:
        change = _change(code, filled, name_of(request))
        if request.POST.get("do") == "save":
            return _saved(request, change)
        if request.POST.get("do") == "edit":
            return _one(request, code, form=filled)
        return _previewed(request, change, filled)
    except UnableToChangeChannel as error:
        return _one(request, code, form=filled, wrong=f"bad_{error.reason}", status=400)


_FIELDS = ("state", "since", "why", "title", "address", "first", "last", "note", "footnote")


def _one(
    request: HttpRequest, code: str, *, form: dict[str, str] | None, wrong: str = "", status: int = 200
) -> HttpResponse:
    words, statuses, now = words_of(language_of(request)), read_statuses(settings.SBYT), settings.NOW()
    shown = next((one for one in _shown(statuses, now, words, language_of(request)) if one.code == code), None)
    if shown is None:
        raise Http404
    said: dict[str, Any] = {
        "words": words,
        "one": shown,
        "history": [entered(row, words, settings.SBYT.zone) for row in reversed(statuses.history(code))],
        "alarms": [alarmed(row, words, language_of(request), settings.SBYT.zone) for row in alarms(code, _ALARMS)],
        "may_change": may(request.user, (Role.ADMINISTRATOR,)),
        "may_notify": shown.traffic is not None and _is_withdrawn(shown) and may(request.user, (Role.BILLING,)),
        "form": form or _as_it_is(shown.way) | _asked_for(request),
        "states": [(state.value, said_state(state, words), words[f"{state}_what"]) for state in _STATES],
        "wrong": words[wrong] if wrong else "",
    }
    return render(request, "office/channels/one.html", said, status=status)


_ALARMS = 10  # of the newest


def _is_withdrawn(shown: Shown) -> bool:
    return shown.way.state is ChannelState.WITHDRAWN


#: In the order in which a channel goes through them.
_STATES = (ChannelState.PLANNED, ChannelState.OPEN, ChannelState.UNSTABLE, ChannelState.WITHDRAWN)


def _previewed(request: HttpRequest, change: Change, filled: dict[str, str]) -> HttpResponse:
    language, now = language_of(request), settings.NOW()
    words = words_of(language)
    preview = preview_change(change, settings.SBYT, now, language)
    since = preview.changed.since
    later = since is not None and since > now.astimezone(settings.SBYT.zone).date()
    said = {
        "words": words,
        "code": change.code,
        "filled": filled,
        "preview": preview,
        "before": said_state(preview.changed.before.state, words),
        "after": said_state(preview.changed.after.state, words),
        "since": words["since"].format(day=day(since)) if since else "",
        "later": words["later"].format(day=day(since)) if later and since else "",
    }
    return render(request, "office/channels/preview.html", said)


def _saved(request: HttpRequest, change: Change) -> HttpResponse:
    words = words_of(language_of(request))
    changed = change_channel(change, settings.SBYT, settings.NOW())
    told = words["saved"].format(title=changed.after.title, state=said_state(changed.after.state, words))
    messages.info(request, told if changed.anew else words["same"])
    return redirect("office:channel", change.code)


def _shown(statuses: Statuses, now: dt.datetime, words: Any, language: str) -> list[Shown]:
    zone = settings.SBYT.zone
    local = now.astimezone(zone)
    numbers = traffic(local.replace(hour=0, minute=0, second=0, microsecond=0), now)
    connected = settings.CONNECTED_CHANNELS()
    health = checked(connected, now)
    today = local.date()
    return [
        Shown(
            code,
            way,
            numbers.get(code, Traffic()) if code in settings.SBYT.channels else None,
            code in connected,
            tuple(coming(row, words) for row in statuses.coming(code, today)),
            words,
            zone,
            health.get(code),
            language,
        )
        for code, way in statuses.ways(today).items()
    ]


def _asked_for(request: HttpRequest) -> dict[str, str]:
    """The state that a link proposes: the form begins with it, and nothing is changed before it is sent."""
    asked = request.GET.get("state", "")
    return {"state": asked} if asked in list(ChannelState) else {}


def _as_it_is(way: WaySettings) -> dict[str, str]:
    """The form as it stands before anybody fills it in: nothing changes by sending it.

    No day stands there: a new state begins today, and one that stays keeps its day, which customers read.
    """
    return {
        "state": way.state.value,
        "since": "",
        "why": way.why or "",
        "title": way.title,
        "address": way.address or "",
        "first": str(way.first_day),
        "last": str(way.last_day),
        "note": way.note or "",
        "footnote": way.footnote or "",
    }


def _change(code: str, filled: dict[str, str], by: str) -> Change:
    """What was filled in.

    :raises UnableToChangeChannel: if it is no state, no day or no number.
    """
    try:
        state = ChannelState(filled["state"])
        since = dt.date.fromisoformat(filled["since"]) if filled["since"] else None
    except ValueError as error:
        raise UnableToChangeChannel(str(error), "date") from error
    if not (filled["first"].isdecimal() and filled["last"].isdecimal()):
        raise UnableToChangeChannel("", "days")
    new = _touched(code, filled)
    days = (int(filled["first"]), int(filled["last"])) if new.keys() & {"first", "last"} else None
    described = new.get("address"), new.get("title"), days, new.get("note"), new.get("footnote")
    return Change(code, state, by, since, filled["why"], *described)


def _touched(code: str, filled: dict[str, str]) -> dict[str, str]:
    """What was filled in anew: what was left as it is today must not replace what was decided for a later day."""
    today = settings.NOW().astimezone(settings.SBYT.zone).date()
    way = read_statuses(settings.SBYT).ways(today).get(code)
    before = _as_it_is(way) if way else {}
    return {name: value for name, value in filled.items() if value != before.get(name)}
