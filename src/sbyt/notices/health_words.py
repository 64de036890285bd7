"""What is said to staff of a channel's health: the state in a word, each reason in a sentence, and what to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from sbyt.messaging.health import HealthState, Reason


class Said(NamedTuple):
    """A reason in a sentence, and what to do about it."""

    what: str
    do: str


class _Sentence(NamedTuple):
    what: str
    since: str  # the same, where it is known since when
    do: str


_STATES: Mapping[str, Mapping[HealthState, str]] = {
    "ru": {
        HealthState.OK: "работает",
        HealthState.DEGRADED: "работает плохо",
        HealthState.DOWN: "не работает",
        HealthState.UNKNOWN: "неизвестно, давно не проверяли",
    },
    "en": {
        HealthState.OK: "works",
        HealthState.DEGRADED: "works badly",
        HealthState.DOWN: "does not work",
        HealthState.UNKNOWN: "unknown, not checked lately",
    },
}

_ERRORS: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "unreachable": "нет связи с оператором канала",
        "provider_failed": "ошибка у оператора канала",
        "uncertain": "оператор канала не отвечает вовремя",
        "": "ошибка",
    },
    "en": {
        "unreachable": "the provider can't be reached",
        "provider_failed": "the provider says that it failed",
        "uncertain": "the provider does not answer in time",
        "": "an error",
    },
}

_RENEW = "Обновите сертификат на сервере, который принимает обращения из интернета."
_REASONS: Mapping[str, Mapping[str, _Sentence]] = {
    "ru": {
        "key_refused": _Sentence(
            "Оператор канала не принимает наш ключ",
            "Оператор канала не принимает наш ключ с {since}",
            "Проверьте ключ у оператора и в переменных окружения, затем перезапустите sbyt work.",
        ),
        "failing": _Sentence(
            "Ничего не отправляется, {error}. Неудач подряд: {count}",
            "Ничего не отправляется с {since}, {error}. Неудач подряд: {count}",
            "Сообщения ждут и уйдут сами. Узнайте у оператора, что случилось, и проверьте связь.",
        ),
        "failing_often": _Sentence(
            "Часть сообщений не уходит: {count} неудачных попыток из {of} за 15 минут",
            "",
            "Они ждут и уйдут сами. Если не проходит, узнайте у оператора, что случилось.",
        ),
        "refused_often": _Sentence(
            "Оператор канала отказывается передавать: {count} из {of} за 15 минут",
            "",
            "Почему отказывает, показывает sbyt outbox. Эти сообщения сами больше не уйдут.",
        ),
        "all_gone": _Sentence(
            "Оператор канала отвечает, что адресаты недоступны: {count} подряд, и никто не получил",
            "",
            "Так отвечают всем и боту, который не прошёл проверку или заблокирован. Посмотрите в его кабинете.",
        ),
        "uncertain": _Sentence(
            "Неизвестно, дошли ли сообщения: {count} за 15 минут", "", "Какие именно, показывает sbyt outbox."
        ),
        "late": _Sentence(
            "Ответы людям ждут отправки",
            "Ответы людям ждут отправки с {since}",
            "Проверьте, работает ли sbyt work и не мала ли скорость канала (per_second).",
        ),
        "silent": _Sentence(
            "Ничего не приходит. Обычно за это время приходило не меньше {usual} сообщений",
            "Ничего не приходит с {since}. Обычно за это время приходило не меньше {usual} сообщений",
            "Напишите в канал сами. Если не дошло, проверьте у оператора, куда он присылает сообщения.",
        ),
        "certificate_expired": _Sentence("Сертификат нашего адреса истёк, к нам не могут попасть", "", _RENEW),
        "certificate_other_name": _Sentence("Сертификат выдан на другое имя, к нам не могут попасть", "", _RENEW),
        "certificate_untrusted": _Sentence(
            "Сертификату нашего адреса не доверяют, к нам не могут попасть",
            "",
            "Поставьте сертификат известного центра вместе с промежуточными.",
        ),
        "certificate_unreachable": _Sentence(
            "Наш адрес отсюда не открывается",
            "",
            "Откройте его извне. Если открывается, дайте и этому серверу до него дойти.",
        ),
        "certificate_ends": _Sentence("Сертификат нашего адреса истекает {day}", "", _RENEW),
        "webhook_missing": _Sentence(
            "Оператор канала не знает, куда присылать нам сообщения",
            "",
            "Укажите ему наш адрес: как, написано на странице канала в docs/channels.",
        ),
        "webhook_elsewhere": _Sentence(
            "Оператор канала присылает сообщения не на наш адрес",
            "",
            "Укажите ему наш адрес: как, написано на странице канала в docs/channels.",
        ),
        "webhook_failing": _Sentence(
            "Оператору канала не удаётся передать нам сообщения",
            "",
            "Проверьте, работает ли sbyt serve и открывается ли наш адрес извне.",
        ),
        "backlog": _Sentence(
            "У оператора канала копятся сообщения для нас",
            "",
            "Проверьте, работает ли sbyt serve и открывается ли наш адрес извне.",
        ),
        "provider_says": _Sentence("Оператор канала сообщает о неполадке", "", "Узнайте у него, что это значит."),
        "provider_out_of_reach": _Sentence(
            "Спросить оператора канала не удаётся: {error}", "", "Узнайте у него, что случилось, и проверьте связь."
        ),
    },
    "en": {
        "key_refused": _Sentence(
            "The provider does not accept our key",
            "The provider has not accepted our key since {since}",
            "Check the key at the provider and in the environment, then restart sbyt work.",
        ),
        "failing": _Sentence(
            "Nothing is sent: {error}. Failures on end: {count}",
            "Nothing has been sent since {since}: {error}. Failures on end: {count}",
            "The messages wait and will go by themselves. Ask the provider what happened, and check the connection.",
        ),
        "failing_often": _Sentence(
            "Some messages don't go: {count} of {of} attempts failed within 15 minutes",
            "",
            "They wait and will go by themselves. If it does not pass, ask the provider what happened.",
        ),
        "refused_often": _Sentence(
            "The provider refuses messages: {count} of {of} within 15 minutes",
            "",
            "sbyt outbox shows why. These will not go by themselves any more.",
        ),
        "all_gone": _Sentence(
            "The provider says of everybody that they can't be reached: {count} on end, and nobody got anything",
            "",
            "A bot that isn't moderated yet, or is blocked, gets this answer to everything. See its page there.",
        ),
        "uncertain": _Sentence(
            "Nobody knows whether messages arrived: {count} within 15 minutes", "", "sbyt outbox shows which."
        ),
        "late": _Sentence(
            "Answers to customers wait to be sent",
            "Answers to customers have waited to be sent since {since}",
            "See whether sbyt work is running, and whether the channel is too slow (per_second).",
        ),
        "silent": _Sentence(
            "Nothing comes in. At least {usual} messages usually came in such a time",
            "Nothing has come in since {since}. At least {usual} messages usually came in such a time",
            "Write to the channel yourself. If it does not arrive, see at the provider where it posts to.",
        ),
        "certificate_expired": _Sentence(
            "The certificate of our address has expired: nobody can reach us",
            "",
            "Renew the certificate on the server that takes requests from the internet.",
        ),
        "certificate_other_name": _Sentence(
            "The certificate is for another name: nobody can reach us",
            "",
            "Renew the certificate on the server that takes requests from the internet.",
        ),
        "certificate_untrusted": _Sentence(
            "The certificate of our address is not trusted: nobody can reach us",
            "",
            "Use one of a known authority, with those in between.",
        ),
        "certificate_unreachable": _Sentence(
            "Our address can't be reached from here",
            "",
            "Open it from outside. If that works, let this server reach it too.",
        ),
        "certificate_ends": _Sentence(
            "The certificate of our address ends on {day}",
            "",
            "Renew the certificate on the server that takes requests from the internet.",
        ),
        "webhook_missing": _Sentence(
            "The provider does not know where to post to us",
            "",
            "Give it our address: the channel's page in docs/channels says how.",
        ),
        "webhook_elsewhere": _Sentence(
            "The provider posts to another address than ours",
            "",
            "Give it our address: the channel's page in docs/channels says how.",
        ),
        "webhook_failing": _Sentence(
            "The provider can't hand us its messages",
            "",
            "See whether sbyt serve is running and our address opens from outside.",
        ),
        "backlog": _Sentence(
            "Messages for us pile up at the provider",
            "",
            "See whether sbyt serve is running and our address opens from outside.",
        ),
        "provider_says": _Sentence("The provider tells of a fault", "", "Ask it what that means."),
        "provider_out_of_reach": _Sentence(
            "The provider can't be asked: {error}", "", "Ask what happened, and check the connection."
        ),
    },
}

#: All codes of reasons that have words.
CODES = frozenset(_REASONS["ru"])


def said_health(state: HealthState, language: str) -> str:
    """The state with its sign: «✗ не работает»."""
    return f"{state.sign} {_STATES[language][state]}"


def said_reason(reason: Reason, language: str, zone: dt.tzinfo) -> Said:
    """A reason in a sentence, times in this zone, and what to do."""
    sentence, fields = _REASONS[language][reason.code], dict(reason.fields)
    form = sentence.since if sentence.since and "since" in fields else sentence.what
    errors = _ERRORS[language]
    put_in: dict[str, object] = {**fields, "error": errors.get(str(fields.get("error", "")), errors[""])}
    if "since" in fields:
        put_in["since"] = said_moment(str(fields["since"]), zone)
    if "day" in fields:
        put_in["day"] = f"{dt.datetime.fromisoformat(str(fields['day'])).astimezone(zone):%d.%m.%Y}"
    what = form.format(**put_in)
    return Said(f"{what}: «{fields['said']}»." if fields.get("said") else f"{what}.", sentence.do)


def said_moment(at: dt.datetime | str, zone: dt.tzinfo) -> str:
    moment = dt.datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{moment.astimezone(zone):%d.%m.%Y %H:%M}"
