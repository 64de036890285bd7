"""What the dialogue is told: accounts, meters and their counted readings, the sender's links, the channel."""

from __future__ import annotations

import datetime as dt
import enum
import functools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sbyt.core.identifiers import account_key, serial_key
from sbyt.core.periods import Period, period_of_receipt
from sbyt.core.resources import ZONES
from sbyt.core.settings import Checks, Estimates, Window
from sbyt.metering.checks import Dial
from sbyt.metering.counting import Counted, Handed, Kind
from sbyt.metering.history import History, history


@dataclass(frozen=True, eq=False)
class MeterFacts:
    """A meter and what counts of it. ``taken``: for a period, the value of each register handed in for it so far."""

    serial: str
    dial: Dial
    zones: int
    counted: Sequence[Counted] = ()
    taken: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    inspected: frozenset[int] = frozenset()  # the periods that hold an inspector's reading
    removed: bool = False
    handed: Sequence[Handed] = ()  # whatever of it was handed in and not taken back
    _histories: dict[int, History] = field(default_factory=dict, repr=False, compare=False)

    @functools.cached_property
    def key(self) -> str:
        return serial_key(self.serial)

    def entered(self, period: int, without: Collection[int] = ()) -> tuple[int, ...]:
        """What was entered last for a period, T1 first; empty unless all registers were.

        :param without: the ids of readings to leave out.
        """
        found: dict[str, int] = {}
        for row in sorted(self.handed, key=lambda row: (row.kind is not Kind.CUSTOMER, row.order)):
            if row.period == period and row.kind is not Kind.INSTALLED and row.order[1] not in without:
                found[row.zone] = row.value
        return tuple(found[zone] for zone in self.zone_names) if found.keys() >= set(self.zone_names) else ()

    @functools.cached_property
    def zone_names(self) -> tuple[str, ...]:
        return ZONES[: self.zones]

    def history(self, period: int, estimates: Estimates) -> History:
        """What the periods before this one tell."""
        if period not in self._histories:
            self._histories[period] = history(self.counted, period, self.zones, self.dial.full, estimates)
        return self._histories[period]


@dataclass(frozen=True, eq=False)
class AccountFacts:
    """An account with its meters in the order of import; ``balance`` in kopecks, owed if positive."""

    number: str
    meters: tuple[MeterFacts, ...]
    balance: int | None = None

    @functools.cached_property
    def key(self) -> str:
        return account_key(self.number)

    @functools.cached_property
    def active(self) -> tuple[MeterFacts, ...]:
        return tuple(meter for meter in self.meters if not meter.removed)


@dataclass(frozen=True)
class OwnReading:
    """A reading that this sender handed in last, with the period it counts for and its id."""

    account: str
    serial: str
    zone: str
    value: int
    decimals: int
    period: int
    id: int = 0


@dataclass(frozen=True)
class Way:
    """An open way to hand in readings: its title, address and days of the month.

    ``later``: it takes none today, but will this month; ``unstable``: it takes them, though not at all times.
    """

    title: str
    address: str | None
    first_day: int
    last_day: int
    unstable: bool = False
    later: bool = False

    @property
    def has_own_days(self) -> bool:
        return (self.first_day, self.last_day) != (1, 31)


@dataclass(frozen=True)
class ChannelFacts:
    """The channel that the message came through; ``ways`` are the open ones but this.

    ``contact``: people there can share their phone by a button; ``personal_data``: it may go this way. ``since`` when
    and ``why`` it is in its state, where that is worth saying; ``note``: the company's own sentence.
    """

    title: str = ""
    rendering: str = "text"
    first_day: int = 1
    last_day: int = 31
    withdrawn: bool = False
    ways: tuple[Way, ...] = ()
    since: dt.date | None = None
    why: str = ""
    note: str = ""
    contact: bool = False
    personal_data: bool = True

    def takes_readings(self, day: dt.date) -> bool:
        return not self.withdrawn and self.first_day <= day.day <= self.last_day


class Verdict(enum.StrEnum):
    """What the code or token of a bill proves for an account."""

    RIGHT = "right"  # that of the newest bill
    OLDER = "older"  # that of a bill before it
    REVOKED = "revoked"  # a stranger has seen it
    WRONG = "wrong"
    TOO_MANY = "too_many"  # so many were wrong lately that none is looked at


@dataclass(frozen=True)
class BillCodeFacts:
    """What is known of the code or token in a message.

    ``verdicts``: for each account that the message touches, by its number. ``account``: the one that a token names.
    ``provable``: whether the channel says for sure who the sender is. ``language``: in which we talked elsewhere with
    who may speak for the account.
    """

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    account: str = ""
    too_many: bool = False  # of this sender
    provable: bool = True
    language: str = ""


@dataclass(frozen=True)
class ContactFacts:
    """What is known of the phone that came with a message.

    ``own``: the messenger proved that it is the sender's. ``accounts``: those that it may speak for. ``language``: in
    which we talked with them elsewhere, empty where we didn't.
    """

    own: bool = False
    accounts: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True)
class Facts:
    """All that a reply may rest on. ``accounts`` holds whatever the mentions found, and the linked ones.

    ``bill_code`` is None where the message holds none, or nothing that we could verify; ``contact`` where none came.
    ``pages``: by account, where its holder sees it, for channels that may not carry it. ``silent``: the sender asked
    not to be written to first. ``reminds``: the installation sends reminders.
    """

    accounts: tuple[AccountFacts, ...] = ()
    linked: tuple[str, ...] = ()
    account_lengths: frozenset[int] = frozenset()
    longest_dial: int = 9
    channel: ChannelFacts = ChannelFacts()
    own: tuple[OwnReading, ...] = ()
    window: Window = field(default_factory=Window)
    checks: Checks = field(default_factory=Checks)
    estimates: Estimates = field(default_factory=Estimates)
    question_hours: int = 24
    bill_code: BillCodeFacts | None = None
    contact: ContactFacts | None = None
    pages: Mapping[str, str] = field(default_factory=dict)
    silent: bool = False
    reminds: bool = True

    @property
    def seen(self) -> tuple[str, ...]:
        """The accounts of which the sender may be told here what isn't in their own message."""
        return self.linked if self.channel.personal_data else ()

    def account(self, number: str) -> AccountFacts | None:
        return next((account for account in self.accounts if account.number == number), None)

    def period(self, at: dt.datetime) -> Period:
        """The billing period of something received at this local time (billing rule 1)."""
        return period_of_receipt(at.date(), self.window.last_day)
