"""What is understood as a wish to be reminded, and what is not."""

from __future__ import annotations

import pytest

from sbyt.conversation.reminders import Wanted, find_reminder


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("напоминать 20", Wanted(wanted=True, day=20)),
        ("Напомните мне 19-го числа.", Wanted(wanted=True, day=19)),
        ("напоминать", Wanted(wanted=True, day=None)),
        ("напоминай 21", Wanted(wanted=True, day=21)),
        ("Напоминание 18", Wanted(wanted=True, day=18)),
        ("/remind 22", Wanted(wanted=True, day=22)),
        ("remind me on the 23rd", Wanted(wanted=True, day=23)),
        ("не напоминать", Wanted(wanted=False, day=None)),
        ("Не напоминайте мне", Wanted(wanted=False, day=None)),
        ("no reminders", Wanted(wanted=False, day=None)),
        ("don’t remind", Wanted(wanted=False, day=None)),
        ("больше не напоминать", Wanted(wanted=False, day=None)),
        ("не надо напоминать", Wanted(wanted=False, day=None)),
        ("не напоминайте больше", Wanted(wanted=False, day=None)),
        ("Пожалуйста, напоминайте мне 20 числа", Wanted(wanted=True, day=20)),
    ],
)
def test_a_wish_to_be_reminded(text: str, wanted: Wanted) -> None:
    assert find_reminder(text) == wanted


@pytest.mark.parametrize(
    "text",
    ["напоминаю, 4425", "напоминать 4425", "200004 4425 напомните", "20", "напомните баланс", "", "напоминать 20 4425"],
)
def test_anything_else_is_none(text: str) -> None:
    assert find_reminder(text) is None
