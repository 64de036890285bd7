"""The phones: a made-up customer's conversation in each kind of channel, and what they might write next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args
from urllib.parse import parse_qsl, urlencode

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from sbyt.core.settings import ChannelSettings, ChannelState
from sbyt.messaging.channel import Channel, Handset
from sbyt.messaging.pictures import LARGEST, MOST, Picture, UnableToTakePhoto
from sbyt.messaging.statuses import current_channels
from sbyt.messaging.talks import Answered, Said, talk
from sbyt.usecases.simulator import (
    Customer,
    Example,
    Typed,
    UnableToWrite,
    address_of,
    can_share,
    demo_customers,
    examples,
    is_aside,
    look,
    sender_in,
    write_as,
)
from sbyt.web.language import language_of
from sbyt.web.simulator.rows import row_of
from sbyt.web.simulator.words import WORDS

#: In the order in which they lie beside each other.
_HANDSETS: tuple[Handset, ...] = ("short", "messenger", "mail", "keypad")
_KEYS = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#")
_LONGEST_TEXT = 2000
#: So many messages of each side a phone shows.
_LINES = 12
_BOARD = 16


@dataclass(frozen=True)
class Wanted:
    """What a visitor has chosen: who holds each phone, which messenger, what is shown where there is room for one."""

    who: Mapping[Handset, str] = field(default_factory=dict)
    chat: str = ""
    show: str = ""
    typed: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Wanted:
        who = {handset: str(query[handset]) for handset in _HANDSETS if query.get(handset)}
        return cls(who, query.get("chat", ""), query.get("show", ""), query.get("typed", "")[:_LONGEST_TEXT])

    def query(self, **other: str) -> str:
        """The same as the query of an address, but for what is named."""
        known: dict[str, str] = {str(handset): account for handset, account in self.who.items()} | {
            "chat": self.chat,
            "show": self.show,
            "typed": self.typed,
            **other,
        }
        return urlencode({name: value for name, value in known.items() if value})


class Line(NamedTuple):
    """A message as a phone shows it."""

    mine: bool
    subject: str
    text: str
    photos: int
    at: str
    state: str
    state_word: str
    buttons: Sequence[str] = ()
    has_document: bool = False


@dataclass(frozen=True)
class Place:
    """A phone in somebody's hand: whose it is, through which channel it writes."""

    handset: Handset
    channel: str
    described: ChannelSettings
    state_word: str
    nothing_yet: str
    type_here: str
    customer: Customer
    sender: str
    lines: Sequence[Line]
    examples: Sequence[tuple[Example, str]]  # each with the words for it
    tabs: Sequence[tuple[str, str, str, str]]  # query, title, state, the state in words
    kept: Sequence[tuple[str, str]]  # what is chosen beside who holds this phone
    photo: bool  # whether photos can be sent
    share: bool  # whether the phone on file can be shared
    closed: tuple[str, str]  # a channel of this kind that is withdrawn: its code, the words for writing there


@require_safe
def phones(request: HttpRequest) -> HttpResponse:
    """All phones side by side, and the board."""
    wanted, language = Wanted.of(request.GET), language_of(request)
    customers = demo_customers(settings.SBYT)
    board, seen = look()
    shown = [_place(handset, wanted, customers, language) for handset in _offered()] if customers else []
    said = {
        **_common(wanted, language, customers),
        "phones": shown,
        "show": wanted.show if wanted.show in (*_HANDSETS, "board") else next(iter(_offered()), "board"),
        "switches": [(one, WORDS[language][one], wanted.query(show=one)) for one in (*_offered(), "board")],
        "rows": [row_of(one, language) for one in board[:_BOARD]],
        "seen": seen.name,
        "has_morning": settings.SBYT.demo.morning is not None,
    }
    return render(request, "simulator/phones.html", said)


@require_http_methods(["GET", "HEAD", "POST"])
def phone(request: HttpRequest, handset: str) -> HttpResponse:
    """One phone by itself, or what somebody did with it; without a script the whole page comes again."""
    kind = next((one for one in _offered() if one == handset), None)
    customers = demo_customers(settings.SBYT)
    if kind is None or not customers:
        raise Http404
    if request.method != "POST":
        return _one(request, kind, Wanted.of(request.GET), customers)
    wanted = Wanted.of(QueryDict(request.POST.get("chosen", "")))
    wanted = Wanted(wanted.who, wanted.chat, kind, "")
    photos = _photos(request) if settings.CONNECTED_CHANNELS()[_channel(kind, wanted)].capabilities.photo else []
    now_wanted = _done(request.POST, kind, wanted, customers, language_of(request), photos)
    if request.headers.get("X-Phone"):
        return _one(request, kind, now_wanted, customers)
    return HttpResponseRedirect(f"/phones?{now_wanted.query()}#{kind}")


def _photos(request: HttpRequest) -> list[Picture]:
    """What was chosen to be sent along, as far as it is photos."""
    found = []
    for file in request.FILES.getlist("photo")[:MOST]:
        with suppress(UnableToTakePhoto):
            found.append(Picture.of(file.read(LARGEST + 1)))
    return found


def _done(
    given: QueryDict,
    handset: Handset,
    wanted: Wanted,
    customers: Sequence[Customer],
    language: str,
    photos: Sequence[Picture],
) -> Wanted:
    """Send what was typed or pressed, or note a key of the telephone; what is wanted afterwards."""
    code, text = _channel(handset, wanted), given.get("text", "").strip()
    if pressed := given.get("press", "") or given.get("example", ""):
        text = pressed
    key = given.get("key", "")
    if key == "erase":
        return Wanted(wanted.who, wanted.chat, wanted.show, "")
    if key and key != "#":
        return Wanted(wanted.who, wanted.chat, wanted.show, (text + key)[:_LONGEST_TEXT])
    if closed := given.get("closed", ""):
        code, text = closed, given.get("closed_text", "")
        wanted = Wanted(wanted.who, closed, wanted.show)
    text = text.strip().rstrip("#").replace("\r\n", "\n")[:_LONGEST_TEXT]
    shares = bool(given.get("contact"))
    if not (text or photos or shares) or code not in _channels().get(handset, ()):
        return wanted
    customer = _customer(handset, wanted, customers)
    subject = given.get("subject", "").strip()[:200] if handset == "mail" else ""
    try:
        write_as(
            customer,
            code,
            Typed("" if shares else text, subject, photos, shares),
            settings.SBYT,
            settings.NOW(),
            connected=settings.CONNECTED_CHANNELS(),
            language=language,
        )
    except UnableToWrite as error:
        raise Http404 from error
    return wanted


def _one(request: HttpRequest, handset: Handset, wanted: Wanted, customers: Sequence[Customer]) -> HttpResponse:
    language = language_of(request)
    said = {**_common(wanted, language, customers), "phone": _place(handset, wanted, customers, language)}
    response = render(request, "simulator/phone.html", said)
    response["Cache-Control"] = "no-store"
    return response


def _common(wanted: Wanted, language: str, customers: Sequence[Customer]) -> dict[str, Any]:
    return {
        "words": WORDS[language],
        "customers": customers,
        "chosen": wanted.query(typed=""),
        "wanted": wanted,
        "keys": _KEYS,
    }


# one phone -----------------------------------------------------------------------------------------------------------


def _channels() -> dict[Handset, list[str]]:
    """The simulated channels by what customers hold in their hands."""
    connected: Mapping[str, Channel] = settings.CONNECTED_CHANNELS()
    kinds: tuple[Handset, ...] = get_args(Handset)
    return {kind: [code for code, channel in connected.items() if channel.simulated == kind] for kind in kinds}


def _offered() -> list[Handset]:
    channels = _channels()
    return [handset for handset in _HANDSETS if channels[handset]]


def _channel(handset: Handset, wanted: Wanted) -> str:
    codes = _channels()[handset]
    return wanted.chat if wanted.chat in codes else codes[0]


def _customer(handset: Handset, wanted: Wanted, customers: Sequence[Customer]) -> Customer:
    """Who was chosen for this phone; else the first for the first phone, the second for the second, and so on."""
    first = customers[_HANDSETS.index(handset) % len(customers)]
    return next((one for one in customers if one.account == wanted.who.get(handset)), first)


def _place(handset: Handset, wanted: Wanted, customers: Sequence[Customer], language: str) -> Place:
    sbyt, now, words = settings.SBYT, settings.NOW(), WORDS[language]
    customer, code = _customer(handset, wanted, customers), _channel(handset, wanted)
    address = address_of(customer, code, sbyt)
    sender = sender_in(address)
    described = current_channels(sbyt, now.astimezone(sbyt.zone).date())
    codes = _channels()[handset]
    offered = examples(customer, customers, address, handset, sbyt, now, language)
    closed = next((one for one in codes if described[one].state is ChannelState.WITHDRAWN and one != code), "")
    return Place(
        handset,
        code,
        described[code],
        _state(described[code], words),
        words[f"empty_{handset}"],
        words[f"type_{handset}"],
        customer,
        sender,
        _lines(*talk(code, sender, _LINES), words),
        [(one, words[one.code]) for one in offered],
        [
            (
                wanted.query(chat=one, show=handset),
                described[one].title,
                described[one].state.value,
                _state(described[one], words),
            )
            for one in codes
            if len(codes) > 1
        ],
        parse_qsl(wanted.query(**{handset: "", "show": handset, "typed": ""})),
        settings.CONNECTED_CHANNELS()[code].capabilities.photo,
        can_share(customer, code, sbyt),
        (closed, words["withdrawn"].format(title=described[closed].title)) if closed else ("", ""),
    )


def _state(channel: ChannelSettings, words: Mapping[str, str]) -> str:
    return words["closed_state" if channel.state is ChannelState.WITHDRAWN else channel.state.value]


def _lines(said: Sequence[Said], answered: Sequence[Answered], words: Mapping[str, str]) -> list[Line]:
    """Both sides in the order of time; what may be pressed only beneath the last message."""
    asides = {one.id for one in said if is_aside(one)}
    both: list[Said | Answered] = [one for one in said if one.id not in asides]
    both += [one for one in answered if one.to not in asides]
    both.sort(key=lambda one: (one.at, isinstance(one, Answered), one.id))
    subjects = {one.id: one.subject for one in said}
    return [_line(one, subjects, words, is_last=one is both[-1]) for one in both[-_LINES:]]


def _line(one: Said | Answered, subjects: Mapping[int, str], words: Mapping[str, str], *, is_last: bool) -> Line:
    if isinstance(one, Said):
        state = "handling" if one.result is None else "handled"
        return Line(True, one.subject, one.typed, one.photos, _time(one.at), state, words[state])  # noqa: FBT003
    subject = subjects.get(one.to or 0, "")
    buttons = one.buttons if is_last else ()
    return Line(
        False,  # noqa: FBT003
        one.subject or (f"Re: {subject}" if subject else ""),
        one.text,
        0,
        _time(one.at),
        one.state,
        words[one.state],
        buttons,
        bool(one.document),
    )


def _time(at: dt.datetime) -> str:
    """The hour, with the day where it isn't today."""
    zone = settings.SBYT.zone
    local, today = at.astimezone(zone), settings.NOW().astimezone(zone).date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%d.%m %H:%M}"
