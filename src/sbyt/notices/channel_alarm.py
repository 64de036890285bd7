"""The alarm: staff are told that a channel isn't well, and that it is again, by another channel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sbyt.core.settings import ChannelSettings, Settings
from sbyt.messaging import outbox
from sbyt.messaging.channel import Channel
from sbyt.messaging.health import Health, HealthState
from sbyt.messaging.outbox import Kind
from sbyt.notices.health_words import said_health, said_reason

#: Why somebody gets it.
CHANNEL_ALARM = "channel_alarm"

#: What nobody could be told for so long is told by the office.
_LIFE = dt.timedelta(hours=24)
_SUBJECT = {"ru": "Каналы связи с клиентами", "en": "Channels to customers"}
_AGAIN = {"ru": "снова работает", "en": "works again"}
_OFFICE = {"ru": "Подробнее: {address}/office/channels/", "en": "More: {address}/office/channels/"}


@dataclass(frozen=True, slots=True)
class Told:
    """What staff are to be told of one channel: how it is now. ``before``: what they were told last."""

    channel: str
    before: HealthState
    health: Health

    @property
    def is_grave(self) -> bool:
        """It does not work, or didn't until now."""
        return HealthState.DOWN in (self.before, self.health.state)


def write_alarms(
    told: Sequence[Told],
    settings: Settings,
    connected: Mapping[str, Channel],
    states: Mapping[str, HealthState],
    now: dt.datetime,
) -> int:
    """Write one message to each of the staff who are to know, in the transaction of whoever calls.

    Mail gets all of it. Phones get it where a channel does not work at all, or does again, and whenever no mail can go.
    That a channel does not work is worth waking somebody: it goes at any hour. All else waits for the quiet hours' end.

    :param states: how each channel is at this moment. Nothing goes by one that is down, or that is told of as ill; one
        that is only degraded is the last resort.

    :returns: how many were written; none where nobody is named, or nothing is left to tell them by.
    """
    if not told:
        return 0
    text = _text(told, settings)
    ways = list(_ways(told, settings, _usable(told, settings, connected, states)))
    is_down = any(one.health.state is HealthState.DOWN for one in told)
    for channel, recipient in ways:
        # What wakes people goes as answers do: at any hour, and once more where nobody knows whether it arrived.
        outbox.write(
            channel=channel,
            recipient=recipient,
            text=_fitting(text, told, settings, connected[channel]),
            subject=_SUBJECT[settings.language],
            kind=Kind.ANSWER if is_down else Kind.NOTICE,
            purpose=CHANNEL_ALARM,
            now=now,
            expires_at=now + _LIFE,
        )
    return len(ways)


def _usable(
    told: Sequence[Told], settings: Settings, connected: Mapping[str, Channel], states: Mapping[str, HealthState]
) -> dict[str, ChannelSettings]:
    """The channels by which something may be told, those that are well first."""
    ill = {one.channel for one in told if one.health.state is not HealthState.OK}
    ill |= {code for code, state in states.items() if state is HealthState.DOWN}
    found = [code for code in settings.channels if code in connected and code not in ill]
    found.sort(key=lambda code: states.get(code, HealthState.OK).rank)
    return {code: settings.channels[code] for code in found}


def _ways(told: Sequence[Told], settings: Settings, usable: Mapping[str, ChannelSettings]) -> Iterator[tuple[str, str]]:
    """By which channel to whom."""
    mail = _of(usable, "email")
    if mail:
        yield from ((mail, email) for email in settings.alarms.emails)
    by_mail = bool(mail and settings.alarms.emails)
    phones = _of(usable, "phone", texts_only=True)
    if phones and (not by_mail or any(one.is_grave for one in told)):
        yield from ((phones, phone) for phone in settings.alarms.phones)


def _of(channels: Mapping[str, ChannelSettings], senders: str, *, texts_only: bool = False) -> str:
    """The first of the channels that are addressed so; one that speaks can't be read again."""
    fitting = (
        code
        for code, described in channels.items()
        if described.senders == senders and not (texts_only and described.rendering == "keypad")
    )
    return next(fitting, "")


def _text(told: Sequence[Told], settings: Settings) -> str:
    language, zone = settings.language, settings.zone
    lines = []
    for one in told:
        lines.append(_line(one, settings))
        for reason in one.health.reasons:
            what, do = said_reason(reason, language, zone)
            lines.append(f"– {what} {do}")
    if settings.web.address:
        lines.append(_OFFICE[language].format(address=settings.web.address))
    return "\n".join(lines)


def _line(one: Told, settings: Settings) -> str:
    described = settings.channels.get(one.channel)
    title = described.title if described else one.channel
    if one.health.state is HealthState.OK:
        return f"{title}: {HealthState.OK.sign} {_AGAIN[settings.language]}."
    return f"{title}: {said_health(one.health.state, settings.language)}."


def _fitting(text: str, told: Sequence[Told], settings: Settings, channel: Channel) -> str:
    """The text, or the states alone where the channel takes no such long one."""
    longest = channel.capabilities.length
    if longest is None and settings.channels[channel.code].rendering != "short":
        return text
    lines = " ".join(_line(one, settings) for one in told)
    first = told[0].health.reasons[:1] if len(told) == 1 else ()
    whole = " ".join([lines, *(said_reason(reason, settings.language, settings.zone).what for reason in first)])
    return whole if longest is None or len(whole) <= longest else lines[:longest]
