"""Reading what was said: with one sender, or by everybody just now."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any, NamedTuple

from sbyt.bulk.rows import fetch, moment


class Said(NamedTuple):
    """A message of a customer. ``result`` is what it came to, None until it is handled."""

    id: int
    channel: str
    sender: str
    text: str
    raw: str
    at: dt.datetime
    result: dict[str, Any] | None
    photos: int = 0

    @property
    def subject(self) -> str:
        """Of an e-mail; empty where there is none."""
        return str(self._parts.get("subject", ""))

    @property
    def typed(self) -> str:
        """What was typed, without the subject."""
        return str(self._parts["text"]) if self.subject else self.text

    @property
    def _parts(self) -> dict[str, Any]:
        try:
            parts = json.loads(self.raw)
        except ValueError:
            return {}
        return parts if isinstance(parts, dict) and "text" in parts else {}


class Answered(NamedTuple):
    """A message of ours, and what became of it. ``to`` is the customer's message that it answers."""

    id: int
    channel: str
    recipient: str
    text: str
    buttons: tuple[str, ...]
    at: dt.datetime
    state: str
    purpose: str
    to: int | None
    subject: str = ""
    document: str = ""


_SAID = "id, channel, sender, text, raw, received_at, result, photos"
_ANSWERED = "id, channel, recipient, text, buttons, created_at, state, purpose, in_reply_to_id, subject, document"
_SAID_BY = f"""
    SELECT {_SAID} FROM messaging_inboundmessage WHERE channel = %s AND sender = %s ORDER BY id DESC LIMIT %s
"""  # noqa: S608 names of our own columns
# No index finds what one person was told, so it is looked for among the newest.
_TOLD_TO = f"""
    SELECT {_ANSWERED} FROM messaging_outboundmessage
    WHERE id > (SELECT max(id) FROM messaging_outboundmessage) - %s AND channel = %s AND recipient = %s
    ORDER BY id DESC LIMIT %s
"""  # noqa: S608
_ANSWERS = f"""
    SELECT {_ANSWERED} FROM messaging_outboundmessage
    WHERE in_reply_to_id = ANY(%s::bigint[]) AND channel = %s AND recipient = %s
"""  # noqa: S608
_NEWEST_SAID = f"SELECT {_SAID} FROM messaging_inboundmessage ORDER BY id DESC LIMIT %s"  # noqa: S608
_NEWEST_ANSWERED = f"SELECT {_ANSWERED} FROM messaging_outboundmessage ORDER BY id DESC LIMIT %s"  # noqa: S608

#: Among so many of the newest messages are looked for those to one person that answer nothing.
_LOOKED_THROUGH = 2_000


def talk(channel: str, sender: str, most: int) -> tuple[list[Said], list[Answered]]:
    """The newest messages between one sender in one channel and us, each kind in order."""
    said = [_said(row) for row in fetch(_SAID_BY, channel, sender, most)]
    told = [_answered(row) for row in fetch(_TOLD_TO, _LOOKED_THROUGH, channel, sender, most)]
    told += [_answered(row) for row in fetch(_ANSWERS, [one.id for one in said], channel, sender)]
    answered = sorted({one.id: one for one in told}.values())
    return said[::-1], answered[-most:]


def newest_said(most: int) -> list[Said]:
    """The newest messages of all customers, the newest first."""
    return [_said(row) for row in fetch(_NEWEST_SAID, most)]


def newest_answered(most: int) -> list[Answered]:
    """Our newest messages, the newest first."""
    return [_answered(row) for row in fetch(_NEWEST_ANSWERED, most)]


def _said(row: tuple[Any, ...]) -> Said:
    id_, channel, sender, text, raw, at, result, photos = row
    return Said(id_, channel, sender, text, raw, moment(at), _plain(result), photos)


def _answered(row: tuple[Any, ...]) -> Answered:
    id_, channel, recipient, text, buttons, at, *rest = row
    return Answered(id_, channel, recipient, text, tuple(_plain(buttons) or ()), moment(at), *rest)


def _plain(value: Any) -> Any:
    """JSON as either database gives it: as text, or read already."""
    return json.loads(value) if isinstance(value, str) else value
