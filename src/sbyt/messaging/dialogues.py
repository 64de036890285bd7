"""One conversation over all channels: what some senders wrote, what we answered, what we told them unasked."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sbyt.bulk.rows import fetch, moment
from sbyt.messaging.models import OutboundMessage
from sbyt.messaging.photos import Missing, missing_of, photos_of


class Party(NamedTuple):
    """Somebody as a channel names them, and between which moments what they write belongs here.

    ``until`` is None where it still does.
    """

    channel: str
    sender: str
    since: dt.datetime
    until: dt.datetime | None = None


#: No id of a table has more figures.
_LONGEST_ID = 19


class Place(NamedTuple):
    """Where an entry stands in a conversation: no two stand at the same."""

    at: dt.datetime
    ours: bool
    id: int

    def __str__(self) -> str:
        return f"{self.at.astimezone(dt.UTC).isoformat()}_{int(self.ours)}_{self.id}"

    @classmethod
    def parse(cls, written: str) -> Place:
        """What ``str`` gave.

        :raises ValueError: if it is nothing of the kind.
        :raises OverflowError: if it is no time that there is.
        """
        at, ours, id_ = written.split("_")
        if len(id_) > _LONGEST_ID:
            raise ValueError(written)
        return cls(dt.datetime.fromisoformat(at).astimezone(dt.UTC), ours == "1", int(id_))


class Answer(NamedTuple):
    """What we said, and what became of it."""

    id: int
    text: str
    at: dt.datetime
    state: str
    purpose: str
    written_by: str  # the member of staff whose words they are


class Entry(NamedTuple):
    """A message of theirs with our answers, or one of ours that answers nothing (``said`` is empty then).

    ``received_at`` is the provider's time of acceptance. ``result`` is what it came to, None until it is handled.
    """

    place: Place
    channel: str
    sender: str
    said: str
    received_at: dt.datetime
    result: dict[str, Any] | None
    answers: tuple[Answer, ...]
    photos: tuple[int, ...] = ()  # their ids
    missing: Missing = Missing()


_SAID = """
    SELECT id, channel, sender, text, received_at AT TIME ZONE 'UTC', stored_at AT TIME ZONE 'UTC', result
    FROM messaging_inboundmessage
"""
_BY = """
    WHERE channel = %s AND sender = %s AND stored_at >= %s AND stored_at < %s
        AND (stored_at < %s OR (stored_at = %s AND id < %s))
    ORDER BY stored_at DESC, id DESC LIMIT %s
"""
_THESE = "WHERE id = ANY(%s::bigint[]) AND (stored_at < %s OR (stored_at = %s AND id < %s))"
# The condition on the kind stands in the statement, so that the index of what answers nothing is used.
_TOLD = """
    SELECT id, channel, recipient, text, created_at AT TIME ZONE 'UTC', state, purpose, written_by
    FROM messaging_outboundmessage
    WHERE kind > 1 AND channel = %s AND recipient = %s AND created_at >= %s AND created_at < %s
        AND (created_at < %s OR (created_at = %s AND id < %s))
    ORDER BY created_at DESC, id DESC LIMIT %s
"""
_ANSWERS = """
    SELECT in_reply_to_id, kind, channel, recipient, id, text, created_at AT TIME ZONE 'UTC', state, purpose,
        written_by
    FROM messaging_outboundmessage WHERE in_reply_to_id = ANY(%s::bigint[]) ORDER BY id
"""

#: After this comes nothing.
NEWEST = Place(dt.datetime(9999, 1, 1, tzinfo=dt.UTC), ours=True, id=2**62)


def conversation(
    parties: Collection[Party], others: Collection[int], most: int, before: Place = NEWEST
) -> tuple[list[Entry], Place | None]:
    """The newest entries before a place, in order, and the place before which there are more; None if there are none.

    :param others: the ids of messages that belong here whoever wrote them.
    """
    found = {one.place: one for one in _newest(parties, others, most + 1, before)}
    newest = [found[place] for place in sorted(found, reverse=True)[: most + 1]]
    shown = newest[:most][::-1]
    answers = _answers([one for one in shown if not one.place.ours], {(one.channel, one.sender) for one in parties})
    theirs = [one.place.id for one in shown if not one.place.ours]
    photos, missing = photos_of(theirs), missing_of(theirs)
    entries = [
        one
        if one.place.ours
        else one._replace(
            answers=tuple(answers.get(one.place.id, ())),
            photos=tuple(photos.get(one.place.id, ())),
            missing=missing.get(one.place.id, Missing()),
        )
        for one in shown
    ]
    return entries, shown[0].place if len(newest) > most else None


def _newest(parties: Collection[Party], others: Collection[int], most: int, before: Place) -> list[Entry]:
    # Of two entries at the same moment, theirs stands before ours.
    theirs = before.at, before.at, before.id if not before.ours else 2**62
    ours = before.at, before.at, before.id if before.ours else 0
    found = [_said(row) for row in fetch(_SAID + _THESE, list(others), *theirs)] if others else []
    for channel, sender, since, until in parties:
        between = channel, sender, since, until or NEWEST.at
        found += [_said(row) for row in fetch(_SAID + _BY, *between, *theirs, most)]
        found += [_told(row) for row in fetch(_TOLD, *between, *ours, most)]
    return found


def _said(row: Sequence[Any]) -> Entry:
    id_, channel, sender, text, received_at, stored_at, result = row
    place = Place(moment(stored_at), ours=False, id=id_)
    return Entry(place, channel, sender, text, moment(received_at), _plain(result), ())


def _told(row: Sequence[Any]) -> Entry:
    id_, channel, recipient, text, at, *rest = row
    place = Place(moment(at), ours=True, id=id_)
    return Entry(place, channel, recipient, "", place.at, None, (Answer(id_, text, place.at, *rest),))


def _answers(said: Collection[Entry], parties: Collection[tuple[str, str]]) -> dict[int, list[Answer]]:
    """What we answered to each of these; what we told its sender later too, unless that is an entry of its own."""
    senders = {one.place.id: (one.channel, one.sender) for one in said}
    found: dict[int, list[Answer]] = {}
    for message, kind, channel, recipient, *answer in fetch(_ANSWERS, list(senders)) if senders else ():
        is_answer = kind == OutboundMessage.Kind.ANSWER
        if is_answer or ((channel, recipient) == senders[message] and (channel, recipient) not in parties):
            id_, text, at, *rest = answer
            found.setdefault(message, []).append(Answer(id_, text, moment(at), *rest))
    return found


def _plain(value: Any) -> Any:
    """JSON as either database gives it: as text, or read already."""
    return json.loads(value) if isinstance(value, str) else value
