"""What the languages share: how figures and serials are written, and which act is said by which method."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from sbyt.conversation.acts import (
    Act,
    AlreadyThere,
    Ask,
    Balance,
    Cancelled,
    Choice,
    Closed,
    CodeAnswer,
    Confirm,
    ContactAnswer,
    History,
    IsReading,
    KeptInspected,
    LastReadings,
    LinkTold,
    Note,
    NotLinked,
    OwnerTold,
    Refused,
    ReminderAnswer,
    Say,
    SeeOnPage,
    Shown,
    Taken,
)
from sbyt.conversation.facts import Way
from sbyt.core.resources import Resource
from sbyt.core.units import from_units


class Words(ABC):
    """A language. ``terse`` is 0 for a whole answer, 1 for a short one, 2 for the shortest that still says it."""

    point: str
    yes_or_no: tuple[str, str]
    contact_button: str  # on the button by which somebody shares their own phone
    balance_asked: str  # what is pressed, and understood when it is sent back
    unstable: str
    resources: ClassVar[Mapping[Resource, str]]
    units: ClassVar[Mapping[Resource, str]]
    zones: ClassVar[Mapping[tuple[int, str], str]]

    def yes_to(self, shown: Shown, values: Sequence[int]) -> str:
        """What is pressed to say yes: with the value where it is one. Else an older question's would say yes to it."""
        yes, _ = self.yes_or_no
        return f"{yes}, {values[0]}" if len(values) == 1 and not shown.decimals else yes

    def say(self, acts: Sequence[Act], terse: int, *, keypad: bool = False) -> str:
        """All acts of an answer, one after the other."""
        return " ".join(filter(None, (self._say(act, terse, keypad=keypad) for act in acts)))

    def _say(self, act: Act, terse: int, *, keypad: bool) -> str:  # noqa: C901, PLR0912 one case an act
        match act:
            case Taken():
                return self.taken(act, terse)
            case AlreadyThere():
                return self.already_there(act, terse)
            case KeptInspected():
                return self.kept_inspected(act, terse)
            case Refused():
                return self.refused(act, terse)
            case Confirm():
                return self.confirm(act, terse, keypad=keypad)
            case Ask():
                return self.ask(act, terse)
            case IsReading():
                return self.is_reading(act, keypad=keypad)
            case Closed():
                return self.closed(act, terse)
            case Note():
                return self.sentence(act.text) if terse == 0 else ""
            case Balance():
                return self.balance(act)
            case Cancelled():
                return self.cancelled(act)
            case OwnerTold():
                return self.owner_told(act, terse)
            case LinkTold():
                return self.link_told(act, terse)
            case CodeAnswer():
                return self.code_answer(act, terse)
            case ContactAnswer():
                return self.contact_answer(act, terse)
            case NotLinked():
                return self.not_linked(act, terse)
            case SeeOnPage():
                return self.see_on_page(act)
            case ReminderAnswer():
                return self.reminder_answer(act)
            case History():
                return self.history(act, terse)
            case LastReadings():
                return self.last_readings(act)
            case Say():
                return self.saying(act)

    @abstractmethod
    def taken(self, act: Taken, terse: int) -> str: ...

    @abstractmethod
    def already_there(self, act: AlreadyThere, terse: int) -> str: ...

    @abstractmethod
    def kept_inspected(self, act: KeptInspected, terse: int) -> str: ...

    @abstractmethod
    def refused(self, act: Refused, terse: int) -> str: ...

    @abstractmethod
    def confirm(self, act: Confirm, terse: int, *, keypad: bool) -> str: ...

    @abstractmethod
    def ask(self, act: Ask, terse: int) -> str: ...

    @abstractmethod
    def is_reading(self, act: IsReading, *, keypad: bool) -> str: ...

    @abstractmethod
    def closed(self, act: Closed, terse: int) -> str: ...

    @abstractmethod
    def balance(self, act: Balance) -> str: ...

    @abstractmethod
    def cancelled(self, act: Cancelled) -> str: ...

    @abstractmethod
    def owner_told(self, act: OwnerTold, terse: int) -> str: ...

    @abstractmethod
    def link_told(self, act: LinkTold, terse: int) -> str: ...

    @abstractmethod
    def code_answer(self, act: CodeAnswer, terse: int) -> str: ...

    @abstractmethod
    def contact_answer(self, act: ContactAnswer, terse: int) -> str: ...

    @abstractmethod
    def not_linked(self, act: NotLinked, terse: int) -> str: ...

    @abstractmethod
    def see_on_page(self, act: SeeOnPage) -> str: ...

    @abstractmethod
    def reminder_answer(self, act: ReminderAnswer) -> str: ...

    @abstractmethod
    def history(self, act: History, terse: int) -> str: ...

    @abstractmethod
    def last_readings(self, act: LastReadings) -> str: ...

    @abstractmethod
    def saying(self, act: Say) -> str: ...

    @abstractmethod
    def number(self, number: str) -> str:
        """The short number by which staff find the answer, as it stands at its end."""

    # figures ---------------------------------------------------------------------------------------------------------

    def index(self, units: int, decimals: int) -> str:
        """An index as on the meter, without zeros at the end of the fraction."""
        return from_units(units, decimals, trim=True).replace(".", self.point)

    def values(self, shown: Shown, values: Sequence[int] | None = None) -> str:
        """The values of a meter, each register by its name where there are several."""
        given = shown.values if values is None else values
        written = [self.index(value, shown.decimals) for value in given]
        if len(shown.zones) == 1:
            return written[0] if written else ""
        names = [self.zone(zone, len(shown.zones)) for zone in shown.zones]
        return ", ".join(f"{name} {value}" for name, value in zip(names, written, strict=False))

    def zone(self, zone: str, of: int) -> str:
        return self.zones.get((of, zone), zone)

    @staticmethod
    def tail(serial: str) -> str:
        """The end of a serial, enough to know the meter by."""
        return serial if len(serial) <= 4 else f"…{serial[-4:]}"

    def choice(self, meter: Choice, *, whole: bool = True) -> str:
        """A meter to choose from: by its whole serial it is understood when it is sent back."""
        return f"{self.resources[meter.resource]} {meter.serial if whole else self.tail(meter.serial)}"

    def choices(self, meters: Sequence[Choice]) -> str:
        """The meters to choose from in one line."""
        return ", ".join(self.choice(meter, whole=self.share_a_resource(meters)) for meter in meters[:4])

    @staticmethod
    def share_a_resource(meters: Sequence[Choice]) -> bool:
        """Whether two of them measure the same: then only a serial tells them apart."""
        return len({meter.resource for meter in meters}) < len(meters)

    def used(self, shown: Shown) -> str:
        """What was used since last time, all registers together, with its unit of measure."""
        return f"{self.index(sum(shown.used), shown.decimals)} {self.units[shown.resource]}"

    def meters(self, meters: Sequence[Shown], terse: int) -> str:
        """Several meters and their values in one line."""
        return "; ".join(
            f"{self.tail(shown.serial) if terse == 2 else self._named(shown)} {self.values(shown)}" for shown in meters
        )

    def each(self, meters: Sequence[Shown], counts: Sequence[Sequence[int]], instead: str) -> str:
        """Several meters in one line, each with the values that its own stand instead of, where there are such."""
        return "; ".join(
            f"{self._named(shown)} {self.values(shown)}" + (f" {instead} {self.values(shown, other)}" if other else "")
            for shown, other in zip(meters, counts, strict=True)
        )

    def counting(self, meters: Sequence[Shown], counts: Sequence[Sequence[int]]) -> str:
        """What counts now, in one line; of several meters each by its name. Empty where nothing is known."""
        known = [(shown, values) for shown, values in zip(meters, counts, strict=False) if values]
        if len(meters) == 1:
            return "".join(self.values(shown, values) for shown, values in known)
        return "; ".join(f"{self._named(shown)} {self.values(shown, values)}" for shown, values in known)

    def _named(self, shown: Shown) -> str:
        return f"{self.resources[shown.resource]} {self.tail(shown.serial)}"

    def by_month(self, act: History, terse: int) -> list[str]:
        """What counts of each meter, a line each; where there is little room the last months, or the last alone."""
        return [
            f"{self._named(meter)}: "
            + "; ".join(
                f"{self.month(period)} {self.values(meter, values)}" for period, values in months[-(6, 2, 1)[terse] :]
            )
            for meter, months in act.meters
        ]

    @abstractmethod
    def month(self, period: int) -> str:
        """The month of a billing period."""

    @abstractmethod
    def day(self, day: dt.date) -> str: ...

    # ways to hand in readings ----------------------------------------------------------------------------------------

    def ways(self, ways: Sequence[Way], terse: int) -> str:
        """The open ways in one line; where there is little room, those that a person reaches at once."""
        if terse:
            near = sorted((way for way in ways if not way.later), key=lambda way: (way.unstable, not way.address))
            return self._so_many([self.way(way) for way in near[: 4 if terse == 1 else 2]], 90 if terse == 1 else 60)
        named = [self._way_in_full(way) for way in sorted(ways, key=lambda way: way.later)]
        return ("; " if any("," in one for one in named) else ", ").join(named)

    @staticmethod
    def _so_many(names: Sequence[str], room: int) -> str:
        """As many as there is room for, at least one: half a phone number helps nobody."""
        while len(names) > 1 and len(", ".join(names)) > room:
            names = names[:-1]
        return ", ".join(names)

    def _way_in_full(self, way: Way) -> str:
        known = [self.days(way.first_day, way.last_day) if way.has_own_days else "", self.unstable * way.unstable]
        told = ", ".join(filter(None, known))
        return f"{self.way(way)} ({told})" if told else self.way(way)

    @staticmethod
    def way(way: Way) -> str:
        return f"{way.title} {way.address}" if way.address else way.title

    @abstractmethod
    def days(self, first: int, last: int) -> str:
        """The days of the month on which a way is open."""

    @staticmethod
    def sentence(text: str) -> str:
        """What people entered, as a sentence of an answer."""
        said = text.strip()
        return said[:1].upper() + said[1:] + ("" if said[-1:] in ".!?…" else ".") if said else ""
