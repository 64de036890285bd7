"""The notice's own words, in either language. What a company says itself stands in its settings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

RUSSIAN: Mapping[str, str] = {
    "title": "Как передать показания",
    "title_ended": "{titles}: показания больше не принимаем",
    "title_unstable": "{titles}: бывают перебои",
    "ended": "Закрыто",
    "unstable": "Бывают перебои",
    "unstable_do": "Оттуда показания могут не дойти: лучше выберите другой способ.",
    "planned": "Готовим",
    "since": ", с {day} года",
    "opens": ", откроем {day} года",
    "until": "С {day} года здесь показания не принимаем.",
    "apology": "Мы понимаем, что терять привычный способ неудобно, и приносим извинения.",
    "now": "Показания за {month} принимаем до {closes} включительно.",
    "soon": "Показания за {month} ждём с {opens} по {closes}.",
    "over": "Приём за {before} закончился {closed}. За {month} ждём показания с {opens} по {closes}.",
    "ways": "Показания можно передать {days}",
    "only": "Только {days}.",
    "is_unstable": "Бывают перебои.",
    "no_way": "Сейчас передать показания нельзя: ни один способ не работает. Как только заработает, напишем здесь.",
    "details": "Подробно все способы описаны на обороте квитанции.",
    "recommend": "Советуем",
    "missing": "Если показания по какой-либо причине до нас не дойдут, за этот месяц посчитаем по среднемесячному "
    "объёму за {average} (Правила № 354, пункт 59). Так считаем не дольше {limit} подряд, потом — по нормативу "
    "(пункт 60). Когда показания придут, в следующем счёте пересчитаем: перерасчёт в нём будет виден.",
    "missing_norm": "Если показания по какой-либо причине до нас не дойдут, за этот месяц посчитаем по нормативу "
    "(Правила № 354, пункт 60). Когда показания придут, в следующем счёте пересчитаем: перерасчёт в нём будет виден.",
    "questions": "Вопросы: {contacts}",
    "short_ended": "Показания больше не принимаем",
    "short_ways": "Передать показания {days}{now}",
    "short_now": " (за {month} до {closes})",
    "short_soon": " (за {month} с {opens} по {closes})",
    "short_missing": "Не дойдут показания — посчитаем по среднему в месяц за {average}, а когда придут, пересчитаем в "
    "следующем счёте.",
    "short_missing_norm": "Не дойдут показания — посчитаем по нормативу, а когда придут, пересчитаем в следующем "
    "счёте.",
}

ENGLISH: Mapping[str, str] = {
    "title": "How to hand in meter readings",
    "title_ended": "{titles}: readings are no longer taken",
    "title_unstable": "{titles}: works unsteadily",
    "ended": "Closed",
    "unstable": "Works unsteadily",
    "unstable_do": "Readings may not arrive from there: better choose another way.",
    "planned": "Being built",
    "since": ", since {day}",
    "opens": ", opens on {day}",
    "until": "It takes no readings from {day} on.",
    "apology": "We know that it is hard to lose a way one is used to, and we apologise.",
    "now": "Readings for {month} are taken up to and including {closes}.",
    "soon": "Readings for {month} are awaited from {opens} to {closes}.",
    "over": "Readings for {before} closed on {closed}. Those for {month} are awaited from {opens} to {closes}.",
    "ways": "Readings can be handed in {days}",
    "only": "Only {days}.",
    "is_unstable": "Works unsteadily.",
    "no_way": "Readings can't be handed in now: no way works. As soon as one does, we write it here.",
    "details": "All ways are described in full on the back of the bill.",
    "recommend": "We recommend",
    "missing": "If a reading does not reach us for whatever reason, the month is charged by the average monthly volume "
    "of {average} (Rules No. 354, paragraph 59), for at most {limit} running, then by the norm (paragraph 60). Once "
    "the reading arrives, the next bill recalculates it, and shows that.",
    "missing_norm": "If a reading does not reach us for whatever reason, the month is charged by the norm (Rules "
    "No. 354, paragraph 60). Once the reading arrives, the next bill recalculates it, and shows that.",
    "questions": "Questions: {contacts}",
    "short_ended": "Readings are no longer taken by",
    "short_ways": "Hand in readings {days}{now}",
    "short_now": " (for {month} up to {closes})",
    "short_soon": " (for {month} from {opens} to {closes})",
    "short_missing": "If a reading doesn't reach us, the month is charged by the average monthly volume of {average}; "
    "once it arrives, the next bill recalculates.",
    "short_missing_norm": "If a reading doesn't reach us, the month is charged by the norm; once it arrives, the next "
    "bill recalculates.",
}


class Words(ABC):
    """What is said in a language. Days are those of a month, 1 to 31; 31 is its end."""

    texts: ClassVar[Mapping[str, str]]

    def text(self, code: str, /, **fields: object) -> str:
        return self.texts[code].format(**fields)

    @abstractmethod
    def each_month(self, first: int, last: int) -> str: ...

    @abstractmethod
    def days(self, first: int, last: int) -> str: ...

    @abstractmethod
    def latest_months(self, count: int) -> str: ...

    @abstractmethod
    def months(self, count: int) -> str:
        """So many months, as what something is no longer than."""


class Russian(Words):
    """«Последние 6 месяцев», «не дольше 3 месяцев»."""

    texts = RUSSIAN

    def each_month(self, first: int, last: int) -> str:
        if (first, last) == (1, 31):
            return "в любой день"
        if first == last:
            return f"{first} числа каждого месяца"
        return f"с {first} числа до конца каждого месяца" if last == 31 else f"с {first} по {last} число каждого месяца"

    def days(self, first: int, last: int) -> str:
        if first == last:
            return f"{first} числа"
        return f"с {first} числа до конца месяца" if last == 31 else f"с {first} по {last} число"

    def latest_months(self, count: int) -> str:
        if count == 1:
            return "последний месяц"
        few = count % 10 in {2, 3, 4} and count // 10 != 1
        one = count % 10 == 1 and count // 10 != 1
        return f"последние {count} {'месяц' if one else 'месяца' if few else 'месяцев'}"

    def months(self, count: int) -> str:
        return f"{count} {'месяца' if count % 10 == 1 and count // 10 != 1 else 'месяцев'}"


class English(Words):
    """«The 18th», «the last 6 months»."""

    texts = ENGLISH

    def each_month(self, first: int, last: int) -> str:
        if (first, last) == (1, 31):
            return "on any day"
        if first == last:
            return f"on the {_ordinal(first)} of each month"
        end = "end" if last == 31 else _ordinal(last)
        return f"from the {_ordinal(first)} to the {end} of each month"

    def days(self, first: int, last: int) -> str:
        if first == last:
            return f"on the {_ordinal(first)}"
        return f"from the {_ordinal(first)} to the {'end of the month' if last == 31 else _ordinal(last)}"

    def latest_months(self, count: int) -> str:
        return "the last month" if count == 1 else f"the last {count} months"

    def months(self, count: int) -> str:
        return f"{count} month{'' if count == 1 else 's'}"


def _ordinal(number: int) -> str:
    ending = "th" if number // 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


WORDS: Mapping[str, Words] = {"ru": Russian(), "en": English()}
