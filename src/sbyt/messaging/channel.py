"""The Channel port: what a way to talk to customers must be able to do. It only translates.

A channel is a folder ``sbyt/channels/<code>``, a table of cases in ``tests/channels/<code>``, a page
``docs/channels/<code>.md`` and a line in ``sbyt.config.channels``; the recipe is ``docs/channels/adding.md``.
"""

from __future__ import annotations

import datetime as dt
import enum
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from sbyt.core.settings import Section
from sbyt.messaging.pictures import Picture

Clock = Callable[[], dt.datetime]

#: What a person writes with: a phone's short messages, a messenger, a mail program, the keys of a telephone, a page.
Handset = Literal["short", "messenger", "mail", "keypad", "page"]

#: What the senders and message ids of our own pages begin with; nobody else's may.
OWN_PAGE = "page:"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can carry. ``length``: the longest text in characters, None where there is no limit.

    ``contact``: a person can share their own phone by a button. Whether the law lets personal data and payment
    documents go this way is the installation's to say (``sbyt.core.settings.ChannelSettings``).
    """

    buttons: bool = False
    photo: bool = False
    file: bool = False
    contact: bool = False
    voice: bool = False
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What a provider posts to us, or asks. Names of headers are in lower case.

    ``at`` is when it came, by our clock: the serving layer always gives it.
    """

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What the provider is told."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


#: A contact that a person shared and that isn't their own, or isn't proved to be: ``InboundEvent.contact``.
ANOTHERS_CONTACT = "?"


@dataclass(frozen=True, slots=True)
class InboundEvent:
    """A message as every channel hands it in. ``received_at``: the provider's time, None where it gives none.

    ``photos`` are those that the provider's request carries, ``files`` names of photos that the channel can fetch
    (``Channel.fetch``). ``contact``: the sender's own phone as the platform proved it, with a plus;
    ``ANOTHERS_CONTACT`` for any other that was shared; empty where none was.
    """

    provider_id: str
    sender: str
    text: str
    received_at: dt.datetime | None = None
    raw: str = ""
    photos: tuple[Picture, ...] = ()
    files: tuple[str, ...] = ()
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Polled:
    """What a provider gave that was asked: requests as its webhook would post them, and from where to ask on.

    ``after`` also tells the provider, when it is asked with it, that these are stored.
    """

    bodies: Sequence[bytes]
    after: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file that goes with a message. ``name`` is what the recipient sees: «Счёт за ноябрь 2026.pdf»."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be sent. ``id`` is ours, the same in every attempt: a key for providers that know idempotency.

    ``subject`` only names it, for channels that have such a thing: the text says all by itself. What stands on a button
    is sent as if it were typed; ``contact_button`` is what stands on one by which the person shares their own phone,
    empty where none is offered.
    """

    id: int
    recipient: str
    text: str
    buttons: tuple[str, ...] = ()
    subject: str = ""
    document: Document | None = None
    contact_button: str = ""


class UnableToOpenDocument(Exception):
    """There is no document of this reference, or it can't be made: trying again would change nothing.

    The text goes into the delivery log: it says which and why, and nothing of what it holds.
    """


#: Gives the document that a message refers to. Whoever composes the sending hands it in: messages hold the reference
#: only. It raises UnableToOpenDocument; it may take a while and ask the database.
Documents = Callable[[str], Document]


def no_documents(reference: str) -> Document:  # noqa: ARG001 whatever it is
    """Where there are none.

    :raises UnableToOpenDocument: always.
    """
    raise UnableToOpenDocument("документов нет")


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took it; ``provider_id`` is its name for it, empty where it gives none."""

    provider_id: str = ""


class UnableToVerify(ValueError):
    """A request is not from the provider: nothing of it is kept.

    The text says which proof is missing or wrong. It goes into answer and log, and repeats nothing of the request.
    """


class UnableToParse(ValueError):
    """A request from the provider is of no form that we know. The text goes into the answer, as with UnableToVerify."""


class UnableToRegister(Exception):
    """A provider can't be told how to reach us. The text says why, and what to do: an administrator reads it."""


class UnableToSetUp(ValueError):
    """A channel can't be used as it is configured. ``variable``: which secret of the environment is at fault."""

    def __init__(self, variable: str, said: str) -> None:
        self.variable, self.said = variable, said
        super().__init__(f"{variable}: {said}")


class UnableToSend(Exception):
    """A message was not sent, or nobody knows. The subclasses are the whole list.

    ``said`` is what the provider answered, without secrets and personal data.
    """

    code: ClassVar[str]
    retryable: ClassVar[bool]
    staff_are_told: ClassVar[str]  # what people must do or know; empty where nothing is to be done

    def __init__(self, said: str = "") -> None:
        self.said = said
        super().__init__(f"{self.code}: {said}")


class Unreachable(UnableToSend):
    """No connection: certainly nothing was sent."""

    code, retryable, staff_are_told = "unreachable", True, ""


class Throttled(UnableToSend):
    """Too fast. ``wait`` in seconds is how long the provider asks us to pause, None where it doesn't say."""

    code, retryable, staff_are_told = "throttled", True, ""

    def __init__(self, said: str = "", wait: float | None = None) -> None:
        super().__init__(said)
        self.wait = wait


class ProviderFailed(UnableToSend):
    """The provider says that it failed (5xx), or nothing is at its address (404): it did not take the message."""

    code, retryable, staff_are_told = "provider_failed", True, ""


class NotAuthorised(UnableToSend):
    """Our token, key or password isn't accepted. It waits until somebody puts it right."""

    code, retryable = "not_authorised", True
    staff_are_told = "Провайдер не принимает наш ключ. Проверьте ключ канала: sbyt doctor"


class Uncertain(UnableToSend):
    """It was sent and no answer came in time: it may have arrived."""

    code, retryable = "uncertain", False
    staff_are_told = "Неизвестно, дошло ли сообщение."


class RecipientGone(UnableToSend):
    """There is no such recipient, or they don't want to hear from us."""

    code, retryable, staff_are_told = "recipient_gone", False, "Адресат недоступен в этом канале."


class MessageRefused(UnableToSend):
    """The provider will never take this message."""

    code, retryable = "message_refused", False
    staff_are_told = "Провайдер отказался передать сообщение."


class CannotCarry(UnableToSend):
    """The channel has no way to say this, or to say anything first."""

    code, retryable, staff_are_told = "cannot_carry", False, "Канал не умеет передать такое сообщение."


class DocumentMissing(UnableToSend):
    """The document that belongs to the message can't be opened. The channel wasn't asked: no channel raises this."""

    code, retryable, staff_are_told = "document_missing", False, "Документ к сообщению не открывается."


class FindingCode(enum.StrEnum):
    """What a provider may say of how it reaches us, and of what it holds for us."""

    WEBHOOK_MISSING = "webhook_missing"  # it has no address of ours, or was told to stop
    WEBHOOK_ELSEWHERE = "webhook_elsewhere"  # it posts to another address than ours
    WEBHOOK_FAILING = "webhook_failing"  # it posts, and lately got no answer, or a wrong one
    BACKLOG = "backlog"  # messages wait at the provider that we have not taken
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a provider answered that is not as it should be.

    ``said`` is the provider's own words, or the number that matters, without secrets and personal data.
    """

    code: FindingCode
    said: str = ""


class NoOptions(Section):
    """The options of a channel that has none."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a channel is made with: its options of ``sbyt.toml``, its secrets by their short names, the clock."""

    options: Any
    secrets: Mapping[str, str]
    clock: Clock


class Channel(ABC):
    """One way to talk to customers. No dialogue, no meter and no money in it.

    Making one is quick and opens nothing. A secret ``TOKEN`` of the channel ``max`` is the variable ``SBYT_MAX_TOKEN``.
    """

    code: ClassVar[str]
    capabilities: ClassVar[Capabilities]
    Options: ClassVar[type[Section]] = NoOptions  # the schema of [channels.<code>.options]
    needs: ClassVar[tuple[str, ...]] = ()  # secrets without which the channel isn't connected
    may_have: ClassVar[tuple[str, ...]] = ()  # secrets without which it can do less
    needs_options: ClassVar[tuple[str, ...]] = ()  # options without which the channel isn't connected
    live: ClassVar[bool] = False  # its answer is the response to the request; nothing is sent afterwards
    status_of_unreadable: ClassVar[int] = 200  # what is kept for people need not be sent again
    simulated: ClassVar[Handset | None] = None  # it stands in for a provider: how who has one writes; it reaches nobody
    per_second: ClassVar[int] = 10  # messages that may be sent; the settings may say less
    apart: ClassVar[float] = 0  # so many seconds lie at least between two messages to one recipient
    polls: bool = False  # its provider must be asked for what came: ``poll``
    fetches: ClassVar[bool] = False  # its provider keeps photos that must be fetched: ``fetch``
    by_address: bool = False  # what comes in comes to our address in the internet: by webhook, or from a browser

    @classmethod
    def connect(cls, setup: Setup) -> Channel:  # noqa: ARG003 for channels that have options or secrets
        """The channel as an installation has it.

        :raises UnableToSetUp: if a secret is of no use.
        """
        return cls()

    @abstractmethod
    def verify(self, request: Request) -> None:
        """Make sure that the request is from the provider.

        :raises UnableToVerify: if it isn't, or can't be told.
        """

    @abstractmethod
    def parse(self, request: Request) -> Sequence[InboundEvent]:
        """The messages in a request; none where it holds only what we have no use for.

        :raises UnableToParse: if it is of no known form.
        """

    def redacted(self, body: bytes) -> bytes:
        """What is kept for people of a genuine request that can't be read: all but our own secrets."""
        return body

    def answers_at_once(self, request: Request) -> bool:  # noqa: ARG002 for others
        """Whether this request is one of a live session, whose answer goes into the response."""
        return self.live

    def respond(self, request: Request, results: Sequence[Mapping[str, Any] | None]) -> Response:  # noqa: ARG002 for others
        """What the provider is told once all is stored.

        :param results: in a live session the result of each event (``sbyt say`` prints the same), None where it is
            stored and not yet handled; else empty.
        """
        return Response()

    async def register(self, webhook: str) -> str:  # noqa: ARG002 for others
        """Tell the provider how it is to reach us: to post to this address, or to wait until it is asked.

        It may be called again at any time, and closes what it opens.

        :param webhook: as in ``look``.

        :returns: what was done, in words for an administrator, a line or several; without secrets.

        :raises UnableToRegister: if it can't be, as this channel is configured.
        :raises UnableToSend: if the provider can't be asked, or refuses.
        """
        raise UnableToRegister("У этого канала регистрировать нечего, или это делают у провайдера.")

    async def poll(self, after: str) -> Polled:
        """Ask the provider what came, waiting for a while if nothing did. Each body is then parsed as a request's is.

        :param after: what the last answer said, once all of it is stored; empty in the beginning.

        :raises UnableToSend: as ``send`` does; MessageRefused where somebody else is asking already.
        """
        raise NotImplementedError

    async def fetch(self, file: str) -> Picture:
        """A photo by the name that ``InboundEvent.files`` gave.

        :raises UnableToSend: as ``send`` does; RecipientGone where there is no such file any more.
        :raises UnableToTakePhoto: if it is no photo, or too large.
        """
        raise NotImplementedError

    def reaches(self, recipient: str) -> bool:  # noqa: ARG002 for others
        """Whether this recipient can be written to first, without having asked just now."""
        return True

    @abstractmethod
    async def send(self, outgoing: Outgoing) -> Sent:
        """Hand a message to the provider.

        :raises UnableToSend: one of its subclasses, nothing else.
        """

    async def look(self, webhook: str) -> Sequence[Finding]:  # noqa: ARG002 for others
        """Ask the provider how it is set to reach us. None are found where all is well, or it can't be asked.

        It is asked every ten minutes, in another event loop than ``send``: what this function opens it closes again.

        :param webhook: the address at which the provider should post to us; empty where it should post nowhere: the
            installation has no address in the internet, or this channel doesn't go by it (``by_address``).

        :raises UnableToSend: if the provider can't be asked. That our key is refused is an alarm by itself.
        """
        return ()
