"""Bills as they stand on paper, made by hand: of any length, without a database."""

from __future__ import annotations

import dataclasses
from typing import Any

from sbyt.core.periods import Period
from sbyt.receipts.content import Chart, Content, Correction, Line, MeterRow, Month, Owed, Price, Sum
from sbyt.receipts.edition import Back
from sbyt.receipts.payment_code import payment_code
from sbyt.receipts.requirements import required
from sbyt.receipts.words import read_words
from tests.receipts.world import SETTINGS, TOKENS

NOVEMBER = Period.parse("2026-11")
NEEDED = required(SETTINGS)

PRICE = Price("115\u00a0кВт·ч", "6,05", "с июля 2026", "695,75")
LINE = Line(
    "Электроэнергия 00120001, полупик", "по показаниям", "4310", "октябрь 2026", "4425", "ноябрь 2026",
    "115\u00a0кВт·ч", "695,75", (PRICE,),
)  # fmt: skip
CORRECTION = Correction(
    "сентябрь 2026",
    "Электроэнергия …0001, полупик",
    "Считали по нормативу, теперь есть показания",
    "−15\u00a0кВт·ч",
    "−90,75",
)
SENTENCE = (
    "Электроэнергия …0001: показаний за ноябрь 2026 не было, поэтому посчитали по среднему: 690 кВт·ч за 6 мес., "
    "в месяц 115 кВт·ч. Пришлите показания — в следующем счёте пересчитаем."
)
BELOW_ZERO = Chart("Газ", "м³", tuple(Month(f"м{at}", -at, f"−{at}", "actual") for at in range(13)))
CHART = Chart(
    "Электроэнергия",
    "кВт·ч",
    tuple(Month(f"м{at}", 100 + 7 * at, str(100 + 7 * at), ("actual", "average", "norm")[at % 3]) for at in range(13)),
)


def sample(
    *, lines: int = 1, tiers: int = 1, corrections: int = 0, said: int = 0, charts: int = 1, number: int = 1
) -> Content:
    """A bill with so many of each."""
    account = f"{200000 + number}"
    line = dataclasses.replace(LINE, prices=(PRICE,) * tiers)
    purpose = f"Счёт за ноябрь 2026, {account}"
    bank = NEEDED.bank
    return Content(
        account=account,
        holder="Смирнова Анна Петровна",
        address="Республика Коми, г. Сыктывкар, ул. Мира, д. 12а, кв. 104",
        title="Счёт за ноябрь 2026",
        owed=Owed("К оплате", "1\u00a0234,56\u00a0₽", "до 15 декабря 2026"),
        nothing="",
        payment=payment_code(SETTINGS.company, bank, account, NOVEMBER, 123456, purpose),
        service=f"https://lk.example.org/b/{TOKENS.token(number, NOVEMBER)}",
        code=f"{account} код {TOKENS.code(number, NOVEMBER)}",
        sums=(Sum("Было на начало месяца: долг", "120,00"), Sum("Начислено за ноябрь 2026", "1\u00a0114,56")),
        total=Sum("К оплате", "1\u00a0234,56"),
        lines=(line,) * lines,
        said=(SENTENCE,) * said,
        corrections=(CORRECTION,) * corrections,
        charts=(CHART,) * charts,
        meters=(MeterRow("Электроэнергия", "00120001", "01.05.2034"),),
        payee=f"Плательщик: Смирнова Анна Петровна. Лицевой счёт {account}.",
        subject="Счёт за ноябрь 2026",
        mail="Здравствуйте.",
    )


def plain(content: Content) -> dict[str, Any]:
    """As it is kept."""
    return dataclasses.asdict(content)


def edition(language: str = "ru") -> dict[str, Any]:
    """What these bills have in common."""
    ways = {code: way for code, way in SETTINGS.channels.items() if way.is_named}
    return Back(SETTINGS, read_words(language, None), NEEDED, ways, "Счета").body({"states": {"sms": "planned"}})
