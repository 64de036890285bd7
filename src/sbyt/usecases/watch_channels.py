"""Look how each channel is, keep it for all who ask, and tell staff when it turns. Once a minute, by one process."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Mapping, Sequence

import structlog
from django.db import transaction

from sbyt.core.settings import ChannelState, Settings
from sbyt.messaging import health_rows
from sbyt.messaging.certificates import Certificate, certificate_at
from sbyt.messaging.channel import Channel, Finding, UnableToSend, Uncertain
from sbyt.messaging.health import Health, HealthState, Measured, following, judge
from sbyt.messaging.statuses import current_channels
from sbyt.notices.channel_alarm import Told, write_alarms

#: How long a provider may take to say how it is set, in seconds.
TIME_LIMIT = 15.0

Look = Callable[[str], Certificate | None]

_log = structlog.get_logger(__name__)


def watch_channels(
    channels: Mapping[str, Channel],
    settings: Settings,
    now: dt.datetime,
    *,
    certificate_of: Look = certificate_at,
    time_limit: float = TIME_LIMIT,
) -> bool:
    """Check all channels if it is our turn.

    :param certificate_of: looks at the certificate of an address.

    :returns: whether it was our turn.

    :raises DatabaseError: if the database is out of reach.
    """
    if not health_rows.take_turn(now):
        return False
    _look_at_certificate(channels, settings, now, certificate_of)
    _ask_providers(channels, settings, now, time_limit)
    counted = health_rows.count_what_came(now)
    states = current_channels(settings, now.astimezone(settings.zone).date())
    usable = [code for code, way in states.items() if way.state in (ChannelState.OPEN, ChannelState.UNSTABLE)]
    by_address = {code: channel.by_address for code, channel in channels.items()}
    heard = [code for code, channel in channels.items() if counted and code in usable and not channel.simulated]
    _keep(health_rows.measure(by_address, settings, now, heard=heard), channels, settings, now)
    return True


def _look_at_certificate(
    channels: Mapping[str, Channel], settings: Settings, now: dt.datetime, certificate_of: Look
) -> None:
    address = settings.web.address or ""
    if health_rows.certificate_is_due(address, now):
        needed = bool(address) and any(channel.by_address for channel in channels.values())
        health_rows.keep_certificate(address, certificate_of(address) if needed else None, now)


# asking providers -----------------------------------------------------------------------------------------------------


def _ask_providers(channels: Mapping[str, Channel], settings: Settings, now: dt.datetime, time_limit: float) -> None:
    due = {code: channels[code] for code in health_rows.to_look_at(channels, now)}
    for code, (findings, error) in asyncio.run(_asked(due, settings.web.address or "", time_limit)).items():
        health_rows.keep_look(code, findings, error, now)


_Answer = tuple[Sequence[Finding], str]


async def _asked(channels: Mapping[str, Channel], address: str, time_limit: float) -> dict[str, _Answer]:
    """What the provider of each found, or the code of the error with which it could not be asked; all at once."""
    answers = await asyncio.gather(
        *(
            _ask(channel, f"{address}/in/{code}" if address and channel.by_address else "", time_limit)
            for code, channel in channels.items()
        )
    )
    return dict(zip(channels, answers, strict=True))


async def _ask(channel: Channel, webhook: str, time_limit: float) -> _Answer:
    try:
        async with asyncio.timeout(time_limit):
            return tuple(await channel.look(webhook)), ""
    except UnableToSend as error:
        return (), error.code
    except TimeoutError:
        return (), Uncertain.code
    except Exception as error:  # noqa: BLE001 a fault in one channel must not end the checks of all
        _log.error("look_raised", channel=channel.code, error=type(error).__name__)
        return (), ""


# keeping and telling --------------------------------------------------------------------------------------------------


def _keep(
    measured: Mapping[str, Measured], channels: Mapping[str, Channel], settings: Settings, now: dt.datetime
) -> None:
    """Keep how each channel is, and write the alarms that follow, in one transaction."""
    quiet = settings.quiet.holds(now.astimezone(settings.zone))
    judged = {code: judge(one, now) for code, one in measured.items()}
    with transaction.atomic():
        courses = health_rows.courses(judged)
        lately = health_rows.alarms_lately(judged, now)
        told = []
        for code, health in judged.items():
            before = courses.get(code)
            course, news = following(before, health.state, now, quiet=quiet, alarms_lately=lately.get(code, 0))
            health_rows.keep(code, course, health, measured[code].ended)
            if news:
                was = before.told if before else HealthState.OK
                told.append(Told(code, was, Health(news, health.reasons)))
        for one in told:
            _note(one, now)
        health_rows.forget_others(judged, now)
        states = {code: health.state for code, health in judged.items()}
        written = write_alarms(told, settings, channels, states, now)
    for one in told:
        _tell_log(one, written)


def _note(told: Told, now: dt.datetime) -> None:
    if told.health.state is HealthState.OK:
        health_rows.close_alarms(told.channel, now)
    else:
        health_rows.open_alarm(told.channel, told.health, told.health.state, now)


def _tell_log(told: Told, written: int) -> None:
    say = _log.warning if told.health.state is HealthState.OK else _log.error
    reasons = [reason.code for reason in told.health.reasons]
    say("channel_health", channel=told.channel, state=told.health.state.value, reasons=reasons, alarms=written)
