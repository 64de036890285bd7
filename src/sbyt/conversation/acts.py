"""What is said to a customer, as a code with fields, never as text. A renderer for each language makes words of it."""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass
from typing import NamedTuple

from sbyt.conversation.facts import Way
from sbyt.conversation.understanding import Problem
from sbyt.core.resources import Resource
from sbyt.metering.checks import Code


class Shown(NamedTuple):
    """The values of one meter as an answer shows them, in whole units.

    ``used`` since ``since`` and ``last`` are there only for a sender who is linked to the account.
    """

    account: str
    serial: str
    resource: Resource
    decimals: int
    zones: tuple[str, ...]
    values: tuple[int, ...]
    used: tuple[int, ...] = ()
    last: tuple[int, ...] = ()
    since: dt.date | None = None


class Taken(NamedTuple):
    """Readings taken, for ``period``; ``late`` where they came after the window of the month before it.

    ``estimated``: that month has no reading, and is billed by the average until it is recalculated.
    """

    meters: tuple[Shown, ...]
    period: int
    late: bool
    estimated: bool
    until: dt.date | None  # the last day to put it right; None where that is over


@dataclass(frozen=True, slots=True)
class AlreadyThere:
    meters: tuple[Shown, ...]
    period: int


@dataclass(frozen=True, slots=True)
class KeptInspected:
    """The period holds an inspector's reading, which stays."""

    meter: Shown
    period: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Not taken, and why. ``number`` is the account or serial that isn't known; ``staff``: people look at it now."""

    code: Code
    meter: Shown | None = None
    account: str = ""
    number: str = ""
    lengths: tuple[int, ...] = ()
    serials: tuple[str, ...] = ()
    staff: bool = False


@dataclass(frozen=True, slots=True)
class Confirm:
    """Doubted: ``meter`` as given, ``proposed`` what a yes would take, ``times`` the usual use if that is known."""

    code: Code
    meter: Shown
    proposed: tuple[int, ...]
    times: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A meter to choose from."""

    serial: str
    resource: Resource
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked: which account, which meter, the register that is missing."""

    problem: Problem
    account: str = ""
    accounts: tuple[str, ...] = ()
    meters: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class IsReading:
    """Figures among words that we don't know: whether they are a reading of this meter."""

    meter: Shown


@dataclass(frozen=True, slots=True)
class Closed:
    """The channel takes no readings, today or any more; ``ways`` are the open ones.

    ``since`` when and ``why`` it was withdrawn, where that is worth saying; ``note``: the company's own sentence.
    ``ahead``: that day is still to come.
    """

    title: str
    withdrawn: bool
    first_day: int
    last_day: int
    ways: tuple[Way, ...]
    until: dt.date | None = None  # the last day for this month's readings; None where that is over
    since: dt.date | None = None
    why: str = ""
    note: str = ""
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Note:
    """The company's own sentence to who uses this channel; said where there is room."""

    text: str


@dataclass(frozen=True, slots=True)
class Balance:
    """What is owed, in kopecks, for each account; negative is credit."""

    accounts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Taken back. ``counts``: for each meter what counts of that period again; empty where that is not to be told."""

    meters: tuple[Shown, ...]
    period: int
    counts: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class OwnerTold:
    """To an account's owner: what somebody who isn't linked to it handed in, or took back, through which channel.

    ``before``: for each meter what counted of that period before, or counts again; empty where nothing did.
    """

    account: str
    meters: tuple[Shown, ...]
    before: tuple[tuple[int, ...], ...]
    period: int
    through: str
    cancelled: bool = False
    until: dt.date | None = None  # the last day to put it right; None where that is over


class Linked(enum.StrEnum):
    """By what somebody was linked to an account."""

    PHONE = "phone"
    EMAIL = "email"
    CHAT = "chat"


@dataclass(frozen=True, slots=True)
class LinkTold:
    """To an account's owner: somebody else may speak for it now. ``through``: the channel of a chat."""

    account: str
    linked: Linked
    through: str = ""


class CodeCame(enum.StrEnum):
    """What came of the code of a bill."""

    LINKED = "linked"
    ALREADY = "already"  # the sender was linked before
    WRONG = "wrong"
    OLDER = "older"
    REVOKED = "revoked"
    TOO_MANY = "too_many"
    NO_ACCOUNT = "no_account"  # nothing says for which account it is
    NOT_HERE = "not_here"  # the channel doesn't say for sure who sends


#: Whoever gets one of these answers speaks for the account.
LINKED = (CodeCame.LINKED, CodeCame.ALREADY)


@dataclass(frozen=True, slots=True)
class CodeAnswer:
    """The answer to the code of a bill. ``account`` only where the sender may know that there is one."""

    came: CodeCame
    account: str = ""


class ContactCame(enum.StrEnum):
    """What came of a phone that was shared."""

    LINKED = "linked"
    ALREADY = "already"
    NOT_ON_FILE = "not_on_file"
    ANOTHERS = "anothers"  # or not proved to be the sender's own


@dataclass(frozen=True, slots=True)
class ContactAnswer:
    """The answer to a contact. ``offer``: the button to share one's own is there."""

    came: ContactCame
    accounts: tuple[str, ...] = ()
    offer: bool = False


@dataclass(frozen=True, slots=True)
class NotLinked:
    """Only who is linked sees it, or is reminded. ``offer``: the phone can be shared by a button here."""

    offer: bool = False
    to_remind: bool = False


@dataclass(frozen=True, slots=True)
class ReminderAnswer:
    """On which day of the month they are reminded; None: not at all, or, with the days of the window, of these one."""

    day: int | None
    first_day: int = 0
    last_day: int = 0


@dataclass(frozen=True, slots=True)
class SeeOnPage:
    """What is asked for is on a page; ``pages``: its address for each account, empty where unknown.

    ``may_not``: the channel may not carry it.
    """

    pages: tuple[tuple[str, str], ...]
    may_not: bool = True


@dataclass(frozen=True, slots=True)
class LastReadings:
    """The last values of each meter, with the day they were taken as ``since``."""

    meters: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class History:
    """What was handed in month by month: of each meter, which has no values of its own here, what counts."""

    meters: tuple[tuple[Shown, tuple[tuple[int, tuple[int, ...]], ...]], ...]


class Saying(enum.StrEnum):
    """What needs no fields."""

    HELP = "help"
    WELCOME = "welcome"
    WELCOME_KNOWN = "welcome_known"  # from who needs no account number
    UNKNOWN = "unknown"
    UNKNOWN_AGAIN = "unknown_again"  # and given to staff
    TOO_LONG = "too_long"
    NOTHING_OPEN = "nothing_open"
    NOT_TAKEN = "not_taken"  # after «нет»
    NOTHING_TO_CANCEL = "nothing_to_cancel"
    QUESTION_DROPPED = "question_dropped"
    IS_IT_A_READING = "is_it_a_reading"
    OPERATOR = "operator"
    NEW_METER = "new_meter"
    THANKS = "thanks"
    STILL_ASKING = "still_asking"
    LANGUAGE = "language"
    ASKED_AGAIN = "asked_again"
    PHOTO = "photo"  # without a figure
    PHOTO_OF_OURS = "photo_of_ours"  # the same from who needs no account number
    STOPPED = "stopped"  # nothing is written first any more
    GOING_ON = "going_on"  # and again
    NOT_HANDLED = "not_handled"  # because of a fault of ours


@dataclass(frozen=True, slots=True)
class Say:
    """``offer``: the phone can be shared by a button here."""

    saying: Saying
    first_day: int = 18
    last_day: int = 25
    offer: bool = False


Act = (
    Taken
    | AlreadyThere
    | KeptInspected
    | Refused
    | Confirm
    | Ask
    | IsReading
    | Closed
    | Note
    | Balance
    | Cancelled
    | OwnerTold
    | LinkTold
    | CodeAnswer
    | ContactAnswer
    | NotLinked
    | SeeOnPage
    | ReminderAnswer
    | LastReadings
    | History
    | Say
)
