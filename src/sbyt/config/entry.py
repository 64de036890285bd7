"""The ``sbyt`` command: sets up Django, then hands over to the command line."""

from __future__ import annotations

import io
import os
import sys
import warnings

from sbyt.config.problems import UnableToStart

#: The exit status of a command that could not begin.
_NOT_READY = 2


def main() -> None:
    """Run the command line."""
    # Whatever other Django project this shell was set up for.
    os.environ["DJANGO_SETTINGS_MODULE"] = "sbyt.config.settings"
    _speak_utf8()
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
