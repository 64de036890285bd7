"""The back of the bill, from the state of the ways on the day."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sbyt.core.periods import Period
from sbyt.core.settings import ChannelSettings, ChannelState, WaySettings
from sbyt.receipts.edition import Back
from sbyt.receipts.requirements import required
from sbyt.receipts.words import read_words
from tests.receipts.world import SETTINGS

AUGUST = Period.parse("2026-08")


def back(before: dict[str, str] | None = None, language: str = "ru", **ways: WaySettings) -> dict[str, Any]:
    """The back with the ways of the world, changed as given; ``before``: the states on the last bill."""
    named = {code: way for code, way in {**SETTINGS.channels, **ways}.items() if way.is_named}
    made = Back(SETTINGS, read_words(language, None), required(SETTINGS), named, "Счёт")
    return made.body({"states": before} if before else {})


def rows(body: dict[str, Any]) -> list[tuple[str, ...]]:
    return [(row["sign"], row["title"], row["how"], row["days"]) for row in body["ways"]]


def test_each_open_way_says_what_to_do_and_on_which_days() -> None:
    assert rows(back())[1:] == [
        (
            "✓",
            "SMS",
            "Отправьте на 8 912 951-08-84: лицевой счёт и показания, например 1234567 4425.",
            "с 18 по 25",
        ),
        ("✓", "Телефон", "Позвоните 8 800 100-00-00 и следуйте подсказкам.", "с 18 по 20"),
        (
            "!",
            "Viber",
            "viber.example. Работает с перебоями: Сбои у оператора. Если не получилось, выберите другой путь.",
            "с 18 по 25",
        ),
        ("✓", "E-mail", "Напишите на help@example.org: лицевой счёт и показания.", "с 18 по 25"),
        ("○", "Telegram", "Скоро.", ""),
    ]


def test_where_the_company_is_and_how_it_is_reached_stands_there() -> None:
    contacts = "г. Сыктывкар, ул. Первомайская, 200 · 8 800 100-00-00 · help@example.org · www.example.org"
    assert back()["company"]["contacts"] == contacts


def test_the_code_on_the_face_comes_first() -> None:
    assert "QR-код" in rows(back())[0][1]


def test_a_footnote_stands_where_its_way_is_named() -> None:
    meta = "Meta признана в России экстремистской организацией"
    ended = ChannelSettings(title="WhatsApp", state=ChannelState.WITHDRAWN, footnote=meta)
    assert back(whatsapp=ended)["ended"] == [f"WhatsApp. {meta}."]
    opened = ChannelSettings(title="WhatsApp", address="@x", footnote=meta)
    assert ("✓", "WhatsApp", f"@x. {meta}", "с 18 по 25") in rows(back(whatsapp=opened))


def test_what_ended_says_since_when_and_why() -> None:
    assert back()["ended"] == ["WhatsApp, с 12 августа 2026: Meta заблокировала наш аккаунт."]


def test_what_no_customer_is_told_of_is_not_named() -> None:
    assert "Консоль" not in str(back())


@pytest.mark.parametrize(
    ("way", "days"),
    [
        (WaySettings(title="Почта", address="отделения"), "с 18 по 25"),
        (WaySettings(title="Почта", address="отделения", first_day=20, last_day=31), "с 20 по 25"),
        (WaySettings(title="Почта", address="отделения", first_day=1, last_day=5), "с 1 по 5"),
    ],
)
def test_days_are_those_on_which_readings_count_for_the_month(way: WaySettings, days: str) -> None:
    assert rows(back(post=way))[-2][3] == days


def test_the_companys_own_sentence_stands_beside() -> None:
    way = WaySettings(title="Почта", address="отделения", note="Возьмите квитанцию.")
    assert rows(back(post=way))[-2][2] == "отделения. Возьмите квитанцию."


@pytest.mark.parametrize(
    ("before", "news"),
    [
        ({}, []),
        ({"sms": "open", "voice": "open", "viber": "unstable", "telegram": "planned", "whatsapp": "withdrawn"}, []),
        (
            {"sms": "planned", "voice": "open", "viber": "open", "telegram": "planned", "whatsapp": "open"},
            [
                "Теперь показания принимает SMS: 8 912 951-08-84.",
                "Viber работает с перебоями: Сбои у оператора.",
                "WhatsApp больше не принимает показания, с 12 августа 2026: Meta заблокировала наш аккаунт.",
            ],
        ),
        ({"sms": "withdrawn", "voice": "open", "viber": "unstable", "telegram": "planned", "whatsapp": "withdrawn"},
         ["Теперь показания принимает SMS: 8 912 951-08-84."]),
        ({"sms": "open", "voice": "open", "viber": "unstable", "whatsapp": "withdrawn"}, []),
    ],
)  # fmt: skip
def test_what_changed_since_the_last_bill_is_said(before: dict[str, str], news: list[str]) -> None:
    assert back({**before, "max": "open", "email": "open"} if before else None)["news"] == news


def test_what_happens_without_a_reading_is_said_with_the_companys_limits() -> None:
    notice = back()["notice"][0]
    assert "с 18 по 25 число" in notice
    assert "за последние 6 мес., но не дольше 3 мес. подряд" in notice


def test_it_speaks_english() -> None:
    body = back(language="en", whatsapp=ChannelSettings(title="WhatsApp", state=ChannelState.WITHDRAWN,
                                                        since=dt.date(2026, 8, 12), why="Blocked"))  # fmt: skip
    assert body["ended"] == ["WhatsApp, since 12 August 2026: Blocked."]
    assert not any("\u0400" <= letter <= "\u04ff" for letter in body["ways_title"] + body["notice"][0])
