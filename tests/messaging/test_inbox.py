"""The inbox: stored once, taken in order, by one worker at a time."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections, transaction

from sbyt.messaging import inbox
from sbyt.messaging.inbox import (
    Incoming,
    Stored,
    claim,
    mark_handled,
    put_off,
    results,
    store,
    store_many,
    store_together,
)
from sbyt.messaging.models import InboundMessage
from tests.support.databases import Database, FreshDatabase

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


def stored(**other: Any) -> tuple[InboundMessage, bool]:
    message = {"channel": "sms", "provider_id": "7", "sender": "+79120000101", "text": "4425", **other}
    kept = store(Incoming(**message, received_at=NOW - dt.timedelta(minutes=1)), NOW)
    return InboundMessage.objects.get(pk=kept.id), kept.is_new


def test_what_came_is_stored_as_it_came(database: Database) -> None:
    message, is_new = stored(text="  4425\r\n\u202e«да»\t🙂 ")
    assert is_new
    message.refresh_from_db()
    assert (message.channel, message.provider_id, message.sender) == ("sms", "7", "+79120000101")
    assert message.text == "  4425\r\n\u202e«да»\t🙂 "
    assert (message.received_at, message.stored_at) == (NOW - dt.timedelta(minutes=1), NOW)
    assert (message.handled_at, message.result) == (None, None)


def test_the_same_again_is_found_and_not_stored(database: Database) -> None:
    first, _ = stored()
    again, is_new = stored(text="another text")
    assert (again.pk, is_new, again.text) == (first.pk, False, "4425")
    assert InboundMessage.objects.count() == 1


def test_the_id_of_another_senders_message_hides_nothing(database: Database) -> None:
    """A provider that begins to count anew loses no message by it, and shows nobody what another was answered."""
    first, _ = stored()
    other, is_new = stored(text="another text", sender="another")
    assert (is_new, other.pk != first.pk, other.text) == (True, True, "another text")
    again, is_new = stored(text="another text", sender="another")
    assert (is_new, again.pk) == (False, other.pk)


@pytest.mark.parametrize("other", [{"channel": "email"}, {"provider_id": "8"}])
def test_another_channel_or_id_is_another_message(database: Database, other: dict[str, str]) -> None:
    stored()
    assert stored(**other)[1]


@pytest.mark.parametrize(
    ("came", "kept"),
    [
        pytest.param("44\x0025", "4425", id="NUL"),
        pytest.param("\ud83d4425\udcff", "?4425?", id="lone surrogates"),
        pytest.param("\x01\x1b\x7f\x85\ufeff\u2028", "\x01\x1b\x7f\x85\ufeff\u2028", id="other control characters"),
        pytest.param("", "", id="nothing"),
        pytest.param("1" * 2**20, "1" * 2**20, id="a megabyte"),
    ],
)
def test_only_what_no_database_can_hold_is_left_out(database: Database, came: str, kept: str) -> None:
    message, _ = stored(text=came)
    assert InboundMessage.objects.get(pk=message.pk).text == message.text == kept


@pytest.mark.parametrize("field", ["provider_id", "sender"])
def test_a_message_from_a_strange_sender_is_stored_once(database: Database, field: str) -> None:
    first, _ = stored(**{field: "7\x00\udcff"})
    again, is_new = stored(**{field: "7\x00\udcff"})
    assert (again.pk, is_new) == (first.pk, False)


# many at once --------------------------------------------------------------------------------------------------------


def incoming(*messages: str) -> list[Incoming]:
    """Messages in a word each: ``anna:1`` is Anna's first, with the provider's id 1."""
    return [Incoming("sms", one.partition(":")[0], one, one.partition(":")[2], NOW) for one in messages]


def test_many_are_stored_in_their_order_each_once(database: Database) -> None:
    store(incoming("anna:2")[0], NOW)
    kept = store_many(incoming("boris:3", "anna:2", "anna:1", "boris:3", "zoe:4"), NOW)
    assert [one.is_new for one in kept] == [True, False, True, False, True]
    assert (kept[3].id, kept[1].id) == (kept[0].id, InboundMessage.objects.get(provider_id="2").id)
    in_order = InboundMessage.objects.order_by("id").values_list("text", flat=True)
    assert list(in_order) == ["anna:2", "boris:3", "anna:1", "zoe:4"]


def test_the_id_of_another_senders_message_hides_nothing_among_many(database: Database) -> None:
    kept = store_many(incoming("anna:1", "boris:1", "boris:1", "anna:1"), NOW)
    assert [one.is_new for one in kept] == [True, True, False, False]
    assert [kept[0].id, kept[1].id] == [kept[3].id, kept[2].id]


def test_where_an_id_is_anothers_each_senders_messages_keep_their_order(database: Database) -> None:
    kept = store_many(incoming("anna:1", "boris:1", "boris:2", "boris:1"), NOW)
    in_order = InboundMessage.objects.order_by("id").values_list("text", "id")
    assert [text for text, _ in in_order] == ["anna:1", "boris:1", "boris:2"]
    assert kept[3] == Stored(kept[1].id, is_new=False)


def test_what_came_apart_is_stored_together_each_once(database: Database) -> None:
    first = store_together(incoming("anna:1", "boris:2", "anna:1"), NOW)
    assert [one.is_new for one in first] == [True, True, False]
    assert first[0].id == first[2].id
    again = store_together(incoming("zoe:3", "boris:2"), NOW)
    assert again[1] == Stored(first[1].id, is_new=False)
    assert [one.text for one in InboundMessage.objects.order_by("id")] == [
        one.text for one in incoming("anna:1", "boris:2", "zoe:3")
    ]


def test_the_id_of_another_senders_message_hides_nothing_of_what_came_apart(database: Database) -> None:
    kept = store_together(incoming("anna:1", "boris:1", "boris:1", "zoe:2"), NOW)
    assert [one.is_new for one in kept] == [True, True, False, True]
    assert InboundMessage.objects.get(pk=kept[1].id).sender == "boris"


def test_many_more_than_one_statement_takes_are_stored_in_their_order(database: Database) -> None:
    kept = store_many(incoming(*(f"sender-{at % 7}:{at}" for at in range(173))), NOW)
    assert all(one.is_new for one in kept)
    assert [one.id for one in kept] == sorted(one.id for one in kept)
    assert list(InboundMessage.objects.order_by("id").values_list("provider_id", flat=True)) == [
        str(at) for at in range(173)
    ]


def test_nothing_is_stored_of_nothing(database: Database) -> None:
    assert store_many([], NOW) == []


def test_of_many_that_another_stores_the_other_way_round_each_is_stored_once(database: Database) -> None:
    messages = incoming(*(f"sender-{at}:{at}" for at in range(200)))
    kept: list[Stored] = []

    def store_these(those: list[Incoming]) -> None:
        kept.extend(store_many(those, NOW))
        connections.close_all()

    threads = [threading.Thread(target=store_these, args=(those,)) for those in (messages, messages[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (InboundMessage.objects.count(), len(kept), sum(one.is_new for one in kept)) == (200, 400, 200)


# who is next ---------------------------------------------------------------------------------------------------------


def claimed(limit: int = 50, now: dt.datetime = NOW) -> list[str]:
    with transaction.atomic():
        return [message.text for message in claim(now, limit)]


def ids(*texts: str) -> list[int]:
    return [InboundMessage.objects.get(text=text).id for text in texts]


def test_what_waits_is_taken_from_the_oldest_on(database: Database) -> None:
    store_many(incoming("anna:1", "boris:2", "anna:3", "zoe:4"), NOW)
    assert claimed() == ["anna:1", "boris:2", "anna:3", "zoe:4"]
    assert claimed(2) == ["anna:1", "boris:2"]


def test_what_was_handled_is_not_taken_again(database: Database) -> None:
    store_many(incoming("anna:1", "anna:2"), NOW)
    mark_handled({ids("anna:1")[0]: {"outcome": "info"}}, NOW)
    assert claimed() == ["anna:2"]
    assert results(ids("anna:1", "anna:2")) == {ids("anna:1")[0]: {"outcome": "info"}}


def test_what_was_put_off_keeps_its_senders_others_waiting_and_nobody_else(database: Database) -> None:
    store_many(incoming("anna:1", "boris:2", "anna:3"), NOW)
    put_off(ids("anna:1")[0], 1, NOW + dt.timedelta(seconds=5))
    assert claimed() == ["boris:2"]
    assert claimed(now=NOW + dt.timedelta(seconds=5)) == ["anna:1", "boris:2", "anna:3"]


def test_however_many_wait_behind_one_that_was_put_off_others_are_found(database: Database) -> None:
    store_many(incoming(*(f"anna:{at}" for at in range(600)), "boris:x"), NOW)
    put_off(ids("anna:0")[0], 1, NOW + dt.timedelta(seconds=5))
    assert claimed(2) == ["boris:x"]


def test_what_a_live_session_stores_is_left_to_it_for_a_while(database: Database) -> None:
    store(incoming("anna:1")[0], NOW, leave_until=NOW + dt.timedelta(seconds=10))
    assert claimed(now=NOW + dt.timedelta(seconds=9)) == []
    assert claimed(now=NOW + dt.timedelta(seconds=10)) == ["anna:1"]


def test_after_the_clock_was_set_back_nothing_waits_for_it(database: Database) -> None:
    store_many(incoming("anna:1"), NOW)
    put_off(ids("anna:1")[0], 1, NOW + dt.timedelta(hours=1))
    assert claimed() == ["anna:1"]


@contextmanager
def another_at_work(limit: int) -> Iterator[list[str]]:
    """Another worker, who has so many messages in hand as long as this lasts."""
    took: list[str] = []
    has, may_go = threading.Event(), threading.Event()

    def work() -> None:
        with transaction.atomic():
            took.extend(message.text for message in claim(NOW, limit))
            has.set()
            may_go.wait(30)
        connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    has.wait(30)
    try:
        yield took
    finally:
        may_go.set()
        thread.join()


def test_two_workers_take_different_senders_without_waiting(fresh_postgresql: FreshDatabase) -> None:
    with fresh_postgresql():
        store_many(incoming(*(f"sender-{at}:{at}" for at in range(6)), "sender-0:x"), NOW)
        with another_at_work(2) as took:
            assert took == ["sender-0:0", "sender-1:1"]
            assert claimed(2) == ["sender-2:2", "sender-3:3"]
            assert claimed() == ["sender-2:2", "sender-3:3", "sender-4:4", "sender-5:5"]


def test_who_takes_what_another_has_just_handled_takes_the_next(
    fresh_postgresql: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A statement still sees as waiting what was handled, and its sender let go, while the statement ran."""
    found: list[list[int]] = []
    locked_heads = inbox._locked_heads

    def and_another_was_quicker(due: tuple[dt.datetime, dt.datetime], limit: int) -> list[int]:
        found.append(locked_heads(due, limit))
        if len(found) == 1:
            _handled_elsewhere(found[0])
        return found[-1]

    monkeypatch.setattr(inbox, "_locked_heads", and_another_was_quicker)
    with fresh_postgresql():
        store_many(incoming("anna:1", "boris:2", "zoe:3"), NOW)
        assert claimed(2) == ["zoe:3"]


def _handled_elsewhere(messages: list[int]) -> None:
    def handle() -> None:
        mark_handled({message: {"outcome": "info"} for message in messages}, NOW)
        connections.close_all()

    thread = threading.Thread(target=handle)
    thread.start()
    thread.join(30)
