"""What came of a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

#: How many bad rows of a file are told; the rest is counted.
TOLD = 100


@dataclass(frozen=True, slots=True, order=True)
class BadRow:
    """Why a row can't be taken. ``line`` counts from 1, the header included; 0 is the file as a whole."""

    line: int
    column: str
    reason: str


@dataclass
class FileReport:
    """What came of one file: either all of its rows are in, or none is and ``bad`` says why."""

    name: str
    kind: str = ""
    rows: int = 0
    new: int = 0
    known: int = 0
    changed: int = 0
    bad: list[BadRow] = field(default_factory=list)
    bad_count: int = 0  # also of those that are not told
    notes: list[str] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return self.bad_count > 0


#: Told about a file while it is worked on: its name, what is being done, the share done (0 to 1) where it is known.
Progress = Callable[[str, str, float | None], None]


def silent(name: str, step: str, share: float | None) -> None:
    """For callers that nobody watches."""
