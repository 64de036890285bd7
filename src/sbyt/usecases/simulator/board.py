"""The live board: what came in, what was taken and what we said, the newest rows of each."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from sbyt.conversation.render import LANGUAGES
from sbyt.messaging.talks import Answered, Said, newest_answered, newest_said
from sbyt.readings.queries import Taken, newest_taken

#: So many of the newest rows of each kind are looked at.
MOST = 40
#: Among so many of the newest readings are looked for those that customers sent.
_READINGS = 200
#: What a message of ours may still come to.
_UNSETTLED = ("waiting", "sending")

_ASIDES = tuple(f"/{language}" for language in LANGUAGES)

#: What happened at the same moment happened in this order.
_ORDER = {Said: 0, Taken: 1, Answered: 2}


class Shown(NamedTuple):
    """A row of the board. ``key`` is its name for ever: when it has changed, it comes again by the same name."""

    key: str
    at: dt.datetime
    row: Said | Answered | Taken
    settled: bool


@dataclass(frozen=True)
class Seen:
    """Up to where of each kind everything was shown as it will remain."""

    said: int = 0
    taken: int = 0
    answered: int = 0

    @classmethod
    def of(cls, name: str) -> Self | None:
        """What ``name`` of another gave; None for anything else."""
        found = re.fullmatch(r"([0-9]{1,18})-([0-9]{1,18})-([0-9]{1,18})", name)
        return cls(*map(int, found.groups())) if found else None

    @property
    def name(self) -> str:
        """What a browser gives back when it comes again."""
        return f"{self.said}-{self.taken}-{self.answered}"


#: Nobody has looked yet.
NOTHING_SEEN = Seen()


@dataclass
class Board:
    """The board as one who watches it has it: what they have seen in which state."""

    after: Seen = NOTHING_SEEN
    seen: Seen = NOTHING_SEEN
    _states: dict[str, object] = field(default_factory=dict)

    def news(self) -> list[Shown]:
        """What is new or has changed since they looked last, the oldest first."""
        said, taken, answered = newest_said(MOST), newest_taken(_READINGS)[:MOST], newest_answered(MOST)
        asides = {one.id for one in said if is_aside(one)}
        rows = [
            *(
                Shown(f"said-{one.id}", one.at, one, one.result is not None)
                for one in said
                if one.id not in asides and one.id > self.after.said
            ),
            *(Shown(f"taken-{one.id}", one.at, one, True) for one in taken if one.id > self.after.taken),  # noqa: FBT003
            *(
                Shown(f"answered-{one.id}", one.at, one, one.state not in _UNSETTLED)
                for one in answered
                if one.to not in asides and one.id > self.after.answered
            ),
        ]
        states = {shown.key: _state(shown) for shown in rows}
        new = [shown for shown in rows if self._states.get(shown.key) != states[shown.key]]
        self._states = states
        self.seen = Seen(
            _settled_up_to(self.after.said, {one.id: one.result is not None for one in said}),
            max([self.after.taken, *(one.id for one in taken)]),
            _settled_up_to(self.after.answered, {one.id: one.state not in _UNSETTLED for one in answered}),
        )
        return sorted(new, key=lambda shown: (shown.at, _ORDER[type(shown.row)], shown.row.id))


def is_aside(said: Said) -> bool:
    """Whether it only chose the language, which was the page's: nobody typed it, and it is shown nowhere."""
    return said.text in _ASIDES


def look() -> tuple[list[Shown], Seen]:
    """The board as it is now, the newest first, and what a browser that has it need not be shown again."""
    board = Board()
    news = board.news()
    return news[::-1][:MOST], board.seen


def _state(shown: Shown) -> object:
    return shown.row.state if isinstance(shown.row, Answered) else shown.settled


def _settled_up_to(before: int, settled: Mapping[int, bool]) -> int:
    """The id before the first that may still change; the greatest where none may."""
    unsettled = [id_ for id_, done in settled.items() if not done and id_ > before]
    return max(before, min(unsettled) - 1 if unsettled else max(settled, default=0))
