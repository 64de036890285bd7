"""What a visitor does with the phones, in a real browser, with the real server and the real worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.browser import browsing
from tests.support.databases import FreshDatabase
from tests.web.simulator.showing import showing, town


def said(page: Page, phone: str) -> list[str]:
    return page.locator(f"#{phone} .line .text").all_inner_texts()


def test_a_visitor_writes_as_customers_would(
    fresh_database: FreshDatabase, component: Callable[[str], Path], tmp_path: Path
) -> None:
    with (
        fresh_database(town) as database,
        showing(database, tmp_path, "--threads", "8") as served,
        browsing(component("chromium")) as browser,
    ):
        page = browser.open(f"http://127.0.0.1:{served.port}/phones")
        board = page.locator(".board .row")

        # A right reading by SMS: the answer is on the phone, and all of it on the board.
        page.click("#short [data-code=right]")
        expect(page.locator("#short .ours .text").last).to_contain_text("Приняли")
        expect(page.locator("#short .ours .is-delivered")).to_have_text("доставлено")
        for kind in ("said", "taken", "answered"):
            expect(page.locator(f".board .row.{kind}")).to_have_count(1)
        expect(page.locator(".board .row.taken .mark")).to_have_text("правдоподобно")

        # Day and night exchanged in a messenger: asked back, and taken by the press of a button.
        page.click("#messenger [data-code=swapped]")
        expect(page.locator("#messenger .ours .text")).to_contain_text("день и ночь переставлены")
        page.click("#messenger .pressed button:text-is('Да')")
        expect(page.locator("#messenger .ours .text").last).to_contain_text("Приняли")
        expect(page.locator("#messenger .pressed")).to_have_count(0)
        expect(page.locator(".board .row.taken .mark", has_text="переставлены")).to_have_count(2)

        # A channel that is withdrawn names those that are open.
        page.click("#messenger [data-code=withdrawn]")
        expect(page.locator("#messenger h2")).to_have_text("WhatsApp")
        expect(page.locator("#messenger .ours .text")).to_contain_text("больше не принимает показания")
        assert "SMS" in said(page, "messenger")[-1]

        # The keys of the telephone; what is being typed elsewhere stays.
        page.fill("#short-text", "пишу")
        for key in "4555":
            page.click(f"#keypad .keys button:text-is('{key}')")
        expect(page.locator("#keypad-text")).to_have_value("4555")
        page.click("#keypad .keys button:text-is('#')")
        expect(page.locator("#keypad .ours .text")).to_be_visible()
        expect(page.locator("#short-text")).to_have_value("пишу")
        assert board.count() >= 10


def test_on_a_narrow_window_one_phone_is_shown_at_a_time(
    fresh_database: FreshDatabase, component: Callable[[str], Path], tmp_path: Path
) -> None:
    with (
        fresh_database(town) as database,
        showing(database, tmp_path) as served,
        browsing(component("chromium")) as browser,
    ):
        page = browser.open(f"http://127.0.0.1:{served.port}/phones", width=360, height=780, language="en-GB")
        assert page.locator(".phone:visible").count() == 1
        page.click("[data-switch=keypad]")
        expect(page.locator("#keypad")).to_be_visible()
        expect(page.locator("#short")).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        page.click("[data-switch=short]")
        page.fill("#short-text", "4425")
        page.press("#short-text", "Enter")
        expect(page.locator("#short .ours .text").last).to_contain_text("Taken")
        page.click("[data-switch=board]")
        expect(page.locator(".board .row.taken")).to_be_visible()
