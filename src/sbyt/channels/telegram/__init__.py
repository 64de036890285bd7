"""Telegram, by the Bot API: messages, buttons, photos and contacts in; texts, buttons and files out.

``updates.py`` reads what comes, ``outgoing.py`` says what is sent, ``calls.py`` calls. The last two import aiogram,
which is heavy: only who sends or asks does.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import hmac
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from sbyt.channels.telegram.updates import KINDS, as_bodies, events_of, pressed
from sbyt.core.settings import Section, Text
from sbyt.messaging.channel import (
    CannotCarry,
    Capabilities,
    Channel,
    Clock,
    Finding,
    FindingCode,
    InboundEvent,
    MessageRefused,
    Outgoing,
    Polled,
    ProviderFailed,
    RecipientGone,
    Request,
    Response,
    Sent,
    Setup,
    UnableToRegister,
    UnableToSetUp,
    UnableToVerify,
    Uncertain,
)
from sbyt.messaging.pictures import Picture, UnableToTakePhoto
from sbyt.messaging.provider_options import HttpsAddress

if TYPE_CHECKING:
    from sbyt.channels.telegram.calls import Api

#: Where Telegram's own servers answer.
_API = "https://api.telegram.org"
_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_SECRET = re.compile(r"[A-Za-z0-9_-]{32,256}")  # what setWebhook takes, and nobody guesses
_RECIPIENT = re.compile(r"[1-9][0-9]{0,18}")  # a person; groups and channels are below zero

#: For how long Telegram holds the answer to a question where nothing is new, in seconds.
_HOLDS = 20
#: What ``Polled.after`` says once nothing was left: nothing need be confirmed, and the next question may be held.
_ALL_TAKEN = "~"
_TOOK_TOO_LONG = 15.0  # seconds until an answer must be there that is not held
_SHARE_OF_TWO = 0.6  # of two calls each may take so much of it: both end before a message is given up
_FILE_SECONDS = 50.0
_ANSWER_SECONDS = 5.0
#: Of so many messages whose text went and whose file did not, the next attempt sends the file alone.
_MOST_HALVES = 1000
#: What Telegram last failed at is a finding for so long.
_LATELY = dt.timedelta(hours=1)
_MANY_WAIT = 100


def _name(text: str) -> str:
    name = text.removeprefix("@")
    if not re.fullmatch(r"[A-Za-z]\w{3,31}", name, re.ASCII):
        raise ValueError("имя бота, например @energosbyt_bot")
    return name


class TelegramOptions(Section):
    """``[channels.telegram.options]``."""

    updates: Annotated[Literal["poll", "webhook"], Field(description="poll или webhook")] = "poll"
    address: HttpsAddress = _API
    bot: Annotated[Text, AfterValidator(_name), Field(description="имя бота, например @energosbyt_bot")] | None = None


class Telegram(Channel):
    """A bot. By polling it needs no address in the internet; by webhook many processes take what comes."""

    code = "telegram"
    capabilities = Capabilities(buttons=True, photo=True, file=True, contact=True, length=4096)
    Options: ClassVar[type[Section]] = TelegramOptions
    needs = ("TOKEN",)
    may_have = ("WEBHOOK_SECRET", "PROXY")
    per_second = 30
    apart = 1.0
    fetches = True

    def __init__(
        self,
        token: str,
        clock: Clock,
        options: TelegramOptions | None = None,
        *,
        secret: str = "",
        proxy: str | None = None,
        seconds: float = _TOOK_TOO_LONG,
    ) -> None:
        self._token = token
        self._clock = clock
        self._options = options or TelegramOptions()
        self._secret = secret
        self._proxy = proxy
        self._seconds = seconds
        self._halves: dict[int, str] = {}
        self.polls = self._options.updates == "poll"
        self.by_address = not self.polls

    @classmethod
    def connect(cls, setup: Setup) -> Telegram:
        token, secret, proxy = (setup.secrets[name] for name in ("TOKEN", "WEBHOOK_SECRET", "PROXY"))
        if not _TOKEN.fullmatch(token):
            raise UnableToSetUp("TOKEN", "не похож на токен бота; его даёт @BotFather, например 110201543:AAHdqTcvCH1…")
        if setup.options.updates == "webhook" and not secret:
            raise UnableToSetUp("WEBHOOK_SECRET", 'нужен для updates = "webhook"; случайный: openssl rand -hex 32')
        if secret and not _SECRET.fullmatch(secret):
            said = f"{len(secret)} знаков; нужно от 32 до 256 латинских букв, цифр, «_» и «-»: openssl rand -hex 32"
            raise UnableToSetUp("WEBHOOK_SECRET", said)
        parts = urlsplit(proxy)
        if proxy and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise UnableToSetUp("PROXY", "нужен адрес вида http://имя:пароль@proxy.example.org:3128")
        return cls(token, setup.clock, setup.options, secret=secret, proxy=proxy or None)

    @functools.cached_property
    def _api(self) -> Api:
        from sbyt.channels.telegram.calls import Api

        return Api(self._token, self._options.address.rstrip("/"), self._proxy)

    # what comes in ---------------------------------------------------------------------------------------------------

    def verify(self, request: Request) -> None:
        if not self._secret:
            raise UnableToVerify("Webhook Telegram не подключён: не задан SBYT_TELEGRAM_WEBHOOK_SECRET.")
        given = request.headers.get("x-telegram-bot-api-secret-token", "")
        if not given:
            raise UnableToVerify("Нет подписи: нужен заголовок X-Telegram-Bot-Api-Secret-Token.")
        if not hmac.compare_digest(given.encode("utf-8", "replace"), self._secret.encode()):
            raise UnableToVerify("Секрет в X-Telegram-Bot-Api-Secret-Token не тот: sbyt channels register задаст его.")

    def parse(self, request: Request) -> Sequence[InboundEvent]:
        return events_of(request.body, self._token.partition(":")[0])

    def respond(self, request: Request, results: Sequence[Mapping[str, Any] | None]) -> Response:  # noqa: ARG002 they come later
        """A button that was pressed stops waiting by a call that stands in the response."""
        query = pressed(request.body)
        if not query:
            return Response()
        called = {"method": "answerCallbackQuery", "callback_query_id": query}
        return Response(200, json.dumps(called).encode(), "application/json")

    async def poll(self, after: str) -> Polled:
        """What waits at Telegram.

        It answers at once where something may wait, and holds the question only after it said that nothing does; so
        what was stored is confirmed at once, by whoever asks only once too.
        """
        from aiogram.methods import GetUpdates

        hold = _HOLDS if after == _ALL_TAKEN else 0
        offset = int(after) if after.isdigit() else None
        method = GetUpdates(offset=offset, timeout=hold, allowed_updates=list(KINDS))
        try:
            bodies, following = as_bodies(await self._api.call(method, self._seconds + hold))
        except Uncertain as error:  # nothing was asked of Telegram that could not be asked again
            raise ProviderFailed(error.said) from error
        except MessageRefused as error:
            raise self._not_to_be_polled(error) from error
        await self._answer_presses(bodies)
        return Polled(bodies, str(following) if bodies else _ALL_TAKEN)

    def _not_to_be_polled(self, error: MessageRefused) -> MessageRefused:
        from sbyt.channels.telegram.calls import is_about

        if is_about(error, "webhook"):
            return MessageRefused(f"{error.said}. У бота задан webhook; снять его: sbyt channels register {self.code}")
        if is_about(error, "other getupdates"):
            return MessageRefused(f"{error.said}. Этого бота опрашивает кто-то ещё; опрашивать должен один sbyt work")
        return error

    async def _answer_presses(self, bodies: Iterable[bytes]) -> None:
        """Let the buttons that were pressed stop waiting. Where it fails they stop by themselves after a while."""
        from aiogram.methods import AnswerCallbackQuery

        calls = [
            self._api.call(AnswerCallbackQuery(callback_query_id=query), _ANSWER_SECONDS)
            for query in map(pressed, bodies)
            if query
        ]
        await asyncio.gather(*calls, return_exceptions=True)

    async def fetch(self, file: str) -> Picture:
        from aiogram.methods import GetFile

        from sbyt.channels.telegram.calls import is_about

        try:
            found = await self._api.call(GetFile(file_id=file), self._seconds)
        except MessageRefused as error:
            if is_about(error, "too big"):
                raise UnableToTakePhoto("Файл больше, чем Telegram отдаёт ботам.", "size") from error
            if is_about(error, "temporarily unavailable"):  # or the name is wrong: Telegram says no more
                raise ProviderFailed(error.said) from error
            raise RecipientGone(error.said) from error
        path = found.get("file_path") if isinstance(found, dict) else None
        if not isinstance(path, str) or not path:
            raise ProviderFailed("getFile: нет file_path")
        if path.startswith("/"):
            raise MessageRefused("сервер Bot API запущен с --local: файлы он отдаёт только своей машине")
        return Picture.of(await self._api.download(path, _FILE_SECONDS))

    # what goes out ---------------------------------------------------------------------------------------------------

    def reaches(self, recipient: str) -> bool:
        return bool(_RECIPIENT.fullmatch(recipient))

    async def send(self, outgoing: Outgoing) -> Sent:
        from sbyt.channels.telegram.outgoing import calls_for

        if not self.reaches(outgoing.recipient):
            raise CannotCarry("у адресата не номер чата с человеком")
        calls = calls_for(outgoing)
        seconds = self._seconds
        if len(calls) > 1:
            seconds *= _SHARE_OF_TWO
            await self._send_text_once(outgoing, calls[0], seconds)
        found = await self._api.call(calls[-1], seconds)
        self._halves.pop(outgoing.id, None)
        return Sent(_named(found))

    async def _send_text_once(self, outgoing: Outgoing, call: Any, seconds: float) -> None:
        """Send the text that goes before a file, unless it went in an attempt whose file did not."""
        if self._halves.get(outgoing.id) == outgoing.text:
            return
        await self._api.call(call, seconds)
        while len(self._halves) >= _MOST_HALVES:
            self._halves.pop(next(iter(self._halves)))
        self._halves[outgoing.id] = outgoing.text
        await asyncio.sleep(self.apart)

    # how it is connected ---------------------------------------------------------------------------------------------

    async def register(self, webhook: str) -> str:
        from aiogram.methods import DeleteWebhook, GetMe, SetWebhook

        me = await self._api.call(GetMe(), self._seconds)
        name = me.get("username", "") if isinstance(me, dict) else ""
        if self._options.bot and self._options.bot.lower() != str(name).lower():
            raise UnableToRegister(f"Это токен бота @{name}, а в sbyt.toml bot = «{self._options.bot}». Проверьте оба.")
        if self.polls:
            await self._api.call(DeleteWebhook(drop_pending_updates=False), self._seconds)
            return f"Бот @{name}: webhook снят, сообщения забирает sbyt work. Адрес для людей: https://t.me/{name}"
        if not webhook or (webhook.startswith("http:") and self._options.address.rstrip("/") == _API):
            said = "Telegram присылает сообщения только на https: задайте [web] address в sbyt.toml"
            raise UnableToRegister(f'{said}, или updates = "poll".')
        called = SetWebhook(url=webhook, secret_token=self._secret, allowed_updates=list(KINDS))
        await self._api.call(called, self._seconds)
        return f"Бот @{name}: сообщения придут на {webhook}. Адрес для людей: https://t.me/{name}"

    async def look(self, webhook: str) -> Sequence[Finding]:
        from aiogram.methods import GetWebhookInfo

        found = await self._api.call(GetWebhookInfo(), self._seconds)
        info = found if isinstance(found, dict) else {}
        return [*self._misplaced(str(info.get("url") or ""), webhook), *self._troubles(info)]

    def _misplaced(self, url: str, webhook: str) -> Iterable[Finding]:
        command = f"sbyt channels register {self.code}"
        if self.polls and url:
            said = f"задан webhook на {urlsplit(url).hostname}, опрос не работает; снять: {command}"
            yield Finding(FindingCode.WEBHOOK_ELSEWHERE, said)
        elif not self.polls and not url:
            yield Finding(FindingCode.WEBHOOK_MISSING, f"задать: {command}")
        elif not self.polls and webhook and url != webhook:
            yield Finding(FindingCode.WEBHOOK_ELSEWHERE, f"на {urlsplit(url).hostname}; задать: {command}")

    def _troubles(self, info: Mapping[str, Any]) -> Iterable[Finding]:
        failed_at, waiting, kinds = (
            info.get(name) for name in ("last_error_date", "pending_update_count", "allowed_updates")
        )
        since = (self._clock() - _LATELY).timestamp()
        if not self.polls and isinstance(failed_at, int) and failed_at > since:
            yield Finding(FindingCode.WEBHOOK_FAILING, str(info.get("last_error_message") or ""))
        if isinstance(waiting, int) and waiting >= _MANY_WAIT:
            yield Finding(FindingCode.BACKLOG, str(waiting))
        if not self.polls and isinstance(kinds, list) and (missing := [kind for kind in KINDS if kind not in kinds]):
            yield Finding(
                FindingCode.OTHER, f"не присылает {', '.join(missing)}; задать: sbyt channels register {self.code}"
            )


def _named(found: Any) -> str:
    """Telegram's name for the message that it took."""
    message = found if isinstance(found, dict) else {}
    chat = message.get("chat")
    if type(message.get("message_id")) is not int or not isinstance(chat, dict):
        return ""
    return f"{chat.get('id')}:{message['message_id']}"
