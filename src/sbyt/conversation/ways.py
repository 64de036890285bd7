"""Every way in which the figures of one account can be read: where a number begins and ends, which tag names it.

A way is a list of values, each with what is said of it. Nothing here decides; the checks do (``assignments``).
"""

from __future__ import annotations

import enum
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sbyt.conversation.facts import AccountFacts
from sbyt.conversation.segments import Item
from sbyt.conversation.tokens import Group, Parsed, Use
from sbyt.conversation.vocabulary import NO_TAG, Label, Tag
from sbyt.core.resources import Resource

#: More values than this belong to no flat; more ways than this are no message but noise.
MOST_VALUES = 12
MOST_WAYS = 240


class Number(NamedTuple):
    """A number as it may have been meant: figures before and after the comma, and what its unit of measure allows."""

    whole: str
    fraction: str
    unit: tuple[Resource, ...] = ()
    tag: Tag = NO_TAG  # what stands in brackets behind it


class Value(NamedTuple):
    """A number and what is said of it."""

    number: Number
    tag: Tag


class Way(NamedTuple):
    """One way to read the figures. ``natural``: no number joined or left out beyond what is usual."""

    values: tuple[Value, ...]
    only_serial: str  # of the one meter that all values are of, wherever it is named
    natural: bool


def with_serials(message: Parsed, items: Sequence[Item], account: AccountFacts) -> tuple[list[Item], list[str]]:
    """Put a tag where the serial of one of the account's meters stands; tell which meters are named.

    Case, look-alike letters, spaces and hyphens don't matter; leading zeros of a serial may be left out.
    """
    result = list(items)
    found: list[str] = []
    for meter in sorted(account.meters, key=lambda meter: -len(meter.key)):
        spanned = _find(message, meter.key, result) or _find(message, meter.key.lstrip("0"), result)
        if not spanned:
            continue
        at = next(at for at, item in enumerate(result) if item is spanned[0])
        result[at] = Tag(serial=meter.key)
        result = [item for item in result if not any(item is other for other in spanned[1:])]
        found.append(meter.key)
    return result, found


def _find(message: Parsed, key: str, items: Sequence[Item]) -> list[Item]:
    """The numbers and tags that the first run of whole tokens spelling the key consists of; empty if none does."""
    at = message.skeleton.find(key) if key else -1
    bounds = {start for start, _ in message.tokens} | {len(message.skeleton)} if at >= 0 else set()
    while at >= 0:
        if at in bounds and at + len(key) in bounds:
            spanned = [item for start, item in message.tokens if at <= start < at + len(key) and item is not None]
            if any(isinstance(item, Group) for item in spanned):
                there = [item for item in spanned if any(item is other for other in items)]
                if all(item in there for item in spanned if isinstance(item, Group)):
                    return there
        at = message.skeleton.find(key, at + 1)
    return []


def ways(items: Sequence[Item], serials: Sequence[str], registers: int) -> Iterator[Way]:
    """The ways to read the items as values of so many registers at most, the natural one first."""
    usable = _usable(items)
    if sum(isinstance(item, Group) for item in usable) > 2 * MOST_VALUES:
        return
    certain = [item for item in usable if isinstance(item, Tag) or item.use is Use.ANY]
    counter = itertools.count()
    for chosen in (certain, usable) if len(certain) < len(usable) else (certain,):
        for at, read in enumerate(_readings(chosen)):
            if not 0 < _numbers(read) <= min(registers, MOST_VALUES):
                continue
            for values in _tagged(read):
                only = serials[0] if len(serials) == 1 and not any(value.tag.serial for value in values) else ""
                yield Way(values, only, natural=chosen is certain and at == 0)
                if next(counter) >= MOST_WAYS:
                    return


def count_values(items: Sequence[Item]) -> int:
    """How many values the items hold, read in the natural way."""
    certain = [item for item in _usable(items) if isinstance(item, Tag) or item.use is Use.ANY]
    groups = sum(isinstance(item, Group) for item in certain)
    return groups if groups > 2 * MOST_VALUES else _numbers(next(_readings(certain), [Number("", "")] * groups))


def _numbers(read: Sequence[Number | Tag]) -> int:
    return sum(isinstance(part, Number) for part in read)


def _usable(items: Sequence[Item]) -> list[Item]:
    """Without what is no value, and without the tags that name it: «предыдущие: день 8100, ночь 2980»."""
    usable: list[Item] = []
    for item in items:
        if isinstance(item, Tag) or item.use in (Use.ANY, Use.MAYBE):
            usable.append(item)
        elif item.label is Label.ASIDE:
            while usable and isinstance(usable[-1], Tag) and usable[-1].zone:
                usable.pop()
    return usable


# where numbers begin and end ----------------------------------------------------------------------------------------


#: What may stand inside a number.
_JOINTS = frozenset(" '.,")


def _may_join(before: Item, item: Item) -> bool:
    """Whether two neighbours may be one number: «95 201», «95,5»."""
    if not isinstance(before, Group) or not isinstance(item, Group) or item.gap not in _JOINTS:
        return False
    return item.gap in ".," or (len(item.digits) == 3 and len(before.digits) <= 3)


def _readings(items: Sequence[Item]) -> Iterator[list[Number | Tag]]:
    """The ways to join neighbouring groups into numbers; none where there are too many to weigh."""
    if not any(_may_join(before, item) for before, item in itertools.pairwise(items)):
        yield [item if isinstance(item, Tag) else Number(item.digits, "", item.unit, item.tag) for item in items]
        return
    runs: list[list[list[Number | Tag]]] = [
        [[run]] if isinstance(run, Tag) else list(itertools.islice(_joined(run), MOST_WAYS + 1)) for run in _runs(items)
    ]
    if math.prod(map(len, runs)) > 4 * MOST_WAYS:
        return
    for choice in itertools.product(*runs):
        yield [part for parts in choice for part in parts]


def _runs(items: Sequence[Item]) -> Iterator[Tag | list[Group]]:
    """Tags alone, and groups with nothing but a separator between them together."""
    run: list[Group] = []
    for item in items:
        if isinstance(item, Group) and run and item.gap is not None and run[-1].end == item.start - len(item.gap):
            run.append(item)
            continue
        if run:
            yield run
            run = []
        if isinstance(item, Tag):
            yield item
        else:
            run = [item]
    if run:
        yield run


def _joined(run: list[Group]) -> Iterator[list[Number | Tag]]:
    """The ways to read a run of groups: as decimals, as thousands, or apart."""
    whole = run[0].digits
    for taken in range(len(run)):
        if taken:
            if not _thousands(run[0], run[taken]):
                break
            whole += run[taken].digits
        if taken + 1 < len(run) and run[taken + 1].gap in (".", ","):
            number = Number(whole, run[taken + 1].digits, run[taken + 1].unit, run[taken + 1].tag)
            yield from ([number, *others] for others in _rest(run[taken + 2 :]))
        yield from ([Number(whole, "", run[taken].unit, run[taken].tag), *others] for others in _rest(run[taken + 1 :]))


def _rest(run: list[Group]) -> Iterator[list[Number | Tag]]:
    return _joined(run) if run else iter([[]])


def _thousands(first: Group, after: Group) -> bool:
    """Whether figures after a separator may go on a number: «95 201», «95.201»."""
    return after.gap in _JOINTS and len(after.digits) == 3 and len(first.digits) <= 3 and first.digits[0] != "0"


# which tag names which number ---------------------------------------------------------------------------------------


def _tagged(parts: Sequence[Number | Tag]) -> Iterator[tuple[Value, ...]]:
    """The ways to say which tag names which number: before it, after it, or in the same order."""
    numbers = [part for part in parts if isinstance(part, Number)]
    tags = [part for part in parts if isinstance(part, Tag)]
    if not tags:
        yield tuple(Value(number, number.tag) for number in numbers)
        return
    listed = _in_order(parts)
    if listed is not None:
        yield listed
    kinds = [kind for kind in _Kind if any(_speaks_of(tag, kind) for tag in tags)]
    sides = [_by_side(parts, kind) for kind in kinds]
    for chosen in itertools.product(*sides):
        merged = [_all_of(number, chosen) for number in numbers]
        values = tuple(Value(number, tag) for number, tag in zip(numbers, merged, strict=True) if tag is not None)
        if len(values) == len(numbers):
            yield values


class _Kind(enum.Enum):
    """What a tag may speak of; each kind may stand on another side of its number."""

    RESOURCE = enum.auto()
    SERIAL = enum.auto()
    ZONE = enum.auto()


class _Side(enum.Enum):
    BEFORE = enum.auto()
    BEHIND = enum.auto()
    ONCE = enum.auto()  # before its number, and silent about those behind: «день 8240 3102»


def _sides(parts: Sequence[Number | Tag], kind: _Kind) -> list[_Side]:
    """On which sides of their numbers tags may stand: the first part behind no number, the last before none."""
    first, last = parts[0], parts[-1]
    sides: list[_Side] = []
    if not (isinstance(last, Tag) and _speaks_of(last, kind)):
        sides.append(_Side.BEFORE)
    if not (isinstance(first, Tag) and _speaks_of(first, kind)):
        sides.append(_Side.BEHIND)
    several = any(isinstance(one, Number) and isinstance(other, Number) for one, other in itertools.pairwise(parts))
    if kind is _Kind.ZONE and several and _Side.BEFORE in sides:
        sides.append(_Side.ONCE)
    return sides


def _by_side(parts: Sequence[Number | Tag], kind: _Kind) -> list[dict[int, Tag]]:
    """What tags of one kind say of each number, for each side on which they may stand; the same only once."""
    found: list[dict[int, Tag]] = []
    for side in _sides(parts, kind):
        named = _attached(parts, kind, side)
        if named is not None and named not in found:
            found.append(named)
    return found


def _speaks_of(tag: Tag, kind: _Kind) -> bool:
    if kind is _Kind.ZONE:
        return bool(tag.zone)
    return bool(tag.serial) if kind is _Kind.SERIAL else bool(tag.resources or tag.ordinal)


def _only(tag: Tag, kind: _Kind) -> Tag:
    """What a tag says of one kind."""
    if kind is _Kind.ZONE:
        return _ZONE_ONLY[tag.zone]
    return Tag(tag.resources, "", tag.ordinal, "", tag.preferred) if tag.zone else tag


def _in_order(parts: Sequence[Number | Tag]) -> tuple[Value, ...] | None:
    """«день/ночь 8240/3102», «т1 т2 т3 5061 1249 3378»: so many tags, then so many numbers."""
    values: list[Value] = []
    groups = [(kind, list(run)) for kind, run in itertools.groupby(parts, key=lambda part: isinstance(part, Tag))]
    if len(groups) % 2 or not groups[0][0]:
        return None
    for (_, tags), (_, numbers) in zip(groups[::2], groups[1::2], strict=True):
        if len(tags) < 2 or len(tags) != len(numbers):
            return None
        values += [
            Value(number, tag) for tag, number in zip(tags, numbers, strict=True)
            if isinstance(tag, Tag) and isinstance(number, Number)
        ]  # fmt: skip
    return tuple(values)


def _attached(parts: Sequence[Number | Tag], kind: _Kind, side: _Side) -> dict[int, Tag] | None:
    """For each number the tags of one kind that name it; None where a tag would name no number."""
    result: dict[int, Tag] = {}
    current, fresh, dangling = NO_TAG, False, False
    for part in reversed(parts) if side is _Side.BEHIND else parts:
        if isinstance(part, Number):
            result[id(part)] = current
            fresh, dangling = False, False
            if side is _Side.ONCE:
                current = NO_TAG
        elif _speaks_of(part, kind):
            merged = _merge(current, _only(part, kind)) if fresh else _only(part, kind)
            if merged is None:
                return None
            current, fresh, dangling = merged, True, True
        elif not fresh and (part.resources or part.serial or part.ordinal):
            current = NO_TAG  # another meter: what was named before says nothing of it
    return None if dangling else result


def _all_of(number: Number, chosen: Sequence[dict[int, Tag]]) -> Tag | None:
    """What all tags together say of a number."""
    merged: Tag | None = number.tag
    for named in chosen:
        merged = merged and _merge(merged, named.get(id(number), NO_TAG))
    return merged


def _merge(one: Tag, other: Tag) -> Tag | None:
    """What both tags say together; None if they contradict each other."""
    if one is NO_TAG or other is NO_TAG:
        return one if other is NO_TAG else other
    resources = one.resources or other.resources
    if one.resources and other.resources:
        resources = tuple(resource for resource in one.resources if resource in other.resources)
    if (
        (not resources and one.resources)
        or (one.zone and other.zone and _NAMES.get(one.zone, one.zone) != _NAMES.get(other.zone, other.zone))
        or (one.ordinal and other.ordinal and one.ordinal != other.ordinal)
        or (one.serial and other.serial and one.serial != other.serial)
    ):
        return None
    return Tag(
        resources,
        one.zone if one.zone.startswith("T") else other.zone or one.zone,
        one.ordinal or other.ordinal,
        one.serial or other.serial,
        one.preferred and other.preferred if one.resources and other.resources else one.preferred or other.preferred,
    )


#: Names of the same register; which it is depends on the meter, but no name contradicts its own number.
_NAMES = {"day": "T1", "peak": "T1", "night": "T2", "half": "T3"}
_ZONE_ONLY = {zone: Tag(zone=zone) for zone in (*_NAMES, *_NAMES.values())}
