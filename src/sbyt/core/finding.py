"""By which words an account is found: of its holder's name, its address, its phone, its meters' serials.

The same reading makes the words that are kept for an account and the words that a member of staff types, so that
«Сенюкова 5-12», «ул. А. Сенюкова, д. 5, кв. 12» and «сенюкова 5 12» come to the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sbyt.core.identifiers import account_key, email_address, phone_number, serial_key


class Household(NamedTuple):
    """What is known of an account that somebody may look for it by."""

    number: str
    name: str = ""
    phone: str = ""
    email: str = ""
    address: str = ""
    district: str = ""
    street: str = ""
    house: str = ""
    flat: str = ""
    serials: tuple[str, ...] = ()


class Wanted(NamedTuple):
    """A word that an account must have: one of ``words``. ``begins``: or one that begins so."""

    words: tuple[str, ...]
    begins: bool = False


#: What a house's number and a flat's begin with among the words: «3» may be either.
_HOUSE, _FLAT = "д:", "кв:"
_HOUSE_MARKS = frozenset({"д", "дом"})
_FLAT_MARKS = frozenset({"кв", "квартира", "ком", "комната"})
_BLOCK_MARKS = frozenset({"к", "корп", "корпус", "стр", "строение"})
#: What kind of place it is: people leave it out, and write it in many ways.
_KINDS = frozenset(
    re.findall(
        r"\w+",
        "г город гор пос поселок пгт с село дер деревня р рн район респ республика обл область ул улица пр просп кт "
        "проспект пер переулок пл площадь наб набережная б бул бульвар ш шоссе проезд туп тупик мкр микрорайон мкрн кв "
        "л им имени ао и",
    )
)
#: The longest word that is kept; of longer ones this much.
LONGEST = 64
#: From so many figures on a number may be an account, a phone or a serial, and is no house.
_LONG = 5
#: More words than that say nothing more.
_MOST_WORDS = 8

_PIECE = re.compile(
    r"(?P<nth>\d+)-(?:ый|ий|ой|ая|й|я|е|го|ое)\b"  # «1-я Линейная»
    r"|(?P<number>\d+(?:к\d+|[а-яa-z])?(?:[/-]\d+[а-яa-z]?)*)(?![а-яa-z])"
    r"|(?P<word>[^\W_]+)"
)
_LETTER = re.compile(r"[а-я]")
_NUMBERS_ONLY = re.compile(r"[\d\s()+./-]+")


class _Piece(NamedTuple):
    kind: str  # word, house, flat
    text: str


def words_of(household: Household) -> frozenset[str]:
    """All words by which an account is found."""
    found = {account_key(household.number).lower()}
    found.update(_plain(household.name))
    found.update(map(serial_word, household.serials))
    phone, email = phone_number(household.phone), email_address(household.email)
    found.add(phone.removeprefix("+") if phone else re.sub(r"\D", "", household.phone))
    found.add(email or household.email.strip().casefold())
    for line in (household.address, _in_a_line(household)):
        for piece in _address(line):
            found.update(_kept(piece))
    return frozenset(word[:LONGEST] for word in found if word)


def serial_word(serial: str) -> str:
    """The word by which the account of a meter with this serial is found."""
    return serial_key(serial).lower()[:LONGEST]


def wanted(typed: str) -> Iterator[tuple[Wanted, ...]]:
    """What an account must have to be meant by what was typed, the likeliest reading first.

    Whoever looks tries the next where nothing has all of one. Nothing is given for what holds no word.
    """
    folded = _folded(typed)
    if "@" in folded:
        yield (Wanted((folded.strip(),), begins=True),)
    if any(map(str.isdecimal, folded)):
        yield from _as_a_number(typed)
    read = _address(typed)
    pieces = ([piece for piece in read if len(piece.text) > 1 or piece.kind != "word"] or read)[:_MOST_WORDS]
    if not pieces:
        return
    yield tuple(map(_strictly, pieces))
    if any(piece.kind != "word" for piece in pieces):
        yield tuple(map(_loosely, pieces))


def _as_a_number(typed: str) -> Iterator[tuple[Wanted, ...]]:
    """The whole of it as one account, phone or serial: «8 (912) 000-01-01», «200 000 0001», «АВ 12345»."""
    long = len(re.sub(r"\D", "", typed)) >= _LONG
    if _NUMBERS_ONLY.fullmatch(typed):
        yield (Wanted(_long_number(typed), begins=long),)
    elif long:
        yield (Wanted((serial_word(typed),), begins=True),)


def _long_number(typed: str) -> tuple[str, ...]:
    phone = phone_number(typed)
    figures = re.sub(r"\D", "", typed)
    begun = re.sub(r"^8|^(?=9)", "7", figures)  # of a Russian phone
    words = (account_key(typed).lower(), serial_word(typed), phone.removeprefix("+") if phone else begun)
    return tuple(dict.fromkeys(filter(None, words)))


def _strictly(piece: _Piece) -> Wanted:
    if piece.kind == "word":
        long = piece.text.isdecimal() and len(piece.text) >= _LONG
        return Wanted(_long_number(piece.text) if long else (piece.text,), begins=long or len(piece.text) > 2)
    return Wanted((f"{_HOUSE if piece.kind == 'house' else _FLAT}{piece.text}",))


def _loosely(piece: _Piece) -> Wanted:
    """A number may be of a house or of a flat, or part of a street's name."""
    if piece.kind == "word":
        return _strictly(piece)
    return Wanted((f"{_HOUSE}{piece.text}", f"{_FLAT}{piece.text}", piece.text))


def _kept(piece: _Piece) -> Iterator[str]:
    if piece.kind == "word":
        yield piece.text
        return
    mark = _HOUSE if piece.kind == "house" else _FLAT
    yield mark + piece.text
    if leading := re.match(r"\d+", piece.text):  # «22» finds 22/1 too
        yield mark + leading[0]


def _in_a_line(household: Household) -> str:
    house = f"д. {household.house}" if household.house else ""
    flat = f"кв. {household.flat}" if household.flat else ""
    return ", ".join(filter(None, (household.district, household.street, house, flat)))


def _address(line: str) -> list[_Piece]:
    """The words of an address, or of a name and an address, and which of its numbers are house and flat."""
    tokens = [(match.lastgroup or "", match[match.lastgroup or 0]) for match in _PIECE.finditer(_folded(line))]
    found: list[_Piece] = []
    mark = ""
    for at, (kind, text) in enumerate(tokens):
        if kind == "word":
            mark = _mark(text) if text in _HOUSE_MARKS | _FLAT_MARKS | _BLOCK_MARKS else ""
            if not mark and text not in _KINDS and not _joined(found, text, tokens[at - 1 : at]):
                found.append(_Piece("word", text))
        elif kind == "nth" or (not mark and _names_a_street(tokens[at + 1 : at + 3])) or _is_postcode(text, found):
            found.append(_Piece("word", text))
        else:
            found += _numbered(text, mark, found)
            mark = ""
    return found


def _numbered(text: str, mark: str, before: list[_Piece]) -> Iterator[_Piece]:
    """What a number in an address is: said by its mark, else by its place."""
    kinds = {piece.kind for piece in before}
    if mark == "block":
        if before and before[-1].kind == "house":
            yield _Piece("house", f"{before.pop().text}к{text}")
        return
    if mark == "flat" or (not mark and "house" in kinds):
        yield _Piece("flat", text)
        return
    if not mark and len(re.sub(r"\D", "", text)) >= _LONG:
        yield _Piece("word", text)
        return
    house, _, flat = text.partition("-")
    yield _Piece("house", house)
    if flat:
        yield _Piece("flat", flat)


def _mark(word: str) -> str:
    return "house" if word in _HOUSE_MARKS else "flat" if word in _FLAT_MARKS else "block"


def _names_a_street(following: list[tuple[str, str]]) -> bool:
    """Whether a number stands before a word, as in «8 Марта» and «40 лет Победы»: then it belongs to the name."""
    if not following or following[0][0] != "word":
        return False
    word = following[0][1]
    return len(word) > 1 and word not in _HOUSE_MARKS | _FLAT_MARKS | _BLOCK_MARKS | _KINDS


def _is_postcode(text: str, before: list[_Piece]) -> bool:
    return len(text) == 6 and text.isdecimal() and not before


def _joined(found: list[_Piece], text: str, before: list[tuple[str, str]]) -> bool:
    """«5 а» is house 5а: a single letter right after the house's number."""
    if len(text) == 1 and _LETTER.match(text) and before and before[0][0] == "number" and found:
        last = found[-1]
        if last.kind == "house" and last.text.isdecimal():
            found[-1] = _Piece("house", last.text + text)
            return True
    return False


def _plain(text: str) -> Iterable[str]:
    return re.findall(r"[^\W_]+", _folded(text))


def _folded(text: str) -> str:
    return text.casefold().replace("ё", "е")
