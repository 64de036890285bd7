"""The ``sbyt`` command: sets up Django, then hands over to the command line."""

from __future__ import annotations

import io
import os
import sys
import threading
import warnings
from types import TracebackType

from sbyt.config.problems import UnableToStart

#: The exit status of a command that could not begin.
_NOT_READY = 2
#: The commands that run until they are stopped: what they do is told, of the others only what goes wrong.
_RUNNING = ("serve", "work")


def main() -> None:
    """Run the command line."""
    # Whatever other Django project this shell was set up for.
    os.environ["DJANGO_SETTINGS_MODULE"] = "sbyt.config.settings"
    _speak_utf8()
    keep_errors_to_the_log()
    if set(sys.argv[1:2]).intersection(_RUNNING):
        os.environ.setdefault("SBYT_LOG_LEVEL", "info")
    if not sys.warnoptions:  # what libraries warn programmers of is not for who runs a command
        warnings.simplefilter("ignore")
    from sbyt.cli.main import app

    try:
        app()
    except UnableToStart as error:
        sys.stderr.write(f"sbyt не запущен: настройки с ошибками.\n{error}\n")
        sys.exit(_NOT_READY)


def _speak_utf8() -> None:
    """Files and pipes are UTF-8 whatever the terminal's locale; what can't be read or written never ends a command."""
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors=errors)


def keep_errors_to_the_log() -> None:
    """Python's traceback shows the text of an error, in which may stand what a customer wrote, or a database's row."""

    def tell(error: BaseException | None) -> None:
        from sbyt.config.logs import tell_of_crash

        tell_of_crash(error)

    def end(_kind: type[BaseException], error: BaseException, _at: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            return
        tell(error)
        sys.stderr.write(
            "Внутренняя ошибка, команда прервана. Где она случилась, сказано в строке выше: пришлите её.\n"
        )

    sys.excepthook = end
    threading.excepthook = lambda crash: tell(crash.exc_value)
    sys.unraisablehook = lambda crash: tell(crash.exc_value)
