"""Handles many messages in one transaction, with what would come of it one by one.

Messages of different senders that touch no common account can't change each other's answer: they make a round, with
one look into the tables for all of them. Whoever must wait for another in it comes in the next round.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sbyt.accounts.locks import hold_accounts
from sbyt.conversation.dialogue import reply
from sbyt.conversation.facts import Facts
from sbyt.conversation.render import render
from sbyt.conversation.render.own_words import told_in
from sbyt.conversation.state import Event, Reply
from sbyt.core.periods import Period
from sbyt.core.settings import Settings
from sbyt.core.units import from_units
from sbyt.messaging.inbox import Waiting
from sbyt.messaging.numbers import short_number
from sbyt.usecases.receive_message.commands import Writes
from sbyt.usecases.receive_message.known import Known, Sender, Touched, sender_of

Result = dict[str, Any]


def handle(
    messages: Sequence[Waiting], settings: Settings, now: dt.datetime, live: Collection[int] = ()
) -> dict[int, Result]:
    """Handle messages in the order of their ids, in a transaction that holds their senders.

    :param live: the messages whose answers are shown at once.

    :returns: their results. A message whose sender came to touch another account is left for the next transaction.
    """
    if not messages:
        return {}
    known = Known(messages, settings, now)
    touched = known.touched(messages)
    before: dict[Sender, frozenset[int]] = defaultdict(frozenset)  # what the messages handled so far touched
    held = frozenset[int]().union(*(one.accounts for one in touched.values()))
    hold_accounts(held)
    writes = Writes(known, now)
    left = list(messages)
    while left:
        together, left = _who_stands_together(left, touched, before, known)
        if not all(touched[message.id].accounts <= held for message in together):
            break
        facts = known.facts(together, touched)
        for message in together:
            _turn(message, facts[message.id], touched[message.id], known, writes, live=message.id in live)
            before[sender_of(message)] |= touched[message.id].accounts
        writes.end_round()
        proving = known.same_as([sender_of(message) for message in together if touched[message.id].proves])
        touched.update(known.touched(_next(left, proving.union(map(sender_of, together)))))
    return writes.finish()


def _who_stands_together(
    messages: Sequence[Waiting],
    touched: Mapping[int, Touched],
    before: Mapping[Sender, frozenset[int]],
    known: Known,
) -> tuple[list[Waiting], list[Waiting]]:
    """The messages that wait for none before them, and the others.

    What a message will touch once those of its sender before it are handled is no more than it touches now, and they.
    Behind a code of a bill or a contact whoever has an address of its sender waits: they may be linked by it.
    """
    together: list[Waiting] = []
    others: list[Waiting] = []
    senders: set[Sender] = set()
    accounts: set[int] = set()
    proving: set[Sender] = set()
    for message in messages:
        sender = sender_of(message)
        mine = touched[message.id].accounts | before[sender]
        waits = sender in senders or sender in proving or not accounts.isdisjoint(mine)
        (others if waits else together).append(message)
        senders.add(sender)
        accounts |= mine
        if touched[message.id].proves:
            proving |= known.same_as([sender])
    return together, others


def _next(messages: Sequence[Waiting], senders: set[Sender]) -> list[Waiting]:
    """The next message of each of these senders."""
    first: dict[Sender, Waiting] = {}
    for message in messages:
        if sender_of(message) in senders:
            first.setdefault(sender_of(message), message)
    return list(first.values())


def _turn(message: Waiting, facts: Facts, touched: Touched, known: Known, writes: Writes, *, live: bool) -> None:
    """Answer one message; what follows from it is written with the others'."""
    event = Event(message.text, message.photos, contact=bool(message.contact))
    turn = reply(known.states[sender_of(message)], event, facts, known.at(message))
    acts = told_in(turn.acts, turn.state.language, known.settings.notice.english)
    rendered = render(acts, turn.state.language, facts.channel.rendering, short_number(message.id))
    result = _result(message.provider_id, turn, rendered.text, rendered.buttons)
    writes.add(message, touched, facts, turn, rendered, result, live=live)


def _result(provider_id: str, turn: Reply, text: str, buttons: tuple[str, ...]) -> Result:
    return {
        "id": provider_id,
        "outcome": turn.outcome.value,
        "reason": str(turn.reason) if turn.reason else None,
        "readings": [
            {
                "account": one.account,
                "serial": one.serial,
                "zone": one.zone,
                "value": from_units(one.value, one.decimals, trim=True),
                "period": str(Period(one.period)),
                "status": one.status.value,
            }
            for one in turn.readings
        ],
        "reply": text,
        "buttons": list(buttons),
    }
