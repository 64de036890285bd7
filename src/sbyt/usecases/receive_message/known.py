"""What a transaction knows of the messages that it handles: looked up for all of them at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sbyt.accounts.owners import OwnerLink
from sbyt.accounts.queries import (
    FoundAccount,
    FoundMeter,
    accounts_with_ids,
    accounts_with_keys,
    dimensions,
    linked_accounts,
    meters_of,
    sender_addresses,
)
from sbyt.billing.balances import owed
from sbyt.conversation.facts import AccountFacts, BillCodeFacts, ChannelFacts, ContactFacts, Facts, Verdict
from sbyt.conversation.mentions import Mentions, mentions
from sbyt.conversation.state import State
from sbyt.core.resources import ZONES
from sbyt.core.settings import Settings
from sbyt.messaging.conversations import NEW, Remembered, remembered
from sbyt.messaging.inbox import Waiting
from sbyt.messaging.silence import Why
from sbyt.messaging.statuses import read_statuses
from sbyt.metering.counting import Handed
from sbyt.readings.queries import OwnReading, handed_in, latest_own
from sbyt.usecases.channels import channel_facts
from sbyt.usecases.pages import pages_of
from sbyt.usecases.receive_message.bill_codes import CodeSent, ToVerify, Verified, bill_tokens, code_sent, verify
from sbyt.usecases.receive_message.contacts import ContactSent, contacts_sent, languages_elsewhere
from sbyt.usecases.receive_message.facts import account_facts, facts_of
from sbyt.usecases.receive_message.linking import address_of_sender

Sender = tuple[str, str]  # channel and sender


@dataclass(frozen=True, slots=True)
class Touched:
    """What a message rests on. ``accounts``: those that it names, that its sender is linked to, or last read.

    ``code``: the code of a bill in it, if that is to be verified; ``contact``: the phone that came with it.
    """

    wanted: Mentions
    own: Sequence[OwnReading]
    linked: Collection[int]
    accounts: frozenset[int]
    code: CodeSent | None = None
    contact: ContactSent | None = None

    @property
    def proves(self) -> bool:
        """Whether its sender may be linked by it."""
        return self.code is not None or self.contact is not None


class Known:
    """What is known of the senders of these messages and of the accounts that they touch.

    It lives as long as a transaction that holds the senders. Accounts and meters don't change because of what a
    customer sends, so each is looked up once; readings do. Of links it is told by ``linked``.
    """

    def __init__(self, messages: Sequence[Waiting], settings: Settings, now: dt.datetime) -> None:
        self.settings = settings
        self._now = now
        self._tokens = bill_tokens()
        self._zone = settings.zone
        self.statuses = read_statuses(settings)
        self._channels: dict[tuple[str, dt.date], ChannelFacts] = {}
        first = {sender_of(message): message for message in reversed(messages)}
        self._first = first
        talks = remembered([message.id for message in first.values()])
        self.talks: dict[Sender, Remembered] = {sender: talks.get(one.id, NEW) for sender, one in first.items()}
        self.states = {sender: State.from_json(talk.state, settings.language) for sender, talk in self.talks.items()}
        self.asked = {sender: talk.asked for sender, talk in self.talks.items()}
        self._addresses = {
            sender: frozenset(sender_addresses(*sender, by_phone=self._by_phone(one))) for sender, one in first.items()
        }
        self._links = self._linked()
        self._by_key: dict[str, list[int]] = {}
        self._accounts: dict[int, FoundAccount] = {}
        self._meters: dict[int, list[FoundMeter]] = {}
        self._lengths, self._longest_dial = dimensions()

    def remembered(self, senders: Iterable[Sender]) -> None:
        """Note that these senders' conversations were written."""
        new = {self._first[sender].id: sender for sender in senders if self.talks[sender].id is None}
        self.talks.update((new[message], talk) for message, talk in (remembered(new) if new else {}).items())

    def at(self, message: Waiting) -> dt.datetime:
        """When the provider took the message, in local time."""
        return message.received_at.astimezone(self._zone)

    def channel(self, message: Waiting) -> ChannelFacts:
        """The channel as it is on the day of the message."""
        asked = message.channel, self.at(message).date()
        if asked not in self._channels:
            self._channels[asked] = channel_facts(asked[0], self.statuses, asked[1])
        return self._channels[asked]

    def address(self, message: Waiting) -> OwnerLink | None:
        """What the sender of a message can be linked by."""
        return address_of_sender(message.channel, message.sender, self.settings)

    def linked(self, address: OwnerLink, account: int) -> None:
        """Note that whoever has this address speaks for an account from now on."""
        for sender, addresses in self._addresses.items():
            if address in addresses:
                self._links[sender] = sorted({*self._links[sender], account})

    def same_as(self, senders: Collection[Sender]) -> set[Sender]:
        """These senders, and whoever else has an address of theirs: a phone that writes in two channels."""
        theirs = frozenset[tuple[str, str]]().union(*(self._addresses[sender] for sender in senders))
        return {sender for sender, addresses in self._addresses.items() if not theirs.isdisjoint(addresses)}

    def silenced(self, sender: Sender, *, silent: bool) -> None:
        """Note that a sender is not written to first from now on, or is again."""
        self.talks[sender] = self.talks[sender]._replace(silence=Why.ASKED if silent else "")

    def _linked(self) -> dict[Sender, list[int]]:
        links = linked_accounts({one for of_sender in self._addresses.values() for one in of_sender})
        return {
            sender: sorted({account for one in of_sender for account in links.get(one, ())})
            for sender, of_sender in self._addresses.items()
        }

    def _by_phone(self, message: Waiting) -> bool:
        channel = self.settings.channels.get(message.channel)
        return channel is not None and channel.senders == "phone"

    # which accounts --------------------------------------------------------------------------------------------------

    def touched(self, messages: Iterable[Waiting]) -> dict[int, Touched]:
        """What each of these messages rests on, by its id, as its sender's conversation stands now."""
        wanted = {one.id: (one, mentions(one.text, self.states[sender_of(one)])) for one in messages}
        own = latest_own([id_ for id_, (_, asked) in wanted.items() if asked.wants_own_readings])
        self._look_up_keys({key for _, asked in wanted.values() for key in asked.account_keys})
        codes = {id_: code_sent(asked.bill_code, self._tokens) for id_, (_, asked) in wanted.items()}
        self._look_up_ids({code.named.account for code in codes.values() if code and code.named})
        contacts = contacts_sent(message for message, _ in wanted.values())
        found = {
            id_: self._touched(asked, own.get(id_, ()), self._links[sender_of(message)], codes[id_], contacts.get(id_))
            for id_, (message, asked) in wanted.items()
        }
        self._look_up_ids({account for one in found.values() for account in one.accounts})
        return found

    def _touched(
        self,
        wanted: Mentions,
        own: Sequence[OwnReading],
        linked: Sequence[int],
        code: CodeSent | None,
        contact: ContactSent | None,
    ) -> Touched:
        named = [account for key in wanted.account_keys for account in self._by_key[key]]
        if code and code.named and code.named.account in self._accounts:
            named.append(code.named.account)
        named += contact.accounts if contact else ()
        accounts = frozenset((*named, *linked, *(one.account for one in own)))
        return Touched(wanted, own, linked, accounts, code, contact)

    def _look_up_keys(self, keys: set[str]) -> None:
        new = keys - self._by_key.keys()
        self._by_key.update({key: [] for key in new})
        for account in accounts_with_keys(new):
            self._by_key[account.key].append(account.id)
            self._accounts[account.id] = account

    def _look_up_ids(self, accounts: set[int]) -> None:
        self._accounts.update({one.id: one for one in accounts_with_ids(accounts - self._accounts.keys())})
        new = accounts - self._meters.keys()
        self._meters.update({account: [] for account in new})
        for meter in meters_of(new):
            self._meters[meter.account].append(meter)

    # what is known of them -------------------------------------------------------------------------------------------

    def facts(self, messages: Sequence[Waiting], touched: Mapping[int, Touched]) -> dict[int, Facts]:
        """For each of these messages, by its id, all that a reply to it may rest on."""
        accounts = {account for message in messages for account in touched[message.id].accounts}
        handed = self._handed_in(accounts)
        codes = self._verified(messages, touched)
        seen = {message.id: _seen(touched[message.id], codes.get(message.id)) for message in messages}
        asking = [message.id for message in messages if touched[message.id].wanted.wants_balance]
        balances = owed({account for one in asking for account in seen[one]}) if asking else {}
        pages = self._pages(messages, touched, seen)
        languages = self._languages(messages, touched)
        return {
            message.id: facts_of(
                self._accounts_of(touched[message.id], handed, balances, seen[message.id]),
                linked=tuple(self._accounts[account].number for account in touched[message.id].linked),
                own=touched[message.id].own,
                account_lengths=self._lengths,
                longest_dial=self._longest_dial,
                channel=self.channel(message),
                settings=self.settings,
                bill_code=self._bill_code(message, touched[message.id], codes.get(message.id), languages),
                contact=self._contact(message, touched[message.id], languages),
                pages={self._accounts[account].number: page for account, page in pages.items()},
                silent=self.talks[sender_of(message)].silence == Why.ASKED,
            )
            for message in messages
        }

    def _pages(
        self, messages: Sequence[Waiting], touched: Mapping[int, Touched], seen: Mapping[int, set[int]]
    ) -> dict[int, str]:
        """Where accounts are seen whose holders ask for them in a channel that may not carry it."""
        asked = {
            account for message in messages if touched[message.id].wanted.wants_page for account in seen[message.id]
        }
        return pages_of(asked, self._tokens, self.settings)

    def _languages(self, messages: Sequence[Waiting], touched: Mapping[int, Touched]) -> dict[int, str]:
        """In which language we talked elsewhere with those who may be linked now."""
        proving = [touched[message.id] for message in messages if touched[message.id].proves]
        accounts = {account for one in proving for account in one.accounts}
        return languages_elsewhere(accounts, self.settings) if accounts else {}

    def _language(self, message: Waiting, accounts: Iterable[int], languages: Mapping[int, str]) -> str:
        """That of the first of these accounts that has one; none where the sender chose one here."""
        if self.states[sender_of(message)].chosen:
            return ""
        return next((languages[account] for account in accounts if account in languages), "")

    def _contact(self, message: Waiting, touched: Touched, languages: Mapping[int, str]) -> ContactFacts | None:
        if touched.contact is None:
            return None
        accounts = sorted(touched.contact.accounts)
        return ContactFacts(
            touched.contact.own,
            tuple(self._accounts[account].number for account in accounts),
            self._language(message, accounts, languages),
        )

    def _verified(self, messages: Iterable[Waiting], touched: Mapping[int, Touched]) -> dict[int, Verified]:
        asked = {
            message.id: ToVerify(code, f"{message.channel}:{message.sender}", touched[message.id].accounts)
            for message in messages
            if (code := touched[message.id].code)
        }
        return verify(asked, self._tokens, self._now) if asked and self._tokens else {}

    def _bill_code(
        self, message: Waiting, touched: Touched, verified: Verified | None, languages: Mapping[int, str]
    ) -> BillCodeFacts | None:
        if verified is None:
            return None
        right = [account for account, verdict in verified.verdicts.items() if verdict is Verdict.RIGHT]
        numbers = {account: self._accounts[account].number for account in verified.verdicts}
        named = touched.code.named if touched.code else None
        return BillCodeFacts(
            {numbers[account]: verdict for account, verdict in verified.verdicts.items()},
            account=numbers.get(named.account, "") if named else "",
            too_many=verified.too_many,
            provable=self.address(message) is not None,
            language=self._language(message, right, languages),
        )

    def _handed_in(self, accounts: Iterable[int]) -> dict[int, list[Handed]]:
        registers = {
            register: zone
            for account in accounts
            for meter in self._meters[account]
            for register, zone in zip(meter.registers, ZONES, strict=False)
        }
        return handed_in(registers, self._zone)

    def _accounts_of(
        self,
        touched: Touched,
        handed: Mapping[int, list[Handed]],
        balances: Mapping[int, int],
        seen: Collection[int],
    ) -> tuple[AccountFacts, ...]:
        shown = balances if touched.wanted.wants_balance else {}
        return tuple(
            account_facts(
                self._accounts[account].number,
                self._meters[account],
                handed,
                shown.get(account) if account in seen else None,
            )
            for account in sorted(touched.accounts)
        )

    def account(self, number: str, touched: Touched) -> int | None:
        """The id of an account of this number, among those that a message touched."""
        return next((one for one in touched.accounts if self._accounts[one].number == number), None)

    def registers(self, number: str, serial: str, touched: Touched) -> tuple[int, ...]:
        """The registers of a meter of one of the accounts that a message touched, T1 first."""
        account = self.account(number, touched)
        meters = self._meters[account] if account else []
        return next((meter.registers for meter in meters if meter.serial == serial), ())


def _seen(touched: Touched, verified: Verified | None) -> set[int]:
    """The accounts whose balance the sender may see: linked, or about to be by a code."""
    proved = verified.verdicts.items() if verified else ()
    return {*touched.linked, *(account for account, verdict in proved if verdict is Verdict.RIGHT)}


def sender_of(message: Waiting) -> Sender:
    return message.channel, message.sender
