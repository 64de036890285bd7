"""A row of the live board, in words."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from sbyt.core.units import from_units
from sbyt.messaging.talks import Answered, Said
from sbyt.readings.queries import Taken
from sbyt.usecases.simulator import Shown
from sbyt.web.simulator.words import WORDS

#: How a message's outcome looks: well, to be looked at, refused, or neither.
_LOOKS = {"accepted": "good", "duplicate": "good", "confirm": "ask", "ask": "ask", "refused": "bad", "closed": "bad"}
_SENT_LOOKS = {
    "delivered": "good",
    "waiting": "ask",
    "sending": "ask",
    "uncertain": "bad",
    "failed": "bad",
    "expired": "bad",
}


def row_of(shown: Shown, language: str) -> dict[str, Any]:
    """What the template of a row is given."""
    words, row = WORDS[language], shown.row
    said: dict[str, Any] = {"key": shown.key, "at": f"{shown.at.astimezone(settings.SBYT.zone):%H:%M:%S}"}
    match row:
        case Said():
            outcome = row.result["outcome"] if row.result else "handling"
            reason = words.get(f"why_{row.result['reason']}", "") if row.result else ""
            return said | {
                "kind": "said",
                "word": words["came"],
                "way": _title(row.channel),
                "who": row.sender,
                "text": row.text or words["photo"],
                "look": _LOOKS.get(outcome, ""),
                "verdict": words.get(outcome, outcome),
                "reason": reason if reason != words.get(outcome) else "",
            }
        case Taken():
            zone = words.get(f"{row.zone}_of_{row.zones}", row.zone)
            value = from_units(row.value, row.decimals, trim=True)
            return said | {
                "kind": "taken",
                "word": words["taken"],
                "way": _title(row.channel),
                "who": row.account,
                "text": " ".join(
                    filter(None, (words[row.resource], zone, value if language == "en" else value.replace(".", ",")))
                ),
                "look": "good",
                "verdict": words["ok"] if row.verdict == "ok" else words.get(f"of_{row.verdict}", row.verdict),
                "reason": "",
            }
        case Answered():
            return said | {
                "kind": "answered",
                "word": words["answered" if row.purpose == "answer" else "notice"],
                "way": _title(row.channel),
                "who": row.recipient,
                "text": row.text,
                "look": _SENT_LOOKS.get(row.state, ""),
                "verdict": words.get(row.state, row.state),
                "reason": "",
            }


def _title(code: str) -> str:
    described = settings.SBYT.channels.get(code)
    return described.title if described else code
