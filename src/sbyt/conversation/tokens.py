"""A message as numbers and tags, what is certainly no reading left out or marked."""

from __future__ import annotations

import enum
import functools
import itertools
import re
from dataclasses import dataclass, field, replace

from sbyt.conversation.folding import LONGEST_MESSAGE, body, fold
from sbyt.conversation.vocabulary import Intent, Label, Tag, meaning
from sbyt.core.identifiers import serial_key
from sbyt.core.resources import Resource


class Use(enum.Enum):
    """What a number may be good for."""

    ANY = enum.auto()
    MAYBE = enum.auto()  # a value, or nothing: a year, a date without one, a bullet
    NAME = enum.auto()  # an account or a serial only: it looks like a phone, or stands in a signature
    NOTHING = enum.auto()  # money, the previous value, the use


@dataclass(slots=True)
class Group:
    """Figures that stand together. ``gap`` is what separates them from the group right before, None if words do."""

    digits: str
    start: int
    end: int
    gap: str | None
    use: Use = Use.ANY
    label: Label | None = None
    numbered: bool = False  # «№», «номер» or # between label and number
    unit: tuple[Resource, ...] = ()
    tag: Tag = Tag()  # in brackets right behind: «8240 (день)»


@dataclass(frozen=True, slots=True)
class Parsed:
    """A message as it was understood before anything is known of the sender."""

    items: tuple[Group | Tag, ...]
    groups: tuple[Group, ...]
    words: frozenset[str]
    intents: frozenset[Intent]
    skeleton: str  # letters and figures of the whole message as serials are compared
    starts: frozenset[int] = field(repr=False)  # where in the skeleton a token begins
    ends: frozenset[int] = field(repr=False)
    tokens: tuple[tuple[int, Group | Tag | None], ...] = field(repr=False)  # where in the skeleton, and what it became
    too_long: bool = False

    @property
    def has_values(self) -> bool:
        """Whether anything in it may be the value of a register."""
        return any(group.use in (Use.ANY, Use.MAYBE) for group in self.groups)

    def before(self, group: Group) -> Parsed:
        """The message up to this number."""
        items = tuple(itertools.takewhile(lambda item: item is not group, self.items))
        return replace(self, items=items, groups=tuple(item for item in items if isinstance(item, Group)))


_MONTH_NAME = (
    r"(?:январ|феврал|март|апрел|ма[йяе]|июн|июл|август|сентябр|октябр|ноябр|декабр"
    r"|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[а-яa-z]*"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH = r"(?:0?[1-9]|1[0-2])"
_STREET = (
    r"(?:ул|улица|пр-т|пр-кт|просп|проспект|пер|переулок|наб|набережная|б-р|бульвар|мкр|мкрн|микрорайон|м-н|кв-л"
    r"|квартал|ш|шоссе|проезд|пр-д|пл|площадь|тракт|аллея)"
)
_ROOM = r"(?:корп|корпус|стр|строение|кв|квартира|кварт|подъезд|этаж|эт|офис|оф|комн|комната|литер|лит|пом|помещение)"

#: Certainly no account, meter or value; replaced by a break, so that nothing joins across it.
_NOISE = re.compile(
    "|".join(
        (
            r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
            r"(?:https?://|www\.)\S+",
            r"\b20\d\d-\d\d-\d\d(?:t\d\d:\d\d(?::\d\d)?)?(?!\d)",
            rf"(?<![\d.,/])(?<!\d-){_DAY}\s?([./-])\s?{_MONTH}\s?\1\s?(?:20)?\d\d(?![\d])(?!-\d)(?:\s*г(?:ода?|\.)?(?![а-я]))?",
            rf"(?<![\d.,/-]){_MONTH}[./]20[1-3]\d(?!\d)(?:\s*г(?:ода?|\.)?(?![а-я]))?",
            rf"(?:\bс\s+)?(?<!\d){_DAY}\s*(?:-|по|до)\s*{_DAY}(?:-?(?:го|е|ое))?\s+{_MONTH_NAME}(?:\s+20\d\d\s*(?:г(?:ода?|\.)?)?(?![а-яa-z]))?",
            rf"(?<!\d){_DAY}(?:-?(?:го|е|ое|th|st|nd|rd))?\s+{_MONTH_NAME}(?:\s+20\d\d\s*г(?:ода?|\.)?(?![а-я])|\s+(?:20)?2\d(?=\D|$)(?!\s*\d))?",
            rf"\b{_MONTH_NAME}\s+(?:20)?\d\d\s*г(?:ода?|\.)?(?![а-я])",
            r"\b20[12]\d\s*(?:г(?:ода?|\.)|год[а-я]*)(?![а-я])",
            r"\bс\s+\d{1,2}(?:-?го)?\s+(?:по|до)\s+\d{1,2}(?:-?е|-?го)?(?!\s?\d|[.,]\d)(?:\s+числа)?",
            r"\b\d{1,2}(?:-?го|-?е|-?ое)?\s+числ[ао]\b",
            r"\b(?:в|время)\s+(?:[01]?\d|2[0-3])[:.][0-5]\d\b",
            r"(?<!\d)(?:[01]?\d|2[0-3]):[0-5]\d:[0-5]\d(?!\d)",
            r"(?:\d{1,3}(?: \d{3})+|\d+)(?:[.,]\d{1,2})?\s*-?\s*(?:руб[а-я]*|[рp](?![а-яa-z/])\.?|₽|rub\b|коп(?:еек|ейк[а-я]*|\.)?(?![а-я]))",
            r"\d+(?:[.,]\d+)?\s*(?:кв\.?\s?м(?![а-я])|м2|%|проц[а-я]*)",
            r"\b\d{1,2}\s*(?:-?(?:х|ех|и|мя))?\s*(?:человек[а-я]*|чел(?:\.|\b)|прописан[а-я]*|жильц[а-я]*|лет\b|месяц[а-я]*|мес\b|дн(?:я|ей)\b|час[а-я]*|раз[а]?\b|счетчик[а-я]*|квартир[а-я]*|комнат[а-я]*)",
            r"\b\d{6}\b(?=,?\s*(?:г\.|г |город|респ|обл|край|росси|рф|коми|ул\b|пос\b|[сдп]\.))",
            rf"\b{_STREET}\b\.?\s*(?:\d{{1,3}}(?:-?(?:го|й|я|ая|летия))?\s+)?(?:лет\s+)?[а-я.\- ]{{2,40}}?[,\s]*(?:(?:дом|д)\b\.?\s*)?(?<!\d)\d{{1,3}}(?!\d|[.,]\d)(?:\s?[абвгдежк]\b)?(?:\s?[/-]\s?\d{{1,4}}[а-я]?\b)*(?:[,\s]*\b(?:{_ROOM}|к)\b\.?\s*#?\s*\d{{1,4}}[а-я]?\b)*",
            r"\b[а-я-]{3,},?\s*(?:(?:дом|д)\b\.?\s*)?\d{1,3}[а-я]?\s*,?\s*(?:кв|квартира)\b\.?\s*\d{1,4}\b",
            rf"\b(?:дом\b|д\.)\s*#?\s*\d{{1,3}}\s?[абвгдежк]?(?:/\d{{1,3}})?(?:[,\s]+(?:{_ROOM}|к)\b\.?\s*#?\s*\d{{1,4}}[а-я]?\b)+",
            rf"\bд\s?\d{{1,3}}[а-я]?,?\s*(?:{_ROOM})\b\.?\s*#?\s*\d{{1,4}}\b",
            rf"\bдом\b\s*#?\s*\d{{1,3}}\s?[абвгдежк]?\b(?:/\d{{1,3}})?",
            rf"\b{_ROOM}\b\.?\s*#?\s*\d{{1,4}}[а-я]?\b(?!\s*[.,]\d)",
            r"\b(?:г|гор|пос|пгт|дер|с|п|д|ст)\.\s*(?=[а-я-]{3,})",
        )
    )
)
#: Good for an account or a serial only: it looks like a phone.
_PHONE = re.compile(
    r"\+\s?\d[\d()\s-]{8,16}\d"
    r"|(?<![\d.,#*/])[78]\s?[-(]?\s?(?:\d{3}\)?[\s-]?\d{3}|\d{4}\)?[\s-]?\d{2})[\s-]?\d{2}[\s-]?\d{2}(?![\d]|[.,/-]\d)"
    r"|\b(?:тел|телефон|моб|мобильный|сот|сотовый|phone|tel|т)\b\.?\s*(?:номер)?\s*[:#-]?\s*(?:\d{3,5}[\s-]?)?\(?\d{2,3}\)?(?:[\s-]?\d{2,3}){2,3}"
)
_MAYBE = re.compile(
    rf"(?<![\d.,-])(?:{_DAY}\.{_MONTH}\.?(?![\d])|(?:[01]?\d|2[0-3]):[0-5]\d(?![\d:]))"
    r"|^\s*\d{1,2}[.)](?=\s)|(?<![\d.,])\d\)|(?<![\d.,])[1-4]\s?(?:-|=|:)\s?(?=\d{2,})"
    r"|\b[а-я]{5,}\s+\d{1,3}\s?-\s?\d{1,3}\b(?![.,]?\d)|\d{1,3}(?=-?(?:й|ый|ой|ая|ое)\b)"
    r"|\b20[12]\d\b"
    r"|\A\W*[а-яa-z]+\s+\d{1,2}\s?#",  # «ЖКХ 1#»: the service before the reading
    re.MULTILINE,
)
_TOKEN = re.compile(
    r"(?<![\dа-яa-z.,])(?P<count>[1-9])\s?(?P<code>э[дпн]?|ee?|г|[хx])(?=[\s:=.,#*-]{0,3}\d)"
    r"|(?<![\dа-яa-z])(?:[тt]\s?[.-]?\s?|(?:тариф[а-я]*|зон[аы]|tariff|rate|zone)\s*#?\s*)(?P<zone>[123])(?!\d)(?!-?[йя])"
    r"|(?<![\dа-яa-z])[тt](?P<glued>[123])(?=\d{2,})"
    r"|(?<!\d)(?P<nth>[123])\s?-?\s?(?:й|ый|ой|я|ая)?\s+(?:тариф|зон)[а-я]*"
    r"|(?P<unit>(?:квт[\s*·.x/-]{0,3}ч(?:ас[а-я]*)?|кв\.?\s?ч|квтч|квт|kwt|kwh|kw)(?![а-яa-z])\.?"
    r"|(?:м3|m3|м\.?\s?куб[а-я]*|куб(?:\.?\s?м(?:етр[а-я]*)?|ометр[а-я]*|ов|а)?|cbm)(?![а-яa-z0-9])\.?|(?:гкал|gcal)\b)"
    r"|(?<![\dа-яa-z])(?P<many>хвс|гвс|хв|гв|хол|гор|эл|свет|газ|вода|х|г|э|сч|счетчик)\s?#?(?P<which>[1-9])(?=\s*[:=)-]|\s+\d|-?й)(?!\s*[.,]\d)(?!\d)"
    r"|(?P<digits>\d+)"
    r"|(?P<word>/?[а-яa-z]+(?:[/.-][а-яa-z]+)*)"
    r"|(?P<mark>[#+?]|->|=>|→)"
)
_CUBIC = (Resource.COLD_WATER, Resource.HOT_WATER, Resource.GAS)


def _measured_in(unit: str) -> tuple[Resource, ...]:
    if unit.startswith(("кв", "kw")):
        return (Resource.ELECTRICITY,)
    return (Resource.HEAT,) if unit.startswith(("гк", "gc")) else _CUBIC


_CODE_ZONES = {"эд": "day", "эн": "night", "эп": "half"}
#: What may stand between figures that belong to one number or to neighbours in a list.
_GAP = re.compile(r"[^\d\wа-я]*")


@functools.lru_cache(maxsize=4096)
def parse(text: str) -> Parsed:
    """Take a message apart. Never raises, whatever the text."""
    if len(text) > 20 * LONGEST_MESSAGE:
        return _NOTHING_READ
    written = body(fold(text))
    if len(written.text) > LONGEST_MESSAGE:
        return _NOTHING_READ
    return _Reader(_without_noise(written.text), written.signature).read()


_NOTHING_READ = Parsed((), (), frozenset(), frozenset(), "", frozenset(), frozenset(), (), too_long=True)


def _without_noise(text: str) -> str:
    """Dates, money, addresses and the like replaced by breaks, everything else where it stood."""
    return _NOISE.sub(lambda match: ("\x1f" * len(match[0])), text)


class _Reader:
    """Goes through the text once, from left to right."""

    def __init__(self, text: str, signature: int) -> None:
        self.text = text
        self.signature = signature
        self.items: list[Group | Tag] = []
        self.words: set[str] = set()
        self.intents: set[Intent] = set()
        self.label: Label | None = None
        self.numbered = False
        self.end = -1  # where the last group ended, if only separators came since
        self.skeleton: list[str] = []
        self.tokens: list[tuple[int, Group | Tag | None]] = []
        self.length = 0
        self.ends: set[int] = set()

    def read(self) -> Parsed:
        for match in _TOKEN.finditer(self.text):
            kind = match.lastgroup or ""
            if kind == "which":
                kind = "many"
            getattr(self, "_" + kind)(match)
        self._mark_uses()
        items = tuple(self._kept())
        groups = tuple(item for item in items if isinstance(item, Group))
        return Parsed(
            items,
            groups,
            frozenset(self.words),
            frozenset(self.intents),
            "".join(self.skeleton),
            frozenset(start for start, _ in self.tokens),
            frozenset(self.ends),
            tuple(self.tokens),
        )

    # each kind of token ------------------------------------------------------------------------------------------

    def _digits(self, match: re.Match[str]) -> None:
        start, end = match.span()
        gap = self.text[self.end : start] if self.end >= 0 else None
        if self.label is Label.ASIDE and self.items and isinstance(self.items[-1], Group):
            between = self.text[self.items[-1].end : start]
            if "\n" in between or ";" in between:
                self.label = None
        if gap is not None and "\x1f" in gap:
            gap = None
            self.label = None
        use = Use.NOTHING if self.label is Label.ASIDE else Use.ANY
        group = Group(match[0], start, end, gap, use, self.label, self.numbered)
        self.items.append(group)
        self._see(match[0], group)
        self.end, self.numbered = end, False
        if self.label is not Label.ASIDE:
            self.label = None

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
            tag = found if len(word) > 1 else _Letter(found.resources, found.zone, preferred=found.preferred, start=at, end=at + 1)
            self.items.append(tag)
            self._see(word, tag)
            self._tagged()
            return
        self._see(word, None)
        if isinstance(found, Label):
            self._labelled(found)
        else:
            if found is not None:
                self.intents.add(found)
            if found is Intent.BALANCE:
                self.label = Label.ASIDE  # «долг 345»
            if self.label is not Label.ASIDE:
                self.label = None
            self.end = -1

    def _in_brackets(self, at: int) -> bool:
        """Whether a word in brackets stands right behind a number."""
        last = self.items[-1] if self.items else None
        return isinstance(last, Group) and bool(_BRACKET.fullmatch(self.text[last.end : at]))

    def _bracketed(self, tag: Tag) -> None:
        last = self.items[-1]
        assert isinstance(last, Group)
        last.tag = Tag(last.tag.resources or tag.resources, last.tag.zone or tag.zone)
        self.end = -1

    def _labelled(self, label: Label) -> None:
        self.end = -1
        if label is Label.FILLER:
            self.numbered = True
            return
        if label is Label.MONTH:
            return
        if self.label is Label.METER and label is Label.ACCOUNT:
            return  # «счетчик … счета»: the nearer word names the number
        self.label, self.numbered = label, False

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

    def _code(self, match: re.Match[str]) -> None:
        letter = meaning(match["code"][0].replace("e", "э").replace("x", "х"))
        tag = letter if isinstance(letter, Tag) else Tag()
        zone = _CODE_ZONES.get(match["code"], "")
        self._tag(Tag(tag.resources, zone, int(match["count"]), preferred=tag.preferred), match)

    def _many(self, match: re.Match[str]) -> None:
        found = meaning(match["many"])
        tag = found if isinstance(found, Tag) else Tag()
        self._tag(Tag(tag.resources, "", int(match["which"]), preferred=tag.preferred), match)

    def _mark(self, match: re.Match[str]) -> None:
        if match[0] == "#":
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
        if self.label is not Label.ASIDE:  # «предыдущие: день 8100, ночь 2980»
            self.label = None

    def _see(self, token: str, became: Group | Tag | None) -> None:
        key = serial_key(token)
        self.tokens.append((self.length, became))
        self.skeleton.append(key)
        self.length += len(key)
        self.ends.add(self.length)

    # afterwards --------------------------------------------------------------------------------------------------

    def _mark_uses(self) -> None:
        groups = [item for item in self.items if isinstance(item, Group)]
        if not groups:
            return
        for match in _PHONE.finditer(self.text):
            self._limit(groups, match.start(), match.end(), Use.NAME)
        for match in _MAYBE.finditer(self.text):
            self._limit(groups, match.start(), match.end(), Use.MAYBE)
        if self.signature < len(self.text):
            self._limit(groups, self.signature, len(self.text), Use.NAME)

    @staticmethod
    def _limit(groups: list[Group], start: int, end: int, use: Use) -> None:
        for group in groups:
            if start <= group.start and group.end <= end and group.use is Use.ANY:
                group.use = use

    def _kept(self) -> list[Group | Tag]:
        """Without single letters that stand beside no number: «г. Ухта» says nothing of hot water."""
        kept: list[Group | Tag] = []
        for item in self.items:
            if not isinstance(item, _Letter) or self._beside_number(item):
                kept.append(item)
        return kept

    def _beside_number(self, letter: _Letter) -> bool:
        after = self.text[letter.end : letter.end + 8]
        before = self.text[max(letter.start - 4, 0) : letter.start]
        return bool(_NUMBER_AFTER.match(after) or _NUMBER_BEFORE.search(before))


@dataclass(frozen=True, slots=True)
class _Letter(Tag):
    """A tag of one letter, kept only beside a number."""

    start: int = 0
    end: int = 0


_BRACKET = re.compile(r"\s*(?:квт[ *·/-]*ч\.?|м3|куб\.?)?\s*\([^\d)]*")
_NUMBER_AFTER = re.compile(r"\s?[/\\,]?\s?(?:[дднхгэ]\s?)?[\s.:=#*-]{0,4}\d")
_NUMBER_BEFORE = re.compile(r"\d[\s.:=(-]{0,2}$")
