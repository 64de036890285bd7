"""What a provider said, without what the delivery log must not hold."""

from __future__ import annotations

import re

#: Longer than this nobody reads in a log.
_LONGEST = 300

_EMAIL = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+")
#: Five and more, however grouped: phones, accounts, chats, codes of bills.
_FIGURES = re.compile(r"\d(?:[\s().\-‐‑‒–—−]{0,3}\d){4,}")
_KEY = re.compile(r"(?=[\w\-]*\d)(?=[\w\-]*[A-Za-z])[\w\-]{16,}")  # letters and figures of no word: keys, tokens
#: The token of a bill (accounts.tokens), one without a figure too; not the name of an error, which is as long.
_TOKEN = re.compile(r"(?<![\w-])(?!(?:[A-Z][a-z]+)+(?![\w-]))(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[A-Za-z0-9_-]{22}(?![\w-])")
_SECRET = re.compile(r"(?i)\b(bearer|basic)\s+\S+|\b(\w*(?:token|key|passw\w*|secret|signature))[\"']?\s*[=:]\s*\S+")

HIDDEN = "…"


def masked(said: str, *texts: str) -> str:
    """Without e-mail addresses, groups of five figures and more, keys, and the texts given; 300 characters at most.

    :param texts: what must not come back out of a provider's answer: what was sent, and to whom.
    """
    for text in texts:
        if text.strip():
            said = said.replace(text.strip(), HIDDEN)
    said = _SECRET.sub(lambda found: f"{found[1] or found[2]}={HIDDEN}", said)
    for pattern in (_EMAIL, _TOKEN, _KEY, _FIGURES):
        said = pattern.sub(HIDDEN, said)
    said = " ".join(said.replace("\x00", "").encode("utf-8", "replace").decode("utf-8").split())
    return said if len(said) <= _LONGEST else f"{said[: _LONGEST - 1]}{HIDDEN}"


def masked_recipient(recipient: str) -> str:
    """Enough of an address to tell two apart on a screen, too little to write to: ``+79…01``, ``an…rg``."""
    return f"{recipient[:3]}{HIDDEN}{recipient[-2:]}" if len(recipient) > 7 else f"{recipient[:1]}{HIDDEN}"
