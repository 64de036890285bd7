"""What stands around every page of ours: policy, language, errors. Pages that ask for no log-in cost none."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from sbyt.web import errors, frame
from sbyt.web.language import language_of
from sbyt.web.policy import STRICT
from tests.support.databases import Database

PAGES = ("/office/login/", "/not/there", "/static/sbyt/site.css", "/webform")


@pytest.mark.parametrize("words", [frame.WORDS, errors.WORDS], ids=["frame", "errors"])
def test_both_languages_have_the_same_words(words: dict[str, dict[str, str]]) -> None:
    assert words["ru"].keys() == words["en"].keys()


@pytest.mark.parametrize(
    ("address", "cookies", "accepts", "language"),
    [
        ("/", {}, "", "ru"),
        ("/", {}, "en-GB,en;q=0.9", "en"),
        ("/", {}, "de-DE,de;q=0.9", "ru"),
        ("/", {}, "kv,ru;q=0.9,en;q=0.8", "ru"),
        ("/", {"sbyt_lang": "en"}, "ru", "en"),
        ("/", {"sbyt_lang": "xx"}, "en", "en"),
        ("/?lang=ru", {"sbyt_lang": "en"}, "en", "ru"),
        ("/?lang=xx", {"sbyt_lang": "en"}, "ru", "en"),
    ],
)
def test_the_language_is_the_chosen_one_then_the_browsers(
    address: str, cookies: dict[str, str], accepts: str, language: str
) -> None:
    request = RequestFactory(headers={"accept-language": accepts}).get(address)
    request.COOKIES.update(cookies)
    assert language_of(request) == language


def test_who_chooses_a_language_keeps_it(database: Database) -> None:
    client = Client(headers={"accept-language": "ru"})
    assert "Вход в офис" in client.get("/office/login/").text
    assert "Log in to the office" in client.get("/office/login/?lang=en").text
    assert "Log in to the office" in client.get("/office/login/").text
    assert "Send readings" in client.get("/webform").text
    cookie = client.cookies["sbyt_lang"]
    assert (cookie["samesite"], cookie["httponly"], cookie["secure"]) == ("Lax", True, "")


@pytest.mark.parametrize("path", PAGES)
def test_a_browser_is_told_to_allow_us_alone(database: Database, path: str) -> None:
    response = Client().get(path)
    response.close()
    headers = response.headers
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    if path != "/webform":
        assert headers["Content-Security-Policy"] == STRICT
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("path", "queries"), [("/healthz", 3), ("/webform", 1)])
def test_what_asks_for_no_log_in_reads_no_session(database: Database, path: str, queries: int) -> None:
    client = Client()
    client.cookies["sbyt_session"] = "of somebody who was logged in"
    client.get(path)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    assert len(asked) == queries
    assert [one["sql"] for one in asked if "session" in one["sql"] or "staff" in one["sql"]] == []


def test_a_page_that_is_not_there_says_what_to_do(database: Database) -> None:
    page = Client().get("/not/there")
    assert page.status_code == 404
    assert "Такой страницы нет" in page.text
    assert 'href="/"' in page.text
    assert "There is no such page" in Client(headers={"accept-language": "en"}).get("/office/nowhere/").text


def test_a_form_without_its_token_is_refused_kindly(database: Database) -> None:
    page = Client(enforce_csrf_checks=True).post("/office/login/", {"login": "anna", "password": "x"})
    assert page.status_code == 403
    assert "мы ничего не записали" in page.text


def test_what_breaks_is_told_without_a_database(rf: RequestFactory) -> None:
    page = errors.broken(rf.get("/office/"))
    assert page.status_code == 500
    assert "У нас что-то сломалось" in page.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "sbyt.example", "x-forwarded-proto": "https", "origin": "https://sbyt.example"}, 200),
        ({"host": "127.0.0.1:8000", "origin": "http://127.0.0.1:8000"}, 200),
        ({"host": "sbyt.example", "x-forwarded-proto": "https", "origin": "https://elsewhere.example"}, 403),
        ({"host": "sbyt.example", "x-forwarded-proto": "https"}, 403),
    ],
    ids=["behind a proxy", "on this machine", "another site", "no origin"],
)
def test_forms_work_behind_a_proxy_and_without_one(database: Database, headers: dict[str, str], status: int) -> None:
    client = Client(enforce_csrf_checks=True, headers=headers)
    page = client.get("/office/login/")
    secure = "x-forwarded-proto" in headers
    assert bool(client.cookies["sbyt_csrf"]["secure"]) == secure
    token = page.context["csrf_token"]
    sent = {"login": "anna", "password": "x", "csrfmiddlewaretoken": str(token)}
    assert client.post("/office/login/", sent).status_code == status
