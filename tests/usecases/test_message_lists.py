"""Long lists of what people send, each with what must come of it, through the real path from the files on.

``example``: a small world with the formats of a few retailers. ``town``: another, with accounts and serials of other
shapes; single messages, then conversations of several turns. One JSON object a line: ``expect`` holds the acceptable
outcomes, the readings that must be counted, the reason where it is refused or confirmed, and what a reply must not say.
The messages of a list run in order in one database, as customers send them.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from sbyt.cli.say import say_one
from tests.support.databases import FreshDatabase
from tests.usecases.importing import take

MESSAGES = Path(__file__).parents[1] / "data" / "messages"
LISTS = [("example", "messages"), ("town", "messages"), ("town", "dialogues")]
#: Two segments of an SMS in Cyrillic.
LONGEST_SMS = 134


def lines(world: str, name: str) -> list[dict[str, Any]]:
    text = (MESSAGES / world / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


Said = Callable[[str, str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def said(fresh_database: FreshDatabase) -> Said:
    """The answers to a list, each list told once in a fresh world."""

    @functools.cache
    def tell(world: str, name: str) -> list[dict[str, Any]]:
        with fresh_database():
            take([MESSAGES / world], settings=settings.SBYT)
            return [say_one(message, settings.SBYT) for message in lines(world, name)]

    return tell


def counted(answer: dict[str, Any], *statuses: str) -> set[tuple[str, str, str, Decimal, str]]:
    return {
        (one["account"], one["serial"], one["zone"], Decimal(one["value"]), one["period"])
        for one in answer["readings"]
        if one.get("status", "accepted") in statuses
    }


CASES = [(world, name, at) for world, name in LISTS for at in range(len(lines(world, name)))]


@pytest.mark.parametrize(("world", "name", "at"), CASES)
def test_a_message_brings_what_it_must(world: str, name: str, at: int, said: Said) -> None:
    message, answer = lines(world, name)[at], said(world, name)[at]
    expected = message["expect"]
    wanted = counted(expected, "accepted")

    assert answer["outcome"] in expected["outcome"], (message["text"], answer)
    if answer["outcome"] == "accepted":
        assert counted(answer, "accepted") == wanted, (message["text"], answer)
    elif answer["outcome"] == "duplicate":
        assert counted(answer, "accepted", "duplicate") == wanted, (message["text"], answer)
    else:
        assert not counted(answer, "accepted"), (message["text"], answer)
    if answer["outcome"] in ("refused", "confirm") and "reason" in expected:
        assert answer["reason"] == expected["reason"], (message["text"], answer)


@pytest.mark.parametrize(("world", "name"), LISTS)
def test_no_reply_says_what_it_must_not(world: str, name: str, said: Said) -> None:
    told = [
        (message["text"], answer["reply"])
        for message, answer in zip(lines(world, name), said(world, name), strict=True)
        if any(secret in answer["reply"] for secret in message["expect"].get("reply_lacks", ()))
    ]

    assert told == []


@pytest.mark.parametrize(("world", "name"), LISTS)
def test_every_answer_fits_its_channel(world: str, name: str, said: Said) -> None:
    pairs = zip(lines(world, name), said(world, name), strict=True)

    assert all(0 < len(answer["reply"]) <= LONGEST_SMS for message, answer in pairs if message["channel"] == "sms")
