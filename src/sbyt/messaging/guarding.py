"""Asked just before a message goes: whether it still says something. Whoever composes the sending hands it in."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass


class Verdict(enum.Enum):
    """What becomes of a message that is not to go now."""

    DROP = "drop"  # never: it says nothing any more
    HOLD = "hold"  # not yet: it is asked about again in a minute


@dataclass(frozen=True, slots=True)
class Guard:
    """Asked of messages that were claimed and have one of these purposes.

    ``ask`` gives those that are not to go, by their ids; it may ask the database. All others are sent.
    """

    purposes: frozenset[str]
    ask: Callable[[Collection[int], dt.datetime], Mapping[int, Verdict]]


#: Where everything goes.
UNGUARDED = Guard(frozenset(), lambda ids, now: {})  # noqa: ARG005 whatever they are
