"""How accounts, serials and senders are recognised when a person writes them in a form of their own."""

from __future__ import annotations

import re

import phonenumbers

#: Letters that look alike in both alphabets, Cyrillic to Latin: a serial «АВ 12» may be typed in either.
_LOOK_ALIKE = str.maketrans("АВЕЗКМНОРСТУХЁІ", "ABE3KMHOPCTYXEI")
#: Already in its international form: nothing that phonenumbers could change. Most senders are called so.
_INTERNATIONAL = re.compile(r"\+7[0-9]{10}")
#: A sender that is a phone. Names hold figures too, and phonenumbers finds a phone in them.
_PHONE_AS_SENDER = re.compile(r"\+?[0-9][0-9 ()-]*")
_NOT_ALNUM = re.compile(r"[\W_]+")


def account_key(number: str) -> str:
    """What an account's number is looked up by: letters and figures only, without leading zeros."""
    return _NOT_ALNUM.sub("", number).upper().lstrip("0") or "0"


def serial_key(serial: str) -> str:
    """What a meter's serial is compared by: letters and figures only, upper case, look-alike letters as Latin."""
    return _NOT_ALNUM.sub("", serial.upper()).translate(_LOOK_ALIKE)


def phone_number(text: str, region: str = "RU") -> str | None:
    """The phone in its international form, ``+79120000101``, or None if the text is no phone number."""
    if _INTERNATIONAL.fullmatch(text):
        return text
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def phone_of_sender(sender: str) -> str | None:
    """The phone that a sender is, in its international form; None for a name, whatever figures are in it."""
    return phone_number(sender) if _PHONE_AS_SENDER.fullmatch(sender) else None


def email_address(text: str) -> str | None:
    """The e-mail address in lower case, or None if the text is none."""
    folded = text.strip().casefold()
    local, at, domain = folded.partition("@")
    return folded if at and local and "." in domain and not any(map(str.isspace, folded)) else None
