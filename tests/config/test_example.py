"""``sbyt.example.toml`` says of itself that it holds every key with its default."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel

from sbyt.config.channels import options_schema
from sbyt.config.load import parse_settings
from sbyt.core.settings import (
    Alarms,
    Bank,
    ChannelSettings,
    Checks,
    Company,
    Demo,
    Dialogue,
    Estimates,
    Holds,
    MorningSettings,
    Notice,
    PerMonth,
    PerResource,
    Quiet,
    Reminders,
    Settings,
    WaySettings,
    Window,
)

EXAMPLE = (Path(__file__).parents[2] / "sbyt.example.toml").read_text(encoding="utf-8")

#: The same with every example key taken out of its comment.
IN_FULL = re.sub(r"^# (?=\[|\w+ = )", "", EXAMPLE, flags=re.MULTILINE)


def test_it_equals_the_defaults() -> None:
    assert parse_settings(EXAMPLE, "example") == parse_settings("", "nothing")


def test_its_commented_keys_are_right_too() -> None:
    settings = parse_settings(IN_FULL, "example")
    assert settings.company.bank is not None
    assert settings.channels["voice"].since is not None


@pytest.mark.parametrize(
    ("section", "table"),
    [
        (Settings, ()),
        (Company, ("company",)),
        (Bank, ("company", "bank")),
        (Window, ("window",)),
        (Estimates, ("estimates",)),
        (Checks, ("checks",)),
        (PerMonth, ("checks", "most_a_month")),
        (PerResource, ("checks", "high_from")),
        (PerResource, ("checks", "high_without_average")),
        (Holds, ("holds",)),
        (Dialogue, ("dialogue",)),
        (Quiet, ("quiet",)),
        (Reminders, ("reminders",)),
        (Alarms, ("alarms",)),
        (ChannelSettings, ("channels", "voice")),
        (WaySettings, ("ways", "post")),
        (Notice, ("notice",)),
        (Demo, ("demo",)),
        (MorningSettings, ("demo", "morning")),
    ],
)
def test_it_names_every_key(section: type[BaseModel], table: tuple[str, ...]) -> None:
    written = tomllib.loads(IN_FULL)
    for name in table:
        written = written[name]
    assert set(written) == set(section.model_fields)


@pytest.mark.parametrize("code", ["email", "max", "telegram", "viber", "vk", "whatsapp"])
def test_it_names_every_option_of_a_provider(code: str) -> None:
    schema = options_schema(code)
    assert schema is not None
    assert set(tomllib.loads(IN_FULL)["channels"][code]["options"]) == set(schema.model_fields)


def test_it_names_every_channel() -> None:
    assert set(parse_settings("", "nothing").channels) <= set(re.findall(r"\w+", EXAMPLE))
