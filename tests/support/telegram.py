"""A Bot API of our own on loopback, as strict as Telegram's, with people in it who write to the bot.

Built after https://core.telegram.org/bots/api: one bot, private chats, polling and webhooks, files. What is refused, in
which words, and who gives way to whom in polling are as in the server's source (github.com/tdlib/telegram-bot-api,
version 10.0 of May 2026). It posts to webhooks over HTTP on loopback too, as a server of one's own does.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl

import httpx

BOT = 110201543
TOKEN = f"{BOT}:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
BOT_NAME = "energosbyt_test_bot"

_PATIENCE = 30.0
_LONGEST_TEXT, _LONGEST_CAPTION, _LONGEST_DATA = 4096, 1024, 64
_LARGEST_FILE = 20 * 1024 * 1024
_A_SECOND, _IN_A_CHAT = 30, 1.0
_ALL_KINDS = ("message", "edited_message", "callback_query", "my_chat_member")

#: A small photo, by its first bytes.
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\x00" * 200


class Refused(Exception):
    """What the server says to a call that it does not take."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.answer: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
        if parameters:
            self.answer["parameters"] = parameters


@dataclass
class Person:
    """Somebody who has opened a chat with the bot."""

    id: int
    name: str = "Анна"
    has_blocked: bool = False
    is_deactivated: bool = False

    def as_user(self) -> dict[str, Any]:
        return {"id": self.id, "is_bot": False, "first_name": self.name, "language_code": "ru"}

    def as_chat(self) -> dict[str, Any]:
        return {"id": self.id, "first_name": self.name, "type": "private"}


@dataclass
class Webhook:
    """Where updates are posted, and how that went."""

    url: str
    secret: str
    last_error_at: int = 0
    last_error: str = ""


@dataclass
class BotApi:
    """What the server knows. ``sent``: messages of the bot, oldest first; ``answered``: presses that were answered.

    ``plans``: what the next calls of a method, or of one with a person (``sendMessage 1111117``), come to instead: a
    status with a body, or None for a cut connection.
    """

    url: str = ""
    people: dict[int, Person] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    too_fast: int = 0
    plans: dict[str, deque[tuple[int, bytes] | None]] = field(default_factory=lambda: defaultdict(deque))
    webhook: Webhook | None = None
    allowed: Sequence[str] = _ALL_KINDS
    holds: int = 0  # seconds for which a question is held at least, whatever it says
    is_over: bool = False
    _waiting: deque[dict[str, Any]] = field(default_factory=deque)
    _files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _poller: int = 0
    _asked: tuple[int, float] = (-1, 0.0)
    _at: dict[int, float] = field(default_factory=dict)
    _lately: deque[float] = field(default_factory=deque)
    _updates: Iterator[int] = field(default_factory=lambda: itertools.count(851_790_001))
    _messages: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _others: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    # people ----------------------------------------------------------------------------------------------------------

    def person(self, number: int, **more: Any) -> Person:
        return self.people.setdefault(number, Person(number, **more))

    def writes(self, person: Person, text: str) -> dict[str, Any]:
        return self._comes(person, {"text": text})

    def sends_photo(self, person: Person, data: bytes = JPEG, caption: str = "") -> dict[str, Any]:
        sizes = [self._size(data[:60], 90, 67), self._size(data, 1280, 960)]
        return self._comes(person, {"photo": sizes, **({"caption": caption} if caption else {})})

    def shares(self, person: Person, phone: str, user: int | None) -> dict[str, Any]:
        contact = {"phone_number": phone, "first_name": person.name} | ({} if user is None else {"user_id": user})
        return self._comes(person, {"contact": contact})

    def edits(self, message: Mapping[str, Any], text: str) -> None:
        self.update("edited_message", {**message, "text": text, "edit_date": int(time.time())})

    def presses(self, person: Person, message: Mapping[str, Any], text: str) -> str:
        """Press a button under a message by what stands on it; the id of the press."""
        rows = message["reply_markup"]["inline_keyboard"]
        (data,) = [button["callback_data"] for row in rows for button in row if button["text"] == text]
        press = f"43821{next(self._others):015}"
        query = {"id": press, "from": person.as_user(), "message": message, "chat_instance": "-7", "data": data}
        self.update("callback_query", query)
        return press

    def update(self, kind: str, content: Any) -> dict[str, Any]:
        """Something happens; whoever asks for such updates will get this one."""
        with self._changed:
            made = {"update_id": next(self._updates), kind: content}
            if kind in self.allowed:
                self._waiting.append(made)
                self._changed.notify_all()
            return made

    def repeats(self, update: Mapping[str, Any]) -> None:
        """Give an update once more, as it was."""
        with self._changed:
            self._waiting.append(dict(update))
            self._changed.notify_all()

    def loses_files(self) -> None:
        self._files.clear()

    def sent_to(self, person: Person) -> list[dict[str, Any]]:
        return [one for one in self.sent if one["chat"]["id"] == person.id]

    @property
    def waiting(self) -> int:
        """How many updates nobody has confirmed."""
        return len(self._waiting)

    def _comes(self, person: Person, content: Mapping[str, Any]) -> dict[str, Any]:
        message = {
            "message_id": next(self._messages),
            "from": person.as_user(),
            "chat": person.as_chat(),
            "date": int(time.time()),
            **content,
        }
        self.update("message", message)
        return message

    def _size(self, data: bytes, width: int, height: int) -> dict[str, Any]:
        number = next(self._others)
        name = f"AgACAgIAAxkBAAI{number:04}"
        self._files[name] = f"photos/file_{number}.jpg", data
        unique = f"AQADqb{number:04}"
        return {"file_id": name, "file_unique_id": unique, "width": width, "height": height, "file_size": len(data)}

    # the calls of the bot --------------------------------------------------------------------------------------------

    def called(self, method: str, given: Mapping[str, Any]) -> Any:
        self.calls.append((method, given))
        known = getattr(self, f"_{method.lower()}", None)
        if known is None:
            raise Refused(404, "Not Found: method not found")
        return known(given)

    def _getme(self, given: Mapping[str, Any]) -> Any:
        return {"id": BOT, "is_bot": True, "first_name": "Энергосбыт", "username": BOT_NAME}

    def _sendmessage(self, given: Mapping[str, Any]) -> Any:
        text = str(given.get("text", "")).strip()
        person = self._recipient(given)
        if not text:
            raise Refused(400, "Bad Request: message text is empty")
        if len(text) > _LONGEST_TEXT:
            raise Refused(400, "Bad Request: message is too long")
        return self._goes(person, {"text": text}, given)

    def _senddocument(self, given: Mapping[str, Any]) -> Any:
        person = self._recipient(given)
        named = str(given.get("document", ""))
        name, data = given.get(named.removeprefix("attach://"), (None, b""))
        if not name or not data:
            raise Refused(400, "Bad Request: there is no document in the request")
        caption = str(given.get("caption", "")).strip()
        if len(caption) > _LONGEST_CAPTION:
            raise Refused(400, "Bad Request: message caption is too long")
        document = {"file_name": name, "file_size": len(data), "data": data}
        return self._goes(person, {"document": document, **({"caption": caption} if caption else {})}, given)

    def _answercallbackquery(self, given: Mapping[str, Any]) -> Any:
        query = str(given.get("callback_query_id", ""))
        if not query or query in self.answered:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        self.answered.append(query)
        return True

    def _getfile(self, given: Mapping[str, Any]) -> Any:
        found = self._files.get(str(given.get("file_id", "")))
        if found is None:
            raise Refused(400, "Bad Request: invalid file_id")
        path, data = found
        if len(data) > _LARGEST_FILE:
            raise Refused(400, "Bad Request: file is too big")
        return {"file_id": given["file_id"], "file_unique_id": "A", "file_size": len(data), "file_path": path}

    def file(self, path: str) -> bytes | None:
        return next((data for known, data in self._files.values() if known == path), None)

    def _setwebhook(self, given: Mapping[str, Any]) -> Any:
        url, secret = str(given.get("url", "")), str(given.get("secret_token", ""))
        if not re.match(r"https://|http://127\.0\.0\.1:", url):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise Refused(400, "Bad Request: secret token contains unallowed characters")
        with self._changed:
            self.webhook, self.allowed = Webhook(url, secret), self._kinds(given)
            self._changed.notify_all()
        return True

    def _deletewebhook(self, given: Mapping[str, Any]) -> Any:
        self.webhook = None
        return True

    def _getwebhookinfo(self, given: Mapping[str, Any]) -> Any:
        hook = self.webhook
        info = {"url": hook.url if hook else "", "has_custom_certificate": False, "pending_update_count": self.waiting}
        if hook and hook.last_error:
            info |= {"last_error_date": hook.last_error_at, "last_error_message": hook.last_error}
        return info | {"allowed_updates": list(self.allowed)}

    def _getupdates(self, given: Mapping[str, Any]) -> Any:
        """Give what waits, or hold the question; who holds one later takes the place of who held one before.

        Who asks the same again at once is held for a while, and given one.
        """
        offset, limit, held = (_whole(given, *one) for one in (("offset", 0), ("limit", 100), ("timeout", 0)))
        with self._changed:
            if self.webhook:
                told = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook"
                raise Refused(409, f"Conflict: {told} first")
            if "allowed_updates" in given:
                self.allowed = self._kinds(given)
            asked_again, self._asked = self._asked, (offset, time.monotonic())
            if asked_again[0] == offset and time.monotonic() - asked_again[1] < 3:
                held, limit = max(held, 3), 1 if time.monotonic() - asked_again[1] < 0.5 else limit
            self._confirm(offset)
            if held and not self._waiting:
                self._hold(max(min(held, 50), self.holds))
            return list(itertools.islice(self._waiting, limit))

    def _hold(self, seconds: float) -> None:
        self._poller += 1
        mine = self._poller
        self._changed.notify_all()
        self._changed.wait_for(
            lambda: bool(self._waiting) or self._poller != mine or self.webhook is not None or self.is_over, seconds
        )
        if self.webhook:
            raise Refused(409, "Conflict: terminated by setWebhook request")
        if self._poller != mine:
            told = "terminated by other getUpdates request; make sure that only one bot instance is running"
            raise Refused(409, f"Conflict: {told}")

    def _confirm(self, offset: int) -> None:
        while self._waiting and self._waiting[0]["update_id"] < offset:
            self._waiting.popleft()

    def _kinds(self, given: Mapping[str, Any]) -> Sequence[str]:
        kinds = _json(given, "allowed_updates", list, "allowed_updates")
        return [str(kind) for kind in kinds] if kinds else _ALL_KINDS

    def _recipient(self, given: Mapping[str, Any]) -> Person:
        chat = str(given.get("chat_id", ""))
        if not chat:
            raise Refused(400, "Bad Request: chat_id is empty")
        person = self.people.get(int(chat)) if re.fullmatch(r"-?\d+", chat) else None
        if person is None:
            raise Refused(400, "Bad Request: chat not found")
        if person.is_deactivated:
            raise Refused(403, "Forbidden: user is deactivated")
        if person.has_blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return person

    def _goes(self, person: Person, content: Mapping[str, Any], given: Mapping[str, Any]) -> Any:
        markup = _markup(given)
        self._pace(person)
        message = {"message_id": next(self._messages), "chat": person.as_chat(), "date": int(time.time()), **content}
        if markup:
            message["reply_markup"] = markup
        self.sent.append(message)
        return {key: value for key, value in message.items() if key not in ("document", "reply_markup")}

    def _pace(self, person: Person) -> None:
        with self._changed:
            now = time.monotonic()
            while self._lately and now - self._lately[0] >= 1:
                self._lately.popleft()
            wait = max(1.0 if len(self._lately) >= _A_SECOND else 0.0, self._at.get(person.id, 0) + _IN_A_CHAT - now)
            if wait > 0:
                self.too_fast += 1
                seconds = int(wait) + 1
                raise Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
            self._lately.append(now)
            self._at[person.id] = now

    # its webhook -----------------------------------------------------------------------------------------------------

    def deliver(self) -> None:
        """Post what waits, one after the other, each until it is taken."""
        while not self.is_over:
            with self._changed:
                self._changed.wait_for(lambda: self.is_over or (self.webhook and bool(self._waiting)), 0.2)
                hook, update = self.webhook, self._waiting[0] if self._waiting else None
            if hook is None or update is None:
                continue
            if self._posted(hook, update):
                with self._changed:
                    if self._waiting and self._waiting[0] is update:
                        self._waiting.popleft()
            else:
                time.sleep(0.2)

    def _posted(self, hook: Webhook, update: Mapping[str, Any]) -> bool:
        headers = {"content-type": "application/json"}
        if hook.secret:
            headers["x-telegram-bot-api-secret-token"] = hook.secret
        try:
            answer = httpx.post(hook.url, content=json.dumps(update).encode(), headers=headers, timeout=_PATIENCE)
        except httpx.HTTPError:
            hook.last_error_at, hook.last_error = int(time.time()), "Connection refused"
            return False
        if not answer.is_success:
            hook.last_error_at = int(time.time())
            hook.last_error = f"Wrong response from the webhook: {answer.status_code} {answer.reason_phrase}"
            return False
        if answer.headers.get("content-type", "").startswith("application/json") and answer.content:
            called = answer.json()
            with contextlib.suppress(Refused):  # who answers by the response never hears what came of it
                self.called(called.pop("method"), called)
        return True


def _whole(given: Mapping[str, Any], name: str, default: int) -> int:
    found = str(given.get(name, default))
    if not re.fullmatch(r"-?\d+", found):
        raise Refused(400, f'Bad Request: invalid parameter "{name}" specified')
    return int(found)


def _json(given: Mapping[str, Any], name: str, kind: type, called: str) -> Any:
    if not (text := given.get(name)):
        return None
    try:
        found = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        found = None
    if not isinstance(found, kind):
        raise Refused(400, f"Bad Request: can't parse {called} JSON object")
    return found


def _markup(given: Mapping[str, Any]) -> dict[str, Any]:
    markup: dict[str, Any] = _json(given, "reply_markup", dict, "reply keyboard markup") or {}
    if not markup.keys() <= {"inline_keyboard", "keyboard", "remove_keyboard", "one_time_keyboard", "resize_keyboard"}:
        raise Refused(400, "Bad Request: object expected as reply markup")
    for row in [*markup.get("inline_keyboard", ()), *markup.get("keyboard", ())]:
        for button in row:
            if not isinstance(button, dict) or not isinstance(button.get("text"), str) or not button["text"].strip():
                raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")
            if not 1 <= len(button.get("callback_data", "x").encode()) <= _LONGEST_DATA:
                raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return markup


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api: ClassVar[BotApi]

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        found = re.fullmatch(r"/(file/)?bot([^/]+)/(.+)", self.path)
        if not found or not re.fullmatch(r"\d+:[\w-]{20,}", found[2]):
            self._say(404, {"ok": False, "error_code": 404, "description": "Not Found"})
        elif found[2] != TOKEN:
            self._say(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
        elif found[1]:
            self._give(self.api.file(found[3]))
        else:
            self._call(found[3], _given(self.headers.get("content-type", ""), body))

    def _call(self, method: str, given: Mapping[str, Any]) -> None:
        if plan := self.api.plans[method] or self.api.plans[f"{method} {given.get('chat_id')}"]:
            self._do(plan.popleft())
            return
        try:
            result = self.api.called(method, given)
        except Refused as refused:
            self._say(refused.code, refused.answer)
        else:
            self._say(200, {"ok": True, "result": result})

    def _do(self, planned: tuple[int, bytes] | None) -> None:
        if planned is None:
            self.close_connection = True
        else:
            self._write(planned[0], planned[1], "text/html" if planned[1].startswith(b"<") else "application/json")

    def _give(self, data: bytes | None) -> None:
        if data is None:
            self._say(404, {"ok": False, "error_code": 404, "description": "Not Found"})
        else:
            self._write(200, data, "application/octet-stream")

    def _say(self, status: int, answer: Mapping[str, Any]) -> None:
        self._write(status, json.dumps(answer).encode(), "application/json")

    def _write(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 as the standard library calls it
        """Say nothing."""


def _given(kind: str, body: bytes) -> dict[str, Any]:
    """The parameters of a call in one of the three forms in which they may come; a file is its name and its bytes."""
    if kind.startswith("application/json"):
        return dict(json.loads(body))
    if kind.startswith("multipart/form-data"):
        parsed = BytesParser(policy=HTTP).parsebytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + body)
        return dict(_part(part) for part in parsed.iter_parts())
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def _part(part: Any) -> tuple[str, Any]:
    name, file = part.get_param("name", header="content-disposition"), part.get_filename()
    data = part.get_payload(decode=True)
    return str(name), (file, data) if file else data.decode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Who asked goes away in the middle when it is stopped: that is what some tests are about."""


@contextmanager
def a_bot_api() -> Iterator[BotApi]:
    """Run one on a free port of loopback until the end of the block."""
    api = BotApi()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": api}))
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    threads = [
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True),
        threading.Thread(target=api.deliver, daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        yield api
    finally:
        api.is_over = True
        with api._changed:
            api._changed.notify_all()
        server.shutdown()
        server.server_close()
        for thread in threads:
            thread.join()
