"""The phones and the board, asked of the real server: with the setting only, and without a script."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path
from urllib.parse import urlencode

import pytest

from sbyt.messaging.models import InboundMessage
from sbyt.usecases.simulator import NOTHING_SEEN
from sbyt.web.simulator.words import WORDS
from tests.support.databases import Database, FreshDatabase
from tests.support.serving import Served, serving
from tests.web.simulator.showing import environ_in, showing, town, watching


def post(served: Served, handset: str, **given: str) -> tuple[int, str]:
    """Do something with a phone as its form does; the status, and where it leads."""
    page = served.ask("/phones")
    cookie = page.headers["set-cookie"].partition(";")[0]
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page.text)
    assert token
    body = urlencode({"csrfmiddlewaretoken": token[1], **given}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded", "cookie": cookie}
    answered = served.ask(f"/phones/{handset}", body, headers)
    return answered.status, answered.headers.get("location", "")


def test_both_languages_have_the_same_words() -> None:
    assert WORDS["ru"].keys() == WORDS["en"].keys()


def test_without_the_setting_there_is_no_such_page(database: Database, tmp_path: Path) -> None:
    with serving(environ_in(database, tmp_path, "")) as served:
        assert [served.ask(path).status for path in ("/phones", "/phones/short", "/board/events")] == [404] * 3
        assert served.ask("/phones/short", b"text=4425").status == 404


def test_it_works_without_a_script(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    with fresh_database(town) as database, showing(database, tmp_path) as served:
        assert post(served, "short", text="4425") == (302, "/phones?show=short#short")
        assert post(served, "mail", text="4426", subject="Показания", chosen="mail=2000000002")[0] == 302
        # A key is a press of its own; the hash key sends.
        assert post(served, "keypad", text="442", key="7") == (302, "/phones?show=keypad&typed=4427#keypad")
        assert post(served, "keypad", text="4427", key="#") == (302, "/phones?show=keypad#keypad")
        # Nothing is sent by a channel of another kind, nor as nobody.
        post(served, "short", text="4428", closed="webform", closed_text="4428")
        assert served.ask("/phones/nothing").status == 404
        assert served.ask("/phones/short", b"text=4425").status == 403
        rows = list(InboundMessage.objects.order_by("id").values_list("channel", "sender", "text"))
        assert rows == [
            ("sms", "+79120000101", "4425"),
            ("email", "2000000002@example.org", "Показания\n4426"),
            ("voice", "+79120000102", "4427"),
        ]
        page = served.ask("/phones").text
        deadline = time.monotonic() + 20
        # On the phone and on the board: each reads the database for itself, so one may have it a page earlier.
        while page.count("Приняли 4425") < 2 and time.monotonic() < deadline:
            time.sleep(0.2)
            page = served.ask("/phones").text
        assert page.count("Приняли 4425") == 2
        assert re.findall(r"(?:https?:)?//[\w.]+", page) == []


def test_the_board_tells_what_happens_as_it_happens(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    with fresh_database(town) as database, showing(database, tmp_path) as served:
        seen: dict[str, str] = {}
        with watching(served) as stream:
            assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
            post(served, "short", text="4425")
            _, told = stream.event()
            assert (told["channel"], told["sender"], "4425" in told["html"]) == ("sms", "+79120000101", True)
            seen["said"] = told["html"]  # it comes again only if it was not handled yet
            while "доставлено" not in seen.get("answered", ""):
                _, told = stream.event()
                seen[told["key"].partition("-")[0]] = told["html"]
        assert seen.keys() == {"said", "taken", "answered"}
        # Whoever comes again is told what they missed since they looked last, here before anything happened.
        with watching(served, last=NOTHING_SEEN.name) as again:
            assert {again.event()[1]["key"].partition("-")[0] for _ in range(3)} == seen.keys()


def test_who_watches_takes_no_more_than_half_of_the_threads(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    with fresh_database(town) as database, serving(environ_in(database, tmp_path), "--threads", "4") as served:
        with watching(served) as first, watching(served) as second, watching(served) as third:
            assert third.rest() == "\n"  # what is new, and to come again
            assert first.holds_on()
            assert second.holds_on()
            assert served.ask("/healthz").status == 200
        deadline = time.monotonic() + 20  # that they have gone shows when something is said to them
        while time.monotonic() < deadline:
            with watching(served) as another:
                if another.holds_on():
                    return
            time.sleep(0.5)
        pytest.fail("the places were not given back")


def test_an_open_stream_holds_up_no_end(fresh_database: FreshDatabase, tmp_path: Path) -> None:
    with fresh_database(town) as database, serving(environ_in(database, tmp_path), "--threads", "8") as served:
        with watching(served), watching(served) as another:
            began = time.monotonic()
            served.process.send_signal(signal.SIGTERM)
            assert served.process.wait(30) == 0
            assert time.monotonic() - began < 8
            assert another.rest() == "\n"
        assert "Traceback" not in served.logged()
