"""A process of its own that handles messages: ``python at_work.py worker`` or ``… live NAME``, until its input ends."""

from __future__ import annotations

import datetime as dt
import os
import sys
import threading


def main(role: str, name: str = "") -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "sbyt.config.settings"
    import django

    django.setup()
    from django.conf import settings

    from sbyt.usecases.receive_message import Incoming, handle_waiting, receive_message

    now = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
    print("ready", flush=True)  # noqa: T201 it is asked by a pipe
    if role == "live":
        for at, line in enumerate(sys.stdin):
            sender, text = line.rstrip("\n").split("\t")
            said = receive_message(Incoming("sms", sender, text, f"{name}-{at}", now), settings.SBYT, now)
            print(said["outcome"], flush=True)  # noqa: T201 it is asked by a pipe
        return
    over = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    # A minute later: what live sessions have left behind is taken up too.
    while handle_waiting(settings.SBYT, now + dt.timedelta(minutes=1), limit=7) or not over.wait(0.01):
        pass
    print("done", flush=True)  # noqa: T201 it is asked by a pipe


if __name__ == "__main__":
    main(*sys.argv[1:])
