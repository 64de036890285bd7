"""Linking by the code of a bill, through the real path."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from sbyt.accounts.models import Account, Link, WrongCode
from sbyt.accounts.revoking import revoke_tokens
from sbyt.accounts.tokens import Tokens
from sbyt.accounts.wrong_codes import forget_wrong_codes
from sbyt.billing.models import Bill, Hold
from sbyt.conversation.acts import CodeCame
from sbyt.conversation.render.russian import _CODE_ANSWERS
from sbyt.core.periods import Period
from sbyt.core.settings import ChannelSettings, Settings
from sbyt.messaging.inbox import store
from sbyt.messaging.models import Conversation, InboundMessage, OutboundMessage
from sbyt.usecases.receive_message import Incoming, handle_waiting, receive_messages
from tests.support.databases import FreshDatabase
from tests.usecases.receiving import ACCOUNT, NOON, OTHER, OWNER, SETTINGS, STRANGER, household, said, values

KEYS = {1: b"of the tests, and of nobody else"}
TOKENS = Tokens(KEYS)
SEPTEMBER, OCTOBER = Period.parse("2026-09"), Period.parse("2026-10")
NOW = dt.datetime(2026, 11, 20, 9, 2, tzinfo=dt.UTC)
WRONG = "0000-0000-0000"

_ids = itertools.count(1)


@pytest.fixture(autouse=True)
def _household(fresh_database: FreshDatabase) -> Iterator[None]:
    with fresh_database(billed_household), override_settings(BILL_KEYS=KEYS):
        yield


def billed_household() -> None:
    household()
    for account in Account.objects.all():
        for period in (SEPTEMBER, OCTOBER):
            Bill.objects.create(account=account, period=period, opening=0, charged=0, recalculated=0, paid=0, closing=0)


def account_id(account: str = ACCOUNT) -> int:
    return Account.objects.get(number=account).pk


def code(account: str = ACCOUNT, period: Period = OCTOBER) -> str:
    return TOKENS.code(account_id(account), period)


def token(account: str = ACCOUNT, period: Period = OCTOBER) -> str:
    return TOKENS.token(account_id(account), period)


def by_code(account: str = ACCOUNT, period: Period = OCTOBER) -> str:
    return f"{account} код {code(account, period)}"


def came(answer: dict[str, Any]) -> CodeCame:
    """What an answer begins with, whole or short."""
    known = {
        text.format(account=account): what
        for what, texts in _CODE_ANSWERS.items()
        for text in texts
        for account in (ACCOUNT, OTHER)
    }
    return known[max((text for text in known if answer["reply"].startswith(text)), key=len)]


def links(account: str = ACCOUNT) -> list[tuple[str, str, str]]:
    """The links that were not there from the beginning."""
    made = Link.objects.filter(account__number=account, ended_at=None).exclude(how=Link.How.ON_FILE)
    return list(made.order_by("id").values_list("kind", "address", "how"))


def notices() -> list[tuple[str, str]]:
    return list(OutboundMessage.objects.filter(purpose="owner_told").order_by("id").values_list("channel", "recipient"))


# a link --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "sender", "link"),
    [
        ("sms", STRANGER, ("phone", STRANGER)),
        ("voice", "79990000000", ("phone", STRANGER)),
        ("whatsapp", STRANGER, ("phone", STRANGER)),
        ("email", "Ivanov@Example.org", ("email", "ivanov@example.org")),
        ("max", "12345", ("chat", "max:12345")),
        ("webform", "visitor-7", ("chat", "webform:visitor-7")),
    ],
)
def test_the_code_links_its_sender_in_any_channel(channel: str, sender: str, link: tuple[str, str]) -> None:
    assert said("баланс", channel=channel, sender=sender)["outcome"] == "refused"
    answer = said(by_code(), channel=channel, sender=sender)
    assert (came(answer), answer["outcome"], links()) == (CodeCame.LINKED, "info", [(*link, "bill_code")])
    shown = said("баланс", channel=channel, sender=sender)["reply"]
    may = SETTINGS.channels[channel].personal_data
    assert shown.startswith(f"Счёт {ACCOUNT}: к оплате 1234,56 ₽." if may else "Показать это здесь")


@pytest.mark.parametrize("form", ["{}", "/start {}", "https://gkh.example.org/b/{}"])
def test_so_does_the_token(form: str) -> None:
    answer = said(form.format(token()), channel="max", sender="12345")
    assert (came(answer), links()) == (CodeCame.LINKED, [("chat", "max:12345", "bill_code")])


def test_owners_are_told_once_and_the_one_linked_is_not() -> None:
    said(by_code(), channel="max", sender="12345")
    said(by_code(), channel="max", sender="12345")
    assert notices() == [("sms", OWNER)]
    text = OutboundMessage.objects.get(purpose="owner_told").text
    assert text.startswith(f"К счёту {ACCOUNT} привязали ещё один чат (MAX). ")
    assert "12345" not in text


def test_the_same_message_gives_the_same_answer_and_another_that_it_is_done() -> None:
    first = said(by_code(), id="m1")
    assert said(by_code(), id="m1") == first
    assert came(said(by_code(), id="m2")) is CodeCame.ALREADY
    assert len(links()) == len(notices()) == 1


def test_the_owner_is_known_already() -> None:
    assert came(said(by_code(), sender=OWNER)) is CodeCame.ALREADY
    assert came(said(f"{ACCOUNT} код {WRONG}", sender=OWNER)) is CodeCame.ALREADY
    assert (links(), notices()) == ([], [])


def test_a_link_that_was_ended_is_made_anew() -> None:
    said(by_code())
    Link.objects.exclude(how=Link.How.ON_FILE).update(ended_at=NOW)
    assert came(said(by_code())) is CodeCame.LINKED


def test_what_stands_beside_it_is_handled_as_of_who_is_linked() -> None:
    answer = said(f"{by_code()} баланс", channel="max", sender="12345")
    assert answer["reply"].endswith("к оплате 1234,56 ₽. № " + answer["reply"].rpartition(" ")[2])
    answer = said(f"{by_code(OTHER)} день 8250 ночь 3110", channel="max", sender="12345")
    assert (came(answer), values(answer)) == (
        CodeCame.LINKED, ["T1 8250 2026-11 accepted", "T2 3110 2026-11 accepted"]
    )  # fmt: skip
    assert len(notices()) == 2  # of the links; not of the reading


def test_an_account_sent_before_will_do() -> None:
    said(ACCOUNT)
    assert came(said(f"код {code()}")) is CodeCame.LINKED


# no link -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (lambda: by_code(period=SEPTEMBER), CodeCame.OLDER),
        (lambda: token(period=SEPTEMBER), CodeCame.OLDER),
        (lambda: f"{ACCOUNT} код {WRONG}", CodeCame.WRONG),
        (lambda: f"{ACCOUNT} код {code(OTHER)}", CodeCame.WRONG),
        (lambda: f"5555555555 код {code()}", CodeCame.WRONG),
        (lambda: by_code(period=Period(OCTOBER + 1)), CodeCame.WRONG),
        (lambda: token(period=Period(OCTOBER + 1)), CodeCame.WRONG),
        (lambda: TOKENS.token(999_999, OCTOBER), CodeCame.WRONG),
        (lambda: "/start " + Tokens({1: b"a stranger's"}).token(1, OCTOBER), CodeCame.WRONG),
        (lambda: f"код {code()}", CodeCame.NO_ACCOUNT),
    ],
)
def test_any_other_code_links_nobody(text: Any, what: CodeCame) -> None:
    assert came(said(text(), channel="max", sender="12345")) is what
    assert (links(), notices()) == ([], [])


@pytest.mark.parametrize("text", [by_code, token])
def test_a_revoked_code_links_nobody_until_the_next_bill(text: Any) -> None:
    revoke_tokens(account_id(), OCTOBER, "Иванова", "", NOW)
    assert came(said(text())) is CodeCame.REVOKED
    november = Period(OCTOBER + 1)
    Bill.objects.create(
        account_id=account_id(), period=november, opening=0, charged=0, recalculated=0, paid=0, closing=0
    )
    assert came(said(text())) is CodeCame.OLDER
    assert came(said(text(period=november))) is CodeCame.LINKED


def test_an_account_without_a_bill_is_linked_by_no_code() -> None:
    Bill.objects.all().delete()
    assert came(said(by_code())) is CodeCame.WRONG


def test_a_text_that_only_looks_like_a_token_is_a_text() -> None:
    serial = "AB12345678901234567890"
    assert said(serial)["reply"] != said("/start " + serial)["reply"]
    assert WrongCode.objects.count() == 1


@override_settings(BILL_KEYS={})
def test_without_keys_no_bill_carries_a_code() -> None:
    assert said(by_code())["reply"].startswith("Чисел больше, чем у счётчиков показаний.")
    assert WrongCode.objects.count() == 0


def test_who_has_no_address_of_the_kind_is_not_linked() -> None:
    assert came(said(by_code(), sender="BANK")) is CodeCame.NOT_HERE
    settings = Settings(channels={**SETTINGS.channels, "odd": ChannelSettings(title="Odd", senders="email")})
    assert came(said(by_code(), channel="odd", sender="visitor-7", settings=settings)) is CodeCame.NOT_HERE


# guessing ------------------------------------------------------------------------------------------------------------


def guess(times: int, *, sender: str = STRANGER, account: str = ACCOUNT, at: str = NOON) -> list[CodeCame]:
    return [came(said(f"{account} код {WRONG}", sender=sender, at=at)) for _ in range(times)]


def test_after_five_wrong_ones_a_sender_gets_no_verdict() -> None:
    assert guess(6) == [CodeCame.WRONG] * 5 + [CodeCame.TOO_MANY]
    assert came(said(by_code())) is CodeCame.TOO_MANY
    assert came(said(by_code(OTHER))) is CodeCame.TOO_MANY
    assert came(said(token())) is CodeCame.TOO_MANY
    assert came(said(by_code(), sender="+79990000001")) is CodeCame.LINKED


def test_accounts_that_are_not_there_count_too() -> None:
    assert guess(6, account="5555555555") == [CodeCame.WRONG] * 5 + [CodeCame.TOO_MANY]


def test_after_ten_wrong_ones_for_an_account_nobody_gets_a_verdict() -> None:
    guess(5)
    guess(5, sender="+79990000001")
    assert came(said(by_code(), sender="+79990000002")) is CodeCame.TOO_MANY
    assert came(said(by_code(OTHER), sender="+79990000002")) is CodeCame.LINKED
    assert came(said(token(), sender="+79990000003")) is CodeCame.LINKED  # that can't be guessed


def test_a_day_later_codes_are_looked_at_again() -> None:
    guess(5)
    assert came(said(by_code(), at="2026-11-21T11:59:00")) is CodeCame.TOO_MANY
    assert came(said(by_code(), at="2026-11-21T12:03:00")) is CodeCame.LINKED


def test_older_codes_and_readings_count_for_nothing() -> None:
    for _ in range(6):
        said(by_code(period=SEPTEMBER))
        said(f"{ACCOUNT} 4425")
    assert came(said(by_code())) is CodeCame.LINKED


def test_messages_together_count_as_one_by_one() -> None:
    incoming = [Incoming("sms", STRANGER, f"{ACCOUNT} код {WRONG}", f"m{at}", NOW) for at in range(7)]
    received = receive_messages(incoming, SETTINGS, NOW)
    assert [came(one.result) for one in received if one.result] == [CodeCame.WRONG] * 5 + [CodeCame.TOO_MANY] * 2
    assert set(WrongCode.objects.values_list("account", "sender")) == {(account_id(), f"sms:{STRANGER}")}


def test_wrong_codes_are_forgotten_after_a_week() -> None:
    guess(1)
    guess(1, at="2026-11-23T12:00:00")
    assert forget_wrong_codes(dt.datetime(2026, 11, 28, tzinfo=dt.UTC)) == 1
    assert forget_wrong_codes(dt.datetime(2026, 11, 28, tzinfo=dt.UTC)) == 0


# many messages -------------------------------------------------------------------------------------------------------


def test_a_phone_that_writes_in_two_channels_is_linked_in_both_at_once() -> None:
    incoming = [
        Incoming("sms", STRANGER, by_code(), "m1", NOW),
        Incoming("voice", "79990000000", "баланс", "m2", NOW),
        Incoming("sms", STRANGER, "баланс", "m3", NOW),
        Incoming("voice", "79990000000", "4425", "m4", NOW),
    ]
    replies = [one.result["reply"] for one in receive_messages(incoming, SETTINGS, NOW) if one.result]
    assert [reply.split()[0] for reply in replies] == ["Готово:", "Счёт", "Счёт", "Приняли"]
    assert len(notices()) == 1


def test_several_are_linked_together_and_each_owner_is_told() -> None:
    incoming = [
        Incoming("sms", STRANGER, by_code(), "m1", NOW),
        Incoming("sms", OWNER, by_code(OTHER), "m2", NOW),
        Incoming("max", "12345", by_code(), "m3", NOW),
    ]
    received = receive_messages(incoming, SETTINGS, NOW)
    assert [came(one.result) for one in received if one.result] == [CodeCame.LINKED] * 3
    # Of the first link the owner; of the second the neighbour; of the third the owner and who was linked first.
    assert sorted(notices()) == sorted([("sms", OWNER), ("sms", "+79120000102"), ("sms", OWNER), ("sms", STRANGER)])


def test_what_is_remembered_holds_no_code() -> None:
    said(f"{by_code()} показание 7800")
    said(f"код {code()}", sender="+79990000001")
    remembered = str(list(Conversation.objects.values_list("state", "asked_text")))
    said_by_us = str(list(OutboundMessage.objects.values_list("text", flat=True)))
    assert code() not in remembered + said_by_us
    assert code() in InboundMessage.objects.order_by("id")[0].text


def queries(*texts: str) -> list[str]:
    for at, text in enumerate(texts):
        store(Incoming("sms", f"+7999111{at:04d}", text, f"p{next(_ids)}", NOW), NOW)
    with CaptureQueriesContext(connection) as captured:
        assert handle_waiting(SETTINGS, NOW) == len(texts)
    return [one["sql"] for one in captured]


def test_only_where_a_code_came_is_anything_asked_of_codes() -> None:
    def of_codes(asked: list[str]) -> int:
        tables = ("accounts_wrongcode", "accounts_revokedtoken", "billing_bill")
        return sum(any(table in one for table in tables) for one in asked)

    assert of_codes(queries(f"{ACCOUNT} 4425", f"{OTHER} 8242", "код 1", "спасибо")) == 0
    assert of_codes(queries(by_code(), "спасибо")) == 4
    assert of_codes(queries(by_code(), by_code(OTHER), "код 1111-2222-3333")) == 4


def test_while_the_newest_bill_is_held_that_before_it_still_links() -> None:
    account = Account.objects.get(number=ACCOUNT)
    Hold.objects.create(account=account, period=OCTOBER, reason="charged", charged=1, expected=1, recalculated=0)
    assert came(said(by_code(period=OCTOBER))) is CodeCame.WRONG
    assert came(said(by_code(period=SEPTEMBER))) is CodeCame.LINKED
