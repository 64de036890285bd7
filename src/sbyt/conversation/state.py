"""What is remembered of a conversation between two messages, and what a turn of it brings about."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sbyt.conversation.acts import Act


@dataclass(frozen=True, slots=True)
class Event:
    """A message as the channel hands it in; ``photos``: how many came with it; ``contact``: whether a phone did."""

    text: str
    photos: int = 0
    contact: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """The values of one meter, in whole units and the order of the zones, that wait for a yes."""

    account: str
    serial: str
    values: tuple[int, ...]
    rolled: tuple[bool, ...]
    code: str


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked: ``text`` is what a new message is read together with, ``at`` when its values first arrived."""

    text: str
    at: dt.datetime
    asked_at: dt.datetime
    has_values: bool = False
    pending: tuple[Pending, ...] = ()

    def is_open(self, now: dt.datetime, hours: int) -> bool:
        return now - self.asked_at <= dt.timedelta(hours=hours)


@dataclass(frozen=True, slots=True)
class State:
    """``refusals`` counts those of one kind since something was last taken; ``photo``: one came without its figures.

    ``chosen``: the language is what they asked for.
    """

    language: str = "ru"
    question: Question | None = None
    refusals: Mapping[str, int] = field(default_factory=dict)
    photo: bool = False
    chosen: bool = False

    def to_json(self) -> dict[str, Any]:
        """As plain values for a JSON column."""
        question = self.question
        return {
            "language": self.language,
            "refusals": dict(self.refusals),
            **({"photo": True} if self.photo else {}),
            **({"chosen": True} if self.chosen else {}),
            "question": question
            and {
                "text": question.text,
                "at": question.at.isoformat(),
                "asked_at": question.asked_at.isoformat(),
                "has_values": question.has_values,
                "pending": [
                    [one.account, one.serial, list(one.values), list(one.rolled), one.code] for one in question.pending
                ],
            },
        }

    @classmethod
    def from_json(cls, saved: Mapping[str, Any], language: str) -> State:
        """What ``to_json`` gave; an empty mapping is a conversation that begins."""
        question = saved.get("question")
        return cls(
            saved.get("language", language),
            question
            and Question(
                question["text"],
                dt.datetime.fromisoformat(question["at"]),
                dt.datetime.fromisoformat(question["asked_at"]),
                question["has_values"],
                tuple(
                    Pending(account, serial, tuple(values), tuple(rolled), code)
                    for account, serial, values, rolled, code in question["pending"]
                ),
            ),
            saved.get("refusals", {}),
            saved.get("photo", False),
            saved.get("chosen", False),
        )

    def asking(self, question: Question | None) -> State:
        return replace(self, question=question)


class Store(NamedTuple):
    """Store the readings of one meter. ``verdict`` is the check that the customer confirmed, or ``ok``."""

    account: str
    serial: str
    values: tuple[int, ...]
    rolled: tuple[bool, ...]
    at: dt.datetime
    period: int
    verdict: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take back the readings of the sender's latest message."""


@dataclass(frozen=True, slots=True)
class ToStaff:
    """Put what the customer sent into the staff queue."""

    reason: str
    account: str = ""
    serial: str = ""
    values: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkSender:
    """Let the sender speak for an account: they sent the code of its newest bill, or shared the phone on file."""

    account: str
    by_contact: bool = False


@dataclass(frozen=True, slots=True)
class CountWrongCode:
    """Remember that the sender sent a wrong code, for this account if one was named."""

    account: str = ""


@dataclass(frozen=True, slots=True)
class PhotoRead:
    """The sender said what is on the photo that they sent before."""


@dataclass(frozen=True, slots=True)
class ChooseReminder:
    """Remind the sender on this day of each month while no reading is there; None: not any more."""

    day: int | None


@dataclass(frozen=True, slots=True)
class KeepSilent:
    """Write nothing first to the sender in this channel, or do so again."""

    silent: bool = True


Command = Store | Cancel | ToStaff | LinkSender | CountWrongCode | KeepSilent | PhotoRead | ChooseReminder


class Outcome(enum.StrEnum):
    ACCEPTED = "accepted"
    CONFIRM = "confirm"
    ASK = "ask"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    INFO = "info"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Status(enum.StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    PENDING = "pending"


class Result(NamedTuple):
    """A reading in the answer: value in whole units of a register with so many decimals."""

    account: str
    serial: str
    zone: str
    value: int
    decimals: int
    period: int
    status: Status


class Reply(NamedTuple):
    """One turn: the new state, what must be done, what is said, and how it is summed up."""

    state: State
    commands: tuple[Command, ...]
    acts: tuple[Act, ...]
    outcome: Outcome
    reason: str | None = None
    readings: tuple[Result, ...] = ()
