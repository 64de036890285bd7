"""Numbers for Prometheus: what waits, from the database; what was served, from the processes that serve."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from sbyt.bulk.lasting import with_connection
from sbyt.bulk.rows import moment
from sbyt.messaging.health import WINDOW, HealthState
from sbyt.messaging.health_rows import Checked, checked, known_certificate
from sbyt.messaging.outbox_lists import troubles
from sbyt.messaging.workers import at_work

# Each reads a partial index whose condition it repeats: what is over and done with is not looked at.
_INBOX = "SELECT count(*) FROM messaging_inboundmessage WHERE handled_at IS NULL"
_INBOX_OLDEST = "SELECT stored_at FROM messaging_inboundmessage WHERE handled_at IS NULL ORDER BY id LIMIT 1"
_OUTBOX = """
    SELECT channel, 'waiting', count(*) FROM messaging_outboundmessage WHERE state = 'waiting' GROUP BY channel
    UNION ALL
    SELECT channel, 'sending', count(*) FROM messaging_outboundmessage WHERE state = 'sending' GROUP BY channel
    UNION ALL
    SELECT channel, state, count(*) FROM messaging_outboundmessage
    WHERE state IN ('uncertain', 'failed', 'expired') GROUP BY channel, state
"""
_OUTBOX_OLDEST = """
    SELECT channel, min(send_at) FROM messaging_outboundmessage WHERE state = 'waiting' GROUP BY channel
"""
_STATES = ("waiting", "sending", "uncertain", "failed", "expired")


def metrics(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 whoever asks
    """All numbers in Prometheus' text format; those of the database are left out where it is out of reach."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # its authors left it so
        served = generate_latest(registry)
    else:
        served = generate_latest(REGISTRY)
    own = CollectorRegistry()
    own.register(FromDatabase())
    return HttpResponse(served + generate_latest(own), content_type=CONTENT_TYPE_LATEST)


class FromDatabase(Collector):
    """What inbox and outbox hold, the same whichever process is asked."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("sbyt_database_up", "Whether the database answers.")
        try:
            found = with_connection(lambda: [*_inbox(), *_outbox(), _failing(), *_health(), _workers()])
        except DatabaseError:
            found = []
        up.add_metric([], 1.0 if found else 0.0)
        yield up
        yield from found

    def describe(self) -> list[Metric]:
        """Nothing is read when it is registered."""
        return []


def _inbox() -> Iterator[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(_INBOX)
        yield GaugeMetricFamily("sbyt_inbox_waiting", "Messages stored and not yet handled.", cursor.fetchone()[0])
        cursor.execute(_INBOX_OLDEST)
        oldest = cursor.fetchone()
    age = _age(oldest[0]) if oldest else 0.0
    yield GaugeMetricFamily("sbyt_inbox_oldest_seconds", "How long the first of them has waited.", age)


def _outbox() -> Iterator[Metric]:
    messages = GaugeMetricFamily(
        "sbyt_outbox", "Messages to be sent, or that did not arrive.", labels=["channel", "state"]
    )
    oldest = GaugeMetricFamily(
        "sbyt_outbox_oldest_seconds", "For how long the first is due to be sent.", labels=["channel"]
    )
    with connection.cursor() as cursor:
        cursor.execute(_OUTBOX)
        counts = {(channel, state): count for channel, state, count in cursor.fetchall()}
        cursor.execute(_OUTBOX_OLDEST)
        ages = {channel: _age(at) for channel, at in cursor.fetchall()}
    for channel in sorted({*settings.CONNECTED_CHANNELS(), *(channel for channel, _ in counts)}):
        for state in _STATES:
            messages.add_metric([channel, state], counts.get((channel, state), 0))
        oldest.add_metric([channel], ages.get(channel, 0.0))
    yield messages
    yield oldest


def _failing() -> Metric:
    failing = GaugeMetricFamily(
        "sbyt_channel_failures", "Attempts to send that failed on end, by the last error.", labels=["channel", "error"]
    )
    for channel in troubles():
        failing.add_metric([channel.channel, channel.trouble], channel.failures)
    return failing


def _health() -> Iterator[Metric]:
    found = checked(sorted(settings.CONNECTED_CHANNELS()), settings.NOW())
    states = GaugeMetricFamily(
        "sbyt_channel_health", "1 for the state that the channel is in, 0 for the others.", labels=["channel", "state"]
    )
    for one in found.values():
        for state in HealthState:
            states.add_metric([one.channel, state.value], float(one.state is state))
    yield states
    yield from _checks(found)


def _checks(found: Mapping[str, Checked]) -> Iterator[Metric]:
    """How old the checks are, and what they counted; nothing of a channel that was never checked."""
    ages = GaugeMetricFamily("sbyt_channel_health_age_seconds", "How old the check is.", labels=["channel"])
    minutes = WINDOW.total_seconds() / 60
    ended = GaugeMetricFamily(
        "sbyt_channel_attempts",
        f"Attempts to send in the {minutes:.0f} minutes before the check, by how they ended.",
        labels=["channel", "result"],
    )
    for one in found.values():
        if one.checked_at:
            ages.add_metric([one.channel], _age(one.checked_at))
        for result, count in sorted((one.ended or {}).items()):
            ended.add_metric([one.channel, result], count)
    yield ages
    yield ended
    certificate = known_certificate()
    if certificate and certificate.ends_at:
        left = (certificate.ends_at - settings.NOW()).total_seconds()
        yield GaugeMetricFamily("sbyt_certificate_expires_seconds", "For how long our certificate is good.", left)


def _workers() -> Metric:
    count = at_work(settings.NOW())
    return GaugeMetricFamily("sbyt_workers", "Workers seen within the last minute.", count)


def _age(at: object) -> float:
    return max((settings.NOW() - moment(at)).total_seconds(), 0.0)
