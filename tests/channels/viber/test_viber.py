"""Viber. Payloads: «REST Bot API», «Callbacks» of developers.viber.com (version 8), as bots got them since 2020."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sbyt.channels.viber import Options, Viber
from sbyt.messaging.channel import (
    ANOTHERS_CONTACT,
    CannotCarry,
    Document,
    Finding,
    FindingCode,
    InboundEvent,
    MessageRefused,
    NotAuthorised,
    Outgoing,
    ProviderFailed,
    RecipientGone,
    Request,
    Sent,
    Setup,
    Throttled,
    UnableToRegister,
    UnableToSend,
    UnableToSetUp,
    Uncertain,
    Unreachable,
)
from sbyt.messaging.pictures import Picture
from tests.channels.harness import ChannelContract, Payload, Table
from tests.channels.http_provider import Asked, HttpProvider, http_provider
from tests.channels.provider import Behaviour
from tests.support.databases import Database
from tests.support.serving import right_now, serving

TOKEN = "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9"
PERSON = "3SQNc4FPUQmysaM/AQEhXg=="
AT = dt.datetime(2026, 11, 20, 7, 0, 0, 627000, tzinfo=dt.UTC)
STAMP = 1795158000627
SETTINGS = '[channels.viber.options]\nname = "Энергосбыт"\n'
SECRETS = {"SBYT_VIBER_TOKEN": TOKEN}
USER: Mapping[str, Any] = {
    "id": PERSON,
    "name": "Мария Петрова",
    "avatar": "https://media-direct.cdn.viber.com/download_photo?dlid=3QCUHWfeZ7PC&fltp=jpg&imsz=0000",
    "language": "ru-RU",
    "country": "RU",
    "api_version": 10,
}


def encoded(event: str, token: int, **more: Any) -> bytes:
    whole = {"event": event, "timestamp": STAMP, "chat_hostname": "SN-376_", "message_token": token, **more}
    return json.dumps(whole, ensure_ascii=False).encode()


def message(token: int, kind: str = "text", *, sender: Mapping[str, Any] = USER, **said: Any) -> bytes:
    more = {"chat_id": said.pop("chat_id")} if "chat_id" in said else {}
    return encoded("message", token, sender=sender, message={"type": kind, **said}, silent=False, **more)


def row(body: bytes, token: int, text: str, **more: Any) -> Payload:
    return Payload(body, [InboundEvent(str(token), PERSON, text, AT, body.decode(), **more)])


MEDIA = (
    "https://dl-media.viber.com/3/media/2/short/any/sig/image/0x0/d793/1e188b51a20be3df393ce5ee94a61e9b.jpg"
    "?Expires=1795161600&Signature=lL-WcChyM7euIgIZT80Ve1tpCHYJUeBt27Vfi90&Key-Pair-Id=APKAJ62UNSBCMEIPV4HA"
)
TEXT = message(4912661846655238145, text="2000000001 4425", tracking_data="sbyt-41")
PHOTO = message(4912661846655238146, "picture", text="Вот счётчик", media=MEDIA, file_name="IMG_2031.jpg")
PHOTO_AS_FILE = message(4912661846655238147, "file", media=MEDIA, file_name="IMG_2031.JPG", size=2104553)
CONTACT = message(4912661846655238148, "contact", contact={"name": "Мария", "phone_number": "79120000199"})
VOICE = message(4912661846655238149, "video", media="https://dl-media.viber.com/v.mp4", size=1, duration=3)
STARTED = encoded(
    "conversation_started", 4912661846655238150, type="open", context="K7QMX2P4R9TBVW3D", user=USER, subscribed=False
)
STARTED_PLAINLY = encoded("conversation_started", 4912661846655238151, type="open", user=USER, subscribed=False)
CAME_BACK = encoded(
    "conversation_started", 4912661846655238152, type="open", context="K7QMX2P4R9TBVW3D", user=USER, subscribed=True
)


def signed(body: bytes, *, token: str = TOKEN) -> dict[str, str]:
    return {"x-viber-content-signature": hmac.new(token.encode(), body, hashlib.sha256).hexdigest()}


def connected(url: str) -> Viber:
    options = Options(address=url, seconds=1, name="Энергосбыт")
    return Viber.connect(Setup(options, {"TOKEN": TOKEN}, right_now))


TAKEN = {
    "status": 0,
    "status_message": "ok",
    "message_token": 5741311803571721087,
    "chat_hostname": "SN-376_",
    "billing_status": 1,
}

TABLE = Table(
    code="viber",
    secrets=SECRETS,
    settings=SETTINGS,
    connected=connected,
    sign=signed,
    recipient=PERSON,
    takes=json.dumps(TAKEN).encode(),
    provider_id="5741311803571721087",
    payloads={
        "a text": row(TEXT, 4912661846655238145, "2000000001 4425"),
        "a photo": row(PHOTO, 4912661846655238146, "Вот счётчик", files=(MEDIA,)),
        "a photo sent as a file": row(PHOTO_AS_FILE, 4912661846655238147, "", files=(MEDIA,)),
        "a contact, which proves nothing": row(CONTACT, 4912661846655238148, "", contact=ANOTHERS_CONTACT),
        "what we can't read": row(VOICE, 4912661846655238149, ""),
        "who comes back by the link of a bill": row(CAME_BACK, 4912661846655238152, "/start K7QMX2P4R9TBVW3D"),
    },
    forgeries={
        "no signature": lambda _: {},
        "another token": lambda body: signed(body, token="guessed"),
        "another body": lambda body: signed(body + b" "),
        "the token itself": lambda _: {"x-viber-content-signature": TOKEN},
        "in no known letters": lambda _: {"x-viber-content-signature": "\xff\xfe"},
    },
    unknown={
        "the webhook was set": encoded("webhook", 241256543215),
        "it arrived": encoded("delivered", 4912661846655238160, user_id=PERSON),
        "it was seen": encoded("seen", 4912661846655238161, user_id=PERSON),
        "it failed": encoded("failed", 4912661846655238162, user_id=PERSON, desc="failure description"),
        "somebody subscribed": encoded("subscribed", 4912661846655238163, user=USER),
        "somebody left": encoded("unsubscribed", 4912661846655238164, user_id=PERSON),
        "a message of a group": message(4912661846655238165, text="4425", chat_id="xyz=="),
        "who came first by the link of a bill": STARTED,
        "who came first": STARTED_PLAINLY,
    },
    malformed={
        "no JSON": b"event=message",
        "nothing": b"",
        "no event": b"{}",
        "no message": encoded("message", 1, sender=USER),
        "no number": json.dumps(
            {"event": "message", "timestamp": 1, "sender": USER, "message": {"type": "text"}}
        ).encode(),
        "no sender": message(2, text="4425", sender={"name": "Мария"}),
        "a number for a text": message(3, text=4425),
        "a start without a person": encoded("conversation_started", 4, subscribed=False),
    },
    sends={
        Behaviour.TAKES_IT: None,
        Behaviour.GARBAGE: Uncertain,  # whoever answers so is perhaps not Viber
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


class TestViber(ChannelContract):
    table = TABLE


# a stand-in that is as strict as Viber -------------------------------------------------------------------------------


class StrictViber:
    """Knows one subscriber, and errs with status 200."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.webhook = ""

    def __call__(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/photo":
            return 200, b"\xff\xd8\xff a photo"
        if asked.headers.get("x-viber-auth-token") != TOKEN:
            return 200, {"status": 2, "status_message": "invalidAuthToken"}
        match asked.path:
            case "/pa/send_message":
                return self._message(asked.json)
            case "/pa/set_webhook":
                self.webhook = asked.json["url"]
                return 200, {"status": 0, "status_message": "ok", "event_types": asked.json["event_types"]}
            case "/pa/get_account_info":
                return 200, {"status": 0, "status_message": "ok", "id": "pa:1", "webhook": self.webhook}
        return 404, b""

    def _message(self, said: Mapping[str, Any]) -> tuple[int, Any]:
        if said["receiver"] != PERSON:
            return 200, {"status": 6, "status_message": f"notSubscribed {said['receiver']}"}
        shown = said.get("keyboard", {"Buttons": []})["Buttons"]
        if not 1 <= len(said["text"]) <= 7000 or len(said["sender"]["name"]) > 28 or len(shown) > 24:
            return 200, {"status": 3, "status_message": "badData"}
        self.sent.append(dict(said))
        return 200, TAKEN


Strict = tuple[StrictViber, HttpProvider]


@pytest.fixture
def strict() -> Iterator[Strict]:
    answering = StrictViber()
    with http_provider(answering) as provider:
        yield answering, provider


def send(channel: Viber, outgoing: Outgoing) -> Sent | UnableToSend:
    try:
        return asyncio.run(channel.send(outgoing))
    except UnableToSend as error:
        return error


def test_what_is_pressed_is_sent_as_if_typed(strict: Strict) -> None:
    answering, provider = strict
    outgoing = Outgoing(7, PERSON, "Всё верно?", ("Да", "Свет & <вода>"))
    assert send(connected(provider.url), outgoing) == Sent("5741311803571721087")
    (sent,) = answering.sent
    assert (sent["type"], sent["text"], sent["sender"]) == ("text", "Всё верно?", {"name": "Энергосбыт"})
    assert [(one["ActionType"], one["ActionBody"], one["Text"]) for one in sent["keyboard"]["Buttons"]] == [
        ("reply", "Да", "Да"),
        ("reply", "Свет & <вода>", "Свет &amp; &lt;вода&gt;"),
    ]


def test_buttons_that_viber_does_not_show_are_lines(strict: Strict) -> None:
    answering, provider = strict
    buttons = tuple(f"Счёт {number}" for number in range(25))
    assert send(connected(provider.url), Outgoing(7, PERSON, "Какой?", buttons)) == Sent("5741311803571721087")
    assert answering.sent[0]["text"].splitlines() == ["Какой?", *(f"– {button}" for button in buttons)]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (2, NotAuthorised),
        (3, MessageRefused),
        (5, RecipientGone),
        (6, RecipientGone),
        (7, NotAuthorised),
        (10, NotAuthorised),
        (11, RecipientGone),
        (12, Throttled),
        (99, ProviderFailed),
        (None, Uncertain),
        ("0", Uncertain),
    ],
)
def test_errors_with_status_200_mean_what_viber_documents(status: object, expected: type[UnableToSend]) -> None:
    with http_provider(lambda _: (200, {"status": status, "status_message": f"no {PERSON}"})) as provider:
        result = send(connected(provider.url), Outgoing(7, PERSON, "Приняли."))
    assert type(result) is expected
    assert PERSON not in str(result)


def test_a_message_without_its_number_is_uncertain() -> None:
    with http_provider(lambda _: (200, {"status": 0})) as provider:
        assert isinstance(send(connected(provider.url), Outgoing(7, PERSON, "Приняли.")), Uncertain)


@pytest.mark.parametrize(
    "outgoing",
    [
        Outgoing(7, "+79120000199", "Приняли."),
        Outgoing(7, PERSON, "Счёт", document=Document("Счёт.pdf", "application/pdf", b"%PDF")),
    ],
    ids=["a recipient of another channel", "a file"],
)
def test_what_viber_cannot_carry_is_not_tried(outgoing: Outgoing) -> None:
    assert isinstance(send(connected("http://127.0.0.1:9"), outgoing), CannotCarry)


def test_a_photo_is_fetched_without_our_key(strict: Strict) -> None:
    fetched = asyncio.run(connected(strict[1].url).fetch(f"{strict[1].url}/photo"))
    assert fetched == Picture("image/jpeg", b"\xff\xd8\xff a photo")
    assert "x-viber-auth-token" not in strict[1].asked[0].headers


# callbacks -----------------------------------------------------------------------------------------------------------

WEBHOOK = "https://lk.example.org/in/viber"


def test_who_opens_the_conversation_gets_a_button_that_says_their_code(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "sbyt.toml"
    file.write_text(SETTINGS)
    with serving({**database.environ, **SECRETS, "SBYT_CONFIG": str(file)}) as served:
        answers = [served.ask("/in/viber", body, signed(body)) for body in (STARTED, STARTED_PLAINLY, CAME_BACK, TEXT)]
    pressed = [json.loads(answer.body)["keyboard"]["Buttons"][0]["ActionBody"] for answer in answers[:2]]
    assert pressed == ["/start K7QMX2P4R9TBVW3D", "/start"]
    assert [answer.body for answer in answers[2:]] == [b"", b""]


def test_the_webhook_is_set_and_found_again(strict: Strict) -> None:
    _, provider = strict
    channel = connected(provider.url)
    assert asyncio.run(channel.look(WEBHOOK)) == [Finding(FindingCode.WEBHOOK_MISSING)]
    assert WEBHOOK in asyncio.run(channel.register(WEBHOOK))
    assert provider.asked[-1].json == {
        "url": WEBHOOK,
        "event_types": ["message", "conversation_started"],
        "send_name": False,
    }
    assert asyncio.run(channel.look(WEBHOOK)) == []
    assert asyncio.run(channel.look("https://new.example.org/")) == [Finding(FindingCode.WEBHOOK_ELSEWHERE, WEBHOOK)]


def test_without_an_address_there_is_nothing_to_register() -> None:
    with pytest.raises(UnableToRegister, match="address"):
        asyncio.run(connected("http://127.0.0.1:9").register(""))


def test_a_token_that_no_header_can_hold_is_refused() -> None:
    with pytest.raises(UnableToSetUp, match="не латинские буквы"):
        Viber.connect(Setup(Options(name="Сбыт"), {"TOKEN": "ключ"}, right_now))


def test_a_signature_belongs_to_its_body() -> None:
    connected("http://127.0.0.1:9").verify(Request(signed(TEXT), TEXT))
