"""What a message consists of: numbers with what is said of them, and tags."""

from __future__ import annotations

import enum
import itertools
from dataclasses import dataclass
from typing import NamedTuple

from sbyt.conversation.vocabulary import NO_TAG, Intent, Label, Tag, meaning
from sbyt.core.resources import Resource


class Use(enum.Enum):
    """What a number may be good for."""

    ANY = enum.auto()
    MAYBE = enum.auto()  # a value, or nothing: a year, a date without one, a bullet
    NAME = enum.auto()  # an account or a serial only: it looks like a phone, or stands in a signature
    NOTHING = enum.auto()  # money, the previous value, the use


@dataclass(slots=True)
class Group:
    """Figures that stand together. ``gap`` is what separates them from the group right before, None if words do."""

    digits: str
    start: int
    end: int
    gap: str | None
    use: Use = Use.ANY
    label: Label | None = None
    numbered: bool = False  # «№», «номер» or # between label and number
    unit: tuple[Resource, ...] = ()
    tag: Tag = NO_TAG  # in brackets right behind: «8240 (день)»


class Parsed(NamedTuple):
    """A message as it was understood before anything is known of the sender."""

    items: tuple[Group | Tag, ...]
    groups: tuple[Group, ...]
    words: frozenset[str]
    intents: frozenset[Intent]
    skeleton: str  # letters and figures of the whole message as serials are compared
    tokens: tuple[tuple[int, Group | Tag | None], ...]  # where in the skeleton, and what it became
    too_long: bool = False
    opens_with: Intent | None = None  # «да, работал обогреватель» says yes, whatever follows
    suspect: bool = False  # says of a number that it is money, a document, or not to be taken
    unknown_words: bool = False  # that are neither ours, nor polite, nor a name

    @property
    def says_reading(self) -> bool:
        """Whether it says in so many words that it holds a reading, or of what."""
        return any(isinstance(item, Tag) for item in self.items) or any(
            meaning(word) in (Label.READING, Label.METER) for word in self.words
        )

    @property
    def has_values(self) -> bool:
        """Whether anything in it may be the value of a register."""
        return any(group.use in (Use.ANY, Use.MAYBE) for group in self.groups)

    def before(self, group: Group) -> Parsed:
        """The message up to this number."""
        items = tuple(itertools.takewhile(lambda item: item is not group, self.items))
        return self._replace(items=items, groups=tuple(item for item in items if isinstance(item, Group)))
