"""What is said to the console goes to real files and pipes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sbyt.channels.console import Console
from sbyt.messaging.channel import NotAuthorised, Outgoing, ProviderFailed, Uncertain, Unreachable
from tests.channels.harness import ChannelContract, NotPossible, Table, outcome
from tests.channels.provider import Behaviour

_NO_NETWORK = NotPossible("nothing posts to a console: it is typed into, or written to by sbyt say")
_NO_PROVIDER = NotPossible("there is no provider: a file or a pipe is written to, see the other tests of this page")


class TestConsole(ChannelContract):
    table = Table(
        code="console",
        secrets={},
        connected=lambda _: Console(os.devnull),
        payloads=_NO_NETWORK,
        forgeries={"nothing to prove": lambda _: {}, "anything": lambda _: {"authorization": "Bearer x"}},
        unknown=_NO_NETWORK,
        malformed=_NO_NETWORK,
        sends=dict.fromkeys(Behaviour, _NO_PROVIDER),
    )


MESSAGE = Outgoing(7, "console", "Приняли 4425.\nВойдёт в счёт за ноябрь.", ("Да", "Нет"))
LARGE = Outgoing(8, "console", "Ы" * 100_000)


def test_a_message_is_a_line_of_json_however_many_lines_it_has(tmp_path: Path) -> None:
    file = tmp_path / "said.jsonl"
    channel = Console(str(file))
    assert [outcome(channel, MESSAGE).__class__.__name__ for _ in range(2)] == ["Sent", "Sent"]
    lines = file.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == 2 * [
        {"id": 7, "to": "console", "text": "Приняли 4425.\nВойдёт в счёт за ноябрь.", "buttons": ["Да", "Нет"]}
    ]


def test_nobody_else_can_read_the_file(tmp_path: Path) -> None:
    outcome(Console(str(tmp_path / "said.jsonl")), MESSAGE)
    assert (tmp_path / "said.jsonl").stat().st_mode & 0o077 == 0


def test_the_output_of_the_command_is_the_default(tmp_path: Path) -> None:
    script = (
        "import asyncio; from sbyt.channels.console import Console; from sbyt.messaging.channel import Outgoing;"
        "asyncio.run(Console().send(Outgoing(1, 'console', 'Приняли.')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert json.loads(done.stdout)["text"] == "Приняли."


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    made = tmp_path / "pipe"
    os.mkfifo(made)
    return made


def test_a_pipe_that_is_read_gets_all_of_a_long_message(pipe: Path) -> None:
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(pipe.read_bytes()))
    reader.start()
    writer = os.open(pipe, os.O_WRONLY)  # waits for the reader, and keeps the pipe open
    result = outcome(Console(str(pipe)), LARGE)
    os.close(writer)
    reader.join()
    assert type(result).__name__ == "Sent"
    assert json.loads(got[0])["text"] == LARGE.text


def test_a_pipe_that_nobody_has_opened_is_unreachable(pipe: Path) -> None:
    assert type(outcome(Console(str(pipe)), MESSAGE)) is Unreachable


def test_a_reader_that_stops_in_the_middle_leaves_it_uncertain(pipe: Path) -> None:
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)

    async def send_and_stop_reading() -> None:
        sending = asyncio.create_task(Console(str(pipe), seconds=10).send(LARGE))
        await asyncio.sleep(0.1)  # the pipe is full by then
        os.close(reader)
        await sending

    with pytest.raises(Uncertain):
        asyncio.run(send_and_stop_reading())


def test_a_pipe_that_fills_up_in_the_middle_is_uncertain_when_the_time_is_over(pipe: Path) -> None:
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    result = outcome(Console(str(pipe), seconds=0.1), LARGE)
    os.close(reader)
    assert type(result) is Uncertain


def test_a_pipe_that_was_full_before_has_certainly_not_got_it(pipe: Path) -> None:
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert type(outcome(Console(str(pipe), seconds=0.1), LARGE)) is Uncertain
    assert type(outcome(Console(str(pipe), seconds=0.1), MESSAGE)) is Unreachable
    os.close(reader)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_did_not_take_it() -> None:
    assert type(outcome(Console("/dev/full"), MESSAGE)) is ProviderFailed


def test_of_a_line_that_did_not_fit_nothing_stays(tmp_path: Path) -> None:
    """The limit on a file's size stands for a disk that fills up within a line."""
    file = tmp_path / "said.jsonl"
    file.write_text("first\n")
    script = (
        "import asyncio, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (60, 60))\n"
        "from sbyt.channels.console import Console; from sbyt.messaging.channel import Outgoing\n"
        "asyncio.run(Console(sys.argv[1]).send(Outgoing(1, 'console', 'Приняли 4425 по счётчику …0001.')))"
    )
    done = subprocess.run([sys.executable, "-B", "-c", script, str(file)], capture_output=True, text=True, check=False)
    assert "ProviderFailed" in done.stderr
    assert file.read_text() == "first\n"


def test_a_missing_folder_is_unreachable(tmp_path: Path) -> None:
    assert type(outcome(Console(str(tmp_path / "no" / "said")), MESSAGE)) is Unreachable


def test_a_file_that_we_may_not_write_waits_for_somebody_to_mend_it() -> None:
    script = ("import asyncio, os; os.setuid(65534)\n" if os.geteuid() == 0 else "import asyncio\n") + (
        "from sbyt.channels.console import Console; from sbyt.messaging.channel import Outgoing\n"
        "asyncio.run(Console('/proc/version').send(Outgoing(1, 'console', 'Приняли.')))"
    )
    script = "import sbyt.channels.console\n" + script
    done = subprocess.run([sys.executable, "-B", "-c", script], capture_output=True, text=True, check=False)
    assert NotAuthorised.__name__ in done.stderr
