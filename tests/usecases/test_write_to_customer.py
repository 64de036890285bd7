"""Staff write first, where a customer can be reached."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings as DjangoSettings

from sbyt.accounts.models import Account, Link
from sbyt.core.settings import ChannelState
from sbyt.messaging.models import OutboundMessage
from sbyt.usecases.write_to_customer import LONGEST, UnableToWrite, ways_to, write_to
from tests.support.databases import Database
from tests.usecases.receiving import ACCOUNT, OWNER, SETTINGS, household, with_channel

NOW = dt.datetime(2026, 11, 20, 15, 0, tzinfo=dt.UTC)


class Reaching:
    """A channel that is connected, and whom it reaches."""

    def __init__(self, reaches: Callable[[str], bool]) -> None:
        self.reaches = reaches


@pytest.fixture
def account(database: Database, settings: DjangoSettings) -> Account:
    settings.CONNECTED_CHANNELS = lambda: {"sms": Reaching(lambda _: True), "telegram": Reaching(lambda _: True)}
    household()
    return Account.objects.get(number=ACCOUNT)


def names(account: Account, **changed: Any) -> list[str]:
    settings = with_channel("sms", **changed) if changed else SETTINGS
    return [way.name for way in ways_to(account, settings, NOW)]


def test_a_customer_is_reached_by_what_is_linked_open_and_connected(account: Account) -> None:
    Link.objects.create(kind="chat", address="telegram:77", account=account, how="one_time_code", made_at=NOW)
    Link.objects.create(kind="chat", address="max:77", account=account, how="one_time_code", made_at=NOW)
    assert names(account) == [f"sms:{OWNER}", "telegram:77"]


@pytest.mark.parametrize("changed", [{"state": ChannelState.WITHDRAWN}, {"rendering": "keypad"}])
def test_not_by_what_is_closed_or_a_keypad(account: Account, changed: dict[str, Any]) -> None:
    assert names(account, **changed) == []


def test_not_by_a_link_that_ended(account: Account) -> None:
    Link.objects.update(ended_at=NOW)
    assert names(account) == []


def test_not_where_a_channel_reaches_nobody_first(account: Account, settings: DjangoSettings) -> None:
    settings.CONNECTED_CHANNELS = lambda: {"sms": Reaching(lambda _: False)}
    assert names(account) == []


def test_what_is_written_goes_out_as_a_notice_with_who_wrote_it(account: Account) -> None:
    write_to(account, f"sms:{OWNER}", " Придёт\nконтролёр ", "Анна", SETTINGS, NOW)
    sent = OutboundMessage.objects.get()
    assert (sent.recipient, sent.text, sent.purpose, sent.written_by, sent.kind, sent.state) == (
        OWNER,
        "Придёт контролёр",
        "staff_wrote",
        "Анна",
        OutboundMessage.Kind.NOTICE,
        "waiting",
    )


def test_it_is_no_longer_than_can_be_sent(account: Account) -> None:
    write_to(account, f"sms:{OWNER}", "я" * 5000, "Анна", SETTINGS, NOW)
    assert len(OutboundMessage.objects.get().text) == LONGEST


@pytest.mark.parametrize(
    ("way", "text", "reason"),
    [(f"sms:{OWNER}", " \n", "no_text"), ("sms:+79990000000", "Здравствуйте", "no_way"), ("", "Да", "no_way")],
)
def test_without_words_or_a_way_nothing_is_written(account: Account, way: str, text: str, reason: str) -> None:
    with pytest.raises(UnableToWrite) as refused:
        write_to(account, way, text, "Анна", SETTINGS, NOW)
    assert (refused.value.reason, OutboundMessage.objects.count()) == (reason, 0)
