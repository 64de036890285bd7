"""``sbyt channels notice``, as it is called: that morning reached by commands, and told in each format."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from typer.testing import CliRunner

from sbyt.cli.main import app
from sbyt.config.load import parse_settings
from tests.support.databases import Database, FreshDatabase
from tests.support.notices import lines_of, read_rss

MORNING = Path(__file__).parents[1] / "data" / "that_morning"
FACTS = tomllib.loads((MORNING / "facts.toml").read_text(encoding="utf-8"))["facts"]
SETTINGS = parse_settings((MORNING / "sbyt.toml").read_text(encoding="utf-8"), "sbyt.toml")

DAY = "2026-11-20"
COMMANDS = (
    (
        *("withdraw", "whatsapp", "--since", DAY, "--by", "Иванова"),
        *("--why", "Компания Meta, которой принадлежит WhatsApp, заблокировала нам приём показаний"),
        *("--footnote", "Meta, владелец WhatsApp, признана в России экстремистской организацией"),
    ),
    ("unstable", "viber", "--since", DAY, "--by", "Иванова"),
    ("plan", "telegram", "--since", DAY, "--by", "Иванова"),
)
FORMATS = ("text", "html", "rss", "short")


def sbyt(*words: str) -> tuple[int, str, str]:
    """Exit status, what was said and what was warned of."""
    done = CliRunner().invoke(app, ["channels", *words], catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def notice(*words: str) -> str:
    status, said, warned = sbyt("notice", "--day", DAY, *words)
    assert (status, warned) == (0, "")
    return said


@pytest.fixture(scope="module")
def that_morning(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database() as made, override_settings(SBYT=SETTINGS):
        for words in COMMANDS:
            assert sbyt(*words)[0] == 0
        yield made


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("kind", FORMATS)
def test_that_morning_every_fact_is_told(that_morning: Database, kind: str, language: str) -> None:
    lines = [line.casefold() for line in lines_of(notice("--format", kind, "--language", language), kind)]
    missing = [
        fact["what"]
        for fact in FACTS
        if not any(all(word.casefold() in line for word in fact[language]) for line in lines)
    ]
    assert missing == []


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("title", ["MAX", "ВКонтакте", "Консоль", "Офис"])
def test_what_is_not_to_be_announced_is_left_out(that_morning: Database, kind: str, title: str) -> None:
    assert title not in notice("--format", kind)


def test_the_short_one_fits_a_message_of_any_messenger(that_morning: Database) -> None:
    for language in ("ru", "en"):
        assert len(notice("--format", "short", "--language", language)) < 2000


def test_without_a_word_it_is_text_in_the_companys_language(that_morning: Database) -> None:
    assert notice() == notice("--format", "text", "--language", "ru")
    assert notice().splitlines()[0] == "WhatsApp*: показания больше не принимаем"


def test_it_is_written_to_a_file(that_morning: Database, tmp_path: Path) -> None:
    out = tmp_path / "notice.html"
    assert sbyt("notice", "--day", DAY, "--format", "html", "--out", str(out)) == (0, f"Записано: {out}\n", "")
    assert out.read_text(encoding="utf-8") == notice("--format", "html")


def test_a_feed_leads_to_the_companys_site_where_it_has_no_page_of_ours(that_morning: Database) -> None:
    assert read_rss(notice("--format", "rss")).findtext("link") == "https://www.komiesc.ru"


def test_the_day_before_nothing_had_ended(that_morning: Database) -> None:
    said = sbyt("notice", "--day", "2026-11-19")[1]
    assert said.splitlines()[0] == "Как передать показания"
    assert "• WhatsApp. С 20 ноября 2026 года здесь показания не принимаем.\n" in said
    assert "извинения" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--day", "tomorrow"), "не день; нужен, например, 2026-12-01"),
        (("--day", "9999-12-31"), "не день; нужен, например, 2026-12-01"),
        (("--format", "pdf"), "'pdf' is not one of"),
        (("--language", "kv"), "'kv' is not one of"),
        (("--out", "/nowhere/notice.txt"), "Файл /nowhere/notice.txt не записан"),
    ],
)
def test_what_can_not_be_is_refused_with_what_can(that_morning: Database, words: tuple[str, ...], said: str) -> None:
    status, _, warned = sbyt("notice", *words)
    assert (status, said in warned) == (2, True)


@pytest.fixture
def without_a_file(database: Database) -> Iterator[Database]:
    with override_settings(SBYT=parse_settings("", "sbyt.toml")):
        yield database


def test_a_feed_without_any_address_is_refused(without_a_file: Database) -> None:
    status, said, warned = sbyt("notice", "--format", "rss")
    assert (status, said) == (2, "")
    assert "[web] address" in warned


def test_what_has_no_english_is_told_to_who_can_write_it(without_a_file: Database) -> None:
    sbyt("withdraw", "max", "--why", "Канал заблокирован")
    status, said, warned = sbyt("notice", "--language", "en")
    assert status == 0
    assert "Канал заблокирован." in said
    assert "По-английски не сказано, осталось по-русски: «Канал заблокирован»" in warned
    assert "[notice.english]" in warned


def test_a_post_too_long_for_a_messenger_is_told(without_a_file: Database) -> None:
    sbyt("unstable", "max", "--why", "Так бывает. " * 400)
    assert "в одно сообщение мессенджера входит 4000" in sbyt("notice", "--format", "short")[2]
