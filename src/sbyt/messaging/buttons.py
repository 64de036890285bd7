"""Buttons that a channel can't show stand in the text as lines."""

from __future__ import annotations

from dataclasses import replace

from sbyt.messaging.channel import Outgoing


def as_lines(outgoing: Outgoing, length: int | None) -> Outgoing:
    """The message with its buttons as lines of the text, or without them where they don't fit: the text says all."""
    with_lines = "\n".join([outgoing.text, *(f"– {button}" for button in outgoing.buttons)])
    fits = length is None or len(with_lines) <= length
    return replace(outgoing, text=with_lines if fits else outgoing.text, buttons=())


def within(outgoing: Outgoing, length: int | None, *, most: int, longest: int) -> Outgoing:
    """The message as it is where its platform shows so many buttons with so long labels, else with lines for them."""
    if len(outgoing.buttons) <= most and all(0 < len(button) <= longest for button in outgoing.buttons):
        return outgoing
    return as_lines(outgoing, length)
