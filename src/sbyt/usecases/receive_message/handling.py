"""Handles what waits in the inbox: many messages in a transaction, and each alone where that fails."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable, Collection, Sequence

import structlog
from django.db import transaction

from sbyt.core.settings import Settings
from sbyt.messaging.inbox import Waiting, claim, hold_senders, is_due, lines
from sbyt.usecases.receive_message.failures import is_outage, note_failure, note_that_all_fail
from sbyt.usecases.receive_message.known import sender_of
from sbyt.usecases.receive_message.rounds import Result, handle

#: Where the messages of so many senders fail and none is handled, the fault is not theirs.
_ALL = 20

_log = structlog.get_logger(__name__)


def handle_next(settings: Settings, now: dt.datetime, limit: int) -> int:
    """Handle up to so many of the messages that wait, from the oldest on.

    :returns: how many were handled.
    """
    return len(_handle(lambda: claim(now, limit), settings, now, live=()))


def handle_here(messages: Collection[int], settings: Settings, now: dt.datetime) -> dict[int, Result]:
    """Handle these messages for whoever waits for their answers, after what waits of their senders from before.

    :returns: the results of those that were handled here. The others were handled by somebody else, or wait.
    """
    found: dict[int, Result] = {}
    left = set(messages)
    while left:
        done = _handle(functools.partial(_lines_here, left, now), settings, now, live=messages)
        found.update((message, result) for message, result in done.items() if message in left)
        left -= done.keys()
        if not done:
            break
    return found


def _lines_here(messages: set[int], now: dt.datetime) -> list[Waiting]:
    """What waits of the senders of these messages, those left out whose first was put off."""
    hold_senders(messages)
    waiting = lines(messages, up_to=max(messages))
    first: dict[tuple[str, str], Waiting] = {}
    for message in waiting:
        first.setdefault(sender_of(message), message)
    put_off = {
        sender
        for sender, message in first.items()
        if message.attempts and message.id not in messages and not is_due(message, now)
    }
    return [message for message in waiting if sender_of(message) not in put_off]


def _handle(
    pick: Callable[[], Sequence[Waiting]], settings: Settings, now: dt.datetime, live: Collection[int]
) -> dict[int, Result]:
    """Handle what is picked in one transaction; where that fails, and what failed before, each in one of its own.

    :returns: the results of what was handled.
    """
    apart: list[Waiting] = []
    together: list[Waiting] = []
    try:
        with transaction.atomic():
            picked = pick()
            failed = {sender_of(message) for message in picked if message.attempts}
            together = [message for message in picked if sender_of(message) not in failed]
            apart = [message for message in picked if sender_of(message) in failed]
            done = handle(together, settings, now, live)
    except Exception as error:
        if is_outage(error) or not together:
            raise
        done = {}
        if len(together) == 1:
            done = note_failure(together[0], error, settings, now, live=together[0].id in live)
        else:
            _log.warning("handled_one_by_one", messages=len(together), error=type(error).__name__)
            apart = sorted(together + apart)
    return done | _one_by_one(apart, settings, now, live)


def _one_by_one(
    messages: Sequence[Waiting], settings: Settings, now: dt.datetime, live: Collection[int]
) -> dict[int, Result]:
    """Handle each message in a transaction of its own. One that fails keeps those behind it in its line waiting."""
    done: dict[int, Result] = {}
    failed: dict[tuple[str, str], tuple[Waiting, Exception]] = {}
    for message in messages:
        if sender_of(message) in failed:
            continue
        try:
            with transaction.atomic():
                hold_senders([message.id])
                # Somebody else may have been quicker, or have failed with one before it.
                done |= handle(
                    [one for one in lines([message.id], limit=1) if one.id == message.id], settings, now, live
                )
        except Exception as error:
            if is_outage(error):
                raise
            failed[sender_of(message)] = message, error
    if len(failed) >= _ALL and not done:
        # It is no message's fault: nobody's is given to staff because of a fault of ours that will be mended.
        note_that_all_fail([message for message, _ in failed.values()], now)
        return done
    for message, why in failed.values():
        done |= note_failure(message, why, settings, now, live=message.id in live)
    return done
