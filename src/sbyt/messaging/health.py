"""How a channel is, judged by what was measured, and when staff are told of it. Pure."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from sbyt.messaging.certificates import Certificate, Seen
from sbyt.messaging.channel import (
    Finding,
    FindingCode,
    MessageRefused,
    NotAuthorised,
    ProviderFailed,
    RecipientGone,
    Throttled,
    Uncertain,
    Unreachable,
)
from sbyt.messaging.pacing import FAILURES_TO_PAUSE, GONE_TO_DOUBT
from sbyt.messaging.usual_traffic import CERTAIN, SUSPICIOUS

#: The attempts of this time are counted.
WINDOW = dt.timedelta(minutes=15)
#: A check older than this says nothing any more.
OLD = dt.timedelta(minutes=5)

#: A provider that fails for so long is down.
_DOWN_AFTER = dt.timedelta(minutes=5)
#: So long an answer may wait that could go; after the second it is a failure.
_LATE = dt.timedelta(minutes=5)
_FAR_TOO_LATE = dt.timedelta(minutes=30)
#: Of fewer attempts no share is taken.
_LEAST = 10
_LEAST_FOR_DOWN = 20
_MANY_UNCERTAIN = 5

#: The worker that was sending it is gone: delivery.LEASE_EXPIRED.
_LEASE_EXPIRED = "lease_expired"
_FAILED = (Unreachable.code, ProviderFailed.code, NotAuthorised.code, Uncertain.code, _LEASE_EXPIRED)
_UNKNOWN = (Uncertain.code, _LEASE_EXPIRED)
_ANSWERED = ("delivered", Throttled.code, RecipientGone.code, MessageRefused.code)


class HealthState(enum.StrEnum):
    """From well to ill; ``UNKNOWN`` is what an old check says."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"

    @property
    def sign(self) -> str:
        """Shown beside the word: a state is never told by colour alone."""
        return {"ok": "✓", "degraded": "!", "down": "✗", "unknown": "?"}[self]

    @property
    def rank(self) -> int:
        return {"ok": 0, "unknown": 1, "degraded": 2, "down": 3}[self]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a channel isn't well: a code, and what belongs into its sentence. Moments stand there in ISO 8601."""

    code: str
    fields: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """The state and its reasons, the gravest first; none where it is well."""

    state: HealthState = HealthState.OK
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of one channel at a moment.

    ``ended``: how many attempts of the last ``WINDOW`` ended how. ``overdue_since``: when the first answer might have
    gone that still waits. ``expected``: how many messages would usually have come since the last.
    ``gone``: how many recipients on end were said to be gone.
    ``look_error``: the code of the send error with which the provider could not be asked.
    """

    failures: int = 0
    gone: int = 0
    trouble: str = ""
    trouble_since: dt.datetime | None = None
    ended: Mapping[str, int] = field(default_factory=dict)
    overdue_since: dt.datetime | None = None
    last_at: dt.datetime | None = None
    expected: float = 0.0
    certificate: Certificate | None = None
    findings: tuple[Finding, ...] = ()
    look_error: str = ""


def judge(measured: Measured, now: dt.datetime) -> Health:
    """How a channel is by what was measured."""
    found = [*_key(measured), *_sending(measured, now), *_late(measured, now), *_silence(measured)]
    found += [*_certificate(measured, now), *_findings(measured)]
    if not found:
        return Health()
    found.sort(key=lambda one: -one[0].rank)
    return Health(found[0][0], tuple(reason for _, reason in found))


_Judged = Iterator[tuple[HealthState, Reason]]
_DOWN, _DEGRADED = HealthState.DOWN, HealthState.DEGRADED


def _key(of: Measured) -> _Judged:
    if of.trouble == NotAuthorised.code:
        yield _DOWN, Reason("key_refused", _since(of.trouble_since))
    elif of.look_error == NotAuthorised.code:
        yield _DOWN, Reason("key_refused")


def _sending(of: Measured, now: dt.datetime) -> _Judged:
    """Failures on end, or else many among the last attempts; refusals, people said to be gone, what nobody knows of."""
    fails_on_end = of.failures >= FAILURES_TO_PAUSE and of.trouble not in ("", NotAuthorised.code)
    if fails_on_end:
        for_long = of.trouble_since is not None and now - of.trouble_since >= _DOWN_AFTER
        told: dict[str, str | int] = {"error": of.trouble, "count": of.failures, **_since(of.trouble_since)}
        yield (_DOWN if for_long else _DEGRADED), Reason("failing", told)
    failed = sum(of.ended.get(code, 0) for code in _FAILED)
    total = failed + sum(of.ended.get(code, 0) for code in _ANSWERED)
    if not fails_on_end and total >= _LEAST and failed * 5 >= total:
        is_down = total >= _LEAST_FOR_DOWN and failed * 5 >= total * 4
        yield (_DOWN if is_down else _DEGRADED), Reason("failing_often", {"count": failed, "of": total})
    refused = of.ended.get(MessageRefused.code, 0)
    if refused >= _LEAST and refused * 2 >= total:
        yield _DEGRADED, Reason("refused_often", {"count": refused, "of": total})
    if of.gone >= GONE_TO_DOUBT:
        yield _DEGRADED, Reason("all_gone", {"count": of.gone})
    unknown = sum(of.ended.get(code, 0) for code in _UNKNOWN)
    if unknown >= _MANY_UNCERTAIN:
        yield _DEGRADED, Reason("uncertain", {"count": unknown})


def _late(of: Measured, now: dt.datetime) -> _Judged:
    if of.overdue_since is not None and now - of.overdue_since >= _LATE:
        state = _DOWN if now - of.overdue_since >= _FAR_TOO_LATE else _DEGRADED
        yield state, Reason("late", _since(of.overdue_since))


def _silence(of: Measured) -> _Judged:
    if of.expected >= SUSPICIOUS:
        state = _DOWN if of.expected >= CERTAIN else _DEGRADED
        yield state, Reason("silent", {"usual": round(of.expected), **_since(of.last_at)})


def _certificate(of: Measured, now: dt.datetime) -> _Judged:
    """Behind a gateway our own address may be out of our reach while others come in by it: that is no outage yet."""
    if of.certificate is None:
        return
    match of.certificate.seen:
        case Seen.EXPIRED | Seen.OTHER_NAME | Seen.UNTRUSTED as seen:
            yield _DOWN, Reason(f"certificate_{seen}")
        case Seen.UNREACHABLE:
            yield _DEGRADED, Reason("certificate_unreachable")
        case Seen.GOOD if of.certificate.ends_at and of.certificate.ends_at <= now:
            yield _DOWN, Reason("certificate_expired")
        case Seen.GOOD if of.certificate.ends_at and of.certificate.ends_soon(now):
            yield _DEGRADED, Reason("certificate_ends", {"day": of.certificate.ends_at.isoformat()})


def _findings(of: Measured) -> _Judged:
    for finding in of.findings:
        gone = finding.code in (FindingCode.WEBHOOK_MISSING, FindingCode.WEBHOOK_ELSEWHERE)
        code = "provider_says" if finding.code is FindingCode.OTHER else finding.code.value
        yield (_DOWN if gone else _DEGRADED), Reason(code, {"said": finding.said} if finding.said else {})
    if of.look_error in (Unreachable.code, ProviderFailed.code, Uncertain.code):
        yield _DEGRADED, Reason("provider_out_of_reach", {"error": of.look_error})


def _since(at: dt.datetime | None) -> dict[str, str]:
    return {"since": at.isoformat()} if at else {}


# when staff are told --------------------------------------------------------------------------------------------------

#: How long it must be so before staff are told of it.
DOWN_FOR = dt.timedelta(minutes=2)
DEGRADED_FOR = dt.timedelta(minutes=10)
OK_FOR = dt.timedelta(minutes=10)
#: Each alarm of the last day doubles how long it must be well again, up to this.
LONGEST_OK_FOR = dt.timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Course:
    """How a channel has been lately. ``told``: what staff were told last.

    ``since``: since when it is in this state. ``unwell_since``: since when it is in any but ok; None while it is ok.
    """

    state: HealthState
    since: dt.datetime
    unwell_since: dt.datetime | None
    told: HealthState
    checked_at: dt.datetime


def following(
    before: Course | None, state: HealthState, now: dt.datetime, *, quiet: bool, alarms_lately: int
) -> tuple[Course, HealthState | None]:
    """The course with one more check, and what staff are to be told now; None: nothing.

    A channel that is down is told of after two minutes, one that is degraded after ten, and not in quiet hours; one
    that was told of, when it has been well for ten minutes, twice as long for each further alarm of the last day. One
    that was down and is only degraded now is not told of: what comes next is that it is well, or nothing.

    :param alarms_lately: how many alarms of it began within a day.
    """
    course = _seen_again(before, state, now)
    told = _to_tell(course, now, quiet=quiet, alarms_lately=alarms_lately)
    return (replace(course, told=told) if told else course), told


def _seen_again(before: Course | None, state: HealthState, now: dt.datetime) -> Course:
    """The course with this check; of a time in which nobody looked, or by another clock, nothing is known."""
    unwell = state is not HealthState.OK
    if before is None:
        return Course(state, now, now if unwell else None, HealthState.OK, now)
    if abs(now - before.checked_at) > OLD:
        return Course(state, now, now if unwell else None, before.told, now)
    since = before.since if state is before.state else now
    unwell_since = (before.unwell_since or now) if unwell else None
    return Course(state, since, unwell_since, before.told, now)


def _to_tell(course: Course, now: dt.datetime, *, quiet: bool, alarms_lately: int) -> HealthState | None:
    if course.state is HealthState.OK:
        enough = min(OK_FOR * 2 ** min(max(alarms_lately - 1, 0), 10), LONGEST_OK_FOR)
        return HealthState.OK if course.told is not HealthState.OK and now - course.since >= enough else None
    if course.told is HealthState.DOWN or course.unwell_since is None:
        return None
    if course.state is HealthState.DOWN and now - course.since >= DOWN_FOR:
        return HealthState.DOWN
    long_enough = now - course.unwell_since >= DEGRADED_FOR
    return HealthState.DEGRADED if course.told is HealthState.OK and long_enough and not quiet else None
