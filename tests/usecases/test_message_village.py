"""What people of all ages write, each conversation in a world of its own: understood or asked, not taken wrongly.

One conversation a line: a list of turns, each with what is acceptable; ``test_message_lists`` explains the fields.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from sbyt.cli.say import say_one
from tests.support.databases import FreshDatabase
from tests.usecases.importing import take

WORLD = Path(__file__).parents[1] / "data" / "messages" / "village"
CONVERSATIONS: list[list[dict[str, Any]]] = [
    json.loads(line) for line in (WORLD / "dialogues.jsonl").read_text(encoding="utf-8").splitlines()
]
#: So many conversations a test: each alone would cost more to name than to hold.
AT_ONCE = 40


@pytest.fixture(scope="module")
def village(fresh_database: FreshDatabase) -> Iterator[None]:
    with fresh_database():
        take([WORLD], settings=settings.SBYT)
        yield


def told(conversation: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers to a conversation, of which nothing remains."""
    with transaction.atomic():
        answers = [say_one(turn, settings.SBYT) for turn in conversation]
        transaction.set_rollback(True)
    return answers


def readings(told_or_expected: dict[str, Any], *statuses: str) -> set[tuple[str, str, str, Decimal, str]]:
    return {
        (one["account"], one["serial"], one["zone"], Decimal(one["value"]), one["period"])
        for one in told_or_expected["readings"]
        if one.get("status", "accepted") in statuses
    }


def amiss(turn: dict[str, Any], answer: dict[str, Any]) -> bool:
    expected = turn["expect"]
    wanted, counted = readings(expected, "accepted"), readings(answer, "accepted")
    if answer["outcome"] not in expected["outcome"] or (counted and counted != wanted):
        return True
    if any(secret in answer["reply"] for secret in expected.get("reply_lacks", ())):
        return True
    if answer["outcome"] == "accepted":
        return counted != wanted
    return answer["outcome"] in ("refused", "confirm") and answer["reason"] != expected.get("reason", answer["reason"])


@pytest.mark.parametrize("first", range(0, len(CONVERSATIONS), AT_ONCE))
@pytest.mark.usefixtures("village")
def test_conversations_bring_what_they_must(first: int) -> None:
    found = [
        (turn["text"], turn["expect"], answer["outcome"], answer["reason"], answer["readings"])
        for conversation in CONVERSATIONS[first : first + AT_ONCE]
        for turn, answer in zip(conversation, told(conversation), strict=True)
        if amiss(turn, answer)
    ]

    assert found == []
