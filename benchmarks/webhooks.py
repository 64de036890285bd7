"""How many messages a second are stored through a webhook, beside a bare view that commits one row.

Ours is ``sbyt serve``, to which a provider posts: webform signed JSON that asks for no answer, telegram and max updates
of their Bot APIs with their secrets; each is verified, read and stored. The bare one is granian calling a WSGI function
of ten lines that puts the body into a table with nothing but a serial key, by psycopg, and commits: with one thread a
process, at which it is quickest a processor's time, and with as many as ours has, a connection each. All have the same
PostgreSQL with fsync on, and the same load: wrk if it is installed, else a small generator in Python, a process of its
own. They alternate; figures are medians, the ratio that of the rounds' ratios.

    python benchmarks/webhooks.py [ROUNDS] [webform|telegram|max]
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import psycopg

from tests.support.components import postgresql_programs
from tests.support.postgresql import Server, running_server

SECONDS = 3
CONNECTIONS = 8
THREADS = 4  # of ours, a process, by default
#: More than either side takes in that time.
REQUESTS = 30_000
GOAL = 0.8
OURS = "sbyt serve"
PORT = 18111
SECRET = "s" * 40
BIN = Path(sys.executable).parent

BARE = """
import os, psycopg, threading
own = threading.local()

def application(environ, start_response):
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    if not hasattr(own, "connection"):
        own.connection = psycopg.connect(os.environ["BARE_URL"], autocommit=True)
    own.connection.execute("INSERT INTO bare (body) VALUES (%s)", [body.decode()])
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]
"""

SERVE_BARE = """
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
import sys
Server("bare:application", port=int(sys.argv[3]), interface=Interfaces.WSGI, workers=int(sys.argv[1]),
       blocking_threads=int(sys.argv[2]), websockets=False, log_level=LogLevels.warning).serve()
"""

#: wrk sends the requests of a file, each once: headers as ``Name=value;``, a tab, the body.
SCRIPT = """
local requests, at = {}, 0
for line in io.lines("%s") do
  local named, body = line:match("^([^\t]*)\t(.*)$")
  local headers = {["Content-Type"] = "application/json"}
  for name, value in named:gmatch("([^=;]+)=([^;]+);") do headers[name] = value end
  requests[#requests + 1] = wrk.format("POST", "/in/%s", headers, body)
end
request = function()
  at = at + 1
  return requests[at]
end
"""


def webform(round_: int, number: int) -> tuple[dict[str, str], bytes]:
    """A signed message of the retailer's own site."""
    said = {"id": f"{round_}-{number}", "from": f"visitor-{number % 5000}", "text": f"2000000001 {number}"}
    body, stamp = json.dumps({**said, "answer": "later"}).encode(), str(int(time.time()))
    digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Sbyt-Timestamp": stamp, "X-Sbyt-Signature": f"sha256={digest}"}, body


def telegram(round_: int, number: int) -> tuple[dict[str, str], bytes]:
    """A message to a bot, as the Bot API posts it."""
    person = 700_000_000 + number % 5000
    message = {
        "message_id": round_ * REQUESTS + number,
        "from": {"id": person, "is_bot": False, "first_name": "Анна", "language_code": "ru"},
        "chat": {"id": person, "first_name": "Анна", "type": "private"},
        "date": int(time.time()),
        "text": f"2000000001 {number}",
    }
    body = {"update_id": round_ * REQUESTS + number, "message": message}
    return {"X-Telegram-Bot-Api-Secret-Token": SECRET}, json.dumps(body).encode()


def max_(round_: int, number: int) -> tuple[dict[str, str], bytes]:
    """A message to a bot in MAX."""
    person = 700_000_000 + number % 5000
    now = int(time.time() * 1000)
    message = {
        "sender": {"user_id": person, "first_name": "Анна", "is_bot": False, "last_activity_time": now},
        "recipient": {"chat_id": person + 1, "chat_type": "dialog", "user_id": 1},
        "timestamp": now,
        "body": {"mid": f"mid.{round_:04}{number:08}", "seq": number, "text": f"2000000001 {number}"},
    }
    body = {"update_type": "message_created", "timestamp": now, "message": message, "user_locale": "ru"}
    return {"X-Max-Bot-Api-Secret": SECRET}, json.dumps(body).encode()


@dataclass(frozen=True)
class Feed:
    """A provider: what it posts, where to, and what our side must know of it."""

    channel: str
    made: Callable[[int, int], tuple[dict[str, str], bytes]]
    environ: Mapping[str, str]
    settings: str = ""


FEEDS = {
    "webform": Feed("webform", webform, {"SBYT_WEBFORM_SECRET": SECRET}),
    "telegram": Feed(
        "telegram",
        telegram,
        {"SBYT_TELEGRAM_TOKEN": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "SBYT_TELEGRAM_WEBHOOK_SECRET": SECRET},
        '[channels.telegram.options]\nupdates = "webhook"\n',
    ),
    "max": Feed("max", max_, {"SBYT_MAX_TOKEN": "t" * 40, "SBYT_MAX_SECRET": SECRET}),
}


def requests(feed: Feed, round_: int) -> Iterator[tuple[dict[str, str], bytes]]:
    """The headers and bodies of as many messages, all different and made now."""
    for number in range(REQUESTS):
        yield feed.made(round_, number)


def load(feed: Feed, port: int, round_: int, folder: Path) -> float:
    """Requests a second that were answered with 200."""
    if not shutil.which("wrk"):
        return load_by_python(feed, port, round_)
    listed, script = folder / "requests", folder / "load.lua"
    lines = ("".join(f"{name}={value};" for name, value in headers.items()) for headers, _ in requests(feed, round_))
    bodies = (body for _, body in requests(feed, round_))
    listed.write_bytes(b"".join(b"%s\t%s\n" % (line.encode(), body) for line, body in zip(lines, bodies, strict=True)))
    script.write_text(SCRIPT % (listed, feed.channel))
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script, f"http://127.0.0.1:{port}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    count, seconds = re.search(r"(\d+) requests in ([\d.]+)s", said).groups()  # type: ignore[union-attr]
    return int(count) / float(seconds)


def load_by_python(feed: Feed, port: int, round_: int) -> float:
    command = [sys.executable, __file__, "--load", feed.channel, str(port), str(round_)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def generate(feed: Feed, port: int, round_: int) -> float:
    """Several connections, each with one request under way; only the status line of an answer is looked at."""
    ready = [
        (
            f"POST /in/{feed.channel} HTTP/1.1\r\nHost: x\r\n"
            + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            + f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        + body
        for headers, body in requests(feed, round_)
    ]
    ready.reverse()
    connections = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
    poll = select.poll()
    by_descriptor = {one.fileno(): one for one in connections}
    for one in connections:
        poll.register(one, select.POLLIN)
        one.sendall(ready.pop())
    answered, began = 0, time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        for descriptor, _ in poll.poll(100):
            got = by_descriptor[descriptor].recv(4096)
            if not got.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(got)
            answered += 1
            by_descriptor[descriptor].sendall(ready.pop())
    return answered / (time.perf_counter() - began)


@contextmanager
def process(command: list[str | Path], environ: Mapping[str, str], port: int, folder: Path) -> Iterator[None]:
    running = subprocess.Popen(command, env={**os.environ, **environ}, cwd=folder)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionError:
                time.sleep(0.1)
        time.sleep(1.5)  # its process is up
        yield
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait()


def measure(feed: Feed, server: Server, rounds: int, workers: int, folder: Path) -> dict[str, list[float]]:
    """Stored a second by each, round by round."""
    url = server.url("town")
    (folder / "sbyt.toml").write_text(feed.settings)
    environ = {
        "DATABASE_URL": url,
        "SBYT_CONFIG": str(folder / "sbyt.toml"),
        "SBYT_SECRET_KEY": "k" * 40,
        **feed.environ,
        "BARE_URL": url,
        "PYTHONPATH": str(folder),
    }
    served: dict[str, tuple[list[str | Path], str]] = {
        OURS: ([BIN / "sbyt", "serve", "--workers", str(workers), "--port"], "messaging_inboundmessage"),
        **{
            f"bare, {threads} thread(s)": (
                [sys.executable, folder / "serve_bare.py", str(workers), str(threads)],
                "bare",
            )
            for threads in (1, THREADS)
        },
    }
    rates: dict[str, list[float]] = {name: [] for name in served}
    with ExitStack() as running:
        for port, (command, _) in enumerate(served.values(), PORT):
            running.enter_context(process([*command, str(port)], environ, port, folder))
        for round_ in range(rounds + 1):
            for port, (name, (_, table)) in enumerate(served.items(), PORT):
                before = count(url, table)
                rate = load(feed, port, workers * 1000 + round_, folder)
                stored = count(url, table) - before
                if not stored >= rate * SECONDS * 0.99:
                    raise RuntimeError(f"{stored} rows for {rate:.0f} answers a second")
                if round_:  # the first one warms up
                    rates[name].append(rate)
    return rates


def count(url: str, table: str) -> int:
    with psycopg.connect(url) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # type: ignore[index]


def main() -> None:
    if sys.argv[1:2] == ["--load"]:
        print(generate(FEEDS[sys.argv[2]], int(sys.argv[3]), int(sys.argv[4])))
        return
    rounds = int(sys.argv[1]) if sys.argv[1:] else 9
    feed = FEEDS[sys.argv[2] if sys.argv[2:] else "webform"]
    programs = postgresql_programs()
    if programs is None:
        print("webhooks: PostgreSQL is not installed; make test-deps brings it")
        return
    with tempfile.TemporaryDirectory() as name, running_server(programs, durable=True) as server:
        folder = Path(name)
        (folder / "bare.py").write_text(BARE)
        (folder / "serve_bare.py").write_text(SERVE_BARE)
        server.create("town")
        environ = {**os.environ, "DATABASE_URL": server.url("town"), "SBYT_CONFIG": os.devnull}
        subprocess.run([BIN / "sbyt", "migrate"], env=environ, check=True, stdout=subprocess.DEVNULL)
        with psycopg.connect(server.url("town"), autocommit=True) as connection:
            connection.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, body text NOT NULL)")
            (fsync,) = connection.execute("SHOW fsync").fetchone() or ("?",)
        by = "wrk" if shutil.which("wrk") else "Python"
        print(f"{feed.channel}, load by {by}, {CONNECTIONS} connections; fsync {fsync}")
        for workers in (1, 2):
            tell(workers, measure(feed, server, rounds, workers, folder))


def tell(workers: int, rates: dict[str, list[float]]) -> None:
    ours = rates.pop(OURS)
    print(f"processes {workers}: sbyt serve {told(ours)} messages/s")
    for name, bare in rates.items():
        ratio = statistics.median(one / other for one, other in zip(ours, bare, strict=True))
        print(f"    {name}: {told(bare)}; ratio {ratio:.2f} (goal {GOAL}: {'met' if ratio >= GOAL else 'not met'})")


def told(rates: list[float]) -> str:
    return f"{statistics.median(rates):,.0f} ({min(rates):,.0f} to {max(rates):,.0f})"


if __name__ == "__main__":
    main()
