"""One-time tokens of our own pages, and the cookies by which a browser is the same sender again."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from django.core import signing

from sbyt.messaging.channel import OWN_PAGE

_SALT = "sbyt.web.form"


@dataclass(frozen=True, slots=True)
class Talk:
    """Who talks to us from a browser, and in which language we answered last."""

    sender: str
    language: str

    def sealed(self) -> str:
        """The value of the cookie: nobody can name a sender but who has been given one."""
        return signing.dumps([self.sender, self.language], salt=f"{_SALT}.cookie")


@dataclass(frozen=True, slots=True)
class Visit:
    """Who opened a bill from a browser, by which bill's token, and in which language we answered last."""

    sender: str
    bill: str
    language: str

    def sealed(self) -> str:
        return signing.dumps([self.sender, self.bill, self.language], salt=f"{_SALT}.visit")


@dataclass(frozen=True, slots=True)
class Token:
    """What one rendering of a form carries: whose it is, and the name of what is sent by it."""

    sender: str
    name: str

    @classmethod
    def fresh(cls, sender: str) -> Token:
        return cls(sender, secrets.token_urlsafe(12))

    def sealed(self) -> str:
        return signing.dumps([self.sender, self.name], salt=f"{_SALT}.token")

    def message_id(self, text: str) -> str:
        """The same text sent twice is one message; a text that was put right after going back is another."""
        return f"{OWN_PAGE}{self.name}:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:16]}"


def new_talk(language: str) -> Talk:
    """Somebody whom we haven't seen: a name that can't be guessed."""
    return Talk(f"{OWN_PAGE}{secrets.token_urlsafe(16)}", language)


def talk_of(cookie: str) -> Talk | None:
    """Whose cookie it is; None where it isn't one of ours."""
    found = _opened(cookie, "cookie")
    return Talk(*found) if found else None


def token_of(sealed: str) -> Token | None:
    """The token of a form; None where it isn't one of ours."""
    found = _opened(sealed, "token")
    return Token(*found) if found else None


def visit_of(cookie: str, most: dt.timedelta) -> Visit | None:
    """The visit that a cookie tells of; None where it isn't one of ours, or older than that."""
    found = _opened(cookie, "visit", 3, most)
    return Visit(*found) if found else None


def _opened(sealed: str, kind: str, parts: int = 2, most: dt.timedelta | None = None) -> list[str] | None:
    try:
        found: Any = signing.loads(sealed, salt=f"{_SALT}.{kind}", max_age=most)
    except signing.BadSignature:
        return None
    whole = isinstance(found, list) and len(found) == parts and all(isinstance(one, str) for one in found)
    return found if whole else None
