"""Makes a mass notice ready: its words, and its addressees in bulk, each person once, in one transaction."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa

from sbyt.bulk import Bulk, transaction
from sbyt.core.settings import Settings
from sbyt.notices.models import Campaign
from sbyt.notices.people import Found, Person, Reach

_FOUND = pa.schema(
    [
        ("place", pa.int64()),
        ("person", pa.string()),
        ("channel", pa.string()),
        ("recipient", pa.string()),
        ("language", pa.string()),
        ("used", pa.string()),
        ("why", pa.string()),
        ("complete", pa.int64()),
        ("choice", pa.int64()),
        ("due_at", pa.timestamp("us", "UTC")),
    ]
)
_ACCOUNTS = pa.schema([("person", pa.string()), ("account", pa.int64())])

_NOT_REMINDED = """
    AND NOT EXISTS (
        SELECT 1 FROM notices_campaign c JOIN notices_addressee a ON a.campaign_id = c.id AND a.person = f.person
        WHERE c.kind = 'reminder' AND c.period = {period} AND c.id <> {campaign} AND a.state IN ('waiting', 'written')
    )
"""
#: Of two workers that prepare the same one finds it prepared when its turn to write has come, and adds nothing.
_ADDRESSEES = """
    INSERT INTO notices_addressee
        (campaign_id, person, channel, recipient, language, used, due_at, state, why, choice_id)
    SELECT {campaign}, person, min(channel), min(recipient), min(language), min(used), min(due_at),
        CASE WHEN min(recipient) = '' THEN 'unreachable' ELSE 'waiting' END, min(why), min(choice)
    FROM found f WHERE EXISTS (SELECT 1 FROM notices_campaign WHERE id = {campaign} AND state = 'preparing') {once}
    GROUP BY person ORDER BY min(place)
"""
_CONCERNED = """
    INSERT INTO notices_concerned (addressee_id, account_id)
    SELECT DISTINCT a.id, f.account FROM found_account f
    JOIN notices_addressee a ON a.campaign_id = {campaign} AND a.person = f.person
    WHERE EXISTS (SELECT 1 FROM notices_campaign WHERE id = {campaign} AND state = 'preparing')
"""
_ALREADY_THERE = """
    UPDATE notices_campaign SET state = 'prepared', already_there = (
        SELECT count(*) FROM (
            SELECT person FROM found GROUP BY person HAVING min(complete) = 1 AND min(recipient) <> ''
        ) AS complete
    ) WHERE id = {campaign} AND state = 'preparing'
"""


def find_addressees(
    campaign: Campaign, batches: Iterable[Sequence[Person]], reach: Reach, settings: Settings, *, only_missing: bool
) -> None:
    """Look up where everybody is told and write it down; the notice is prepared then.

    It must not be called within a transaction. Where it fails, the notice stays unprepared, without addressees.

    :param only_missing: only those who can be told, some of whose readings are missing, and who were not reminded of
        this period before.

    :raises UnableToOpenDatabase: if the database can't be reached, or another bulk writer is busy for too long.
    """
    tables, accounts = [], []
    place = 0
    for batch in batches:
        found = [one for one in reach.find(batch) if not only_missing or (one.missing and one.recipient)]
        due = _due(campaign, found, settings)
        tables.append(_table(found, due, place))
        accounts.append(
            pa.table(
                [
                    pa.array([one.person for one in found for _ in one.accounts], pa.string()),
                    pa.array([account for one in found for account in one.accounts], pa.int64()),
                ],
                schema=_ACCOUNTS,
            )
        )
        place += len(found)
    with transaction() as bulk:
        bulk.scratch("found", pa.concat_tables([_FOUND.empty_table(), *tables]))
        bulk.scratch("found_account", pa.concat_tables([_ACCOUNTS.empty_table(), *accounts]))
        _write(bulk, campaign, only_missing=only_missing)


def _write(bulk: Bulk, campaign: Campaign, *, only_missing: bool) -> None:
    names = {"campaign": int(campaign.pk), "period": int(campaign.period or 0)}
    once = _NOT_REMINDED.format(**names) if only_missing else ""
    bulk.execute(_ADDRESSEES.format(**names, once=once))
    bulk.execute(_CONCERNED.format(**names))
    bulk.execute(_ALREADY_THERE.format(**names))


def _table(found: Sequence[Found], due: Sequence[dt.datetime], place: int) -> pa.Table:
    columns = [
        range(place, place + len(found)),
        [one.person for one in found],
        [one.channel for one in found],
        [one.recipient for one in found],
        [one.language for one in found],
        [one.used for one in found],
        [one.why for one in found],
        [int(one.there) for one in found],
        [one.choice for one in found],
        due,
    ]
    return pa.table([pa.array(column, kind) for column, kind in zip(columns, _FOUND.types, strict=True)], schema=_FOUND)


def _due(campaign: Campaign, found: Sequence[Found], settings: Settings) -> list[dt.datetime]:
    """When each is told at the earliest: reminders over the day, each person at an hour of their own."""
    if campaign.kind != Campaign.Kind.REMINDER:
        return [campaign.begins_at] * len(found)
    hours = list(loud(campaign.begins_at, campaign.until, settings))
    whole = sum((end - begin for begin, end in hours), dt.timedelta(0)) // dt.timedelta(seconds=1)
    return [_at(zlib.crc32(one.person.encode()) % max(whole, 1), hours, campaign.begins_at) for one in found]


def _at(second: int, hours: Sequence[tuple[dt.datetime, dt.datetime]], otherwise: dt.datetime) -> dt.datetime:
    """The moment of this second of the hours that are not quiet."""
    left = dt.timedelta(seconds=second)
    for begin, end in hours:
        if left < end - begin:
            return begin + left
        left -= end - begin
    return otherwise


def loud(begin: dt.datetime, end: dt.datetime, settings: Settings) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """The pieces of a time that are not quiet."""
    at = begin
    while at < end:
        local = at.astimezone(settings.zone)
        following = (local.replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)).astimezone(dt.UTC)
        until = min(end, following if following > at else at + dt.timedelta(hours=1))
        if not settings.quiet.holds(local):
            yield at, until
        at = until
