"""How many messages a second are stored through a webhook, beside a bare view that commits one row.

Ours is ``sbyt serve``: POST /in/webform with signed JSON that asks for no answer, so that it is verified, read and
stored, as what providers post is. The bare one is granian calling a WSGI function of ten lines that puts the body into
a table with nothing but a serial key, by psycopg, and commits: with one thread a process, at which it is quickest a
processor's time, and with as many as ours has, a connection each. All have the same PostgreSQL with fsync on, and the
same load: wrk if it is installed, else a small generator in Python, a process of its own. They alternate; figures are
medians, the ratio that of the rounds' ratios.

    python benchmarks/webhooks.py [ROUNDS]
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
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
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

#: wrk sends the requests of a file, each once.
SCRIPT = """
local requests, at = {}, 0
for line in io.lines("%s") do
  local stamp, signature, body = line:match("^(%%S+) (%%S+) (.*)$")
  requests[#requests + 1] = wrk.format("POST", "/in/webform", {
    ["X-Sbyt-Timestamp"] = stamp, ["X-Sbyt-Signature"] = signature, ["Content-Type"] = "application/json"
  }, body)
end
request = function()
  at = at + 1
  return requests[at]
end
"""


def requests(round_: int) -> Iterator[tuple[str, str, bytes]]:
    """Time stamp, signature and body of as many messages, all different and signed now."""
    stamp = str(int(time.time()))
    for number in range(REQUESTS):
        said = {"id": f"{round_}-{number}", "from": f"visitor-{number % 5000}", "text": f"2000000001 {number}"}
        body = json.dumps({**said, "answer": "later"}).encode()
        digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        yield stamp, f"sha256={digest}", body


def load(port: int, round_: int, folder: Path) -> float:
    """Requests a second that were answered with 200."""
    if not shutil.which("wrk"):
        return load_by_python(port, round_)
    listed, script = folder / "requests", folder / "load.lua"
    listed.write_bytes(b"".join(b"%s %s %s\n" % (s.encode(), g.encode(), b) for s, g, b in requests(round_)))
    script.write_text(SCRIPT % listed)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", script, f"http://127.0.0.1:{port}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(said)
    count, seconds = re.search(r"(\d+) requests in ([\d.]+)s", said).groups()  # type: ignore[union-attr]
    return int(count) / float(seconds)


def load_by_python(port: int, round_: int) -> float:
    command = [sys.executable, __file__, "--load", str(port), str(round_)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def generate(port: int, round_: int) -> float:
    """Several connections, each with one request under way; only the status line of an answer is looked at."""
    ready = [
        b"POST /in/webform HTTP/1.1\r\nHost: x\r\nX-Sbyt-Timestamp: %s\r\nX-Sbyt-Signature: %s\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (s.encode(), g.encode(), len(b), b)
        for s, g, b in requests(round_)
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


def measure(server: Server, rounds: int, workers: int, folder: Path) -> dict[str, list[float]]:
    """Stored a second by each, round by round."""
    url = server.url("town")
    environ = {
        "DATABASE_URL": url,
        "SBYT_CONFIG": os.devnull,
        "SBYT_SECRET_KEY": "k" * 40,
        "SBYT_WEBFORM_SECRET": SECRET,
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
                rate = load(port, workers * 1000 + round_, folder)
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
        print(generate(int(sys.argv[2]), int(sys.argv[3])))
        return
    rounds = int(sys.argv[1]) if sys.argv[1:] else 9
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
        print(f"load by {'wrk' if shutil.which('wrk') else 'Python'}, {CONNECTIONS} connections; fsync {fsync}")
        for workers in (1, 2):
            tell(workers, measure(server, rounds, workers, folder))


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
