"""``sbyt demo``: a made-up town of thousands, with server and worker, to be looked at in a browser."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from sbyt.cli.demo_site_words import ROLES, SHOWS, SiteWords
from sbyt.cli.demo_town import Town, build, write
from sbyt.cli.stopping import told_to_stop, wait_until_told

FOLDER = Path("var") / "demo" / "town"
HOST = "127.0.0.1"
#: Where the town lies.
ZONE = ZoneInfo("Europe/Moscow")

_SETTINGS = Path(__file__).with_name("demo_town") / "sbyt.toml"
#: The window in which the town handed in what the retailer has already. A reading gets its month when it is imported,
#: by the window of then: with one that is open today, a town made on the 2nd would have each of them a month late.
_PAST_WINDOW = (18, 25)
#: Today's window is open from so many days ago until so many days ahead.
_BEFORE, _AHEAD = 6, 3
_PORTS = 20  # that are tried one after the other
_STARTED_WITHIN = 60.0  # seconds
_ENDED_WITHIN = 70.0


class UnableToShow(Exception):
    """The demonstration can't go on. The text says why, and what to do."""


@dataclass(frozen=True)
class Site:
    """The demonstration's own folder: database, settings, secret and logs. ``port``: where it is meant to be served."""

    folder: Path
    port: int = 8000

    @property
    def is_ready(self) -> bool:
        return self._made.exists()

    @property
    def made_on(self) -> dt.date:
        return dt.date.fromisoformat(self._made.read_text(encoding="utf-8").strip())

    @property
    def _made(self) -> Path:
        return self.folder / "made-on"

    @property
    def settings(self) -> Path:
        return self.folder / "sbyt.toml"

    @property
    def guide(self) -> Path:
        return self.folder / "guide.json"

    def environ(self) -> dict[str, str]:
        """What its commands are run with, whatever else this shell is set up for."""
        secret = self.folder / "secret-key"
        if not secret.exists():
            secret.touch(mode=0o600)
            secret.write_text(secrets.token_hex(32), encoding="utf-8")
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("SBYT_")},
            "DATABASE_URL": f"sqlite:///{(self.folder / 'sbyt.sqlite3').absolute().as_posix()}",
            "SBYT_CONFIG": str(self.settings.absolute()),
            "SBYT_SECRET_KEY": secret.read_text(encoding="utf-8"),
        }

    def open_window(self, today: dt.date, language: str) -> None:
        """Write the settings so that readings are welcome today."""
        self._write_settings((max(today.day - _BEFORE, 1), min(today.day + _AHEAD, 31)), language)

    def open_past_window(self, language: str) -> None:
        """Write the settings as they were while the town's two years went by."""
        self._write_settings(_PAST_WINDOW, language)

    def _write_settings(self, window: tuple[int, int], language: str) -> None:
        first, last = window
        written = _SETTINGS.read_text(encoding="utf-8").format(
            language=language,
            first_day=first,
            last_day=last,
            port=self.port,
            guide=json.dumps(str(self.guide.absolute())),
        )
        self.settings.write_text(written, encoding="utf-8")

    def run(self, *words: str, given: Path | None = None) -> None:
        """Run one command of sbyt as a retailer would.

        :raises UnableToShow: if it fails.
        """
        log = self.folder / "prepared.log"
        with log.open("ab") as output, (given or Path(os.devnull)).open("rb") as source:
            done = subprocess.run(  # noqa: S603 our own command
                _sbyt(*words), env=self.environ(), stdin=source, stdout=output, stderr=output, check=False
            )
        if done.returncode:
            raise UnableToShow(f"sbyt {words[0]}: не вышло, подробности в {log}")

    def note_made(self, today: dt.date) -> None:
        self._made.write_text(today.isoformat(), encoding="utf-8")


def _sbyt(*words: str) -> list[str]:
    """The command by the same Python, wherever it is installed."""
    return [sys.executable, "-c", "from sbyt.config.entry import main; main()", *words]


def show(words: SiteWords, *, accounts: int, reset: bool, language: str, port: int) -> int:
    """Prepare the town if it isn't there, and serve it until told to stop.

    :returns: the exit status.
    """
    site, now = Site(FOLDER, port), dt.datetime.now(ZONE).replace(tzinfo=None)
    console = Console(highlight=False, file=sys.stderr)
    try:
        if reset and site.folder.exists():
            shutil.rmtree(site.folder)
        if not site.is_ready:
            prepare(site, words, console, accounts=accounts, language=language, now=now)
        else:
            site.open_window(now.date(), language)
            site.run("migrate")  # sbyt may be newer than the town
        return _serve(site, words, port)
    except UnableToShow as error:
        typer.echo(str(error), err=True)
        return 1


# the town ------------------------------------------------------------------------------------------------------------


def prepare(site: Site, words: SiteWords, console: Console, *, accounts: int, language: str, now: dt.datetime) -> None:
    """Make the town and let it be as if sbyt had been at work there: by the commands that a retailer uses."""
    if site.folder.exists():  # what was left half made
        shutil.rmtree(site.folder)
    files = site.folder / "files"
    files.mkdir(parents=True)
    began = time.monotonic()
    with console.status("") as status:
        status.update(words.inventing.format(accounts=accounts))
        town = build(accounts, now)
        write(town, files)
        _write_guide(site, town, staff=[])
        site.open_past_window(language)
        status.update(words.importing.format(readings=len(town.tables["readings"])))
        site.run("migrate")
        site.run("import", str(files))
        for period in town.billed:
            status.update(words.billing.format(period=period))
            site.run("bill", str(period))
        _issue_bills(site, town)
        _let_staff_in(site, town)
        site.open_window(now.date(), language)
        status.update(words.writing.format(messages=len(town.letters)))
        site.run("say", "--jsonl", given=files / "messages.jsonl")
    site.note_made(now.date())
    console.print(words.prepared.format(accounts=accounts, seconds=round(time.monotonic() - began)))


def _issue_bills(site: Site, town: Town) -> None:
    """Those of whom a visitor may be: their bills lie in the folder, and the office shows them."""
    guests = [word for guest in town.guests for word in ("--account", guest.account)]
    site.run("receipts", str(town.billed[-1]), *guests, "--out", str(site.folder / "receipts"))


def _write_guide(site: Site, town: Town, staff: Sequence[Mapping[str, str]]) -> None:
    """Whom a visitor may be, for start page and phones, and how staff log in."""
    guests = [{**asdict(guest), "phone": spoken(guest.phone), **SHOWS[guest.shows]} for guest in town.guests]
    guide = json.dumps({"guests": guests, "staff": staff}, ensure_ascii=False, indent=1)
    site.guide.touch(mode=0o600)
    site.guide.write_text(guide, encoding="utf-8")


def _let_staff_in(site: Site, town: Town) -> None:
    """Make a log-in for each role, with a password of this installation's own, and tell it on the start page."""
    staff = [{"name": role, "password": secrets.token_urlsafe(9)} for role in ROLES]
    typed = site.folder / "password"
    typed.touch(mode=0o600)
    for member in staff:
        typed.write_text(member["password"] + "\n", encoding="utf-8")
        site.run("staff", "add", member["name"], "--role", member["name"], "--password-stdin", given=typed)
    typed.unlink()
    _write_guide(site, town, [{**member, **ROLES[member["name"]]} for member in staff])


def spoken(phone: str) -> str:
    """``+7 912 000-00-01``."""
    return f"{phone[:2]} {phone[2:5]} {phone[5:8]}-{phone[8:10]}-{phone[10:]}" if phone else ""


# server and worker ---------------------------------------------------------------------------------------------------


def _serve(site: Site, words: SiteWords, port: int) -> int:
    running: dict[str, subprocess.Popen[bytes]] = {}
    # Whoever insists would leave the server and the worker behind.
    with told_to_stop(insist=False) as stop:
        try:
            free = _free_port(port)
            running["serve"] = _started(site, "serve", "--host", HOST, "--port", str(free), "--threads", "8")
            running["work"] = _started(site, "work")
            _wait_until_it_answers(free, running, site, stop)
            if not stop.is_set():
                address = f"http://{HOST}:{free}/"
                typer.echo(words.ready.format(address=address, folder=site.folder, made=f"{site.made_on:%d.%m.%Y}"))
            while not wait_until_told(stop, 0.5):
                _require_alive(running, site)
            typer.echo(words.ending)
            return 0
        finally:
            _end(running.values())


def _free_port(first: int) -> int:
    """The first free port from this one on.

    :raises UnableToShow: if none of the next is free.
    """
    for port in range(first, min(first + _PORTS, 65536)):
        with socket.socket() as trying:
            trying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trying.bind((HOST, port))
            except OSError:
                continue
            return port
    raise UnableToShow(f"Порты с {first} заняты. Назовите другой: sbyt demo --port 9000")


def _started(site: Site, *words: str) -> subprocess.Popen[bytes]:
    """A command that runs on, in a group of its own: Ctrl+C reaches us alone, and we end it in order."""
    with (site.folder / f"{words[0]}.log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 our own command
            _sbyt(*words), env=site.environ(), stdout=log, stderr=log, start_new_session=True
        )


def _wait_until_it_answers(
    port: int, running: Mapping[str, subprocess.Popen[bytes]], site: Site, stop: threading.Event
) -> None:
    until = time.monotonic() + _STARTED_WITHIN
    while not wait_until_told(stop, 0.1):
        _require_alive(running, site)
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=5):
                return
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > until:
                raise UnableToShow(f"sbyt serve не отвечает, подробности в {site.folder / 'serve.log'}") from error


def _require_alive(running: Mapping[str, subprocess.Popen[bytes]], site: Site) -> None:
    for name, process in running.items():
        if process.poll() is not None:
            raise UnableToShow(f"sbyt {name} остановился, подробности в {site.folder / f'{name}.log'}")


def _end(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """End them as an administrator would, and what does not end by force."""
    running = [process for process in processes if process.poll() is None]
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(_ENDED_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
