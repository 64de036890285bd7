"""The health of the channels in the database: measured by few queries, each by an index; kept; read by all others."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, F, Min, Q

from sbyt.core.settings import Settings
from sbyt.messaging.certificates import Certificate, Seen
from sbyt.messaging.channel import Finding, FindingCode
from sbyt.messaging.health import OLD, WINDOW, Course, Health, HealthState, Measured, Reason
from sbyt.messaging.masking import masked
from sbyt.messaging.models import (
    ChannelAlarm,
    ChannelHealth,
    Delivery,
    HealthWatch,
    InboundHour,
    InboundMessage,
    OutboundMessage,
    Pace,
)
from sbyt.messaging.outbox import Kind, State
from sbyt.messaging.usual_traffic import compared, expected, hour_of, span

#: Checks are made so often.
EVERY = dt.timedelta(minutes=1)
#: The provider is asked, and the certificate looked at, so often; sooner where it was not well, to see that it is.
LOOK_EVERY = dt.timedelta(minutes=10)
LOOK_AGAIN = dt.timedelta(minutes=2)

#: So many messages are counted into their hours in one check: more are there only at the very first ones.
_COUNTED_AT_ONCE = 50_000
#: Younger ones are left for the next check: those stored before them may not be committed yet.
_SETTLED = dt.timedelta(minutes=1)
_KEPT = dt.timedelta(days=200)
_DAY = dt.timedelta(days=1)
_ROW = 1  # of HealthWatch
_LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


# whose turn it is -----------------------------------------------------------------------------------------------------


def take_turn(now: dt.datetime) -> bool:
    """Whether the check of this minute is ours, and nobody else's, and commit."""
    HealthWatch.objects.get_or_create(pk=_ROW, defaults={"leased_until": _LONG_AGO})
    # A lease that is farther ahead than it can be was given before the clock was set back.
    free = Q(leased_until__lte=now) | Q(leased_until__gt=now + 2 * EVERY)
    return HealthWatch.objects.filter(free, pk=_ROW).update(leased_until=now + EVERY) == 1


# what came in ---------------------------------------------------------------------------------------------------------


def count_what_came(now: dt.datetime) -> bool:
    """Count the messages that came since the last check into their hours.

    :returns: whether all are counted: only then it is known when the last one came.
    """
    with transaction.atomic():
        watch = HealthWatch.objects.select_for_update().get(pk=_ROW)
        # Counted here and not by the database: SQLite would read a whole index to have the channels in their order.
        ahead = InboundMessage.objects.filter(id__gt=watch.counted_to).order_by("id")
        rows = list(ahead.values_list("id", "channel", "stored_at")[:_COUNTED_AT_ONCE])
        settled = [row for row in rows if row[2] <= now - _SETTLED]
        if settled:
            _add_hours(Counter((hour_of(at), channel) for _, channel, at in settled))
            _note_last({channel: at for _, channel, at in sorted(settled, key=lambda row: row[2])})
            watch.counted_to = max(number for number, _, _ in settled)
            watch.save(update_fields=["counted_to"])
        InboundHour.objects.filter(hour__lt=now - _KEPT).delete()
    return len(rows) < _COUNTED_AT_ONCE


def _add_hours(came: Mapping[tuple[dt.datetime, str], int]) -> None:
    for (hour, channel), count in came.items():
        if not InboundHour.objects.filter(hour=hour, channel=channel).update(came=F("came") + count):
            InboundHour.objects.create(hour=hour, channel=channel, came=count)


def _note_last(last: Mapping[str, dt.datetime]) -> None:
    known = ChannelHealth.objects.in_bulk(last)
    for channel, at in last.items():
        row = known.get(channel) or ChannelHealth()
        kept = {"last_at": max(row.last_at or at, at), "counted_from": row.counted_from or _first_hour(channel)}
        ChannelHealth.objects.update_or_create(channel=channel, defaults=kept)


def _first_hour(channel: str) -> dt.datetime | None:
    found: dt.datetime | None = InboundHour.objects.filter(channel=channel).aggregate(at=Min("hour"))["at"]
    return found


# measuring ------------------------------------------------------------------------------------------------------------


def measure(
    by_address: Mapping[str, bool], settings: Settings, now: dt.datetime, *, heard: Collection[str]
) -> dict[str, Measured]:
    """What is known of each of these channels.

    :param by_address: the channels by their code, and whether they depend on our address.
    :param heard: those of which a silence means something: they are open, and all that came is counted.
    """
    rows = ChannelHealth.objects.in_bulk(by_address)
    paces = Pace.objects.in_bulk(by_address)
    ended, overdue = _ended(now), _overdue(by_address, now)
    last = {code: row for code, row in rows.items() if code in heard and row.last_at and row.counted_from}
    missing = _expected(last, settings, now)
    certificate = known_certificate()
    none, blank = Pace(), ChannelHealth()
    found = {}
    for code, needs in by_address.items():
        pace, row = paces.get(code, none), rows.get(code, blank)
        found[code] = Measured(
            failures=pace.failures,
            gone=pace.gone,
            trouble=pace.trouble,
            trouble_since=pace.trouble_since,
            ended=ended.get(code, {}),
            overdue_since=overdue.get(code),
            last_at=row.last_at,
            expected=missing.get(code, 0.0),
            certificate=certificate if needs else None,
            findings=findings_of(row),
            look_error=row.look_error,
        )
    return found


def _ended(now: dt.datetime) -> dict[str, dict[str, int]]:
    """How many attempts of the last quarter of an hour ended how, by channel."""
    found: dict[str, dict[str, int]] = {}
    lately = Delivery.objects.filter(ended_at__gte=now - WINDOW, ended_at__lte=now + WINDOW)
    for channel, result, count in lately.values_list("outbound__channel", "result").annotate(Count("id")):
        found.setdefault(channel, {})[result] = count
    return found


def _overdue(channels: Iterable[str], now: dt.datetime) -> dict[str, dt.datetime]:
    """When the first answer might have gone that still waits, by channel. What is to many waits for hours, and may."""
    found = {}
    for code in channels:
        due = OutboundMessage.objects.filter(channel=code, kind=Kind.ANSWER, state=State.WAITING, send_at__lte=now)
        first = due.order_by("send_at", "id").values_list("send_at", flat=True).first()
        if first:
            found[code] = first
    return found


def _expected(rows: Mapping[str, ChannelHealth], settings: Settings, now: dt.datetime) -> dict[str, float]:
    """How many messages would usually have come by each since the last; only their hours are read."""
    silent = {code: row for code, row in rows.items() if row.last_at and any(span(row.last_at, now))}
    wanted = {
        at
        for row in silent.values()
        if row.last_at
        for hour, _ in span(row.last_at, now)
        for hours in compared(hour, settings.zone)
        for at in hours
    }
    came: dict[str, dict[dt.datetime, int]] = {code: {} for code in silent}
    for hour, channel, count in InboundHour.objects.filter(hour__in=wanted, channel__in=silent).values_list(
        "hour", "channel", "came"
    ):
        came[channel][hour] = count
    return {
        code: expected(row.last_at, now, came[code], row.counted_from, zone=settings.zone, quiet=settings.quiet)
        for code, row in silent.items()
        if row.last_at and row.counted_from
    }


# what others say ------------------------------------------------------------------------------------------------------


def to_look_at(channels: Collection[str], now: dt.datetime) -> list[str]:
    """The channels whose providers are to be asked now."""
    rows = ChannelHealth.objects.in_bulk(channels)
    return [code for code in channels if code not in rows or _is_due(rows[code], now)]


def _is_due(row: ChannelHealth, now: dt.datetime) -> bool:
    every = LOOK_AGAIN if row.findings or row.look_error else LOOK_EVERY
    return row.looked_at is None or abs(now - row.looked_at) >= every


def keep_look(channel: str, findings: Sequence[Finding], error: str, now: dt.datetime) -> None:
    """Keep what a provider said, or the code of the error with which it could not be asked."""
    said = [[finding.code.value, masked(finding.said)] for finding in findings]
    ChannelHealth.objects.update_or_create(
        channel=channel, defaults={"findings": said, "look_error": error, "looked_at": now}
    )


def findings_of(row: ChannelHealth) -> tuple[Finding, ...]:
    return tuple(Finding(FindingCode(code), said) for code, said in row.findings)


def certificate_is_due(address: str, now: dt.datetime) -> bool:
    """Whether the certificate at this address is to be looked at now."""
    watch = HealthWatch.objects.filter(pk=_ROW, address=address, certificate_at__isnull=False).first()
    if watch is None or watch.certificate_at is None:
        return True
    known = known_certificate()
    every = LOOK_EVERY if known is None or known.seen is Seen.GOOD else LOOK_AGAIN
    return abs(now - watch.certificate_at) >= every


def keep_certificate(address: str, certificate: Certificate | None, now: dt.datetime) -> None:
    kept = None
    if certificate:
        days = (certificate.begins_at, certificate.ends_at)
        kept = [certificate.seen.value, *(day.isoformat() if day else None for day in days)]
    HealthWatch.objects.filter(pk=_ROW).update(certificate=kept, certificate_at=now, address=address)


def known_certificate() -> Certificate | None:
    """The certificate as it was last seen."""
    watch = HealthWatch.objects.filter(pk=_ROW).first()
    if watch is None or watch.certificate is None:
        return None
    seen, *days = watch.certificate
    return Certificate(Seen(seen), *(dt.datetime.fromisoformat(day) if day else None for day in days))


# keeping --------------------------------------------------------------------------------------------------------------


def course_of(row: ChannelHealth) -> Course | None:
    """How the channel has been; None where it was never checked."""
    if row.checked_at is None or row.since is None:
        return None
    return Course(HealthState(row.state), row.since, row.unwell_since, HealthState(row.told), row.checked_at)


def keep(channel: str, course: Course, health: Health, ended: Mapping[str, int]) -> None:
    """Keep a check in its row, in the transaction of whoever calls."""
    kept = {
        "state": course.state.value,
        "told": course.told.value,
        "since": course.since,
        "unwell_since": course.unwell_since,
        "checked_at": course.checked_at,
        "reasons": packed(health.reasons),
        "ended": dict(ended),
    }
    ChannelHealth.objects.update_or_create(channel=channel, defaults=kept)


def courses(channels: Collection[str]) -> dict[str, Course]:
    """How these channels have been, locked: whoever keeps checks does so one after the other.

    One that was never checked is left out.
    """
    HealthWatch.objects.select_for_update().get(pk=_ROW)
    found = {code: course_of(row) for code, row in ChannelHealth.objects.in_bulk(channels).items()}
    return {code: course for code, course in found.items() if course}


def alarms_lately(channels: Collection[str], now: dt.datetime) -> dict[str, int]:
    """How many alarms of each channel began within a day."""
    lately = ChannelAlarm.objects.filter(channel__in=channels, began_at__gt=now - _DAY)
    return dict(lately.values_list("channel").annotate(Count("id")))


def close_alarms(channel: str, now: dt.datetime) -> None:
    ChannelAlarm.objects.filter(channel=channel, ended_at=None).update(ended_at=now)


def open_alarm(channel: str, health: Health, state: HealthState, now: dt.datetime) -> ChannelAlarm:
    """Note that staff are told from now on; what was noted before is closed."""
    close_alarms(channel, now)
    return ChannelAlarm.objects.create(channel=channel, state=state.value, reasons=packed(health.reasons), began_at=now)


def forget_others(channels: Collection[str], now: dt.datetime) -> None:
    """Close what was open of channels that aren't connected any more: nobody checks them."""
    left = ChannelHealth.objects.exclude(channel__in=channels).exclude(told=HealthState.OK.value)
    for row in left:
        close_alarms(row.channel, now)
        row.told = HealthState.OK.value
        row.save(update_fields=["told"])


# reading --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checked:
    """The health of a channel as anybody reads it. ``since``: since when it is so; of an old check nothing is said."""

    channel: str
    state: HealthState
    reasons: tuple[Reason, ...] = ()
    since: dt.datetime | None = None
    checked_at: dt.datetime | None = None
    ended: Mapping[str, int] | None = None


def checked(channels: Iterable[str], now: dt.datetime) -> dict[str, Checked]:
    """How these channels are by the last check, by one query; ``UNKNOWN`` where that is old, or there was none."""
    codes = list(channels)
    rows = ChannelHealth.objects.in_bulk(codes)
    return {code: _read(code, rows.get(code), now) for code in codes}


def _read(code: str, row: ChannelHealth | None, now: dt.datetime) -> Checked:
    if row is None or row.checked_at is None:
        return Checked(code, HealthState.UNKNOWN)
    if abs(now - row.checked_at) > OLD:
        return Checked(code, HealthState.UNKNOWN, checked_at=row.checked_at)
    return Checked(code, HealthState(row.state), unpacked(row.reasons), row.since, row.checked_at, row.ended)


def unwell(channels: Iterable[str], now: dt.datetime) -> list[Checked]:
    """Those that are degraded or down, the worst first."""
    found = [one for one in checked(channels, now).values() if one.state in (HealthState.DEGRADED, HealthState.DOWN)]
    return sorted(found, key=lambda one: (-one.state.rank, one.channel))


def alarms(channel: str, limit: int) -> list[ChannelAlarm]:
    """The newest alarms of a channel, the newest first."""
    return list(ChannelAlarm.objects.filter(channel=channel).order_by("-began_at")[:limit])


def packed(reasons: Sequence[Reason]) -> list[list[object]]:
    return [[reason.code, dict(reason.fields)] for reason in reasons]


def unpacked(kept: Sequence[Sequence[object]]) -> tuple[Reason, ...]:
    return tuple(Reason(str(code), fields if isinstance(fields, dict) else {}) for code, fields in kept)
