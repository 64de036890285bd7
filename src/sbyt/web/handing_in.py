"""What our pages share through which readings are handed in: what is taken, how it goes on, how the answer is shown."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from prometheus_client import Counter

from sbyt.core.settings import Company
from sbyt.messaging.inbox import Incoming
from sbyt.messaging.statuses import read_statuses
from sbyt.usecases.channels import channel_facts, example_answer
from sbyt.usecases.receive_message import Received, receive_messages
from sbyt.web.tokens import Token
from sbyt.web.words import LANGUAGES, words_of

LONGEST_TEXT = 2000
_LARGEST_BODY = 64 * 1024

sent_forms = Counter("sbyt_forms", "Forms that were sent on our pages, by what became of them.", ["result"])


def is_too_large(request: HttpRequest) -> bool:
    """Whether what was sent is more than any form of ours holds, so that nothing of it is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    return not length.isdigit() or int(length) > _LARGEST_BODY


def is_of_our_page(request: HttpRequest) -> bool:
    """Whether the form was not posted by somebody else's page, by what browsers say of that."""
    site = request.META.get("HTTP_SEC_FETCH_SITE")
    if site:
        return bool(site in ("same-origin", "none"))
    origin = request.META.get("HTTP_ORIGIN")
    return not origin or urlsplit(origin).netloc == request.META.get("HTTP_HOST")


def hand_in(token: Token, text: str, language: str, before: str) -> Received:
    """Through the one path of all channels. Who chose another language than before says so first, as in a chat."""
    now, code = settings.NOW(), settings.WEB_PAGE_CHANNEL
    said = [text]
    if language != before:
        said.insert(0, f"/{language}")
    incoming = [Incoming(code, token.sender, one, token.message_id(one), now) for one in said]
    return receive_messages(incoming, settings.SBYT, now)[-1]


def closed(language: str) -> str:
    """What people are told while our pages take no readings; empty while they do."""
    now = settings.NOW()
    code, today = settings.WEB_PAGE_CHANNEL, now.astimezone(settings.SBYT.zone).date()
    if channel_facts(code, read_statuses(settings.SBYT), today).takes_readings(today):
        return ""
    return example_answer(code, settings.SBYT.model_copy(update={"language": language}), now)


def is_asked(received: Received | None) -> bool:
    """Whether the answer asks something back."""
    if received is None or received.result is None:
        return False
    return bool(received.result["buttons"]) or received.result["outcome"] in ("confirm", "ask")


def is_taken(received: Received) -> bool:
    """Whether what was sent is there now, and need not be put right."""
    return received.result is not None and received.result["outcome"] in ("accepted", "duplicate")


def answer(token: Token, text: str, received: Received | None, language: str) -> dict[str, Any]:
    """What the template of an answer is given.

    What was sent keeps its token: sent again it is the same message. What is written next has one of its own.
    """
    known: dict[str, Any] = (received.result if received else None) or {}
    later = words_of(language)["later"]
    return {
        "sent_token": token.sealed(),
        "token": Token.fresh(token.sender).sealed() if received else token.sealed(),
        "sent": text,
        "reply": known.get("reply", ""),
        "buttons": known.get("buttons", []),
        "later": later.format(number=received.number) if received and not known else "",
    }


def around(language: str) -> dict[str, Any]:
    """What stands around each of these pages."""
    company: Company = settings.SBYT.company
    other = next(one for one in LANGUAGES if one != language)
    return {"words": words_of(language), "language": language, "other": other, "company": company}


def headers(style: str, script: str = "") -> dict[str, str]:
    """What a browser is told of a page that asks for nothing else; other headers are those of all pages.

    :param style: the only style that it may use; and ``script``, empty if there is none.
    """
    scripts = f"script-src '{_hash(script)}'; " if script else ""
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src '{_hash(style)}'; {scripts}img-src data:; form-action 'self'; "
            "base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Vary": "Cookie, Accept-Language",
    }


def _hash(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"
