"""Fetches photos that providers keep: their messages are stored, and mostly answered, before."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable

import structlog
from django.db import transaction

from sbyt.messaging.channel import Channel, UnableToSend
from sbyt.messaging.models import ExpectedPhoto
from sbyt.messaging.numbers import short_number
from sbyt.messaging.pacing import back_off
from sbyt.messaging.photos import keep_photos
from sbyt.messaging.pictures import Picture, UnableToTakePhoto

#: How long a provider may take to give one, in seconds.
TIME_LIMIT = 60.0

#: No longer than that a photo is tried to be had: providers keep files for a day or so.
_LIFE = dt.timedelta(days=2)
_LEASE = dt.timedelta(minutes=3)
_MOST_ATTEMPTS = 1000  # more are not counted

_log = structlog.get_logger(__name__)


def fetch_photos(
    channel: Channel, clock: Callable[[], dt.datetime], limit: int = 10, time_limit: float = TIME_LIMIT
) -> int:
    """Fetch up to so many of the photos that are expected from a channel's provider, and keep them with their messages.

    One that can't be had now is tried again, less and less often; one that never can is given up, with the reason.

    :returns: how many were tried; 0 if nothing is to be done now.

    :raises DatabaseError: if the database is out of reach; what was fetched is then fetched again.
    """
    taken = _take(channel.code, clock(), limit)
    for expected, fetched in zip(taken, asyncio.run(_fetched(channel, taken, time_limit)), strict=True):
        _note(expected, fetched, clock())
    return len(taken)


def _take(channel: str, now: dt.datetime, limit: int) -> list[ExpectedPhoto]:
    """Those that are due. Others leave them alone for a while, so that two workers don't fetch the same."""
    with transaction.atomic(durable=True):
        waiting = ExpectedPhoto.objects.filter(channel=channel, ended_at=None).order_by("id")
        due = waiting.filter(retry_at=None) | waiting.filter(retry_at__lte=now)
        taken = list(due.select_for_update(skip_locked=True)[:limit])
        for one in taken:
            one.attempts = min(one.attempts + 1, _MOST_ATTEMPTS)
            one.retry_at = now + _LEASE
        ExpectedPhoto.objects.bulk_update(taken, ["attempts", "retry_at"])
    return taken


async def _fetched(
    channel: Channel, expected: list[ExpectedPhoto], time_limit: float
) -> list[Picture | UnableToSend | UnableToTakePhoto | TimeoutError]:
    return await asyncio.gather(*(_fetch(channel, one.file, time_limit) for one in expected))


async def _fetch(
    channel: Channel, file: str, time_limit: float
) -> Picture | UnableToSend | UnableToTakePhoto | TimeoutError:
    try:
        async with asyncio.timeout(time_limit):
            return await channel.fetch(file)
    except (UnableToSend, UnableToTakePhoto, TimeoutError) as error:
        return error
    except Exception as error:  # noqa: BLE001 one photo must not keep the others waiting
        # What we don't know may hold anything in its text, keys too: only its kind is told.
        _log.error("fetch_raised", channel=channel.code, error=type(error).__name__)
        return TimeoutError(type(error).__name__)


def _note(
    expected: ExpectedPhoto, fetched: Picture | UnableToSend | UnableToTakePhoto | TimeoutError, now: dt.datetime
) -> None:
    """Write down what came of an attempt, and commit."""
    with transaction.atomic(durable=True):
        found = ExpectedPhoto.objects.select_for_update().filter(pk=expected.pk, ended_at=None).first()
        if found is None:  # another worker was quicker
            return
        if isinstance(fetched, Picture):
            keep_photos(found.message_id, [fetched], now)
            found.ended_at, found.why = now, ""
        else:
            found.why = _why(fetched)
            found.retry_at = now + back_off(found.pk, found.attempts)
            if _is_hopeless(fetched) or now - found.expected_at > _LIFE:
                found.ended_at = now
                _log.warning(
                    "photo_given_up", channel=found.channel, message=short_number(found.message_id), why=found.why
                )
        found.save(update_fields=["ended_at", "retry_at", "why"])


def _why(error: Exception) -> str:
    match error:
        case UnableToSend():
            return error.code
        case UnableToTakePhoto():
            return error.reason
    return "timeout"


def _is_hopeless(error: Exception) -> bool:
    """Whether trying again would change nothing. That nobody knows whether we got it is none: we did not."""
    if isinstance(error, UnableToSend):
        return not error.retryable and error.code != "uncertain"
    return isinstance(error, UnableToTakePhoto)
