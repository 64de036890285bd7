"""A real Chromium that reaches nothing but this machine, and tells of whatever a page complains of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, Route, sync_playwright

#: Without these it looks for updates, accounts and its maker's hosts; as root it runs without a sandbox only.
_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
_HERE = ("127.0.0.1", "localhost")


class Complaints(AssertionError):
    """What the browser said against the pages that a test looked at."""


@contextmanager
def browsing(chromium: Path, *, width: int = 1280, height: int = 900, **wanted: Any) -> Iterator[Page]:
    """A page in a fresh browser of this size; ``wanted`` is what playwright's contexts take, as ``locale``.

    :raises Complaints: at the end, if a page asked for something of another host, ran into its own rules, or wrote an
        error to the console.
    """
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=list(_FLAGS))
        try:
            context = browser.new_context(viewport={"width": width, "height": height}, **wanted)
            _listen(context, complaints)
            yield context.new_page()
            context.close()
        finally:
            browser.close()
    if complaints:
        raise Complaints("\n".join(complaints))


def _listen(context: BrowserContext, complaints: list[str]) -> None:
    def ask(route: Route) -> None:
        if urlsplit(route.request.url).hostname in _HERE:
            route.continue_()
            return
        complaints.append(f"asked for {route.request.url}")
        route.abort()

    context.route("**/*", ask)
    context.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
