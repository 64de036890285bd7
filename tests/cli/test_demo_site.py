"""``sbyt demo`` as a visitor sees it: in a terminal, and in a real browser."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from sbyt.cli.demo_site import Site, prepare
from sbyt.cli.demo_site_words import ENGLISH
from tests.support.browser import browsing

SBYT = Path(sys.executable).with_name("sbyt")


def port(number: int) -> str:
    """Each process that runs tests has ports of its own: two servers that take one at the same moment both get it."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return str(18300 + 200 * int(worker) + number)


@dataclass(frozen=True)
class Shown:
    """A demonstration that runs: where it is reached, and what the terminal shows."""

    process: subprocess.Popen[bytes]
    output: Path

    @property
    def told(self) -> str:
        return self.output.read_text(encoding="utf-8")

    @property
    def address(self) -> str:
        found = re.search(r"http://127\.0\.0\.1:\d+/", self.told)
        assert found, self.told
        return found[0]

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(90)


@contextmanager
def demonstrating(folder: Path, *words: str) -> Iterator[Shown]:
    """Start the command in a folder, and wait until it tells where to look."""
    output = folder / f"output-{len(list(folder.glob('output-*')))}"
    with output.open("wb") as file:
        environ = {**os.environ, "COLUMNS": "110", "SBYT_CONFIG": "/of/something/else", "DATABASE_URL": "sqlite:////no"}
        process = subprocess.Popen([SBYT, "demo", *words], env=environ, cwd=folder, stdout=file, stderr=file)
    shown = Shown(process, output)
    try:
        until = time.monotonic() + 120
        while "http://" not in shown.told:
            assert process.poll() is None, shown.told
            assert time.monotonic() < until, shown.told
            time.sleep(0.1)
        yield shown
    finally:
        if process.poll() is None:
            shown.end()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town of forty accounts, made by the first of these tests that needs it."""
    return tmp_path_factory.mktemp("visitor")


@pytest.fixture(scope="module")
def shown(folder: Path) -> Iterator[Shown]:
    with demonstrating(folder, "--accounts", "40", "--port", port(0)) as shown:
        yield shown


def test_a_visitor_hands_in_what_the_start_page_offers_and_is_believed(
    shown: Shown, folder: Path, component: Callable[[str], Path]
) -> None:
    guide = json.loads((folder / "var" / "demo" / "town" / "guide.json").read_text(encoding="utf-8"))
    guest = next(one for one in guide["guests"] if one["shows"] == "day_and_night")
    day, night = guest["example"].split()
    with browsing(component("chromium")) as browser:
        page = browser.open(shown.address, width=360, height=740)
        page.get_by_role("link", name="Передать показания").click()
        page.get_by_label("Лицевой счёт").fill(guest["account"])
        page.get_by_label("Показания").fill(f"{night} {day}")
        page.get_by_role("button", name="Передать").click()
        page.get_by_text("день и ночь переставлены").wait_for()
        page.get_by_role("button", name="Да", exact=True).click()
        page.get_by_text(f"Приняли день {day}, ночь {night}").wait_for()


def test_staff_log_in_as_the_start_page_tells(shown: Shown, component: Callable[[str], Path]) -> None:
    with browsing(component("chromium")) as browser:
        page = browser.open(shown.address)
        member = page.locator("#staff ~ ul li").nth(0).locator(".number")
        name, password = member.nth(0).inner_text(), member.nth(1).inner_text()
        page.get_by_role("link", name="Войти в офис").click()
        page.get_by_label("Имя для входа").fill(name)
        page.get_by_label("Пароль").fill(password)
        page.get_by_role("button", name="Войти", exact=True).click()
        page.get_by_role("button", name="Выйти").wait_for()


def test_started_again_it_is_there_at_once_with_what_was_handed_in(folder: Path) -> None:
    with demonstrating(folder, "--accounts", "40", "--port", port(0)):
        pass  # it is there now, whoever made it
    with demonstrating(folder, "--port", port(10)) as again:
        assert "Город готов" not in again.told
        with urllib.request.urlopen(again.address, timeout=30) as page:
            assert "Кем притвориться" in page.read().decode()


def test_where_the_port_is_taken_the_next_is_used(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with demonstrating(folder, "--port", str(port)) as shown:
            assert shown.address != f"http://127.0.0.1:{port}/"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_it_leaves_nothing_running(folder: Path, number: signal.Signals) -> None:
    with demonstrating(folder, "--port", port(40)) as shown:
        address = shown.address
        assert shown.end(number) == 0
        with pytest.raises(OSError, match="refused"):
            urllib.request.urlopen(address, timeout=5)


def test_if_the_server_dies_it_says_so_and_ends(folder: Path) -> None:
    with demonstrating(folder, "--port", port(60)) as shown:
        children = subprocess.run(["pgrep", "-P", str(shown.process.pid)], capture_output=True, text=True, check=True)
        os.kill(int(children.stdout.split()[0]), signal.SIGKILL)
        assert shown.process.wait(90) == 1
        assert "остановился, подробности в" in shown.told


@pytest.mark.parametrize("day", [1, 2, 12, 20, 26, 30])
def test_whatever_day_it_is_made_on_the_past_was_handed_in_in_its_own_months(
    day: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows: dict[str, dict[str, int]] = {}

    def run(site: Site, command: str, *_: str, given: Path | None = None) -> None:
        windows[command] = tomllib.loads(site.settings.read_text(encoding="utf-8"))["window"]

    monkeypatch.setattr(Site, "run", run)
    now = dt.datetime(2026, 11, day, 12)
    prepare(Site(tmp_path), ENGLISH, Console(quiet=True), accounts=12, language="en", now=now)
    assert windows["import"] == {"first_day": 18, "last_day": 25}
    assert windows["say"]["first_day"] <= day <= windows["say"]["last_day"]


def test_thrown_away_it_is_made_anew_in_english(folder: Path) -> None:
    with demonstrating(folder, "--accounts", "25", "--reset", "--english", "--port", port(80)) as shown:
        assert "The town is ready: 25 accounts" in shown.told
        with urllib.request.urlopen(shown.address + "?lang=en", timeout=30) as page:
            assert "Whom to be" in page.read().decode()
