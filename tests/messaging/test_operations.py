"""The inbox, what is remembered of a conversation, and the outbox."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sbyt.messaging.inbox import Incoming, store
from sbyt.messaging.models import Conversation, InboundMessage, OutboundMessage
from sbyt.messaging.operations import answer, conversation_state, remember
from tests.support.databases import Database

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
    again, is_new = stored(text="another text", sender="another")
    assert (again.pk, is_new, again.text) == (first.pk, False, "4425")
    assert InboundMessage.objects.count() == 1


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


def test_a_conversation_begins_with_nothing(database: Database) -> None:
    assert conversation_state("sms", "+79120000101") == {}


def test_of_each_sender_in_each_channel_the_latest_state_is_remembered(database: Database) -> None:
    remember("sms", "anna", {"language": "ru"}, NOW)
    remember("email", "anna", {"language": "en"}, NOW)
    remember("sms", "anna", {"language": "en", "refusals": {"lower": 1}}, NOW)
    assert conversation_state("sms", "anna") == {"language": "en", "refusals": {"lower": 1}}
    assert conversation_state("email", "anna") == {"language": "en"}
    assert Conversation.objects.count() == 2


def test_an_answer_given_on_the_spot_is_in_the_outbox_as_delivered(database: Database) -> None:
    message, _ = stored()
    answer(message, "Приняли 4425.", {"outcome": "accepted"}, NOW)
    message.refresh_from_db()
    assert (message.handled_at, message.result) == (NOW, {"outcome": "accepted"})
    sent = OutboundMessage.objects.get()
    assert (sent.channel, sent.recipient, sent.text) == ("sms", "+79120000101", "Приняли 4425.")
    assert (sent.in_reply_to, sent.state, sent.delivered_at) == (message, "delivered", NOW)
