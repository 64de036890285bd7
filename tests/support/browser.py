"""A real browser for tests of pages: Chromium, driven by playwright.

::

    with browsing(component("chromium")) as browser:
        page = browser.open(f"http://127.0.0.1:{served.port}/office/login/")
        page.fill("#id_login", "anna")

Whatever a visitor must not meet fails the test when the ``with`` ends: a request to another host (it is also refused),
an error on the console, a violation of the policy, an error that no script caught. What a test provokes itself it
names: ``browser.expect("status of 403")``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from django.db import connections
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_HERE = ("127.0.0.1", "localhost")

Scheme = Literal["light", "dark"]


class Browser:
    """A browser under test. Each ``open`` is a window of its own visitor; ``context`` gives one to open more in."""

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium
        self._expected: list[str] = []
        self.wrong: list[str] = []

    def open(self, url: str, **options: Any) -> Page:
        """A page in a window of a new visitor: no cookies. Options as of ``context``."""
        page = self.context(**options).new_page()
        page.goto(url)
        return page

    def context(
        self, *, width: int = 1280, height: int = 800, scheme: Scheme = "light", language: str = "ru-RU", **options: Any
    ) -> BrowserContext:
        """A new visitor, with a window of this size, a light or a dark desk, and this language."""
        context = self._chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, locale=language, **options
        )
        context.set_default_timeout(15_000)
        context.route("**/*", self._let_through)
        context.on("page", self._listen)
        return context

    def expect(self, said: str) -> None:
        """Something that the test provokes itself; told by a part of what the browser says of it."""
        self._expected.append(said)

    def check(self) -> None:
        """Fail if anything went wrong that nobody expects."""
        unexpected = [one for one in self.wrong if not any(said in one for said in self._expected)]
        if unexpected:
            raise AssertionError("\n".join(unexpected))

    def _let_through(self, route: Route) -> None:
        if urlsplit(route.request.url).hostname in _HERE:
            route.continue_()
        else:
            self.wrong.append(f"a request to another host: {route.request.url}")
            route.abort()

    def _listen(self, page: Page) -> None:
        # What a policy refuses Chromium tells as an error on the console.
        page.on("console", lambda said: self.wrong.append(f"console: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))


@contextmanager
def browsing(program: Path) -> Iterator[Browser]:
    """Start Chromium; end it and check that nothing went wrong in it."""
    with _database_at_hand(), sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(program), args=list(FLAGS))
        try:
            _forget_the_database()
            yield (browser := Browser(chromium))
        finally:
            _forget_the_database()
            chromium.close()
    browser.check()


def _forget_the_database() -> None:
    """Django keeps a connection for those who run in an event loop: it may lead to the database of another test."""
    if hasattr(connections._connections, "default"):  # type: ignore[attr-defined]  # as tests.support.databases does
        connections["default"].close()
        del connections["default"]


@contextmanager
def _database_at_hand() -> Iterator[None]:
    """Playwright waits in an event loop, where Django refuses to ask the database; but nothing else runs in ours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield
