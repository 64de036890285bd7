"""Whose figures are whose: the accounts that a message names, and the numbers and tags that belong to each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sbyt.conversation.facts import AccountFacts, Facts
from sbyt.conversation.tokens import Group, Parsed, Use
from sbyt.conversation.vocabulary import Label, Tag

#: So many groups of figures at most make one account: «2 000 000 001».
_MOST_GROUPS = 6
_LONGEST_ACCOUNT = 24
_JOINS_ACCOUNT = frozenset(("", " ", ".", "-"))

Item = Group | Tag


class Named(NamedTuple):
    """An account that a message names: where, and whether exactly as it is written on the bill."""

    first: int  # place of its first group among the groups
    last: int
    account: AccountFacts | None  # None: labelled as an account, or as long as one, and there is no such
    digits: str
    exact: bool


class Segment(NamedTuple):
    """An account and what is said of it. ``named`` is None where the sender's link names the account."""

    account: AccountFacts
    items: tuple[Item, ...]
    named: Named | None


def candidates(groups: Sequence[Group]) -> Iterator[tuple[int, int, str]]:
    """Every run of groups that may be an account's number: places of its first and last group, and its figures."""
    for first, group in enumerate(groups):
        if group.use is Use.NOTHING:
            continue
        digits = group.digits
        yield first, first, digits
        for last in range(first + 1, min(first + _MOST_GROUPS, len(groups))):
            if groups[last].gap not in _JOINS_ACCOUNT or groups[last].use is Use.NOTHING:
                break
            digits += groups[last].digits
            if len(digits) > _LONGEST_ACCOUNT:
                break
            yield first, last, digits


def named_accounts(message: Parsed, facts: Facts) -> list[Named]:
    """The accounts that the message names, the longest run of groups first, none overlapping another."""
    by_key: dict[str, list[AccountFacts]] = {}
    for account in facts.accounts:
        by_key.setdefault(account.key, []).append(account)
    found: list[Named] = []
    for first, last, digits in candidates(message.groups):
        matching = by_key.get(digits.lstrip("0") or "0", [])
        if not matching:
            continue
        exact = [account for account in matching if account.number == digits]
        if exact or len(matching) == 1:
            found.append(Named(first, last, exact[0] if exact else matching[0], digits, bool(exact)))
    if len(found) <= 1:
        return found
    found.sort(key=lambda one: (not one.exact, one.first - one.last, one.first))
    kept: list[Named] = []
    exactly = {one.account for one in found if one.exact}
    for named in found:
        if not named.exact and named.account in exactly:
            continue  # once is enough: the other is a number like any
        if all(named.last < there.first or there.last < named.first for there in kept):
            kept.append(named)
    return sorted(kept, key=lambda one: one.first)


def labelled_unknown(message: Parsed, named: Sequence[Named]) -> Group | None:
    """The number that is labelled as an account and is none that we know."""
    inside = {place for one in named for place in range(one.first, one.last + 1)}
    for place, group in enumerate(message.groups):
        if group.label is Label.ACCOUNT and place not in inside and group.use is not Use.NOTHING:
            return group
    return None


def looks_like_account(group: Group, facts: Facts, *, first_of_several: bool) -> bool:
    """As long as accounts are, and too long for any dial that may be meant; or first of several, and nobody linked."""
    length = len(group.digits)
    if group.use is not Use.ANY or length not in facts.account_lengths:
        return False
    dials = [meter.dial.digits + meter.dial.decimals for account in facts.accounts for meter in account.meters]
    longest = max(dials, default=facts.longest_dial)
    return len(group.digits.lstrip("0")) > longest or (first_of_several and not facts.accounts)


class Partitions(NamedTuple):
    """The ways to say which figures belong to which account.

    ``sure``: an exact number, one labelled as an account, and the account linked to the sender. ``other``: one of
    several exact numbers is a value, or spells the serial of a linked account's meter. ``unsure``: a number that
    differs in leading zeros from an account, and opens the message, is that account.
    """

    sure: list[list[Segment]]
    other: list[list[Segment]]
    unsure: list[list[Segment]]


def partitions(message: Parsed, named: Sequence[Named], linked: Sequence[AccountFacts]) -> Partitions:
    """The ways to say which figures belong to which account, the likeliest first."""
    sure = [one for one in named if one.exact or message.groups[one.first].label is Label.ACCOUNT]
    by_link = [Segment(linked[0], message.items, None)] if len(linked) == 1 else []
    serials = {meter.key for account in linked for meter in account.meters}
    other = [cut for one in sure if len(sure) > 1 for cut in _cuts(message, [one])]
    if sure and by_link and any(one.digits in serials for one in sure):
        other.append(by_link)
    unsure = [[one] for one in named if one not in sure and message.items[0] is message.groups[one.first]]
    return Partitions(
        _cuts(message, sure) if sure else [by_link] if by_link else [],
        other,
        [cut for way in unsure for cut in _cuts(message, way)],
    )


def _cuts(message: Parsed, named: Sequence[Named]) -> list[list[Segment]]:
    """Cut the message at the accounts: what follows each belongs to it, or, where one stands last, what precedes."""
    if len({one.account for one in named if one.account}) <= 1:
        return [[_whole(message, named)]]
    places = [_place(message, one.first) for one in named]
    inside = {id(group) for one in named for group in message.groups[one.first : one.last + 1]}
    items = [(place, item) for place, item in enumerate(message.items) if id(item) not in inside]
    leading = [item for place, item in items if place < places[0]]
    trailing = [item for place, item in items if place > places[-1]]
    cuts: list[list[Segment]] = []
    if not any(_may_be_value(item) for item in leading):
        cuts.append(_cut(named, items, [*places[1:], len(message.items)], leading))
    if not any(_may_be_value(item) for item in trailing) and leading:
        cuts.append(_cut(named, items, places, []))
    return cuts


def _cut(
    named: Sequence[Named], items: Sequence[tuple[int, Item]], until: Sequence[int], skip: Sequence[Item]
) -> list[Segment]:
    segments: dict[str, Segment] = {}
    start = -1
    for one, end in zip(named, until, strict=True):
        mine = tuple(item for place, item in items if start <= place < end and not any(item is other for other in skip))
        start = end
        if one.account is None:
            continue
        there = segments.get(one.account.number)
        segments[one.account.number] = Segment(one.account, (there.items if there else ()) + mine, one)
    return list(segments.values())


def _whole(message: Parsed, named: Sequence[Named]) -> Segment:
    inside = {id(group) for one in named for group in message.groups[one.first : one.last + 1]}
    account = next(one.account for one in named if one.account)
    return Segment(account, tuple(item for item in message.items if id(item) not in inside), named[0])


def _place(message: Parsed, group: int) -> int:
    wanted = message.groups[group]
    return next(place for place, item in enumerate(message.items) if item is wanted)


def _may_be_value(item: Item) -> bool:
    return isinstance(item, Group) and item.use is Use.ANY and len(item.digits) > 3


def before_account(message: Parsed, named: Named) -> Iterator[Group]:
    """Short numbers right before the account: a service or region code, no value («ЖКХ 1# ЛС», «23 ЛС»)."""
    return itertools.takewhile(lambda group: len(group.digits) <= 3, message.groups[: named.first])
