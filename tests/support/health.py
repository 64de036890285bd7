"""Channels whose last check found what a test says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.test import override_settings

from sbyt.messaging import health_rows
from sbyt.messaging.channel import Channel
from sbyt.messaging.health import Course, Health, HealthState, Reason
from tests.support.provider import ProviderChannel
from tests.support.serving import right_now


@contextmanager
def only_connected(*codes: str) -> Iterator[None]:
    """Until the end of the block these channels are connected, and no others."""
    channels: Mapping[str, Channel] = {code: ProviderChannel("", code=code) for code in codes}
    with override_settings(CONNECTED_CHANNELS=lambda: channels):
        yield


def was_checked(
    code: str,
    state: HealthState,
    *reasons: Reason,
    ago: float = 0,
    since: dt.datetime | None = None,
    ended: Mapping[str, int] | None = None,
) -> None:
    """A check of so many minutes ago."""
    at = right_now() - dt.timedelta(minutes=ago)
    course = Course(state, since or at, None, HealthState.OK, at)
    health_rows.keep(code, course, Health(state, reasons), ended or {})
