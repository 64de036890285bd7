"""``sbyt console``: a live session in the terminal."""

from __future__ import annotations

import datetime as dt
import sys
import uuid

from sbyt.core.settings import Settings
from sbyt.usecases.receive_message import Incoming, UnableToHandleNow, receive_message

CHANNEL = "console"


def chat(sender: str, settings: Settings) -> int:
    """Answer line by line, until there are no more.

    :returns: the exit status.
    """
    at_terminal = sys.stdin.isatty()
    if at_terminal:
        sys.stdout.write("Пишите, как писал бы клиент. Закончить: Ctrl+D.\n")
    pressable: list[str] = []
    while True:
        try:
            line = input("> " if at_terminal else "")
        except (EOFError, KeyboardInterrupt):
            return 0
        text = line.strip()
        if not text:
            continue
        pressable = _answered(_pressed(text, pressable), sender, settings)


def _pressed(text: str, pressable: list[str]) -> str:
    """``[2]`` presses the second of what was offered."""
    number = text[1:-1] if text.startswith("[") and text.endswith("]") else ""
    return pressable[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(pressable) else text


def _answered(text: str, sender: str, settings: Settings) -> list[str]:
    """Show the answer; give back what may be pressed."""
    now = dt.datetime.now(dt.UTC)
    try:
        result = receive_message(Incoming(CHANNEL, sender, text, f"console-{uuid.uuid4()}", now), settings, now)
    except UnableToHandleNow as error:
        sys.stdout.write(f"{error}\n")
        return []
    sys.stdout.write(f"{result['reply']}\n")
    buttons: list[str] = result["buttons"]
    for place, button in enumerate(buttons, 1):
        sys.stdout.write(f"  [{place}] {button}\n")
    sys.stdout.flush()
    return buttons
