"""Telegram. Payloads have the forms of https://core.telegram.org/bots/api ("Update", "Message", "CallbackQuery" and
what they hold); a test holds them to aiogram's types of version 10.3. Errors are in the words of the server's source
of version 10.0, May 2026: https://github.com/tdlib/telegram-bot-api.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from aiogram.types import Update

from sbyt.channels.telegram import Telegram, TelegramOptions
from sbyt.channels.telegram.updates import WORDLESS, data_of
from sbyt.conversation.parsing import parse
from sbyt.messaging.channel import (
    ANOTHERS_CONTACT,
    CannotCarry,
    InboundEvent,
    MessageRefused,
    NotAuthorised,
    Outgoing,
    ProviderFailed,
    Request,
    Setup,
    Throttled,
    UnableToSetUp,
    UnableToVerify,
    Uncertain,
    Unreachable,
)
from tests.channels.harness import ChannelContract, Payload, Table
from tests.channels.provider import Behaviour
from tests.support.serving import right_now
from tests.support.telegram import BOT, TOKEN

SECRET = "a-secret-that-nobody-would-guess_0123456789"
HEADER = "x-telegram-bot-api-secret-token"
AT = 1763629200
MOMENT = dt.datetime.fromtimestamp(AT, dt.UTC)
ANNA = {
    "id": 1111117,
    "is_bot": False,
    "first_name": "Анна",
    "last_name": "Т.",
    "username": "anna_t",
    "language_code": "ru",
}
CHAT = {"id": 1111117, "first_name": "Анна", "last_name": "Т.", "username": "anna_t", "type": "private"}
GROUP = {"id": -1001234567890, "title": "Дом 5", "type": "supergroup"}
SIZES = [
    {"file_id": "AgAD-small", "file_unique_id": "s", "width": 90, "height": 67, "file_size": 1101},
    {"file_id": "AgAD-large", "file_unique_id": "l", "width": 1280, "height": 960, "file_size": 180_123},
    {"file_id": "AgAD-middle", "file_unique_id": "m", "width": 320, "height": 240, "file_size": 19_221},
]
HUGE = "2000000001 4425 " * 200_000
LONG = "2000000001, кв. 17, ул. Коммунистическая, дом 46, корпус 2"


def update(**content: Any) -> bytes:
    return json.dumps({"update_id": 10_000, **content}, ensure_ascii=False).encode()


def message(number: int, **content: Any) -> dict[str, Any]:
    return {"message_id": number, "from": ANNA, "chat": CHAT, "date": AT, **content}


def came(number: int, **content: Any) -> bytes:
    return update(message=message(number, **content))


def press(data: str, **more: Any) -> bytes:
    keyboard = {
        "inline_keyboard": [[{"text": LONG, "callback_data": data_of(LONG)}, {"text": "Да", "callback_data": "Да"}]]
    }
    under = {"message_id": 77, "from": {"id": BOT, "is_bot": True, "first_name": "Бот"}, "chat": CHAT, "date": AT}
    query = {
        "id": "4382bfdwdsb323b2d9",
        "from": ANNA,
        "message": {**under, "text": "Какой счёт?", "reply_markup": keyboard},
    }
    return update(callback_query={**query, "chat_instance": "-42", "data": data, **more})


def event(number: int | str, text: str, raw: bytes, /, **more: Any) -> InboundEvent:
    return InboundEvent(f"{BOT}:1111117:{number}", "1111117", text, more.pop("at", MOMENT), raw.decode(), **more)


def one(number: int, text: str, files: tuple[str, ...] = (), /, **content: Any) -> Payload:
    """A message that is one event."""
    body = came(number, **content)
    return Payload(body, [event(number, text, body, files=files)])


def contact(number: int, phone: str, /, **shared: Any) -> Payload:
    body = came(number, contact={"first_name": "Анна", **shared})
    return Payload(body, [event(number, "", body, contact=phone)])


def edited(number: int, name: str, **content: Any) -> Payload:
    body = update(edited_message=message(number, edit_date=AT + 60, **content))
    later = MOMENT + dt.timedelta(minutes=1)
    return Payload(body, [event(f"{number}:{name}", content["text"], body, at=later)])


def pressed(data: str, text: str, name: str, **more: Any) -> Payload:
    body = press(data, id=name, **more)
    return Payload(body, [InboundEvent(f"callback:{name}", "1111117", text, None, body.decode())])


def signed(body: bytes) -> dict[str, str]:
    return {HEADER: SECRET}


def connected(url: str, **more: Any) -> Telegram:
    options = TelegramOptions(address=url.rstrip("/"), **more)
    return Telegram(TOKEN, right_now, options, secret=SECRET, seconds=1)


TABLE = Table(
    code="telegram",
    secrets={"SBYT_TELEGRAM_TOKEN": TOKEN, "SBYT_TELEGRAM_WEBHOOK_SECRET": SECRET},
    settings="[channels.telegram.options]\nupdates = 'webhook'\n",
    connected=connected,
    sign=signed,
    recipient="1111117",
    takes=json.dumps({"ok": True, "result": message(365, text="Приняли")}).encode(),
    provider_id="1111117:365",
    payloads={
        "a text": one(1365, "2000000001 показание 4425", text="2000000001 показание 4425"),
        "a start by a link": one(
            2,
            "/start bp2Y8kQ0aQ7c",
            text="/start bp2Y8kQ0aQ7c",
            entities=[{"type": "bot_command", "offset": 0, "length": 6}],
        ),
        "a command to this bot": one(3, "/stop please", text="/stop@energosbyt_test_bot please"),
        "a reply with what it replies to": one(
            4,
            "да 4425",
            text="да 4425",
            reply_to_message=message(3, text="4425?"),
            quote={"text": "4425", "position": 0},
        ),
        "forwarded": one(
            5,
            "4425 день",
            text="4425 день",
            forward_origin={"type": "hidden_user", "sender_user_name": "И.", "date": AT},
        ),
        "with fields of tomorrow": one(
            6, "4426 завтра", text="4426 завтра", hologram={"x": [1, {"y": None}]}, forward_origin=7
        ),
        "edited": edited(7, f"{AT + 60}:5bd2e7d33db398ec", text="Исправлено: 4427"),
        "a photo": one(8, "счёт 2000000001 тут", ("AgAD-large",), photo=SIZES, caption="счёт 2000000001 тут"),
        "of an album": one(9, "", ("AgAD-large",), photo=SIZES, media_group_id="13377331"),
        "a photo larger than we take": one(
            10, "", ("AgAD-small",), photo=[SIZES[0], {**SIZES[1], "file_size": 11 * 1024 * 1024}]
        ),
        "a photo as a file": one(
            11, "", ("BQAD-png",), document={"file_id": "BQAD-png", "file_unique_id": "p", "mime_type": "image/png"}
        ),
        "a table as a file": one(
            12,
            "(файл)",
            document={"file_id": "BQAD-x", "file_unique_id": "x", "mime_type": "application/pdf", "file_size": 9},
        ),
        "a photo as a file too large": one(
            13, "(файл)", document={"file_id": "B", "file_unique_id": "x", "mime_type": "image/png", "file_size": 2**24}
        ),
        "her own contact": contact(14, "+79120000101", phone_number="79120000101", user_id=1111117),
        "her own contact with a plus": contact(15, "+79120000101", phone_number="+79120000101", user_id=1111117),
        "her own contact with spaces": contact(22, "+79120000101", phone_number="+7 912 000-01-01", user_id=1111117),
        "somebody else's contact": contact(16, ANOTHERS_CONTACT, phone_number="79120000102", user_id=2222227),
        "a contact of nobody on Telegram": contact(17, ANOTHERS_CONTACT, phone_number="79120000103"),
        "a voice message": one(
            18,
            "(голосовое сообщение)",
            voice={"file_id": "AwAD", "file_unique_id": "v", "duration": 3, "mime_type": "audio/ogg"},
        ),
        "a sticker": one(
            19,
            "(стикер)",
            sticker={
                "file_id": "CAAD",
                "file_unique_id": "c",
                "type": "regular",
                "width": 512,
                "height": 512,
                "is_animated": False,
                "is_video": False,
                "emoji": "👍",
            },
        ),
        "a place": one(20, "(место на карте)", location={"latitude": 61.668, "longitude": 50.836}),
        "a button pressed": pressed("Да", "Да", "4382bfdwdsb323b2d9"),
        "a long button pressed": pressed(data_of(LONG), LONG, "4382bfdwdsb323b2da"),
        "a long button whose message is gone": pressed(
            data_of(LONG),
            "(кнопка под старым сообщением)",
            "4382bfdwdsb323b2db",
            message={"chat": CHAT, "message_id": 77, "date": 0},
        ),
        "as long as a message can be": one(21, "я" * 4096, text="я" * 4096),
        "of five megabytes": one(
            23,
            HUGE,
            text=HUGE,
            entities=[{"type": "bold", "offset": number, "length": 1} for number in range(40_000)],
        ),
    },
    forgeries={
        "no secret": lambda _: {},
        "another secret": lambda _: {HEADER: "guessed-guessed-guessed-guessed-guessed"},
        "an empty secret": lambda _: {HEADER: ""},
        "the beginning of the secret": lambda _: {HEADER: SECRET[:-1]},
        "more than the secret": lambda _: {HEADER: SECRET + "0"},
        "in no known letters": lambda _: {HEADER: "\xff\xfe"},
    },
    unknown={
        "in a group": update(message={**message(30, text="2000000001 4425"), "chat": GROUP}),
        "pressed in a group": press("Да", message={"message_id": 1, "chat": GROUP, "date": AT}),
        "pressed under nothing": press("Да", message=None),
        "in a channel": update(
            channel_post={"message_id": 4, "chat": {**GROUP, "type": "channel"}, "date": AT, "text": "4425"}
        ),
        "edited in a channel": update(
            edited_channel_post={"message_id": 4, "chat": GROUP, "date": AT, "edit_date": AT, "text": "1"}
        ),
        "blocked": update(
            my_chat_member={"chat": CHAT, "from": ANNA, "date": AT, "old_chat_member": {}, "new_chat_member": {}}
        ),
        "an inline query": update(inline_query={"id": "134567890097", "from": ANNA, "query": "4425", "offset": ""}),
        "by a bot": update(message={**message(31, text="4425"), "from": {"id": 5, "is_bot": True, "first_name": "Б"}}),
        "a pinned message": came(32, pinned_message=message(31, text="4425")),
        "a place that moves": update(
            edited_message=message(33, edit_date=AT, location={"latitude": 1.5, "longitude": 2.5})
        ),
        "a kind of tomorrow": update(hologram={"from": ANNA, "text": "4425"}),
        "nothing at all": update(),
    },
    malformed={
        "no JSON": b"update_id=1&text=4425",
        "nothing": b"",
        "no object": b"[1]",
        "no number": b'{"message": {}}',
        "a text for a number": b'{"update_id": "1", "message": {}}',
        "a message of nothing": update(message=None),
        "no chat": update(message={"message_id": 1, "from": ANNA, "date": AT, "text": "4425"}),
        "a number for a text": came(40, text=4425),
        "a text for a chat": update(message={**message(41, text="1"), "chat": {"id": "1111117", "type": "private"}}),
        "a time before all": update(message={**message(42, text="1"), "date": 0}),
        "a time after all": update(message={**message(43, text="1"), "date": 253402300799}),
        "a time that no calendar has": update(message={**message(44, text="1"), "date": 10**30}),
        "half a letter": b'{"update_id": 1, "message": {"text": "\\ud83d"}}',
        "no UTF-8": b'{"update_id": 1, "message": {"text": "\xff"}}',
        "deeper than anything": b'{"update_id": 1, "message": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        "a press without a name": update(callback_query={"id": "", "data": "Да"}),
    },
    sends={
        Behaviour.TAKES_IT: None,
        Behaviour.GARBAGE: Uncertain,
        Behaviour.BAD_REQUEST: MessageRefused,
        Behaviour.UNAUTHORISED: NotAuthorised,
        Behaviour.FORBIDDEN: NotAuthorised,  # not in Telegram's words: then it is not the person who blocked us
        Behaviour.NOT_FOUND: NotAuthorised,  # there is no such bot, or no Telegram at this address
        Behaviour.TOO_FAST: Throttled,
        Behaviour.FAILED: ProviderFailed,
        Behaviour.BAD_GATEWAY: ProviderFailed,
        Behaviour.HANGS: Uncertain,
        Behaviour.CUTS_BEFORE: Uncertain,
        Behaviour.CUTS: Uncertain,
        Behaviour.REFUSES: Unreachable,
    },
)


class TestTelegram(ChannelContract):
    table = TABLE


# what comes in -------------------------------------------------------------------------------------------------------


def read(body: bytes, channel: Telegram | None = None) -> Sequence[InboundEvent]:
    return (channel or connected("http://127.0.0.1:9")).parse(Request({}, body))


_OF_TOMORROW = {"with fields of tomorrow"}


@pytest.mark.parametrize("name", sorted({*TABLE.payloads} - _OF_TOMORROW))  # type: ignore[misc]
def test_the_payloads_are_updates_as_aiogram_knows_them(name: str) -> None:
    assert isinstance(TABLE.payloads, Mapping)
    assert Update.model_validate_json(TABLE.payloads[name].body).update_id == 10_000


def test_two_edits_of_one_second_are_two_messages() -> None:
    bodies = [update(edited_message=message(7, edit_date=AT, text=text)) for text in ("4425", "4426")]
    first, second = (read(body)[0].provider_id for body in bodies)
    assert first != second


def test_an_edit_is_received_when_it_was_edited() -> None:
    (found,) = read(update(edited_message=message(7, edit_date=AT + 3600, text="4425")))
    assert found.received_at == MOMENT + dt.timedelta(hours=1)


def test_a_repetition_under_another_number_is_the_same_message() -> None:
    again = came(8, text="4425").replace(b"10000", b"10007")
    assert read(again)[0].provider_id == read(came(8, text="4425"))[0].provider_id


def test_another_bot_counts_its_messages_anew() -> None:
    other = Telegram("777:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", right_now)
    assert read(came(8, text="4425"), other)[0].provider_id != read(came(8, text="4425"))[0].provider_id


@pytest.mark.parametrize("button", ["Да", LONG, "~Да", "я" * 32, "я" * 33, "x" * 64, "x" * 65])
def test_what_stands_on_a_button_comes_back_whatever_its_length(button: str) -> None:
    data = data_of(button)
    assert 1 <= len(data.encode()) <= 64
    keyboard = {
        "inline_keyboard": [[{"text": "Нет", "callback_data": "Нет"}], [{"text": button, "callback_data": data}]]
    }
    (found,) = read(press(data, message={"message_id": 1, "chat": CHAT, "date": AT, "reply_markup": keyboard}))
    assert found.text == button


@pytest.mark.parametrize("words", sorted({*WORDLESS.values()}))
def test_what_stands_for_no_words_is_no_reading_and_no_wish(words: str) -> None:
    message = parse(words)
    assert (list(message.groups), set(message.intents)) == ([], set())


def test_a_press_is_answered_by_the_response_also_when_it_is_repeated() -> None:
    channel = connected("http://127.0.0.1:9")
    for _ in range(2):
        answer = channel.respond(Request({}, press("Да")), [])
        expected = {"method": "answerCallbackQuery", "callback_query_id": "4382bfdwdsb323b2d9"}
        assert (answer.status, answer.content_type, json.loads(answer.body)) == (200, "application/json", expected)


def test_without_a_secret_nobody_gets_in() -> None:
    with pytest.raises(UnableToVerify, match="SBYT_TELEGRAM_WEBHOOK_SECRET"):
        Telegram(TOKEN, right_now).verify(Request({HEADER: ""}, b"{}"))


# settings ------------------------------------------------------------------------------------------------------------


def setup(token: str = TOKEN, secret: str = "", proxy: str = "", **options: Any) -> Setup:
    secrets = {"TOKEN": token, "WEBHOOK_SECRET": secret, "PROXY": proxy}
    return Setup(TelegramOptions.model_validate(options), secrets, right_now)


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        (setup(token="энергосбыт"), "TOKEN"),
        (setup(token="123456"), "TOKEN"),
        (setup(token=f"{TOKEN}/../x"), "TOKEN"),
        (setup(updates="webhook"), "WEBHOOK_SECRET"),
        (setup(secret="short"), "WEBHOOK_SECRET"),
        (setup(secret="п" * 40), "WEBHOOK_SECRET"),
        (setup(proxy="socks5://127.0.0.1:9050"), "PROXY"),
        (setup(proxy="proxy.example.net:3128"), "PROXY"),
    ],
)
def test_a_secret_of_no_use_is_refused_by_its_variable_and_not_repeated(given: Setup, variable: str) -> None:
    with pytest.raises(UnableToSetUp) as caught:
        Telegram.connect(given)
    assert caught.value.variable == variable
    assert given.secrets[variable] not in str(caught.value) or not given.secrets[variable]


def test_it_asks_by_itself_unless_telegram_is_to_post() -> None:
    polling, posting = Telegram.connect(setup()), Telegram.connect(setup(updates="webhook", secret=SECRET))
    assert (polling.polls, polling.by_address) == (True, False)
    assert (posting.polls, posting.by_address) == (False, True)


@pytest.mark.parametrize("recipient", ["-1001234567890", "anna_t", "@anna_t", "", "+79120000101", "0", "1" * 30])
def test_who_is_no_person_is_not_written_to(recipient: str) -> None:
    channel = connected("http://127.0.0.1:9")
    assert not channel.reaches(recipient)
    with pytest.raises(CannotCarry):
        asyncio.run(channel.send(Outgoing(1, recipient, "Приняли 4425.")))
