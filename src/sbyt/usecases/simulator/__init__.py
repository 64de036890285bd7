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

__all__ = [
    "NOTHING_SEEN",
    "Board",
    "Customer",
    "Example",
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
    "sender_in",
    "write_as",
]
