"""Takes a message apart into numbers and tags, what is certainly no reading left out or marked."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from sbyt.conversation.folding import LONGEST_MESSAGE, body, fold
from sbyt.conversation.noise import BREAK, MAYBE, PHONE, without_noise
from sbyt.conversation.tokens import Group, Parsed, Use
from sbyt.conversation.vocabulary import Intent, Label, Tag, meaning, says_nothing
from sbyt.core.identifiers import serial_key
from sbyt.core.resources import Resource

#: Not right behind a figure or a letter.
_ALONE = r"(?<![\dа-яa-z])"
_KWH = r"(?:квт[ *·.x/-]{0,3}ч(?:ас[а-я]{0,2})?|кв\.?\s?ч|квтч|квт|kwt|kwh|kw)(?![а-яa-z])\.?"
_CUBIC_METRES = (
    r"(?:м3|m3|м\.?\s?куб[а-я]{0,8}|куб(?:\.?\s?м(?:етр[а-я]{0,2})?|ометр[а-я]{0,2}|ов|а)?|cbm)(?![а-яa-z\d])\.?"
)
_TOKEN = re.compile(
    "|".join(
        (
            # 1Э 12345, 1ЭД8240, 2Г63: the first meter for electricity, its day register, the second for hot water
            r"(?<![\dа-яa-z.,])(?P<count>[1-9])(?P<code>э[дпн]?|ee?|гвс|хвс|г|[хx]|[тt](?:ариф)?)(?=[\s:=.,#*-]{0,3}\d)",
            # т1 8240, тариф 1, зона №2; т18240; 1-й тариф
            (
                r"(?<![а-яa-z])(?:(?<!\d)[тt]\s?[.-]?\s?|(?<=\d)[тt]|(?:тариф[а-я]{0,3}|зон[аы]|tariff?|rate|zone)\s?[#№]?\s?)(?P<zone>[123])"
                r"(?!\d)(?!-?[йя])"
            ),
            rf"{_ALONE}[тt](?P<glued>[123])(?=\d{{2}})",
            r"\b(?P<ordinal>перв|втор|трет)[а-я]{1,3}\s{1,3}(?:тариф|зон)[а-я]{0,3}",
            r"(?<!\d)(?P<nth>[123])\s?-?\s?(?:й|ый|ой|я|ая)?\s{1,3}(?:тариф|зон)[а-я]{0,3}",
            rf"(?P<unit>{_KWH}|{_CUBIC_METRES}|(?:гкал|gcal)\b)",
            # хвс1: 56, гвс 2 - 14
            (
                rf"{_ALONE}(?P<many>хвс|гвс|хв|гв|хол|гор|эл|свет|газ|вода|х|г|э|сч|счетчик)\s?[#№]?\s?(?P<which>[1-9])"
                r"(?=\s?[:=)-]|\s{1,3}\d|-?й)(?!\s?[.,]\d)(?!\d)"
            ),
            r"(?P<digits>\d+)",
            r"(?P<word>/?[а-яa-z]+(?:[/.-][а-яa-z]+)*)",
            r"(?P<mark>[#№+?]|(?:->|=>|→)(?=\s*\d))",
        )
    )
)
#: «1э12405,1г121»: what stands before another code is no decimal comma.
_CODE = re.compile(r"(?<![\dа-яa-z.,])[1-9](?:э[дпн]?|г|х)\d")
_CODE_BEHIND = re.compile(r"[.,](?=[1-9](?:э[дпн]?|г|[хx])\d)")
_CUBIC = (Resource.COLD_WATER, Resource.HOT_WATER, Resource.GAS)


def _measured_in(unit: str) -> tuple[Resource, ...]:
    if unit.startswith(("кв", "kw")):
        return (Resource.ELECTRICITY,)
    return (Resource.HEAT,) if unit.startswith(("гк", "gc")) else _CUBIC


_CODE_ZONES = {"эд": "day", "эн": "night", "эп": "half"}
#: Longer texts aren't kept in memory: few, and never sent again in the same words.
_LONGEST_KEPT = 1_000


#: With more numbers than this it is a table or a prank, and no message to a meter desk.
_MOST_NUMBERS = 80
#: No dial shows so many figures, leading zeros and all.
_LONGEST_VALUE = 15
_FIGURES = re.compile(r"\d+")


def parse(text: str) -> Parsed:
    """Take a message apart. Never raises, whatever the text."""
    return _parse_kept(text) if len(text) <= _LONGEST_KEPT else _parse(text)


def _parse(text: str) -> Parsed:
    if len(text) > 20 * LONGEST_MESSAGE:
        return _NOTHING_READ
    written = body(fold(text))
    length = len(written.text)
    if length > LONGEST_MESSAGE or (length > 2 * _MOST_NUMBERS and len(_FIGURES.findall(written.text)) > _MOST_NUMBERS):
        return _NOTHING_READ
    text = _CODE_BEHIND.sub(";", written.text) if _CODE.search(written.text) else written.text
    return _Reader(without_noise(text), written.signature).read()


_parse_kept = functools.lru_cache(maxsize=4096)(_parse)
_NOTHING_READ = Parsed((), (), frozenset(), frozenset(), "", (), too_long=True)


class _Reader:
    """Goes through the text once, from left to right."""

    def __init__(self, text: str, signature: int) -> None:
        self.text = text
        self.signature = signature
        self.items: list[Group | Tag] = []
        self.groups: list[Group] = []
        self.words: set[str] = set()
        self.intents: set[Intent] = set()
        self.label: Label | None = None
        self.labelled = 0  # where it stood
        self.suspect = False
        self.denied_at = 0  # where the last «не» stood
        self.spoken = True  # whether it has named a number
        self.unknown = False
        self.numbered = False  # whether #, № or «номер» stands before the number
        self.called = False  # whether «номер» does
        self.end = -1  # where the last group ended, if only separators came since
        self.skeleton: list[str] = []
        self.tokens: list[tuple[int, Group | Tag | None]] = []
        self.length = 0

    def read(self) -> Parsed:
        for match in _TOKEN.finditer(self.text):
            kind = match.lastgroup or ""
            if kind == "which":
                kind = "many"
            getattr(self, "_" + kind)(match)
        self._forget_label(len(self.text))
        self._leave_label()
        self._mark_uses()
        items = tuple(self._kept())
        groups = tuple(item for item in items if isinstance(item, Group))
        return Parsed(
            items,
            groups,
            frozenset(self.words),
            frozenset(self.intents),
            "".join(self.skeleton),
            tuple(self.tokens),
            opens_with=self._opening() if self.intents else None,
            suspect=self.suspect or self.denied_at > (self.groups[-1].end if self.groups else 0) > 0,
            unknown_words=self.unknown,
        )

    def _opening(self) -> Intent | None:
        opening = _OPENING.match(self.text)
        if not opening:
            return None
        return Intent.YES if opening["yes"] else Intent.NO

    # each kind of token ------------------------------------------------------------------------------------------

    def _digits(self, match: re.Match[str]) -> None:
        start, end = match.span()
        gap = self.text[self.end : start] if self.end >= 0 else None
        self._forget_label(start)
        if gap is not None and BREAK in gap:
            gap = None
        group = Group(match[0], start, end, gap, self._use(match[0], start), self.label, self.numbered)
        self.spoken |= self.label is not None
        self.unknown |= self.called and self.label is None  # «мой номер 4425»
        self.items.append(group)
        self.groups.append(group)
        self._see(match[0], group)
        self.end, self.numbered, self.called = end, False, False
        if self.label not in (Label.ASIDE, Label.DOCUMENT, Label.ADDRESS):
            self.label = None

    def _forget_label(self, start: int) -> None:
        """A label speaks of the next number; money, documents and addresses of those behind it too."""
        if self.label is None:
            return
        if BREAK in self.text[self.labelled : start]:
            self.label = None  # «оплатил 500 руб.»: the word spoke of what is gone
        last = self.items[-1] if self.items else None
        if not isinstance(last, Group) or last.start < self.labelled:
            if self.label is Label.ADDRESS and "\n" in self.text[self.labelled : start].strip("\n"):
                self.label = None
            return
        between = self.text[last.end : start]
        if (self.label is Label.DOCUMENT and between.strip(" ")) or "\n" in between or ";" in between:
            self.label = None

    def _use(self, digits: str, start: int) -> Use:
        if self.label is Label.ADDRESS and (len(digits) <= 3 or len(digits) == 6):
            return Use.NOTHING
        if len(digits) > _LONGEST_VALUE:
            return Use.NAME
        if self.label is None and not self.numbered:
            return Use.ANY
        documents = (Label.ASIDE, Label.DOCUMENT, Label.NOT)
        called = self.label in documents or (
            self.called and (self.label is Label.METER or (self.label is None and self.unknown))
        )
        return Use.NAME if called or self.text[max(start - 2, 0) : start].rstrip(" ").endswith("№") else Use.ANY

    def _word(self, match: re.Match[str]) -> None:
        word = match[0]
        found = meaning(word)
        if found is None and any(mark in word for mark in "/.-"):
            for part in re.split(r"[/.-]", word):
                if part:
                    self._one_word(part, match.start())
            return
        self._one_word(word, match.start())

    def _one_word(self, word: str, at: int) -> None:
        found = meaning(word)
        self.words.add(word)
        if isinstance(found, Tag) and self._in_brackets(at):
            self._bracketed(found)
            self._see(word, None)
            return
        if isinstance(found, Tag):
            # A tag of its own each time: items are told apart by identity.
            tag = (
                Tag(found.resources, found.zone, preferred=found.preferred)
                if len(word) > 1
                else _Letter(found.resources, found.zone, preferred=found.preferred, start=at, end=at + 1)
            )
            self.items.append(tag)
            self._see(word, tag)
            self._tagged()
            return
        self._see(word, None)
        if isinstance(found, Label):
            self._labelled(found, at)
            return
        self.end = -1
        if found is not None:
            self.intents.add(found)
        elif at < self.signature and not says_nothing(word):
            self.unknown = True
        if found is Intent.BALANCE:
            self.label, self.labelled, self.spoken = Label.ASIDE, at, False  # «долг 345»
        elif word == "не":
            self.label, self.labelled, self.denied_at = Label.NOT, at, at  # «не 4425, а 4452»
        elif self.label not in (Label.ASIDE, Label.DOCUMENT, Label.ADDRESS):
            self.label = None

    def _in_brackets(self, at: int) -> bool:
        """Whether a word in brackets stands right behind a number that was named before it: «Т1 8240 (день)»."""
        if len(self.items) < 2 or not isinstance(self.items[-2], Tag):
            return False
        last = self.items[-1]
        if not isinstance(last, Group) or _BRACKETED.search(self.text[: last.start]):
            return False  # «(х) 244 (г) 121» names before
        return bool(_BRACKET.fullmatch(self.text[last.end : at]))

    def _bracketed(self, tag: Tag) -> None:
        last = self.groups[-1]
        last.tag = Tag(last.tag.resources or tag.resources, last.tag.zone or tag.zone)
        self.end = -1

    def _labelled(self, label: Label, at: int) -> None:
        self.end = -1
        called_before = self.called
        self.called |= label is Label.NUMBER
        self.numbered |= self.called
        if label in (Label.NUMBER, Label.FILLER, Label.MONTH, Label.POLITE):
            return
        last = self.items[-1] if self.items else None
        if label is Label.DOCUMENT and isinstance(last, Tag) and last.zone and self.text.startswith("тариф", at):
            return  # «ночной тариф 3102»
        aside = self.label is Label.ASIDE and not self.spoken
        if label is Label.READING and aside and _ONE_WORD.fullmatch(self.text[self.labelled : at]):
            return  # «прошлые показания 4310»
        if self.label is Label.METER and label is Label.ACCOUNT:
            return  # «счетчик … счета»: the nearer word names the number
        self._leave_label()
        self.label, self.labelled, self.spoken = label, at, False
        self.numbered = self.called = called_before

    def _leave_label(self) -> None:
        """«4425 оплачено»: a word about money or a document that names no number after it may name the one before."""
        if self.label in (Label.ASIDE, Label.DOCUMENT) and not self.spoken and self.groups:
            self.suspect |= self.groups[-1].label is not Label.READING

    def _unit(self, match: re.Match[str]) -> None:
        self._see(match[0], None)
        self.end = -1
        last = self.items[-1] if self.items else None
        if isinstance(last, Group):
            last.unit = _measured_in(match[0])

    def _zone(self, match: re.Match[str]) -> None:
        self._tag(Tag((), "T" + match["zone"]), match)

    def _glued(self, match: re.Match[str]) -> None:
        self._tag(Tag((), "T" + match["glued"]), match)

    def _nth(self, match: re.Match[str]) -> None:
        self._tag(Tag((), "T" + match["nth"]), match)

    def _ordinal(self, match: re.Match[str]) -> None:
        self._tag(Tag((), {"перв": "T1", "втор": "T2", "трет": "T3"}[match["ordinal"]]), match)

    def _code(self, match: re.Match[str]) -> None:
        if match["code"][0] in "тt":
            self._tag(Tag((), f"T{match['count']}"), match)
            return
        letter = meaning(match["code"][0].replace("e", "э").replace("x", "х"))
        tag = letter if isinstance(letter, Tag) else Tag()
        zone = _CODE_ZONES.get(match["code"], "")
        self._tag(Tag(tag.resources, zone, int(match["count"]), preferred=tag.preferred), match)

    def _many(self, match: re.Match[str]) -> None:
        found = meaning(match["many"])
        tag = found if isinstance(found, Tag) else Tag()
        self._tag(Tag(tag.resources, "", int(match["which"]), preferred=tag.preferred), match)

    def _mark(self, match: re.Match[str]) -> None:
        if match[0] in "#№":
            self.numbered = True
        elif match[0] == "?":
            self.intents.add(Intent.QUESTION)
        elif match[0] == "+":
            self.words.add("+")
            if not self.items:
                self.intents.add(Intent.YES)
        elif self.items and isinstance(self.items[-1], Group):
            self.items[-1].use = Use.NOTHING  # «4310 -> 4425»: the previous value stands before the arrow

    def _tag(self, tag: Tag, match: re.Match[str]) -> None:
        if self._in_brackets(match.start()) and not tag.ordinal:
            self._bracketed(tag)
            self._see(match[0], None)
            return
        self._see(match[0], tag)
        self.items.append(tag)
        self._tagged()

    def _tagged(self) -> None:
        self.end = -1
        self.suspect |= self.label is Label.DOCUMENT and not self.spoken  # «тариф хвс 244»
        if self.label is not Label.ASIDE:  # «предыдущие: день 8100, ночь 2980»
            self.label = None

    def _see(self, token: str, became: Group | Tag | None) -> None:
        key = token if token.isdecimal() else _key_of_word(token)
        self.tokens.append((self.length, became))
        self.skeleton.append(key)
        self.length += len(key)

    # afterwards --------------------------------------------------------------------------------------------------

    def _mark_uses(self) -> None:
        if not self.groups:
            return
        for match in PHONE.finditer(self.text):
            self._limit(match.start(), match.end(), Use.NAME)
        tagged = any(isinstance(item, Tag) for item in self.items)
        for match in MAYBE.finditer(self.text):
            self._limit(match.start(), match.end(), Use.MAYBE)
        for group in self.groups:  # among words only what is called a reading is one: «поверка до 2026»
            if group.use is Use.MAYBE and self.words and not (tagged or group.unit or group.label is Label.READING):
                group.use = Use.NAME
        if self.signature < len(self.text):
            self._limit(self.signature, len(self.text), Use.NAME)

    def _limit(self, start: int, end: int, use: Use) -> None:
        for group in self.groups:
            if start <= group.start and group.end <= end and group.use is Use.ANY:
                group.use = use

    def _kept(self) -> list[Group | Tag]:
        """Without single letters that stand beside no number: «г. Ухта» says nothing of hot water."""
        if not self.groups:  # «г» may be the answer to «which meter»
            return self.items
        return [item for item in self.items if not isinstance(item, _Letter) or self._beside_number(item)]

    def _beside_number(self, letter: _Letter) -> bool:
        after = self.text[letter.end : letter.end + 8]
        before = self.text[max(letter.start - 4, 0) : letter.start]
        return bool(_NUMBER_AFTER.match(after) or _NUMBER_BEFORE.search(before))


@dataclass(slots=True, unsafe_hash=True)
class _Letter(Tag):
    """A tag of one letter, kept only beside a number."""

    start: int = 0
    end: int = 0


_key_of_word = functools.lru_cache(maxsize=50_000)(serial_key)
_OPENING = re.compile(r"\W*(?:ну\s{1,3})?(?:(?P<yes>да|ага|yes)|нет|no)\s{0,3}(?:[,.!;\n]|-\s|$)")
_ONE_WORD = re.compile(r"\S+\s+")
_BRACKETED = re.compile(r"\)[\s:.-]{0,3}$")
_BRACKET = re.compile(r"\s*(?:квт[ *·/-]*ч\.?|м3|куб\.?)?\s*\([^\d)]*")
_NUMBER_AFTER = re.compile(r"\s?[/\\,]?\s?(?:[дднхгэ]\s?)?[\s.:=#*-]{0,4}\d")
_NUMBER_BEFORE = re.compile(r"\d[\s.:=(-]{0,2}$")
