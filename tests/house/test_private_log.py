"""A town's day in real processes, at the most talkative level: nothing personal stands in what they log.

Imported, written to by webhook and by ``sbyt say``, answered by a worker through a provider that refuses everything and
repeats in its refusal what it was sent, with a database that refuses rows and shows them in its error.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

from sbyt.messaging.models import Delivery, InboundMessage
from tests.support.databases import Database
from tests.support.serving import KEY, right_now, serving
from tests.usecases.receiving import refusing

TOWN = Path(__file__).parents[1] / "data" / "messages" / "town"
MESSAGES = [json.loads(line) for line in (TOWN / "messages.jsonl").read_text(encoding="utf-8").splitlines()]
SECRET = "a-secret-that-nobody-would-guess-0123456789"


class Echo(BaseHTTPRequestHandler):
    """Refuses every second message for good, the others for now, and says whose and what it was."""

    count: ClassVar[int] = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        Echo.count += 1
        self.send_response(400 if Echo.count % 2 else 500)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """It has a log of its own, which is not ours."""


@contextmanager
def echo() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sbyt(environ: Mapping[str, str], *words: str, sent: str = "") -> str:
    """Run a command; what it logs."""
    program = Path(sys.executable).with_name("sbyt")
    done = subprocess.run(
        [program, *words], env=environ, cwd="/", input=sent, capture_output=True, text=True, check=False
    )
    return done.stderr


def signed(message: Mapping[str, Any]) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(
        {"id": message["id"], "from": message["from"], "text": message["text"], "answer": "later"}, ensure_ascii=False
    ).encode()
    stamp = str(int(right_now().timestamp()))
    digest = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"x-sbyt-timestamp": stamp, "x-sbyt-signature": f"sha256={digest}", "content-type": "application/json"}


def poisonous(number: int) -> dict[str, Any]:
    return {**MESSAGES[number], "id": f"poison-{number}", "channel": "webform"}


def private() -> set[str]:
    """Whatever is known of the people of this town, and what they wrote."""
    found = set()
    with (TOWN / "accounts.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found |= {row[name] for name in ("account", "holder", "address", "phone", "email")}
            found |= set(re.findall(r"\w{4,}", f"{row['holder']} {row['address']}"))
            found.add(row["phone"][-10:])
    for message in MESSAGES:
        found |= {message["from"], message["text"].strip(), message["from"][-10:]}
    return {text for text in found if len(text) >= 4 and not text.isdecimal()} | {
        text for text in found if text.isdecimal() and len(text) >= 5
    }


def a_day(database: Database, folder: Path) -> str:
    """What all processes log."""
    with echo() as url:
        settings = folder / "sbyt.toml"
        settings.write_text(f'[channels.webform]\nstate = "open"\noptions = {{ callback = "{url}", seconds = 2 }}\n')
        environ = {
            **database.environ,
            "SBYT_CONFIG": str(settings),
            "SBYT_SECRET_KEY": KEY,
            "SBYT_WEBFORM_SECRET": SECRET,
            "SBYT_LOG_LEVEL": "debug",
        }
        logged = [sbyt(environ, "migrate"), sbyt(environ, "import", str(TOWN))]
        said = [json.dumps(message, ensure_ascii=False) for message in MESSAGES[:120]]
        logged.append(sbyt(environ, "say", "--jsonl", sent="\n".join(said)))
        with serving(environ) as served:
            for message in MESSAGES[:60]:
                assert served.ask("/in/webform", *signed(message)).status == 200
            body, headers = signed(MESSAGES[60])
            assert served.ask("/in/webform", body + b" ", headers).status == 403
            assert served.ask("/in/webform", *signed({"id": "", "from": "+79120000101", "text": "4425"})).status == 400
            logged.append(sbyt(environ, "work", "--once"))
            with refusing("messaging_outboundmessage"):
                poison = [poisonous(number) for number in range(5)]
                logged.append(sbyt(environ, "say", "--jsonl", sent="\n".join(map(json.dumps, poison[:2]))))
                for message in poison[2:]:
                    assert served.ask("/in/webform", *signed(message)).status == 200
                logged.append(sbyt(environ, "work", "--once"))
            served.process.terminate()
            served.process.wait(60)
            logged.append(served.logged())
    return "\n".join(logged)


def test_a_day_leaves_nothing_personal_in_the_log(database: Database, tmp_path: Path) -> None:
    logged = a_day(database, tmp_path)

    assert {"webhook_refused", "webhook_unreadable", "handling_failed"} <= {
        json.loads(line)["event"] for line in logged.splitlines() if line.startswith("{")
    }
    assert Delivery.objects.exclude(result="delivered").count() >= 10
    assert InboundMessage.objects.filter(handled_at=None, attempts__gt=0).exists()
    without_gaps = re.sub(r"[\s()\-]", "", logged)
    assert sorted(text for text in private() if text in logged or (text.isdecimal() and text in without_gaps)) == []
