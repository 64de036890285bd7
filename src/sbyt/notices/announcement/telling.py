"""What the company itself says, as it stands in the notice: in its language, with the marks of its footnotes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from sbyt.notices.announcement.facts import Way

#: What XML can't hold, escaped or not (XML 1.0, section 2.2).
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: A word that its writer began small; not a name that begins so, as «e-mail» does.
_SMALL = re.compile(r"[a-zа-яё][a-zа-яё ]")
#: What ends a sentence.
ENDS = (".", "!", "?", "…")


class Telling:
    """Tells the company's words in a language, and remembers what it had to leave in Russian.

    :param english: how they are said in English, by the Russian.
    :param ways: all that are told of, in their order: by it footnotes are counted.
    """

    def __init__(self, language: str, english: Mapping[str, str], ways: Iterable[Way]) -> None:
        self._language = language
        self._english = {clean(key): clean(said) for key, said in english.items()}
        texts = dict.fromkeys(filter(None, map(_footnote, ways)))
        self._marks = {text: "*" * number for number, text in enumerate(texts, start=1)}
        self._untranslated: dict[str, None] = {}

    @property
    def untranslated(self) -> tuple[str, ...]:
        return tuple(self._untranslated)

    def told(self, text: str) -> str:
        """What the company said, in the language of the notice if it has words for it."""
        text = clean(text)
        if self._language == "ru":
            return text
        if text not in self._english and re.search("[а-яё]", text, re.IGNORECASE):
            self._untranslated[text] = None
        return self._english.get(text, text)

    def name(self, way: Way, *, small: bool = False) -> str:
        """What a way is called, with the mark of its footnote; to begin a row unless it is to be small."""
        title = self.told(way.title)
        if not small and _SMALL.match(title):
            title = title[0].upper() + title[1:]
        return title + self._marks.get(_footnote(way), "")

    def footnotes(self) -> Iterator[str]:
        for text, mark in self._marks.items():
            yield f"{mark} {sentence(self.told(text))}"


def clean(text: str) -> str:
    """On one line, without what a feed could not hold."""
    return " ".join(_NOT_IN_XML.sub("", text).split())


def sentence(text: str) -> str:
    said = text[:1].upper() + text[1:]
    return f"{said}." if said and not said.endswith(ENDS) else said


def _footnote(way: Way) -> str:
    """Its footnote without a mark of the company's own."""
    return clean(way.footnote).lstrip("* ")
