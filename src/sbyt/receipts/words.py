"""The words of the bill: the packaged ones, with a company's own laid over them."""

from __future__ import annotations

import functools
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

#: Where the packaged template and words are.
PACKAGED = resources.files("sbyt.receipts") / "paper"
#: Of ways to hand in readings there may be any; what is said of one may name these.
_OF_WAYS = frozenset({"title", "address"})


class UnableToReadWords(ValueError):
    """A company's own words of the bill have mistakes. The text names file and key, and says what is allowed."""


@dataclass(frozen=True)
class Words:
    """``labels`` stand on the paper as they are; in the other texts something is filled in.

    ``how``: what to do, by the code of a way; ``notice`` and ``legal`` are paragraphs.
    """

    language: str
    labels: Mapping[str, str]
    texts: Mapping[str, str]
    how: Mapping[str, str]
    notice: tuple[str, ...]
    legal: tuple[str, ...]

    def text(self, name: str, /, **fields: object) -> str:
        """A text with what is to be filled in."""
        return self.texts[name].format(**fields)


def read_words(language: str, folder: Path | None) -> Words:
    """The words in a language: a company's file ``words.ru.toml`` or ``words.en.toml`` need only have what differs.

    :raises UnableToReadWords: if the company's file can't be read or has what doesn't belong there.
    """
    packaged, file = _packaged(language), folder / f"words.{language}.toml" if folder else None
    own = _own(file) if file and file.exists() else {}
    if own:
        _check(own, packaged, str(file))
    merged = {section: {**packaged[section], **own.get(section, {})} for section in packaged}
    return Words(
        language,
        merged["labels"],
        merged["texts"],
        merged["how"],
        tuple(merged["notice"]["paragraphs"]),
        tuple(merged["legal"]["paragraphs"]),
    )


@functools.cache
def _packaged(language: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads((PACKAGED / f"words.{language}.toml").read_text(encoding="utf-8"))


def _own(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UnableToReadWords(f"{file} не прочитан: {error.strerror}.") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UnableToReadWords(f"{file} не понят: {error}. Нужен TOML в UTF-8.") from error


def _check(own: Mapping[str, Any], packaged: Mapping[str, Mapping[str, Any]], file: str) -> None:
    """Each key must be one that there is, with a text in which nothing is filled in but what there is."""
    for section, values in own.items():
        if section not in packaged or not isinstance(values, dict):
            raise UnableToReadWords(f"{file}: нет такого раздела: {section}. Бывают: {', '.join(packaged)}.")
        for key, value in values.items():
            known = packaged[section].get(key)
            if known is None and section != "how":
                near = get_close_matches(key, packaged[section], n=1)
                hint = f" Может быть, {near[0]}?" if near else ""
                raise UnableToReadWords(f"{file}: нет такого ключа: {section}.{key}.{hint}")
            _check_value(value, known, f"{file}: {section}.{key}", fields=_OF_WAYS if section == "how" else None)


def _check_value(value: Any, known: Any, place: str, fields: frozenset[str] | None) -> None:
    texts = value if isinstance(known, list) else [value]
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise UnableToReadWords(
            f"{place}: нужен {'список текстов' if isinstance(known, list) else 'текст'} в кавычках."
        )
    allowed = fields or frozenset().union(
        *(_fields(text, place) for text in (known if isinstance(known, list) else [known]))
    )
    for text in texts:
        if unknown := sorted(_fields(text, place) - allowed):
            there = ", ".join(f"{{{name}}}" for name in sorted(allowed)) or "ничего"
            raise UnableToReadWords(f"{place}: {{{unknown[0]}}} подставить нечем. Здесь подставляется: {there}.")


def _fields(text: str, place: str) -> frozenset[str]:
    """What is filled into a text."""
    try:
        return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
    except ValueError as error:
        raise UnableToReadWords(f"{place}: фигурные скобки не парные ({error}).") from error
