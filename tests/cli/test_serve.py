"""``sbyt serve`` begins only if it can, and ends in order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sbyt.messaging.models import InboundMessage
from tests.channels.webform.test_webform import SECRET, encoded, signed
from tests.support.databases import Database
from tests.support.serving import KEY, Served, serving


def serve(database: Database, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("sbyt")
    return subprocess.run(
        [program, "serve", *words],
        env={**database.environ, "SBYT_SECRET_KEY": KEY, **environ},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"SBYT_SECRET_KEY": ""}, "Не задан SBYT_SECRET_KEY"),
        ({"SBYT_SECRET_KEY": "short"}, "SBYT_SECRET_KEY короче 32 знаков"),
        ({"SBYT_WEBFORM_SECRET": "short"}, "SBYT_WEBFORM_SECRET: 5 знаков, нужно не меньше 32"),
    ],
)
def test_what_is_missing_is_said_before_the_first_customer_comes(
    database: Database, environ: dict[str, str], said: str
) -> None:
    done = serve(database, **environ)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_said_in_plain_words(database: Database) -> None:
    with serving(database.environ) as served:
        done = serve(database, "--port", str(served.port))
    assert done.returncode == 2
    assert done.stderr.endswith(f"Порт {served.port} на 127.0.0.1 занят или недоступен. Назовите другой: --port\n")


def test_only_this_machine_is_listened_to(database: Database) -> None:
    with serving(database.environ) as served:
        listening = Path("/proc/net/tcp").read_text(encoding="ascii")
        assert f"0100007F:{served.port:04X}" in listening
        assert f"00000000:{served.port:04X}" not in listening


@pytest.mark.parametrize("wanted", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_to_and_leaves_nothing_behind(
    database: Database, tmp_path: Path, wanted: signal.Signals
) -> None:
    with serving({**database.environ, "TMPDIR": str(tmp_path)}, "--workers", "2") as served:
        assert served.ask("/in/webform", b"").status == 403
        assert len(list(tmp_path.glob("sbyt-metrics-*/*.db"))) == 1  # whoever answered has counted
        served.process.send_signal(wanted)
        assert served.process.wait(30) == 0
        assert list(tmp_path.iterdir()) == []
        assert "Traceback" not in served.logged()


def test_whoever_was_told_yes_before_the_end_is_stored(database: Database) -> None:
    told: list[str] = []

    def send(served: Served) -> None:
        for number in range(10_000):
            body = encoded(id=f"m-{number}", **{"from": "v"}, text="Просто сообщение", answer="later")
            try:
                if served.ask("/in/webform", body, signed(body)).status == 200:
                    told.append(f"m-{number}")
            except OSError:
                return

    with serving({**database.environ, "SBYT_WEBFORM_SECRET": SECRET}) as served:
        sending = threading.Thread(target=send, args=[served])
        sending.start()
        while len(told) < 20:
            time.sleep(0.01)
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(30) == 0
        sending.join()
    assert set(told) <= set(InboundMessage.objects.values_list("provider_id", flat=True))


def test_a_worker_that_is_killed_is_replaced(database: Database) -> None:
    with serving(database.environ) as served:
        served.ask("/healthz")
        children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children").read_text(encoding="ascii")
        os.kill(int(children.split()[0]), signal.SIGKILL)
        deadline = time.monotonic() + 30
        found: dict[str, object] = {}
        while not found and time.monotonic() < deadline:
            try:
                found = json.loads(served.ask("/healthz").body)
            except OSError:
                time.sleep(0.1)
        assert found["status"] == "ok"


def test_a_server_that_is_killed_leaves_no_process_that_keeps_the_port(database: Database) -> None:
    with serving(database.environ) as served:
        with socket.create_connection(("127.0.0.1", served.port)):
            os.kill(served.process.pid, signal.SIGKILL)
        served.process.wait(10)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with socket.socket() as trying:
                if trying.connect_ex(("127.0.0.1", served.port)):
                    return
            time.sleep(0.2)
        pytest.fail("the port is still kept")


def test_the_console_answers_line_by_line(database: Database) -> None:
    program = Path(sys.executable).with_name("sbyt")
    done = subprocess.run(
        [program, "console", "--from", "+79120000101"],
        env=database.environ,
        input="помощь\n\n4425\n",
        capture_output=True,
        text=True,
        check=True,
    )
    replies = list(InboundMessage.objects.order_by("id").values_list("text", "sender", "result__reply"))
    assert [(text, sender) for text, sender, _ in replies] == [("помощь", "+79120000101"), ("4425", "+79120000101")]
    assert done.stdout.splitlines() == [line for *_, reply in replies for line in reply.splitlines()]
