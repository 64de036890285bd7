"""WhatsApp. Payloads: «messages webhook reference» of developers.facebook.com (17 June 2026)."""

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

from sbyt.channels.whatsapp import Options, WhatsApp
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
    UnableToVerify,
    Uncertain,
    Unreachable,
)
from sbyt.messaging.pictures import Picture
from tests.channels.harness import ChannelContract, Payload, Table
from tests.channels.http_provider import Asked, HttpProvider, http_provider
from tests.channels.provider import Behaviour
from tests.support.databases import Database
from tests.support.serving import right_now, serving

TOKEN = "EAAJB0123456789abcdefghijklmnopqrstuvwxyz"
APP_SECRET = "0123456789abcdef0123456789abcdef"
VERIFY = "a-word-that-we-chose-ourselves"
NUMBER = "106540352242922"
PERSON = "79120000199"
AT = dt.datetime(2026, 11, 20, 7, 0, tzinfo=dt.UTC)
STAMP = "1795158000"
SETTINGS = f'[channels.whatsapp.options]\nnumber = "{NUMBER}"\n'
SECRETS = {"SBYT_WHATSAPP_TOKEN": TOKEN, "SBYT_WHATSAPP_SECRET": APP_SECRET, "SBYT_WHATSAPP_VERIFY": VERIFY}


def encoded(*values: Mapping[str, Any], field: str = "messages", number: str = NUMBER) -> bytes:
    metadata = {"display_phone_number": "78212000000", "phone_number_id": number}
    whole = [{"messaging_product": "whatsapp", "metadata": metadata, **value} for value in values]
    entry = {"id": "102290129340398", "changes": [{"value": value, "field": field} for value in whole]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}, ensure_ascii=False).encode()


def message(number: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"from": PERSON, "id": f"wamid.{number}", "timestamp": STAMP, "type": kind, **more}


def received(*messages: Mapping[str, Any], **more: Any) -> bytes:
    contacts = [{"profile": {"name": "Мария Петрова"}, "wa_id": PERSON, "user_id": "RU.13491208655302741918"}]
    return encoded({"contacts": contacts, "messages": list(messages)}, **more)


def event(body: bytes, number: str, text: str, **more: Any) -> InboundEvent:
    return InboundEvent(f"wamid.{number}", more.pop("sender", f"+{PERSON}"), text, AT, body.decode(), **more)


def row(body: bytes, number: str, text: str, **more: Any) -> Payload:
    return Payload(body, [event(body, number, text, **more)])


def image(mime: str = "image/jpeg", **more: Any) -> dict[str, Any]:
    media = {"mime_type": mime, "sha256": "SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI=", "id": "1003383421387256"}
    return {**media, "url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1003383421387256", **more}


TEXT = received(message("HBgLNzkxMjAwMDAxOTkVAgASGBQzQTRB", "text", text={"body": "2000000001 4425"}))
REPLY = received(
    message(
        "reply",
        "interactive",
        context={"from": "78212000000", "id": "wamid.ours"},
        interactive={"type": "button_reply", "button_reply": {"id": "Да", "title": "Да"}},
    )
)
LONG_LABEL = "Электричество, счётчик 40010002, ул. Ленина, 1"
CHOSEN = received(
    message(
        "chosen",
        "interactive",
        interactive={
            "type": "list_reply",
            "list_reply": {"id": LONG_LABEL, "title": "Электричество, счётчик…", "description": LONG_LABEL},
        },
    )
)
OF_TEMPLATE = received(message("button", "button", button={"payload": "Показания", "text": "Показания"}))
PHOTO = received(message("photo", "image", image=image(caption="Вот счётчик")))
PHOTO_AS_FILE = received(message("file", "document", document=image("image/png", filename="IMG_2031.png")))
PDF = received(message("pdf", "document", document=image("application/pdf", filename="act.pdf", caption="Акт")))
VOICE = received(message("voice", "audio", audio=image("audio/ogg; codecs=opus", voice=True)))
OWN_CARD = received(
    message("card", "contacts", contacts=[{"name": {"formatted_name": "Я"}, "phones": [{"wa_id": PERSON}]}])
)
FRIENDS_CARD = received(
    message(
        "friend", "contacts", contacts=[{"name": {"formatted_name": "Сосед"}, "phones": [{"wa_id": "79120000555"}]}]
    )
)
NAMELESS = received(
    {
        "from_user_id": "RU.13491208655302741918",
        "id": "wamid.user",
        "timestamp": STAMP,
        "type": "text",
        "text": {"body": "4425"},
    }
)
TWO = received(message("first", "text", text={"body": "2000000001"}), message("second", "text", text={"body": "4425"}))


def status(state: str, *codes: int) -> dict[str, Any]:
    errors = [{"code": code, "title": "no", "message": "no", "error_data": {"details": "no"}} for code in codes]
    more = {"errors": errors} if errors else {}
    return {"id": "wamid.ours", "status": state, "timestamp": STAMP, "recipient_id": PERSON, **more}


def signed(body: bytes, *, secret: str = APP_SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}"}


def connected(url: str, *, template: str | None = None) -> WhatsApp:
    options = Options(address=url, seconds=1, number=NUMBER, template=template)
    return WhatsApp.connect(Setup(options, {"TOKEN": TOKEN, "SECRET": APP_SECRET, "VERIFY": VERIFY}, right_now))


TAKEN = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": PERSON, "wa_id": PERSON}],
    "messages": [{"id": "wamid.taken", "message_status": "accepted"}],
}

TABLE = Table(
    code="whatsapp",
    secrets=SECRETS,
    settings=SETTINGS,
    connected=connected,
    sign=signed,
    recipient=f"+{PERSON}",
    takes=json.dumps(TAKEN).encode(),
    provider_id="wamid.taken",
    payloads={
        "a text": row(TEXT, "HBgLNzkxMjAwMDAxOTkVAgASGBQzQTRB", "2000000001 4425"),
        "a button": row(REPLY, "reply", "Да"),
        "a row of a list": row(CHOSEN, "chosen", LONG_LABEL),
        "a button of a template": row(OF_TEMPLATE, "button", "Показания"),
        "a photo": row(PHOTO, "photo", "Вот счётчик", files=("1003383421387256",)),
        "a photo sent as a file": row(PHOTO_AS_FILE, "file", "", files=("1003383421387256",)),
        "a file that is no photo": row(PDF, "pdf", "Акт"),
        "what we can't read": row(VOICE, "voice", ""),
        "the sender's own card": row(OWN_CARD, "card", "", contact=f"+{PERSON}"),
        "somebody else's card": row(FRIENDS_CARD, "friend", "", contact=ANOTHERS_CONTACT),
        "somebody who shows no phone": row(NAMELESS, "user", "4425", sender="RU.13491208655302741918"),
        "two at once": Payload(TWO, [event(TWO, "first", "2000000001"), event(TWO, "second", "4425")]),
        "a text beside what did not arrive": row(
            encoded(
                {"messages": [message("beside", "text", text={"body": "4425"})], "statuses": [status("failed", 131026)]}
            ),
            "beside",
            "4425",
        ),
    },
    forgeries={
        "no signature": lambda _: {},
        "another secret": lambda body: signed(body, secret="guessed"),
        "another body": lambda body: signed(body + b" "),
        "without its kind": lambda body: {"x-hub-signature-256": signed(body)["x-hub-signature-256"][7:]},
        "the old kind": lambda body: {
            "x-hub-signature": "sha1=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha1).hexdigest()
        },
        "in no known letters": lambda _: {"x-hub-signature-256": "sha256=\xff\xfe"},
    },
    unknown={
        "it arrived": encoded({"statuses": [status("delivered")]}),
        "it was read": encoded({"statuses": [status("read")]}),
        "a reaction": received(message("r", "reaction", reaction={"message_id": "wamid.ours", "emoji": "👍"})),
        "a message of a group": received(message("g", "text", text={"body": "4425"}, group_id="Y2FwaV9ncm91cA")),
        "a message to another number": received(message("n", "text", text={"body": "4425"}), number="999999999"),
        "a template was approved": encoded({"event": "APPROVED"}, field="message_template_status_update"),
    },
    malformed={
        "no JSON": b"object=whatsapp_business_account",
        "nothing": b"",
        "no entries": b'{"object": "whatsapp_business_account"}',
        "no number": received({"from": PERSON, "timestamp": STAMP, "type": "text", "text": {"body": "4425"}}),
        "no sender": received({"id": "wamid.x", "timestamp": STAMP, "type": "text", "text": {"body": "4425"}}),
        "a number for a text": received(message("m", "text", text={"body": 4425})),
        "what we sent did not arrive": encoded({"statuses": [status("failed", 131047)]}),
    },
    sends={
        Behaviour.TAKES_IT: None,
        Behaviour.GARBAGE: Uncertain,  # whoever answers so is perhaps not Meta
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


class TestWhatsApp(ChannelContract):
    table = TABLE


# a stand-in that is as strict as Meta --------------------------------------------------------------------------------


class StrictMeta:
    """Knows one person. ``open``: whether they wrote within a day."""

    def __init__(self) -> None:
        self.url = ""
        self.open = True
        self.sent: list[dict[str, Any]] = []
        self.webhooks: dict[str, str] = {}

    def __call__(self, asked: Asked) -> tuple[int, Any]:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return self._error(401, 190, "Invalid OAuth access token")
        match asked.method, asked.path:
            case "POST", "/v25.0/106540352242922/messages":
                return self._message(asked.json)
            case "POST", "/v25.0/106540352242922":
                self.webhooks["phone_number"] = asked.json["webhook_configuration"]["override_callback_uri"]
                return 200, {"success": True}
            case "GET", "/v25.0/106540352242922":
                return 200, {"webhook_configuration": self.webhooks, "id": NUMBER}
            case "GET", "/v25.0/1003383421387256":
                return 200, {
                    "url": f"{self.url}/attachments",
                    "mime_type": "image/jpeg",
                    "messaging_product": "whatsapp",
                }
            case "GET", "/attachments":
                return 200, b"\xff\xd8\xff a photo"
        return self._error(400, 100, f"Unsupported request: {asked.path}")

    def _message(self, said: Mapping[str, Any]) -> tuple[int, Any]:
        if said.get("to") != PERSON:
            return self._error(400, 131030, f"Recipient phone number not in allowed list: {said.get('to')}")
        if not self.open and said["type"] != "template":
            return self._error(400, 131047, "Re-engagement message")
        if said["type"] == "template" and said["template"]["name"] != "notice":
            return self._error(404, 132001, "Template name does not exist in the translation")
        wrong = {"text": self._text, "interactive": self._interactive, "template": self._template}[said["type"]](said)
        if wrong:
            return self._error(400, 131009, "Parameter value is not valid")
        self.sent.append(dict(said))
        return 200, TAKEN

    @staticmethod
    def _text(said: Mapping[str, Any]) -> bool:
        return not 1 <= len(said["text"]["body"]) <= 4096

    @staticmethod
    def _template(said: Mapping[str, Any]) -> bool:
        (parameter,) = said["template"]["components"][0]["parameters"]
        return len(parameter["text"]) > 1024 or "\n" in parameter["text"] or "    " in parameter["text"]

    @staticmethod
    def _interactive(said: Mapping[str, Any]) -> bool:
        shown = said["interactive"]
        if shown["type"] == "button":
            titles = [one["reply"]["title"] for one in shown["action"]["buttons"]]
            long = any(len(title) > 20 for title in titles)
            return len(titles) > 3 or long or len(set(titles)) < len(titles) or len(shown["body"]["text"]) > 1024
        rows = shown["action"]["sections"][0]["rows"]
        long = any(
            len(one["title"]) > 24 or len(one.get("description", "")) > 72 or len(one["id"]) > 200 for one in rows
        )
        return len(rows) > 10 or long or len(shown["action"]["button"]) > 20 or len(shown["body"]["text"]) > 4096

    @staticmethod
    def _error(status: int, code: int, words: str) -> tuple[int, Any]:
        error = {"message": f"(#{code}) {words}", "type": "OAuthException", "code": code, "fbtrace_id": "A1b"}
        return status, {"error": error}


Strict = tuple[StrictMeta, HttpProvider]


@pytest.fixture
def strict() -> Iterator[Strict]:
    answering = StrictMeta()
    with http_provider(answering) as provider:
        answering.url = provider.url
        yield answering, provider


def send(channel: WhatsApp, outgoing: Outgoing) -> Sent | UnableToSend:
    try:
        return asyncio.run(channel.send(outgoing))
    except UnableToSend as error:
        return error


def to_person(text: str, buttons: tuple[str, ...] = ()) -> Outgoing:
    return Outgoing(7, f"+{PERSON}", text, buttons)


def test_up_to_three_short_buttons_are_shown(strict: Strict) -> None:
    answering, provider = strict
    assert send(connected(provider.url), to_person("Всё верно?", ("Да", "Нет"))) == Sent("wamid.taken")
    shown = answering.sent[0]["interactive"]
    assert (shown["type"], shown["body"]) == ("button", {"text": "Всё верно?"})
    assert [one["reply"] for one in shown["action"]["buttons"]] == [
        {"id": "Да", "title": "Да"},
        {"id": "Нет", "title": "Нет"},
    ]


@pytest.mark.parametrize(
    ("text", "buttons"),
    [
        ("Какой?", ("1", "2", "3", "4")),
        ("Какой?", (LONG_LABEL, "Другой")),
        ("я" * 1025, ("Да", "Нет")),
    ],
    ids=["more than three", "long ones", "a long text"],
)
def test_other_buttons_are_a_list_whose_rows_come_back_whole(
    strict: Strict, text: str, buttons: tuple[str, ...]
) -> None:
    answering, provider = strict
    assert send(connected(provider.url), to_person(text, buttons)) == Sent("wamid.taken")
    shown = answering.sent[0]["interactive"]
    assert shown["type"] == "list"
    assert [one["id"] for one in shown["action"]["sections"][0]["rows"]] == list(buttons)


@pytest.mark.parametrize("buttons", [tuple("abcdefghijk"), ("я" * 73, "Нет")], ids=["too many", "too long"])
def test_buttons_that_whatsapp_does_not_show_are_lines(strict: Strict, buttons: tuple[str, ...]) -> None:
    answering, provider = strict
    assert send(connected(provider.url), to_person("Какой?", buttons)) == Sent("wamid.taken")
    assert answering.sent[0]["text"]["body"].splitlines() == ["Какой?", *(f"– {button}" for button in buttons)]


def test_links_are_not_opened_for_a_preview(strict: Strict) -> None:
    answering, provider = strict
    send(connected(provider.url), to_person("https://lk.example.org/s/K7QM"))
    assert answering.sent[0]["text"]["preview_url"] is False


# after a day ---------------------------------------------------------------------------------------------------------


def test_after_a_day_the_template_is_sent_once(strict: Strict) -> None:
    answering, provider = strict
    answering.open = False
    outgoing = to_person("Счёт за ноябрь готов.\n\nОплатите до 10 декабря.", ("Оплатить",))
    assert send(connected(provider.url, template="notice"), outgoing) == Sent("wamid.taken")
    assert [asked.json["type"] for asked in provider.asked] == ["interactive", "template"]
    assert answering.sent[0]["template"] == {
        "name": "notice",
        "language": {"code": "ru"},
        "components": [
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "Счёт за ноябрь готов. Оплатите до 10 декабря."}],
            }
        ],
    }


def test_after_a_day_nothing_is_sent_without_a_template(strict: Strict) -> None:
    answering, provider = strict
    answering.open = False
    result = send(connected(provider.url), to_person("Счёт готов."))
    assert isinstance(result, CannotCarry)
    assert "131047" in str(result)
    assert answering.sent == []


@pytest.mark.parametrize(
    ("template", "text", "expected"),
    [("of-yesterday", "Счёт готов.", MessageRefused), ("notice", "я" * 1025, CannotCarry)],
)
def test_a_template_that_does_not_fit_is_told(
    strict: Strict, template: str, text: str, expected: type[UnableToSend]
) -> None:
    answering, provider = strict
    answering.open = False
    assert type(send(connected(provider.url, template=template), to_person(text))) is expected


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (401, 190, NotAuthorised),
        (403, 10, NotAuthorised),
        (403, 200, NotAuthorised),
        (403, 368, NotAuthorised),
        (400, 131042, NotAuthorised),
        (400, 130429, Throttled),
        (400, 131056, Throttled),
        (429, 4, Throttled),
        (400, 131026, RecipientGone),
        (400, 131050, RecipientGone),
        (400, 131009, MessageRefused),
        (400, 132000, MessageRefused),
        (500, 131000, ProviderFailed),
        (503, 2, ProviderFailed),
        (500, 999999, ProviderFailed),
        (200, 999999, MessageRefused),
    ],
)
def test_errors_mean_what_meta_documents(status: int, code: int, expected: type[UnableToSend]) -> None:
    error = {"message": f"(#{code}) {PERSON}", "type": "OAuthException", "code": code}
    with http_provider(lambda _: (status, {"error": error})) as provider:
        result = send(connected(provider.url), to_person("Приняли."))
    assert type(result) is expected
    assert PERSON not in str(result)


@pytest.mark.parametrize(
    "outgoing",
    [
        Outgoing(7, "228970688", "Приняли."),
        Outgoing(7, f"+{PERSON}", "Счёт", document=Document("Счёт.pdf", "application/pdf", b"%PDF")),
    ],
    ids=["a recipient of another channel", "a file"],
)
def test_what_whatsapp_cannot_carry_is_not_tried(outgoing: Outgoing) -> None:
    assert isinstance(send(connected("http://127.0.0.1:9"), outgoing), CannotCarry)


def test_who_shows_no_phone_is_written_to_by_their_name() -> None:
    with http_provider(lambda _: (200, TAKEN)) as provider:
        assert send(connected(provider.url), Outgoing(7, "RU.13491208655302741918", "Приняли.")) == Sent("wamid.taken")
    said = provider.asked[0].json
    assert (said["recipient"], "to" in said) == ("RU.13491208655302741918", False)


def test_a_photo_is_fetched_by_the_address_that_meta_names(strict: Strict) -> None:
    fetched = asyncio.run(connected(strict[1].url).fetch("1003383421387256"))
    assert fetched == Picture("image/jpeg", b"\xff\xd8\xff a photo")


# the webhook ---------------------------------------------------------------------------------------------------------

WEBHOOK = "https://lk.example.org/in/whatsapp"


def test_meta_is_answered_its_challenge(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "sbyt.toml"
    file.write_text(SETTINGS)
    with serving({**database.environ, **SECRETS, "SBYT_CONFIG": str(file)}) as served:
        asked = f"/in/whatsapp?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={VERIFY}"
        answer = served.ask(asked)
        assert (answer.status, answer.body) == (200, b"1158201444")
        assert served.ask(asked.replace(VERIFY, "guessed")).status == 403
        assert served.ask("/in/whatsapp?hub.challenge=1158201444").status == 403


def test_a_request_without_the_word_is_refused() -> None:
    with pytest.raises(UnableToVerify):
        connected("http://127.0.0.1:9").verify(Request({}, b"", {"hub.verify_token": ""}, "GET"))


def test_the_webhook_is_set_and_found_again(strict: Strict) -> None:
    answering, provider = strict
    channel = connected(provider.url)
    assert asyncio.run(channel.look(WEBHOOK)) == [Finding(FindingCode.WEBHOOK_MISSING)]
    answering.webhooks["application"] = "https://old.example.org/"
    assert asyncio.run(channel.look(WEBHOOK)) == [Finding(FindingCode.WEBHOOK_ELSEWHERE, "https://old.example.org/")]
    assert WEBHOOK in asyncio.run(channel.register(WEBHOOK))
    assert provider.asked[-1].json["webhook_configuration"]["verify_token"] == VERIFY
    assert asyncio.run(channel.look(WEBHOOK)) == []


def test_without_an_address_there_is_nothing_to_register() -> None:
    with pytest.raises(UnableToRegister, match="address"):
        asyncio.run(connected("http://127.0.0.1:9").register(""))
