"""The browser of the tests: what a visitor must not meet fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.support.browser import browsing

POLICY = "default-src 'none'; script-src 'self'"
PAGES = {
    "/well": b"<title>well</title>",
    "/elsewhere": b"<title>x</title><script src='/well.js'></script><link rel=stylesheet href='https://192.0.2.1/a.css'>",
    "/inline": b"<title>x</title><script>document.title = 'y'</script>",
    "/missing": b"<title>x</title><script src='/not-there.js'></script>",
}


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = PAGES.get(self.path)
        self.send_response(200 if page or self.path == "/favicon.ico" else 404)
        self.send_header("content-type", "text/html")
        self.send_header("content-security-policy", POLICY if self.path == "/inline" else "script-src 'self'")
        self.end_headers()
        self.wfile.write(page or b"")

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextmanager
def pages() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_page_that_is_well_is_shown(component: Callable[[str], Path]) -> None:
    with pages() as address, browsing(component("chromium")) as browser:
        assert browser.open(f"{address}/well").title() == "well"


@pytest.mark.parametrize(
    ("path", "told"),
    [("/elsewhere", "another host: https://192.0.2.1/a.css"), ("/inline", "violates"), ("/missing", "404")],
)
def test_what_nobody_must_meet_fails_unless_it_is_expected(
    component: Callable[[str], Path], path: str, told: str
) -> None:
    with pages() as address:
        with pytest.raises(AssertionError, match=told), browsing(component("chromium")) as browser:
            browser.open(f"{address}{path}")
        with browsing(component("chromium")) as browser:
            browser.open(f"{address}{path}")
            for said in (told, "well.js", "ERR_FAILED", "status of 404"):
                browser.expect(said)
