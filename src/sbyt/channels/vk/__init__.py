"""VK: messages of a community, by its Callback API in and ``messages.send`` out. ``updates.py`` reads what it posts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar
from urllib.parse import urlencode

from pydantic import Field

from sbyt.channels.vk.updates import KINDS, events, kind_of, proved
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
from sbyt.messaging.provider_options import HttpsAddress, ProviderOptions

_VERSION = "5.199"
_LENGTH = 4096
#: Limits of an inline keyboard: https://dev.vk.com/ru/api/bots/development/keyboard.
_MOST_BUTTONS = 6  # rows, of one button each
_LONGEST_LABEL = 40
_LONGEST_TITLE = 14  # of a server of the Callback API
#: Stands for the secret in what is kept.
_LEFT_OUT = b"***"
_SHORTEST_SECRET, _LONGEST_SECRET = 16, 50

#: https://dev.vk.com/ru/reference/errors and https://dev.vk.com/ru/method/messages.send: VK answers 200 with these.
_ERRORS: Mapping[int, type[UnableToSend]] = {
    1: ProviderFailed,  # unknown error
    2: NotAuthorised,  # the application is disabled
    5: NotAuthorised,  # authorization failed
    6: Throttled,  # too many requests per second
    7: NotAuthorised,  # no permission for this
    9: Throttled,  # flood control
    10: ProviderFailed,  # internal server error
    14: Throttled,  # captcha needed
    15: NotAuthorised,  # access denied
    17: NotAuthorised,  # validation required
    18: RecipientGone,  # deleted or banned
    27: NotAuthorised,  # the community's key is invalid
    28: NotAuthorised,  # the application's key is invalid
    29: Throttled,  # rate limit reached
    113: RecipientGone,  # invalid user id
    900: RecipientGone,  # on the community's black list
    901: RecipientGone,  # no permission from the person
    902: RecipientGone,  # privacy settings
    912: NotAuthorised,  # bots are switched off in the community's settings
    914: CannotCarry,  # message is too long
    917: RecipientGone,  # no access to this chat
    932: RecipientGone,  # the community can't interact with this peer
    936: RecipientGone,  # contact not found
    940: Throttled,  # too many posts in messages
    944: Throttled,  # limit of this intent
    945: RecipientGone,  # the chat was disabled
    950: RecipientGone,  # reply timed out
    983: RecipientGone,  # writing is disabled for this chat
}


class Options(ProviderOptions):
    """``[channels.vk.options]``."""

    address: HttpsAddress = "https://api.vk.com"
    group: Annotated[int, Field(strict=True, ge=1, description="номер сообщества, целое число")] | None = None
    confirmation: Annotated[Text, Field(description="строка, которую должен вернуть сервер")] | None = None


class Vk(Channel):
    """The Callback API in; texts with buttons out. What is pressed VK sends as a message of the person.

    No files: a document of VK is opened by whoever has its address.
    """

    code = "vk"
    capabilities = Capabilities(buttons=True, photo=True, length=_LENGTH)
    Options: ClassVar[type[Section]] = Options
    needs = ("TOKEN", "SECRET")
    needs_options = ("group",)
    per_second = 20
    fetches = True
    by_address = True

    def __init__(self, api: Api, token: str, secret: str, group: int, confirmation: str = "") -> None:
        self._api = api
        self._token = token
        self._secret = secret
        self._group = group
        self._confirmation = confirmation

    @classmethod
    def connect(cls, setup: Setup) -> Vk:
        options, secret = setup.options, setup.secrets["SECRET"]
        plain = secret.isascii() and secret.isalnum()
        if not plain or not _SHORTEST_SECRET <= len(secret) <= _LONGEST_SECRET:
            raise UnableToSetUp("SECRET", "нужно от 16 до 50 латинских букв и цифр: openssl rand -hex 16")
        return cls(options.api(), setup.secrets["TOKEN"], secret, options.group, options.confirmation or "")

    def verify(self, request: Request) -> None:
        if not proved(request.body, self._secret, self._group):
            raise UnableToVerify("Секретный ключ или номер сообщества в запросе не наш, или их нет.")

    def parse(self, request: Request) -> Sequence[InboundEvent]:
        return events(request.body)

    def redacted(self, body: bytes) -> bytes:
        return body.replace(self._secret.encode(), _LEFT_OUT)

    def respond(self, request: Request, results: Sequence[Mapping[str, Any] | None]) -> Response:  # noqa: ARG002 the results say nothing here
        is_asked = kind_of(request.body) == "confirmation"
        return Response(body=self._confirmation.encode() if is_asked else b"ok")

    async def fetch(self, file: str) -> Picture:
        return await self._api.picture(file)

    def reaches(self, recipient: str) -> bool:
        return recipient.isascii() and recipient.isdigit()

    async def send(self, outgoing: Outgoing) -> Sent:
        if not self.reaches(outgoing.recipient):
            raise CannotCarry("у адресата не номер пользователя ВКонтакте")
        if outgoing.document:
            raise CannotCarry("файл во ВКонтакте открыл бы каждый, у кого есть его адрес")
        outgoing = within(outgoing, _LENGTH, most=_MOST_BUTTONS, longest=_LONGEST_LABEL)
        said: dict[str, Any] = {
            "peer_id": outgoing.recipient,
            "message": outgoing.text,
            "random_id": _random_id(outgoing),
            "dont_parse_links": 1,  # links may hold a customer's token: VK is not to open them for a preview
        }
        if outgoing.buttons:
            said["keyboard"] = _keyboard(outgoing.buttons)
        answer = await self._call("messages.send", said)
        if not isinstance(answer, int):
            raise Uncertain("ответ без номера сообщения")
        return Sent(str(answer))

    async def register(self, webhook: str) -> str:
        if not webhook:
            raise UnableToRegister("Задайте [web] address в sbyt.toml: VK нужен адрес, на который писать.")
        answer = await self._call("groups.getCallbackConfirmationCode", {"group_id": self._group})
        wanted = str(answer.get("code", "")) if isinstance(answer, dict) else ""
        if wanted != self._confirmation:
            raise UnableToRegister(
                f'Напишите в [channels.vk.options] confirmation = "{wanted}", перезапустите sbyt serve и повторите: VK '
                "спросит эту строку."
            )
        server = next((one for one in await self._servers() if one.get("url") == webhook), None)
        named = {"group_id": self._group, "url": webhook, "title": "sbyt"[:_LONGEST_TITLE], "secret_key": self._secret}
        if server:
            await self._call("groups.editCallbackServer", {**named, "server_id": server["id"]})
            number = server["id"]
        else:
            made = await self._call("groups.addCallbackServer", named)
            number = made.get("server_id") if isinstance(made, dict) else None
        settings = {"group_id": self._group, "server_id": number, "api_version": _VERSION, **dict.fromkeys(KINDS, 1)}
        await self._call("groups.setCallbackSettings", settings)
        return f"VK пишет на {webhook}: {', '.join(KINDS)}."

    async def look(self, webhook: str) -> Sequence[Finding]:
        servers = await self._servers()
        if not servers:
            return [Finding(FindingCode.WEBHOOK_MISSING)]
        if not webhook:
            return []
        ours = next((one for one in servers if one.get("url") == webhook), None)
        if ours is None:
            return [Finding(FindingCode.WEBHOOK_ELSEWHERE, str(servers[0].get("url", "")))]
        status = str(ours.get("status", ""))
        if status == "ok":
            return []
        return [Finding(FindingCode.WEBHOOK_FAILING if status == "failed" else FindingCode.OTHER, f"status: {status}")]

    async def _servers(self) -> list[dict[str, Any]]:
        found = await self._call("groups.getCallbackServers", {"group_id": self._group})
        items = found.get("items") if isinstance(found, dict) else None
        return [one for one in items or [] if isinstance(one, dict)]

    async def _call(self, method: str, said: Mapping[str, Any]) -> Any:
        """What VK answers to a method. The key goes in the body: addresses end in logs.

        :raises UnableToSend: also for an error that comes with status 200.
        """
        content = urlencode({**said, "access_token": self._token, "v": _VERSION}, errors="replace").encode()
        form = {"content-type": "application/x-www-form-urlencoded"}
        response, found = await self._api.ask("POST", f"/method/{method}", headers=form, content=content)
        if error := error_of(response):
            raise error
        if isinstance(found.get("error"), dict):
            number = found["error"].get("error_code")
            raise _ERRORS.get(number, MessageRefused)(f"error_code {number if isinstance(number, int) else '?'}")
        if "response" not in found:
            raise Uncertain("ответ без response")
        return found["response"]


def _random_id(outgoing: Outgoing) -> int:
    """VK takes a message with the same number once. The text is in it too: another database may count as this one."""
    whole = f"{outgoing.id}\n{outgoing.recipient}\n{outgoing.text}".encode("utf-8", "replace")
    return int.from_bytes(hashlib.sha256(whole).digest()[:4]) % (2**31 - 1) + 1


def _keyboard(buttons: Sequence[str]) -> str:
    rows = [[{"action": {"type": "text", "label": button}, "color": "secondary"}] for button in buttons]
    return json.dumps({"inline": True, "buttons": rows}, ensure_ascii=False)
