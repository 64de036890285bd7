"""Recognises what a bill carries to prove whose it is: its code among words, its token in a link or alone.

One search through a text, and nothing more where it finds nothing: nearly no message holds any of it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from sbyt.conversation.folding import LONGEST_MESSAGE, unquoted

_LETTER = r"[^\W\d_]"
#: Spaces of all kinds, dashes, what can't be seen; never a new line: what stands there is another number.
_GAP = r"(?:[^\S\n\r]|[.\-‐‑‒–—−\u00ad\u200b\u2060]){1,3}"
#: In groups of one length: «код 1234 20000445» is some other code, and an account.
_FIGURES = "|".join(
    (
        r"\d{12}",
        rf"\d{{4}}(?:{_GAP}\d{{4}}){{2}}",  # 4821-7730-9614
        rf"\d{{3}}(?:{_GAP}\d{{3}}){{3}}",
        rf"\d{{2}}(?:{_GAP}\d{{2}}){{5}}",
        rf"\d(?:{_GAP}\d){{11}}",
    )
)
_LONG_WORD = r"[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])"
_FOUND = re.compile(
    # «код 4821-7730-9614», «Код с квитанции: …», letters of either alphabet. «Штрихкод» and «код плательщика» name
    # another number, and so do figures that no such word stands before.
    rf"(?<!{_LETTER})(?<!штрих[\s-])(?:[кk][оo0][дd](?:[аa]|[уy]|[оo][мm])?|[cс][оo0][дd][eе])(?!{_LETTER})"
    r"(?:\s{1,3}(?:(?:с|со|из|на|от)\s{1,3})?(?:квитанци|сч[её]т)[а-я]{1,3})?[\s:=№#«\"'-]{0,4}"
    rf"(?P<code>{_FIGURES})(?!\d|-\d)"
    # https://example.org/b/TOKEN, https://messenger.example/bot?start=TOKEN
    rf"|(?:/b/|[?&]start=)(?P<address>{_LONG_WORD})"
    # what a messenger sends for such a link, and a token alone
    rf"|\A\s*/start(?:@\w{{1,64}})?\s{{1,3}}(?P<started>{_LONG_WORD})\s*\Z|\A\s*(?P<alone>{_LONG_WORD})\s*\Z",
    re.IGNORECASE,
)


class BillCode(NamedTuple):
    """What was found, either a ``code`` of 12 figures or a ``token``, and the ``rest`` of the text.

    ``alone``: nothing but its form says that it is a token; a serial may be as long.
    """

    code: str
    token: str
    rest: str
    alone: bool = False


def find_bill_code(text: str) -> BillCode | None:
    """The first code or token in a text, but for what is only quoted in it. Never raises, whatever the text."""
    match = _FOUND.search(text) if len(text) <= LONGEST_MESSAGE else None
    if match and (">" in text or "\n" in text):
        text = unquoted(text)
        match = _FOUND.search(text)
    if not match:
        return None
    if match["code"]:
        figures = "".join(str(unicodedata.decimal(one)) for one in match["code"] if one.isdecimal())
        return BillCode(figures, "", _without(text, match.start(), match.end()))
    if match["address"]:
        # The address goes as a whole, up to the next space on either side.
        start = max(text.rfind(space, 0, match.start()) for space in " \n\t") + 1
        behind = re.compile(r"\S*").match(text, match.end())
        return BillCode("", match["address"], _without(text, start, behind.end() if behind else match.end()))
    return BillCode("", match["started"] or match["alone"], "", alone=bool(match["alone"]))


def _without(text: str, start: int, end: int) -> str:
    """What is left; no number joins another across the gap."""
    return "\n".join(filter(None, (text[:start].strip(), text[end:].strip())))
