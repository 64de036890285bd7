"""Stand-ins for providers: only where the settings say so, within what their kind of channel can carry."""

from __future__ import annotations

import asyncio

import pytest

from sbyt.channels.simulated import CARRIES, simulated
from sbyt.config.channels import DEFAULT_CHANNELS, HANDSETS, IMPLEMENTED, channel_class, connected
from sbyt.config.load import parse_settings
from sbyt.messaging.channel import CannotCarry, Outgoing, Request, Sent, UnableToParse, UnableToVerify
from sbyt.usecases.send_messages import fitted
from tests.support.serving import right_now

DEMO = parse_settings("[demo]\nsimulator = true", "sbyt.toml")


@pytest.mark.parametrize("text", ["", "[demo]", "[demo]\nsimulator = false", "[demo]\nguide = 'who.json'"])
def test_nothing_is_simulated_unless_the_settings_say_so(text: str) -> None:
    made = connected(parse_settings(text, "sbyt.toml"), {}, right_now)
    assert [code for code, channel in made.items() if channel.simulated] == []


def test_in_a_demonstration_whatever_is_not_connected_is_simulated() -> None:
    made = connected(DEMO, {}, right_now)
    assert set(made) == set(DEFAULT_CHANNELS)
    classes = {code: channel_class(code) for code in IMPLEMENTED}
    needing_nothing = {code for code, channel in classes.items() if not (channel.needs or channel.needs_options)}
    assert {code for code, channel in made.items() if not channel.simulated} == needing_nothing
    assert all(channel.code == code for code, channel in made.items())


def test_every_handset_belongs_to_a_channel_and_can_carry_something() -> None:
    assert set(HANDSETS) <= set(DEFAULT_CHANNELS)
    assert set(HANDSETS.values()) <= set(CARRIES)


def test_nothing_comes_in_by_a_webhook() -> None:
    channel = simulated("sms", "short")
    with pytest.raises(UnableToVerify, match="имитируется"):
        channel.verify(Request({}, b"{}"))
    with pytest.raises(UnableToParse):
        channel.parse(Request({}, b"{}"))


def test_what_is_sent_arrives_at_once() -> None:
    sent = asyncio.run(simulated("telegram", "messenger").send(Outgoing(7, "500", "Приняли 4425.")))
    assert sent == Sent("simulated-7")


def test_buttons_are_lines_where_the_handset_has_none() -> None:
    asked = Outgoing(1, "500", "Всё верно?", ("Да", "Нет"))
    assert fitted(asked, simulated("telegram", "messenger").capabilities) == asked
    assert fitted(asked, simulated("sms", "short").capabilities).text == "Всё верно?\n– Да\n– Нет"


def test_a_short_message_has_an_end() -> None:
    with pytest.raises(CannotCarry):
        fitted(Outgoing(1, "500", "я" * 671), simulated("sms", "short").capabilities)
