"""The notice as a page and a feed, from the real server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client, override_settings

from sbyt.config.load import parse_settings
from tests.support.browser import Scheme, browsing
from tests.support.databases import Database, FreshDatabase, pointed_at
from tests.support.notices import read_html, read_rss
from tests.support.serving import Served, serving

SETTINGS = """
[company]
name = "Северный сбыт"

[web]
address = "https://lk.example.org"

[channels.voice]
title = "Автоответчик"
address = "8 800 100-00-00"
note = "Нажмите 2"

[channels.viber]
state = "withdrawn"
since = 2026-01-15
why = "Владелец <b>Viber</b> закрыл доступ"
footnote = "Признан & запрещён"

[channels.webform]
state = "open"

[channels.telegram]
state = "planned"

[ways.post]
title = "Отделения почты"

[notice.english]
"Отделения почты" = "Post offices"
"""


@pytest.fixture(scope="module")
def served(fresh_database: FreshDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    file = tmp_path_factory.mktemp("settings") / "sbyt.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    with fresh_database() as database, serving({**database.environ, "SBYT_CONFIG": str(file)}) as served:
        yield served


def section(page: str) -> str:
    return page[page.index("<section") : page.index("</section>") + len("</section>")]


def test_the_page_tells_what_ended_and_by_which_ways_readings_are_taken(served: Served) -> None:
    answered = served.ask("/channels")
    assert answered.status == 200
    told = read_html(section(answered.text))
    for said in (
        "Закрыто: Viber*, с 15 января 2026 года. Владелец <b>Viber</b> закрыл доступ.",
        "Готовим: Telegram.",
        "Автоответчик: 8 800 100-00-00. Только с 18 по 20 число. Нажмите 2.",
        "* Признан & запрещён.",
    ):
        assert said in told.lines
    assert "Отделения почты" in told.rows
    assert told.tags.count("h1") == 1


def test_the_page_speaks_english(served: Served) -> None:
    page = served.ask("/channels?lang=en").text
    assert "Post offices" in read_html(section(page)).rows
    assert "Being built: Telegram." in read_html(section(page)).lines
    assert 'href="/channels.rss?lang=en"' in page


def test_a_browser_is_told_to_allow_nothing_else_and_to_keep_nothing(served: Served) -> None:
    answered = served.ask("/channels")
    assert "default-src 'none'" in answered.headers["content-security-policy"]
    assert answered.headers["cache-control"] == "no-store"
    assert "<script" not in answered.text


@pytest.mark.parametrize("path", ["/channels", "/channels.rss"])
def test_it_is_there_to_be_read(served: Served, path: str) -> None:
    assert served.ask(path, method="PUT").status in {403, 405}
    assert served.ask(path, method="HEAD").status == 200


def test_the_feed_says_what_the_page_says(served: Served) -> None:
    answered = served.ask("/channels.rss?lang=ru")
    assert (answered.status, answered.headers["content-type"]) == (200, "application/rss+xml; charset=utf-8")
    item = read_rss(answered.text)
    page = read_html(section(served.ask("/channels?lang=ru").text)).lines
    assert [item.findtext("title"), *read_html(item.findtext("description", "")).lines] == page
    assert item.findtext("link") == "https://lk.example.org/channels?lang=ru"
    assert 'href="https://lk.example.org/channels.rss?lang=ru" rel="self"' in answered.text


def test_who_asks_again_is_told_that_nothing_changed(served: Served) -> None:
    first = served.ask("/channels.rss")
    assert served.ask("/channels.rss", headers={"if-none-match": first.headers["etag"]}).status == 304
    other = served.ask("/channels.rss", headers={"accept-language": "en", "if-none-match": first.headers["etag"]})
    assert other.status == 200
    assert {"Accept-Language", "Cookie"} <= set(first.headers["vary"].split(", "))


@pytest.mark.parametrize(("path", "link"), [("/", 'href="channels?lang=ru"'), ("/webform", 'href="/channels?lang=ru"')])
def test_other_pages_lead_there(served: Served, path: str, link: str) -> None:
    assert link in served.ask(path).text


def test_without_an_address_there_is_no_feed(database: Database) -> None:
    with override_settings(SBYT=parse_settings("", "sbyt.toml")):
        assert Client().get("/channels.rss").status_code == 404
        assert "channels.rss" not in Client().get("/channels").text


def test_without_the_database_the_page_tells_what_the_file_says_and_the_feed_waits(empty_database: Database) -> None:
    with pointed_at(empty_database.url), override_settings(SBYT=parse_settings(SETTINGS, "sbyt.toml")):
        page = Client().get("/channels")
        assert (page.status_code, "Закрыто: <b>Viber*</b>" in page.text) == (200, True)
        feed = Client().get("/channels.rss")
    assert (feed.status_code, feed["Retry-After"], feed.text) == (503, "60", "")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_cut_off_in_a_real_browser(
    served: Served, component: Callable[[str], Path], width: int, scheme: Scheme
) -> None:
    with browsing(component("chromium")) as browser:
        page = browser.open(f"http://127.0.0.1:{served.port}/channels", width=width, scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.get_by_text("Отделения почты").is_visible()
