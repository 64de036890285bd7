"""Real components that some tests run against, and the command that brings one that is missing.

With ``CI=true`` a missing component fails the test; elsewhere the test steps aside and the end of the run lists what
was not tried and how to get it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

OLDEST_POSTGRESQL = 15

_POSTGRESQL_FOLDERS = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Fedora, RHEL
    "/opt/homebrew/opt/postgresql@*/bin",  # macOS
    "/usr/local/opt/postgresql@*/bin",
)

_FAKETIME = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib*/faketime/libfaketimeMT.so.1")


@dataclass(frozen=True)
class Component:
    """Something outside of Python. ``find`` gives the folder or program, or None where it is not installed."""

    name: str
    find: Callable[[], Path | None]
    how_to_get: str


def postgresql_programs() -> Path | None:
    """The folder with ``initdb`` and ``pg_ctl`` of the oldest PostgreSQL installed that we promise to run on."""
    folders = [folder for pattern in _POSTGRESQL_FOLDERS for folder in Path("/").glob(pattern.lstrip("/"))]
    if found := shutil.which("initdb"):
        folders.append(Path(found).resolve().parent)
    ready = [folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()]
    return min(ready, key=_version, default=None)


def _version(folder: Path) -> int:
    """The major version that the folder's path names, from 15 on; a late 100 where it names none such."""
    figures = "".join(char if char.isdigit() else " " for char in str(folder)).split()
    return min((int(number) for number in figures if OLDEST_POSTGRESQL <= int(number) < 100), default=100)


def postgresql_version() -> str:
    """What the PostgreSQL that tests run on calls itself, like ``15.8``."""
    programs = postgresql_programs()
    if programs is None:
        return "not installed"
    told = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    return told.stdout.split()[2]


def faketime_library() -> Path | None:
    """The library that, preloaded, gives a process another clock; the one for programs with threads."""
    return next((path for pattern in _FAKETIME for path in Path("/").glob(pattern.lstrip("/"))), None)


def chromium_program() -> Path | None:
    """The browser that tests of pages drive."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    return Path(found) if found else None


def java_program() -> Path | None:
    """What Spark runs on."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else None)
    return Path(found) if found else None


def _program(name: str) -> Path | None:
    found = shutil.which(name)
    return Path(found) if found else None


def dovecot_program() -> Path | None:
    """The mail server that keeps what was delivered, for IMAP; with what takes it by LMTP."""
    parts = [Path("/usr/lib/dovecot") / name for name in ("imap", "lmtp")]
    found = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return Path(found) if found and all(part.exists() for part in parts) else None


def telegram_emulator() -> Path | None:
    """The folder of the emulator of Telegram's Bot API, with what it runs on beside it."""
    folder = Path(__file__).with_name("telegram_emulator")
    return folder if shutil.which("node") and (folder / "node_modules" / "telegram-test-api").is_dir() else None


COMPONENTS = {
    component.name: component
    for component in (
        Component("postgresql", postgresql_programs, "make test-deps (PostgreSQL 15 or later)"),
        Component("faketime", faketime_library, "make test-deps (the package faketime)"),
        Component("chromium", chromium_program, "make test-deps (the package chromium)"),
        Component("java", java_program, "make test-deps (the package openjdk-17-jre-headless)"),
        Component("poppler", lambda: _program("pdftoppm"), "make test-deps (the package poppler-utils)"),
        Component("zbar", lambda: _program("zbarimg"), "make test-deps (the package zbar-tools)"),
        Component("dovecot", dovecot_program, "make test-deps (the packages dovecot-imapd and dovecot-lmtpd)"),
        Component("telegram_emulator", telegram_emulator, "make test-deps (nodejs, and npm for telegram-test-api)"),
        # Which no package brings: the test that mounts one steps aside even in CI.
        Component("small_disk", lambda: None, "root, where mounting is allowed,"),
    )
}

#: Components that a test of this run asked for in vain.
missing: set[str] = set()


def require(name: str) -> Path:
    """Where the component is. Without it the test fails in CI and steps aside elsewhere.

    :raises KeyError: if no component has this name.
    """
    component = COMPONENTS[name]
    found = component.find()
    if found:
        return found
    missing.add(name)
    said = f"{name} is not installed; {component.how_to_get} brings it"
    if os.environ.get("CI") == "true":
        pytest.fail(said, pytrace=False)
    pytest.skip(said)
