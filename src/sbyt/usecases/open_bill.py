"""Opens a bill by the token in its QR code. Whoever holds the newest one may ask about the account from then on."""

from __future__ import annotations

import datetime as dt
import enum
from typing import NamedTuple

from sbyt.accounts.models import Link
from sbyt.accounts.owners import OwnerLink
from sbyt.accounts.revoking import is_revoked
from sbyt.accounts.tokens import Named, Tokens
from sbyt.billing.holds import newest_sent
from sbyt.billing.models import Bill
from sbyt.core.settings import Settings
from sbyt.usecases.channels import connected_channels
from sbyt.usecases.link_account import link_account


class Opening(enum.Enum):
    """What a token is to who shows it."""

    FOREIGN = "foreign"  # none of ours
    REVOKED = "revoked"
    HELD = "held"  # its bill is still looked at and was not sent
    OLDER = "older"  # a newer bill was sent since
    ENDED = "ended"  # the sender was linked, and is no more
    NEWEST = "newest"
    LINKED = "linked"  # whatever bill it is of, the sender is linked already


class Opened(NamedTuple):
    """What a token is, and the newest bill where its holder may see it."""

    opening: Opening
    bill: Bill | None = None


class Visitor(NamedTuple):
    """Who opens it: a sender of a channel."""

    channel: str
    sender: str

    @property
    def address(self) -> OwnerLink:
        return OwnerLink(Link.Kind.CHAT.value, f"{self.channel}:{self.sender}")


def look_at(token: str, tokens: Tokens, visitor: Visitor) -> Opened:
    """Say what a token is, and change nothing."""
    named = tokens.opened(token)
    if named is None:
        return Opened(Opening.FOREIGN)
    if is_revoked(named):
        return Opened(Opening.REVOKED)
    newest = newest_sent(named.account)
    if newest is None or named.period > newest.period:
        return Opened(_not_sent(named))
    links = Link.objects.filter(
        kind=visitor.address.kind, address=visitor.address.address, account_id=named.account
    ).values_list("ended_at", flat=True)
    if None in links:
        return Opened(Opening.LINKED, newest)
    if links:
        # Staff or the owner had their reason: going on with what the browser still has undoes it for nobody.
        return Opened(Opening.ENDED)
    return Opened(Opening.NEWEST, newest) if named.period == newest.period else Opened(Opening.OLDER)


def open_bill(token: str, tokens: Tokens, visitor: Visitor, settings: Settings, now: dt.datetime) -> Opened:
    """Look at a token, and link who holds that of the newest bill to its account; the owners are told of it, once."""
    found = look_at(token, tokens, visitor)
    if found.opening is Opening.NEWEST and found.bill:
        number = found.bill.account.number
        link_account(visitor.address, number, Link.How.BILL_CODE, "", settings, now, connected=connected_channels())
    return found


def _not_sent(named: Named) -> Opening:
    made = Bill.objects.filter(account=named.account, period=named.period).exists()
    return Opening.HELD if made else Opening.FOREIGN
