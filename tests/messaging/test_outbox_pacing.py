"""Rates, back-off, pauses: when a message may go."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.messaging.channel import NotAuthorised, ProviderFailed, Throttled, UnableToSend, Uncertain, Unreachable
from sbyt.messaging.pacing import Rate, asked_for, back_off, pause_of_channel, wait_of_message

NOON = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


@given(
    per_second=st.integers(1, 300),
    gaps=st.lists(st.integers(0, 400_000), min_size=1, max_size=60),
    wanted=st.integers(1, 50),
)
def test_in_no_second_go_more_than_may(per_second: int, gaps: list[int], wanted: int) -> None:
    rate, free_at, now = Rate(per_second), LONG_AGO, NOON
    sent: list[dt.datetime] = []
    for gap in gaps:
        now += dt.timedelta(microseconds=gap)
        count = min(wanted, rate.grants(free_at, now))
        free_at = rate.after(free_at, now, count)
        sent += [now] * count
    assert all(later - earlier >= SECOND for earlier, later in zip(sent, sent[per_second:], strict=False))


@pytest.mark.parametrize("per_second", [1, 2, 3, 9, 10, 30, 100, 1000])
def test_over_a_minute_at_least_nine_tenths_of_what_may_go_do(per_second: int) -> None:
    rate, free_at, now, sent = Rate(per_second), LONG_AGO, NOON, 0
    while now < NOON + 60 * SECOND:
        count = rate.grants(free_at, now)
        free_at = rate.after(free_at, now, count)
        sent += count
        now += max(rate.wait(free_at, now), dt.timedelta(milliseconds=1))
    assert 0.9 * 60 * per_second <= sent <= 60 * per_second + rate.burst


@given(per_second=st.integers(1, 1000), ahead=st.integers(0, 2_000_000))
def test_after_the_wait_one_may_go_and_just_before_none(per_second: int, ahead: int) -> None:
    rate, free_at = Rate(per_second), NOON + dt.timedelta(microseconds=ahead)
    wait = rate.wait(free_at, NOON)
    assert rate.grants(free_at, NOON + wait) >= 1
    if wait:
        assert rate.grants(free_at, NOON + wait - dt.timedelta(microseconds=1)) == 0


@given(message=st.integers(1, 10**12), attempt=st.integers(1, 32_767))
def test_back_off_grows_to_a_quarter_of_an_hour_and_is_the_same_each_time(message: int, attempt: int) -> None:
    wait = back_off(message, attempt)
    assert wait == back_off(message, attempt)
    assert min(1.5 * 2 ** min(attempt - 1, 9), 675) <= wait.total_seconds() <= 900


def test_messages_that_failed_together_do_not_come_back_together() -> None:
    assert len({back_off(message, 5) for message in range(100)}) > 90


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (30, 30),
        (0, 1),
        (-5, 1),
        (0.2, 1),
        (3600, 3600),
        (86_400, 3600),
        (1e300, 3600),
        (math.inf, 3600),
        (math.nan, 3600),
    ],
)
def test_a_provider_is_asked_again_within_the_hour_whatever_it_says(asked: float, seconds: float) -> None:
    assert asked_for(asked).total_seconds() == seconds
    assert wait_of_message(1, 1, Throttled(wait=asked)).total_seconds() == seconds


@pytest.mark.parametrize(
    ("error", "failures", "seconds"),
    [
        (Unreachable(), 1, None),
        (Unreachable(), 2, None),
        (Unreachable(), 3, 1),
        (ProviderFailed(), 4, 2),
        (Unreachable(), 8, 32),
        (Unreachable(), 9, 60),
        (Unreachable(), 10_000, 60),
        (Uncertain(), 2, None),
        (Uncertain(), 9, 64),
        (Uncertain(), 10_000, 900),
        (NotAuthorised(), 1, 900),
    ],
)
def test_a_channel_pauses_after_failures_on_end(error: UnableToSend, failures: int, seconds: float | None) -> None:
    pause = pause_of_channel(failures, error)
    assert (pause.total_seconds() if pause else None) == seconds
