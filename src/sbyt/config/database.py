"""Where the data live: ``DATABASE_URL``, by default an SQLite file under ``./var``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from sbyt.config.problems import Problem, UnableToStart

DEFAULT_URL = "sqlite:///var/sbyt.sqlite3"

_ALLOWED = (
    "нужно sqlite:///путь/к/файлу (четыре косых черты, если путь от корня) "
    "или postgresql://пользователь:пароль@сервер:5432/база"
)


def database_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """Django's description of the database that ``DATABASE_URL`` names.

    :raises UnableToStart: if it is neither an SQLite nor a PostgreSQL address. The address is not repeated: it may
        hold a password.
    """
    try:
        parts = urlsplit(environ.get("DATABASE_URL") or DEFAULT_URL)
        port = parts.port
    except ValueError as error:
        raise _unable("не разобрать адрес") from error
    if parts.scheme == "sqlite":
        return _sqlite(parts)
    if parts.scheme in ("postgres", "postgresql"):
        return _postgresql(parts, port)
    raise _unable(f"начинается с {parts.scheme!r}" if parts.scheme else "не назван вид базы")


def _unable(said: str) -> UnableToStart:
    return UnableToStart([Problem("DATABASE_URL", f"{said}; {_ALLOWED}")])


def _sqlite(parts: SplitResult) -> dict[str, Any]:
    if parts.netloc or not parts.path.removeprefix("/"):
        raise _unable(f"у SQLite нет сервера, а назван {parts.hostname!r}" if parts.netloc else "не назван файл")
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": unquote(parts.path.removeprefix("/")),
        "OPTIONS": {
            # Writers wait for each other instead of failing, and readers never wait.
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


def _postgresql(parts: SplitResult, port: int | None) -> dict[str, Any]:
    options = dict(parse_qsl(parts.query))
    # A folder of a Unix socket can't stand before the path: it is given as ?host=/run/postgresql.
    host = options.pop("host", None) or unquote(parts.hostname or "")
    name = unquote(parts.path.removeprefix("/"))
    if not name:
        raise _unable("не названа база")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(options.pop("port", None) or port or ""),
        "OPTIONS": {"connect_timeout": "10", **options},
    }
