"""Takes what an inspector read at the meter on the word of staff (decree 354, paragraph 61; billing rules 1 to 4)."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import transaction

from sbyt.accounts.locks import hold_accounts
from sbyt.accounts.models import Account, Meter
from sbyt.accounts.queries import FoundMeter, meters_of
from sbyt.core.periods import Period, period_of_receipt
from sbyt.core.resources import ZONES, Resource
from sbyt.core.settings import Settings
from sbyt.metering.checks import Code, Dial, judge
from sbyt.metering.counting import Counted, Handed, Kind, counted
from sbyt.metering.history import history
from sbyt.readings.operations import NewInspection, add_inspected
from sbyt.readings.queries import handed_in
from sbyt.usecases.take_reading import OFFICE

_LONGEST_REASON = 300
#: The place of a new row in the order of loading: behind those that are there, before what removes the meter that day.
_LOADED_NOW = 2**61


class Why(enum.StrEnum):
    """Why an inspector's value can't be taken."""

    NO_METER = "no_meter"
    NO_REASON = "no_reason"
    MISSING = "missing"  # a value for each register is needed
    TOO_LONG = "too_long"  # the dial has not so many figures
    FUTURE = "future"
    BEFORE_INSTALLED = "before_installed"
    REMOVED = "removed"  # the meter had been taken off by then
    KNOWN = "known"  # the very values of that day are there
    REPLACED = "replaced"  # a later inspector's or last value of the month is there, which counts
    LOWER = "lower"  # below a value that it can't set aside, and no rollover
    HIGHER = "higher"  # above a later value that counts
    NO_ROLLOVER = "no_rollover"  # said to have gone through zero, and is not below the value before


_SAID = {
    Why.NO_METER: "Такого счётчика на этом счёте нет.",
    Why.NO_REASON: "Напишите, почему показание снимал контролёр.",
    Why.MISSING: "Нужно показание каждой шкалы счётчика.",
    Why.TOO_LONG: "Столько цифр на этом счётчике не помещается.",
    Why.FUTURE: "Этот день ещё не наступил.",
    Why.BEFORE_INSTALLED: "В этот день счётчик ещё не был установлен.",
    Why.REMOVED: "К этому дню счётчик был снят.",
    Why.KNOWN: "Это показание контролёра уже записано.",
    Why.REPLACED: "За этот месяц есть более позднее показание контролёра, оно и войдёт в счёт.",
    Why.LOWER: "Меньше показания, которое показание контролёра не отменяет.",
    Why.HIGHER: "Больше более позднего показания, которое учтено. Если то неверно, сначала отмените его.",
    Why.NO_ROLLOVER: "Через ноль счётчик не прошёл: показание не меньше прошлого.",
}


class UnableToTakeInspected(ValueError):
    """An inspector's value can't be taken; ``why`` says it as a code, ``other`` is the value that it contradicts."""

    def __init__(self, why: Why, other: Counted | None = None) -> None:
        super().__init__(_SAID[why])
        self.why = why
        self.other = other


class Doubted(ValueError):
    """The values are far from usual: ``code`` is ``impossible`` or ``high``, ``used`` all registers together."""

    def __init__(self, code: Code, used: int, since: dt.date) -> None:
        super().__init__("Расход необычно велик: проверьте показание.")
        self.code = code
        self.used = used
        self.since = since


class Inspected(NamedTuple):
    """What the inspector read of one meter, in whole units, T1 first.

    ``rolled``: of each register, whether its dial went through zero since the value before.
    """

    account: str
    serial: str
    taken_on: dt.date
    values: tuple[int, ...]
    rolled: tuple[bool, ...]
    reason: str


class TakenInspected(NamedTuple):
    """For which period it counts, and for which the customer's values were set aside by it (billing rule 4)."""

    period: Period
    set_aside: tuple[Period, ...]


@dataclass(frozen=True)
class _Known:
    """A meter, what was handed in for it, and what of that counts."""

    meter: FoundMeter
    handed: Sequence[Handed]
    counted: Sequence[Counted]

    @property
    def dial(self) -> Dial:
        return Dial(Resource(self.meter.resource), self.meter.digits, self.meter.decimals)

    @property
    def zones(self) -> tuple[str, ...]:
        return ZONES[: self.meter.zones]


def take_inspector_reading(
    given: Inspected, by: str, settings: Settings, now: dt.datetime, *, sure: bool = False
) -> TakenInspected:
    """Store what an inspector read. It counts by the day it was taken: its beginning, or now where that is today.

    What the checks doubt is taken only if staff are ``sure``: the inspector was there, but figures get mistyped.

    :raises UnableToTakeInspected: if the bill could not be made of these values.
    :raises Doubted: if they are far from usual, and nobody said to be sure.
    """
    if not given.reason.strip():
        raise UnableToTakeInspected(Why.NO_REASON)
    with transaction.atomic():
        known = _held(given, settings)
        _check(known, given, now.astimezone(settings.zone).date())
        period = period_of_receipt(given.taken_on, settings.window.last_day)
        at = now if given.taken_on == now.astimezone(settings.zone).date() else None
        received = at or dt.datetime.combine(given.taken_on, dt.time.min, settings.zone)
        added = [
            Handed(zone, period, Kind.CONTROL, value, went, given.taken_on, (received, _LOADED_NOW))
            for zone, value, went in zip(known.zones, given.values, given.rolled, strict=True)
        ]
        with_it = _counted_with(known, added, period)
        verdict = _verdict(known, given, period, with_it, settings, sure=sure)
        rows = [
            NewInspection(register, period, value, went, given.taken_on, at, OFFICE, verdict)
            for register, value, went in zip(known.meter.registers, given.values, given.rolled, strict=True)
        ]
        add_inspected(rows, by, " ".join(given.reason.split())[:_LONGEST_REASON], now)
    gone = {one.period for one in known.counted} - {one.period for one in with_it}
    return TakenInspected(period, tuple(map(Period, sorted(gone))))


def _held(given: Inspected, settings: Settings) -> _Known:
    """The meter with what is known of it, kept from others until the transaction ends."""
    account = Account.objects.filter(number=given.account).first()
    found = next((one for one in meters_of([account.pk]) if one.serial == given.serial), None) if account else None
    if account is None or found is None:
        raise UnableToTakeInspected(Why.NO_METER)
    hold_accounts([account.pk])
    by_register = handed_in(dict(zip(found.registers, ZONES, strict=False)), settings.zone)
    handed = [row for rows in by_register.values() for row in rows]
    return _Known(found, handed, counted(handed, found.zones))


def _check(known: _Known, given: Inspected, today: dt.date) -> None:
    if not len(given.values) == len(given.rolled) == known.meter.zones:
        raise UnableToTakeInspected(Why.MISSING)
    if any(value >= known.dial.full for value in given.values):
        raise UnableToTakeInspected(Why.TOO_LONG)
    if given.taken_on > today:
        raise UnableToTakeInspected(Why.FUTURE)
    if given.taken_on < _installed_on(known):
        raise UnableToTakeInspected(Why.BEFORE_INSTALLED)
    if any(row.kind is Kind.REMOVED and row.taken_on < given.taken_on for row in known.handed):
        raise UnableToTakeInspected(Why.REMOVED)
    there = {
        (row.zone, row.value) for row in known.handed if row.kind is Kind.CONTROL and row.taken_on == given.taken_on
    }
    if there.issuperset(zip(known.zones, given.values, strict=True)):
        raise UnableToTakeInspected(Why.KNOWN)


def _installed_on(known: _Known) -> dt.date:
    """The day of the start index; of a meter without one, the day that the meter itself tells."""
    started = [row.taken_on for row in known.handed if row.kind is Kind.INSTALLED]
    return max(started) if started else Meter.objects.get(pk=known.meter.id).installed_on


def _counted_with(known: _Known, added: Sequence[Handed], period: Period) -> Sequence[Counted]:
    """What counts of the meter with these values: asked of the rules themselves, so that the bill can be made of it."""
    order = added[0].order
    if any(
        row.period == period and row.kind in (Kind.CONTROL, Kind.REMOVED) and row.order > order for row in known.handed
    ):
        raise UnableToTakeInspected(Why.REPLACED)
    with_it = counted([*known.handed, *added], known.meter.zones)
    dropped = {(one.period, at) for one in known.counted for at, rolled in enumerate(one.rolled) if rolled is False}
    for before, one in zip([None, *with_it], with_it, strict=False):
        for at, rolled in enumerate(one.rolled):
            if rolled is False and (one.period == period or (one.period, at) not in dropped):
                raise UnableToTakeInspected(*((Why.HIGHER, one) if one.period > period else (Why.LOWER, before)))
            if one.period == period and added[at].rollover and rolled is None:
                raise UnableToTakeInspected(Why.NO_ROLLOVER)
    return with_it


def _verdict(
    known: _Known, given: Inspected, period: Period, with_it: Sequence[Counted], settings: Settings, *, sure: bool
) -> str:
    """The check that staff confirmed, or ``ok``. A lower value is no doubt here: it sets others aside."""
    before = history(with_it, period, known.meter.zones, known.dial.full, settings.estimates)
    codes, used = set(), 0
    for at, (value, went) in enumerate(zip(given.values, given.rolled, strict=True)):
        code = judge(value, at, known.dial, before, period=period, taken_on=given.taken_on, checks=settings.checks)
        codes.add(Code.HIGH if code is Code.LOWER and went else code)
        used += (value - before.last.values[at]) % known.dial.full if before.last else 0
    code = next((one for one in (Code.IMPOSSIBLE, Code.HIGH) if one in codes), None)
    if code and before.last and not sure:
        raise Doubted(code, used, before.last.taken_on)
    return code or "ok"
