"""What the company typed in Russian, in the language of the answer where it has words for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sbyt.conversation.acts import Act, Closed, Note
from sbyt.conversation.facts import Way


def told_in(acts: Sequence[Act], language: str, english: Mapping[str, str]) -> tuple[Act, ...]:
    """Acts with the company's own words as they are said in a language.

    :param english: how they are said in English, by the Russian; what isn't in it stays as it is.
    """
    return tuple(acts) if language == "ru" else tuple(_told(act, english) for act in acts)


def _told(act: Act, english: Mapping[str, str]) -> Act:
    match act:
        case Closed():
            ways = tuple(_way(way, english) for way in act.ways)
            title, why, note = (english.get(text, text) for text in (act.title, act.why, act.note))
            return replace(act, title=title, why=why, note=note, ways=ways)
        case Note():
            return replace(act, text=english.get(act.text, act.text))
    return act


def _way(way: Way, english: Mapping[str, str]) -> Way:
    address = way.address and english.get(way.address, way.address)
    return replace(way, title=english.get(way.title, way.title), address=address)
