"""The page that an address opens, from the real server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sbyt.web.words import START
from tests.support.browser import browsing
from tests.support.databases import Database, FreshDatabase
from tests.support.serving import Served, serving

SETTINGS = """
[company]
name = "Северный сбыт"

[channels.webform]
state = "{form}"

[channels.voice]
title = "Автоответчик"
address = "8 800 100-00-00, нажмите 2"

[channels.viber]
state = "unstable"
why = "Сообщения доходят не всегда"

[channels.whatsapp]
state = "withdrawn"
since = 2026-01-15
why = "Сервис заблокировал нам отправку"

[channels.telegram]
state = "planned"

[ways.post]
title = "Отделения почты"
"""
GUEST = {
    "account": "1100000001",
    "holder": "Канева Анна Петровна",
    "phone": "+7 912 000-00-00",
    "example": "3244",
    "ru": "Один счётчик",
    "en": "One meter",
}

MEMBER = {"name": "operator", "password": "of-this-installation", "ru": "Оператор", "en": "Operator"}


@pytest.fixture(scope="module")
def database(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database() as made:
        yield made


@pytest.fixture(scope="module")
def served(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    file = tmp_path_factory.mktemp("settings") / "sbyt.toml"
    file.write_text(SETTINGS.format(form="open"), encoding="utf-8")
    with serving({**database.environ, "SBYT_CONFIG": str(file)}) as served:
        yield served


@pytest.fixture(scope="module")
def demo(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("demo")
    (folder / "guide.json").write_text(json.dumps({"guests": [GUEST], "staff": [MEMBER]}), encoding="utf-8")
    settings = SETTINGS.format(form="open") + f"\n[demo]\nguide = {json.dumps(str(folder / 'guide.json'))}\n"
    (folder / "sbyt.toml").write_text(settings, encoding="utf-8")
    with serving({**database.environ, "SBYT_CONFIG": str(folder / "sbyt.toml")}) as served:
        yield served


def words(served: Served, query: str = "") -> str:
    """What stands on the page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", served.ask(f"/{query}").text).split())


def test_every_way_is_told_with_its_state_in_word_and_sign_its_days_and_why(served: Served) -> None:
    told = words(served)
    for said in (
        "Автоответчик ✓ открыт 8 800 100-00-00, нажмите 2 с 18 по 20 число",
        "Viber ! работает с перебоями Сообщения доходят не всегда",
        "WhatsApp ✗ закрыт с 15 января Сервис заблокировал нам отправку",
        "Telegram ○ скоро",
        "Отделения почты ✓ открыт",
    ):
        assert said in told
    assert told.index("Отделения почты") < told.index("Viber") < told.index("Telegram") < told.index("WhatsApp")


def test_what_is_only_for_staff_is_not_told(served: Served) -> None:
    assert "Консоль" not in words(served)


def test_it_speaks_english(served: Served) -> None:
    told = words(served, "?lang=en")
    assert "Viber ! works unsteadily" in told
    assert "on days 18 to 20 of the month" in told
    assert 'lang="en"' in served.ask("/", headers={"accept-language": "en-GB,en;q=0.9"}).text


def test_it_leads_to_the_form(served: Served) -> None:
    assert 'href="webform?lang=ru"' in served.ask("/?lang=ru").text
    assert served.ask("/webform?lang=ru").status == 200


def test_a_browser_is_told_to_allow_nothing_else(served: Served) -> None:
    answered = served.ask("/")
    assert answered.status == 200
    assert "default-src 'none'" in answered.headers["content-security-policy"]
    assert "<script" not in answered.text


def test_nobody_is_named_outside_of_a_demonstration(served: Served) -> None:
    assert START["ru"]["guests"] not in words(served)


@pytest.mark.parametrize(("query", "shows"), [("?lang=ru", GUEST["ru"]), ("?lang=en", GUEST["en"])])
def test_a_demonstration_tells_whom_one_may_be(demo: Served, query: str, shows: str) -> None:
    told = words(demo, query)
    for said in (
        shows,
        GUEST["holder"],
        GUEST["account"],
        GUEST["phone"],
        GUEST["example"],
        *list(MEMBER.values())[:2],
    ):
        assert said in told


def test_both_languages_say_the_same() -> None:
    assert START["ru"].keys() == START["en"].keys()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_cut_off_in_a_real_browser(
    demo: Served, component: Callable[[str], Path], width: int, scheme: str
) -> None:
    with browsing(component("chromium")) as browser:
        page = browser.open(f"http://127.0.0.1:{demo.port}/", width=width, scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.get_by_text(GUEST["holder"]).is_visible()
