"""The page behind the code of a bill, asked for as a browser does, from the real server."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from playwright.sync_api import Page as ChromiumPage
from playwright.sync_api import expect

from sbyt.accounts.models import Account, BillChoice, Link
from sbyt.accounts.owners import OwnerLink
from sbyt.accounts.revoking import revoke_tokens
from sbyt.billing.models import Charge
from sbyt.core.settings import ChannelState
from sbyt.messaging.models import ChannelStatus, InboundMessage
from sbyt.readings.models import Reading
from sbyt.usecases.link_account import unlink_account
from sbyt.web.bill_words import WORDS
from tests.support.bills import ACCOUNT, NEIGHBOUR, OCTOBER, a_bill, household, token_of, was_paid
from tests.support.browser import browsing
from tests.support.databases import Database, FreshDatabase
from tests.support.household import a_meter, an_account, was_read_monthly
from tests.support.serving import Served, right_now, serving
from tests.web.browsing import Browser, Page

NOT_OURS = "A" * 22


def town() -> None:
    """The household, and a neighbour without an e-mail."""
    household()
    neighbour = an_account(NEIGHBOUR)
    was_read_monthly(a_meter(neighbour, "40010003"), 3230, use=(120,))
    a_bill(neighbour, OCTOBER, 50_000)


@pytest.fixture(scope="module")
def module_database(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(town) as made:
        yield made


@pytest.fixture(scope="module")
def served(module_database: Database) -> Iterator[Served]:
    with serving(module_database.environ) as served:
        yield served


@pytest.fixture
def browser(served: Served) -> Browser:
    headers = {"accept-language": "ru-RU,ru;q=0.9,en;q=0.8", "sec-fetch-site": "same-origin"}
    return Browser(served, headers, path="/bill")


def comes(browser: Browser, token: str = "") -> Page:
    """What somebody sees who points the camera at the code."""
    arrived = browser.open(f"/b/{token or token_of()}")
    assert (arrived.status, arrived.answered.headers["location"]) == (303, "/bill")
    return browser.open()


def field_of(zone: str, serial: str = "40010002") -> str:
    meter = Account.objects.get(number=ACCOUNT).meters.get(serial=serial)
    return f"m{meter.pk}-{zone}"


def reading_form(page: Page) -> dict[str, str]:
    return next(form for form in page.forms if any(name.startswith("m") for name in form))


def senders() -> list[str]:
    links = Link.objects.filter(kind="chat").order_by("id")
    return [address.partition(":")[2] for address in links.values_list("address", flat=True)]


@contextmanager
def while_there(made: object) -> Iterator[None]:
    """Rows that other tests must not find."""
    yield
    made.delete()  # type: ignore[attr-defined]


# the address with the token -------------------------------------------------------------------------------------------


def test_a_token_sets_a_guarded_cookie_and_goes_on_to_a_clean_address(browser: Browser) -> None:
    headers = browser.open(f"/b/{token_of()}").answered.headers
    cookie = {part.strip() for part in headers["set-cookie"].lower().split(";")}
    assert {"secure", "httponly", "samesite=lax", "path=/", "max-age=2678400"} <= cookie
    assert (headers["location"], headers["cache-control"]) == ("/bill", "no-store")
    assert headers["referrer-policy"] == "no-referrer"


def test_what_only_looks_at_links_links_nobody(browser: Browser) -> None:
    browser.keeps_cookies, before = False, senders()
    browser.open(f"/b/{token_of()}")
    assert browser.open().status == 403
    assert senders() == before


def test_coming_again_is_the_same_sender(browser: Browser) -> None:
    comes(browser)
    before = senders()
    comes(browser)
    assert senders() == before


def test_a_neighbours_bill_is_opened_by_another_sender(browser: Browser) -> None:
    comes(browser)
    page = comes(browser, token_of(NEIGHBOUR))
    assert f"…{NEIGHBOUR[-4:]}" in page.words
    links = Link.objects.filter(kind="chat", address__endswith=senders()[-1])
    assert [link.account.number for link in links] == [NEIGHBOUR]


def test_who_was_unlinked_is_told_so_and_begins_anew_by_the_code(browser: Browser) -> None:
    comes(browser)
    unlink_account(OwnerLink("chat", f"webform:{senders()[-1]}"), ACCOUNT, "anna", right_now())
    refused = browser.open()
    assert (refused.status, "Доступ к счёту закрыт" in refused.words) == (403, True)
    assert comes(browser).status == 200


@pytest.mark.parametrize(
    ("months", "status", "said"),
    [(None, 404, "Такого кода у нас нет"), (-1, 410, "код старого счёта"), (1, 404, "Такого кода у нас нет")],
    ids=["not ours", "older", "of no bill"],
)
def test_what_opens_nothing_says_why_and_names_the_other_way(
    browser: Browser, months: int | None, status: int, said: str
) -> None:
    page = browser.open(f"/b/{NOT_OURS if months is None else token_of(period=OCTOBER.plus(months))}")
    assert (page.status, said in page.words) == (status, True)
    assert "set-cookie" not in page.answered.headers
    assert 'href="/webform"' in page.answered.text


def test_a_revoked_token_opens_nothing_also_to_who_came_before(browser: Browser) -> None:
    comes(browser, token_of(NEIGHBOUR))
    account = Account.objects.get(number=NEIGHBOUR)
    revoke_tokens(account.pk, OCTOBER, "anna", "", right_now())
    with while_there(account.revoked_tokens.all()):
        for page in (browser.open(), browser.open(f"/b/{token_of(NEIGHBOUR)}")):
            assert ("Этот код отменён" in page.words, NEIGHBOUR[-4:] in page.words) == (True, False)
    assert browser.open().status == 200


def test_wrong_tokens_are_stopped_and_right_ones_are_not(fresh_database: FreshDatabase) -> None:
    with fresh_database(town) as database, serving(database.environ) as served:
        browser = Browser(served, path="/bill")
        pages = [browser.open(f"/b/{NOT_OURS}") for _ in range(62)]  # a minute may begin among them
        assert {page.status for page in pages} == {404, 429}
        assert "Слишком много неверных кодов" in pages[-1].words
        assert comes(browser).status == 200


@pytest.mark.parametrize("cookie", ["", "sbyt_bill=x", "sbyt_bill=WyJwYWdlOmEiLCJiIiwicnUiXQ:1xVfZ5:HVoFN"])
@pytest.mark.parametrize("sent", [False, True])
def test_without_a_cookie_of_ours_nothing_is_shown_or_taken(browser: Browser, cookie: str, sent: bool) -> None:
    browser.cookie, before = cookie, InboundMessage.objects.count()
    page = browser.send({"text": f"{ACCOUNT} 8242 3104"}) if sent else browser.open()
    assert (page.status, "Счёт не открыт" in page.words, "₽" in page.words) == (403, True, False)
    assert InboundMessage.objects.count() == before


def test_other_methods_are_refused(served: Served) -> None:
    assert served.ask("/bill", method="DELETE").status == 405


# what it shows --------------------------------------------------------------------------------------------------------


def test_a_bill_is_told_in_short(browser: Browser) -> None:
    words = comes(browser).words.replace("\u00a0", " ")
    assert f"Лицевой счёт …{ACCOUNT[-4:]}" in words
    assert "К оплате 1 069,66 ₽ до 15 ноября" in words
    assert "Свет, день …0002 723,80 ₽ 140 кВт·ч, по показаниям" in words
    assert "Холодная вода …0002 221,66 ₽ 5,125 м³, по среднему" in words
    assert "Передайте его, и в следующем счёте пересчитаем" in words


def test_the_number_of_the_account_is_nowhere_whole(browser: Browser) -> None:
    assert ACCOUNT not in comes(browser).answered.text


@pytest.mark.parametrize(
    ("paid", "said"),
    [
        (50_000, "К оплате 569,66 ₽ до 15 ноября В счёте было 1 069,66 ₽, после него оплачено 500,00 ₽."),
        (106_966, "Платить не нужно Всё оплачено."),
        (200_000, "Платить не нужно На счёте переплата 930,34 ₽."),
    ],
)
def test_what_was_paid_since_is_not_asked_for(browser: Browser, paid: int, said: str) -> None:
    with while_there(was_paid(Account.objects.get(number=ACCOUNT), paid, "since")):
        assert said in comes(browser).words.replace("\u00a0", " ")


def test_corrections_of_earlier_months_are_told_by_month(browser: Browser) -> None:
    charge = Charge.objects.filter(account__number=ACCOUNT).latest("id")
    charge.pk, charge.kind, charge.for_period, charge.amount = None, Charge.Kind.RECALCULATION, OCTOBER - 1, -12_345
    charge.save()
    with while_there(charge):
        words = comes(browser).words.replace("\u00a0", " ")
    assert "Перерасчёт за прошлые месяцы" in words
    assert "−123,45 ₽ сентябрь 2026: 5,125 м³, по среднему" in words


def test_a_dial_has_as_many_windows_as_the_meter(browser: Browser) -> None:
    dials = re.findall(r'<span class="drums" aria-hidden="true">((?:<i></i>)*)</span>', comes(browser).answered.text)
    assert [dial.count("<i>") for dial in dials] == [6, 6, 5, 3]


def test_the_last_reading_stands_behind_the_field_and_beside_it(browser: Browser) -> None:
    page = comes(browser, token_of())
    assert re.findall(r'placeholder="(\d*)"', page.answered.text)[-2:] == ["00146", "125"]
    assert "Прошлое: 146,125, 20 октября." in page.words


def test_a_browser_is_told_to_allow_nothing_else(browser: Browser) -> None:
    page = comes(browser)
    headers = page.answered.headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["form-action"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["cache-control"], headers["x-robots-tag"]) == ("no-store", "noindex")
    assert re.findall(r"(?:https?:)?//[\w.]+\.\w+", page.answered.text) == []


def test_it_speaks_english(served: Served) -> None:
    page = comes(Browser(served, {"accept-language": "en-GB"}, path="/bill"))
    assert "by 15 November" in page.words
    assert not re.search("[А-Яа-я]", page.words.replace("Энергосбыт", "").replace("По-русски", ""))


def test_the_languages_have_the_same_words() -> None:
    assert WORDS["ru"].keys() == WORDS["en"].keys()


# handing in -----------------------------------------------------------------------------------------------------------


def test_what_stands_in_the_windows_is_taken_as_a_message(browser: Browser) -> None:
    page, water = comes(browser), field_of("T1", "50010002")
    filled = {field_of("T1"): "008242", field_of("T2"): "3104", water: "00151", f"{water}-rest": "25"}
    answered = browser.send(reading_form(page), **filled)
    assert "Приняли" in answered.answer
    said = f"лс {ACCOUNT} счётчик 40010002 день 008242 ночь 3104, счётчик 50010002 00151,25"
    message = InboundMessage.objects.latest("id")
    assert (message.sender, message.text) == (senders()[-1], said)
    values = Reading.objects.filter(message=message).order_by("register_id").values_list("value", flat=True)
    assert list(values) == [8242, 3104, 151_250]
    assert ACCOUNT not in answered.answered.text


def test_pressing_twice_is_one_message_and_gets_the_same_answer(browser: Browser) -> None:
    form, before = reading_form(comes(browser)), InboundMessage.objects.count()
    first, second = (browser.send(form, **{field_of("T1"): "8300", field_of("T2"): "3120"}) for _ in range(2))
    assert first.answer == second.answer
    assert InboundMessage.objects.count() == before + 1


def test_what_is_pressed_finds_its_question(browser: Browser) -> None:
    asked = browser.send(reading_form(comes(browser)), **{field_of("T1"): "3150", field_of("T2"): "8350"})
    assert asked.pressable == ["Да", "Нет"]
    answered = browser.send(asked.forms[0], press="Да")
    assert "Приняли" in answered.answer
    assert answered.words.count("Передать показания") == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "Поле пустое"),
        ({"T1": "  "}, "Поле пустое"),
        ({"T1": "сколько?"}, "только цифры"),
        ({"T1": "1-2"}, "цифры"),
    ],
)
def test_what_is_no_reading_is_told_and_not_stored(browser: Browser, typed: dict[str, str], said: str) -> None:
    form, before = reading_form(comes(browser)), InboundMessage.objects.count()
    page = browser.send(form, **{field_of(zone): value for zone, value in typed.items()})
    assert (page.status, said in page.words, InboundMessage.objects.count()) == (400, True, before)
    assert reading_form(page)["token"] == form["token"]


def test_what_was_not_taken_stays_to_be_put_right(browser: Browser) -> None:
    page = browser.send(reading_form(comes(browser)), **{field_of("T1"): "5000", field_of("T2"): "2000"})
    assert "Не приняли" in page.answer
    assert (reading_form(page)[field_of("T1")], reading_form(page)[field_of("T2")]) == ("5000", "2000")


def test_what_is_asked_has_a_field_for_the_answer(browser: Browser) -> None:
    page = browser.send(reading_form(comes(browser)), **{field_of("T1"): "9000"})
    assert "два показания" in page.answer
    assert page.forms[-1]["text"] == ""


@pytest.mark.parametrize(
    ("token", "headers"),
    [
        ("", {}),
        ("made-up", {}),
        (None, {"sec-fetch-site": "cross-site"}),
        (None, {"sec-fetch-site": "", "origin": "null"}),
    ],
)
def test_what_was_not_sent_from_our_page_is_refused_kindly_and_kept(
    browser: Browser, token: str | None, headers: dict[str, str]
) -> None:
    form, before = reading_form(comes(browser)), InboundMessage.objects.count()
    browser.headers = {**browser.headers, **headers}
    page = browser.send(form if token is None else {**form, "token": token}, **{field_of("T1"): "8400"})
    assert (page.status, "мы ничего не записали" in page.words) == (403, True)
    assert InboundMessage.objects.count() == before
    assert reading_form(page)[field_of("T1")] == "8400"


def test_the_token_of_another_sender_is_refused(browser: Browser, served: Served) -> None:
    other = comes(Browser(served, path="/bill"))
    comes(browser)
    assert browser.send(reading_form(other), **{field_of("T1"): "8400"}).status == 403


def test_what_is_far_too_large_is_not_read(browser: Browser) -> None:
    comes(browser)
    assert browser.send({"text": "1" * 70_000}).status == 413


def test_a_closed_page_names_the_open_ways_and_shows_the_bill(browser: Browser) -> None:
    now = right_now()
    row = ChannelStatus.objects.create(
        channel="webform",
        state=ChannelState.WITHDRAWN,
        since=now.date().replace(day=1),
        title="Форма на сайте",
        changed_at=now,
        changed_by="test",
    )
    with while_there(row):
        page = comes(browser)
    assert ("SMS" in page.words, "К оплате" in page.words) == (True, True)
    assert not any(name.startswith("m") for form in page.forms for name in form)


# how the bill comes ---------------------------------------------------------------------------------------------------


def test_the_bill_can_be_had_by_e_mail_and_on_paper_again(browser: Browser) -> None:
    page = comes(browser)
    assert "irina@" not in page.words
    page = browser.send(page.forms[-1], bill="electronic")
    assert "будут приходить на i•••@example.org" in page.words
    choice = BillChoice.objects.latest("id")
    assert (choice.how, choice.chosen_by) == ("electronic", f"webform:{senders()[-1]}")
    assert "на бумаге" in browser.send(page.forms[-1], bill="paper").words
    assert BillChoice.objects.latest("id").how == "paper"


def test_without_an_address_there_is_nothing_to_choose(browser: Browser) -> None:
    page, before = comes(browser, token_of(NEIGHBOUR)), BillChoice.objects.count()
    assert "сообщите нам адрес" in page.words
    assert "electronic" not in page.pressable
    browser.send(reading_form(page), bill="electronic")
    assert BillChoice.objects.count() == before


# out of order ---------------------------------------------------------------------------------------------------------


def test_without_a_database_what_was_typed_stays_and_can_be_sent_again(
    browser: Browser, module_database: Database
) -> None:
    if module_database.kind != "postgresql":
        pytest.skip("a file is always there")
    form, filled = reading_form(comes(browser)), {field_of("T1"): "8500", field_of("T2"): "3200"}
    token, before = token_of(), InboundMessage.objects.count()
    with refusing(module_database):
        pages = browser.send(form, **filled), browser.open(), browser.open(f"/b/{token}")
    assert [page.status for page in pages] == [503, 503, 503]
    assert "Мы ничего не потеряли" in pages[0].words
    with psycopg.connect(module_database.url) as connection:
        assert browser.send(pages[0].forms[0]).status == 200
        assert connection.execute("SELECT count(*) FROM messaging_inboundmessage").fetchone() == (before + 1,)


@contextmanager
def refusing(database: Database) -> Iterator[None]:
    """Keep everybody out of the database for a while; the connection of the test is ended, too."""
    name = database.url.rpartition("/")[2].partition("?")[0]
    with psycopg.connect(database.url.replace(f"/{name}?", "/postgres?"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            connections["default"].close()


def test_nothing_of_it_is_in_the_log(browser: Browser, served: Served) -> None:
    comes(browser)
    browser.open(f"/b/{NOT_OURS}")
    log = served.logged()
    assert "/b/…" in log
    assert [word for word in (ACCOUNT, token_of(), NOT_OURS, browser.cookie) if word in log] == []


# in a real browser ----------------------------------------------------------------------------------------------------


def fits(page: ChromiumPage) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_visitor_reads_the_meter_confirms_and_sees_the_answer(
    fresh_database: FreshDatabase, component: Callable[[str], Path], scripts: bool
) -> None:
    with (
        fresh_database(town) as database,
        serving(database.environ) as served,
        browsing(component("chromium")) as browser,
    ):
        url = f"http://127.0.0.1:{served.port}/b/{token_of()}"
        page = browser.open(url, width=360, java_script_enabled=scripts)
        assert page.url.endswith("/bill")
        page.get_by_label("День").press_sequentially("3150")
        page.get_by_label("Ночь").press_sequentially("8350")
        if scripts:
            expect(page.locator(".use").first).to_have_text("Меньше прошлого, 8100. Проверьте цифры.")
            expect(page.locator(".use").nth(1)).to_contain_text("5310 кВт·ч с 20 октября.")
            page.get_by_label("Показание", exact=True).press_sequentially("151,25")
            expect(page.get_by_label("Показание, после запятой")).to_have_value("25")
            assert fits(page)
            page.get_by_label("Показание", exact=True).fill("")
            page.get_by_label("Показание, после запятой").fill("")
        page.get_by_role("button", name="Передать").click()
        expect(page.locator(".answer")).to_contain_text("день и ночь переставлены")
        page.get_by_role("button", name="Да").click()
        expect(page.locator(".answer")).to_contain_text("Приняли день 8350, ночь 3150")
