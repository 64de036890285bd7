"""WhatsApp: the company's number, by Meta's Cloud API. ``updates.py`` reads what it posts."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

import httpx
from pydantic import Field

from sbyt.channels.whatsapp.updates import events
from sbyt.core.settings import Section, Text
from sbyt.messaging.buttons import within
from sbyt.messaging.channel import (
    CannotCarry,
    Capabilities,
    Channel,
    Finding,
    FindingCode,
    InboundEvent,
    MessageRefused,
    NotAuthorised,
    Outgoing,
    ProviderFailed,
    RecipientGone,
    Request,
    Response,
    Sent,
    Setup,
    Throttled,
    UnableToRegister,
    UnableToSend,
    UnableToVerify,
    Uncertain,
)
from sbyt.messaging.pictures import Picture
from sbyt.messaging.provider_calls import Api, error_of
from sbyt.messaging.provider_json import is_same
from sbyt.messaging.provider_options import HttpsAddress, ProviderOptions

_LENGTH = 4096
#: https://developers.facebook.com/documentation/business-messaging/whatsapp/messages: reply buttons and lists.
_MOST_REPLIES, _LONGEST_REPLY, _LONGEST_WITH_REPLIES = 3, 20, 1024
_MOST_ROWS, _LONGEST_ROW, _LONGEST_TITLE = 10, 72, 24
_OPENS_THE_LIST = "Выбрать"
_LONGEST_PARAMETER = 1024
_LONGEST_CHALLENGE = 200

#: The person hasn't written for 24 hours: nothing but a template may be sent.
_WINDOW_CLOSED = (131047, 470)

#: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (18 June 2026).
_ERRORS: Mapping[int, type[UnableToSend]] = {
    **dict.fromkeys((0, 3, 10, 190, *range(200, 300)), NotAuthorised),  # key expired, or without the permission
    **dict.fromkeys((368, 131005, 131031, 131042, 131045, 133010), NotAuthorised),  # locked, unpaid, not registered
    **dict.fromkeys((4, 80007, 130429, 131048, 131056), Throttled),
    **dict.fromkeys((1, 2, 131000, 131016, 131057, 133004), ProviderFailed),
    **dict.fromkeys((130472, 130497, 131021, 131026, 131030, 131049, 131050), RecipientGone),
    **dict.fromkeys((33, 100, 131008, 131009, 131051, *range(132000, 132100)), MessageRefused),
    **dict.fromkeys(_WINDOW_CLOSED, CannotCarry),
}


class Options(ProviderOptions):
    """``[channels.whatsapp.options]``. ``template``: one with a single text parameter, approved in this language."""

    address: HttpsAddress = "https://graph.facebook.com"
    version: Annotated[Text, Field(pattern=r"^v\d{1,3}\.\d{1,2}$", description='версия API, например "v25.0"')] = (
        "v25.0"
    )
    number: Annotated[Text, Field(pattern=r"^\d{5,20}$", description="phone_number_id: цифры в кавычках")] | None = None
    template: Annotated[Text, Field(description="имя шаблона в кавычках")] | None = None
    language: Annotated[Text, Field(description='язык шаблона, например "ru"')] = "ru"


_Options = Options  # within the class the name stands for the schema as a value


class WhatsApp(Channel):
    """Webhooks in; texts with buttons out, and a template once more than a day has passed.

    When a day has passed Meta knows: its refusal is what tells us. No files: bills go as a link.
    """

    code = "whatsapp"
    capabilities = Capabilities(buttons=True, photo=True, length=_LENGTH)
    Options: ClassVar[type[Section]] = Options
    needs = ("TOKEN", "SECRET", "VERIFY")
    needs_options = ("number",)
    per_second = 80
    fetches = True
    by_address = True

    def __init__(self, api: Api, token: str, secrets: Mapping[str, str], options: _Options) -> None:
        self._api = api
        self._token = token
        self._secret = secrets["SECRET"].encode()
        self._word = secrets["VERIFY"]
        self._options = options
        self._number = options.number or ""

    @classmethod
    def connect(cls, setup: Setup) -> WhatsApp:
        token = setup.secrets["TOKEN"]
        return cls(setup.options.api(authorization=f"Bearer {token}"), token, setup.secrets, setup.options)

    def verify(self, request: Request) -> None:
        """A question for the address names the word we chose; requests are signed with the application's secret."""
        if request.method == "GET":
            if not is_same(request.query.get("hub.verify_token", ""), self._word):
                raise UnableToVerify("В hub.verify_token не то слово, что в SBYT_WHATSAPP_VERIFY.")
            return
        expected = "sha256=" + hmac.digest(self._secret, request.body, "sha256").hex()
        if not is_same(request.headers.get("x-hub-signature-256", ""), expected):
            raise UnableToVerify("Подписи X-Hub-Signature-256 нет, или она не сходится с телом запроса.")

    def parse(self, request: Request) -> Sequence[InboundEvent]:
        return [] if request.method == "GET" else events(request.body, self._number)

    def respond(self, request: Request, results: Sequence[Mapping[str, Any] | None]) -> Response:  # noqa: ARG002 the results say nothing here
        challenge = request.query.get("hub.challenge", "") if request.method == "GET" else ""
        return Response(body=challenge[:_LONGEST_CHALLENGE].encode("utf-8", "replace"))

    async def fetch(self, file: str) -> Picture:
        """A photo: Meta names an address for five minutes, that opens to our key."""
        path = f"/{self._options.version}/{quote(file, safe='')}?phone_number_id={self._number}"
        found = await self._asked("GET", path)
        return await self._api.picture(str(found.get("url", "")), {"authorization": f"Bearer {self._token}"})

    def reaches(self, recipient: str) -> bool:
        return bool(_to(recipient))

    async def send(self, outgoing: Outgoing) -> Sent:
        to = _to(outgoing.recipient)
        if not to:
            raise CannotCarry("у адресата не номер WhatsApp")
        if outgoing.document:
            raise CannotCarry("файлы через WhatsApp не уходят")
        outgoing = within(outgoing, _LENGTH, most=_MOST_ROWS, longest=_LONGEST_ROW)
        try:
            return await self._sent(to, _shown(outgoing))
        except _WindowClosed:
            if not self._options.template:
                raise
        return await self._sent(to, _templated(outgoing.text, self._options.template, self._options.language))

    async def _sent(self, to: Mapping[str, str], message: Mapping[str, Any]) -> Sent:
        whole = {"messaging_product": "whatsapp", "recipient_type": "individual", **to, **message}
        found = await self._asked("POST", f"/{self._options.version}/{self._number}/messages", json=whole)
        try:
            return Sent(str(found["messages"][0]["id"]))
        except (KeyError, IndexError, TypeError) as error:
            raise Uncertain("ответ без номера сообщения") from error

    async def register(self, webhook: str) -> str:
        if not webhook:
            raise UnableToRegister("Задайте [web] address в sbyt.toml: Meta нужен адрес, на который писать.")
        wanted = {"webhook_configuration": {"override_callback_uri": webhook, "verify_token": self._word}}
        found = await self._asked("POST", f"/{self._options.version}/{self._number}", json=wanted)
        if found.get("success") is not True:
            raise Uncertain("ответ без success")
        return f"WhatsApp пишет на {webhook}. Поле messages должно быть отмечено у приложения в кабинете Meta."

    async def look(self, webhook: str) -> Sequence[Finding]:
        found = await self._asked("GET", f"/{self._options.version}/{self._number}?fields=webhook_configuration")
        there = found.get("webhook_configuration")
        addresses = there if isinstance(there, dict) else {}
        # The most special of them is where Meta posts.
        places = ("phone_number", "whatsapp_business_account", "application")
        used = next((str(addresses[place]) for place in places if addresses.get(place)), "")
        if not used:
            return [Finding(FindingCode.WEBHOOK_MISSING)]
        return [Finding(FindingCode.WEBHOOK_ELSEWHERE, used)] if webhook and used != webhook else []

    async def _asked(self, method: str, path: str, **sent: Any) -> dict[str, Any]:
        """What Meta answers where it takes it.

        :raises UnableToSend: for all else.
        """
        response, found = await self._api.ask(method, path, **sent)
        if error := _error(response, found):
            raise error
        return found


class _WindowClosed(CannotCarry):
    """More than a day has passed since the person wrote."""


def _error(response: httpx.Response, found: Mapping[str, Any]) -> UnableToSend | None:
    """Meta's own code first: it comes with status 400, 401, 403, 429 and 500 alike, and also with 200."""
    error = found.get("error")
    number = error.get("code") if isinstance(error, dict) else None
    if not isinstance(number, int):
        return error_of(response)
    said = f"HTTP {response.status_code}, code {number}"
    if number in _WINDOW_CLOSED:
        return _WindowClosed(f"{said}: человек не писал больше суток, а шаблон не задан или не подошёл")
    by_status = error_of(response)
    if isinstance(by_status, Throttled):  # it says how long to wait
        return by_status
    if kind := _ERRORS.get(number):
        return kind(said)
    return by_status or MessageRefused(said)


def _to(recipient: str) -> dict[str, str]:
    """How Meta is told the recipient: a phone, or the name of somebody who shows none; empty if it is neither."""
    if re.fullmatch(r"\+\d{7,15}", recipient):
        return {"to": recipient.removeprefix("+")}
    return {"recipient": recipient} if re.fullmatch(r"[A-Z]{2}\.[A-Za-z0-9.]{1,128}", recipient) else {}


def _shown(outgoing: Outgoing) -> dict[str, Any]:
    """A text, with up to three short buttons, or a list. The id is the whole label: it is what comes back."""
    if not outgoing.buttons:
        return {"type": "text", "text": {"body": outgoing.text, "preview_url": False}}
    body, labels = {"text": outgoing.text}, outgoing.buttons
    is_short = len(labels) <= _MOST_REPLIES and all(len(label) <= _LONGEST_REPLY for label in labels)
    if is_short and len(outgoing.text) <= _LONGEST_WITH_REPLIES:
        replies = [{"type": "reply", "reply": {"id": label, "title": label}} for label in labels]
        return {"type": "interactive", "interactive": {"type": "button", "body": body, "action": {"buttons": replies}}}
    action = {"button": _OPENS_THE_LIST, "sections": [{"rows": [_row(label) for label in labels]}]}
    return {"type": "interactive", "interactive": {"type": "list", "body": body, "action": action}}


def _row(label: str) -> dict[str, str]:
    if len(label) <= _LONGEST_TITLE:
        return {"id": label, "title": label}
    return {"id": label, "title": f"{label[: _LONGEST_TITLE - 1]}…", "description": label}


def _templated(text: str, name: str, language: str) -> dict[str, Any]:
    """The text as the only parameter of a template: those have neither lines nor runs of spaces.

    :raises CannotCarry: if it is too long for one.
    """
    line = " ".join(text.split())
    if len(line) > _LONGEST_PARAMETER:
        raise CannotCarry(f"в тексте {len(line)} знаков, шаблон передаёт не больше {_LONGEST_PARAMETER}")
    body = {"type": "body", "parameters": [{"type": "text", "text": line}]}
    return {"type": "template", "template": {"name": name, "language": {"code": language}, "components": [body]}}
