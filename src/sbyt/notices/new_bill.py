"""The notice of a new bill: once a bill, where the customer wants it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from sbyt.accounts.bill_choices import How, wanted
from sbyt.accounts.models import Account
from sbyt.billing.holds import held
from sbyt.core.identifiers import email_address
from sbyt.core.periods import Period
from sbyt.core.settings import ChannelState, Settings
from sbyt.messaging.channel import Channel
from sbyt.messaging.models import OutboundMessage
from sbyt.messaging.statuses import current_channels
from sbyt.receipts.content import unpacked
from sbyt.receipts.documents import reference
from sbyt.receipts.models import Receipt

#: Why somebody gets it.
NEW_BILL = "new_bill"


class UnableToTell(ValueError):
    """No channel carries bills now. The text says what to do."""


def channel_of_bills(settings: Settings, connected: Mapping[str, Channel], now: dt.datetime) -> str:
    """The channel by which bills are sent: one that carries documents to e-mail addresses, and is open.

    :param connected: the channels that this installation can send by.

    :raises UnableToTell: if there is none.
    """
    found = [
        (code, described.state)
        for code, described in current_channels(settings, now.astimezone(settings.zone).date()).items()
        if described.senders == "email"
        and described.payment_documents
        and code in connected
        and connected[code].capabilities.file
    ]
    for code, state in found:
        if state in {ChannelState.OPEN, ChannelState.UNSTABLE}:
            return code
    if found:
        raise UnableToTell(f"Отправлять не через что: канал закрыт. Откройте: sbyt channels open {found[0][0]}")
    raise UnableToTell("Отправлять не через что: почта не подключена. Как подключить, написано в docs/channels")


def write_new_bills(period: Period, accounts: Collection[int], channel: str, now: dt.datetime) -> int:
    """Write the notice of each issued bill that is wanted by e-mail into the outbox, once for ever.

    A bill that is held is left out: it is told of once somebody released it and this is called again.

    :returns: how many were written.
    """
    waiting = held(period, accounts)
    electronic = [account for account, how in wanted(accounts).items() if how is How.ELECTRONIC]
    addresses = {
        account: address
        for account, typed in Account.objects.filter(id__in=electronic).values_list("id", "customer__email")
        if account not in waiting and (address := email_address(typed))
    }
    receipts = Receipt.objects.filter(period=period, account__in=addresses).order_by("account_id")
    messages = [_message(receipt, channel, addresses[receipt.account_id], now) for receipt in receipts]
    keys = [message.key for message in messages]
    there = set(OutboundMessage.objects.filter(key__in=keys).values_list("key", flat=True))
    OutboundMessage.objects.bulk_create(
        [message for message in messages if message.key not in there], ignore_conflicts=True
    )
    return len(messages) - len(there)


def _message(receipt: Receipt, channel: str, address: str, now: dt.datetime) -> OutboundMessage:
    content = unpacked(receipt.content)
    return OutboundMessage(
        channel=channel,
        recipient=address,
        subject=content["subject"],
        text=content["mail"],
        document=reference(receipt),
        kind=OutboundMessage.Kind.NOTICE,
        purpose=NEW_BILL,
        key=f"{NEW_BILL}:{receipt.account_id}:{receipt.period}",
        created_at=now,
        send_at=now,
    )
