"""The bills that are held and the oddest of a month, in words and figures, ready for the page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sbyt.billing.explain_words import Telling
from sbyt.billing.holds import count_waiting, holds_of
from sbyt.billing.models import Hold
from sbyt.billing.reports import account_numbers
from sbyt.billing.summary import Summary
from sbyt.core.periods import Period
from sbyt.usecases.release_holds import Released, UnableToRelease
from sbyt.web.office.billing.shown import count
from sbyt.web.office.billing.words import HOLDS
from sbyt.web.office.customers.shown import Saying

#: No more waiting ones than so many are counted.
COUNTED = 1000


@dataclass(frozen=True)
class ShownHold:
    """A held bill. ``by``: who released it and when, empty while it waits."""

    account_id: int
    number: str
    customer: str
    why: str
    charged: str
    expected: str
    recalculated: str
    choose: str
    ticked: bool
    by: str
    note: str


@dataclass(frozen=True)
class ShownOdd:
    number: str
    charged: str
    expected: str
    recalculated: str
    state: str  # whether it waits to be looked at; empty where it isn't held
    waits: bool


def shown_hold(hold: Hold, saying: Saying, ticked: Collection[int] = ()) -> ShownHold:
    number = hold.account.number
    return ShownHold(
        hold.account_id,
        number,
        hold.account.customer.name or number,
        Telling(saying.language).why_held(hold),
        saying.money(hold.charged),
        saying.money(hold.expected),
        saying.money(hold.recalculated),
        HOLDS[saying.language]["choose"].format(account=number),
        hold.account_id in ticked,
        _by(hold, saying),
        hold.note,
    )


def oddest(summary: Summary, saying: Saying) -> list[ShownOdd]:
    """The oddest bills of a month, with what became of those that are held."""
    accounts = [odd.account_id for odd in summary.oddest]
    if not accounts:
        return []
    numbers, holds = account_numbers(accounts), holds_of(Period(summary.period), accounts)
    return [
        ShownOdd(
            numbers.get(odd.account_id, ""),
            saying.money(odd.charged),
            saying.money(odd.expected),
            saying.money(odd.recalculated),
            _state(holds.get(odd.account_id), saying),
            odd.account_id in holds and holds[odd.account_id].released_at is None,
        )
        for odd in summary.oddest
    ]


def _state(hold: Hold | None, saying: Saying) -> str:
    if hold is None:
        return ""
    return HOLDS[saying.language]["state_waits" if hold.released_at is None else "state_released"]


def waiting_said(word: str, period: Period, saying: Saying) -> str:
    """How many bills of a month wait to be looked at; empty where none does."""
    words, number = HOLDS[saying.language], count_waiting(period, COUNTED)
    if not number:
        return ""
    more = words["more_than"].format(count=count(COUNTED, saying))
    return words[word].format(count=more if number > COUNTED else count(number, saying))


def done(released: Released, saying: Saying) -> list[str]:
    """What a release came to, with who was quicker where somebody was."""
    words, now = HOLDS[saying.language], released.now
    told = words["done"].format(account=now[0].account.number)
    if len(now) > 1:
        told = words["done_all"].format(count=count(len(now), saying))
    before = [words["before"].format(account=hold.account.number, by=_by(hold, saying)) for hold in released.before]
    return [told, *before]


def unable(error: UnableToRelease, saying: Saying) -> str:
    by = f"{error.by}, {saying.moment(error.at)}" if error.at else error.by
    return HOLDS[saying.language][f"bad_{error.reason}"].format(by=by)


def _by(hold: Hold, saying: Saying) -> str:
    return f"{hold.released_by}, {saying.moment(hold.released_at)}" if hold.released_at else ""


def held_said(hold: Hold, saying: Saying) -> str:
    """On the bill itself: that it is held and why, or that it was."""
    words, why = HOLDS[saying.language], Telling(saying.language).why_held(hold)
    return words["was_held" if hold.released_at else "held"].format(why=why, by=_by(hold, saying))
