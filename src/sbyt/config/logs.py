"""The log: events as JSON on standard error, in which nothing personal is found (``log_events``)."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Mapping
from typing import Any

import structlog

from sbyt.config.log_events import Event, in_order, masked, plain_words, told_by_place
from sbyt.config.problems import Problem, UnableToStart

_LEVELS = ("debug", "info", "warning", "error")
#: Loggers of libraries that tell each step, with whom and with what.
_TALKATIVE = ("httpcore", "httpx", "asyncio", "psycopg")


def level_named(environ: Mapping[str, str], default: str) -> str:
    """What ``SBYT_LOG_LEVEL`` says.

    :raises UnableToStart: if it is no level.
    """
    found = (environ.get("SBYT_LOG_LEVEL") or default).lower()
    if found not in _LEVELS:
        raise UnableToStart([Problem("SBYT_LOG_LEVEL", f"{found!r}; нужно одно из: {', '.join(_LEVELS)}")])
    return found


def set_up(described: Mapping[str, Any]) -> None:
    """Send every event of this process, our own and those of libraries, through the same hands.

    Django calls it with its setting ``LOGGING``, of which ``level`` counts.
    """
    level = logging.getLevelNamesMapping()[described["level"].upper()]
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,  # tests set it up anew
    )
    handler = _StandardError()
    handler.setFormatter(_Formatter())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def tell_of_crash(error: BaseException | None) -> None:
    """Log an exception that nobody caught, in place of Python's traceback: that would show the error's text."""
    if isinstance(error, KeyboardInterrupt | SystemExit):
        return
    if not structlog.is_configured():
        set_up({"level": "error"})
    structlog.get_logger(__name__).critical("crashed", exc_info=error)


class _StandardError(logging.Handler):
    """Whatever standard error is when something is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            said = self.format(record)
        except Exception as error:  # noqa: BLE001 what can't be logged ends nothing, and its values stay out of the log
            said = json.dumps({"level": "error", "event": "not_logged", "type": type(error).__name__})
        with contextlib.suppress(OSError, ValueError):  # nobody reads any more
            sys.stderr.write(said + "\n")
            sys.stderr.flush()


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    told_by_place,
    masked,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    in_order,
]


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """JSON for machines, colours and columns for a person at a terminal."""

    def __init__(self) -> None:
        super().__init__(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _rendered],
            foreign_pre_chain=[plain_words, *_SHARED],
            use_get_message=False,
            pass_foreign_args=True,
        )


_as_json = structlog.processors.JSONRenderer(ensure_ascii=False)


def _rendered(logger: Any, method: str, event: Event) -> Any:
    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer()(logger, method, event)
    return _as_json(logger, method, event)
