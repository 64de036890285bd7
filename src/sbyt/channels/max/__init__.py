"""MAX: the company's bot, by the Bot API over HTTPS. What it posts to us is read by ``updates.py``."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import httpx

from sbyt.channels.max.updates import KINDS, events
from sbyt.core.settings import Section
from sbyt.messaging.buttons import as_lines, within
from sbyt.messaging.channel import (
    CannotCarry,
    Capabilities,
    Channel,
    Document,
    Finding,
    FindingCode,
    InboundEvent,
    MessageRefused,
    Outgoing,
    ProviderFailed,
    RecipientGone,
    Request,
    Sent,
    Setup,
    UnableToRegister,
    UnableToSend,
    UnableToSetUp,
    UnableToVerify,
    Uncertain,
)
from sbyt.messaging.pictures import Picture
from sbyt.messaging.provider_calls import Api, before_sending, error_of
from sbyt.messaging.provider_json import is_same
from sbyt.messaging.provider_options import HttpsAddress, ProviderOptions

#: Limits of https://dev.max.ru/docs-api/objects/NewMessageBody and …/use-cases/sending-messages/keyboard.
_LENGTH = 4000
_MOST_BUTTONS = 29  # of thirty rows: one may be taken by the button that shares the phone
_LONGEST_LABEL = 128
_SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")

#: What codes say that the status doesn't: https://dev.max.ru/docs-api (Ответы) and the errors that its methods name. A
#: bot that hasn't passed moderation gets the same 403 as one that the person stopped. ``not.found`` alone isn't here:
#: it doesn't say what is not there, and may mean the method.
_ERRORS: Mapping[str, type[UnableToSend]] = {
    "chat.denied": RecipientGone,
    "error.dialog.suspended": RecipientGone,
    "error.dialog.notfound": RecipientGone,
    "dialog.not.found": RecipientGone,
    "chat.not.found": RecipientGone,
    "user.not.found": RecipientGone,
    "attachment.not.ready": ProviderFailed,
}
#: A file is looked over by MAX before it may be sent: so many seconds pass between the attempts.
_NOT_READY = "attachment.not.ready"
_PAUSES = (0.5, 1.0, 2.0, 4.0)


class Options(ProviderOptions):
    """``[channels.max.options]``. The API has moved to another host twice within a year."""

    address: HttpsAddress = "https://platform-api2.max.ru"


class Max(Channel):
    """Webhooks in; texts with buttons, and files, out.

    A button is one of those that send their label as a message of the person who pressed it: what was pressed arrives
    as if it were typed, and no press has to be answered.
    """

    code = "max"
    capabilities = Capabilities(buttons=True, photo=True, file=True, contact=True, length=_LENGTH)
    Options: ClassVar[type[Section]] = Options
    needs = ("TOKEN", "SECRET")
    per_second = 30
    apart = 0.5  # two messages a second to one dialogue
    fetches = True
    by_address = True

    def __init__(self, api: Api, token: str, secret: str) -> None:
        self._api = api
        self._token = token
        self._secret = secret

    @classmethod
    def connect(cls, setup: Setup) -> Max:
        token, secret = setup.secrets["TOKEN"], setup.secrets["SECRET"]
        if not token.isascii() or not token.isprintable():
            raise UnableToSetUp("TOKEN", "в ключе не латинские буквы: скопируйте его ещё раз из кабинета MAX")
        if not _SECRET.fullmatch(secret):
            raise UnableToSetUp("SECRET", "нужно от 16 до 256 знаков A–Z, a–z, 0–9, _ и -: openssl rand -hex 32")
        return cls(setup.options.api(authorization=token), token, secret)

    def verify(self, request: Request) -> None:
        if not is_same(request.headers.get("x-max-bot-api-secret", ""), self._secret):
            raise UnableToVerify("Заголовка X-Max-Bot-Api-Secret нет, или секрет в нём не наш.")

    def parse(self, request: Request) -> Sequence[InboundEvent]:
        return events(request.body, self._token)

    async def fetch(self, file: str) -> Picture:
        return await self._api.picture(file)

    def reaches(self, recipient: str) -> bool:
        return recipient.isascii() and recipient.isdigit()

    async def send(self, outgoing: Outgoing) -> Sent:
        if not self.reaches(outgoing.recipient):
            raise CannotCarry("у адресата не номер пользователя MAX")
        outgoing = within(outgoing, _LENGTH, most=_MOST_BUTTONS, longest=_LONGEST_LABEL)
        attachments = [_keyboard(outgoing)] if outgoing.buttons or outgoing.contact_button else []
        if document := outgoing.document:  # a file must be the only attachment
            outgoing = as_lines(outgoing, _LENGTH) if outgoing.buttons else outgoing
            with before_sending():
                attachments = [await self._uploaded(document)]
        # Links may hold a customer's token: MAX is not to open them for a preview.
        path = f"/messages?user_id={outgoing.recipient}&disable_link_preview=true"
        return await self._sent(path, {"text": outgoing.text, "attachments": attachments})

    async def _sent(self, path: str, message: Mapping[str, Any]) -> Sent:
        pauses = iter(_PAUSES)
        while True:
            response, found = await self._api.ask("POST", path, json=message)
            if found.get("code") != _NOT_READY or (pause := next(pauses, None)) is None:
                break
            await asyncio.sleep(pause)
        if error := _error(response, found):
            raise error
        try:
            return Sent(str(found["message"]["body"]["mid"]))
        except (KeyError, TypeError) as error:
            raise Uncertain("ответ без номера сообщения") from error

    async def _uploaded(self, document: Document) -> dict[str, Any]:
        """The file as an attachment, once MAX has it."""
        response, found = await self._api.ask("POST", "/uploads?type=file")
        if error := _error(response, found):
            raise error
        file = (document.name, document.data, document.media_type)
        taken = await self._api.upload(str(found.get("url", "")), "data", file)
        if not taken.get("token"):
            raise ProviderFailed("файл загружен, а токена нет")
        return {"type": "file", "payload": {"token": taken["token"]}}

    async def register(self, webhook: str) -> str:
        if not re.match(r"https://[^/:]+(/|$)", webhook):
            said = "задайте [web] address: MAX пишет только на https:// и порт 443, порт в адресе не указывают"
            raise UnableToRegister(f"{webhook or 'Адреса нет'}: {said}.")
        wanted = {"url": webhook, "update_types": list(KINDS), "secret": self._secret}
        response, found = await self._api.ask("POST", "/subscriptions", json=wanted)
        if error := _error(response, found):
            raise error
        if found.get("success") is not True:
            raise Uncertain("ответ без success")
        return f"MAX пишет на {webhook}: {', '.join(KINDS)}."

    async def look(self, webhook: str) -> Sequence[Finding]:
        response, found = await self._api.ask("GET", "/subscriptions")
        if error := _error(response, found):
            raise error
        there = [one for one in found.get("subscriptions") or [] if isinstance(one, dict)]
        if not there:
            return [Finding(FindingCode.WEBHOOK_MISSING)]
        if not webhook:
            return []
        ours = next((one for one in there if one.get("url") == webhook), None)
        if ours is None:
            return [Finding(FindingCode.WEBHOOK_ELSEWHERE, str(there[0].get("url", "")))]
        missing = sorted(set(KINDS) - set(ours.get("update_types") or KINDS))
        return [Finding(FindingCode.OTHER, f"не подписан на {', '.join(missing)}")] if missing else []


def _keyboard(outgoing: Outgoing) -> dict[str, Any]:
    """A button a row: beside another, twenty letters of a label are cut to ten."""
    rows = [[{"type": "message", "text": button}] for button in outgoing.buttons]
    if outgoing.contact_button:
        rows.append([{"type": "request_contact", "text": outgoing.contact_button[:_LONGEST_LABEL]}])
    return {"type": "inline_keyboard", "payload": {"buttons": rows}}


def _error(response: httpx.Response, found: Mapping[str, Any]) -> UnableToSend | None:
    """What went wrong; ``success: false`` comes with status 200. Only codes of MAX's own are repeated."""
    code, message = str(found.get("code", "")), str(found.get("message", ""))
    named = next((name for name in _ERRORS if name in (code, *re.findall(r"[a-z]+(?:\.[a-z]+)+", message))), "")
    if named and response.status_code != 429:
        return _ERRORS[named](f"HTTP {response.status_code} {named}")
    if error := error_of(response):
        return error
    if found.get("success") is False:
        return MessageRefused("success: false")
    return None
