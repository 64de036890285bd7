"""Telegram's calls, against a Bot API that is as strict as Telegram's own."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from sbyt.channels.telegram import Telegram, TelegramOptions
from sbyt.messaging.channel import (
    Document,
    FindingCode,
    MessageRefused,
    NotAuthorised,
    Outgoing,
    ProviderFailed,
    RecipientGone,
    Sent,
    Throttled,
    UnableToRegister,
    UnableToSend,
    Uncertain,
    Unreachable,
)
from sbyt.messaging.pictures import LARGEST, Picture, UnableToTakePhoto
from sbyt.usecases.send_messages import fitted
from tests.support.serving import right_now
from tests.support.telegram import BOT_NAME, JPEG, TOKEN, BotApi, Person, a_bot_api

SECRET = "a-secret-that-nobody-would-guess_0123456789"
HOOK = "https://lk.example.org/in/telegram"
BILL = Document("Счёт за ноябрь 2026.pdf", "application/pdf", b"%PDF-1.7\r\n\x00\xff\n" * 500)


@pytest.fixture
def api() -> Iterator[BotApi]:
    with a_bot_api() as api:
        yield api


@pytest.fixture
def anna(api: BotApi) -> Person:
    return api.person(1111117)


def channel(api: BotApi, *, token: str = TOKEN, seconds: float = 5, **options: Any) -> Telegram:
    made = TelegramOptions(address=api.url, **options)
    return Telegram(token, right_now, made, secret=SECRET, seconds=seconds)


def send(api: BotApi, text: str = "Приняли 4425.", recipient: str = "1111117", **more: Any) -> Sent | UnableToSend:
    made = channel(api)
    try:
        return asyncio.run(made.send(fitted(Outgoing(7, recipient, text, **more), made.capabilities)))
    except UnableToSend as error:
        return error


def keyboard(api: BotApi) -> Any:
    return api.sent[-1].get("reply_markup")


# messages ------------------------------------------------------------------------------------------------------------


def test_a_text_goes_as_it_is_and_nothing_in_it_is_markup(api: BotApi, anna: Person) -> None:
    text = "Приняли *4425* <b>кВт·ч</b> _за_ [ноябрь](https://example.org) & «всё»\n\nhttps://example.org 👍"
    assert send(api, text) == Sent("1111117:1")
    ((_, given),) = api.calls
    assert (api.sent[0]["text"], "parse_mode" in given) == (text, False)
    assert json.loads(given["link_preview_options"]) == {"is_disabled": True}


def test_buttons_stand_under_it_and_short_ones_beside_each_other(api: BotApi, anna: Person) -> None:
    send(api, buttons=("Да", "Нет"))
    row = [{"text": "Да", "callback_data": "Да"}, {"text": "Нет", "callback_data": "Нет"}]
    assert keyboard(api) == {"inline_keyboard": [row]}


def test_long_buttons_stand_one_below_the_other_and_none_is_refused(api: BotApi, anna: Person) -> None:
    buttons = ("2000000001, кв. 17, ул. Коммунистическая, дом 46, корпус 2", "2000000002", "Ни один из них")
    assert isinstance(send(api, buttons=buttons), Sent)
    assert [[button["text"] for button in row] for row in keyboard(api)["inline_keyboard"]] == [
        [one] for one in buttons
    ]


def test_the_key_that_shares_the_phone_brings_the_others_along(api: BotApi, anna: Person) -> None:
    send(api, contact_button="Отправить мой номер", buttons=("Помощь",))
    rows = [[{"text": "Отправить мой номер", "request_contact": True}], [{"text": "Помощь"}]]
    assert keyboard(api) == {"keyboard": rows, "one_time_keyboard": True, "resize_keyboard": True}


def test_keys_of_before_are_taken_away(api: BotApi, anna: Person) -> None:
    send(api)
    assert keyboard(api) == {"remove_keyboard": True}


def test_a_file_goes_whole_with_its_name_and_the_text_under_it(api: BotApi, anna: Person) -> None:
    assert send(api, "я" * 1024, document=BILL, buttons=("Баланс",)) == Sent("1111117:1")
    (message,) = api.sent
    assert (message["document"]["file_name"], message["document"]["data"]) == (BILL.name, BILL.data)
    assert (message["caption"], keyboard(api)["inline_keyboard"][0][0]["text"]) == ("я" * 1024, "Баланс")


def test_a_text_too_long_to_stand_under_a_file_goes_before_it(api: BotApi, anna: Person) -> None:
    assert send(api, "я" * 1025, document=BILL, buttons=("Баланс",)) == Sent("1111117:2")
    text, file = api.sent
    assert (text["text"], text.get("reply_markup"), api.too_fast) == ("я" * 1025, None, 0)
    assert ("caption" in file, file["reply_markup"]["inline_keyboard"][0][0]["text"]) == (False, "Баланс")


def test_where_only_the_text_went_the_next_attempt_sends_the_file_alone(api: BotApi, anna: Person) -> None:
    made = channel(api)
    message = Outgoing(7, "1111117", "я" * 1025, document=BILL)
    api.plans["sendDocument"].append((500, b'{"ok": false, "error_code": 500, "description": "Internal Server Error"}'))
    with pytest.raises(ProviderFailed):
        asyncio.run(made.send(message))
    time.sleep(1)  # as far apart as the outbox has them
    assert asyncio.run(made.send(message)) == Sent("1111117:2")
    assert ["document" in one for one in api.sent] == [False, True]


# refusals ------------------------------------------------------------------------------------------------------------


def error(code: int, description: str, **parameters: Any) -> bytes:
    return json.dumps({"ok": False, "error_code": code, "description": description, "parameters": parameters}).encode()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (400, error(400, "Bad Request: chat not found"), RecipientGone),
        (400, error(400, "Bad Request: PEER_ID_INVALID"), RecipientGone),
        (400, error(400, "Bad Request: message text is empty"), MessageRefused),
        (400, error(400, "Bad Request: BUTTON_DATA_INVALID"), MessageRefused),
        (400, error(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-100123), RecipientGone),
        (401, error(401, "Unauthorized"), NotAuthorised),
        (403, error(403, "Forbidden: bot was blocked by the user"), RecipientGone),
        (403, error(403, "Forbidden: user is deactivated"), RecipientGone),
        (403, error(403, "Forbidden: bot can't initiate conversation with a user"), RecipientGone),
        (404, error(404, "Not Found"), NotAuthorised),
        (409, error(409, "Conflict"), MessageRefused),
        (413, error(413, "Request Entity Too Large"), MessageRefused),
        (429, error(429, "Too Many Requests: retry after 3", retry_after=3), Throttled),
        (500, error(500, "Internal Server Error"), ProviderFailed),
        (502, b"<html><title>502 Bad Gateway</title></html>", ProviderFailed),
        (504, b"<html>", Uncertain),
        (403, b"<html>Forbidden by the proxy</html>", NotAuthorised),
        (404, b"<html>nginx</html>", NotAuthorised),
        (200, error(403, "Forbidden: bot was blocked by the user"), RecipientGone),
        (200, error(429, "Too Many Requests: retry after 3", retry_after=3), Throttled),
        (200, b'{"ok": false}', Uncertain),
        (200, b'{"ok": "true", "result": {}}', Uncertain),
        (200, b"<html>You are connected to Wi-Fi</html>", Uncertain),
        (200, b"[" * 100_000, Uncertain),
        (200, b"", Uncertain),
        (302, b"", ProviderFailed),
    ],
)
def test_what_it_answers_becomes_a_known_error(
    api: BotApi, anna: Person, status: int, body: bytes, expected: type[UnableToSend]
) -> None:
    api.plans["sendMessage"].append((status, body))
    found = send(api)
    assert type(found) is expected, found
    if isinstance(found, Throttled):
        assert found.wait == 3


def test_what_it_took_is_sent_whatever_it_says_of_it(api: BotApi, anna: Person) -> None:
    api.plans["sendMessage"].append((200, b'{"ok": true, "result": {"hologram": 1}}'))
    assert send(api) == Sent("")


def test_a_connection_that_is_cut_leaves_it_uncertain(api: BotApi, anna: Person) -> None:
    api.plans["sendMessage"].append(None)
    assert isinstance(send(api), Uncertain)


@pytest.mark.parametrize(
    ("state", "said"),
    [({"has_blocked": True}, "bot was blocked by the user"), ({"is_deactivated": True}, "user is deactivated")],
)
def test_who_blocked_the_bot_is_gone(api: BotApi, state: dict[str, bool], said: str) -> None:
    api.person(1111117, **state)
    found = send(api)
    assert isinstance(found, RecipientGone)
    assert found.said == f"403: Forbidden: {said}"


def test_who_never_wrote_is_not_there(api: BotApi) -> None:
    assert isinstance(send(api, recipient="2222227"), RecipientGone)


def test_two_in_a_second_to_one_person_are_too_fast_and_it_is_told_for_how_long(api: BotApi, anna: Person) -> None:
    send(api)
    found = send(api)
    assert isinstance(found, Throttled)
    assert found.wait == 1


@pytest.mark.parametrize("token", ["110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaX", "1:short"])
def test_a_wrong_token_stands_in_no_error_and_in_no_log(
    api: BotApi, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    made = channel(api, token=token)
    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        for asked in (
            made.send(Outgoing(1, "1111117", "x")),
            made.poll(""),
            made.fetch("A"),
            made.look(HOOK),
            made.register(HOOK),
        ):
            with pytest.raises(NotAuthorised) as caught:
                asyncio.run(asked)
            assert token not in f"{caught.value!r}{caught.value}"
    assert token not in caplog.text + str(logs)


def test_who_does_not_speak_tls_is_not_reached(caplog: pytest.LogCaptureFixture) -> None:
    with a_bot_api() as api:
        api.person(1111117)
        made = Telegram(TOKEN, right_now, TelegramOptions(address=api.url.replace("http:", "https:")), seconds=5)
        with pytest.raises(Unreachable), caplog.at_level(logging.DEBUG):
            asyncio.run(made.send(Outgoing(1, "1111117", "x")))
    assert (api.sent, TOKEN in caplog.text) == ([], False)


def test_a_proxy_that_is_not_there_is_the_end_of_it(api: BotApi, anna: Person) -> None:
    options = TelegramOptions(address="https://telegram.example.org")
    made = Telegram(TOKEN, right_now, options, proxy="http://anna:hunter2@127.0.0.1:9", seconds=5)
    with pytest.raises(Unreachable) as caught:
        asyncio.run(made.send(Outgoing(1, "1111117", "x")))
    assert "hunter2" not in str(caught.value)


# polling -------------------------------------------------------------------------------------------------------------


def test_what_came_is_given_until_it_is_confirmed_by_the_next_question(api: BotApi, anna: Person) -> None:
    made = channel(api)
    for text in ("первое", "второе"):
        api.writes(anna, text)
    first = asyncio.run(made.poll(""))
    assert [json.loads(body)["message"]["text"] for body in first.bodies] == ["первое", "второе"]
    assert asyncio.run(made.poll("")).bodies[0] == first.bodies[0]
    assert asyncio.run(made.poll(first.after)).bodies == []
    assert api.waiting == 0


def test_it_is_held_only_once_nothing_waits(api: BotApi, anna: Person) -> None:
    made = channel(api)
    empty = asyncio.run(made.poll(""))
    threading.Timer(0.3, api.writes, (anna, "4425")).start()
    came = asyncio.run(made.poll(empty.after))
    assert [len(came.bodies), len(empty.bodies)] == [1, 0]
    assert [given.get("timeout") for _, given in api.calls] == ["0", "20"]
    assert {given["allowed_updates"] for _, given in api.calls} == {'["message", "edited_message", "callback_query"]'}


def test_a_press_is_answered_and_it_does_no_harm_if_that_fails(api: BotApi, anna: Person) -> None:
    send(api, buttons=("Да", "Нет"))
    pressed = api.presses(anna, api.sent[0], "Да")
    api.plans["answerCallbackQuery"].append((500, b"<html>"))
    made = channel(api)
    assert len(asyncio.run(made.poll("")).bodies) == 1
    assert api.answered == []
    assert len(asyncio.run(made.poll("")).bodies) == 1
    assert api.answered == [pressed]


@pytest.mark.parametrize("plan", [None, (502, b"<html>"), (200, b"<html>"), (200, b"[")])
def test_a_question_that_fails_can_be_asked_again(api: BotApi, anna: Person, plan: tuple[int, bytes] | None) -> None:
    api.writes(anna, "4425")
    api.plans["getUpdates"].append(plan)
    made = channel(api)
    with pytest.raises(ProviderFailed):
        asyncio.run(made.poll(""))
    assert len(asyncio.run(made.poll("")).bodies) == 1


def test_where_a_webhook_is_set_it_is_told_what_to_do(api: BotApi) -> None:
    asyncio.run(channel(api, updates="webhook").register(HOOK))
    with pytest.raises(MessageRefused, match="sbyt channels register telegram"):
        asyncio.run(channel(api).poll(""))


def test_where_somebody_else_asks_it_is_told(api: BotApi) -> None:
    async def both() -> list[Any]:
        first = asyncio.create_task(channel(api).poll("~"))
        await asyncio.sleep(0.3)
        second = asyncio.create_task(channel(api).poll("~"))
        done, _ = await asyncio.wait([first], timeout=30)
        second.cancel()
        return [task.exception() for task in done]

    (refused,) = asyncio.run(both())
    assert isinstance(refused, MessageRefused)
    assert "опрашивает кто-то ещё" in refused.said


def test_an_update_of_five_megabytes_comes_through(api: BotApi, anna: Person) -> None:
    text = "2000000001 4425 " * 300_000
    api.writes(anna, text)
    (body,) = asyncio.run(channel(api, seconds=30).poll("")).bodies
    assert json.loads(body)["message"]["text"] == text


# photos --------------------------------------------------------------------------------------------------------------


def photo_of(api: BotApi, anna: Person, data: bytes) -> str:
    return str(api.sends_photo(anna, data)["photo"][-1]["file_id"])


def test_a_photo_is_fetched_as_it_was_sent(api: BotApi, anna: Person) -> None:
    file = photo_of(api, anna, JPEG + b"4425" * 100_000)
    assert asyncio.run(channel(api).fetch(file)) == Picture("image/jpeg", JPEG + b"4425" * 100_000)


@pytest.mark.parametrize(
    ("data", "reason"), [(b"%PDF-1.7", "kind"), (JPEG + b"x" * LARGEST, "size"), (b"x" * (2 * LARGEST + 1), "size")]
)
def test_what_is_no_photo_or_too_large_is_told_apart(api: BotApi, anna: Person, data: bytes, reason: str) -> None:
    file = photo_of(api, anna, data)
    with pytest.raises(UnableToTakePhoto) as caught:
        asyncio.run(channel(api, seconds=20).fetch(file))
    assert caught.value.reason == reason


def test_a_file_that_is_gone_is_not_asked_for_again(api: BotApi, anna: Person) -> None:
    file = photo_of(api, anna, JPEG)
    api.loses_files()
    with pytest.raises(RecipientGone):
        asyncio.run(channel(api).fetch(file))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (error(400, "Bad Request: wrong file_id or the file is temporarily unavailable"), ProviderFailed),
        (b'{"ok": true, "result": {}}', ProviderFailed),
        (b'{"ok": true, "result": {"file_path": "/var/lib/telegram-bot-api/photos/file_0.jpg"}}', MessageRefused),
        (b'{"ok": true, "result": {"file_path": "photos/gone.jpg"}}', RecipientGone),
    ],
)
def test_what_it_says_of_a_file_counts(api: BotApi, answer: bytes, expected: type[UnableToSend]) -> None:
    api.plans["getFile"].append((400 if b"error_code" in answer else 200, answer))
    with pytest.raises(expected):
        asyncio.run(channel(api).fetch("AgAD"))


# how it is connected -------------------------------------------------------------------------------------------------


def found(api: BotApi, **options: Any) -> list[FindingCode]:
    return [one.code for one in asyncio.run(channel(api, **options).look(HOOK))]


def test_a_webhook_is_registered_with_its_secret_and_the_kinds_that_we_use(api: BotApi) -> None:
    said = asyncio.run(channel(api, updates="webhook").register(HOOK))
    assert said == f"Бот @{BOT_NAME}: сообщения придут на {HOOK}. Адрес для людей: https://t.me/{BOT_NAME}"
    assert api.webhook
    assert (api.webhook.url, api.webhook.secret) == (HOOK, SECRET)
    assert api.allowed == ["message", "edited_message", "callback_query"]
    assert found(api, updates="webhook") == []


def test_for_polling_a_webhook_is_taken_away_and_what_waits_is_kept(api: BotApi, anna: Person) -> None:
    asyncio.run(channel(api, updates="webhook").register("https://127.0.0.1:9/"))
    api.writes(anna, "4425")
    assert "забирает sbyt work" in asyncio.run(channel(api).register(""))
    assert (api.webhook, len(asyncio.run(channel(api).poll("")).bodies)) == (None, 1)


@pytest.mark.parametrize("webhook", ["", "http://lk.example.org/in/telegram"])
def test_without_an_address_that_it_takes_nothing_is_registered(api: BotApi, webhook: str) -> None:
    with pytest.raises((UnableToRegister, MessageRefused)):
        asyncio.run(channel(api, updates="webhook").register(webhook))
    assert api.webhook is None


def test_another_bot_than_the_one_named_is_not_touched(api: BotApi) -> None:
    with pytest.raises(UnableToRegister, match=BOT_NAME):
        asyncio.run(channel(api, updates="webhook", bot="@another_bot").register(HOOK))
    assert api.webhook is None
    asyncio.run(channel(api, updates="webhook", bot=f"@{BOT_NAME.upper()}").register(HOOK))
    assert api.webhook


def test_it_is_found_what_stands_in_the_way_of_a_webhook(api: BotApi) -> None:
    assert found(api, updates="webhook") == [FindingCode.WEBHOOK_MISSING]
    made = channel(api, updates="webhook")
    asyncio.run(made.register("https://old.example.org/in/telegram"))
    (elsewhere,) = asyncio.run(made.look(HOOK))
    assert elsewhere.code is FindingCode.WEBHOOK_ELSEWHERE
    assert elsewhere.said.startswith("на old.example.org;")
    api.allowed = ["message"]
    assert found(api, updates="webhook") == [FindingCode.WEBHOOK_ELSEWHERE, FindingCode.OTHER]


def test_it_is_found_that_posting_fails_unless_that_was_long_ago(api: BotApi) -> None:
    asyncio.run(channel(api, updates="webhook").register(HOOK))
    assert api.webhook
    api.webhook.last_error, api.webhook.last_error_at = "Connection refused", int(time.time()) - 60
    (finding,) = asyncio.run(channel(api, updates="webhook").look(HOOK))
    assert (finding.code, finding.said) == (FindingCode.WEBHOOK_FAILING, "Connection refused")
    api.webhook.last_error_at -= 3 * 3600
    assert found(api, updates="webhook") == []


def test_it_is_found_that_a_webhook_keeps_us_from_asking_and_that_much_waits(api: BotApi, anna: Person) -> None:
    assert found(api) == []
    for _ in range(100):
        api.writes(anna, "4425")
    (finding,) = asyncio.run(channel(api).look(""))
    assert (finding.code, finding.said) == (FindingCode.BACKLOG, "100")
    asyncio.run(channel(api, updates="webhook").register("https://127.0.0.1:9/"))
    assert FindingCode.WEBHOOK_ELSEWHERE in found(api)
