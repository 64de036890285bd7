"""The form on the retailer's own site."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sbyt.channels.webform import Webform
from sbyt.messaging.channel import (
    CannotCarry,
    InboundEvent,
    MessageRefused,
    NotAuthorised,
    Outgoing,
    ProviderFailed,
    RecipientGone,
    Request,
    Setup,
    Throttled,
    UnableToSend,
    UnableToSetUp,
    UnableToVerify,
    Uncertain,
    Unreachable,
)
from tests.channels.harness import ChannelContract, Payload, Table
from tests.channels.http_provider import http_provider
from tests.channels.provider import Behaviour, provider
from tests.support.serving import Answered, right_now

SECRET = "a-secret-that-nobody-would-guess-0123456789"


def encoded(**fields: Any) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def signed(body: bytes, *, secret: str = SECRET, age: float = 0.0) -> dict[str, str]:
    """As the site signs: HMAC-SHA256 over the time stamp, a point and the body."""
    stamp = str(int(right_now().timestamp() - age))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"x-sbyt-timestamp": stamp, "x-sbyt-signature": f"sha256={digest}"}


def without(header: str) -> Callable[[bytes], Mapping[str, str]]:
    return lambda body: {name: value for name, value in signed(body).items() if name != header}


def connected(url: str) -> Webform:
    return Webform(SECRET, right_now, callback=url, seconds=1)


def said_in(answer: Answered) -> Any:
    """The words of the answer: a reading taken then is called a duplicate now, in the same words."""
    found = json.loads(answer.body)
    return found["status"], found.get("reply"), found.get("buttons")


PLAIN = encoded(id="f-1", **{"from": "+79120000181"}, text="лс 2000000001 показание 4425")
LATER = encoded(id="f-2", **{"from": "visitor-8c1f"}, text="Отвечать сейчас не нужно", answer="later")
DATED = encoded(
    id="f-3", **{"from": "visitor-9d20"}, text="Помогите разобраться", at="2026-11-20T10:00:00+03:00", page="/readings"
)
LONG = encoded(id="f-4", **{"from": "visitor-a011"}, text="Очень длинно, " * 400)

TABLE = Table(
    code="webform",
    secrets={"SBYT_WEBFORM_SECRET": SECRET},
    connected=connected,
    sign=signed,
    said_in=said_in,
    payloads={
        "a reading": Payload(
            PLAIN, [InboundEvent("f-1", "+79120000181", "лс 2000000001 показание 4425", None, PLAIN.decode())]
        ),
        "to be answered later": Payload(
            LATER, [InboundEvent("f-2", "visitor-8c1f", "Отвечать сейчас не нужно", None, LATER.decode())]
        ),
        "that lay with the site for a while": Payload(
            DATED,
            [
                InboundEvent(
                    "f-3",
                    "visitor-9d20",
                    "Помогите разобраться",
                    dt.datetime.fromisoformat("2026-11-20T10:00:00+03:00"),
                    DATED.decode(),
                )
            ],
        ),
        "a long text": Payload(
            LONG, [InboundEvent("f-4", "visitor-a011", "Очень длинно, " * 400, None, LONG.decode())]
        ),
    },
    forgeries={
        "no signature": lambda _: {},
        "no time": without("x-sbyt-timestamp"),
        "time without signature": without("x-sbyt-signature"),
        "another secret": lambda body: signed(body, secret="guessed-guessed-guessed-guessed-guessed"),
        "another body": lambda body: signed(body + b" "),
        "too old": lambda body: signed(body, age=301),
        "of the future": lambda body: signed(body, age=-310),
        "another time": lambda body: {**signed(body), "x-sbyt-timestamp": "1"},
        "no number for a time": lambda body: {**signed(body), "x-sbyt-timestamp": "now"},
        "without its kind": lambda body: {**signed(body), "x-sbyt-signature": signed(body)["x-sbyt-signature"][7:]},
        "in no known letters": lambda body: {**signed(body), "x-sbyt-signature": "sha256=\xff\xfe"},
    },
    unknown={"a ping": encoded(type="ping"), "a visit": encoded(type="page_view", id="v-1")},
    malformed={
        "no JSON": b"id=1&text=4425",
        "nothing": b"",
        "no object": b'["4425"]',
        "no text": encoded(id="m-1", **{"from": "visitor-m"}),
        "no sender": encoded(id="m-2", text="4425"),
        "an empty id": encoded(id="", **{"from": "visitor-m"}, text="4425"),
        "a number for a text": encoded(id="m-3", **{"from": "visitor-m"}, text=4425),
        "an id too long": encoded(id="m" * 601, **{"from": "visitor-m"}, text="4425"),
        "the name of our own page": encoded(id="m-4", **{"from": "page:somebody"}, text="4425"),
        "a message of our own page": encoded(id="page:m-5", **{"from": "visitor-m"}, text="4425"),
        "a time without zone": encoded(id="m-6", **{"from": "visitor-m"}, text="4425", at="2026-11-20T10:00:00"),
        "a time to come": encoded(id="m-7", **{"from": "visitor-m"}, text="4425", at="2126-11-20T10:00:00Z"),
        "a time long gone": encoded(id="m-8", **{"from": "visitor-m"}, text="4425", at="1026-11-20T10:00:00Z"),
        "no UTF-8": b'{"id": "m-9", "from": "v", "text": "\xff"}',
        "half a letter": b'{"id": "m-10", "from": "v", "text": "\\ud83d"}',
        "NUL": b"\x00",
    },
    sends={
        Behaviour.TAKES_IT: None,
        Behaviour.GARBAGE: None,  # it is the status that counts: we ask nothing else of the site
        Behaviour.BAD_REQUEST: MessageRefused,
        Behaviour.UNAUTHORISED: NotAuthorised,
        Behaviour.FORBIDDEN: NotAuthorised,
        Behaviour.NOT_FOUND: ProviderFailed,  # a wrong address: it says nothing of the recipient
        Behaviour.TOO_FAST: Throttled,
        Behaviour.FAILED: ProviderFailed,
        Behaviour.BAD_GATEWAY: ProviderFailed,
        Behaviour.HANGS: Uncertain,
        Behaviour.CUTS_BEFORE: Uncertain,
        Behaviour.CUTS: Uncertain,
        Behaviour.REFUSES: Unreachable,
    },
)


class TestWebform(ChannelContract):
    table = TABLE


def test_what_is_said_later_is_signed_as_the_site_signs() -> None:
    with provider(Behaviour.TAKES_IT) as site:
        asyncio.run(connected(site.url).send(Outgoing(41, "visitor-1", "Приняли 4425.", ("Да", "Нет"))))
    ((head, body),) = site.taken
    headers = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert json.loads(body) == {"id": "sbyt-41", "to": "visitor-1", "text": "Приняли 4425.", "buttons": ["Да", "Нет"]}
    digest = hmac.new(SECRET.encode(), headers["x-sbyt-timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["x-sbyt-signature"] == f"sha256={digest}"
    assert headers["idempotency-key"] == "sbyt-41"


@pytest.mark.parametrize(
    ("channel", "recipient"),
    [
        (Webform(SECRET, right_now), "visitor-1"),
        (Webform("", right_now, callback="https://example.org/"), "visitor-1"),
        (Webform(SECRET, right_now, callback="https://example.org/"), "page:visitor"),
    ],
    ids=["no callback", "no secret", "somebody on our own page"],
)
def test_who_cannot_be_written_to_is_not(channel: Webform, recipient: str) -> None:
    with pytest.raises(CannotCarry):
        asyncio.run(channel.send(Outgoing(1, recipient, "Приняли 4425.")))


@pytest.mark.parametrize(("status", "expected"), [(410, RecipientGone), (404, ProviderFailed)])
def test_a_visitor_is_gone_only_where_the_site_says_so(status: int, expected: type[UnableToSend]) -> None:
    """404 is what a wrong address answers, whoever the visitor."""
    with http_provider(lambda _: (status, b"<html>")) as site, pytest.raises(expected):
        asyncio.run(connected(f"{site.url}/").send(Outgoing(7, "visitor-1", "Приняли.")))


def test_without_a_secret_nobody_gets_in() -> None:
    body = PLAIN
    with pytest.raises(UnableToVerify, match="SBYT_WEBFORM_SECRET"):
        Webform("", right_now).verify(Request(signed(body, secret=""), body, at=right_now()))


def test_a_secret_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(UnableToSetUp, match="нужно не меньше 32"):
        Webform.connect(Setup(Webform.Options(), {"SECRET": "short"}, right_now))
