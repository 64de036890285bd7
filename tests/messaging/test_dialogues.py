"""One conversation over all channels, page by page."""

from __future__ import annotations

import datetime as dt

import pytest

from sbyt.messaging.dialogues import NEWEST, Entry, Party, Place, conversation
from sbyt.messaging.models import InboundMessage, OutboundMessage
from tests.support.databases import Database

START = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
ALWAYS = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SMS, CHAT = Party("sms", "+79120000101", ALWAYS), Party("telegram", "77", ALWAYS)


def said(text: str, minute: int = 0, party: Party = SMS) -> InboundMessage:
    at = START + dt.timedelta(minutes=minute)
    return InboundMessage.objects.create(
        channel=party.channel,
        sender=party.sender,
        text=text,
        provider_id=f"{party.channel}-{InboundMessage.objects.count()}",
        received_at=at,
        stored_at=at,
    )


def told(
    text: str, minute: int = 0, party: Party = SMS, *, to: InboundMessage | None = None, kind: int = 2
) -> OutboundMessage:
    at = START + dt.timedelta(minutes=minute)
    return OutboundMessage.objects.create(
        channel=party.channel,
        recipient=party.sender,
        text=text,
        kind=kind,
        in_reply_to=to,
        created_at=at,
        send_at=at,
    )


def lines(entries: list[Entry]) -> list[str]:
    return [" / ".join(filter(None, (one.said, *(answer.text for answer in one.answers)))) for one in entries]


def all_pages(parties: list[Party], others: list[int], most: int) -> list[str]:
    """From the newest to the oldest, page by page."""
    before: Place | None = NEWEST
    found: list[str] = []
    while before:
        entries, before = conversation(parties, others, most, before)
        found = lines(entries) + found
    return found


def test_all_channels_are_one_conversation_with_the_answers_beside(database: Database) -> None:
    told("принято", 1, to=said("4425"), kind=1)
    told("ваш счёт привязан", 2, CHAT)
    told("здравствуйте", 4, CHAT, to=said("/start", 3, CHAT), kind=1)
    entries, more = conversation([SMS, CHAT], [], 10)
    assert lines(entries) == ["4425 / принято", "ваш счёт привязан", "/start / здравствуйте"]
    assert more is None


@pytest.mark.parametrize("most", [1, 2, 3, 7])
def test_no_page_loses_or_repeats_what_came_at_the_same_moment(database: Database, most: int) -> None:
    for number in range(4):
        told(f"ответ {number}", 30, to=said(f"{number}"), kind=1)
        told(f"уведомление {number}")
        said(f"чат {number}", number % 2, CHAT)
    shown = all_pages([SMS, CHAT], [], most)
    assert shown == lines(conversation([SMS, CHAT], [], 100)[0])
    assert len(shown) == len(set(shown)) == 12


def test_what_another_owner_of_the_phone_wrote_is_not_shown(database: Database) -> None:
    said("от прежнего", 0)
    told("прежнему", 0)
    said("от нынешнего", 10)
    now = SMS._replace(since=START + dt.timedelta(minutes=5))
    before = SMS._replace(until=START + dt.timedelta(minutes=5))
    assert lines(conversation([now], [], 10)[0]) == ["от нынешнего"]
    assert lines(conversation([before], [], 10)[0]) == ["от прежнего", "прежнему"]


def test_a_strangers_message_is_there_with_what_we_told_them_later(database: Database) -> None:
    stranger = Party("sms", "+79129999999", ALWAYS)
    message = said("200001 4425", 0, stranger)
    said("о другом", 1, stranger)
    told("приняли", 0, stranger, to=message, kind=1)
    told("сотрудник проверил", 5, stranger, to=message)
    told("кто-то передал", 0, SMS, to=message)
    assert lines(conversation([SMS], [message.id], 10)[0]) == [
        "200001 4425 / приняли / сотрудник проверил",
        "кто-то передал",
    ]


def test_a_notice_to_a_party_stands_once(database: Database) -> None:
    message = said("4425")
    told("сотрудник проверил", 5, to=message)
    assert lines(conversation([SMS], [message.id], 10)[0]) == ["4425", "сотрудник проверил"]


def test_a_place_can_be_written_and_read() -> None:
    assert Place.parse(str(NEWEST)) == NEWEST


@pytest.mark.parametrize("written", ["", "x", "1_2_3", "2026-11-20_1"])
def test_what_is_no_place_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Place.parse(written)
