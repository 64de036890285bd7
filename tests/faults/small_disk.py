"""A disk of a test's own that can be filled up."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support import components


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A disk of its own in memory. Where none may be mounted, the test steps aside."""
    folder = Path(tempfile.mkdtemp(prefix="sbyt-disk-"))
    folder.chmod(0o755)  # the user that runs PostgreSQL must get in
    how = f"size={megabytes}m,mode=0755"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", how, "tmpfs", folder], capture_output=True, check=False)
    if mounted.returncode:
        folder.rmdir()
        components.missing.add("small_disk")
        pytest.skip("a small disk can't be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """No byte more goes onto the disk until the end of the block."""
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(65536))
    with suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(512))
    try:
        yield
    finally:
        filler.unlink()
