"""Many messages handled together come to what they would come to one after the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from sbyt.accounts.models import Account, Link, WrongCode
from sbyt.accounts.tokens import Tokens
from sbyt.billing.models import Bill
from sbyt.core.periods import Period
from sbyt.messaging.inbox import Incoming, store
from sbyt.messaging.models import Conversation, InboundMessage, OutboundMessage
from sbyt.readings.models import Cancellation, Reading, StaffTask
from sbyt.usecases.receive_message import handle_waiting, receive_message, receive_messages
from tests.support.databases import Database, FreshDatabase
from tests.support.household import a_meter, an_account, was_read_monthly
from tests.usecases.receiving import ACCOUNT, OTHER, OWNER, SETTINGS, household

NOW = dt.datetime(2026, 11, 20, 9, 2, tzinfo=dt.UTC)
THIRD, STEWARD = "2000000003", "+79120000199"

KEYS, OCTOBER = {1: b"of the tests, and of nobody else"}, Period.parse("2026-10")
#: The first account is the first in each fresh database.
CODE, TOKEN = Tokens(KEYS).code(1, OCTOBER), Tokens(KEYS).token(1, OCTOBER)

SENDERS = (OWNER, "+79120000102", STEWARD, "+79990000001", "+79990000002")
TEXTS = (
    "4425", f"{ACCOUNT} 4425", f"{ACCOUNT} 4430", f"{ACCOUNT} 7800", f"{ACCOUNT} 4309", f"{ACCOUNT} 54321",
    f"{OTHER} 8242 3104", f"{OTHER} 8242", "3104", f"{OTHER} 8250 3110", f"{THIRD} 12 30", f"{THIRD} хвс 12",
    "да", "нет", "отмена", "баланс", "последние показания", "оператор", "english", "по-русски", "40010001 4431",
    "помощь", "5555555555 1", "да, 7800", f"баланс {ACCOUNT}", f"{ACCOUNT} код {CODE}", f"код {CODE} 4425",
    f"/start {TOKEN}", f"{ACCOUNT} код 1111-2222-3333", f"{OTHER} код {CODE} баланс", f"код {CODE}",
)  # fmt: skip


def village() -> None:
    """The household, a neighbour with water, and a steward who speaks for two of the three."""
    household()
    third = an_account(THIRD, phone="+79120000103")
    was_read_monthly(a_meter(third, "50010001", "cold_water", digits=5, decimals=3), 1000, use=(900,))
    was_read_monthly(a_meter(third, "50010002", "hot_water", digits=5, decimals=3), 9000, use=(2100,))
    for account in Account.objects.exclude(number=OTHER):
        how, made_at = Link.How.STAFF, dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        Link.objects.create(kind=Link.Kind.PHONE, address=STEWARD, account=account, how=how, made_at=made_at)
    bill = Bill(account=Account.objects.get(number=ACCOUNT), period=OCTOBER, opening=0, charged=0, recalculated=0)
    bill.paid = bill.closing = 0
    bill.save()
    assert bill.account_id == 1


@st.composite
def messages(draw: st.DrawFn) -> list[Incoming]:
    """What a few people send about the same few accounts, some of it twice."""
    drawn = draw(
        st.lists(
            st.tuples(st.sampled_from(SENDERS), st.sampled_from(TEXTS), st.integers(0, 30)), min_size=1, max_size=10
        )
    )
    received = NOW - dt.timedelta(minutes=2)
    channels = draw(st.sampled_from([["sms"], ["max"], ["sms", "voice"]]))  # the same phone in two
    return [
        Incoming(
            channels[number % len(channels)],
            sender,
            text,
            f"{sender}-{at if at < 28 else number}-{number % len(channels)}",
            received + dt.timedelta(seconds=number),
        )
        for number, (sender, text, at) in enumerate(drawn)
    ]


def one_by_one(incoming: Sequence[Incoming]) -> list[dict[str, Any] | None]:
    return [receive_message(one, SETTINGS, NOW) for one in incoming]


def together(incoming: Sequence[Incoming]) -> list[dict[str, Any] | None]:
    return [one.result for one in receive_messages(incoming, SETTINGS, NOW)]


def by_a_worker(incoming: Sequence[Incoming]) -> list[dict[str, Any] | None]:
    ids = [store(one, NOW).id for one in incoming]
    while handle_waiting(SETTINGS, NOW, limit=5):
        pass
    found: dict[int, Any] = dict(InboundMessage.objects.values_list("id", "result"))
    return [found[one] for one in ids]


def tables() -> dict[str, list[tuple[Any, ...]]]:
    """All that messages change, without the ids of its rows. Each register's readings stand in their order."""
    return {
        "inbox": sorted(
            InboundMessage.objects.values_list("provider_id", "sender", "text", "attempts", "handled_at"), key=repr
        ),
        "readings": list(
            Reading.objects.filter(message__isnull=False)
            .order_by("register", "id")
            .values_list("register", "message", "value", "rollover", "verdict", "period", "received_at")
        ),
        "cancelled": sorted(Cancellation.objects.values_list("reading__message", "reading__register", "by", "at")),
        "links": list(Link.objects.order_by("address", "account").values_list("kind", "address", "account", "how")),
        "wrong": sorted(WrongCode.objects.values_list("account", "sender", "at"), key=repr),
        "tasks": sorted(
            StaffTask.objects.values_list("message", "account", "reason", "offered", "closed_by"), key=repr
        ),
        "conversations": sorted(
            Conversation.objects.values_list(
                "channel", "sender", "state", "asked_by", "asked_text", "asked_buttons", "ask_again_at", "to_staff_at"
            ),
            key=repr,
        ),
        "said": sorted(
            OutboundMessage.objects.values_list("recipient", "text", "buttons", "in_reply_to", "purpose", "key"),
            key=repr,
        ),
    }


Way = Callable[[Sequence[Incoming]], list[dict[str, Any] | None]]


def outcome(fresh: FreshDatabase, way: Way, incoming: Sequence[Incoming]) -> tuple[Any, ...]:
    with fresh(), override_settings(BILL_KEYS=KEYS):
        village()
        answers = way(incoming)
        states = set(OutboundMessage.objects.filter(purpose="answer").values_list("state", flat=True))
        return answers, tables(), states


@given(messages())
@hypothesis_settings(max_examples=12)
def test_messages_together_come_to_what_they_come_to_one_by_one(
    fresh_database: FreshDatabase, incoming: list[Incoming]
) -> None:
    answers, written, states = outcome(fresh_database, one_by_one, incoming)
    assert outcome(fresh_database, together, incoming) == (answers, written, states)
    first = {one.provider_id: answer for one, answer in reversed(list(zip(incoming, answers, strict=True)))}
    worked, written_by_worker, states = outcome(fresh_database, by_a_worker, incoming)
    assert (worked, written_by_worker) == ([first[one.provider_id] for one in incoming], written)
    assert states == {"waiting"}


@pytest.mark.parametrize("text", ["{account} {value}", "{account} 9{value}", "оператор", "отмена", "баланс"])
def test_however_many_messages_the_queries_are_as_many(database: Database, text: str) -> None:
    counts = []
    for first, many in ((0, 2), (10, 5), (20, 40)):
        for at in range(first, first + many):
            account = an_account(f"3{at:09d}", phone=f"+7913{at:07d}")
            was_read_monthly(a_meter(account, f"6{at:07d}"), 3230, use=(120,))
            said = text.format(account=account.number, value=4425)
            store(Incoming("sms", f"+7913{at:07d}", said, str(at), NOW), NOW)
        with CaptureQueriesContext(connection) as captured:
            assert handle_waiting(SETTINGS, NOW) == many
        counts.append(len(captured))
    assert counts[1] == counts[2]
