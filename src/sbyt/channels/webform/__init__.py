"""A form for readings on the retailer's own site, which posts it to us signed. Our own page is in ``sbyt.web``."""

from __future__ import annotations

import datetime as dt
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from sbyt.core.settings import Section
from sbyt.messaging.channel import (
    OWN_PAGE,
    CannotCarry,
    Capabilities,
    Channel,
    Clock,
    InboundEvent,
    Outgoing,
    RecipientGone,
    Request,
    Response,
    Sent,
    Setup,
    UnableToParse,
    UnableToSetUp,
    UnableToVerify,
)
from sbyt.messaging.provider_calls import error_of, post
from sbyt.messaging.provider_json import told
from sbyt.messaging.provider_options import HttpsAddress, Seconds

#: A signature is good for so long before and after its time; what is repeated within is known by its id.
_WINDOW = dt.timedelta(minutes=5)
_SHORTEST_SECRET = 32
#: What we ask a site to answer where it has no such visitor: an address that is wrong gives 404.
_NO_SUCH_VISITOR = 410
_STORED = b'{"status": "stored"}'


class Options(Section):
    """``[channels.webform.options]``."""

    callback: HttpsAddress | None = None
    seconds: Seconds = 15


class _Message(BaseModel):
    """What the site posts. Fields that we don't know are let be: the site may keep some for itself."""

    id: Annotated[str, Field(min_length=1, max_length=600)]
    sender: Annotated[str, Field(min_length=1, max_length=600, alias="from")]
    text: str
    at: AwareDatetime | None = None  # when the person sent it, if it lay with the site for a while
    answer: Literal["now", "later"] = "now"


_json = TypeAdapter(dict[str, Any])


class Webform(Channel):
    """Signed JSON in, the answer in the response; what is said later goes to the site's callback, signed likewise."""

    code = "webform"
    by_address = True
    capabilities = Capabilities(buttons=True)
    Options: ClassVar[type[Section]] = Options
    may_have = ("SECRET",)
    live = True
    status_of_unreadable = 400  # whoever builds the form sees it

    def __init__(self, secret: str, clock: Clock, callback: str | None = None, seconds: float = 15) -> None:
        self._secret = secret.encode()
        self._clock = clock
        self._callback = callback
        self._seconds = seconds

    @classmethod
    def connect(cls, setup: Setup) -> Webform:
        secret = setup.secrets["SECRET"]
        if secret and len(secret) < _SHORTEST_SECRET:
            said = f"{len(secret)} знаков, нужно не меньше {_SHORTEST_SECRET}; случайный: openssl rand -hex 32"
            raise UnableToSetUp("SECRET", said)
        return cls(secret, setup.clock, setup.options.callback, setup.options.seconds)

    def verify(self, request: Request) -> None:
        if not self._secret:
            raise UnableToVerify("Форма на своём сайте не подключена: не задан SBYT_WEBFORM_SECRET.")
        stamp = request.headers.get("x-sbyt-timestamp", "")
        given = request.headers.get("x-sbyt-signature", "")
        if not stamp or not given:
            raise UnableToVerify("Нет подписи: нужны заголовки X-Sbyt-Timestamp и X-Sbyt-Signature.")
        if not hmac.compare_digest(given.encode(), self._signature(stamp, request.body).encode()):
            raise UnableToVerify("Подпись не сходится: проверьте секрет и что подписано именно это тело.")
        if request.at is None or abs(request.at - _time(stamp)) > _WINDOW:
            raise UnableToVerify("Подпись устарела: её время отличается от нашего больше чем на 5 минут.")

    def parse(self, request: Request) -> Sequence[InboundEvent]:
        try:
            found = _json.validate_json(request.body)
            if found.get("type", "message") != "message":
                return []
            message = _Message.model_validate(found)
        except ValidationError as error:
            raise UnableToParse(f"{told(error)} Нужен объект JSON с полями id, from, text.") from error
        if message.at and request.at and message.at > request.at + _WINDOW:
            raise UnableToParse("at: это время ещё не наступило.")
        return [InboundEvent(message.id, message.sender, message.text, message.at, request.body.decode())]

    def answers_at_once(self, request: Request) -> bool:
        """A site that asks for no answer gets the message's answer by its callback."""
        return bool(_json.validate_json(request.body).get("answer") != "later")

    def respond(self, request: Request, results: Sequence[Mapping[str, Any] | None]) -> Response:  # noqa: ARG002 the results say all
        known = next((result for result in results if result is not None), None)
        if known is None:
            return Response(202 if results else 200, _STORED, "application/json")
        return Response(200, _encoded({"status": "answered", **known}), "application/json")

    def reaches(self, recipient: str) -> bool:
        return bool(self._callback and self._secret) and not recipient.startswith(OWN_PAGE)

    async def send(self, outgoing: Outgoing) -> Sent:
        if outgoing.recipient.startswith(OWN_PAGE):
            raise CannotCarry("страница уже закрыта")
        if not self._callback or not self._secret:
            raise CannotCarry("не задан callback или SBYT_WEBFORM_SECRET")
        name = f"sbyt-{outgoing.id}"
        said = {"id": name, "to": outgoing.recipient, "text": outgoing.text, "buttons": list(outgoing.buttons)}
        content, stamp = _encoded(said), str(int(self._clock().timestamp()))
        headers = {
            "content-type": "application/json",
            "idempotency-key": name,
            "x-sbyt-timestamp": stamp,
            "x-sbyt-signature": self._signature(stamp, content),
        }
        response, _ = await post(self._callback, content, headers, seconds=self._seconds)
        if response.status_code == _NO_SUCH_VISITOR:
            raise RecipientGone(f"HTTP {_NO_SUCH_VISITOR}")
        if error := error_of(response):
            raise error
        return Sent()

    def _signature(self, stamp: str, body: bytes) -> str:
        return "sha256=" + hmac.digest(self._secret, stamp.encode() + b"." + body, "sha256").hex()


def _time(stamp: str) -> dt.datetime:
    try:
        return dt.datetime.fromtimestamp(int(stamp), dt.UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UnableToVerify("X-Sbyt-Timestamp: нужны секунды с 1970 года целым числом.") from error


def _encoded(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")
