"""What an installation is where its ``sbyt.toml`` says nothing, and what no installation can be."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from sbyt.core.resources import Resource
from sbyt.core.settings import (
    Alarms,
    ChannelSettings,
    Checks,
    Company,
    Estimates,
    PerMonth,
    PerResource,
    Quiet,
    Section,
    Settings,
    WaySettings,
    Window,
)


def test_readings_are_asked_for_from_the_18th_to_the_25th() -> None:
    assert (Window().first_day, Window().last_day) == (18, 25)


def test_the_average_is_of_six_months_at_least_three_and_holds_for_three() -> None:
    """Decree 354, paragraphs 59 and 60."""
    limits = Estimates()
    assert (limits.average_of_months, limits.least_months, limits.average_periods) == (6, 3, 3)


@pytest.mark.parametrize(
    ("resource", "high_from", "high_without_average", "most_a_month"),
    [
        (Resource.ELECTRICITY, 100, 2000, None),
        (Resource.HOT_WATER, 10, 30, 100),
        (Resource.COLD_WATER, 10, 30, 100),
        (Resource.GAS, 10, 500, 2000),
        (Resource.HEAT, 3, 5, 20),
    ],
)
def test_a_value_is_doubted_by_the_published_limits(
    resource: Resource, high_from: int, high_without_average: int, most_a_month: int | None
) -> None:
    checks = Checks()
    assert checks.high_from.of(resource) == high_from
    assert checks.high_without_average.of(resource) == high_without_average
    if most_a_month is not None:
        assert checks.most_a_month.of(resource) == most_a_month


def test_a_connection_carries_15_kw_and_five_times_the_average_is_high() -> None:
    assert (Checks().electricity_kw, Checks().high_times_average) == (15, 5)


def test_a_question_stays_open_for_a_day() -> None:
    assert Settings().dialogue.question_hours == 24


@pytest.mark.parametrize("resource", list(Resource))
def test_each_resource_has_a_limit_of_its_own(resource: Resource) -> None:
    assert resource.value in PerResource.model_fields
    assert (resource.value in PerMonth.model_fields) == (resource is not Resource.ELECTRICITY)


@pytest.mark.parametrize(
    ("section", "values"),
    [
        (Window, {"first_day": 26, "last_day": 25}),
        (Window, {"first_day": 0}),
        (Window, {"last_day": 32}),
        (Window, {"last_day": "25"}),
        (Estimates, {"average_of_months": 2, "least_months": 3}),
        (Estimates, {"least_months": 0}),
        (Checks, {"electricity_kw": 0}),
        (Checks, {"electricity_kw": 15.5}),
        (Company, {"phones": ["nobody"]}),
        (Company, {"phones": ["12"]}),
        (Company, {"email": "nobody"}),
        (Company, {"name": "  "}),
        (ChannelSettings, {}),
        (ChannelSettings, {"title": "SMS", "rendering": "loud"}),
        (ChannelSettings, {"title": "SMS", "first_day": 20, "last_day": 18}),
        (ChannelSettings, {"title": "SMS", "state": "gone"}),
        (ChannelSettings, {"title": "SMS", "per_second": 0}),
        (Quiet, {"from_hour": 24}),
        (Alarms, {"emails": ["nobody"]}),
        (Alarms, {"phones": ["112"]}),
        (Settings, {"time_zone": "Europe/Ukhta"}),
        (Settings, {"time_zone": "../../etc/passwd"}),
        (Settings, {"language": "de"}),
        (Settings, {"windows": {}}),
        (Settings, {"notice": {"recommend": ["post"]}}),
    ],
)
def test_what_cannot_be_is_refused(section: type[Section], values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        section.model_validate(values)


@pytest.mark.parametrize(
    ("hours", "quiet"),
    [
        pytest.param((21, 9), {*range(21, 24), *range(9)}, id="over midnight"),
        pytest.param((1, 5), {1, 2, 3, 4}, id="within a day"),
        pytest.param((0, 23), set(range(23)), id="all but an hour"),
        pytest.param((7, 7), set(), id="never"),
    ],
)
def test_quiet_hours_hold_from_the_first_up_to_the_second(hours: tuple[int, int], quiet: set[int]) -> None:
    section = Quiet(from_hour=hours[0], to_hour=hours[1])
    assert {hour for hour in range(24) if section.holds(dt.datetime(2026, 11, 20, hour, 59))} == quiet


@pytest.mark.parametrize("phone", ["8 800 100-00-00", "+7 912 951-08-84", "112", "8216"])
def test_a_company_may_have_a_short_number(phone: str) -> None:
    assert Company(phones=(phone,)).phones == (phone,)


def test_settings_do_not_change_after_loading() -> None:
    with pytest.raises(ValidationError):
        Settings().language = "en"  # type: ignore[misc]  # what the test is about


@pytest.mark.parametrize(
    ("days", "window", "awaited"),
    [
        ((1, 31), (18, 25), (18, 25)),
        ((18, 20), (18, 25), (18, 20)),
        ((20, 31), (18, 25), (20, 25)),
        ((1, 5), (18, 25), (1, 5)),
    ],
)
def test_a_way_takes_what_is_awaited_on_the_days_of_both(
    days: tuple[int, int], window: tuple[int, int], awaited: tuple[int, int]
) -> None:
    way = WaySettings(title="Post", first_day=days[0], last_day=days[1])
    assert way.days_in(Window(first_day=window[0], last_day=window[1])) == awaited


def test_what_is_recommended_may_be_a_channel_or_another_way() -> None:
    ways = {"channels": {"sms": {"title": "SMS"}}, "ways": {"post": {"title": "Post"}}}
    settings = Settings.model_validate({**ways, "notice": {"recommend": ["post", "sms"]}})
    assert settings.notice.recommend == ("post", "sms")
