"""MAX. Payloads: «Объект Update» of dev.max.ru (schema 0.0.32 of 1 July 2026), as bots got them in 2026."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sbyt.channels.max import Max, Options
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
from sbyt.messaging.pictures import Picture, UnableToTakePhoto
from tests.channels.harness import ChannelContract, Payload, Table
from tests.channels.http_provider import Asked, Authority, HttpProvider, authority, http_provider
from tests.channels.provider import Behaviour
from tests.support.serving import right_now

TOKEN = "f9LHodD0cOIEr0gCxuvowdetqQYLt6YmbfMaYw-zrjhsUTxj"
SECRET = "a-secret_that-nobody-would-guess-0123456789"
SETTINGS = {"SBYT_MAX_TOKEN": TOKEN, "SBYT_MAX_SECRET": SECRET}

#: The person and the bot of all payloads.
PERSON = 5414320011
USER: Mapping[str, Any] = {
    "user_id": PERSON,
    "first_name": "Мария",
    "last_name": "Петрова",
    "is_bot": False,
    "last_activity_time": 1764050000000,
    "name": "Мария Петрова",
}
BOT: Mapping[str, Any] = {
    "user_id": 10002,
    "first_name": "Энергосбыт",
    "username": "sbyt_bot",
    "is_bot": True,
    "last_activity_time": 1764050000000,
    "name": "Энергосбыт",
}
DIALOG: Mapping[str, Any] = {"chat_id": 127001, "chat_type": "dialog", "user_id": 10002}
AT = dt.datetime(2026, 11, 20, 7, 0, 0, 821000, tzinfo=dt.UTC)
STAMP = 1795158000821


def encoded(**update: Any) -> bytes:
    return json.dumps(update, ensure_ascii=False).encode()


def message(mid: str, text: str | None, *, sender: Mapping[str, Any] = USER, **more: Any) -> dict[str, Any]:
    body = {"mid": mid, "seq": 116043270574650336, "text": text, **more.pop("body", {})}
    return {"recipient": DIALOG, "timestamp": STAMP, "body": body, "sender": sender, **more}


def created(mid: str, text: str | None, **more: Any) -> bytes:
    return encoded(timestamp=STAMP, message=message(mid, text, **more), user_locale="ru", update_type="message_created")


def with_attachments(mid: str, text: str | None, *attachments: Mapping[str, Any], **more: Any) -> bytes:
    return created(mid, text, body={"attachments": list(attachments)}, **more)


def event(body: bytes, provider_id: str, text: str, **more: Any) -> InboundEvent:
    return InboundEvent(provider_id, str(PERSON), text, AT, body.decode(), **more)


def row(body: bytes, provider_id: str, text: str, **more: Any) -> Payload:
    return Payload(body, [event(body, provider_id, text, **more)])


def card(phone: str = "79120000199") -> str:
    """As MAX makes it."""
    return f"BEGIN:VCARD\r\nVERSION:3.0\r\nPRODID:ez-vcard 0.10.3\r\nTEL;TYPE=cell:{phone}\r\nFN:Мария\r\nEND:VCARD\r\n"


def contact(
    vcf: str, *, key: str = TOKEN, owner: Mapping[str, Any] | None = USER, proof: str | None = None
) -> Mapping[str, Any]:
    digest = hmac.new(key.encode(), vcf.encode(), hashlib.sha256).hexdigest() if proof is None else proof
    payload = {"vcf_info": vcf, "max_info": owner, "hash": digest}
    return {"type": "contact", "payload": payload}


PHOTO = {
    "payload": {
        "photo_id": 4484450835,
        "token": "r8MRvzDqRDVaw59SP+XQhHBtiSp/U03et076+m7/hTnBn4EEJXhibpkmWTUPRvUy",
        "url": "https://i.oneme.ru/i?r=BTGBPUwtwgYUeoFhO7rESmr8FddYu8EkRnc1BbDFbQm1bcgN8COxyU5BTkp85aDzgF4",
    },
    "type": "image",
}
FILE = {
    "payload": {"fileId": 3411, "token": "f9LHodD0cOI", "url": "https://fd.oneme.ru/getfile?sig=1"},
    "filename": "IMG_2031.JPG",
    "size": 2104553,
    "type": "file",
}

TEXT = created("mid.0000000008a53b9b019c44bd612d33e0", "2000000001 4425")
PRESSED = encoded(
    callback={
        "timestamp": STAMP,
        "callback_id": "f9LHodD0cOIEr0gCxuvowdetqQYLt6YmbfMaYw-zrjhsUTxjwbp1pu6VGgH9pMTY",
        "user": USER,
        "payload": "Показания",
    },
    message=message("mid.0000000008a53b9b019c4385e870772f", "Что сделать?", sender=BOT),
    timestamp=STAMP,
    user_locale="ru",
    update_type="message_callback",
)
STARTED = encoded(
    update_type="bot_started",
    timestamp=STAMP,
    chat_id=1234567890,
    user=USER,
    payload="K7QMX2P4R9TBVW3D",
    user_locale="ru",
)
STARTED_PLAINLY = encoded(
    update_type="bot_started", timestamp=STAMP, chat_id=1234567891, user={**USER, "user_id": PERSON + 1}
)
EDITED = encoded(
    update_type="message_edited", timestamp=STAMP, message=message("mid.0000000008a53b9b019c44bd612d33e1", "4452")
)
WITH_PHOTO = with_attachments("mid.photo", "Вот счётчик", PHOTO)
WITH_FILE = with_attachments("mid.file", None, FILE)
OWN_CONTACT = with_attachments("mid.contact", None, contact(card()))
A_FRIENDS = with_attachments("mid.friend", None, contact(card(), owner={**USER, "user_id": 77}))
UNPROVED = with_attachments("mid.unproved", None, contact(card(), key="another-bots-token"))
WITHOUT_PROOF = with_attachments("mid.noproof", None, contact(card(), proof=""))
VOICE = with_attachments("mid.voice", None, {"type": "audio", "payload": {"url": "https://a.example", "token": "t"}})
FORWARDED = encoded(
    timestamp=STAMP,
    message={
        "recipient": DIALOG,
        "timestamp": STAMP,
        "body": None,
        "sender": USER,
        "link": {
            "type": "forward",
            "sender": {**USER, "user_id": 77},
            "chat_id": 5,
            "message": {"mid": "mid.theirs", "seq": 1, "text": "4425", "attachments": [contact(card())]},
        },
    },
    update_type="message_created",
)


def signed(_: bytes) -> dict[str, str]:
    return {"x-max-bot-api-secret": SECRET}


def connected(url: str, *, ca: Path | None = None) -> Max:
    options = Options(address=url, seconds=1, ca=str(ca) if ca else None)
    return Max.connect(Setup(options, {"TOKEN": TOKEN, "SECRET": SECRET}, right_now))


TABLE = Table(
    code="max",
    secrets=SETTINGS,
    connected=connected,
    sign=signed,
    recipient=str(PERSON),
    takes=encoded(message=message("mid.0000000008a53b9b019c44bd612d33ff", "Приняли.", sender=BOT)),
    provider_id="mid.0000000008a53b9b019c44bd612d33ff",
    payloads={
        "a text": row(TEXT, "mid.0000000008a53b9b019c44bd612d33e0", "2000000001 4425"),
        "a button that isn't ours": row(
            PRESSED, "f9LHodD0cOIEr0gCxuvowdetqQYLt6YmbfMaYw-zrjhsUTxjwbp1pu6VGgH9pMTY", "Показания"
        ),
        "a start by the link of a bill": row(STARTED, f"start:{PERSON}:{STAMP}", "/start K7QMX2P4R9TBVW3D"),
        "a start": Payload(
            STARTED_PLAINLY,
            [InboundEvent(f"start:{PERSON + 1}:{STAMP}", str(PERSON + 1), "/start", AT, STARTED_PLAINLY.decode())],
        ),
        "a text that was corrected": row(EDITED, f"mid.0000000008a53b9b019c44bd612d33e1:{STAMP}", "4452"),
        "a photo": row(WITH_PHOTO, "mid.photo", "Вот счётчик", files=(PHOTO["payload"]["url"],)),  # type: ignore[index]
        "a photo sent as a file": row(WITH_FILE, "mid.file", "", files=("https://fd.oneme.ru/getfile?sig=1",)),
        "the sender's own phone": row(OWN_CONTACT, "mid.contact", "", contact="+79120000199"),
        "somebody else's contact": row(A_FRIENDS, "mid.friend", "", contact=ANOTHERS_CONTACT),
        "a contact proved to another bot": row(UNPROVED, "mid.unproved", "", contact=ANOTHERS_CONTACT),
        "a contact without proof": row(WITHOUT_PROOF, "mid.noproof", "", contact=ANOTHERS_CONTACT),
        "what we can't read": row(VOICE, "mid.voice", ""),
        "what another wrote": row(FORWARDED, f"{PERSON}:{STAMP}", "4425", contact=ANOTHERS_CONTACT),
    },
    forgeries={
        "no secret": lambda _: {},
        "another secret": lambda _: {"x-max-bot-api-secret": "guessed-guessed-guessed"},
        "the beginning of the secret": lambda _: {"x-max-bot-api-secret": SECRET[:-1]},
        "more than the secret": lambda _: {"x-max-bot-api-secret": f"{SECRET}0"},
        "no known letters": lambda _: {"x-max-bot-api-secret": "\xff\xfe"},
        "the bot's token": lambda _: {"authorization": TOKEN},
    },
    unknown={
        "the bot was stopped": encoded(update_type="bot_stopped", timestamp=STAMP, chat_id=1, user=USER),
        "somebody joined a channel": encoded(
            chat_id=-1, user=USER, is_channel=True, timestamp=STAMP, update_type="user_added"
        ),
        "a message of a group": encoded(
            timestamp=STAMP,
            message={
                **message("mid.group", "4425"),
                "recipient": {"chat_id": -5, "chat_type": "chat", "user_id": None},
            },
            update_type="message_created",
        ),
        "a button pressed in a group": encoded(
            callback={"timestamp": STAMP, "callback_id": "c", "user": USER, "payload": "p"},
            message={**message("mid.g2", "?"), "recipient": {"chat_id": -5, "chat_type": "chat", "user_id": None}},
            timestamp=STAMP,
            update_type="message_callback",
        ),
        "what a bot wrote": created("mid.bot", "4425", sender=BOT),
        "a post without sender": encoded(
            timestamp=STAMP,
            message={"recipient": DIALOG, "timestamp": STAMP, "body": {"mid": "mid.p", "seq": 1, "text": "4425"}},
            update_type="message_created",
        ),
        "a kind that isn't invented yet": encoded(update_type="message_read", timestamp=STAMP),
    },
    malformed={
        "no JSON": b"update_type=message_created",
        "nothing": b"",
        "a list": b"[]",
        "no kind": encoded(timestamp=STAMP),
        "no message": encoded(update_type="message_created", timestamp=STAMP),
        "a number for a text": created("mid.number", 4425),  # type: ignore[arg-type]
        "no sender's number": created("mid.x", "4425", sender={"name": "Мария"}),
        "a press without its number": encoded(
            update_type="message_callback",
            timestamp=STAMP,
            callback={"timestamp": STAMP, "callback_id": "", "user": USER},
        ),
        "a time that never comes": encoded(
            timestamp=STAMP, message={**message("mid.t", "4425"), "timestamp": 10**20}, update_type="message_created"
        ),
        "a name of our own page": created("page:mid", "4425"),
        "half a letter": b'{"update_type": "bot_started", "timestamp": 1, "user": {"user_id": 1}, "payload": "\\ud8"}',
    },
    sends={
        Behaviour.TAKES_IT: None,
        Behaviour.GARBAGE: Uncertain,  # whoever answers so is perhaps not MAX
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


class TestMax(ChannelContract):
    table = TABLE


# a stand-in that is as strict as MAX ---------------------------------------------------------------------------------


class StrictMax:
    """Knows one person; refuses what the schema refuses. ``slow``: so often a file isn't ready yet."""

    def __init__(self, *, slow: int = 0) -> None:
        self.url = ""
        self.slow = slow
        self.subscriptions: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.files: list[bytes] = []

    def __call__(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/upload.do":
            assert "authorization" not in asked.headers, "our key belongs to the API only"
            self.files.append(asked.body)
            return 200, {"token": f"file-{len(self.files)}"}
        if asked.path == "/photo":
            return 200, b"\xff\xd8\xff a photo"
        if asked.headers.get("authorization") != TOKEN:
            return 401, {"code": "verify.token", "message": "Invalid access_token"}
        match asked.method, asked.path:
            case "POST", "/messages":
                return self._message(asked)
            case "POST", "/uploads":
                return (200, {"url": f"{self.url}/upload.do?id=1"}) if asked.query == {"type": "file"} else (400, {})
            case "GET", "/subscriptions":
                return 200, {"subscriptions": self.subscriptions}
            case "POST", "/subscriptions":
                return self._subscribed(asked.json)
        return 405, {"code": "method.not.allowed", "message": asked.path}

    def _message(self, asked: Asked) -> tuple[int, Any]:
        said = asked.json
        if int(asked.query["user_id"]) != PERSON:
            return 403, {"code": "chat.denied", "message": f"Key: error.dialog.suspended, args: [{PERSON},]."}
        if len(said["text"]) > 4000:
            return 400, {"code": "proto.payload", "message": "text: size must be between 0 and 4000"}
        kinds = [one["type"] for one in said["attachments"]]
        rows = [row for one in said["attachments"] if "buttons" in one["payload"] for row in one["payload"]["buttons"]]
        if len(rows) > 30 or any(not 1 <= len(button["text"]) <= 128 for row in rows for button in row):
            return 400, {"code": "proto.payload", "message": "attachments: invalid keyboard"}
        if "file" in kinds and kinds != ["file"]:
            return 400, {"code": "proto.payload", "message": "file must be the only attachment"}
        if "file" in kinds and self.slow:
            self.slow -= 1
            return 400, {"code": "attachment.not.ready", "message": "Key: errors.process.attachment.file.not.processed"}
        self.sent.append(said)
        return 200, {"message": message(f"mid.{len(self.sent)}", said["text"], sender=BOT)}

    def _subscribed(self, wanted: Mapping[str, Any]) -> tuple[int, Any]:
        if not wanted["url"].startswith("https://lk.example.org/"):
            return 200, {"success": False, "message": "URL is not reachable"}
        self.subscriptions = [{"url": wanted["url"], "time": STAMP, "update_types": wanted["update_types"]}]
        return 200, {"success": True}


@pytest.fixture
def strict() -> Iterator[tuple[StrictMax, HttpProvider]]:
    answering = StrictMax()
    with http_provider(answering) as provider:
        answering.url = provider.url
        yield answering, provider


def send(channel: Max, outgoing: Outgoing) -> Sent | UnableToSend:
    try:
        return asyncio.run(channel.send(outgoing))
    except UnableToSend as error:
        return error


Strict = tuple[StrictMax, HttpProvider]


def test_what_is_pressed_is_sent_as_if_typed(strict: Strict) -> None:
    answering, provider = strict
    asked = Outgoing(7, str(PERSON), "Всё верно?", ("Да", "Нет"), contact_button="Поделиться номером")
    assert send(connected(provider.url), asked) == Sent("mid.1")
    (sent,) = answering.sent
    assert sent["text"] == "Всё верно?"
    assert sent["attachments"] == [
        {
            "type": "inline_keyboard",
            "payload": {
                "buttons": [
                    [{"type": "message", "text": "Да"}],
                    [{"type": "message", "text": "Нет"}],
                    [{"type": "request_contact", "text": "Поделиться номером"}],
                ]
            },
        }
    ]


def test_the_key_goes_in_the_header_only_and_links_are_not_opened_for_a_preview(strict: Strict) -> None:
    _, provider = strict
    send(connected(provider.url), Outgoing(7, str(PERSON), "Приняли."))
    (asked,) = provider.asked
    assert asked.query == {"user_id": str(PERSON), "disable_link_preview": "true"}
    assert (asked.headers["authorization"], TOKEN.encode() in asked.body) == (TOKEN, False)


@pytest.mark.parametrize(
    "buttons", [tuple(f"Счёт {number}" for number in range(40)), ("я" * 129, "Нет")], ids=["too many", "too long"]
)
def test_buttons_that_max_does_not_show_are_lines(strict: Strict, buttons: tuple[str, ...]) -> None:
    answering, provider = strict
    assert send(connected(provider.url), Outgoing(7, str(PERSON), "Какой?", buttons)) == Sent("mid.1")
    assert answering.sent[0]["attachments"] == []
    assert answering.sent[0]["text"].splitlines() == ["Какой?", *(f"– {button}" for button in buttons)]


def test_a_file_goes_by_itself_and_its_buttons_are_lines(strict: Strict) -> None:
    answering, provider = strict
    bill = Document("Счёт за ноябрь 2026.pdf", "application/pdf", b"%PDF-1.7 a bill")
    assert send(connected(provider.url), Outgoing(7, str(PERSON), "Ваш счёт", ("Оплатить",), document=bill)) == Sent(
        "mid.1"
    )
    assert answering.sent[0]["attachments"] == [{"type": "file", "payload": {"token": "file-1"}}]
    assert answering.sent[0]["text"] == "Ваш счёт\n– Оплатить"
    assert b"%PDF-1.7 a bill" in answering.files[0]
    assert b'name="data"' in answering.files[0]


def test_a_file_that_max_still_looks_over_is_waited_for(strict: Strict) -> None:
    answering, provider = strict
    answering.slow = 1
    bill = Document("Счёт.pdf", "application/pdf", b"%PDF-1.7")
    assert send(connected(provider.url), Outgoing(7, str(PERSON), "Счёт", document=bill)) == Sent("mid.1")
    assert len(answering.files) == 1


def test_a_file_whose_upload_breaks_off_was_certainly_not_sent() -> None:
    answering = StrictMax()

    def breaking(asked: Asked) -> tuple[int, Any]:
        if asked.path == "/upload.do":
            raise ConnectionAbortedError
        return answering(asked)

    bill = Document("Счёт.pdf", "application/pdf", b"%PDF-1.7")
    with http_provider(breaking) as provider:
        answering.url = provider.url
        result = send(connected(provider.url), Outgoing(7, str(PERSON), "Счёт", document=bill))
    assert isinstance(result, Unreachable)
    assert answering.sent == []


def refusing(status: int, said: Any) -> Callable[[Asked], tuple[int, Any]]:
    return lambda _: (status, said)


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [
        (403, {"code": "chat.denied", "message": "Key: error.dialog.suspended, args: [228532008,]."}, RecipientGone),
        (403, {"code": "access.denied", "message": "Access denied"}, NotAuthorised),
        (404, {"code": "chat.not.found", "message": "Chat not found"}, RecipientGone),
        (404, {"code": "not.found", "message": "Not found"}, ProviderFailed),
        (400, {"code": "dialog.not.found", "message": "no dialog"}, RecipientGone),
        (400, {"code": "proto.payload", "message": "text: errors.required"}, MessageRefused),
        (401, {"code": "verify.token", "message": "Invalid access_token"}, NotAuthorised),
        (503, {"code": "service.unavailable", "message": "Try later"}, ProviderFailed),
        (200, {"success": False, "message": "Никому"}, MessageRefused),
        (200, {}, Uncertain),
        (200, {"message": {"body": None}}, Uncertain),
    ],
)
def test_errors_mean_what_max_documents(status: int, said: Any, expected: type[UnableToSend]) -> None:
    with http_provider(refusing(status, said)) as provider:
        result = send(connected(provider.url), Outgoing(7, str(PERSON), "Приняли."))
    assert type(result) is expected
    assert "228532008" not in str(result)


def test_a_recipient_of_another_channel_is_not_tried() -> None:
    assert isinstance(send(connected("http://127.0.0.1:9"), Outgoing(7, "+79120000199", "?")), CannotCarry)


# photos --------------------------------------------------------------------------------------------------------------


def test_a_photo_is_fetched_without_our_key(strict: Strict) -> None:
    _, provider = strict
    fetched = asyncio.run(connected(provider.url).fetch(f"{provider.url}/photo?r=1"))
    assert fetched == Picture("image/jpeg", b"\xff\xd8\xff a photo")
    assert "authorization" not in provider.asked[0].headers


@pytest.mark.parametrize(
    ("status", "said", "expected"),
    [(404, b"", RecipientGone), (500, b"", ProviderFailed), (200, b"<html>", UnableToTakePhoto)],
)
def test_a_photo_that_cannot_be_had(status: int, said: bytes, expected: type[Exception]) -> None:
    with http_provider(refusing(status, said)) as provider, pytest.raises(expected):
        asyncio.run(connected(provider.url).fetch(f"{provider.url}/photo"))


def test_no_photo_is_fetched_from_our_own_network() -> None:
    with pytest.raises(RecipientGone):
        asyncio.run(connected("https://max.example").fetch("http://127.0.0.1:9/admin"))


# the webhook ---------------------------------------------------------------------------------------------------------

WEBHOOK = "https://lk.example.org/in/max"


def test_the_webhook_is_set_with_its_secret_and_found_again(strict: Strict) -> None:
    answering, provider = strict
    channel = connected(provider.url)
    assert asyncio.run(channel.look(WEBHOOK)) == [Finding(FindingCode.WEBHOOK_MISSING)]
    assert WEBHOOK in asyncio.run(channel.register(WEBHOOK))
    assert provider.asked[-1].json == {
        "url": WEBHOOK,
        "update_types": ["message_created", "message_edited", "message_callback", "bot_started"],
        "secret": SECRET,
    }
    assert asyncio.run(channel.look(WEBHOOK)) == []
    assert asyncio.run(channel.look("https://new.example.org/in/max")) == [
        Finding(FindingCode.WEBHOOK_ELSEWHERE, WEBHOOK)
    ]
    answering.subscriptions[0]["update_types"] = ["message_created", "bot_started"]
    assert asyncio.run(channel.look(WEBHOOK)) == [
        Finding(FindingCode.OTHER, "не подписан на message_callback, message_edited")
    ]


@pytest.mark.parametrize("webhook", ["", "http://lk.example.org/in/max", "https://lk.example.org:8443/in/max"])
def test_a_webhook_that_max_never_takes_is_not_tried(webhook: str) -> None:
    with pytest.raises(UnableToRegister, match="порт 443"):
        asyncio.run(connected("http://127.0.0.1:9").register(webhook))


def test_a_webhook_that_max_refuses_is_told(strict: Strict) -> None:
    with pytest.raises(MessageRefused):
        asyncio.run(connected(strict[1].url).register("https://elsewhere.example/in/max"))


# whom it trusts ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def unknown_root(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("ca"))


def test_a_certificate_of_an_unknown_root_is_trusted_once_it_is_named(unknown_root: Authority) -> None:
    with http_provider(StrictMax(), tls=(unknown_root.certificate, unknown_root.key)) as provider:
        untrusting = send(connected(provider.url), Outgoing(7, str(PERSON), "Приняли."))
        trusting = send(connected(provider.url, ca=unknown_root.ca), Outgoing(7, str(PERSON), "Приняли."))
    assert isinstance(untrusting, Unreachable)
    assert untrusting.said.startswith("сертификат не доверен: ")
    assert trusting == Sent("mid.1")
    assert len(provider.asked) == 1


def test_a_file_of_roots_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for file in ("empty.pem", "missing.pem"):
        result = send(connected("https://127.0.0.1:9", ca=tmp_path / file), Outgoing(7, str(PERSON), "Приняли."))
        assert isinstance(result, Unreachable)
        assert "ca" in result.said


# setting up ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["short", "with a space in the middle of it", "я" * 20, "a" * 257])
def test_a_secret_that_max_would_not_take_is_refused(secret: str) -> None:
    with pytest.raises(UnableToSetUp, match="от 16 до 256 знаков"):
        Max.connect(Setup(Options(), {"TOKEN": TOKEN, "SECRET": secret}, right_now))


def test_a_token_that_no_header_can_hold_is_refused() -> None:
    with pytest.raises(UnableToSetUp, match="не латинские буквы"):
        Max.connect(Setup(Options(), {"TOKEN": "ключ", "SECRET": SECRET}, right_now))


@pytest.mark.parametrize(
    "more", ["TEL;TYPE=HOME:79120000199", "TEL:79120000199", "tel:79120000199", "item1.TEL:79120000199", "TEL:4425-ое"]
)
@pytest.mark.parametrize("first", [True, False])
def test_a_card_with_several_phones_proves_none(more: str, first: bool) -> None:
    before = "VERSION:3.0\r\n" if first else "END:VCARD"
    assert before in card()
    vcf = card().replace(before, f"{before}{more}\r\n" if first else f"{more}\r\n{before}")
    body = with_attachments("mid.several", None, contact(vcf))
    (event,) = connected("http://127.0.0.1:9").parse(Request({}, body))
    assert event.contact == ANOTHERS_CONTACT


def test_a_card_without_a_phone_proves_nothing() -> None:
    for vcf in ("BEGIN:VCARD\r\nFN:Мария\r\nEND:VCARD\r\n", "", card("4425-ое")):
        body = with_attachments("mid.none", None, contact(vcf))
        (event,) = connected("http://127.0.0.1:9").parse(Request({}, body))
        assert event.contact == ANOTHERS_CONTACT
