"""What a message means for each account it speaks of: taken only where all ways that pass the checks agree."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sbyt.conversation.assignments import (
    Assigned,
    Assignment,
    Moment,
    assignments,
    code_of,
    exchanged,
    is_known,
    register_codes,
    shortened,
)
from sbyt.conversation.facts import AccountFacts, Facts, MeterFacts
from sbyt.conversation.segments import (
    Item,
    Named,
    Segment,
    before_account,
    labelled_unknown,
    looks_like_account,
    partitions,
)
from sbyt.conversation.tokens import Group, Parsed, Use
from sbyt.conversation.vocabulary import NO_TAG, Label, Tag
from sbyt.conversation.ways import Way, count_values, ways, with_serials
from sbyt.metering.checks import Code


class Problem(enum.StrEnum):
    """Why a message can't be taken as it is, and what must be asked."""

    NO_ACCOUNT = "no_account"
    WHICH_ACCOUNT = "which_account"
    NO_VALUE = "no_value"
    MISSING = "missing"
    WHICH_METER = "which_meter"
    TOO_MANY = "too_many"
    UNFIT = "unfit"
    SEVERAL_MEANINGS = "several_meanings"
    NO_METER = "no_meter"
    IS_READING = "is_reading"


class Judged(NamedTuple):
    """The values of one meter and what the checks say: None is taken; ``proposed`` is what a yes would take."""

    meter: MeterFacts
    values: tuple[int, ...]
    code: Code | None
    proposed: tuple[int, ...] = ()
    rolled: tuple[bool, ...] = ()

    @property
    def confirmed(self) -> tuple[int, ...]:
        return self.proposed or self.values


class Meaning(NamedTuple):
    """What a message means for one account."""

    account: AccountFacts
    judged: tuple[Judged, ...] = ()
    problem: Problem | None = None
    meters: tuple[MeterFacts, ...] = ()  # those that the problem is about
    named: bool = False
    unknown_meter: str = ""

    @property
    def complete(self) -> bool:
        return bool(self.judged or self.unknown_meter)


@dataclass(frozen=True, slots=True)
class Understanding:
    """What a message means: for each account, or the number that is no account, or what keeps it from meaning any."""

    meanings: tuple[Meaning, ...] = ()
    problem: Problem | None = None
    unknown_account: str = ""
    fitting: tuple[str, ...] = field(default=())  # accounts to choose from

    @property
    def complete(self) -> bool:
        return bool(self.unknown_account) or any(meaning.complete for meaning in self.meanings)


def understand(message: Parsed, facts: Facts, moment: Moment, named: Sequence[Named]) -> Understanding:
    """Weigh every way of reading the message, which names these accounts, against what is known."""
    linked = [account for account in facts.accounts if account.number in facts.linked]
    unknown = labelled_unknown(message, named) or _unknown_account(message, facts, named)
    if unknown and not any(one.exact for one in named):
        return Understanding(unknown_account=unknown.digits)
    if unknown:
        message = message.before(unknown)
    stray = unknown.digits if unknown else ""
    cuts = partitions(message, named, linked)
    if not cuts.sure and not cuts.unsure:
        return _unnamed(message, facts, linked, moment)

    def weigh(found: Sequence[Sequence[Segment]]) -> list[list[Meaning]]:
        return [[_weigh(message, segment, facts, moment) for segment in cut] for cut in found if cut]

    sure = weigh(cuts.sure)
    distinct = _distinct([*sure, *weigh(cuts.other)])
    if len(distinct) > 1:
        return Understanding(problem=Problem.NO_ACCOUNT)
    if distinct:
        return Understanding(tuple(distinct[0]), unknown_account=stray)
    if not cuts.unsure or any(one.exact for one in named) or any(_says_something(one) for way in sure for one in way):
        return Understanding(tuple(_likeliest(sure)), unknown_account=stray)
    unsure = weigh(cuts.unsure)
    passing = _distinct(unsure)
    if len(passing) == 1:
        return Understanding(tuple(passing[0]), unknown_account=stray)
    return Understanding(tuple(_likeliest([*unsure, *sure])), unknown_account=stray)


def _says_something(meaning: Meaning) -> bool:
    """Whether the figures may be meant for this account, taken, refused or asked about."""
    return bool(meaning.judged) or meaning.problem in (Problem.MISSING, Problem.WHICH_METER)


def _distinct(weighed: Sequence[list[Meaning]]) -> list[list[Meaning]]:
    """The ways that pass the checks whole, those that come to the same only once."""
    passing = [way for way in weighed if way and all(_passes(meaning) for meaning in way)]
    return list({_essence(way): way for way in reversed(passing)}.values())


def _passes(meaning: Meaning) -> bool:
    return bool(meaning.judged) and all(one.code in (None, Code.DUPLICATE) for one in meaning.judged)


def _essence(way: Sequence[Meaning]) -> frozenset[tuple[str, str, tuple[int, ...]]]:
    return frozenset((one.account.number, judged.meter.serial, judged.values) for one in way for judged in one.judged)


def _likeliest(weighed: Sequence[list[Meaning]]) -> list[Meaning]:
    """Where no way passes whole: the first in which every account says something, else the first."""
    return next((way for way in weighed if all(meaning.complete for meaning in way)), weighed[0])


def _unknown_account(message: Parsed, facts: Facts, named: Sequence[Named]) -> Group | None:
    """A number that can only have been meant as an account: as long as accounts are, too long for any dial.

    Behind an account that has values of its own it is another account, right behind one a serial.
    """
    inside = {place for one in named for place in range(one.first, one.last + 1)}
    shortest = min(facts.account_lengths, default=0)
    if all(place in inside or len(group.digits) < shortest for place, group in enumerate(message.groups)):
        return None
    serials = {meter.key for account in facts.accounts for meter in account.meters}
    values = 0
    for place, group in enumerate(message.groups):
        if place in inside:
            values = 0
            continue
        if group.use is not Use.ANY or group.digits in serials or group.label is Label.METER:
            continue
        others = any(other is not group and other.use is Use.ANY for other in message.groups)
        first = others and not values and not named
        if looks_like_account(group, facts, first_of_several=first) and (values or not named):
            return group
        if len(group.digits) > facts.longest_dial and others and not named:
            return group
        values += 1
    return None


def _unnamed(message: Parsed, facts: Facts, linked: Sequence[AccountFacts], moment: Moment) -> Understanding:
    """No account is named: the one of several linked that a serial or a tag fits alone, else asked."""
    if not linked:
        return Understanding(problem=Problem.NO_ACCOUNT)
    if any(isinstance(item, Tag) for item in message.items) or message.skeleton:
        by_serial = [account for account in linked if with_serials(message, message.items, account)[1]]
        fitting = by_serial or ([
            account for account in linked if any(isinstance(item, Tag) for item in message.items)
            and _fits(message, account)
        ])  # fmt: skip
        if len(fitting) == 1:
            segment = Segment(fitting[0], message.items, None)
            return Understanding((_weigh(message, segment, facts, moment),))
    return Understanding(problem=Problem.WHICH_ACCOUNT, fitting=tuple(account.number for account in linked))


def _fits(message: Parsed, account: AccountFacts) -> bool:
    return any(True for way in ways(message.items, (), _registers(account)) for _ in assignments(way, account))


# one account --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Weighed:
    """The assignments found, each once, in the order of likelihood."""

    passing: dict[tuple[object, ...], Assignment] = field(default_factory=dict)
    natural: dict[tuple[object, ...], Assignment] = field(default_factory=dict)
    unusual: dict[tuple[object, ...], Assignment] = field(default_factory=dict)
    partial: list[Assignment] = field(default_factory=list)
    rivals: set[int] = field(default_factory=set)  # how many numbers plausible ways without tags hold, that lack one
    sizes: set[int] = field(default_factory=set)  # how many the ways that pass do

    @property
    def only(self) -> Assignment | None:
        """The one assignment that goes through the checks: the one that passes, else the only one possible."""
        possible = self.passing or self.natural or self.unusual
        if len(possible) != 1 or (self.rivals & self.sizes) or (self.rivals and possible is self.natural):
            return None
        return next(iter(possible.values()))

    def add(self, way: Way, assignment: Assignment, facts: Facts, moment: Moment) -> None:
        key = tuple((one.meter.serial, one.values) for one in assignment)
        if not all(one.complete for one in assignment):
            self.partial.append(assignment)
            if all(value.tag is NO_TAG for value in way.values) and _plausible(assignment, facts, moment):
                self.rivals.add(len(way.values))
        elif key not in self.passing and _plausible(assignment, facts, moment):
            self.passing[key] = assignment
            self.sizes.add(len(way.values))
        else:
            (self.natural if way.natural else self.unusual).setdefault(key, assignment)


def _plausible(assignment: Assignment, facts: Facts, moment: Moment) -> bool:
    return all(
        not one.meter.removed and (is_known(one, moment) or code_of(one.meter, one.values, facts, moment) is None)
        for one in assignment
    )


def _weigh(message: Parsed, segment: Segment, facts: Facts, moment: Moment) -> Meaning:
    account, named = segment.account, segment.named is not None
    if not account.meters:
        return Meaning(account, problem=Problem.NO_METER, named=named)
    plain = _without_service_code(message, segment)
    items, serials = with_serials(message, plain, account)
    found = _weigh_ways(ways(items, serials, _registers(account)), account, facts, moment)
    if serials:  # what spells a serial may be a value all the same
        without = _weigh_ways(ways(plain, (), _registers(account)), account, facts, moment)
        found.passing = {**without.passing, **found.passing}
    foreign = _serial_in_words(items, account) or ("" if found.passing else _foreign_serial(items, account, found))
    if foreign:
        return Meaning(account, unknown_meter=foreign, named=named)
    only = found.only
    if only:
        return Meaning(account, _judge(only, facts, moment, passes=bool(found.passing)), named=named)
    values = count_values(items)
    if serials and not values:
        return _only_serial(account, serials, named=named)
    return _asked(account, found, values, named=named)


def _weigh_ways(ways_found: Iterable[Way], account: AccountFacts, facts: Facts, moment: Moment) -> _Weighed:
    found = _Weighed()
    for way in ways_found:
        for assignment in assignments(way, account):
            found.add(way, assignment, facts, moment)
    return found


def _doubt(passing: Iterable[Assignment]) -> Problem:
    """Which question tells the plausible ways apart: the same figures on several meters, or several figures."""
    figures = {tuple(sorted(value for one in assignment for value in one.whole)) for assignment in passing}
    return Problem.WHICH_METER if len(figures) == 1 else Problem.SEVERAL_MEANINGS


def _asked(account: AccountFacts, found: _Weighed, values: int, *, named: bool) -> Meaning:
    """Nothing can be taken as it is: what must be asked."""
    meters = account.active
    if found.passing:
        return Meaning(account, problem=_doubt(found.passing.values()), meters=meters, named=named)
    if found.natural or found.unusual:
        return Meaning(account, problem=Problem.WHICH_METER, meters=meters, named=named)
    if found.partial:
        halves = {one.meter.serial: one.meter for partial in found.partial for one in partial if not one.complete}
        problem = Problem.MISSING if len(halves) == 1 else Problem.WHICH_METER
        return Meaning(account, problem=problem, meters=tuple(halves.values()), named=named)
    if not values:
        return Meaning(account, problem=Problem.NO_VALUE, meters=meters, named=named)
    registers = sum(meter.zones for meter in meters)
    problem = Problem.TOO_MANY if values > registers else Problem.UNFIT
    return Meaning(account, problem=problem, meters=meters, named=named)


def _only_serial(account: AccountFacts, serials: Sequence[str], *, named: bool) -> Meaning:
    meters = tuple(meter for meter in account.meters if meter.key in serials)
    removed = tuple(Judged(meter, (), Code.REMOVED) for meter in meters if meter.removed)
    return Meaning(account, removed, problem=None if removed else Problem.NO_VALUE, meters=meters, named=named)


def _without_service_code(message: Parsed, segment: Segment) -> list[Item]:
    """Without the short service or region code before the account («ЖКХ 1# ЛС»), where other values remain."""
    items = list(segment.items)
    if segment.named is None:
        return items
    codes = list(before_account(message, segment.named))
    rest = [item for item in items if not any(item is code for code in codes)]
    return rest if any(isinstance(item, Group) and item.use is Use.ANY for item in rest) else items


def _serial_in_words(items: Sequence[Item], account: AccountFacts) -> str:
    """A number that is called a meter's serial in so many words («счётчик № …») and is none of this account's."""
    groups = _groups(items)
    for group in groups:
        if group.label is Label.METER and group.numbered:
            others = any(other is not group and other.use is Use.ANY for other in groups)
            if others or len(group.digits) > _longest_dial(account):
                return group.digits
    return ""


def _foreign_serial(items: Sequence[Item], account: AccountFacts, found: _Weighed) -> str:
    """A number that can only have been meant as a serial, beside another; empty if there is none."""
    longest = _longest_dial(account)
    usable = [group for group in _groups(items) if group.use is Use.ANY]
    assigned = bool(found.natural or found.partial)
    for group in usable if len(usable) > 1 else ():
        length = len(group.digits.lstrip("0"))
        if length > longest + (2 if assigned else 0) or (group.label is Label.METER and not assigned):
            return group.digits
    return ""


def _groups(items: Sequence[Item]) -> list[Group]:
    return [item for item in items if isinstance(item, Group) and item.use in (Use.ANY, Use.NAME)]


def _registers(account: AccountFacts) -> int:
    return sum(meter.zones for meter in account.meters)


def _longest_dial(account: AccountFacts) -> int:
    return max(meter.dial.digits + meter.dial.decimals for meter in account.meters)


# one assignment through the checks ----------------------------------------------------------------------------------


def _judge(assignment: Assignment, facts: Facts, moment: Moment, *, passes: bool) -> tuple[Judged, ...]:
    """Each meter on its own, in the order of the checks; an exchange may join a hot and a cold water meter."""
    if passes:
        return tuple(
            Judged(one.meter, one.whole, Code.DUPLICATE if is_known(one, moment) else None) for one in assignment
        )
    exchange = exchanged(assignment, facts, moment)
    return tuple(_judge_one(one, exchange.get(place), facts, moment) for place, one in enumerate(assignment))


def _judge_one(one: Assigned, exchange: tuple[int, ...] | None, facts: Facts, moment: Moment) -> Judged:
    meter, values = one.meter, one.whole
    if meter.removed:
        return Judged(meter, values, Code.REMOVED)
    if is_known(one, moment):
        return Judged(meter, values, Code.DUPLICATE)
    if exchange is not None:
        return Judged(meter, values, Code.SWAPPED, exchange)
    code = code_of(meter, values, facts, moment)
    if code is None:
        return Judged(meter, values, None)
    shorter = shortened(one, facts, moment)
    if shorter is not None:
        return Judged(meter, values, Code.DECIMAL, shorter)
    rolled = tuple(found is Code.ROLLOVER for found in register_codes(meter, values, facts, moment))
    return Judged(meter, values, code, rolled=rolled)
