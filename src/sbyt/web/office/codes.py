"""Codes of readings, messages and tasks as staff say them."""

from __future__ import annotations

from collections.abc import Mapping

#: Why a reading was doubted or a message came to staff.
REASONS: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "impossible": "Столько не могло пройти",
        "lower": "Меньше прошлого",
        "high": "Необычно много",
        "swapped": "Похоже, переставлены",
        "decimal": "Похоже, с красными цифрами",
        "rollover": "Через ноль",
        "unknown_account": "Счёт не найден",
        "unknown_meter": "Счётчик не найден",
        "removed": "Счётчик снят",
        "duplicate": "Уже было",
        "closed": "Канал закрыт",
        "inspected": "Есть показание контролёра",
        "new_meter": "Новый счётчик",
        "operator": "Просит человека",
        "unknown": "Не поняли сообщение",
        "too_long": "Слишком длинное сообщение",
        "unanswered": "Не ответил на вопрос",
        "not_handled": "Сбой у нас",
        "photo": "Прислали фото",
        "is_reading": "Показание ли это",
    },
    "en": {
        "impossible": "More than can be",
        "lower": "Below the last",
        "high": "Unusually much",
        "swapped": "Seems exchanged",
        "decimal": "Seems to have the red figures",
        "rollover": "Through zero",
        "unknown_account": "No such account",
        "unknown_meter": "No such meter",
        "removed": "Meter taken off",
        "duplicate": "Known already",
        "closed": "Channel closed",
        "inspected": "Inspector's reading stands",
        "new_meter": "A new meter",
        "operator": "Asks for a person",
        "unknown": "Not understood",
        "too_long": "Message too long",
        "unanswered": "Did not answer",
        "not_handled": "A fault of ours",
        "photo": "Sent a photo",
        "is_reading": "Whether it is a reading",
    },
}

#: What is to be known and done about each, in a sentence.
ADVICE: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "impossible": "За это время столько не могло пройти через вводной автомат или трубу. "
        "Чаще всего лишняя цифра или чужой счётчик.",
        "lower": "Показание ниже прошлого учтённого. Чаще всего ошибка сейчас или раньше: "
        "если неверно прошлое, отмените его на экране клиента, потом примите это.",
        "unknown_account": "Такого счёта нет, и человек прислал это не первый раз. Найдите его по адресу или имени.",
        "unknown_meter": "Такого счётчика на счёте нет. Возможно, его заменили и мы об этом не знаем.",
        "removed": "Счётчик снят с учёта. Возможно, человек прислал показание прежнего.",
        "inspected": "За этот месяц показание снял контролёр, оно и войдёт в счёт. Если человек не согласен, "
        "нужна повторная проверка.",
        "new_meter": "Человек пишет о новом счётчике. Его заводят в биллинге; показание нового пока не записано.",
        "operator": "Человек просит, чтобы ему ответили.",
        "unknown": "Дважды подряд не поняли, чего хочет человек.",
        "too_long": "Сообщение длиннее, чем мы читаем сами.",
        "photo": "Человек прислал фото без числа. Прочтите показание и запишите его сами.",
        "unanswered": "Мы спросили и спросили ещё раз, ответа нет. Значения ниже никуда не записаны.",
        "not_handled": "Сообщение сохранено, но обработать его не вышло из-за сбоя у нас. "
        "Если сбой устранён, обработайте его ещё раз.",
    },
    "en": {
        "impossible": "So much can't have passed the connection in that time. "
        "Mostly it is a figure too many, or another meter.",
        "lower": "Below the last reading that counts. Mostly a slip, now or then: if the last one is wrong, "
        "cancel it on the customer's screen, then take this one.",
        "unknown_account": "There is no such account, and it was sent more than once. Find it by address or name.",
        "unknown_meter": "The account has no such meter. It may have been exchanged without our knowing.",
        "removed": "The meter was taken off. They may have sent the reading of the old one.",
        "inspected": "An inspector read this month, and that stands. If the customer disagrees, it must be read again.",
        "new_meter": "They write of a new meter. It is entered in billing; its reading is not stored yet.",
        "operator": "They ask for somebody to answer.",
        "unknown": "Twice running it was not understood what they want.",
        "too_long": "Longer than what we read ourselves.",
        "photo": "They sent a photo without a figure. Read it and take the reading yourself.",
        "unanswered": "We asked, and asked again; no answer. The values below are stored nowhere.",
        "not_handled": "The message is kept, but handling it failed because of a fault of ours. "
        "Once that is mended, have it handled again.",
    },
}

#: What a message came to.
OUTCOMES: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "accepted": "✓ принято",
        "confirm": "? переспросили",
        "ask": "? спросили",
        "refused": "✗ не принято",
        "duplicate": "уже было",
        "info": "ответили",
        "closed": "✗ канал закрыт",
        "unknown": "? не поняли",
    },
    "en": {
        "accepted": "✓ taken",
        "confirm": "? asked to confirm",
        "ask": "? asked",
        "refused": "✗ not taken",
        "duplicate": "known already",
        "info": "answered",
        "closed": "✗ channel closed",
        "unknown": "? not understood",
    },
}

#: Why we said something unasked.
PURPOSES: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "owner_told": "уведомление владельцу",
        "asked_again": "спросили ещё раз",
        "staff_decided": "решение сотрудника",
        "staff_wrote": "написал сотрудник",
        "channel_alarm": "тревога о канале",
        "channel_withdrawn": "рассылка: канал закрыт",
        "mass_notice": "рассылка",
        "notice_tried": "проба рассылки",
        "reminder": "напоминание",
    },
    "en": {
        "owner_told": "notice to the owner",
        "asked_again": "asked once more",
        "staff_decided": "decided by staff",
        "staff_wrote": "written by staff",
        "channel_alarm": "alarm of a channel",
        "channel_withdrawn": "mass notice: channel closed",
        "mass_notice": "mass notice",
        "notice_tried": "mass notice, tried",
        "reminder": "reminder",
    },
}


def said(codes: Mapping[str, Mapping[str, str]], language: str, code: str) -> str:
    """A code in a language; as it is where nobody named it yet."""
    return codes[language].get(code, code)
