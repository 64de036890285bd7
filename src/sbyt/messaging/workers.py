"""The processes that work on inbox and outbox, and when each was last seen."""

from __future__ import annotations

import datetime as dt

from django.db.models import Max

from sbyt.messaging.models import Worker

#: A worker says that it is there at least so often.
HEARTBEAT = dt.timedelta(seconds=10)
#: One that has not said so for so long is gone.
SILENT = dt.timedelta(minutes=1)

_FORGOTTEN = dt.timedelta(days=1)


def is_here(name: str, now: dt.datetime) -> None:
    """Say that this worker works, and forget those that have long gone."""
    Worker.objects.bulk_create(
        [Worker(name=name, seen_at=now)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["seen_at"],
    )
    Worker.objects.filter(seen_at__lt=now - _FORGOTTEN).delete()


def is_gone(name: str) -> None:
    """Say that this worker ended its work."""
    Worker.objects.filter(name=name).delete()


def at_work(now: dt.datetime) -> int:
    """How many workers are there: those seen lately, and not by a clock that was set back since."""
    return Worker.objects.filter(seen_at__gte=now - SILENT, seen_at__lte=now + SILENT).count()


def last_seen() -> dt.datetime | None:
    """When any worker was last seen; None if none is at work."""
    newest: dt.datetime | None = Worker.objects.aggregate(at=Max("seen_at"))["at"]
    return newest
