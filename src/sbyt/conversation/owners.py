"""What the owners of an account are told of what somebody did who isn't linked to it."""

from __future__ import annotations

from collections.abc import Iterator

from sbyt.conversation.acts import Cancelled, OwnerTold, Shown, Taken
from sbyt.conversation.facts import Facts
from sbyt.conversation.state import LinkSender, Reply
from sbyt.core.periods import Period


def told_owners(turn: Reply, facts: Facts) -> tuple[OwnerTold, ...]:
    """For each account to which the sender isn't linked, what a turn took for it or took back.

    Who has just been linked is no stranger. What was entered before is told to the owners alone. Nothing in it says
    who the sender is.
    """
    linked = {*facts.linked, *(one.account for one in turn.commands if isinstance(one, LinkSender))}
    return tuple(
        OwnerTold(
            account,
            meters,
            tuple(_entered(act, shown, facts) for shown in meters),
            act.period,
            facts.channel.title,
            isinstance(act, Cancelled),
            act.until if isinstance(act, Taken) else facts.window.closes(Period(act.period).first_day),
        )
        for act in turn.acts
        if isinstance(act, Taken | Cancelled)
        for account, meters in _by_account(act.meters)
        if account not in linked
    )


def _by_account(meters: tuple[Shown, ...]) -> Iterator[tuple[str, tuple[Shown, ...]]]:
    for account in dict.fromkeys(shown.account for shown in meters):
        yield account, tuple(shown for shown in meters if shown.account == account)


def _entered(act: Taken | Cancelled, shown: Shown, facts: Facts) -> tuple[int, ...]:
    """What was entered for the period but for what this sender does now."""
    taken_back = [one.id for one in facts.own] if isinstance(act, Cancelled) else []
    account = facts.account(shown.account)
    meters = account.meters if account else ()
    return next((meter.entered(act.period, taken_back) for meter in meters if meter.serial == shown.serial), ())
