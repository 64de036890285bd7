"""The short number that each answer carries, by which staff find it."""

from __future__ import annotations

#: Figures and capitals that nobody takes for one another when read aloud or written by hand.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def short_number(message: int) -> str:
    """The number of an inbound message, four or more characters: ``short_number(1)`` is ``2223``."""
    written = ""
    while message:
        message, place = divmod(message, len(_ALPHABET))
        written = _ALPHABET[place] + written
    return written.rjust(4, _ALPHABET[0])


def message_of(short: str) -> int | None:
    """The inbound message that a short number stands for, in either case; None if it is no such number."""
    message = 0
    for character in short.strip().upper():
        place = _ALPHABET.find(character)
        if place < 0:
            return None
        message = message * len(_ALPHABET) + place
    return message or None


#: What the number of a link begins with; no message's number holds this letter.
_LINK = "L"


def link_number(link: int) -> str:
    """The number of a link of a sender to an account, by which staff find what was said of it."""
    return _LINK + short_number(link)


def link_of(number: str) -> int | None:
    """The link that a number stands for; None if it is no such number."""
    written = number.strip().upper()
    return message_of(written.removeprefix(_LINK)) if written.startswith(_LINK) else None
