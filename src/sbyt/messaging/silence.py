"""To whom nothing is written first: who asked for it, and whom the provider doesn't reach any more."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection

from sbyt.bulk.rows import fetch
from sbyt.messaging.models import Silence

Why = Silence.Why

#: A sender as a channel names them.
Sender = tuple[str, str]


_SILENT = "SELECT sender, why FROM messaging_silence WHERE channel = %s AND sender = ANY(%s::text[])"


def silent(senders: Collection[Sender]) -> dict[Sender, Why]:
    """Those of these senders to whom nothing is written first, and why; by one query a channel."""
    by_channel: dict[str, list[str]] = defaultdict(list)
    for channel, sender in senders:
        by_channel[channel].append(sender)
    return {
        (channel, sender): Why(why)
        for channel, theirs in by_channel.items()
        for sender, why in fetch(_SILENT, channel, theirs)
    }


def keep_silent(senders: Collection[Sender], why: Silence.Why, now: dt.datetime) -> None:
    """Write nothing first to these senders from now on. Who asked for it stays one who did."""
    rows = [Silence(channel=channel, sender=sender, why=why, since=now) for channel, sender in senders]
    Silence.objects.bulk_create(rows, ignore_conflicts=True)
    if why is Why.ASKED:
        for channel, sender in senders:
            Silence.objects.filter(channel=channel, sender=sender).update(why=why)


def end_silence(senders: Collection[Sender], *, whys: Collection[Silence.Why] = tuple(Why)) -> None:
    """Write to these senders again, if they were silent for one of these reasons."""
    for channel, sender in senders:
        Silence.objects.filter(channel=channel, sender=sender, why__in=whys).delete()
