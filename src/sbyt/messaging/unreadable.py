"""What came with a right signature and could not be read: kept, for people to look at."""

from __future__ import annotations

import datetime as dt

from sbyt.messaging.models import Unreadable


def keep_unreadable(channel: str, body: bytes, why: str, now: dt.datetime) -> None:
    """Keep a request that nobody could read."""
    text = body.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    Unreadable.objects.create(channel=channel, body=text, why=why, stored_at=now)
