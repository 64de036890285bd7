"""What staff do in the office, in a real browser: each test is a story."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from sbyt.accounts.operations import learn_words
from sbyt.bulk import transaction
from sbyt.core.periods import Period
from sbyt.messaging.health import HealthState, Reason
from sbyt.messaging.models import ChannelStatus, OutboundMessage
from sbyt.staff.roles import Role
from tests.support.browser import Browser, browsing
from tests.support.databases import Database
from tests.support.health import was_checked
from tests.support.serving import Served, right_now, serving
from tests.usecases.receiving import ACCOUNT, OTHER, OWNER, household, said
from tests.web.office.logged_in import PASSWORD, a_member
from tests.web.office.test_billing import NOVEMBER, a_run, group


@pytest.fixture
def served(database: Database) -> Iterator[Served]:
    a_member(Role.ADMINISTRATOR)
    with serving(database.environ) as served:
        yield served


@pytest.fixture
def browser(served: Served, component: Callable[[str], Path]) -> Iterator[Browser]:
    with browsing(component("chromium")) as browser:
        yield browser


def log_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Имя для входа").fill("anna")
    page.get_by_label("Пароль").fill(password)
    page.get_by_role("button", name="Войти").click()


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_an_administrator_closes_a_channel(browser: Browser, served: Served) -> None:
    page = browser.open(f"http://127.0.0.1:{served.port}/office/channels/")
    log_in(page, "a wrong password")
    assert page.get_by_role("alert").is_visible()
    log_in(page)
    page.get_by_role("link", name="WhatsApp").click()
    page.get_by_label("закрыт").check()
    page.get_by_label("Причина").fill("Владелец закрыл нам доступ")
    page.get_by_role("button", name="Посмотреть").click()
    assert "больше не принимает показания. Владелец закрыл нам доступ" in page.locator("blockquote").inner_text()
    page.get_by_role("button", name="Вернуться").click()
    page.get_by_label("Причина").fill("Канал заблокирован")
    page.get_by_role("button", name="Посмотреть").click()
    page.get_by_role("button", name="Сохранить").click()
    assert "Сохранено: WhatsApp, ✗ закрыт." in page.get_by_role("status").inner_text()
    assert ChannelStatus.objects.latest("id").why == "Канал заблокирован"
    page.get_by_role("link", name="In English").click()
    assert "✗ closed" in page.locator("main").inner_text()
    page.get_by_role("button", name="Log out").click()
    assert page.get_by_role("heading", name="Log in to the office").is_visible()


def test_a_channel_that_does_not_work_is_marked_unstable_from_the_first_page(browser: Browser, served: Served) -> None:
    now = right_now()
    ChannelStatus.objects.create(
        channel="webform", state="open", since=now.date(), title="Форма на сайте", changed_at=now, changed_by="anna"
    )
    was_checked("webform", HealthState.DOWN, Reason("certificate_expired"))
    page = browser.open(f"http://127.0.0.1:{served.port}/office/")
    log_in(page)
    assert "✗ не работает" in page.get_by_role("status").inner_text()
    page.get_by_role("link", name="Форма на сайте").click()
    assert "Обновите сертификат" in page.locator("main").inner_text()
    page.get_by_role("link", name="Отметить «работает с перебоями»").click()
    assert page.get_by_label("работает с перебоями").is_checked()
    page.get_by_role("button", name="Посмотреть").click()
    page.get_by_role("button", name="Сохранить").click()
    assert ChannelStatus.objects.latest("id").state == "unstable"
    assert page.get_by_role("link", name="Отметить").count() == 0


def found_by_words() -> None:
    """The household, as if it had been imported."""
    household()
    with transaction() as bulk:
        learn_words(bulk, "SELECT id FROM accounts_account")


def test_an_operator_finds_who_calls_and_takes_down_what_they_say(browser: Browser, served: Served) -> None:
    found_by_words()
    months = max(Period.of(right_now().date()) - Period.parse("2026-10"), 1)
    unusual = str(4310 + 3000 * months)  # 25 times as much as the household uses
    page = browser.open(f"http://127.0.0.1:{served.port}/office/")
    log_in(page)
    page.wait_for_url("**/office/")
    page.keyboard.press("/")
    page.keyboard.type("петров мира 3")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/**")
    assert page.get_by_role("heading", name="Петров П. П.").is_visible()
    assert page.get_by_role("img", name="Расход по месяцам").is_visible()
    page.get_by_text("Записать показание со слов клиента").click()
    told = page.locator("details", has_text="Записать показание со слов клиента")
    told.get_by_label("Показание", exact=True).fill(f"{unusual[:-3]} {unusual[-3:]}")
    told.get_by_role("button", name="Записать", exact=True).click()
    assert f"Необычно много: расход {3000 * months}" in page.get_by_role("alert").inner_text()
    page.get_by_role("button", name="Записать всё равно").click()
    assert f"Записано: {unusual}" in page.get_by_role("status").inner_text()
    page.get_by_role("row", name=unusual).get_by_text("Отменить", exact=True).click()
    page.get_by_label("Почему отменяется").first.fill("Продиктовали не то")
    page.get_by_role("button", name="Отменить показание").first.click()
    assert "Показание отменено." in page.get_by_role("status").inner_text()
    assert "Продиктовали не то" in page.get_by_role("row", name=unusual).inner_text()


def test_what_an_inspector_read_is_entered_and_taken_back_without_a_script(browser: Browser, served: Served) -> None:
    household()
    page = browser.context(width=360, height=740, java_script_enabled=False).new_page()
    page.goto(f"http://127.0.0.1:{served.port}/office/accounts/{ACCOUNT}/")
    log_in(page)
    page.get_by_text("Записать показание контролёра").click()
    form = page.locator("form.inspect")
    form.get_by_label("Когда снято").fill("2026-10-24")
    form.get_by_label("Показание", exact=True).fill("4200")
    form.get_by_label("Основание").fill("Акт № 17")
    form.get_by_role("button", name="Записать").click()
    assert "Записано показание контролёра: 4200 за окт" in page.get_by_role("status").inner_text()
    row = page.get_by_role("row", name="4200")
    assert "Анна Смирнова: Акт № 17" in row.inner_text()
    row.get_by_text("Отменить", exact=True).click()
    row.get_by_label("Почему отменяется").fill("Другой счётчик")
    row.get_by_role("button", name="Отменить показание").click()
    assert "Другой счётчик" in page.get_by_role("row", name="4200").inner_text()


def test_an_operator_decides_one_task_after_the_other_by_keyboard(browser: Browser, served: Served) -> None:
    household()
    for text in (f"{ACCOUNT} 34425", f"{OTHER} 900000 3104"):
        said(text, sender=OWNER)
    page = browser.open(f"http://127.0.0.1:{served.port}/office/")
    log_in(page)
    page.get_by_role("link", name="Столько не могло пройти").click()
    page.get_by_role("link", name="34425").click()
    page.wait_for_url(re.compile(r"/queue/\d+/"))
    page.keyboard.press("2")
    assert page.get_by_label("Текст").first.evaluate("field => field === document.activeElement")
    page.get_by_label("Текст").first.fill("Это точно счётчик света?")
    page.get_by_role("button", name="Спросить").click()
    assert "Вопрос отправлен" in page.get_by_role("status").inner_text()
    page.wait_for_load_state()
    assert "900000" in page.locator(".offered").inner_text()
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/queue/(\?|$)"))
    assert "Ждём ответа клиента" in page.locator("main").inner_text()
    assert OutboundMessage.objects.get(purpose="staff_wrote").text.startswith("Это точно счётчик света? № ")


def test_pages_fit_a_phone_and_need_no_script(browser: Browser, served: Served) -> None:
    context = browser.context(width=360, height=740, scheme="dark", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{served.port}/office/channels/")
    log_in(page)
    scripted = browser.context(width=360, height=740, storage_state=context.storage_state()).new_page()
    household()
    said(f"{ACCOUNT} 34425", sender=OWNER)
    was_checked("webform", HealthState.DOWN, Reason("certificate_expired"), Reason("silent", {"usual": 40}))
    a_run(NOVEMBER, group("charge", "average", 1000000, 12345678900), charged=12345678900)
    a_run(NOVEMBER.plus(1), group("charge", "norm", 999999, -12345678900), charged=-12345678900)
    desks = (
        "",
        "billing/",
        "billing/2026-12/",
        "find/?q=мира",
        f"accounts/{ACCOUNT}/",
        f"accounts/{OTHER}/",
        "queue/",
        "queue/1/",
    )
    others = ("channels/", "channels/sms/", "security/", "data/", "data/messaging/channelstatus/")
    for path in (*desks, *others):
        scripted.goto(f"http://127.0.0.1:{served.port}/office/{path}")
        assert fits(scripted), path


def test_a_passkey_lets_in_without_a_password(browser: Browser, served: Served) -> None:
    """Keys belong to a name of a site: an address of figures has none."""
    page = browser.open(f"http://localhost:{served.port}/office/security/")
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**key, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    log_in(page)
    page.get_by_role("link", name="Добавить ключ").click()
    page.get_by_label("Пароль").fill(PASSWORD)
    page.get_by_role("button", name="Продолжить").click()
    page.locator("#id_passwordless").check()
    page.locator("#mfa_webauthn_add").click()
    page.wait_for_url("**/recovery-codes/")
    page.get_by_role("button", name="Выйти").click()
    page.get_by_role("button", name="По ключу доступа").click()
    page.wait_for_url("**/office/")
    assert page.get_by_role("button", name="Выйти").is_visible()
    assert not browser.open(f"http://127.0.0.1:{served.port}/office/login/").locator("#passkey_login").is_visible()
