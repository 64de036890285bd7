"""``sbyt channels``, as it is called."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from typer.testing import CliRunner

from sbyt.cli.main import app
from sbyt.config.channels import connected
from sbyt.config.load import parse_settings
from sbyt.messaging.models import ChannelStatus
from tests.support.databases import Database
from tests.support.telegram import BOT_NAME, TOKEN, a_bot_api

TODAY = dt.datetime.now(ZoneInfo("Europe/Moscow")).date()
DAY = f"{TODAY:%d.%m.%Y}"


def sbyt(*words: str) -> tuple[int, str]:
    """Exit status, and all that was said."""
    done = CliRunner().invoke(app, ["channels", *words], catch_exceptions=False)
    return done.exit_code, done.output


def line_of(code: str, said: str) -> str:
    (line,) = [line for line in said.splitlines() if line.startswith(f"{code} ")]
    return re.sub(r" {2,}", "  ", line)


def test_at_first_all_is_as_in_the_file(database: Database) -> None:
    status, said = sbyt("list")
    assert status == 0
    assert line_of("voice", said) == "voice  Телефон; ✓ открыт; дни 18–20"
    assert set(ChannelStatus.objects.values_list("changed_by", flat=True)) == {"sbyt.toml"}


def test_after_a_change_customers_words_are_shown(database: Database) -> None:
    status, said = sbyt("withdraw", "whatsapp", "--why", "Канал заблокирован", "--by", "Иванова")
    assert status == 0
    first, answer, hidden = said.splitlines()
    assert hidden.startswith("Людям WhatsApp не называется")
    assert first == f"WhatsApp: ✗ закрыт с {DAY} (Канал заблокирован). Было: ✓ открыт."
    assert answer.startswith("Там теперь ответят: «WhatsApp с ")
    assert "больше не принимает показания. Канал заблокирован. Отправьте так" in answer
    assert line_of("whatsapp", sbyt("list")[1]) == (
        f"whatsapp  WhatsApp; ✗ закрыт с {DAY} (Канал заблокирован); людям не называется: public = false"
    )
    assert (
        sbyt("list", "--history", "whatsapp")[1]
        .splitlines()[-1]
        .endswith(f"Иванова: ✗ закрыт с {DAY}; Канал заблокирован; WhatsApp")
    )


def test_the_same_again_says_that_nothing_changes(database: Database) -> None:
    sbyt("unstable", "viber")
    assert sbyt("unstable", "viber") == (0, f"Ничего не изменилось. Viber: ! работает с перебоями с {DAY}.\n")


def test_an_open_way_is_shown_as_others_name_it(database: Database) -> None:
    _, said = sbyt("unstable", "max", "--address", "@sbyt")
    assert said.splitlines()[-1] == "В других местах его теперь назовут: «MAX @sbyt (работает с перебоями)»"


def test_what_is_to_come_is_listed(database: Database) -> None:
    day = TODAY + dt.timedelta(days=30)
    status, said = sbyt("withdraw", "viber", "--since", day.isoformat())
    assert (status, said.splitlines()[1]) == (0, "Это начнёт действовать в тот день, до него всё по-прежнему.")
    assert f"впереди: с {day:%d.%m.%Y} ✗ закрыт" in sbyt("list")[1]
    assert "✓ открыт" in line_of("viber", sbyt("list")[1])


def test_all_that_people_read_can_be_changed(database: Database) -> None:
    words = ("--title", "Робот", "--address", "8 800", "--days", "10-12", "--note", "Нажмите 2", "--footnote", "Чужой")
    assert sbyt("open", "voice", *words)[0] == 0
    assert line_of("voice", sbyt("list")[1]) == "voice  Робот; ✓ открыт; 8 800; дни 10–12; Нажмите 2; сноска: Чужой"
    assert sbyt("list", "--history", "voice")[1].splitlines()[-1].endswith("Нажмите 2; сноска: Чужой")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("withdraw", "vibber"), "Пути 'vibber' нет. Есть: sms, "),
        (("open", "voice", "--days", "20-18"), "Дни 20-18 не подходят"),
        (("open", "voice", "--days", "mondays"), "не дни месяца"),
        (("open", "voice", "--since", "tomorrow"), "не день"),
        (("open", "voice", "--since", "1999-01-01"), "слишком далеко"),
        (("list", "--history", "vibber"), "Пути 'vibber' нет"),
    ],
)
def test_what_can_not_be_is_refused_with_what_can(database: Database, words: tuple[str, ...], said: str) -> None:
    status, output = sbyt(*words)
    assert (status, said in output) == (2, True)


def test_it_is_told_when_no_way_is_left(database: Database) -> None:
    codes = set(ChannelStatus.objects.values_list("channel", flat=True)) or {
        line.split()[0] for line in sbyt("list")[1].splitlines()
    }
    said = [sbyt("withdraw", code)[1] for code in sorted(codes - {"console", "webform"})]
    assert "людям некуда отправить показания" in said[-1]
    assert "людям некуда отправить показания" not in said[0]


def test_what_is_simulated_is_called_so(database: Database) -> None:
    settings = parse_settings("[demo]\nsimulator = true", "sbyt.toml")
    with override_settings(CONNECTED_CHANNELS=lambda: connected(settings, {}, lambda: dt.datetime.now(dt.UTC))):
        _, said = sbyt("list")
        checked = CliRunner().invoke(app, ["doctor"], catch_exceptions=False).output
    assert line_of("sms", said) == "sms  SMS; ✓ открыт; имитация, никому ничего не уходит"
    assert "имитация" not in line_of("console", said)
    assert "имитация   ! внимание     это демонстрация, никому ничего не уходит: SMS, Телефон" in checked


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("vibber", 2, "Канал 'vibber' не подключён. Подключены: console, webform."),
        ("console", 2, "У этого канала регистрировать нечего"),
    ],
)
def test_where_nothing_can_be_registered_it_is_told_why(database: Database, code: str, status: int, said: str) -> None:
    found, output = sbyt("register", code)
    assert (found, said in output) == (status, True)


@pytest.mark.parametrize(
    ("token", "options", "status", "said"),
    [
        (TOKEN, "", 0, f"Бот @{BOT_NAME}: webhook снят, сообщения забирает sbyt work."),
        (TOKEN, "updates = 'webhook'", 0, f"Бот @{BOT_NAME}: сообщения придут на https://lk.example.org/in/telegram."),
        (TOKEN, "bot = '@another_bot'", 2, "а в sbyt.toml bot = «another_bot»"),
        (TOKEN[:-1] + "X", "", 1, "Не получилось: not_authorised: 401: Unauthorized. Провайдер не принимает наш ключ."),
    ],
)
def test_a_provider_is_told_how_to_reach_us(
    database: Database, token: str, options: str, status: int, said: str
) -> None:
    with a_bot_api() as api:
        text = (
            f"[web]\naddress = 'https://lk.example.org'\n[channels.telegram.options]\naddress = '{api.url}'\n{options}"
        )
        settings = parse_settings(text, "sbyt.toml")
        environ = {"SBYT_TELEGRAM_TOKEN": token, "SBYT_TELEGRAM_WEBHOOK_SECRET": "s" * 32}
        channels = connected(settings, environ, lambda: dt.datetime.now(dt.UTC))
        with override_settings(SBYT=settings, CONNECTED_CHANNELS=lambda: channels):
            found, output = sbyt("register", "telegram")
    assert (found, said in output, token in output) == (status, True, False), output
