"""Playing a customer: what is offered to be written does what it is called, and the board tells all of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sbyt.accounts.models import Link
from sbyt.config.channels import DEFAULT_CHANNELS, HANDSETS, connected
from sbyt.core.settings import ChannelState, Demo, Settings
from sbyt.messaging.channel import Channel, Handset
from sbyt.messaging.models import InboundMessage, OutboundMessage
from sbyt.messaging.talks import Answered, talk
from sbyt.readings.queries import newest_taken
from sbyt.usecases.receive_message import handle_waiting
from sbyt.usecases.send_messages import send_waiting
from sbyt.usecases.simulator import (
    Board,
    Customer,
    Seen,
    Typed,
    UnableToWrite,
    address_of,
    can_share,
    demo_customers,
    examples,
    look,
    sender_in,
    write_as,
)
from tests.support.databases import Database, FreshDatabase
from tests.support.household import a_meter, an_account, was_read_monthly

#: On this day every channel takes readings, the telephone too.
NOW = dt.datetime(2026, 11, 19, 9, 0, tzinfo=dt.UTC)
SETTINGS = Settings(channels=DEFAULT_CHANNELS, demo=Demo(simulator=True))
CODES = {handset: code for code, handset in reversed(HANDSETS.items())}


def town() -> None:
    """One meter; day and night; light and both waters; three registers. Whoever writes has a phone on file."""
    first = an_account("2000000001", name="Петров П. П.", phone="+79120000101")
    was_read_monthly(a_meter(first, "40010001"), 3230, use=(120,))
    second = an_account("2000000002", name="Сидорова А. А.", phone="+79120000102")
    was_read_monthly(a_meter(second, "40010002", zones=2, digits=6), 6840, 2500, use=(140, 60))
    third = an_account("2000000003", name="Осипов О. О.", phone="+79120000103")
    was_read_monthly(a_meter(third, "40010003"), 9000, use=(200,))
    was_read_monthly(a_meter(third, "5001", "cold_water", decimals=3), 700_000, use=(6_200,))
    was_read_monthly(a_meter(third, "5002", "hot_water", decimals=3), 90_000, use=(3_100,))
    fourth = an_account("2000000004", name="Попова Е. И.", phone="+79120000104")
    was_read_monthly(a_meter(fourth, "40010004", zones=3), 4000, 900, 2600, use=(90, 30, 60))


@pytest.fixture
def database(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(town) as made:
        yield made


def channels(settings: Settings = SETTINGS) -> dict[str, Channel]:
    return connected(settings, {}, lambda: NOW)


def outcome_of(customer: Customer, code: str, text: str, *, subject: str = "", language: str = "") -> tuple[str, str]:
    """What a written message comes to, handled and sent as ``sbyt work`` does it: outcome, and the reason."""
    write_as(customer, code, Typed(text, subject), SETTINGS, NOW, connected=channels(), language=language)
    while handle_waiting(SETTINGS, NOW):
        pass
    send_waiting(channels()[code], SETTINGS, lambda: NOW)
    result = InboundMessage.objects.order_by("-id").values_list("result", flat=True)[0] or {}
    return result["outcome"], result["reason"] or ""


def offered(customer: Customer, handset: Handset, language: str = "ru") -> dict[str, str]:
    address = address_of(customer, CODES[handset], SETTINGS)
    found = examples(customer, demo_customers(SETTINGS), address, handset, SETTINGS, NOW, language)
    return {one.code: one.text for one in found}


#: What each example is to come to.
EXPECTED = {
    "right": {("accepted", "")},
    "swapped": {("confirm", "swapped")},
    "much": {("confirm", "high")},
    "stranger": {("accepted", "")},
    "several": {("accepted", "")},
    "rubbish": {("unknown", ""), ("info", ""), ("refused", "")},
    "slip": {("ask", ""), ("refused", "lower")},
}


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("handset", ["short", "messenger", "mail", "keypad"])
def test_an_example_does_what_it_is_called(database: Database, handset: Handset, language: str) -> None:
    wrong = {}
    for customer in demo_customers(SETTINGS):
        for code in offered(customer, handset, language):
            text = offered(customer, handset, language)[code]
            came = outcome_of(customer, CODES[handset], text, subject="Показания" if handset == "mail" else "")
            if came not in EXPECTED[code]:
                wrong[customer.account, code, text] = came
    assert wrong == {}


def test_what_is_offered_as_right_stays_right_however_often_it_is_pressed(database: Database) -> None:
    customer, sent = demo_customers(SETTINGS)[1], []
    for _ in range(3):
        sent.append(offered(customer, "short")["right"])
        assert outcome_of(customer, "sms", sent[-1]) == ("accepted", "")
    assert len(set(sent)) == 3


def test_day_and_night_are_taken_after_a_yes(database: Database) -> None:
    customer = demo_customers(SETTINGS)[1]
    outcome_of(customer, "telegram", offered(customer, "messenger")["swapped"])
    _, answered = talk("telegram", customer.account, 10)
    assert (answered[-1].state, answered[-1].buttons) == ("delivered", ("Да", "Нет"))
    assert outcome_of(customer, "telegram", "Да") == ("accepted", "")
    assert [(one.zone, one.verdict) for one in newest_taken(10)] == [("T2", "swapped"), ("T1", "swapped")]


def test_a_key_says_yes_on_the_telephone(database: Database) -> None:
    customer = demo_customers(SETTINGS)[0]
    assert outcome_of(customer, "voice", offered(customer, "keypad")["much"]) == ("confirm", "high")
    assert outcome_of(customer, "voice", "1") == ("accepted", "")


def test_whoever_wants_english_is_answered_in_it(database: Database) -> None:
    customer = demo_customers(SETTINGS)[0]
    outcome_of(customer, "sms", "4425", language="en")
    outcome_of(customer, "sms", "4426", language="en")
    said, answered = talk("sms", "+79120000101", 10)
    assert [one.text for one in said] == ["/en", "4425", "4426"]
    assert "Taken" in answered[-1].text or "taken" in answered[-1].text


def test_a_letter_has_a_subject_which_is_read_with_it(database: Database) -> None:
    customer = demo_customers(SETTINGS)[0]
    assert outcome_of(customer, "email", "4425", subject="Показания") == ("accepted", "")
    ((one,), _) = talk("email", "2000000001@example.org", 10)
    assert (one.subject, one.typed, one.text) == ("Показания", "4425", "Показания\n4425")


# who is played -------------------------------------------------------------------------------------------------------


def test_the_guide_names_who_is_played_in_its_order(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "guide.json"
    guests = [{"account": number} for number in ("2000000003", "2000000001", "7777777777")]
    file.write_text(json.dumps({"guests": guests}), encoding="utf-8")
    settings = SETTINGS.model_copy(update={"demo": Demo(simulator=True, guide=str(file))})
    assert [one.account for one in demo_customers(settings)] == ["2000000003", "2000000001"]


@pytest.mark.parametrize("written", [None, "no JSON"])
def test_without_a_guide_the_first_with_a_phone_are_played(
    database: Database, tmp_path: Path, written: str | None
) -> None:
    if written:
        (tmp_path / "guide.json").write_text(written, encoding="utf-8")
    nowhere = SETTINGS.model_copy(update={"demo": Demo(simulator=True, guide=str(tmp_path / "guide.json"))})
    for settings in (SETTINGS, nowhere):
        assert [one.account for one in demo_customers(settings)] == [f"200000000{number}" for number in range(1, 5)]


def test_a_chat_is_linked_when_it_is_first_written_from(database: Database) -> None:
    customer = demo_customers(SETTINGS)[0]
    address = address_of(customer, "telegram", SETTINGS)
    assert not Link.objects.filter(address=address.address).exists()
    for _ in range(2):
        outcome_of(customer, "telegram", "помощь")
    assert Link.objects.filter(address=address.address, account__number=customer.account).count() == 1
    assert address_of(customer, "telegram", SETTINGS) == address
    assert not OutboundMessage.objects.exclude(channel="telegram").exists()  # nobody is told of it


def test_nobody_writes_through_a_channel_that_is_real(database: Database) -> None:
    customer = demo_customers(SETTINGS)[0]
    for code, made in (("webform", channels()), ("sms", channels(Settings(channels=DEFAULT_CHANNELS)))):
        with pytest.raises(UnableToWrite):
            write_as(customer, code, Typed("4425"), SETTINGS, NOW, connected=made)
    assert not InboundMessage.objects.exists()


def test_a_withdrawn_channel_names_the_open_ones(database: Database) -> None:
    from sbyt.usecases.channels import Change, change_channel

    change_channel(Change("whatsapp", ChannelState.WITHDRAWN, "test"), SETTINGS, NOW)
    customer = demo_customers(SETTINGS)[0]
    assert outcome_of(customer, "whatsapp", "4425") == ("closed", "closed")
    _, (answer,) = talk("whatsapp", "+79120000101", 10)
    assert "SMS" in answer.text
    assert outcome_of(customer, "whatsapp", "4425", language="en") == ("closed", "closed")
    assert "takes no readings any more" in talk("whatsapp", "+79120000101", 10)[1][-1].text


# the board -----------------------------------------------------------------------------------------------------------


def keys(board: Board) -> list[str]:
    return [shown.key.partition("-")[0] for shown in board.news()]


def test_the_board_shows_each_row_when_it_is_new_and_when_it_has_changed(database: Database) -> None:
    customer, board = demo_customers(SETTINGS)[0], Board(look()[1])
    write_as(customer, "sms", Typed("4425"), SETTINGS, NOW, connected=channels())
    assert keys(board) == ["said"]
    assert keys(board) == []
    handle_waiting(SETTINGS, NOW)
    assert sorted(keys(board)) == ["answered", "said", "taken"]
    send_waiting(channels()["sms"], SETTINGS, lambda: NOW)
    (sent,) = board.news()
    assert isinstance(sent.row, Answered)
    assert sent.row.state == "delivered"
    assert keys(board) == []


def test_whoever_comes_again_gets_what_they_missed_and_what_was_not_settled(database: Database) -> None:
    customer, board = demo_customers(SETTINGS)[0], Board(look()[1])
    outcome_of(customer, "sms", "4425")
    board.news()
    before = board.seen
    write_as(customer, "sms", Typed("4426"), SETTINGS, NOW, connected=channels())
    board.news()
    assert board.seen == before  # it is not settled yet
    handle_waiting(SETTINGS, NOW)
    again = Board(Seen.of(before.name) or Seen())
    assert sorted(keys(again)) == ["answered", "said", "taken"]


def test_readings_that_came_by_a_file_are_not_on_the_board(database: Database) -> None:
    shown, seen = look()
    assert shown == []
    assert (seen.said, seen.answered) == (0, 0)


@pytest.mark.parametrize("name", ["", "1", "1-2", "a-b-c", "1-2-3-4", "-1-2-3", "1-2-" + "9" * 40])
def test_a_name_that_is_not_ours_says_nothing(name: str) -> None:
    assert Seen.of(name) is None


def test_a_sender_is_called_as_the_channel_calls_them(database: Database) -> None:
    customer = demo_customers(SETTINGS)[0]
    named = [sender_in(address_of(customer, code, SETTINGS)) for code in ("sms", "email", "telegram")]
    assert named == ["+79120000101", "2000000001@example.org", "2000000001"]


# the phone on file ---------------------------------------------------------------------------------------------------


def test_who_shares_the_phone_on_file_is_linked_by_it_and_by_nobody(database: Database) -> None:
    customer = demo_customers(SETTINGS)[0]
    assert can_share(customer, "telegram", SETTINGS)
    write_as(customer, "telegram", Typed("", contact=True), SETTINGS, NOW, connected=channels())
    handle_waiting(SETTINGS, NOW)
    link = Link.objects.get(kind="chat", address__startswith="telegram:")
    assert (link.account.number, link.how, link.made_by) == (customer.account, "contact", "")
    assert not can_share(customer, "telegram", SETTINGS)
