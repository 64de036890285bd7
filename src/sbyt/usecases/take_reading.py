"""Takes a customer's reading on the word of staff: one that was doubted, or one that they were told."""

from __future__ import annotations

import datetime as dt
import enum
from typing import NamedTuple

from django.db import transaction

from sbyt.accounts.locks import hold_accounts
from sbyt.accounts.models import Account
from sbyt.accounts.queries import FoundMeter, accounts_with_ids, linked_accounts, meters_of, sender_addresses
from sbyt.conversation.answer import Answer
from sbyt.conversation.assignments import Assigned, Moment, is_known
from sbyt.conversation.facts import ChannelFacts, Facts, MeterFacts
from sbyt.conversation.state import Reply, State
from sbyt.core.resources import ZONES
from sbyt.core.settings import Settings
from sbyt.messaging.models import InboundMessage
from sbyt.messaging.statuses import read_statuses
from sbyt.metering.checks import Code, judge
from sbyt.readings.operations import NewReading, add_readings
from sbyt.readings.queries import handed_in
from sbyt.usecases.channels import channel_facts
from sbyt.usecases.receive_message.facts import account_facts, facts_of

#: The channel of what staff took down themselves.
OFFICE = "office"
_OK = "ok"


class Why(enum.StrEnum):
    """Why a value can't be taken on anybody's word: the bill could not be made of it."""

    NO_METER = "no_meter"
    MISSING = "missing"  # a value for each register is needed
    TOO_LONG = "too_long"  # the dial has not so many figures
    REMOVED = "removed"
    INSPECTED = "inspected"  # the month holds an inspector's reading, which stays
    REPLACED = "replaced"  # the customer sent another value later, which counts
    KNOWN = "known"  # the very values count already
    LOWER = "lower"  # below the value before, and no rollover
    HIGHER = "higher"  # above a later value that counts
    NO_ROLLOVER = "no_rollover"  # said to have gone through zero, and is not below the value before


_SAID = {
    Why.NO_METER: "Такого счётчика на этом счёте нет.",
    Why.MISSING: "Нужно показание каждой шкалы счётчика.",
    Why.TOO_LONG: "Столько цифр на этом счётчике не помещается.",
    Why.REMOVED: "Счётчик снят, показания по нему больше не принимаются.",
    Why.INSPECTED: "За этот месяц показание снял контролёр, оно и войдёт в счёт.",
    Why.REPLACED: "Позже клиент прислал за этот месяц другое показание, оно и войдёт в счёт.",
    Why.KNOWN: "Эти показания уже учтены.",
    Why.LOWER: "Меньше прошлого: так счёт не посчитать. Если прошлое неверно, сначала отмените его.",
    Why.HIGHER: "Больше более позднего показания, которое учтено. Если то неверно, сначала отмените его.",
    Why.NO_ROLLOVER: "Через ноль счётчик не прошёл: показание не меньше прошлого.",
}


class UnableToTake(ValueError):
    """A reading can't be taken; ``why`` says it as a code."""

    def __init__(self, why: Why) -> None:
        super().__init__(_SAID[why])
        self.why = why


class Given(NamedTuple):
    """The values of one meter as staff name them, in whole units, T1 first.

    ``rollover``: the dial went through zero since the value before.
    """

    account: str
    serial: str
    values: tuple[int, ...]
    rollover: bool = False


class TakenByStaff(NamedTuple):
    """What came of it: the turn as the dialogue would have it, and what it rests on."""

    reply: Reply
    facts: Facts


def take_reading(
    given: Given,
    settings: Settings,
    now: dt.datetime,
    *,
    message: InboundMessage | None = None,
    first_at: dt.datetime | None = None,
) -> TakenByStaff:
    """Store the readings of a meter, in a transaction of the caller's.

    What counts is when the customer handed it in (billing rule 1): the time of the message, else now.

    :param first_at: when the values first arrived, where that was before the message.

    :raises UnableToTake: if the bill could not be made of these values; doubts are staff's to decide.
    """
    account = Account.objects.filter(number=given.account).first()
    meters = meters_of([account.pk]) if account else []
    at = (first_at or (message.received_at if message else now)).astimezone(settings.zone)
    found = next((one for one in meters if one.serial == given.serial), None)
    if account is None or found is None:
        raise UnableToTake(Why.NO_METER)
    hold_accounts([account.pk])
    facts = _facts(account, meters, message, settings, at)
    known = facts.accounts[0]
    meter = next(one for one in known.meters if one.serial == given.serial)
    moment = Moment(at, facts.period(at))
    _check(meter, given, moment, settings)
    rolled = _rolled(meter, given, moment, settings)
    answer = Answer(State(settings.language), facts, now.astimezone(settings.zone))
    verdict = doubt(meter, given.values, moment, settings) or _OK
    answer.take(known, meter, given.values, rolled, moment, verdict)
    reply = answer.reply()
    channel, number = (message.channel, message.pk) if message else (OFFICE, None)
    rows = [
        NewReading(register, moment.period, value, went, at.date(), at, channel, verdict, number)
        for register, value, went in zip(found.registers, given.values, rolled, strict=True)
    ]
    add_readings(rows, now)
    return TakenByStaff(reply, facts)


def take_in_office(given: Given, settings: Settings, now: dt.datetime) -> TakenByStaff:
    """Store what a customer told staff, by telephone or at the desk.

    :raises UnableToTake: if the bill could not be made of these values.
    """
    with transaction.atomic():
        return take_reading(given, settings, now)


def doubt(meter: MeterFacts, values: tuple[int, ...], moment: Moment, settings: Settings) -> Code | None:
    """What the checks say of these values: the worst of the registers; None if they are plausible."""
    history = meter.history(moment.period, settings.estimates)
    day = moment.at.date()
    codes = [
        judge(value, at, meter.dial, history, period=moment.period, taken_on=day, checks=settings.checks)
        for at, value in enumerate(values)
    ]
    order = list(Code)
    return min(filter(None, codes), key=order.index, default=None)


def _facts(
    account: Account, meters: list[FoundMeter], message: InboundMessage | None, settings: Settings, at: dt.datetime
) -> Facts:
    zones = {register: zone for one in meters for register, zone in zip(one.registers, ZONES, strict=False)}
    return facts_of(
        (account_facts(account.number, meters, handed_in(zones, settings.zone), None),),
        linked=linked_to(message, settings) if message else (),
        own=(),
        account_lengths=frozenset(),
        longest_dial=9,
        channel=channel_facts(message.channel, read_statuses(settings), at.date()) if message else ChannelFacts(),
        settings=settings,
    )


def linked_to(message: InboundMessage, settings: Settings) -> tuple[str, ...]:
    """The numbers of the accounts for which the sender of a message may speak."""
    channel = settings.channels.get(message.channel)
    by_phone = channel is not None and channel.senders == "phone"
    links = linked_accounts(sender_addresses(message.channel, message.sender, by_phone=by_phone))
    ids = {account for accounts in links.values() for account in accounts}
    return tuple(one.number for one in accounts_with_ids(ids))


def _check(meter: MeterFacts, given: Given, moment: Moment, settings: Settings) -> None:
    values = given.values
    if len(values) != meter.zones:
        raise UnableToTake(Why.MISSING)
    if any(value >= meter.dial.full for value in values):
        raise UnableToTake(Why.TOO_LONG)
    if meter.removed:
        raise UnableToTake(Why.REMOVED)
    if moment.period in meter.inspected:
        raise UnableToTake(Why.INSPECTED)
    if is_known(Assigned(meter, values), moment):
        raise UnableToTake(Why.KNOWN)
    if any(row.period == moment.period and row.order[0] > moment.at for row in meter.handed):
        raise UnableToTake(Why.REPLACED)
    drops = any(_drops(meter, given, moment, settings))
    if drops and not given.rollover:
        raise UnableToTake(Why.LOWER)
    if given.rollover and not drops:
        raise UnableToTake(Why.NO_ROLLOVER)
    later = next((one for one in meter.counted if one.period > moment.period), None)
    if later and any(
        value > after and not went for value, after, went in zip(values, later.values, later.rolled, strict=True)
    ):
        raise UnableToTake(Why.HIGHER)


def _drops(meter: MeterFacts, given: Given, moment: Moment, settings: Settings) -> list[bool]:
    """For each register whether its value is below the last that counts of an earlier month."""
    last = meter.history(moment.period, settings.estimates).last
    before = last.values if last else (0,) * meter.zones
    return [value < earlier for value, earlier in zip(given.values, before, strict=True)]


def _rolled(meter: MeterFacts, given: Given, moment: Moment, settings: Settings) -> tuple[bool, ...]:
    return tuple(given.rollover and drops for drops in _drops(meter, given, moment, settings))
