"""Issues the bills of a period: what they say is fixed, and never changes again."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sbyt.accounts.tokens import Tokens
from sbyt.billing.explain import UnableToExplain
from sbyt.billing.holds import held
from sbyt.billing.models import Bill
from sbyt.billing.runs import run_of
from sbyt.core.periods import Period
from sbyt.core.settings import Settings
from sbyt.messaging.statuses import read_statuses
from sbyt.receipts.edition import current_edition, folder_of
from sbyt.receipts.models import Edition
from sbyt.receipts.operations import issue, not_issued
from sbyt.receipts.queries import KnownBill, known_bills
from sbyt.receipts.requirements import required
from sbyt.receipts.words import read_words
from sbyt.receipts.writing import Writer

#: How many are known at once: what the memory holds does not depend on the number of accounts.
BATCH = 500

Progress = Callable[[int, int], None]


class UnableToIssue(ValueError):
    """There is nothing to be issued. The text says why, and what to do."""


@dataclass
class Issued:
    """What came of it: how many were issued now, and had been before; how many are held.

    ``unexplained``: numbers of accounts whose lines don't follow from what they are explained by.
    """

    new: int = 0
    before: int = 0
    held: int = 0
    unexplained: list[str] = field(default_factory=list)


def issue_receipts(
    period: Period,
    settings: Settings,
    keys: Mapping[int, bytes],
    now: dt.datetime,
    *,
    only: Collection[int] | None = None,
    progress: Progress = lambda _done, _of: None,
) -> Issued:
    """Issue the bills of a period that were not issued yet, batch by batch; held ones wait.

    Stopped, it goes on where it was when it is called again.

    :param keys: of the tokens, by their version.
    :param only: the ids of accounts, instead of all.

    :raises UnableToIssue: if the period is not billed.
    :raises UnableToMakeReceipts: if the settings lack what must stand on a bill.
    :raises UnableToMakeToken: if there is no key.
    :raises UnableToReadWords: if the company's own words have mistakes.
    :raises UnableToSet: if the company's own template can't be read.
    """
    needed = required(settings)
    words = read_words(settings.language, folder_of(settings))
    if run_of(period) is None:
        raise UnableToIssue(f"За {period} ещё не начисляли, выдавать нечего. Начислите: sbyt bill {period}")
    edition = current_edition(period, settings, words, needed, read_statuses(settings), now)
    writer = Writer(settings, words, Tokens(keys), needed)
    total = Bill.objects.filter(period=period).count() if only is None else len(only)
    issued, done = Issued(), 0
    for accounts in billed_accounts(period, only):
        waiting = held(period, accounts)
        issued.held += len(waiting)
        free = [account for account in accounts if account not in waiting]
        new = not_issued(period, free)
        issued.before += len(free) - len(new)
        _issue(edition, writer, new, issued, now)
        done += len(accounts)
        progress(done, total)
    return issued


def billed_accounts(period: Period, only: Collection[int] | None = None) -> Iterator[list[int]]:
    """The ids of accounts that have a bill for a period, batch by batch."""
    bills = Bill.objects.filter(period=period).order_by("account_id")
    if only is not None:
        wanted = sorted(only)
        for at in range(0, len(wanted), BATCH):
            if found := list(bills.filter(account__in=wanted[at : at + BATCH]).values_list("account", flat=True)):
                yield found
        return
    last = 0
    while some := list(bills.filter(account__gt=last).values_list("account", flat=True)[:BATCH]):
        yield some
        last = some[-1]


def _issue(edition: Edition, writer: Writer, accounts: Sequence[int], issued: Issued, now: dt.datetime) -> None:
    zone, period = writer.settings.zone, Period(edition.period)
    try:
        known = known_bills(period, accounts, zone)
    except UnableToExplain:  # one of them: the others are not to wait for it
        known = list(itertools.chain.from_iterable(_each(period, accounts, writer, issued)))
    contents = [(one.account.pk, one.bill.closing, writer.content(one)) for one in known]
    issue(edition, contents, now)
    issued.new += len(contents)


def _each(period: Period, accounts: Sequence[int], writer: Writer, issued: Issued) -> Iterator[list[KnownBill]]:
    for account in accounts:
        try:
            yield known_bills(period, [account], writer.settings.zone)
        except UnableToExplain:
            bill = Bill.objects.select_related("account").get(period=period, account=account)
            issued.unexplained.append(bill.account.number)
