"""When an open question is asked once more, and when it goes to staff."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.conversation.asking import asked_again, goes_to_staff, window_ends
from sbyt.core.settings import Quiet, Window

WINDOW, QUIET = Window(), Quiet()
MOSCOW, BERLIN = "Europe/Moscow", "Europe/Berlin"


def local(text: str, zone: str = MOSCOW) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def written(moment: dt.datetime | None) -> str | None:
    return moment.strftime("%m-%d %H:%M") if moment else None


@pytest.mark.parametrize(
    ("asked", "again", "to_staff"),
    [
        pytest.param("2026-11-20T15:00", "11-21 11:00", "11-21 15:00", id="four hours before its end"),
        pytest.param("2026-11-20T12:00", "11-20 20:30", "11-21 12:00", id="8:00 is quiet: the evening before"),
        pytest.param("2026-11-20T01:30", "11-20 20:30", "11-21 01:30", id="21:30 is quiet: half an hour before"),
        pytest.param("2026-11-20T13:00", "11-21 09:00", "11-21 13:00", id="quiet ends at 9:00 sharp"),
        pytest.param("2026-11-20T20:00", "11-21 16:00", "11-21 20:00", id="asked in the evening"),
        pytest.param("2026-11-24T23:00", "11-25 19:00", "11-25 23:00", id="the day before the window closes"),
        pytest.param("2026-11-25T00:30", "11-25 20:00", "11-26 00:00", id="by 20:00 of the last day"),
        pytest.param("2026-11-25T15:00", "11-25 20:00", "11-26 00:00", id="on the last day"),
        pytest.param("2026-11-25T19:20", "11-25 20:20", "11-26 00:00", id="not within an hour of asking"),
        pytest.param("2026-11-25T19:30", "11-25 20:30", "11-26 00:00", id="at the very edge of the quiet hours"),
        pytest.param("2026-11-25T20:10", None, "11-26 00:00", id="no good moment is left"),
        pytest.param("2026-11-25T23:59", None, "11-26 00:00", id="the window's last minute"),
        pytest.param("2026-11-26T00:00", "11-26 20:00", "11-27 00:00", id="a minute later, for the next window"),
        pytest.param("2026-11-26T15:00", "11-27 11:00", "11-27 15:00", id="after the window"),
        pytest.param("2026-11-05T15:00", "11-06 11:00", "11-06 15:00", id="before the window"),
        pytest.param("2026-12-31T20:00", "01-01 16:00", "01-01 20:00", id="over New Year"),
    ],
)
def test_a_question_of_a_day_is_asked_again_and_goes_to_staff(asked: str, again: str | None, to_staff: str) -> None:
    at = local(asked)
    assert written(asked_again(at, WINDOW, 24, QUIET)) == again
    assert written(goes_to_staff(at, WINDOW, 24)) == to_staff


@pytest.mark.parametrize(
    ("hours", "again"),
    [(1, None), (2, "11-20 13:00"), (4, "11-20 13:00"), (6, "11-20 14:00"), (72, "11-22 20:30"), (240, "11-25 20:00")],
)
def test_questions_of_other_lengths_too(hours: int, again: str | None) -> None:
    assert written(asked_again(local("2026-11-20T12:00"), WINDOW, hours, QUIET)) == again


@pytest.mark.parametrize(
    ("quiet", "again"),
    [
        pytest.param(Quiet(from_hour=0, to_hour=0), "11-21 08:00", id="none"),
        pytest.param(Quiet(from_hour=22, to_hour=8), "11-21 08:00", id="that end in time"),
        pytest.param(Quiet(from_hour=7, to_hour=10), "11-21 06:30", id="within a day"),
        pytest.param(Quiet(from_hour=13, to_hour=11), "11-21 11:00", id="with nothing before them but the asking"),
        pytest.param(Quiet(from_hour=13, to_hour=12), None, id="that leave only the hours of asking and of the end"),
    ],
)
def test_quiet_hours_are_a_setting(quiet: Quiet, again: str | None) -> None:
    assert written(asked_again(local("2026-11-20T12:00"), WINDOW, 24, quiet)) == again


@pytest.mark.parametrize(
    ("asked", "last_day", "ends"),
    [
        pytest.param("2026-11-25T23:59", 25, "2026-11-26T00:00", id="the last day counts"),
        pytest.param("2026-11-26T00:00", 25, "2026-12-26T00:00", id="afterwards the next month's"),
        pytest.param("2027-02-10T12:00", 31, "2027-03-01T00:00", id="February has 28 days"),
        pytest.param("2028-02-29T12:00", 30, "2028-03-01T00:00", id="or 29"),
        pytest.param("2027-01-31T12:00", 30, "2027-03-01T00:00", id="from the 31st into February"),
        pytest.param("2026-12-28T12:00", 25, "2027-01-26T00:00", id="over New Year"),
    ],
)
def test_the_window_closes_at_midnight_after_its_last_day(asked: str, last_day: int, ends: str) -> None:
    assert window_ends(local(asked), Window(last_day=last_day)) == local(ends)


@pytest.mark.parametrize(
    ("asked", "to_staff", "again"),
    [
        pytest.param("2026-03-28T20:00", "03-29 21:00", "03-29 17:00", id="the night is an hour short"),
        pytest.param("2026-10-24T20:00", "10-25 19:00", "10-25 15:00", id="the night is an hour long"),
    ],
)
def test_a_day_is_24_hours_where_the_clocks_change(asked: str, to_staff: str, again: str) -> None:
    window = Window(last_day=31)
    assert written(goes_to_staff(local(asked, BERLIN), window, 24)) == to_staff
    assert written(asked_again(local(asked, BERLIN), window, 24, QUIET)) == again


def test_the_hour_is_that_of_the_retailer() -> None:
    """20:00 in Vladivostok is 10:00 UTC: Moscow has midday."""
    there = asked_again(local("2026-11-25T00:30", "Asia/Vladivostok"), WINDOW, 24, QUIET)
    assert there is not None
    assert there.astimezone(dt.UTC).strftime("%d %H:%M") == "25 10:00"


ZONES = ("Europe/Moscow", "Asia/Kamchatka", "Europe/Berlin", "America/St_Johns", "Pacific/Apia")


@given(
    st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2029, 1, 1)),
    st.sampled_from(ZONES),
    st.integers(1, 240),
    st.integers(1, 31),
    st.builds(Quiet, from_hour=st.integers(0, 23), to_hour=st.integers(0, 23)),
)
def test_it_is_asked_in_hearing_hours_long_enough_after_and_before_the_end(
    asked: dt.datetime, zone: str, hours: int, last_day: int, quiet: Quiet
) -> None:
    window = Window(first_day=1, last_day=last_day)
    at = asked.replace(tzinfo=ZoneInfo(zone))
    end = goes_to_staff(at, window, hours).astimezone(dt.UTC)
    again = asked_again(at, window, hours, quiet)
    assert end <= window_ends(at, window).astimezone(dt.UTC)
    assert dt.timedelta(0) < end - at.astimezone(dt.UTC) <= dt.timedelta(hours=hours)
    if again is not None:
        assert not quiet.holds(again)
        assert at.astimezone(dt.UTC) + dt.timedelta(hours=1) <= again.astimezone(dt.UTC) < end
