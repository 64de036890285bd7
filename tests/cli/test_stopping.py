"""A signal is heard wherever the main thread is when it comes: processes of their own, as signals are a process's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from sbyt.cli.stopping import told_to_stop, wait_until_told

#: The signal comes at the n-th line that Python executes once the command waits.
AT_THE_NTH_LINE = """
import os, signal, sys
from sbyt.cli.stopping import told_to_stop, wait_until_told

def count(frame, event, argument):
    global left
    if event == "line":
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGTERM)
    return count

for nth in range(1, 9):
    with told_to_stop() as stop:
        left = nth
        sys.settrace(count)
        wait_until_told(stop)
        sys.settrace(None)
        assert stop.is_set()
print("heard")
"""

TWICE = """
import os, signal
from sbyt.cli.stopping import told_to_stop
with told_to_stop(insist={insist}):
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
print("still here")
"""


def output(script: str, status: int = 0) -> str:
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == status, run.stderr
    return run.stdout


def test_a_signal_is_heard_at_each_line_of_waiting() -> None:
    assert output(AT_THE_NTH_LINE) == "heard\n"


def test_whoever_insists_ends_the_process() -> None:
    assert output(TWICE.format(insist=True), status=-signal.SIGTERM) == ""


def test_where_insisting_does_harm_it_changes_nothing() -> None:
    assert output(TWICE.format(insist=False)) == "still here\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_handlers_from_before_are_back_afterwards(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with told_to_stop() as stop:
        os.kill(os.getpid(), number)
        assert wait_until_told(stop)
    assert signal.getsignal(number) == before


def test_nobody_told_it() -> None:
    with told_to_stop() as stop:
        assert not wait_until_told(stop, 0.01)
