"""What mass notices say: for each language whole, and as short as an SMS. Nothing personal stands in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

from sbyt.conversation.acts import Closed
from sbyt.conversation.facts import Way
from sbyt.conversation.render import LANGUAGES, LONGEST_SMS
from sbyt.conversation.render.own_words import told_in
from sbyt.conversation.render.words import Words
from sbyt.core.periods import Period
from sbyt.core.settings import ChannelSettings

#: The texts of one notice, by language: ``text``, ``short`` for an SMS, ``subject`` where a channel has such a thing.
Texts = Mapping[str, Mapping[str, str]]

_SUBJECTS = {
    "ru": {
        "withdrawn": "{title} больше не принимает показания",
        "leaving": "{title} с {day} не будет принимать показания",
        "own": "Сообщение",
        "reminder": "Показания счётчиков",
    },
    "en": {
        "withdrawn": "{title} takes no readings any more",
        "leaving": "{title} will take no readings from {day}",
        "own": "A message",
        "reminder": "Meter readings",
    },
}
_REMINDERS = {
    "ru": {
        "text": "Ваших показаний за {month} у нас ещё нет. Пришлите их до {day}: просто ответьте на это сообщение, "
        "например «свет 4425». Не хотите напоминаний? Ответьте «не напоминать».",
        "short": "Показаний за {month} ещё нет. Пришлите до {day}, ответив на это сообщение, например: свет 4425",
    },
    "en": {
        "text": "We have no readings of yours for {month} yet. Send them until {day}: just answer this message, for "
        "example “electricity 4425”. No reminders? Answer “don't remind”.",
        "short": "No readings for {month} yet. Send them until {day} as an answer to this, for example: light 4425",
    },
}


class UnableToPutIntoWords(ValueError):
    """There is nothing to say, or it does not fit. The text says what and what to do."""


def withdrawn_texts(
    channel: ChannelSettings, ways: Sequence[Way], until: dt.date, today: dt.date, english: Mapping[str, str]
) -> Texts:
    """That a channel takes no readings any more, or from which day on, where to send them instead, and until when.

    :param ways: the open ones.
    :param english: how the company's own words are said in English, by the Russian.
    :param until: the last day; it is not said where the channel takes readings until then.

    :raises UnableToPutIntoWords: if there is no open way, or not even one fits an SMS.
    """
    if not ways:
        raise UnableToPutIntoWords("Показания отправить некуда: ни один путь не открыт. Откройте: sbyt channels open")
    since = channel.since
    leaving = since if since and since > today else None
    act = Closed(
        channel.title,
        withdrawn=True,
        first_day=channel.first_day,
        last_day=channel.last_day,
        ways=tuple(ways),
        until=None if leaving and leaving > until else until,
        since=since,
        why=channel.why or "",
        note=" ".join(filter(None, (Words.sentence(channel.note or ""), channel.footnote))),
        ahead=leaving is not None,
    )
    return {
        language: {
            "text": words.say(told_in((act,), language, english), 0),
            "short": _short(act, language, english),
            "subject": _SUBJECTS[language]["leaving" if leaving else "withdrawn"].format(
                title=channel.title if language == "ru" else english.get(channel.title, channel.title),
                day=words.day(leaving or today),
            ),
        }
        for language, words in LANGUAGES.items()
    }


def _short(act: Closed, language: str, english: Mapping[str, str]) -> str:
    """As many ways as fit an SMS that also says until when, the surest first.

    Those that take readings on some days only may be over when it is read: they are named where no other is open.
    """
    now = [way for way in act.ways if not way.later]
    lasting = [way for way in now if not way.has_own_days] or now
    near = sorted(lasting, key=lambda way: (way.unstable, not way.address))
    for count in range(min(len(near), 4), 0, -1):
        few = replace(act, ways=tuple(near[:count]))
        said = LANGUAGES[language].say(told_in((few,), language, english), 1)
        if len(said) <= LONGEST_SMS:
            return said
    raise UnableToPutIntoWords(
        f"В SMS ({LONGEST_SMS} знака) не помещается ни один путь. Укоротите адрес: sbyt channels open … --address"
    )


def own_texts(russian: str, english: str, *, short_russian: str = "", short_english: str = "") -> Texts:
    """The company's own words. Who speaks a language that nothing was written in reads the other.

    :raises UnableToPutIntoWords: if there are no words, or none that are as short as an SMS.
    """
    whole, short = {"ru": russian.strip(), "en": english.strip()}, {"ru": short_russian, "en": short_english}
    given = [language for language in whole if whole[language]]
    if not given:
        raise UnableToPutIntoWords("Напишите, что сказать: --text-ru или --text-en")
    texts = {}
    for language, words in whole.items():
        source = language if words else given[0]
        said = short[source].strip() or whole[source]
        if len(said) > LONGEST_SMS:
            raise UnableToPutIntoWords(
                f"Для SMS в тексте {len(said)} знаков, помещается {LONGEST_SMS}. Напишите короче: --short-{source}"
            )
        texts[language] = {"text": whole[source], "short": said, "subject": _SUBJECTS[source]["own"]}
    return texts


def reminder_texts(period: Period, until: dt.date) -> Texts:
    """That there is no reading yet for a period, how to send one right there, and until when."""
    return {
        language: {
            name: said.format(month=words.month(period), day=words.day(until))
            for name, said in _REMINDERS[language].items()
        }
        | {"subject": _SUBJECTS[language]["reminder"]}
        for language, words in LANGUAGES.items()
    }


def text_for(texts: Texts, language: str, rendering: str) -> str:
    """What somebody reads in a channel of this rendering."""
    said = texts.get(language) or next(iter(texts.values()))
    return said["short" if rendering == "short" else "text"]


def subject_for(texts: Texts, language: str) -> str:
    return (texts.get(language) or next(iter(texts.values())))["subject"]
