"""Calls of the Bot API: aiogram's methods, sent by httpx as all providers are called, and what became of them.

Importing aiogram takes some seconds and more than a hundred megabytes, so only who calls Telegram imports this module.
The token stands in every address: no error and no log repeats one.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any, NoReturn, cast

import httpx
from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.methods import TelegramMethod
from aiogram.methods.base import TelegramType
from aiogram.types import InputFile

from sbyt.messaging.channel import (
    MessageRefused,
    NotAuthorised,
    ProviderFailed,
    RecipientGone,
    Throttled,
    UnableToSend,
    Uncertain,
)
from sbyt.messaging.pictures import LARGEST
from sbyt.messaging.provider_calls import error_of, error_of_file, get, post

#: No answer is larger: a hundred updates, each of which repeats the message that it answers.
_MOST_OF_AN_ANSWER = 32 * 1024 * 1024
#: Photos are no larger; a byte more shows that one is.
_MOST_OF_A_FILE = LARGEST + 1

#: Descriptions of 400 that say that the recipient is not there; as Telegram's own server words them.
_GONE = ("chat not found", "user not found", "peer_id_invalid", "chat_id_invalid", "user_id_invalid", "input_user_deac")


class Api:
    """A bot's calls. Each opens a connection of its own: they come from several threads with loops of their own."""

    def __init__(self, token: str, address: str, proxy: str | None) -> None:
        self._proxy = proxy
        self._session = _Session(TelegramAPIServer.from_base(address), proxy)
        self._bot = Bot(token, session=self._session)

    async def call(self, method: TelegramMethod[Any], seconds: float) -> Any:
        """What Telegram gives back, as JSON has it: its new kinds of things are no reason to fail.

        :raises UnableToSend: one of its subclasses, nothing else.
        """
        return await self._bot(method, request_timeout=cast(int, seconds))

    async def download(self, path: str, seconds: float) -> bytes:
        """A file by the path that ``getFile`` gave; of one that is larger than a photo may be, the beginning.

        :raises UnableToSend: as ``call``; RecipientGone where it isn't there any more.
        """
        address = self._session.api.file_url(self._bot.token, path)
        return b"".join([piece async for piece in self._session.stream_content(address, timeout=cast(int, seconds))])


class _Session(BaseSession):
    """How aiogram's methods reach Telegram here. The results are left as they came."""

    def __init__(self, api: TelegramAPIServer, proxy: str | None) -> None:
        super().__init__(api=api)
        self._proxy = proxy

    async def make_request(
        self,
        bot: Bot,
        method: TelegramMethod[TelegramType],
        timeout: float | None = None,  # noqa: ASYNC109 so aiogram has it
    ) -> TelegramType:
        url = self.api.api_url(bot.token, method.__api_method__)
        form = self._form(bot, method)
        headers = {"content-type": form.headers["content-type"]} if "content-type" in form.headers else {}
        response, content = await post(
            url,
            form.content,
            headers,
            seconds=timeout or self.timeout,
            most=_MOST_OF_AN_ANSWER,
            proxy=self._proxy,
        )
        return cast(TelegramType, result_of(response, content))

    def _form(self, bot: Bot, method: TelegramMethod[TelegramType]) -> httpx.Request:
        """A request that is not sent: it is made for its body and the type of that, which may be of several parts."""
        given: dict[str, InputFile] = {}
        prepared = {
            key: self.prepare_value(value, bot=bot, files=given)
            for key, value in method.model_dump(warnings=False).items()
        }
        fields = {key: value for key, value in prepared.items() if value is not None}
        files = {key: (file.filename or key, cast(Any, file).data) for key, file in given.items()}
        form = httpx.Request("POST", "http://localhost/", data=fields, files=files or None)
        form.read()
        return form

    async def close(self) -> None:
        """Nothing stays open."""

    async def stream_content(
        self,
        url: str,
        headers: dict[str, Any] | None = None,
        timeout: int = 30,  # noqa: ASYNC109 so aiogram has it
        chunk_size: int = 65536,  # noqa: ARG002 a photo comes in one piece
        raise_for_status: bool = True,  # noqa: ARG002, FBT001, FBT002 it always does
    ) -> AsyncGenerator[bytes, None]:
        response, data = await get(url, headers or {}, seconds=timeout, most=_MOST_OF_A_FILE, proxy=self._proxy)
        if error := error_of_file(response):
            raise error
        yield data


def result_of(response: httpx.Response, content: bytes) -> Any:
    """The result in an answer.

    :raises UnableToSend: if there is none.
    """
    answer = _opened(content)
    if answer.get("ok") is True and response.is_success:
        return answer.get("result")
    if type(answer.get("error_code")) is int and isinstance(answer.get("description"), str):
        _refuse(answer)
    # Not by Telegram, but by what stands between us.
    if response.status_code == 404:
        raise NotAuthorised("HTTP 404")
    raise error_of(response) or Uncertain("200, и ответ не от Bot API")


def _opened(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _refuse(answer: dict[str, Any]) -> NoReturn:
    """Raise what a refusal of Telegram's means. The code in the answer counts, also where the status says 200.

    :raises UnableToSend: always.
    """
    code, said = answer["error_code"], answer["description"]
    told = f"{code}: {said}"
    given = answer.get("parameters")
    parameters = given if isinstance(given, dict) else {}
    wait: Any = parameters.get("retry_after")
    match code:
        case 429:
            raise Throttled(told, wait=float(wait) if type(wait) in (int, float) and wait >= 0 else None)
        case 401 | 404:  # a token that was taken back, one that never was
            raise NotAuthorised(told)
        case 403:  # blocked by the user, or the user is deactivated
            raise RecipientGone(told)
        case _ if "migrate_to_chat_id" in parameters:  # a group, and no person
            raise RecipientGone(told)
        case 400 if any(words in said.lower() for words in _GONE):
            raise RecipientGone(told)
        case _ if code >= 500:
            raise ProviderFailed(told)
    raise MessageRefused(told)


def is_about(error: UnableToSend, words: str) -> bool:
    """Whether Telegram's description holds these words."""
    return words in error.said.lower()
