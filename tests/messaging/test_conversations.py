"""What is remembered of each sender in each channel."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sbyt.messaging.conversations import NOTHING_ASKED, Remembered, Turned, remember, remembered
from sbyt.messaging.inbox import Incoming, store
from sbyt.messaging.models import Conversation
from tests.support.databases import Database

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


def a_message(sender: str, channel: str = "sms") -> int:
    return store(Incoming(channel, sender, "", f"{sender}-{channel}", NOW), NOW).id


def known(message: int) -> Remembered | None:
    return remembered([message]).get(message)


def keep(message: int, channel: str, sender: str, state: dict[str, Any], **asked: Any) -> None:
    there = known(message)
    remember([Turned(there and there.id, channel, sender, state, {**NOTHING_ASKED, **asked})], NOW)


def test_a_conversation_begins_with_nothing(database: Database) -> None:
    assert remembered([a_message("anna")]) == {}


def test_of_each_sender_in_each_channel_the_latest_state_is_remembered(database: Database) -> None:
    by_sms, by_email = a_message("anna"), a_message("anna", "email")
    keep(by_sms, "sms", "anna", {"language": "ru"})
    keep(by_email, "email", "anna", {"language": "en"})
    keep(by_sms, "sms", "anna", {"language": "en", "refusals": {"lower": 1}})
    found = remembered([by_sms, by_email])
    assert found[by_sms].state == {"language": "en", "refusals": {"lower": 1}}
    assert found[by_email].state == {"language": "en"}
    assert Conversation.objects.count() == 2


def test_many_are_remembered_at_once_new_ones_beside_known_ones(database: Database) -> None:
    anna, boris = a_message("anna"), a_message("boris")
    keep(anna, "sms", "anna", {"at": 1})
    there = known(anna)
    assert there
    remember(
        [
            Turned(there.id, "sms", "anna", {"at": 2}, NOTHING_ASKED),
            Turned(None, "sms", "boris", {"said": "tab\t, line\n, \\N and «кавычки»"}, NOTHING_ASKED),
        ],
        NOW,
    )
    found = remembered([anna, boris])
    assert found[anna].state == {"at": 2}
    assert found[boris].state == {"said": "tab\t, line\n, \\N and «кавычки»"}


def test_what_was_asked_is_kept_beside_and_forgotten_again(database: Database) -> None:
    anna = a_message("anna")
    asked = {"asked_by_id": anna, "asked_text": "Который?", "asked_buttons": ["1", "2"], "ask_again_at": NOW}
    for _ in range(2):
        keep(anna, "sms", "anna", {}, **asked)
        kept = Conversation.objects.get()
        assert (kept.asked_by_id, kept.asked_text, kept.asked_buttons) == (anna, "Который?", ["1", "2"])
        assert (kept.ask_again_at, kept.to_staff_at, kept.updated_at) == (NOW, None, NOW)
    keep(anna, "sms", "anna", {})
    assert Conversation.objects.get().asked_by is None
