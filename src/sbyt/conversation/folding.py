"""From what arrived to plain lower-case text: Unicode folded, quoted mail and greetings gone, the signature marked."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

#: More than this is no message to a meter desk; it goes to staff unread by the machine.
LONGEST_MESSAGE = 5_000


class _Folding(dict[int, str]):
    """What each character becomes; worked out once a character, on first sight."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str:
    if character in "\n\u2028\u2029":
        return "\n"
    category = unicodedata.category(character)
    if character == "\t" or category == "Zs":
        return " "
    if category in ("Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"):  # control, right-to-left marks, emoji variations
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Pd" or character == "\u2212":
        return "-"
    if category == "So":  # emoji
        return ";"
    return _LETTERS.get(character, character.lower())


_LETTERS = {"ё": "е", "Ё": "е", "«": " ", "»": " ", "“": " ", "”": " ", '"': " ", "×": "*", "·": "·", "’": "'"}
_FOLDING = _Folding()
_PLAIN = re.compile(r"[\n -!#-~а-яА-Я]*")

#: A nought or a three typed as a letter among figures.
_LETTER_O = re.compile(r"(?<=\d)[oо](?=\d|\b)|(?<![^\W\d_])[oо]+(?=\d)")
_LETTER_Z = re.compile(r"(?<=\d)з(?=\d|\b)|(?<![^\W\d_])з(?=\d)")


def fold(text: str) -> str:
    """Plain lower-case text: one kind of space, dash and figure, no marks that can't be seen."""
    if not _PLAIN.fullmatch(text):
        text = unicodedata.normalize("NFKC", text.replace("№", " ¤").replace("\r\n", "\n").replace("\r", "\n"))
        text = text.translate(_FOLDING).replace("¤", "№")
    text = text.lower()
    if "о" in text or "o" in text:
        text = _LETTER_O.sub(lambda match: "0" * len(match[0]), text)
    return _LETTER_Z.sub("3", text) if "з" in text else text


@dataclass(frozen=True, slots=True)
class Body:
    """What a person wrote. From ``signature`` on it is good for an account number only."""

    text: str
    signature: int


_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_QUOTED_TAIL = re.compile(
    r"^[ \t]*-{2,}[ \t]*(?:исходное|пересылаемое|пересланное|original|forwarded)\b"
    r"|^[^\n]{0,120}(?:пишет|писал\(?а?\)?|написал[аи]?|wrote)[ \t]*:[ \t]*$"
    r"|^[ \t]*(?:от кого|от|from)[ \t]*:[^\n]*\n(?:[^\n]*\n){0,2}?"
    r"[ \t]*(?:кому|to|дата|date|отправлено|sent|тема|subject)[ \t]*:",
    re.MULTILINE,
)
_SIGNATURE = re.compile(
    r"^[ \t]*-- ?$|(?:\b(?:с (?:наилучшими|добрыми) пожеланиями|с (?:глубоким |большим )?уважением|с ув\.)"
    r"|^[ \t]*(?:отправлено (?:с|из)|sent from|best regards|kind regards|regards)\b)",
    re.MULTILINE,
)
_GREETING = re.compile(
    r"\b(?:(?:добр(?:ый|ое|ого|ой)|хорош(?:его|ий|ей)|приятн(?:ого|ый)|удачн(?:ого|ый)|спокойной|прекрасного)[ ,]+"
    r"(?:вам )?(?:день|дня|дню|утро|утра|вечера?|ночи|времени суток)"
    r"|(?:день|вечер) добрый|(?:сегодняшний|данный|текущий|каждый|отчетный|этот|последний|рабочий) день"
    r"|good (?:day|morning|afternoon|evening|night))\b"
)


def body(folded: str) -> Body:
    """What is left of a folded text without quoted mail and greetings, and where its signature begins."""
    if ">" in folded:
        folded = _QUOTED_LINE.sub("", folded)
    if "\n" in folded and (tail := _QUOTED_TAIL.search(folded)) and tail.start() > 0:
        folded = folded[: tail.start()]
    folded = _GREETING.sub(" ", folded)
    signature = _SIGNATURE.search(folded)
    return Body(folded, signature.start() if signature else len(folded))


def unquoted(text: str) -> str:
    """A text as it came, without quoted mail."""
    text = _QUOTED_LINE.sub("", text)
    tail = _QUOTED_TAIL.search(text.lower())
    return text[: tail.start()] if tail and tail.start() > 0 else text
