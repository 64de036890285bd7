"""The bot beside somebody else's idea of Telegram: the emulator of npm, ``telegram-test-api``.

It knows texts, buttons and polling, and neither files nor refusals; for those there is ``tests/support/telegram.py``.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sbyt.readings.models import Reading
from tests.channels.telegram.running import PATIENCE, household, installed, read_of
from tests.support.databases import Database
from tests.support.serving import free_port, right_now
from tests.support.telegram import TOKEN, BotApi

ANNA = {"id": 5100009, "is_bot": False, "first_name": "Анна", "username": "anna"}
CHAT = {"id": 5100009, "type": "private", "first_name": "Анна", "username": "anna"}


class Emulator:
    """What a person does there and sees."""

    def __init__(self, url: str) -> None:
        self.url = url

    def writes(self, text: str) -> None:
        message = {"botToken": TOKEN, "from": ANNA, "chat": CHAT, "date": int(right_now().timestamp()), "text": text}
        self._ask("/sendMessage", message)

    def presses(self, message: dict[str, Any], text: str) -> None:
        (data,) = [
            button["callback_data"]
            for row in message["message"]["reply_markup"]["inline_keyboard"]
            for button in row
            if button["text"] == text
        ]
        under = {"message_id": message["messageId"], "chat": CHAT, "date": 1, "text": message["message"]["text"]}
        self._ask("/sendCallback", {"botToken": TOKEN, "from": ANNA, "message": under, "data": data})

    def told(self, count: int) -> list[dict[str, Any]]:
        """The last so many messages of the bot, once they are there."""
        deadline, found = time.monotonic() + PATIENCE, list[dict[str, Any]]()
        while len(found) < count:
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
            history = self._ask("/getUpdatesHistory", {"token": TOKEN})["result"]
            found = [one for one in history if "chat_id" in one.get("message", {})]
        return found[-count:]

    def _ask(self, path: str, body: dict[str, Any]) -> Any:
        return httpx.post(f"{self.url}{path}", json=body, timeout=PATIENCE).raise_for_status().json()


@contextmanager
def emulated(folder: Path) -> Iterator[Emulator]:
    port = free_port()
    process = subprocess.Popen(["node", "server.js", str(port)], cwd=folder, stdout=subprocess.PIPE)
    try:
        assert process.stdout
        assert process.stdout.readline() == b"listening\n"
        yield Emulator(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def emulator(component: Callable[[str], Path]) -> Iterator[Emulator]:
    with emulated(component("telegram_emulator")) as made:
        yield made


def test_a_reading_and_a_question_answered_by_a_button(database: Database, tmp_path: Path, emulator: Emulator) -> None:
    account = household()
    with installed(tmp_path, database, BotApi(url=emulator.url), "poll", "worker"):
        emulator.writes(f"{account} 4120")
        (taken,) = emulator.told(1)
        assert ("4120" in taken["message"]["text"], read_of(account)) == (True, [4000, 4120])
        emulator.writes(f"{account} 12000")
        emulator.presses(emulator.told(2)[-1], "Да, 12000")
        assert "12000" in emulator.told(3)[-1]["message"]["text"]
    assert read_of(account) == [4000, 4120, 12000]
    assert Reading.objects.filter(register__meter__account__number=account).count() == 3
