"""Where the data live: ``DATABASE_URL``, by default an SQLite file under ``./var``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

DEFAULT_URL = "sqlite:///var/sbyt.sqlite3"


class UnableToReadDatabaseUrl(ValueError):
    """``DATABASE_URL`` is of no form that we know."""

    def __init__(self, url: str) -> None:
        scheme = url.partition(":")[0]
        super().__init__(
            f"DATABASE_URL begins with {scheme!r}; write sqlite:///path/to/file.sqlite3 "
            "or postgresql://user:password@host:5432/name"
        )


def database_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """Django's description of the database that ``DATABASE_URL`` names.

    :raises UnableToReadDatabaseUrl: if it is neither an SQLite nor a PostgreSQL address.
    """
    url = environ.get("DATABASE_URL") or DEFAULT_URL
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path.removeprefix("/"))))
    if parts.scheme in ("postgres", "postgresql"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.removeprefix("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "OPTIONS": dict(parse_qsl(parts.query)),
        }
    raise UnableToReadDatabaseUrl(url)


def _sqlite(path: Path) -> dict[str, Any]:
    path.parent.mkdir(parents=True, exist_ok=True)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "OPTIONS": {
            # Writers wait for each other instead of failing, and readers never wait.
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }
