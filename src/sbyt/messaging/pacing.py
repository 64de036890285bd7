"""When a message may go: the rate of a channel, back-off after a failure, pauses of a channel that can't send. Pure."""

from __future__ import annotations

import datetime as dt
import math
import zlib
from dataclasses import dataclass

from sbyt.core.settings import Settings
from sbyt.messaging.channel import Channel, NotAuthorised, Throttled, UnableToSend, Uncertain

_SECOND = dt.timedelta(seconds=1)

#: The longest wait between two attempts at one message, and of a channel that may lose what it tries.
LONGEST_BACK_OFF = dt.timedelta(minutes=15)
#: However long a provider asks us to wait, it is asked again after this.
LONGEST_PAUSE = dt.timedelta(hours=1)
#: A channel that certainly sent nothing is tried again this soon: answers must not wait long after it recovers.
LONGEST_UNREACHABLE = dt.timedelta(minutes=1)
#: From so many failures on end a channel pauses, and is then tried with one message at a time.
FAILURES_TO_PAUSE = 3
#: Once so many recipients on end are said to be gone, with nothing delivered between, it isn't they who are.
GONE_TO_DOUBT = 10
#: What lies farther ahead than it can be meant to is no wait: the clock was set back.
CLOCK_SLACK = dt.timedelta(minutes=1)

_FIRST_BACK_OFF = 2.0  # seconds


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``per_second`` messages in any second: the generic cell rate algorithm.

    A burst of a tenth may go at once, so that a batch is worth its transaction; what is then left of the second is
    spread evenly, so that burst and spread together never exceed the limit. ``free_at`` is what the algorithm calls
    the theoretical arrival time: when everything granted so far would be gone, one after the other.
    """

    per_second: int

    @property
    def burst(self) -> int:
        return max(1, self.per_second // 10)

    @property
    def interval(self) -> dt.timedelta:
        """Between two messages, once the burst is used up; rounded up to microseconds."""
        return dt.timedelta(microseconds=math.ceil(1_000_000 / (self.per_second - self.burst + 1)))

    def grants(self, free_at: dt.datetime, now: dt.datetime) -> int:
        """How many messages may go at this moment."""
        ahead = self.burst * self.interval + now - self._meant(free_at, now)
        return max(0, ahead // self.interval)

    def wait(self, free_at: dt.datetime, now: dt.datetime) -> dt.timedelta:
        """How long until one more may go; zero if it may now."""
        return max(dt.timedelta(0), self._meant(free_at, now) - now - (self.burst - 1) * self.interval)

    def after(self, free_at: dt.datetime, now: dt.datetime, count: int) -> dt.datetime:
        """``free_at`` once so many more have gone at this moment."""
        return self._meant(free_at, now) + count * self.interval

    @staticmethod
    def _meant(free_at: dt.datetime, now: dt.datetime) -> dt.datetime:
        return now if free_at < now or free_at > now + CLOCK_SLACK else free_at


def rate_of(channel: Channel, settings: Settings) -> Rate:
    """What the channel can take a second, or less if the settings say less."""
    described = settings.channels.get(channel.code)
    wanted = described.per_second if described else None
    return Rate(min(wanted or channel.per_second, channel.per_second))


def back_off(message: int, attempt: int) -> dt.timedelta:
    """How long a message waits after its attempt of this number, from 1: 2, 4, 8 … seconds, at most 15 minutes.

    A quarter more or less by message and attempt keeps those that failed together from coming back together; it is the
    same whenever it is asked for, so that a simulation repeats.
    """
    seconds = min(_FIRST_BACK_OFF * 2.0 ** min(attempt - 1, 20), LONGEST_BACK_OFF / _SECOND)
    jitter = 0.75 + 0.5 * zlib.crc32(f"{message}:{attempt}".encode()) / 2**32
    return min(dt.timedelta(seconds=seconds * jitter), LONGEST_BACK_OFF)


def wait_of_message(message: int, attempt: int, error: UnableToSend) -> dt.timedelta:
    """How long a message waits that is sent again after this error."""
    if isinstance(error, NotAuthorised):
        return LONGEST_BACK_OFF
    if isinstance(error, Throttled) and error.wait is not None:
        return asked_for(error.wait)
    return back_off(message, attempt)


def asked_for(seconds: float) -> dt.timedelta:
    """What a provider asks us to wait, at least a second, at most an hour; whatever is no number counts as an hour."""
    if not math.isfinite(seconds):
        return LONGEST_PAUSE
    return dt.timedelta(seconds=min(max(seconds, 1.0), LONGEST_PAUSE / _SECOND))


def pause_of_channel(failures: int, error: UnableToSend) -> dt.timedelta | None:
    """How long the whole channel waits after so many failures on end, the last of them being this; None: not at all.

    A provider that keeps us waiting may cost a notice each time it is tried, so it is tried less and less; where
    certainly nothing was sent, trying costs nothing.
    """
    if isinstance(error, NotAuthorised):
        return LONGEST_BACK_OFF
    if failures < FAILURES_TO_PAUSE:
        return None
    longest = LONGEST_BACK_OFF if isinstance(error, Uncertain) else LONGEST_UNREACHABLE
    return min(_SECOND * (1 << min(failures - FAILURES_TO_PAUSE, 20)), longest)
