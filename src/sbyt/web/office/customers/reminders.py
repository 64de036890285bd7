"""The customer's reminders on their screen: what was chosen, and the form to change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from sbyt.accounts.models import Account, Link
from sbyt.notices.reminders import Choice, choices_from, choose_for_account, reminder_of_account
from sbyt.usecases.write_to_customer import Way
from sbyt.web.office.customers.shown import Saying
from sbyt.web.office.roles import name_of

WORDS: Mapping[str, Mapping[str, str]] = {
    "ru": {
        "title": "Напоминания о показаниях",
        "off": "В sbyt.toml напоминания выключены: пока никому не напоминаем.",
        "nothing": "Ничего не выбрано.",
        "never": "Не напоминать",
        "on_day": "{day} числа",
        "best": "туда, где отвечает быстрее",
        "said": "{what}, {where}",
        "themselves": "Сам выбрал в {channel}: {what}",
        "change": "Изменить",
        "day": "В какой день месяца",
        "where": "Куда",
        "do": "Записать",
        "done": "Записано: {what}.",
        "bad": "Такой день или адрес выбрать нельзя.",
    },
    "en": {
        "title": "Reminders of readings",
        "off": "Reminders are off in sbyt.toml: nobody is reminded yet.",
        "nothing": "Nothing was chosen.",
        "never": "No reminders",
        "on_day": "On day {day}",
        "best": "where they answer soonest",
        "said": "{what}, {where}",
        "themselves": "Chose themselves in {channel}: {what}",
        "change": "Change",
        "day": "On which day of the month",
        "where": "Where",
        "do": "Save",
        "done": "Saved: {what}.",
        "bad": "That day or address can't be chosen.",
    },
}


def reminders_shown(account: Account, ways: list[Way], saying: Saying) -> dict[str, Any]:
    """What the part of the screen is made of."""
    words, window = WORDS[saying.language], settings.SBYT.window
    chosen = reminder_of_account(account.pk)
    links = Link.objects.filter(account=account, ended_at=None).values_list("kind", "address")
    return {
        "words": words,
        "off": "" if settings.SBYT.reminders.on else words["off"],
        "chosen": _said(chosen, saying),
        "themselves": [
            words["themselves"].format(channel=saying.channel(one.channel), what=_what(one, words))
            for one in choices_from(list(links))
        ],
        "days": range(window.first_day, window.last_day + 1),
        "day": chosen.day if chosen else None,
        "never": chosen is not None and chosen.day is None,
        "way": f"{chosen.channel}:{chosen.sender}" if chosen and chosen.channel else "",
        "ways": ways,
    }


def take_down(request: HttpRequest, account: Account, ways: list[Way], saying: Saying) -> tuple[bool, str]:
    """Take down what was chosen; tell whether it could be, and what to say.

    :param ways: those by which the customer can be written to.
    """
    words = WORDS[saying.language]
    day, typed = request.POST.get("day", ""), request.POST.get("way", "")
    way = next((one for one in ways if one.name == typed), None)
    if (typed and way is None) or not (day == "never" or (day.isascii() and day.isdigit())):
        return False, words["bad"]
    channel, sender = (way.channel, way.recipient) if way else ("", "")
    number = None if day == "never" else int(day)
    window = settings.SBYT.window
    try:
        choose_for_account(account.pk, number, name_of(request), window, settings.NOW(), channel=channel, sender=sender)
    except ValueError:  # a day on which nobody is reminded
        return False, words["bad"]
    return True, words["done"].format(what=_said(reminder_of_account(account.pk), saying))


def _said(chosen: Choice | None, saying: Saying) -> str:
    words = WORDS[saying.language]
    if chosen is None:
        return words["nothing"]
    if chosen.day is None:
        return words["never"]
    where = f"{saying.channel(chosen.channel)} {chosen.sender}" if chosen.channel else words["best"]
    return words["said"].format(what=_what(chosen, words), where=where)


def _what(chosen: Choice, words: Mapping[str, str]) -> str:
    return words["never"] if chosen.day is None else words["on_day"].format(day=chosen.day)
