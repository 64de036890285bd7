"""Who works at this terminal."""

from __future__ import annotations

import getpass


def staff_name(given: str | None) -> str:
    """The name as given, else the login name; the history names who decided a thing."""
    if given and given.strip():
        return " ".join(given.split())
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a user without a name, as in containers
        return "sbyt"
