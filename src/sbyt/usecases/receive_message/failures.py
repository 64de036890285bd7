"""What becomes of a message that can't be handled: it is tried again, then people get it. It never vanishes."""

from __future__ import annotations

import datetime as dt
import sqlite3
import traceback
from collections.abc import Sequence
from typing import Any

import structlog
from django.db import Error, InterfaceError, OperationalError, transaction

from sbyt.bulk.rows import insert
from sbyt.conversation.acts import Say, Saying
from sbyt.conversation.render import render
from sbyt.conversation.state import Outcome, State
from sbyt.core.settings import Settings
from sbyt.messaging.conversations import NEW, remembered
from sbyt.messaging.inbox import Waiting, hold_senders, lines, mark_handled, put_off
from sbyt.messaging.numbers import short_number
from sbyt.messaging.statuses import read_statuses
from sbyt.readings.operations import NewTask, queue_tasks
from sbyt.usecases.channels import channel_facts
from sbyt.usecases.receive_message.commands import ANSWER, answer

#: How long a message waits after each failure, in seconds; after one more it goes to staff.
_WAITS = (1, 5, 30, 120)
#: How long messages wait where all fail.
_ALL_WAIT = dt.timedelta(seconds=30)
#: It is tried no more often than that even if it can't be given to staff.
_LONGEST_WAIT = dt.timedelta(seconds=_WAITS[-1])
#: Why staff get it, and why a customer is answered by no more than that.
NOT_HANDLED = "not_handled"

#: Of SQLite: busy, locked, no memory, read-only, input and output, corrupt, full, can't open, protocol, no database.
_SQLITE_OUTAGES = frozenset({5, 6, 7, 8, 10, 11, 13, 14, 15, 26})
#: Of PostgreSQL: no connection, no room, shutting down, input and output; a deadlock, no lock in time, read-only.
_POSTGRESQL_OUTAGES = ("08", "53", "57P", "58", "40", "55P03", "25006")

_log = structlog.get_logger(__name__)


def is_outage(error: BaseException) -> bool:
    """Whether the database itself failed, not the message: then nothing is counted against the message."""
    if not isinstance(error, Error):
        return isinstance(error, MemoryError)
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE_OUTAGES
    state = getattr(cause, "sqlstate", None)
    if state is None:  # it was not the server that said so
        return isinstance(error, OperationalError | InterfaceError)
    return str(state).startswith(_POSTGRESQL_OUTAGES)


def note_failure(
    message: Waiting, error: BaseException, settings: Settings, now: dt.datetime, *, live: bool
) -> dict[int, dict[str, Any]]:
    """Put a message off that failed to be handled, or give it to staff when that has been tried often enough.

    :returns: its result by its id if staff have it now, else nothing.
    """
    failures = message.attempts + 1
    _log.error("handling_failed", message=short_number(message.id), failures=failures, **_where(error))
    if failures > len(_WAITS):
        try:
            return _give_to_staff(message, settings, now, live=live)
        except Exception as another:
            if is_outage(another):
                raise
            _log.error("not_given_to_staff", message=short_number(message.id), **_where(another))
    wait = dt.timedelta(seconds=_WAITS[failures - 1]) if failures <= len(_WAITS) else _LONGEST_WAIT
    put_off(message.id, failures, now + wait)
    return {}


def note_that_all_fail(messages: Sequence[Waiting], now: dt.datetime) -> None:
    """Put messages off for a while, without counting a failure against any of them."""
    _log.error("handling_fails_for_all", messages=len(messages))
    for message in messages:
        put_off(message.id, message.attempts, now + _ALL_WAIT)


def _give_to_staff(message: Waiting, settings: Settings, now: dt.datetime, *, live: bool) -> dict[int, dict[str, Any]]:
    with transaction.atomic():
        hold_senders([message.id])
        if not any(one.id == message.id for one in lines([message.id], up_to=message.id)):
            return {}  # it was handled after all, by somebody else
        result, row = _kind_answer(message, settings, now, live=live)
        queue_tasks([NewTask(message.id, None, NOT_HANDLED, [])], now)
        mark_handled({message.id: result}, now)
        insert("messaging_outboundmessage", ANSWER, [row])
    _log.error("given_to_staff", message=short_number(message.id))
    return {message.id: result}


def _kind_answer(
    message: Waiting, settings: Settings, now: dt.datetime, *, live: bool
) -> tuple[dict[str, Any], tuple[Any, ...]]:
    talk = remembered([message.id]).get(message.id, NEW)
    language = State.from_json(talk.state, settings.language).language
    day = message.received_at.astimezone(settings.zone).date()
    rendering = channel_facts(message.channel, read_statuses(settings), day).rendering
    rendered = render((Say(Saying.NOT_HANDLED),), language, rendering, short_number(message.id))
    result = {
        "id": message.provider_id,
        "outcome": Outcome.UNKNOWN.value,
        "reason": NOT_HANDLED,
        "readings": [],
        "reply": rendered.text,
        "buttons": [],
    }
    return result, answer(message, rendered, now, live=live)


def _where(error: BaseException) -> dict[str, str]:
    """What is known of an error without its text, which may hold what a customer wrote."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "sbyt" in frame.filename]
    at = f"{ours[-1].name}:{ours[-1].lineno}" if ours else ""
    return {"error": type(error).__name__, "at": at}
