"""Other processes: the ``sbyt`` command itself, and what is measured in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SBYT = Path(sys.executable).parent / "sbyt"
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    """How long a command took from start to exit, and the most memory that it held, in bytes.

    What this process held when it started the command counts as the command's: it had better hold little.
    """

    seconds: float
    peak: int


def environment(url: str) -> dict[str, str]:
    here = {"DATABASE_URL": url, "SBYT_CONFIG": os.devnull, "DJANGO_SETTINGS_MODULE": "sbyt.config.settings"}
    return {**os.environ, **here}


def sbyt(url: str, *arguments: str) -> Ran:
    """Run the command on a database.

    :raises CalledProcessError: if it fails.
    """
    command = [str(SBYT), *arguments]
    begun = time.perf_counter()
    process = subprocess.Popen(command, env=environment(url), stdout=subprocess.DEVNULL)
    # Not wait: only so is it told what this one child used.
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Ran(seconds, used.ru_maxrss * 1024)


def measured(url: str, module: str, *arguments: str) -> Any:
    """Run one of our modules on a database; the JSON that it prints.

    :raises CalledProcessError: if it fails.
    """
    command = [sys.executable, "-m", f"benchmarks.billing_run.{module}", *arguments]
    done = subprocess.run(command, env=environment(url), cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)
