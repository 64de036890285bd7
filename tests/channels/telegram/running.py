"""``sbyt`` as it runs at somebody who has a bot: its processes, a Bot API beside them, people who write."""

from __future__ import annotations

import datetime as dt
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sbyt.messaging.models import InboundMessage
from sbyt.readings.models import Reading
from tests.support.databases import Database
from tests.support.household import a_meter, an_account, was_read
from tests.support.serving import Served, right_now, serving
from tests.support.telegram import TOKEN, BotApi, Person

SBYT = Path(sys.executable).with_name("sbyt")
SECRET = "a-secret-that-nobody-would-guess_0123456789"
#: Longer than anything here takes, also on a machine that is busy with other things.
PATIENCE = 90

_accounts = itertools.count(2_000_000_001)

_SETTINGS = """
[quiet]
from_hour = 0
to_hour = 0

[web]
address = "http://127.0.0.1:{port}"

[channels.telegram.options]
address = "{api}"
updates = "{updates}"
"""


@dataclass
class Installation:
    """Workers by their names, and ``sbyt serve`` where Telegram is to post."""

    folder: Path
    database: Database
    api: BotApi
    updates: str
    served: Served | None = None
    _working: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def environ(self) -> dict[str, str]:
        secrets = {"SBYT_TELEGRAM_TOKEN": TOKEN, "SBYT_TELEGRAM_WEBHOOK_SECRET": SECRET}
        return {**self.database.environ, "SBYT_CONFIG": str(self.folder / "sbyt.toml"), **secrets}

    def configure(self) -> None:
        port = self.served.port if self.served else 9
        made = _SETTINGS.format(api=self.api.url, updates=self.updates, port=port)
        (self.folder / "sbyt.toml").write_text(made, encoding="utf-8")

    def start(self, name: str) -> None:
        with (self.folder / name).open("ab") as log:
            self._working[name] = subprocess.Popen(
                [SBYT, "work"], env={**os.environ, **self.environ}, stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        process = self._working.pop(name)
        process.kill()
        process.wait()

    def end(self, name: str) -> int:
        """End it as an administrator would; the exit status."""
        process = self._working.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(PATIENCE)

    def end_all(self) -> None:
        for name in list(self._working):
            self.kill(name)

    def sbyt(self, *words: str) -> str:
        """What a command prints; it ends well."""
        done = subprocess.run(
            [SBYT, *words],
            env={**os.environ, **self.environ},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def logged(self) -> str:
        """All that any of them wrote."""
        files = [path for path in self.folder.iterdir() if path.name != "sbyt.toml"]
        return "".join(path.read_text() for path in files) + (self.served.logged() if self.served else "")

    # what people see -------------------------------------------------------------------------------------------------

    def answered(self, person: Person, count: int) -> list[dict[str, Any]]:
        """What the person was told, once it is so many messages."""
        self.until(lambda: len(self.api.sent_to(person)) >= count)
        return self.api.sent_to(person)

    def stored(self, person: Person) -> list[InboundMessage]:
        return list(InboundMessage.objects.filter(sender=str(person.id)).order_by("id"))

    def until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            assert time.monotonic() < deadline, self.logged()
            time.sleep(0.05)


def household(phone: str = "") -> str:
    """An account with a meter that stood at 4000 two months ago; its number."""
    number = str(next(_accounts))
    meter = a_meter(an_account(number, phone=phone), f"7{number[-5:]}")
    day = (right_now() - dt.timedelta(days=61)).date().isoformat()
    was_read(meter, day, 4000, kind=Reading.Kind.INSTALLED)
    return number


def read_of(account: str) -> list[int]:
    readings = Reading.objects.filter(register__meter__account__number=account).order_by("id")
    return list(readings.values_list("value", flat=True))


def buttons_of(message: dict[str, object]) -> list[str]:
    markup = message.get("reply_markup")
    rows = markup.get("inline_keyboard", []) if isinstance(markup, dict) else []
    return [button["text"] for row in rows for button in row]


@contextmanager
def installed(folder: Path, database: Database, api: BotApi, updates: str, *workers: str) -> Iterator[Installation]:
    """An installation with these workers; by webhook it serves too, and Telegram knows where."""
    made = Installation(folder, database, api, updates)
    made.configure()
    with ExitStack() as stack:
        if updates == "webhook":
            made.served = stack.enter_context(serving(made.environ))
            made.configure()
            made.sbyt("channels", "register", "telegram")
        stack.callback(made.end_all)
        for name in workers:
            made.start(name)
        yield made
