"""The list of those who were not told, for the contact centre: rows of CSV, in either language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sbyt.notices.models import Campaign
from sbyt.notices.numbers import NotTold, not_told

#: What became of addressees, in the order in which it is told; the signs stand before the words.
ENDS: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "sent": "отправлено",
        "under_way": "в исходящих",
        "waiting": "ждут",
        "there": "показания уже есть",
        "unreachable": "не достать",
        "failed": "отказ",
        "uncertain": "неизвестно",
        "expired": "не успели",
        "stopped": "остановлено",
    },
    "en": {
        "sent": "sent",
        "under_way": "in the outbox",
        "waiting": "waiting",
        "there": "readings are there",
        "unreachable": "out of reach",
        "failed": "refused",
        "uncertain": "uncertain",
        "expired": "too late",
        "stopped": "stopped",
    },
}
#: Why somebody was not told, by the code of the reason.
WHY: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "unknown": "неизвестно, кто это",
        "no_address": "другого адреса нет",
        "silent": "просил не писать или недоступен",
        "closed": "канал закрыли",
        "recipient_gone": "адресат недоступен",
        "message_refused": "провайдер отказался передать",
        "cannot_carry": "канал не умеет передать",
        "failed": "провайдер отказал",
        "uncertain": "неизвестно, дошло ли",
        "expired": "не успели отправить",
    },
    "en": {
        "unknown": "nobody knows who it is",
        "no_address": "no other address",
        "silent": "asked not to be written to, or is out of reach",
        "closed": "the channel was closed",
        "recipient_gone": "out of reach there",
        "message_refused": "the provider refused it",
        "cannot_carry": "the channel can't carry it",
        "failed": "the provider refused it",
        "uncertain": "nobody knows whether it arrived",
        "expired": "could not be sent in time",
    },
}
#: The columns of the file: they have the same names in either language, as those of all files do.
COLUMNS = ("account", "holder", "address", "phone", "used", "result", "reason")


def why(one: NotTold, language: str) -> str:
    words = WHY[language]
    return words.get(one.why) or words[one.end.value]


def csv_rows(campaign: Campaign, language: str) -> Iterator[Sequence[str]]:
    """The head and then a row for each account of everybody who was not told."""
    yield COLUMNS
    for one in not_told(campaign):
        result = ENDS[language][one.end.value]
        yield (one.account, one.holder, one.address, one.phone, one.used, result, why(one, language))
