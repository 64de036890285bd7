"""What every channel must do, run over a table that the channel declares.

A channel's module holds ``class TestX(ChannelContract)`` with its ``table``. The webhooks are asked of the real
``sbyt serve`` on both databases; what is sent goes to a real server, over HTTP or SMTP, that behaves as providers do. A
row that a channel can't have is ``NotPossible("why")``: nothing is left out in silence.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple

import pytest
from structlog.testing import capture_logs

from sbyt.core.settings import ChannelState
from sbyt.messaging.channel import (
    Channel,
    InboundEvent,
    Outgoing,
    Request,
    Sent,
    Throttled,
    UnableToSend,
)
from sbyt.messaging.models import (
    ChannelStatus,
    Conversation,
    ExpectedPhoto,
    InboundMessage,
    OutboundMessage,
    Photo,
    Unreadable,
)
from sbyt.readings.models import StaffTask
from tests.channels.mail_provider import MailBehaviour, mail_provider
from tests.channels.provider import RETRY_AFTER, Behaviour, provider
from tests.support.databases import Database, FreshDatabase
from tests.support.serving import Answered, Served, right_now, serving


@dataclass(frozen=True)
class NotPossible:
    """Why a channel can't have such a row."""

    why: str


Headers = Mapping[str, str]


class Speaking(NamedTuple):
    """A protocol by which messages are sent: all that its providers do, one that does it, how long it asks to wait."""

    behaviours: type[enum.StrEnum]
    provider: Callable[..., AbstractContextManager[Any]]
    wait: float | None


PROTOCOLS = {
    "http": Speaking(Behaviour, provider, RETRY_AFTER),
    "smtp": Speaking(MailBehaviour, mail_provider, None),  # it has no way to say how long
}


@dataclass(frozen=True)
class Payload:
    """What the platform's documentation says it posts, and what that means."""

    body: bytes
    events: Sequence[InboundEvent]


@dataclass(frozen=True)
class Table:
    """What is particular to a channel. Rows go by their names.

    ``sign`` gives the headers of a genuine request with this body, sent now; the rows of ``forgeries`` give those of
    requests that aren't genuine, and the body where the proof is in it. ``connected`` makes the channel as it sends to
    a provider at this address. ``said_in`` takes from an answer what must be the same when a request is repeated.
    ``sends`` has a row for each behaviour of the providers that speak as this one does. ``settings`` is what
    ``sbyt.toml`` must say for the channel to be there at all.
    """

    code: str
    secrets: Mapping[str, str]
    connected: Callable[[str], Channel]
    sends: Mapping[Any, type[UnableToSend] | NotPossible | None]
    payloads: Mapping[str, Payload] | NotPossible
    forgeries: Mapping[str, Callable[[bytes], Headers | tuple[Headers, bytes]]] | NotPossible
    unknown: Mapping[str, bytes] | NotPossible
    malformed: Mapping[str, bytes] | NotPossible
    sign: Callable[[bytes], Headers] = field(default=lambda _: {})
    said_in: Callable[[Answered], Any] = field(default=lambda answer: answer.body)
    takes: bytes = b"{}"  # what the provider answers to a message that it takes
    provider_id: str = ""  # what it calls the message in there
    speaks: Literal["http", "smtp"] = "http"
    settings: str = ""
    recipient: str = "+79120000199"


#: What a test of the contract is run for: the argument that a row is given as, and the rows' place in the table.
_ROWS = {"payload": "payloads", "forgery": "forgeries", "unknown": "unknown", "malformed": "malformed"}

SECRET_TEXT = "Сообщение, которого в журнале быть не должно 4425"


class ChannelContract:
    """Inherit and name the table."""

    table: ClassVar[Table]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        for argument, place in {**_ROWS, "behaviour": "sends"}.items():
            if argument in metafunc.fixturenames:
                metafunc.parametrize(argument, _parameters(argument, getattr(metafunc.cls.table, place)))

    @pytest.fixture(scope="class")
    @classmethod
    def served(cls, fresh_database: FreshDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
        with fresh_database() as database:
            environ = environ_of(database, cls.table)
            if cls.table.settings:
                file = tmp_path_factory.mktemp(cls.table.code) / "sbyt.toml"
                file.write_text(cls.table.settings, encoding="utf-8")
                environ["SBYT_CONFIG"] = str(file)
            with serving(environ) as served:
                yield served

    @pytest.fixture(autouse=True)
    def _discreet(self, request: pytest.FixtureRequest) -> Iterator[None]:
        """No test may leave a secret or anything personal in the log of the server."""
        yield
        if "served" in request.fixturenames:
            assert told_in(request.getfixturevalue("served").logged(), self.table) == []

    # what comes in ---------------------------------------------------------------------------------------------------

    def test_a_payload_is_read_as_these_events(self, payload: Payload) -> None:
        channel = self.table.connected("http://127.0.0.1:9/")
        asked = Request(dict(self.table.sign(payload.body)), payload.body, at=right_now())
        channel.verify(asked)
        assert list(channel.parse(asked)) == list(payload.events)

    def test_a_payload_is_stored_once_and_its_repetition_answered_the_same(
        self, served: Served, payload: Payload
    ) -> None:
        first = post(served, self.table, payload.body)
        stored = list(stored_messages(self.table.code))
        again = post(served, self.table, payload.body)
        assert first.status in (200, 202)
        assert {(one.provider_id, one.sender, one.text) for one in payload.events} <= set(stored)
        assert (again.status, self.table.said_in(again)) == (first.status, self.table.said_in(first))
        assert stored_messages(self.table.code) == stored

    def test_a_forgery_is_refused_in_words_and_leaves_nothing(
        self, served: Served, forgery: Callable[[bytes], Headers | tuple[Headers, bytes]]
    ) -> None:
        payloads = self.table.payloads
        body = b'{"made": "up"}' if isinstance(payloads, NotPossible) else next(iter(payloads.values())).body
        before, kept = stored_messages(self.table.code), Unreadable.objects.count()
        forged = forgery(body)
        headers, body = forged if isinstance(forged, tuple) else (forged, body)
        answer = served.ask(f"/in/{self.table.code}", body, headers)
        assert answer.status in (401, 403)
        assert len(answer.text.split()) >= 4
        assert (stored_messages(self.table.code), Unreadable.objects.count()) == (before, kept)

    def test_an_event_that_we_have_no_use_for_is_taken_and_only_counted(self, served: Served, unknown: bytes) -> None:
        counter = f'sbyt_webhooks_total{{channel="{self.table.code}",result="nothing"}}'
        before, counted = stored_messages(self.table.code), served.metric(counter)
        assert post(served, self.table, unknown).status == 200
        assert (stored_messages(self.table.code), served.metric(counter)) == (before, counted + 1)

    def test_what_is_genuine_and_unreadable_is_kept_for_people(self, served: Served, malformed: bytes) -> None:
        before, kept = stored_messages(self.table.code), Unreadable.objects.count()
        assert post(served, self.table, malformed).status in (200, 400)
        assert (stored_messages(self.table.code), Unreadable.objects.count()) == (before, kept + 1)
        row = Unreadable.objects.latest("id")
        assert (row.channel, bool(row.why)) == (self.table.code, True)
        kept_of_it = malformed
        for secret in self.table.secrets.values():
            kept_of_it = kept_of_it.replace(secret.encode(), b"***")
        assert row.body == kept_of_it.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")

    def test_a_withdrawn_channel_still_stores(self, served: Served) -> None:
        if isinstance(self.table.payloads, NotPossible):
            assert self.table.payloads.why  # as the table says
            return
        now, payload = right_now(), next(iter(self.table.payloads.values()))
        for model in (OutboundMessage, Conversation, StaffTask, Photo, ExpectedPhoto, InboundMessage):
            model.objects.all().delete()
        withdrawn = ChannelStatus.objects.create(
            channel=self.table.code,
            state=ChannelState.WITHDRAWN,
            since=now.date(),
            title="T",
            changed_at=now,
            changed_by="test",
        )
        assert post(served, self.table, payload.body).status in (200, 202)
        assert {one.provider_id for one in payload.events} <= {one for one, *_ in stored_messages(self.table.code)}
        withdrawn.delete()

    def test_a_request_without_anything_is_no_error_of_ours(self, served: Served) -> None:
        for method in ("GET", "POST"):
            assert served.ask(f"/in/{self.table.code}", b"", method=method).status in (200, 401, 403)

    # what goes out ---------------------------------------------------------------------------------------------------

    def test_what_the_provider_does_becomes_a_known_error(
        self, behaviour: enum.StrEnum, caplog: pytest.LogCaptureFixture
    ) -> None:
        expected, protocol = self.table.sends[behaviour], PROTOCOLS[self.table.speaks]
        outgoing = Outgoing(7, self.table.recipient, SECRET_TEXT, ("Да", "Нет"))
        with (
            caplog.at_level(logging.DEBUG),
            capture_logs() as logs,
            protocol.provider(behaviour, self.table.takes) as other,
        ):
            result = outcome(self.table.connected(other.url), outgoing)
        if isinstance(result, UnableToSend):
            assert type(result) is expected, result
            assert told_in(str(result), self.table) == []
            if isinstance(result, Throttled):
                assert result.wait == protocol.wait
        else:
            assert expected is None, f"it was taken as sent: {result}"
            assert behaviour.name != "TAKES_IT" or result.provider_id == self.table.provider_id
        assert told_in(caplog.text + str(logs), self.table) == []

    # the table itself ------------------------------------------------------------------------------------------------

    def test_every_behaviour_of_a_provider_has_its_row(self) -> None:
        assert set(self.table.sends) == set(PROTOCOLS[self.table.speaks].behaviours)

    def test_there_are_rows_of_every_sort_or_a_reason_why_not(self) -> None:
        for place in _ROWS.values():
            rows = getattr(self.table, place)
            assert rows.why if isinstance(rows, NotPossible) else rows, place
        assert all(row.why for row in self.table.sends.values() if isinstance(row, NotPossible))
        if not isinstance(self.table.forgeries, NotPossible):
            assert len(self.table.forgeries) >= 2, "a signature can be wrong in more than one way"


def _parameters(argument: str, rows: Mapping[str, Any] | NotPossible) -> list[Any]:
    """A test for each row; what isn't possible is skipped with its reason."""
    if isinstance(rows, NotPossible):
        return [pytest.param(None, id="not possible", marks=pytest.mark.skip(reason=rows.why))]
    return [
        pytest.param(None, id=name, marks=pytest.mark.skip(reason=row.why))
        if isinstance(row, NotPossible)
        else pytest.param(name if argument == "behaviour" else row, id=name)
        for name, row in rows.items()
    ]


def environ_of(database: Database, table: Table) -> dict[str, str]:
    return {**database.environ, **table.secrets}


def post(served: Served, table: Table, body: bytes) -> Answered:
    """A genuine request."""
    return served.ask(f"/in/{table.code}", body, table.sign(body))


def stored_messages(code: str) -> list[tuple[str, str, str]]:
    return list(InboundMessage.objects.filter(channel=code).order_by("id").values_list("provider_id", "sender", "text"))


def outcome(channel: Channel, outgoing: Outgoing) -> Sent | UnableToSend:
    try:
        return asyncio.run(channel.send(outgoing))
    except UnableToSend as error:
        return error


def told_in(log: str, table: Table) -> list[str]:
    """What stands in a log and must not: secrets, senders, recipients, texts."""
    events = [] if isinstance(table.payloads, NotPossible) else [e for p in table.payloads.values() for e in p.events]
    personal = {table.recipient, SECRET_TEXT, *(one.sender for one in events), *(one.text for one in events)}
    return sorted(word for word in {*personal, *table.secrets.values()} if len(word) > 4 and word in log)
