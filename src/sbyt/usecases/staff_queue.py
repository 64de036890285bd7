"""What waits for a decision of staff: the oldest first, equal ones together."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Min, Q, QuerySet

from sbyt.accounts.models import Account
from sbyt.accounts.queries import meters_of
from sbyt.core.resources import ZONES, Resource
from sbyt.core.settings import Settings
from sbyt.readings.equality import what_is_equal
from sbyt.readings.models import StaffTask

#: No more open tasks than so many are counted.
COUNTED = 10_000


@dataclass(frozen=True)
class Offered:
    """The values of one meter that a task is about, in whole units, T1 first."""

    account: str
    serial: str
    values: tuple[int, ...]
    resource: Resource | None = None  # None where there is no such meter any more
    decimals: int = 0
    zones: tuple[str, ...] = ()


@dataclass(frozen=True)
class Waiting:
    """A task with what staff must see of it. ``equals``: how many more there are like it."""

    task: StaffTask
    offered: Sequence[Offered]
    equals: int = 0


@dataclass(frozen=True)
class Counts:
    """How many tasks wait, by reason; ``asked`` of them for the customer's answer. ``at_least``: there are more."""

    by_reason: Mapping[str, int]
    asked: int
    oldest: dt.datetime | None
    at_least: bool

    @property
    def waiting(self) -> int:
        return sum(self.by_reason.values())


def counts(settings: Settings, now: dt.datetime) -> Counts:
    """How much waits for staff; who was asked and may still answer is counted apart."""
    newest = StaffTask.objects.filter(closed_at=None).order_by("id").values_list("reason", "asked_at")[:COUNTED]
    since = _asked_since(settings, now)
    reasons = Counter(reason for reason, asked_at in newest if asked_at is None or asked_at < since)
    oldest = _ours(settings, now).aggregate(oldest=Min("created_at"))["oldest"] if reasons else None
    asked = len(newest) - reasons.total()
    return Counts(dict(reasons.most_common()), asked, oldest, len(newest) == COUNTED)


def queue(reason: str, settings: Settings, now: dt.datetime, most: int, page: int = 1) -> tuple[list[Waiting], bool]:
    """A page of what waits for staff, the oldest first, equal tasks as one; and whether there are more.

    :param reason: only those with this reason; with none, all.
    """
    tasks = _ours(settings, now)
    return _together(tasks.filter(reason=reason) if reason else tasks, most, page)


def asked_tasks(reason: str, settings: Settings, now: dt.datetime, most: int) -> list[Waiting]:
    """The first tasks whose customer was asked and may still answer; with a reason, of those."""
    asked = StaffTask.objects.filter(closed_at=None, asked_at__gte=_asked_since(settings, now))
    return _together(asked.filter(reason=reason) if reason else asked, most, 1)[0]


def waiting(task: StaffTask) -> Waiting:
    """One task, with what it offers."""
    return Waiting(task, _offered([task])[task.pk])


def next_task(after: int, reason: str, settings: Settings, now: dt.datetime) -> int | None:
    """The task to decide after this one, else the oldest of all; with a reason, of those."""
    tasks = _ours(settings, now)
    ids = (tasks.filter(reason=reason) if reason else tasks).order_by("pk").values_list("pk", flat=True)
    return ids.filter(pk__gt=after).first() or ids.exclude(pk=after).first()


def _ours(settings: Settings, now: dt.datetime) -> QuerySet[StaffTask]:
    """Those whose next step is staff's: nobody was asked, or did not answer while the question was open."""
    not_asked = Q(asked_at=None) | Q(asked_at__lt=_asked_since(settings, now))
    return StaffTask.objects.filter(not_asked, closed_at=None)


def _asked_since(settings: Settings, now: dt.datetime) -> dt.datetime:
    return now - dt.timedelta(hours=settings.dialogue.question_hours)


def _together(tasks: QuerySet[StaffTask], most: int, page: int) -> tuple[list[Waiting], bool]:
    """A page of equal tasks as one (``readings.equality``), each shown by its newest: it has the latest values.

    All are looked through, but only those of the page are loaded.
    """
    of_whom = "account_id", "message__channel", "message__sender"
    groups: dict[tuple[object, ...], list[int]] = {}
    for pk, reason, offered, *who in tasks.order_by("pk").values_list("pk", "reason", "offered", *of_whom)[:COUNTED]:
        equal = what_is_equal(pk, reason, offered) if who[-1] is not None else (pk,)
        groups.setdefault((*equal, *who), []).append(pk)
    shown = list(groups.values())[(page - 1) * most : page * most]
    newest = StaffTask.objects.select_related("message", "account__premises", "account__customer")
    found = newest.in_bulk([group[-1] for group in shown])
    values = _offered(found.values())
    rows = [Waiting(found[group[-1]], values[group[-1]], len(group) - 1) for group in shown if group[-1] in found]
    return rows, len(groups) > page * most


def _offered(tasks: Collection[StaffTask]) -> dict[int, list[Offered]]:
    numbers = {one["account"] for task in tasks for one in task.offered if one.get("account")}
    accounts = dict(Account.objects.filter(number__in=numbers).values_list("pk", "number")) if numbers else {}
    meters = {(accounts[meter.account], meter.serial): meter for meter in meters_of(list(accounts))}
    found: dict[int, list[Offered]] = {}
    for task in tasks:
        found[task.pk] = []
        for key, rows in itertools.groupby(task.offered, key=lambda one: (one.get("account", ""), one.get("serial"))):
            meter = meters.get(key)
            described = (Resource(meter.resource), meter.decimals, ZONES[: meter.zones]) if meter else ()
            values = tuple(int(row["units"]) for row in rows)
            found[task.pk].append(Offered(key[0], key[1] or "", values, *described))
    return found
