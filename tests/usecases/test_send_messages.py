"""Sending what waits, to a provider that answers, refuses, hangs or is not there."""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import Callable, Collection, Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection

from sbyt.core.settings import ChannelSettings, Quiet, Settings
from sbyt.messaging import outbox
from sbyt.messaging.channel import CannotCarry, Capabilities, Outgoing, Sent, UnableToSend
from sbyt.messaging.guarding import Guard, Verdict
from sbyt.messaging.models import Delivery, OutboundMessage
from sbyt.messaging.outbox_lists import unsent
from sbyt.messaging.pacing import rate_of
from sbyt.usecases.send_messages import Sender, fitted, send_waiting
from tests.messaging.outbox_world import ANNOUNCEMENT, NOON, NOTICE, log, pace, states, write
from tests.support.databases import Database
from tests.support.provider import CLOSE, GARBAGE, HANG, Provider, ProviderChannel, a_provider

SETTINGS = Settings()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with a_provider() as provider:
        yield provider


def noon() -> dt.datetime:
    return NOON


def send(
    channel: ProviderChannel, settings: Settings = SETTINGS, *, time_limit: float = 5, **other: Any
) -> dict[str, int]:
    return dict(send_waiting(channel, settings, noon, time_limit=time_limit, **other))


@pytest.mark.usefixtures("database")
def test_what_waits_is_sent_and_the_providers_name_for_it_kept(provider: Provider) -> None:
    write("Приняли 4425.", recipient="anna")
    assert send(ProviderChannel(provider.url)) == {"delivered": 1}
    message = OutboundMessage.objects.get()
    (got,) = provider.got
    assert (got.recipient, got.text, got.message) == ("anna", "Приняли 4425.", message.id)
    assert (message.state, message.provider_id) == ("delivered", f"P{message.id}")


@pytest.mark.parametrize(
    ("behaviour", "result", "state"),
    [
        (500, "provider_failed", "waiting"),
        ("429 7", "throttled", "waiting"),
        (401, "not_authorised", "waiting"),
        (403, "recipient_gone", "failed"),
        (400, "message_refused", "failed"),
        (HANG, "uncertain", "uncertain"),
        (CLOSE, "uncertain", "uncertain"),
        (GARBAGE, "uncertain", "uncertain"),
    ],
)
@pytest.mark.usefixtures("database")
def test_whatever_the_provider_does_has_its_consequence(
    provider: Provider, behaviour: int | str, result: str, state: str
) -> None:
    provider.plans("anna", behaviour)
    write(recipient="anna", kind=NOTICE)
    assert send(ProviderChannel(provider.url), time_limit=0.3) == {result: 1}
    assert (states(), log()) == ([state], [result])


@pytest.mark.usefixtures("database")
def test_a_pause_that_the_provider_asks_for_holds_for_the_channel(provider: Provider) -> None:
    provider.plans("anna", "429 7")
    write(recipient="anna")
    send(ProviderChannel(provider.url))
    write(recipient="boris")
    assert send(ProviderChannel(provider.url)) == {}
    assert pace().paused_until == NOON + dt.timedelta(seconds=7)


@pytest.mark.usefixtures("database")
def test_where_nobody_listens_the_message_waits() -> None:
    write(kind=NOTICE)
    assert send(ProviderChannel("http://127.0.0.1:1/")) == {"unreachable": 1}
    assert states() == ["waiting"]


@pytest.mark.usefixtures("database")
def test_messages_are_under_way_together(provider: Provider) -> None:
    """Each waits until all have arrived: one after the other they never would."""
    together = threading.Barrier(5, timeout=20)

    class Slow(ProviderChannel):
        async def send(self, outgoing: Outgoing) -> Sent:
            await asyncio.to_thread(together.wait)
            return Sent()

    for _ in range(5):
        write()
    assert send(Slow(provider.url), time_limit=30) == {"delivered": 5}


@pytest.mark.usefixtures("database")
def test_one_that_hangs_keeps_no_other_from_being_recorded(provider: Provider) -> None:
    provider.plans("hangs", HANG)
    write(recipient="hangs")
    with Sender(ProviderChannel(provider.url), SETTINGS, noon, time_limit=30) as sender:
        sender.begin_due()
        write(recipient="anna")
        sender.begin_due()
        while sender.settle(1) == 0:
            pass
        assert states() == ["sending", "delivered"]
        provider.released.set()
        sender.finish()
    assert states() == ["waiting", "delivered"]


@pytest.mark.usefixtures("database")
def test_only_answers_go_in_the_quiet_hours_of_the_installation(provider: Provider) -> None:
    """It is noon in Moscow, four in the afternoon in Novosibirsk."""
    for kind in (ANNOUNCEMENT, NOTICE):
        write(kind=kind)
    write("answer", recipient="anna")
    quiet = Settings(time_zone="Asia/Novosibirsk", quiet=Quiet(from_hour=16, to_hour=17))
    assert send(ProviderChannel(provider.url), quiet) == {"delivered": 1}
    assert provider.recipients == ["anna"]
    elsewhere = Settings(time_zone="Europe/Moscow", quiet=Quiet(from_hour=16, to_hour=17))
    assert send(ProviderChannel(provider.url), elsewhere) == {"delivered": 2}


# channels with faults ------------------------------------------------------------------------------------------------


class OwnError(UnableToSend):
    """Not in the list."""


async def raises_value_error(outgoing: Outgoing) -> Sent:
    raise ValueError("key 12345-secret for anna")


async def raises_its_own_error(outgoing: Outgoing) -> Sent:
    raise OwnError("of its own")


async def exits(outgoing: Outgoing) -> Sent:
    raise SystemExit(3)


async def is_cancelled(outgoing: Outgoing) -> Sent:
    raise asyncio.CancelledError


async def returns_nothing(outgoing: Outgoing) -> Any:
    return None


@pytest.mark.parametrize(
    "fault",
    [raises_value_error, raises_its_own_error, exits, is_cancelled, returns_nothing],
    ids=lambda one: one.__name__,
)
def test_of_what_a_faulty_channel_did_nobody_knows_and_the_next_is_sent(
    database: Database,
    provider: Provider,
    capfd: pytest.CaptureFixture[str],
    fault: Callable[[Outgoing], Any],
) -> None:
    class Faulty(ProviderChannel):
        async def send(self, outgoing: Outgoing) -> Sent:
            sent: Sent = await (fault(outgoing) if outgoing.recipient == "anna" else super().send(outgoing))
            return sent

    write(recipient="anna", kind=NOTICE)
    write(recipient="boris", kind=NOTICE)
    assert send(Faulty(provider.url)) == {"uncertain": 1, "delivered": 1}
    assert states() == ["uncertain", "delivered"]
    said = "".join(capfd.readouterr()) + "".join(Delivery.objects.values_list("said", flat=True))
    assert "secret" not in said
    assert "anna" not in said


@pytest.mark.usefixtures("database")
def test_a_channel_that_blocks_its_thread_is_given_up(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sbyt.usecases.send_messages._GRACE", 0.2)
    blocked = threading.Event()

    class Blocking(ProviderChannel):
        async def send(self, outgoing: Outgoing) -> Sent:
            blocked.wait(30)
            return Sent()

    write(kind=NOTICE)
    assert send(Blocking(provider.url), time_limit=0.1) == {"uncertain": 1}
    blocked.set()
    for thread in threading.enumerate():
        if thread.name == "send-sms":
            thread.join(20)


# what a channel can show ---------------------------------------------------------------------------------------------

BUTTONS = ("Да", "Нет")


@pytest.mark.parametrize(
    ("can", "text", "buttons"),
    [
        pytest.param(Capabilities(buttons=True), "Верно?", BUTTONS, id="buttons"),
        pytest.param(Capabilities(), "Верно?\n– Да\n– Нет", (), id="no buttons: lines"),
        pytest.param(Capabilities(length=17), "Верно?\n– Да\n– Нет", (), id="lines that just fit"),
        pytest.param(Capabilities(length=16), "Верно?", (), id="lines that don't: left out"),
        pytest.param(Capabilities(length=6), "Верно?", (), id="a text that just fits"),
    ],
)
def test_a_message_is_shown_as_the_channel_can(can: Capabilities, text: str, buttons: tuple[str, ...]) -> None:
    assert fitted(Outgoing(1, "anna", "Верно?", BUTTONS), can) == Outgoing(1, "anna", text, buttons)


def test_a_text_too_long_is_neither_cut_nor_split() -> None:
    with pytest.raises(CannotCarry, match="в тексте 6 знаков, канал передаёт не больше 5"):
        fitted(Outgoing(1, "anna", "Верно?"), Capabilities(length=5))


@pytest.mark.usefixtures("database")
def test_a_text_too_long_is_listed_as_failed(provider: Provider) -> None:
    write("x" * 601)
    assert send(ProviderChannel(provider.url)) == {"cannot_carry": 1}
    assert (states(), provider.got) == (["failed"], [])


@pytest.mark.parametrize(("wanted", "holds"), [(None, 30), (5, 5), (30, 30), (500, 30)])
def test_settings_may_slow_a_channel_and_not_hurry_it(wanted: int | None, holds: int) -> None:
    settings = Settings(channels={"sms": ChannelSettings(title="SMS", per_second=wanted)})
    assert rate_of(ProviderChannel("", per_second=30), settings).per_second == holds


# the database --------------------------------------------------------------------------------------------------------


def test_what_ended_while_the_database_was_lost_is_recorded_once_it_is_back(
    database: Database, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    write()
    with Sender(ProviderChannel(provider.url), SETTINGS, noon) as sender:
        sender.begin_due()
        with monkeypatch.context() as broken:
            broken.setattr("sbyt.messaging.delivery._UPDATE", "SELECT %s, %s, %s, %s, %s, %s FROM nowhere")
            with pytest.raises(DatabaseError):
                sender.finish()
        assert (states(), sender.under_way) == (["sending"], 1)
        sender.finish()
        assert sender.ended == {"delivered": 1}
    assert states() == ["delivered"]
    assert len(provider.got) == 1


def test_a_lease_is_committed_before_anything_is_sent(database: Database, provider: Provider) -> None:
    seen: list[list[str]] = []

    class Looking(ProviderChannel):
        async def send(self, outgoing: Outgoing) -> Sent:
            seen.append(await asyncio.to_thread(_states_on_a_connection_of_its_own))
            return Sent()

    write()
    send(Looking(provider.url))
    assert seen == [["sending"]]
    assert outbox.LEASE.total_seconds() > 25  # longer than a send may take


def _states_on_a_connection_of_its_own() -> list[str]:
    try:
        return states()
    finally:
        connection.close()


# messages that may be out of date -------------------------------------------------------------------------------------


def guarded(verdict: Verdict | None, asked: list[int]) -> Guard:
    """One that is asked about reminders, and says the same of all."""

    def ask(ids: Collection[int], now: dt.datetime) -> dict[int, Verdict]:
        asked.extend(ids)
        return dict.fromkeys(ids, verdict) if verdict else {}

    return Guard(frozenset({"reminder"}), ask)


@pytest.mark.usefixtures("database")
def test_what_a_guard_lets_through_is_sent_and_it_is_asked_of_its_purposes_only(provider: Provider) -> None:
    write("Приняли 4425.", recipient="anna")
    write("Показаний ещё нет.", recipient="boris", purpose="reminder", kind=ANNOUNCEMENT)
    asked: list[int] = []
    assert send(ProviderChannel(provider.url), guard=guarded(None, asked)) == {"delivered": 2}
    assert asked == [OutboundMessage.objects.get(purpose="reminder").pk]


@pytest.mark.usefixtures("database")
def test_what_says_nothing_any_more_is_dropped_neither_sent_nor_failed(provider: Provider) -> None:
    write("Приняли 4425.", recipient="anna")
    write("Показаний ещё нет.", recipient="boris", purpose="reminder", kind=ANNOUNCEMENT)
    assert send(ProviderChannel(provider.url), guard=guarded(Verdict.DROP, [])) == {"delivered": 1, "drop": 1}
    assert [got.recipient for got in provider.got] == ["anna"]
    message = OutboundMessage.objects.get(recipient="boris")
    assert (message.state, message.leased_until) == ("expired", None)
    assert Delivery.objects.get(outbound=message).result == "dropped"
    assert unsent(10) == []


@pytest.mark.usefixtures("database")
def test_what_is_not_to_go_yet_waits_a_minute_as_if_it_had_not_been_claimed(provider: Provider) -> None:
    write("Показаний ещё нет.", recipient="boris", purpose="reminder", kind=ANNOUNCEMENT)
    assert send(ProviderChannel(provider.url), guard=guarded(Verdict.HOLD, [])) == {"hold": 1}
    message = OutboundMessage.objects.get()
    assert (message.state, message.attempts, message.send_at) == ("waiting", 0, NOON + dt.timedelta(minutes=1))
    assert (provider.got, log()) == ([], [])
