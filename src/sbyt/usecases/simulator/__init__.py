"""Write as a made-up customer of a demonstration would, and see what comes of it."""

from __future__ import annotations

from sbyt.usecases.simulator.board import NOTHING_SEEN, Board, Seen, Shown, is_aside, look
from sbyt.usecases.simulator.customers import (
    Customer,
    Typed,
    UnableToWrite,
    address_of,
    can_share,
    demo_customers,
    sender_in,
    write_as,
)
from sbyt.usecases.simulator.examples import Example, examples
from sbyt.usecases.simulator.guide import guide
from sbyt.usecases.simulator.morning import Morning, morning, play_morning, undo_morning

__all__ = [
    "NOTHING_SEEN",
    "Board",
    "Customer",
    "Example",
    "Morning",
    "Seen",
    "Shown",
    "Typed",
    "UnableToWrite",
    "address_of",
    "can_share",
    "demo_customers",
    "examples",
    "guide",
    "is_aside",
    "look",
    "morning",
    "play_morning",
    "sender_in",
    "undo_morning",
    "write_as",
]
