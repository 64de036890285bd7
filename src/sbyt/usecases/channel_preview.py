"""What a change of a channel would come to, before anybody decides it."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from django.db import transaction

from sbyt.core.settings import Settings
from sbyt.usecases.channels import Change, Changed, change_channel, example_answer, named_as


class Preview(NamedTuple):
    """The change, and what customers would read because of it: there, and in answers of other channels."""

    changed: Changed
    there: str
    elsewhere: str


def preview_change(change: Change, settings: Settings, now: dt.datetime, language: str) -> Preview:
    """Try a change, look at what customers would read, and take it back.

    :raises UnableToChangeChannel: if there is no such way, or it can't be so.
    """
    spoken = settings.model_copy(update={"language": language})
    with transaction.atomic():
        changed = change_channel(change, settings, now)
        at = takes_effect(changed, settings, now)
        preview = Preview(
            changed,
            example_answer(change.code, spoken, at),
            named_as(change.code, spoken, at),
        )
        transaction.set_rollback(True)
    return preview


def takes_effect(changed: Changed, settings: Settings, now: dt.datetime) -> dt.datetime:
    """Now, or noon of the later day from which on it holds."""
    if changed.since is None or changed.since <= now.astimezone(settings.zone).date():
        return now
    return dt.datetime.combine(changed.since, dt.time(12), settings.zone)
