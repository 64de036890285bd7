"""Releases bills that a run held because they look wrong: a person looked at them and found them right.

A wrong bill is not released: its reading is taken back or an inspector's value is entered, and the next bill corrects.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction

from sbyt.billing.models import Hold
from sbyt.core.periods import Period

#: So many characters has a note.
LONGEST_NOTE = 300


class UnableToRelease(ValueError):
    """No bill was released. The text says why; ``reason`` is the same as a code.

    none (no account was named), gone (one named has no held bill for that month), released (``by`` and ``at`` tell who
    was first and when).
    """

    def __init__(self, said: str, reason: str, hold: Hold | None = None) -> None:
        super().__init__(said)
        self.reason = reason
        self.by = hold.released_by if hold else ""
        self.at = hold.released_at if hold else None


@dataclass(frozen=True)
class Released:
    """What came of it: the holds released now, and those that somebody else had released before."""

    now: Sequence[Hold]
    before: Sequence[Hold]


def release_holds(period: Period, accounts: Collection[int], note: str, by: str, now: dt.datetime) -> Released:
    """Let these accounts' bills for the period be sent. What was released before keeps the name of who did it.

    :param accounts: their ids.
    :param note: what whoever looked found; may be empty.

    :raises UnableToRelease: if none is named, one of them has no held bill, or all were released before.
    """
    wanted = set(accounts)
    if not wanted:
        raise UnableToRelease("Назовите хотя бы один счёт.", "none")
    with transaction.atomic():
        # In the order of the ids, so that two who release some of the same don't wait for each other.
        rows = Hold.objects.select_for_update(of=("self",)).filter(period=period, account__in=wanted)
        holds = list(rows.select_related("account").order_by("id"))
        if len(holds) < len(wanted):
            raise UnableToRelease("Этот счёт не придержан.", "gone")
        waiting = [hold for hold in holds if hold.released_at is None]
        before = [hold for hold in holds if hold.released_at is not None]
        if not waiting:
            raise UnableToRelease(f"Уже проверено: {before[0].released_by}.", "released", before[0])
        found = _storable(note)
        for hold in waiting:
            hold.released_at, hold.released_by, hold.note = now, by, found
        Hold.objects.bulk_update(waiting, ["released_at", "released_by", "note"], batch_size=500)
        return Released(waiting, before)


def _storable(note: str) -> str:
    """On one line, as a database can hold it."""
    return " ".join(note.replace("\x00", "").split())[:LONGEST_NOTE]
