"""VK. Payloads: «Callback API» and «Входящее сообщение» of dev.vk.com (version 5.199 of January 2025)."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from sbyt.channels.vk import Options, Vk
from sbyt.messaging.channel import (
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
from sbyt.messaging.models import Unreadable
from sbyt.messaging.pictures import Picture
from sbyt.usecases.take_in import take_polled
from tests.channels.harness import ChannelContract, Payload, Table
from tests.channels.http_provider import Asked, HttpProvider, http_provider
from tests.channels.provider import Behaviour
from tests.support.databases import Database
from tests.support.serving import right_now, serving

TOKEN = "vk1.a.533bacf01e11f55b536a565b57531ad114461ae8736d6506a3"
SECRET = "aSecretThatNobodyWouldGuess0123456789"
CONFIRMATION = "8f4c1a2b"
GROUP = 193668024
PERSON = 228970688
AT = dt.datetime(2026, 11, 20, 7, 0, tzinfo=dt.UTC)
STAMP = 1795158000
SETTINGS = f'[channels.vk.options]\ngroup = {GROUP}\nconfirmation = "{CONFIRMATION}"\n'


def encoded(**event: Any) -> bytes:
    whole = {"group_id": GROUP, "event_id": "b0c936fa537622981a096bd5e38a252e7cac0d20", "v": "5.199", "secret": SECRET}
    return json.dumps({**whole, **event}, ensure_ascii=False).encode()


def raw(body: bytes) -> str:
    """As it is kept: without the secret."""
    return json.dumps({name: value for name, value in json.loads(body).items() if name != "secret"}, ensure_ascii=False)


def message(number: int, text: str, **more: Any) -> dict[str, Any]:
    return {
        "date": STAMP,
        "from_id": PERSON,
        "id": 135,
        "version": 10000135,
        "out": 0,
        "fwd_messages": [],
        "important": False,
        "is_hidden": False,
        "attachments": [],
        "conversation_message_id": number,
        "text": text,
        "peer_id": PERSON,
        "random_id": 0,
        **more,
    }


CLIENT = {
    "button_actions": ["text", "vkpay", "open_app", "location", "open_link", "open_photo", "callback"],
    "keyboard": True,
    "inline_keyboard": True,
    "carousel": True,
    "lang_id": 0,
}


def new(number: int, text: str, **more: Any) -> bytes:
    return encoded(type="message_new", object={"message": message(number, text, **more), "client_info": CLIENT})


def event(body: bytes, provider_id: str, text: str, **more: Any) -> InboundEvent:
    return InboundEvent(f"{PERSON}:{provider_id}", str(PERSON), text, more.pop("at", AT), raw(body), **more)


def row(body: bytes, provider_id: str, text: str, **more: Any) -> Payload:
    return Payload(body, [event(body, provider_id, text, **more)])


def size(letter: str, width: int, height: int) -> dict[str, Any]:
    return {
        "type": letter,
        "url": f"https://sun9-71.userapi.com/{letter}.jpg?size={width}x{height}",
        "width": width,
        "height": height,
    }


PHOTO = {
    "type": "photo",
    "photo": {
        "album_id": -3,
        "date": STAMP,
        "id": 457281385,
        "owner_id": PERSON,
        "access_key": "8d73b853538b295088",
        "sizes": [size("s", 75, 31), size("z", 1080, 720), size("m", 130, 53)],
        "text": "",
    },
}
AS_DOCUMENT = {
    "type": "doc",
    "doc": {
        "id": 1,
        "owner_id": PERSON,
        "title": "IMG_2031.JPG",
        "size": 2104553,
        "ext": "JPG",
        "type": 4,
        "url": "https://vk.com/doc1_1?hash=1&dl=1&api=1",
    },
}

TEXT = new(127, "2000000001 4425")
PRESSED = new(128, "Да", payload="{}")
STARTED = new(129, "Начать", payload='{"command":"start"}')
STARTED_BY_LINK = new(130, "Начать", payload='{"command":"start"}', ref="K7QMX2P4R9TBVW3D", ref_source="bill")
WROTE_BY_LINK = new(131, "Показания 4425", ref="K7QMX2P4R9TBVW3D", ref_source="bill")
EDITED = encoded(type="message_edit", object=message(132, "4452", update_time=STAMP + 60))
WITH_PHOTO = new(133, "Вот счётчик", attachments=[PHOTO])
WITH_DOCUMENT = new(134, "", attachments=[AS_DOCUMENT])
VOICE = new(135, "", attachments=[{"type": "audio_message", "audio_message": {"id": 1, "duration": 3}}])


def connected(url: str, *, confirmation: str | None = CONFIRMATION) -> Vk:
    options = Options(address=url, seconds=1, group=GROUP, confirmation=confirmation)
    return Vk.connect(Setup(options, {"TOKEN": TOKEN, "SECRET": SECRET}, right_now))


def forged(**changed: Any) -> Callable[[bytes], tuple[Mapping[str, str], bytes]]:
    """The request with these fields changed; without those that are None."""

    def changing(body: bytes) -> tuple[Mapping[str, str], bytes]:
        fields = {**json.loads(body), **changed}
        return {}, json.dumps({name: value for name, value in fields.items() if value is not None}).encode()

    return changing


TABLE = Table(
    code="vk",
    secrets={"SBYT_VK_TOKEN": TOKEN, "SBYT_VK_SECRET": SECRET},
    settings=SETTINGS,
    connected=connected,
    recipient=str(PERSON),
    takes=b'{"response": 4711}',
    provider_id="4711",
    payloads={
        "a text": row(TEXT, "127", "2000000001 4425"),
        "a button": row(PRESSED, "128", "Да"),
        "a start": row(STARTED, "129:start", "/start"),
        "a start by the link of a bill": row(STARTED_BY_LINK, "130:start", "/start K7QMX2P4R9TBVW3D"),
        "a text by the link of a bill": Payload(
            WROTE_BY_LINK,
            [
                event(WROTE_BY_LINK, "131:start", "/start K7QMX2P4R9TBVW3D"),
                event(WROTE_BY_LINK, "131", "Показания 4425"),
            ],
        ),
        "a text that was corrected": row(EDITED, f"132:{STAMP + 60}", "4452", at=AT + dt.timedelta(minutes=1)),
        "a photo": row(WITH_PHOTO, "133", "Вот счётчик", files=("https://sun9-71.userapi.com/z.jpg?size=1080x720",)),
        "a photo sent as a document": row(WITH_DOCUMENT, "134", "", files=("https://vk.com/doc1_1?hash=1&dl=1&api=1",)),
        "what we can't read": row(VOICE, "135", ""),
    },
    forgeries={
        "no secret": forged(secret=None),
        "an empty secret": forged(secret=""),
        "another secret": forged(secret="guessed"),
        "the beginning of the secret": forged(secret=SECRET[:-1]),
        "another community": forged(group_id=1),
        "no community": forged(group_id=None),
        "a secret that is no text": forged(secret=[SECRET]),
        "a confirmation with a wrong secret": forged(type="confirmation", secret="guessed"),
        "no JSON": lambda _: ({}, b"type=message_new"),
        "nothing": lambda _: ({}, b""),
    },
    unknown={
        "somebody joined": encoded(type="group_join", object={"user_id": PERSON, "join_type": "join"}),
        "somebody types": encoded(
            type="message_typing_state", object={"state": "typing", "from_id": PERSON, "to_id": -GROUP}
        ),
        "what we wrote ourselves": encoded(type="message_reply", object=message(140, "Приняли.", from_id=-GROUP)),
        "a message of a chat": new(1, "4425", peer_id=2000000279),
        "a message of a community": new(2, "4425", from_id=-5, peer_id=-5),
        "our message that was edited": encoded(type="message_edit", object=message(3, "Приняли.", from_id=-GROUP)),
    },
    malformed={
        "no message": encoded(type="message_new", object={}),
        "no object": encoded(type="message_new"),
        "a number for a text": new(4, 4425),  # type: ignore[arg-type]
        "no number": encoded(
            type="message_new", object={"message": {"from_id": PERSON, "peer_id": PERSON, "text": "4425"}}
        ),
        "a photo that is none": new(5, "", attachments=[{"type": "photo", "photo": {"sizes": "none"}}]),
        "a time that never comes": new(6, "4425", date=10**20),
    },
    sends={
        Behaviour.TAKES_IT: None,
        Behaviour.GARBAGE: Uncertain,  # whoever answers so is perhaps not VK
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


class TestVk(ChannelContract):
    table = TABLE


# a stand-in that is as strict as VK ----------------------------------------------------------------------------------


class StrictVk:
    """Knows one person, takes each ``random_id`` once, and errs with status 200."""

    def __init__(self) -> None:
        self.sent: dict[int, dict[str, str]] = {}
        self.servers: list[dict[str, Any]] = []
        self.settings: dict[str, str] = {}

    def __call__(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/photo":
            return 200, b"\xff\xd8\xff a photo"
        said = asked.form
        if asked.query or said.get("access_token") != TOKEN:
            return self._error(5, "User authorization failed: invalid access_token", said)
        if said.get("v") != "5.199":
            return self._error(8, "Invalid request: v is required", said)
        method = asked.path.removeprefix("/method/")
        if method == "messages.send":
            return self._message(said)
        if said.get("group_id") != str(GROUP):
            return self._error(125, "Invalid group id", said)
        match method:
            case "groups.getCallbackConfirmationCode":
                return 200, {"response": {"code": CONFIRMATION}}
            case "groups.getCallbackServers":
                return 200, {"response": {"count": len(self.servers), "items": self.servers}}
            case "groups.addCallbackServer" | "groups.editCallbackServer":
                return self._server(said)
            case "groups.setCallbackSettings":
                self.settings = said
                return 200, {"response": 1}
        return self._error(3, "Unknown method passed", said)

    def _message(self, said: Mapping[str, str]) -> tuple[int, Any]:
        if int(said["peer_id"]) != PERSON:
            return self._error(901, "Can't send messages for users without permission", said)
        if len(said["message"]) > 4096:
            return self._error(914, "Message is too long", said)
        keyboard = json.loads(said.get("keyboard", '{"buttons": []}'))
        labels = [button["action"]["label"] for row in keyboard["buttons"] for button in row]
        if len(keyboard["buttons"]) > 6 or len(labels) > 10 or any(len(label) > 40 for label in labels):
            return self._error(911, "Keyboard format is invalid", said)
        number = int(said["random_id"])
        if not 0 < number < 2**31:
            return self._error(100, "One of the parameters specified was missing or invalid: random_id", said)
        self.sent.setdefault(number, dict(said))
        return 200, {"response": 4710 + list(self.sent).index(number) + 1}

    def _server(self, said: Mapping[str, str]) -> tuple[int, Any]:
        if len(said["title"]) > 14:
            return self._error(100, "title is too long", said)
        server = {
            "id": 1,
            "title": said["title"],
            "creator_id": 1,
            "url": said["url"],
            "secret_key": said["secret_key"],
        }
        self.servers = [{**server, "status": "ok"}]
        return 200, {"response": 1 if "server_id" in said else {"server_id": 1}}

    @staticmethod
    def _error(code: int, words: str, said: Mapping[str, str]) -> tuple[int, Any]:
        """VK repeats what it was asked, also the text."""
        params = [{"key": key, "value": value} for key, value in said.items()]
        return 200, {"error": {"error_code": code, "error_msg": words, "request_params": params}}


Strict = tuple[StrictVk, HttpProvider]


@pytest.fixture
def strict() -> Iterator[Strict]:
    answering = StrictVk()
    with http_provider(answering) as provider:
        yield answering, provider


def send(channel: Vk, outgoing: Outgoing) -> Sent | UnableToSend:
    try:
        return asyncio.run(channel.send(outgoing))
    except UnableToSend as error:
        return error


def test_what_is_pressed_is_sent_as_if_typed(strict: Strict) -> None:
    answering, provider = strict
    assert send(connected(provider.url), Outgoing(7, str(PERSON), "Всё верно?", ("Да", "Нет"))) == Sent("4711")
    (sent,) = answering.sent.values()
    assert (sent["message"], sent["dont_parse_links"]) == ("Всё верно?", "1")
    keyboard = json.loads(sent["keyboard"])
    assert keyboard["inline"] is True
    assert [[button["action"] for button in row] for row in keyboard["buttons"]] == [
        [{"type": "text", "label": "Да"}],
        [{"type": "text", "label": "Нет"}],
    ]


def test_another_attempt_is_the_same_message_to_vk(strict: Strict) -> None:
    answering, provider = strict
    channel, outgoing = connected(provider.url), Outgoing(7, str(PERSON), "Приняли.")
    assert [send(channel, outgoing), send(channel, outgoing)] == [Sent("4711"), Sent("4711")]
    assert send(channel, Outgoing(8, str(PERSON), "Приняли.")) == Sent("4712")
    assert send(channel, Outgoing(7, str(PERSON), "Другой базы седьмое")) == Sent("4713")
    assert len(answering.sent) == 3


@pytest.mark.parametrize("buttons", [tuple("abcdefg"), ("я" * 41, "Нет")], ids=["too many", "too long"])
def test_buttons_that_vk_does_not_show_are_lines(strict: Strict, buttons: tuple[str, ...]) -> None:
    answering, provider = strict
    assert send(connected(provider.url), Outgoing(7, str(PERSON), "Какой?", buttons)) == Sent("4711")
    (sent,) = answering.sent.values()
    assert sent["message"].splitlines() == ["Какой?", *(f"– {button}" for button in buttons)]
    assert "keyboard" not in sent


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (5, NotAuthorised),
        (6, Throttled),
        (9, Throttled),
        (10, ProviderFailed),
        (100, MessageRefused),
        (900, RecipientGone),
        (901, RecipientGone),
        (902, RecipientGone),
        (912, NotAuthorised),
        (914, CannotCarry),
        (9999, MessageRefused),
        ("x", MessageRefused),
    ],
)
def test_errors_with_status_200_mean_what_vk_documents(code: object, expected: type[UnableToSend]) -> None:
    error = {"error_code": code, "error_msg": "no", "request_params": [{"key": "message", "value": "Приняли 4425"}]}
    with http_provider(lambda _: (200, {"error": error})) as provider:
        result = send(connected(provider.url), Outgoing(7, str(PERSON), "Приняли 4425"))
    assert type(result) is expected
    assert "4425" not in str(result)


def test_a_wrong_key_waits_until_it_is_put_right(strict: Strict) -> None:
    channel = Vk.connect(
        Setup(Options(address=strict[1].url, group=GROUP), {"TOKEN": "old", "SECRET": SECRET}, right_now)
    )
    assert isinstance(send(channel, Outgoing(7, str(PERSON), "Приняли.")), NotAuthorised)


@pytest.mark.parametrize(
    "outgoing",
    [
        Outgoing(7, "+79120000199", "Приняли."),
        Outgoing(7, str(PERSON), "Счёт", document=Document("Счёт.pdf", "application/pdf", b"%PDF")),
    ],
    ids=["a recipient of another channel", "a file"],
)
def test_what_vk_cannot_carry_is_not_tried(outgoing: Outgoing) -> None:
    assert isinstance(send(connected("http://127.0.0.1:9"), outgoing), CannotCarry)


def test_a_photo_is_fetched_without_our_key(strict: Strict) -> None:
    fetched = asyncio.run(connected(strict[1].url).fetch(f"{strict[1].url}/photo"))
    assert fetched == Picture("image/jpeg", b"\xff\xd8\xff a photo")
    assert TOKEN not in str(strict[1].asked)


# the server of the Callback API --------------------------------------------------------------------------------------

WEBHOOK = "https://lk.example.org/in/vk"


@pytest.mark.parametrize("secret", [{}, {"secret": SECRET}], ids=["without the secret", "with the secret"])
def test_vk_is_told_the_confirmation_and_afterwards_ok(
    secret: Mapping[str, str], database: Database, tmp_path: Any
) -> None:
    file = tmp_path / "sbyt.toml"
    file.write_text(SETTINGS)
    environ = {**database.environ, **TABLE.secrets, "SBYT_CONFIG": str(file)}
    asked = json.dumps({"type": "confirmation", "group_id": GROUP, **secret}).encode()
    with serving(environ) as served:
        assert (served.ask("/in/vk", asked).status, served.ask("/in/vk", asked).body) == (200, CONFIRMATION.encode())
        assert served.ask("/in/vk", TEXT).body == b"ok"
        assert served.ask("/in/vk", TEXT).body == b"ok"


def test_the_server_is_set_with_its_secret_and_found_again(strict: Strict) -> None:
    answering, provider = strict
    channel = connected(provider.url)
    assert asyncio.run(channel.look(WEBHOOK)) == [Finding(FindingCode.WEBHOOK_MISSING)]
    for _ in range(2):  # again: the same server
        assert WEBHOOK in asyncio.run(channel.register(WEBHOOK))
        assert [one["secret_key"] for one in answering.servers] == [SECRET]
    kinds = {name: answering.settings[name] for name in ("message_new", "message_edit", "api_version", "server_id")}
    assert kinds == {"message_new": "1", "message_edit": "1", "api_version": "5.199", "server_id": "1"}
    assert asyncio.run(channel.look(WEBHOOK)) == []
    assert asyncio.run(channel.look("https://new.example.org/in/vk")) == [
        Finding(FindingCode.WEBHOOK_ELSEWHERE, WEBHOOK)
    ]
    answering.servers[0]["status"] = "failed"
    assert asyncio.run(channel.look(WEBHOOK)) == [Finding(FindingCode.WEBHOOK_FAILING, "status: failed")]


@pytest.mark.parametrize("confirmation", [None, "of-yesterday"])
def test_without_the_confirmation_an_administrator_is_told_which(strict: Strict, confirmation: str | None) -> None:
    channel = connected(strict[1].url, confirmation=confirmation)
    with pytest.raises(UnableToRegister, match=f'confirmation = "{CONFIRMATION}"'):
        asyncio.run(channel.register(WEBHOOK))


def test_without_an_address_there_is_nothing_to_register() -> None:
    with pytest.raises(UnableToRegister, match="address"):
        asyncio.run(connected("http://127.0.0.1:9").register(""))


@pytest.mark.parametrize("secret", ["short", "with-a-stroke-in-the-middle", "я" * 20, "a" * 51])
def test_a_secret_that_vk_would_not_take_is_refused(secret: str) -> None:
    with pytest.raises(UnableToSetUp, match="от 16 до 50"):
        Vk.connect(Setup(Options(group=GROUP), {"TOKEN": TOKEN, "SECRET": secret}, right_now))


@pytest.mark.usefixtures("database")
def test_the_secret_is_not_kept_with_what_was_asked_for_and_cannot_be_read() -> None:
    body = new(7, "", date=10**20)
    assert SECRET.encode() in body
    take_polled(connected("http://127.0.0.1:9"), [body], right_now())
    row = Unreadable.objects.latest("id")
    assert (SECRET in row.body, '"***"' in row.body) == (False, True)


def test_the_secret_is_not_kept_with_the_message() -> None:
    (event,) = connected("http://127.0.0.1:9").parse(Request({}, TEXT))
    assert SECRET not in event.raw
