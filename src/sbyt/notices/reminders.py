"""Reminders: who wants them and when, and each day those that are due, made ready as a mass notice of that day."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from sbyt.accounts.models import Link
from sbyt.accounts.owners import OwnerLink
from sbyt.accounts.queries import sender_addresses
from sbyt.core.periods import Period
from sbyt.core.settings import Settings, Window
from sbyt.messaging.channel import Channel
from sbyt.messaging.silence import Sender
from sbyt.notices.models import Campaign, ReminderChoice
from sbyt.notices.people import BATCH, Person, Reach, all_accounts, holders, people_of
from sbyt.notices.preparing import find_addressees, loud
from sbyt.notices.texts import reminder_texts

#: For whom a sender handed in lately is theirs, where they are linked to nothing.
_LATELY = dt.timedelta(days=183)

State = Campaign.State


class UnableToChooseDay(ValueError):
    """Nobody is reminded on this day. The text says which days there are."""

    def __init__(self, window: Window) -> None:
        super().__init__(f"Напоминаем с {window.first_day} по {window.last_day} число. Выберите день из этих.")


# who wants to be reminded, and when -----------------------------------------------------------------------------------


def choose_reminder(channel: str, sender: str, day: int | None, window: Window, now: dt.datetime) -> bool:
    """Take down on which day of the month a sender wants to be reminded in that channel; None: not at all.

    It is the caller's transaction. The same again changes nothing.

    :returns: whether that is a change.

    :raises UnableToChooseDay: if readings are not asked for on this day.
    """
    row = ReminderChoice(channel=channel, sender=sender, day=day, chosen_by=f"{channel}:{sender}", chosen_at=now)
    return _choose(row, ReminderChoice.objects.filter(account=None, channel=channel, sender=sender), window, now)


def choose_for_account(
    account: int,
    day: int | None,
    by: str,
    window: Window,
    now: dt.datetime,
    *,
    channel: str = "",
    sender: str = "",
) -> bool:
    """Take down what a customer told staff: the day, and where; without a channel on the best address they have.

    :returns: whether that is a change.

    :raises UnableToChooseDay: if readings are not asked for on this day.
    """
    row = ReminderChoice(account_id=account, channel=channel, sender=sender, day=day, chosen_by=by, chosen_at=now)
    return _choose(row, ReminderChoice.objects.filter(account=account), window, now)


def _choose(row: ReminderChoice, theirs: QuerySet[ReminderChoice], window: Window, now: dt.datetime) -> bool:
    if row.day is not None and not window.first_day <= row.day <= window.last_day:
        raise UnableToChooseDay(window)
    with transaction.atomic():
        before = theirs.filter(ended_at=None).select_for_update().first()
        if before and (before.day, before.channel, before.sender) == (row.day, row.channel, row.sender):
            return False
        theirs.filter(ended_at=None).update(ended_at=now)
        ReminderChoice.objects.bulk_create([row], ignore_conflicts=True)  # of two at the same moment the first counts
    return True


class Choice(NamedTuple):
    """What somebody chose. ``day`` None: not to be reminded."""

    day: int | None
    channel: str
    sender: str
    at: dt.datetime
    by: str


def reminder_of(channel: str, sender: str) -> Choice | None:
    """What a sender chose in a channel; None: nothing."""
    return _chosen(ReminderChoice.objects.filter(account=None, channel=channel, sender=sender))


def reminder_of_account(account: int) -> Choice | None:
    """What staff took down for an account; None: nothing."""
    return _chosen(ReminderChoice.objects.filter(account=account))


def _chosen(theirs: QuerySet[ReminderChoice]) -> Choice | None:
    row = theirs.filter(ended_at=None).first()
    return Choice(row.day, row.channel, row.sender, row.chosen_at, row.chosen_by) if row else None


def choices_from(links: Collection[tuple[str, str]]) -> list[Choice]:
    """What was chosen from these addresses, each a kind and an address as links have them."""
    deciding = [OwnerLink(kind, address) for kind, address in links]
    senders = {_sender_of(link) for link in deciding}
    # Sorted here: asked for the order, SQLite reads all choices by another index.
    rows = ReminderChoice.objects.filter(sender__in=senders, account=None, ended_at=None)
    found = [
        Choice(row.day, row.channel, row.sender, row.chosen_at, row.chosen_by)
        for row in sorted(rows, key=lambda one: one.pk)
    ]
    return [one for one in found if any(_chose_it(link, one.channel, one.sender) for link in deciding)]


def _sender_of(link: OwnerLink) -> str:
    return link.address.partition(":")[2] if link.kind == Link.Kind.CHAT else link.address


def _chose_it(link: OwnerLink, channel: str, sender: str) -> bool:
    """Whether this address is that sender: a chat in its own channel, a phone or e-mail address in any."""
    return link.address == (f"{channel}:{sender}" if link.kind == Link.Kind.CHAT else sender)


# those of a day -------------------------------------------------------------------------------------------------------


def prepare_reminders(settings: Settings, connected: Mapping[str, Channel], now: dt.datetime) -> Campaign | None:
    """Make ready whom is to be reminded today, once a day whoever calls it, and let them go.

    This function will find who chose this day, or takes the day of the settings, and some of whose readings for this
    month are missing; nobody who was reminded this month. Each has an hour of their own among those that are not quiet.

    It must not be called within a transaction.

    :returns: the day's reminders, if they were made ready now; None if there are none, or they were before.

    :raises UnableToOpenDatabase: if the database can't be reached, or another bulk writer is busy for too long.
    """
    local = now.astimezone(settings.zone)
    days = _days_meant(local.date(), settings.window) if settings.reminders.on else None
    begin, end = _hours(local, settings)
    if days is None or now >= end or not _is_anybody_due(days, settings):
        return None
    period = Period.of(local.date())
    campaign, _ = Campaign.objects.get_or_create(
        key=f"reminders:{local.date()}",
        defaults={
            "kind": Campaign.Kind.REMINDER,
            "title": f"{local.date():%d.%m.%Y}",
            "texts": reminder_texts(period, settings.window.closes(local.date())),
            "period": int(period),
            "begins_at": begin,
            "until": end,
            "prepared_at": now,
        },
    )
    if campaign.state not in (State.PREPARING, State.PREPARED):
        return None
    if campaign.state == State.PREPARING:
        reach = Reach.of(settings, connected, now, period=period, answerable=True)
        find_addressees(campaign, _due(days, settings, now), reach, settings, only_missing=True)
    # Nobody approves each day's: whoever turned reminders on in the settings did.
    Campaign.objects.filter(id=campaign.pk, state=State.PREPARED).update(state=State.APPROVED)
    campaign.refresh_from_db()
    return campaign


def _days_meant(today: dt.date, window: Window) -> tuple[int, int] | None:
    """From which to which chosen day are meant today: those outside of the window are its first or last day."""
    last = window.closes(today).day
    if not window.first_day <= today.day <= last:
        return None
    return (1 if today.day == window.first_day else today.day, 31 if today.day == last else today.day)


def _hours(local: dt.datetime, settings: Settings) -> tuple[dt.datetime, dt.datetime]:
    """When the hours of this day begin and end that are not quiet."""
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    whole = midnight.astimezone(dt.UTC), (midnight + dt.timedelta(days=1)).astimezone(dt.UTC)
    pieces = list(loud(*whole, settings))
    return (pieces[0][0], pieces[-1][1]) if pieces else (whole[1], whole[1])


def _chose(days: tuple[int, int]) -> QuerySet[ReminderChoice]:
    return ReminderChoice.objects.filter(ended_at=None, day__gte=days[0], day__lte=days[1])


def _takes_the_default(days: tuple[int, int], settings: Settings) -> bool:
    default = settings.reminders.day
    return default is not None and days[0] <= default <= days[1]


def _is_anybody_due(days: tuple[int, int], settings: Settings) -> bool:
    return _takes_the_default(days, settings) or _chose(days).exists()


def _due(days: tuple[int, int], settings: Settings, now: dt.datetime) -> Iterator[Sequence[Person]]:
    """Who is to be reminded, in batches; somebody may come twice."""
    for code, channel in settings.channels.items():
        for batch in _in_batches(_chose(days).filter(account=None, channel=code)):
            choices = {one.sender: one.pk for one in batch}
            addresses = [_addresses(code, sender, settings) for sender in choices]
            people = people_of(code, channel.senders, list(choices), now - _LATELY)
            unlinked = _unlinked(addresses)
            # They chose for this address: at another somebody may have chosen otherwise.
            yield [
                replace(
                    person,
                    tiers=(),
                    accounts=tuple(one for one in person.accounts if one not in gone),
                    chosen=(code, sender),
                    choice=choices[sender],
                )
                for person, sender, gone in zip(people, choices, unlinked, strict=True)
            ]
    for batch in _in_batches(_chose(days).filter(account__isnull=False)):
        by_account = {one.account_id or 0: one for one in batch}
        yield [
            replace(person, chosen=_named(by_account[account], person, settings), choice=by_account[account].pk)
            for person, account in zip(holders(list(by_account)), by_account, strict=True)
        ]
    if _takes_the_default(days, settings):
        for accounts in all_accounts():
            yield _without_choice(accounts)


def _addresses(channel: str, sender: str, settings: Settings) -> set[OwnerLink]:
    """Under what a sender may be linked to accounts."""
    described = settings.channels.get(channel)
    by_phone = described is not None and described.senders == "phone"
    return {OwnerLink(kind, address) for kind, address in sender_addresses(channel, sender, by_phone=by_phone)}


def _named(choice: ReminderChoice, person: Person, settings: Settings) -> Sender | None:
    """Where staff took down that they are to be reminded, while that address may speak for the account."""
    theirs = {link for tier in person.tiers for link in tier}
    named = choice.channel and not theirs.isdisjoint(_addresses(choice.channel, choice.sender, settings))
    return (choice.channel, choice.sender) if named else None


def _unlinked(senders: Sequence[Collection[OwnerLink]]) -> list[set[int]]:
    """Of each of these senders, by their addresses, the accounts they were linked to and are no more."""
    opened: dict[OwnerLink, set[int]] = defaultdict(set)
    ended: dict[OwnerLink, set[int]] = defaultdict(set)
    links = Link.objects.filter(address__in={one.address for those in senders for one in those})
    for kind, address, account, ended_at in links.values_list("kind", "address", "account_id", "ended_at"):
        (ended if ended_at else opened)[OwnerLink(kind, address)].add(account)
    return [
        {account for one in those for account in ended[one]} - {account for one in those for account in opened[one]}
        for those in senders
    ]


def _in_batches(choices: QuerySet[ReminderChoice]) -> Iterator[list[ReminderChoice]]:
    last = 0
    while batch := list(choices.filter(id__gt=last).order_by("id")[:BATCH]):
        yield batch
        last = batch[-1].pk


def _without_choice(accounts: Sequence[int]) -> list[Person]:
    """Who holds these accounts and chose nothing, neither by staff nor from any of their own addresses.

    Of several people of one account each chooses for themselves.
    """
    chose = set(ReminderChoice.objects.filter(account__in=accounts, ended_at=None).values_list("account_id", flat=True))
    people = holders([account for account in accounts if account not in chose])
    links = {link for person in people for tier in person.tiers for link in tier}
    deciding = _deciding(links)
    left = [
        replace(person, tiers=tuple(tier for tier in person.tiers if deciding.isdisjoint(tier))) for person in people
    ]
    return [person for person in left if person.tiers]


def _deciding(links: Collection[OwnerLink]) -> frozenset[OwnerLink]:
    """Those of these addresses from which something was chosen."""
    senders = {_sender_of(link) for link in links}
    rows = ReminderChoice.objects.filter(sender__in=senders, account=None, ended_at=None)
    chosen = {f"{channel}:{sender}" for channel, sender in rows.values_list("channel", "sender")}
    by_sender = {one.partition(":")[2] for one in chosen}
    return frozenset(link for link in links if link.address in (chosen if link.kind == Link.Kind.CHAT else by_sender))
