"""Viber: the company's bot, by the REST Bot API. ``updates.py`` reads what it posts."""

from __future__ import annotations

import hmac
import html
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from sbyt.channels.viber.updates import KINDS, events, start_of
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
    UnableToSetUp,
    UnableToVerify,
    Uncertain,
)
from sbyt.messaging.pictures import Picture
from sbyt.messaging.provider_calls import Api, error_of
from sbyt.messaging.provider_json import is_same
from sbyt.messaging.provider_options import HttpsAddress, ProviderOptions

#: Limits of https://developers.viber.com/docs/api/rest-bot-api (Text message) and …/docs/tools/keyboards.
_LENGTH = 7000
_MOST_BUTTONS, _LONGEST_LABEL = 24, 250
_LONGEST_NAME = 28

_WELCOME = "Здравствуйте! Нажмите «Начать», чтобы мы могли вам ответить."
_START = "Начать"

#: https://developers.viber.com/docs/api/rest-bot-api/#error-codes: they come with status 200.
_ERRORS: Mapping[int, type[UnableToSend]] = {
    1: NotAuthorised,  # invalidUrl: the webhook isn't valid
    2: NotAuthorised,  # invalidAuthToken
    3: MessageRefused,  # badData
    4: MessageRefused,  # missingData
    5: RecipientGone,  # receiverNotRegistered
    6: RecipientGone,  # receiverNotSubscribed
    7: NotAuthorised,  # publicAccountBlocked
    8: NotAuthorised,  # publicAccountNotFound
    9: NotAuthorised,  # publicAccountSuspended
    10: NotAuthorised,  # webhookNotSet
    11: RecipientGone,  # receiverNoSuitableDevice
    12: Throttled,  # tooManyRequests
    13: RecipientGone,  # apiVersionNotSupported by the person's device
    14: MessageRefused,  # incompatibleWithVersion
    15: NotAuthorised,  # publicAccountNotAuthorized
    21: RecipientGone,  # unsupportedCountry
    23: NotAuthorised,  # freeMessagesExceeded
    24: NotAuthorised,  # noBalance
}


class Options(ProviderOptions):
    """``[channels.viber.options]``. ``name``: who our messages are from."""

    address: HttpsAddress = "https://chatapi.viber.com"
    name: (
        Annotated[Text, Field(max_length=_LONGEST_NAME, description="имя в кавычках, не длиннее 28 знаков")] | None
    ) = None


class Viber(Channel):
    """Callbacks in; texts with a keyboard out. What is pressed Viber sends as a message of the person.

    Viber's button that shares a phone proves nothing: anybody's contact arrives the same way. So it is not offered.
    """

    code = "viber"
    capabilities = Capabilities(buttons=True, photo=True, length=_LENGTH)
    Options: ClassVar[type[Section]] = Options
    needs = ("TOKEN",)
    needs_options = ("name",)
    per_second = 50
    fetches = True
    by_address = True

    def __init__(self, api: Api, token: str, name: str) -> None:
        self._api = api
        self._token = token.encode()
        self._name = name

    @classmethod
    def connect(cls, setup: Setup) -> Viber:
        token = setup.secrets["TOKEN"]
        if not token.isascii() or not token.isprintable():
            raise UnableToSetUp("TOKEN", "в ключе не латинские буквы: скопируйте его ещё раз из кабинета Viber")
        return cls(setup.options.api(x_viber_auth_token=token), token, setup.options.name)

    def verify(self, request: Request) -> None:
        expected = hmac.digest(self._token, request.body, "sha256").hex()
        if not is_same(request.headers.get("x-viber-content-signature", ""), expected):
            raise UnableToVerify("Подписи X-Viber-Content-Signature нет, или она не сходится с телом запроса.")

    def parse(self, request: Request) -> Sequence[InboundEvent]:
        return events(request.body)

    def respond(self, request: Request, results: Sequence[Mapping[str, Any] | None]) -> Response:  # noqa: ARG002 the results say nothing here
        """Who opened the conversation can't be written to before they write: they get a button that does.

        It is the answer to Viber's request that they see, and only this time.
        """
        start = start_of(request.body)
        if start is None:
            return Response()
        welcome = {
            "sender": {"name": self._name},
            "type": "text",
            "text": _WELCOME,
            "keyboard": _keyboard([(_START, start)]),
        }
        return Response(body=json.dumps(welcome, ensure_ascii=False).encode(), content_type="application/json")

    async def fetch(self, file: str) -> Picture:
        return await self._api.picture(file)

    def reaches(self, recipient: str) -> bool:
        return bool(recipient) and not recipient.startswith("+")

    async def send(self, outgoing: Outgoing) -> Sent:
        if not self.reaches(outgoing.recipient):
            raise CannotCarry("у адресата не номер пользователя Viber")
        if outgoing.document:
            raise CannotCarry("файлы через Viber не уходят")
        outgoing = within(outgoing, _LENGTH, most=_MOST_BUTTONS, longest=_LONGEST_LABEL)
        message: dict[str, Any] = {
            "receiver": outgoing.recipient,
            "sender": {"name": self._name},
            "type": "text",
            "text": outgoing.text,
            "tracking_data": f"sbyt-{outgoing.id}",
        }
        if outgoing.buttons:
            message["keyboard"] = _keyboard([(button, button) for button in outgoing.buttons])
        answer = await self._call("send_message", message)
        if "message_token" not in answer:
            raise Uncertain("ответ без номера сообщения")
        return Sent(str(answer["message_token"]))

    async def register(self, webhook: str) -> str:
        if not webhook:
            raise UnableToRegister("Задайте [web] address в sbyt.toml: Viber нужен адрес, на который писать.")
        await self._call("set_webhook", {"url": webhook, "event_types": list(KINDS), "send_name": False})
        return f"Viber пишет на {webhook}: {', '.join(KINDS)}."

    async def look(self, webhook: str) -> Sequence[Finding]:
        used = str((await self._call("get_account_info", {})).get("webhook") or "")
        if not used:
            return [Finding(FindingCode.WEBHOOK_MISSING)]
        return [Finding(FindingCode.WEBHOOK_ELSEWHERE, used)] if webhook and used != webhook else []

    async def _call(self, method: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """What Viber answers to a method.

        :raises UnableToSend: also for a ``status`` of the answer's own, which comes with status 200.
        """
        response, found = await self._api.ask("POST", f"/pa/{method}", json=said)
        if error := error_of(response):
            raise error
        status = found.get("status")
        if not isinstance(status, int):
            raise Uncertain("ответ без status")
        if status:
            raise _ERRORS.get(status, ProviderFailed)(f"status {status}")
        return found


def _keyboard(buttons: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A button a row: what stands on it, which Viber reads as HTML, and what pressing it says."""
    shown = [
        {"Columns": 6, "Rows": 1, "ActionType": "reply", "ActionBody": said, "Text": html.escape(label, quote=False)}
        for label, said in buttons
    ]
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": shown}
