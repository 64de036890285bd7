"""Takes the pictures of the README from a demonstration of its own, in a folder that is thrown away.

.venv/bin/python docs/pictures/make.py
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from playwright.sync_api import Page

from tests.support.browser import Browser, browsing
from tests.support.components import chromium_program

FOLDER = Path(__file__).parent
SBYT = Path(sys.executable).with_name("sbyt")
PATIENCE = 120  # seconds


def main() -> None:
    """Start the demonstration, take the pictures, end it."""
    chromium = chromium_program()
    if chromium is None:
        sys.exit("Chromium is not installed; make test-deps brings it")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        with output.open("wb") as file:
            demo = subprocess.Popen([SBYT, "demo", "--accounts", "300"], cwd=folder, stdout=file, stderr=file)
        try:
            address = _address(output)
            with browsing(chromium) as browser:
                _take(browser.open(address, width=1000, height=760), "start.png")
                phones = browser.open(f"{address}phones", width=1280, height=900)
                _write(phones)
                _take(phones, "phones.png")
                _office(browser, address, Path(folder))
                morning = browser.open(f"{address}phones/morning", width=1000, height=760)
                morning.click("button[value=play]")
                time.sleep(5)  # until the worker has answered and told
                morning.reload()
                _take(morning, "morning.png")
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait()


def _address(output: Path) -> str:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := re.search(r"http://\S+", output.read_text(encoding="utf-8")):
            return found[0]
        time.sleep(0.2)
    sys.exit(f"the demonstration does not start:\n{output.read_text(encoding='utf-8')}")


def _write(page: Page) -> None:
    """Hand in a right reading by SMS, and day and night the wrong way round in the messenger."""
    for example in ("Верное показание", "Перепутаны местами"):
        page.get_by_role("button", name=example).first.click()
        page.wait_for_timeout(3000)  # it goes there and back
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(500)


def _office(browser: Browser, address: str, folder: Path) -> None:
    """A reading that was doubted, its customer's screen, and the same on a phone."""
    guide = json.loads((folder / "var/demo/town/guide.json").read_text(encoding="utf-8"))
    operator = next(one for one in guide["staff"] if one["name"] == "operator")
    page = browser.open(f"{address}office/queue/?reason=lower", width=1280, height=860)
    page.get_by_label("Имя для входа").fill(operator["name"])
    page.get_by_label("Пароль").fill(operator["password"])
    page.get_by_role("button", name="Войти").click()
    page.locator(".tasks a").first.click()
    _take(page, "queue.png")
    page.get_by_role("link", name="Счёт").first.click()
    _take(page, "customer.png")
    small = browser.context(width=360, height=740, storage_state=page.context.storage_state()).new_page()
    small.goto(page.url)
    _take(small, "customer-phone.png")


def _take(page: Page, name: str) -> None:
    page.screenshot(path=FOLDER / name)
    print(f"{name}: {(FOLDER / name).stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
