"""The world outside of our processes: people who write all at once, and the site that posts it and gets our answers."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from tests.simulation.people import something_to_say
from tests.simulation.town import PEOPLE, Person

SECRET = "between-the-site-and-us-" + "s" * 16

_PEOPLE = [person for person in PEOPLE if person.channel == "sms"]
#: When it was written: a day on which what they hand in is plausible.
_WRITTEN = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


def signed(body: bytes, at: float) -> dict[str, str]:
    """The headers of a post of the site, at this time by its clock."""
    stamp = str(int(at))
    proof = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {
        "x-sbyt-timestamp": stamp,
        "x-sbyt-signature": f"sha256={proof}",
        "content-type": "application/json",
        "connection": "close",
    }


@dataclass
class Site:
    """What the site got from us: our name of each message, and to whom; ``status`` is what it answers."""

    address: str = ""
    got: list[tuple[str, str]] = field(default_factory=list)
    status: int = 200

    def times(self) -> Counter[str]:
        return Counter(name for name, _ in self.got)


@contextmanager
def a_site() -> Iterator[Site]:
    """Run the site's callback on a free port of loopback."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if site.status == 200:
                site.got.append((said["id"], said["to"]))
            with suppress(OSError):  # whoever sent it was killed
                self.send_response(site.status)
                self.send_header("content-length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            """Whoever sent was killed: that is what the tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Posted:
    """What people wrote, what we said that we have, what was shown at once."""

    written: dict[str, str] = field(default_factory=dict)  # text by id
    acknowledged: set[str] = field(default_factory=set)
    shown: dict[str, str] = field(default_factory=dict)  # reply by id
    refused: Counter[str] = field(default_factory=Counter)  # by status, or what was wrong with the connection


#: Seconds between two messages of one person: short enough that every fault meets messages under way, long enough that
#: the workers are done soon after.
_PAUSE = 0.12


class Crowd:
    """People who write at the same time, each at least ``each`` messages and on until ``finish``.

    However fast the machine is, whatever happens before ``finish`` happens under load. The site repeats a message until
    we say that we have it; ``clock`` is what it signs by.
    """

    def __init__(self, port: int, seed: int, *, each: int = 15, clock: Callable[[], float] = time.time) -> None:
        self.posted = Posted()
        self._port, self._seed, self._each, self._clock = port, seed, each, clock
        self._stops, self._said_enough = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(one,), daemon=True) for one in _PEOPLE]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stops.set()
        for thread in self._threads:
            thread.join()

    @property
    def is_writing(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def finish(self, seconds: float = 90) -> Posted:
        """Let them end, and wait until all that they wrote is acknowledged."""
        self._said_enough.set()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(until - time.monotonic(), 0))
        left = self.posted.written.keys() - self.posted.acknowledged
        assert not self.is_writing, f"not acknowledged in {seconds} s: {left}; refused {self.posted.refused}"
        return self.posted

    def _write(self, person: Person) -> None:
        chance = random.Random(f"{self._seed} {person.sender}")
        before: list[str] = []
        for number in itertools.count():
            enough = number >= self._each and self._said_enough.is_set()
            if enough or self._stops.wait(_PAUSE * chance.random() * 2):
                return
            text = something_to_say(person, chance, before[-3:])
            before.append(text)
            id_, at = f"{person.sender}-{number}", _WRITTEN + dt.timedelta(seconds=number)
            answer = "now" if chance.random() < 0.3 else "later"
            said = {"id": id_, "from": person.sender, "text": text, "at": at.isoformat(), "answer": answer}
            self.posted.written[id_] = text
            body = json.dumps(said).encode()
            while not self.post(id_, body) and not self._stops.wait(0.1):
                pass
            if chance.random() < 0.1:  # it says it once more, though it was told
                self.post(id_, body)

    def post(self, id_: str, body: bytes) -> bool:
        """Post a message; whether we said that we have it."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            connection.request("POST", "/in/webform", body, signed(body, self._clock()))
            answer = connection.getresponse()
            said = json.loads(answer.read()) if answer.status in (200, 202) else {}
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.posted.refused[type(error).__name__] += 1
            return False
        finally:
            connection.close()
        if not said:
            self.posted.refused[str(answer.status)] += 1
            return False
        self.posted.acknowledged.add(id_)
        if "reply" in said:
            before = self.posted.shown.setdefault(id_, said["reply"])
            assert before == said["reply"], f"{id_} was answered {before!r} and then {said['reply']!r}"
        return True
