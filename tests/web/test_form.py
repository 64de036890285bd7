"""The page on which readings are handed in, asked for as a browser does, from the real server."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
import pytest

from sbyt.core.settings import ChannelState
from sbyt.messaging.models import ChannelStatus, InboundMessage
from sbyt.readings.models import Reading
from tests.support.databases import Database, FreshDatabase
from tests.support.household import a_meter, an_account, was_read_monthly
from tests.support.serving import Served, right_now, serving
from tests.web.browsing import Browser

ACCOUNT = "2000000002"


def town() -> None:
    """A meter with day and night: exchanged, they are asked about whatever the date is."""
    was_read_monthly(a_meter(an_account(ACCOUNT), "40010002", zones=2, digits=6), 6840, 2500, use=(140, 60))


@pytest.fixture(scope="module")
def database(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(town) as made:
        yield made


@pytest.fixture(scope="module")
def served(database: Database) -> Iterator[Served]:
    with serving(database.environ) as served:
        yield served


@pytest.fixture
def browser(served: Served) -> Browser:
    return Browser(served, {"accept-language": "ru-RU,ru;q=0.9,en;q=0.8", "sec-fetch-site": "same-origin"})


def messages() -> list[tuple[str, str]]:
    """Who sent what, in order."""
    return list(InboundMessage.objects.order_by("id").values_list("sender", "text"))


# how it is made -------------------------------------------------------------------------------------------------------


def test_it_needs_no_script_and_nobody_else(browser: Browser) -> None:
    page = browser.open()
    assert page.status == 200
    assert page.tags.isdisjoint({"script", "img", "iframe"})
    assert re.findall(r"(?:https?:)?//[\w.]+", page.answered.text) == []


def test_a_browser_is_told_to_allow_nothing_else(browser: Browser) -> None:
    headers = browser.open().answered.headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["form-action"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_only_who_has_sent_something_gets_a_cookie_and_a_guarded_one(browser: Browser) -> None:
    page = browser.open()
    assert "set-cookie" not in page.answered.headers
    cookie = browser.send(page.forms[0], account=ACCOUNT, values="помощь").answered.headers["set-cookie"].lower()
    assert {"secure", "httponly", "samesite=lax", "path=/webform"} <= {part.strip() for part in cookie.split(";")}


def test_other_methods_are_refused(served: Served) -> None:
    assert served.ask("/webform", method="DELETE").status == 405


# handing in -----------------------------------------------------------------------------------------------------------


def test_a_reading_is_taken_and_the_answer_is_on_the_next_page(browser: Browser) -> None:
    before = len(messages())
    page = browser.send(browser.open().forms[0], account=ACCOUNT, values="8242 3104")
    assert "Приняли" in page.answer
    ((sender, text),) = messages()[before:]
    assert (sender[:5], text) == ("page:", f"лс {ACCOUNT} 8242 3104")
    assert list(Reading.objects.filter(message__text=text).order_by("id").values_list("value", flat=True)) == [
        8242,
        3104,
    ]


def test_pressing_twice_changes_nothing_and_gets_the_same_answer(browser: Browser) -> None:
    form, before = browser.open().forms[0], len(messages())
    first, second = (browser.send(form, account="", values="привет") for _ in range(2))
    assert first.answer == second.answer
    assert len(messages()) == before + 1


def test_going_back_and_sending_another_text_is_another_message(browser: Browser) -> None:
    form, before = browser.open().forms[0], len(messages())
    browser.send(form, account="", values="привет")
    browser.send(form, account="", values="помощь")
    assert [text for _, text in messages()[before:]] == ["привет", "помощь"]


@pytest.mark.parametrize("keeps_cookies", [True, False])
def test_what_is_pressed_finds_its_question(browser: Browser, keeps_cookies: bool) -> None:
    browser.keeps_cookies = keeps_cookies
    asked = browser.send(browser.open().forms[0], account=ACCOUNT, values="3104 8242")
    assert asked.pressable == ["Да", "Нет"]
    answered = browser.send(asked.forms[0], press="Нет")
    assert "Отправьте" in answered.words or "Пришлите" in answered.words
    assert len({sender for sender, _ in messages()[-2:]}) == 1


def test_a_later_visit_with_the_cookie_is_the_same_sender(browser: Browser) -> None:
    browser.send(browser.open().forms[0], account=ACCOUNT, values="3104 8242")
    browser.send(browser.open().forms[0], account="", values="Нет")
    assert len({sender for sender, _ in messages()[-2:]}) == 1


def test_two_browsers_are_two_senders(served: Served) -> None:
    for _ in range(2):
        one = Browser(served)
        one.send(one.open().forms[0], values="помощь")
    assert len({sender for sender, _ in messages()[-2:]}) == 2


# what isn't ours ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("made-up", {}),
        ("WyJwYWdlOmEiLCJiIl0:1xVfZ5:HVoFN-NwxgfCHgI2UWtTowfcJ1bf_bXdvIHMM176CBg", {}),
        (None, {"sec-fetch-site": "cross-site"}),
        (None, {"sec-fetch-site": "same-site"}),
        (None, {"sec-fetch-site": "", "origin": "https://elsewhere.example"}),
        (None, {"sec-fetch-site": "", "origin": "null"}),
    ],
    ids=["none", "made up", "of another key", "another site", "a neighbour", "another origin", "no origin"],
)
def test_what_was_not_sent_from_our_page_is_refused_kindly_and_kept(
    browser: Browser, token: str | None, headers: dict[str, str]
) -> None:
    form, before = browser.open().forms[0], messages()
    wrong = form if token is None else {**form, "token": token}
    browser.headers = {**browser.headers, **headers}
    page = browser.send(wrong, account=ACCOUNT, values='8300 "и" <3200>')
    assert page.status == 403
    assert "мы ничего не записали" in page.words
    assert messages() == before
    assert (page.forms[0]["account"], page.forms[0]["values"]) == (ACCOUNT, '8300 "и" <3200>')
    browser.headers = {"sec-fetch-site": "same-origin"}
    assert browser.send(page.forms[0]).status == 200
    assert len(messages()) == len(before) + 1


def test_an_origin_of_ours_is_enough_for_older_browsers(browser: Browser, served: Served) -> None:
    browser.headers = {"origin": f"http://127.0.0.1:{served.port}"}
    assert browser.send(browser.open().forms[0], values="помощь").status == 200


def test_a_cookie_that_is_not_ours_names_nobody(browser: Browser) -> None:
    browser.cookie = "sbyt_form=WyJwYWdlOmEiLCJydSJd:1xVfZ5:HVoFN-NwxgfCHgI2UWtTowfcJ1bf_bXdvIHMM176CBg"
    browser.send(browser.open().forms[0], values="помощь")
    assert messages()[-1][0] != "page:a"


@pytest.mark.parametrize(
    ("values", "status", "said"),
    [("", 400, "Поле пустое"), ("   ", 400, "Поле пустое"), ("1" * 2001, 400, "Слишком длинно")],
)
def test_what_can_not_be_a_message_is_told_and_not_stored(
    browser: Browser, values: str, status: int, said: str
) -> None:
    before = messages()
    page = browser.send(browser.open().forms[0], account="", values=values)
    assert (page.status, said in page.words, messages()) == (status, True, before)


def test_what_is_far_too_large_is_not_read(browser: Browser) -> None:
    assert browser.send(browser.open().forms[0], values="1" * 70_000).status == 413


def test_what_somebody_typed_is_shown_as_text(browser: Browser) -> None:
    page = browser.send(browser.open().forms[0], account="", values="<script>alert(1)</script>")
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.words


# languages ------------------------------------------------------------------------------------------------------------


def test_a_browser_that_speaks_english_gets_page_and_answer_in_english(served: Served) -> None:
    browser = Browser(served, {"accept-language": "en-GB,en;q=0.9"})
    page = browser.open()
    assert "Send readings" in page.words
    assert "Передать" not in page.words
    taken = browser.send(page.forms[0], account=ACCOUNT, values="9000000")
    assert "Send day and night" in taken.answer
    assert [text for _, text in messages()[-2:]] == ["/en", f"account {ACCOUNT} 9000000"]
    assert "Not taken" in browser.send(browser.open("/webform?lang=en").forms[0], values="9000001").answer
    assert [text for _, text in messages()[-2:]] == [f"account {ACCOUNT} 9000000", "9000001"]


def test_the_language_can_be_chosen(browser: Browser) -> None:
    assert "Send readings" in browser.open("/webform?lang=en").words
    assert "Передать показания" in browser.open("/webform?lang=ru").words
    assert "Передать показания" in browser.open("/webform?lang=xx").words


# closed, and out of order ---------------------------------------------------------------------------------------------


def test_a_withdrawn_page_names_the_open_ways_and_has_no_form(browser: Browser) -> None:
    now = right_now()
    row = ChannelStatus.objects.create(
        channel="webform",
        state=ChannelState.WITHDRAWN,
        since=now.date().replace(day=1),
        title="Форма на сайте",
        changed_at=now,
        changed_by="test",
    )
    page = browser.open()
    row.delete()
    assert page.forms == []
    assert "SMS" in page.words


def test_without_a_database_what_was_typed_stays_and_can_be_sent_again(browser: Browser, database: Database) -> None:
    if database.kind != "postgresql":
        pytest.skip("a file is always there")
    name = database.url.rpartition("/")[2].partition("?")[0]
    form, before = browser.open().forms[0], len(messages())
    with psycopg.connect(database.url.replace(f"/{name}?", "/postgres?"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            page = browser.send(form, account=ACCOUNT, values="8242 3104")
        finally:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert page.status == 503
    assert "Мы ничего не потеряли" in page.words
    assert page.forms[0] == {**form, "account": ACCOUNT, "values": "8242 3104"}
    assert browser.send(page.forms[0]).status == 200
    with psycopg.connect(database.url) as connection:
        assert connection.execute("SELECT count(*) FROM messaging_inboundmessage").fetchone() == (before + 1,)


def test_nothing_of_it_is_in_the_log(browser: Browser, served: Served) -> None:
    page = browser.send(browser.open().forms[0], account=ACCOUNT, values="Очень приметные слова 8242")
    log = served.logged()
    assert [word for word in (ACCOUNT, "приметные", page.forms[0]["token"], browser.cookie) if word in log] == []
