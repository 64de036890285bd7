"""Who is to be told: whoever used a channel, or whose accounts are named; on which address, found batch by batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sbyt.accounts.models import Link
from sbyt.accounts.owners import OwnerLink, owners_of_ids
from sbyt.accounts.queries import linked_accounts, sender_addresses
from sbyt.bulk.rows import fetch
from sbyt.core.settings import USABLE, ChannelSettings, Settings
from sbyt.messaging.channel import Channel
from sbyt.messaging.silence import Sender, silent
from sbyt.messaging.statuses import current_channels
from sbyt.notices.addresses import Way, languages_of, ways_of
from sbyt.notices.models import Addressee
from sbyt.readings.queries import HandedIn, accounts_of_senders, all_there, handed_in_for

#: So many are looked up at once.
BATCH = 1000

Why = Addressee.Why

_SENDERS = """
    SELECT sender FROM messaging_inboundmessage WHERE channel = %s AND sender > %s AND received_at >= %s
    GROUP BY sender ORDER BY sender LIMIT %s
"""
_CHATS = """
    SELECT address FROM accounts_link WHERE kind = 'chat' AND ended_at IS NULL AND substr(address, 1, %s) = %s
        AND address > %s
    GROUP BY address ORDER BY address LIMIT %s
"""
_ACCOUNTS = "SELECT id FROM accounts_account WHERE id > %s ORDER BY id LIMIT %s"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to be told. ``tiers``: their own addresses, then those of the accounts they care for.

    ``used``: as which sender they used a channel, ``channel:sender``. ``name`` tells who can't be reached.
    ``chosen``: the channel and sender by which they want to be told, if they can be, and the choice that says so.
    """

    name: str
    used: str
    tiers: tuple[tuple[OwnerLink, ...], ...]
    accounts: tuple[int, ...]
    chosen: Sender | None = None
    choice: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody with the address on which they are told; without one, and why.

    ``there``: their readings are there; ``missing``: some are known to be missing. Of who has no meter neither holds.
    """

    person: str
    channel: str
    recipient: str
    language: str
    used: str
    why: str
    accounts: tuple[int, ...]
    there: bool
    missing: bool
    choice: int | None


@dataclass(frozen=True, slots=True)
class Reach:
    """By which channels people can be reached, and in which language if nobody knows theirs.

    ``period``: for which it is looked whether their readings are there; None: it isn't.
    """

    channels: Mapping[str, ChannelSettings]
    connected: Mapping[str, Channel]
    language: str
    period: int | None = None

    @classmethod
    def of(
        cls,
        settings: Settings,
        connected: Mapping[str, Channel],
        now: dt.datetime,
        *,
        but: str = "",
        period: int | None = None,
        answerable: bool = False,
    ) -> Reach:
        """By the channels that are open today and can send of their own accord, without one of them.

        :param answerable: only by those in which readings are taken on this day.
        """
        day = now.astimezone(settings.zone).date()
        today = current_channels(settings, day)
        usable = {
            code: channel
            for code, channel in today.items()
            if code in connected
            and code != but
            and channel.state in USABLE
            and (not answerable or channel.first_day <= day.day <= channel.last_day)
        }
        return cls(usable, connected, settings.language, period)

    def find(self, people: Sequence[Person]) -> list[Found]:
        """Choose for each where they are told, in a number of queries that does not grow with theirs."""
        ways = [self._ways(person) for person in people]
        hushed = silent({way.sender for one in ways for way in one})
        chosen = [next((way for way in one if way.sender not in hushed), None) for one in ways]
        languages = languages_of(
            {way.sender for way in chosen if way} | {_sender(one.used) for one in people if one.used}
        )
        handed_in = self._handed_in(people)
        return [
            self._found(person, way, bool(those), languages, handed_in)
            for person, those, way in zip(people, ways, chosen, strict=True)
        ]

    def _ways(self, person: Person) -> list[Way]:
        """All by which they can be told, the best first."""
        found = [self._chosen(*person.chosen)] if person.chosen and person.chosen[0] in self.channels else []
        for tier in person.tiers:
            found += ways_of(tier, self.channels, None)
        return [way for way in found if self.connected[way.channel].reaches(way.recipient)]

    def _chosen(self, channel: str, sender: str) -> Way:
        return Way(channel, sender, self.channels[channel].rendering, OwnerLink(Link.Kind.CHAT.value, ""))

    def _handed_in(self, people: Sequence[Person]) -> dict[int, HandedIn]:
        """How far the readings of their accounts have come."""
        if self.period is None:
            return {}
        return handed_in_for(self.period, {account for one in people for account in one.accounts})

    def _found(
        self,
        person: Person,
        way: Way | None,
        had_ways: bool,  # noqa: FBT001 told apart by its name
        languages: Mapping[Sender, str],
        handed_in: Mapping[int, HandedIn],
    ) -> Found:
        known = languages.get(_sender(person.used)) if person.used else None
        there = all_there(person.accounts, handed_in)
        missing = not there and any(account in handed_in for account in person.accounts)
        if way:
            language = languages.get(way.sender) or known or self.language
            name, why = f"{way.channel}:{way.recipient}", ""
        else:
            language, name = known or self.language, person.name
            why = Why.SILENT if had_ways else Why.NO_ADDRESS if person.accounts else Why.UNKNOWN
        channel, recipient = (way.channel, way.recipient) if way else ("", "")
        accounts, choice = person.accounts, person.choice
        return Found(name, channel, recipient, language, person.used, str(why), accounts, there, missing, choice)


def _sender(used: str) -> Sender:
    channel, _, sender = used.partition(":")
    return channel, sender


# who used a channel ---------------------------------------------------------------------------------------------------


def who_used(code: str, senders: str, since: dt.datetime) -> Iterator[list[Person]]:
    """Whoever wrote in a channel since, or has a chat there that is linked, in batches; somebody may come twice.

    :param senders: what the channel's senders are called by: phone, email or chat.
    """
    for batch in _writers(code, since):
        yield people_of(code, senders, batch, since)
    for batch in _chats(code):
        yield people_of(code, senders, batch, since)


def _writers(code: str, since: dt.datetime) -> Iterator[list[str]]:
    last = ""
    while batch := [sender for (sender,) in fetch(_SENDERS, code, last, since, BATCH)]:
        yield batch
        last = batch[-1]


def _chats(code: str) -> Iterator[list[str]]:
    prefix = f"{code}:"
    last = prefix
    while batch := [address for (address,) in fetch(_CHATS, len(prefix), prefix, last, BATCH)]:
        yield [address.removeprefix(prefix) for address in batch]
        last = batch[-1]


def people_of(code: str, senders: str, batch: Sequence[str], since: dt.datetime) -> list[Person]:
    """Each sender with their accounts: those they are linked to, else those for which their messages brought readings.

    A phone that is linked to nothing is still this person's own: it is the first to be told.
    """
    addresses = {sender: sender_addresses(code, sender, by_phone=senders == "phone") for sender in batch}
    linked = linked_accounts([one for those in addresses.values() for one in those])
    accounts = {
        sender: list(dict.fromkeys(account for one in those for account in linked.get(one, ())))
        for sender, those in addresses.items()
    }
    brought = accounts_of_senders(code, [sender for sender in batch if not accounts[sender]], since)
    accounts |= {sender: found for sender, found in brought.items() if found}
    owners = owners_of_ids({account for those in accounts.values() for account in those})
    people = []
    for sender in batch:
        mine = {OwnerLink(kind, address) for kind, address in addresses[sender]}
        theirs = [owner for account in accounts[sender] for owner in owners.get(account, ())]
        own = [link for owner in theirs if mine.intersection(owner) for link in owner]
        bare = [link for link in mine if link.kind != Link.Kind.CHAT]
        others = [link for owner in theirs if not mine.intersection(owner) for link in owner]
        tiers = (_once([*own, *bare]), _once(others))
        name = f"{code}:{sender}"
        people.append(Person(name, name, tiers, tuple(accounts[sender])))
    return people


def _once(links: Iterable[OwnerLink]) -> tuple[OwnerLink, ...]:
    return tuple(dict.fromkeys(links))


# whose accounts are named ---------------------------------------------------------------------------------------------


def all_accounts() -> Iterator[list[int]]:
    last = 0
    while batch := [account for (account,) in fetch(_ACCOUNTS, last, BATCH)]:
        yield batch
        last = batch[-1]


def holders(accounts: Sequence[int]) -> list[Person]:
    """For each of these accounts who holds it; where the customer left no address, whoever may speak for it."""
    owners = owners_of_ids(accounts)
    return [Person(f"account:{account}", "", tuple(owners.get(account, ())), (account,)) for account in accounts]
