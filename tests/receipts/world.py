"""Settings with all that bills need, and the example's ten households, billed and issued month by month."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sbyt.accounts.tokens import Tokens
from sbyt.core.periods import Period
from sbyt.core.settings import Bank, ChannelSettings, ChannelState, Company, Settings, Web
from sbyt.usecases.issue_receipts import issue_receipts
from sbyt.usecases.run_billing import run_billing
from tests.billing.loading import load

CASE = Path(__file__).parent.parent / "data" / "billing" / "case"
AUGUST = Period.parse("2026-08")
NOW = dt.datetime(2026, 9, 1, 9, 0, tzinfo=dt.UTC)
KEYS = {0: b"a key for tests"}
TOKENS = Tokens(KEYS)
SETTINGS = Settings(
    company=Company(
        name="АО «Энергосбыт»",
        address="г. Сыктывкар, ул. Первомайская, 200",
        site="www.example.org",
        email="help@example.org",
        phones=("8 800 100-00-00",),
        bank=Bank(
            name="ПАО «Банк»",
            bic="044525225",
            account="40702810900000000001",
            correspondent_account="30101810400000000225",
            inn="7700000000",
            kpp="770001001",
        ),
    ),
    web=Web(address="https://lk.example.org"),
    channels={
        "sms": ChannelSettings(title="SMS", address="8 912 951-08-84", senders="phone"),
        "voice": ChannelSettings(title="Телефон", first_day=18, last_day=20, rendering="keypad", senders="phone"),
        "viber": ChannelSettings(
            title="Viber", address="viber.example", state=ChannelState.UNSTABLE, why="Сбои у оператора"
        ),
        "telegram": ChannelSettings(title="Telegram", state=ChannelState.PLANNED),
        "whatsapp": ChannelSettings(
            title="WhatsApp",
            state=ChannelState.WITHDRAWN,
            since=dt.date(2026, 8, 12),
            why="Meta заблокировала наш аккаунт",
        ),
        "email": ChannelSettings(title="E-mail", senders="email"),
        "max": ChannelSettings(title="MAX"),  # nobody said where it is
        "console": ChannelSettings(title="Консоль", public=False),
    },
)


def billed() -> None:
    """The whole example: each month loaded and billed, nothing issued."""
    for folder in sorted(CASE.iterdir()):
        load(folder)
        run_billing(Period.parse(folder.name), SETTINGS, now=NOW)


def issued() -> None:
    """The same, with August's bills issued."""
    billed()
    issue_receipts(AUGUST, SETTINGS, KEYS, NOW)
