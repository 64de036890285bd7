"""What is found in the log, and what is not."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.db import Error, connection
from hypothesis import given
from hypothesis import strategies as st

from sbyt.config import logs
from sbyt.config.log_events import HIDDEN, masked_text
from sbyt.config.problems import UnableToStart
from sbyt.messaging.models import InboundMessage
from sbyt.messaging.numbers import short_number
from tests.support.databases import Database


@pytest.fixture(autouse=True)
def _set_up() -> Iterator[None]:
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    logs.set_up({"level": "debug"})
    yield
    root.handlers[:], root.level = kept
    logs.set_up({"level": "warning"})
    root.handlers[:] = kept[0]


class Log:
    """What was logged since it was last looked at."""

    def __init__(self, captured: pytest.CaptureFixture[str]) -> None:
        self._captured = captured

    def text(self) -> str:
        out, err = self._captured.readouterr()
        assert out == ""
        return err

    def one(self) -> dict[str, Any]:
        (line,) = self.text().splitlines()
        event: dict[str, Any] = json.loads(line)
        return event


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Log:
    return Log(capsys)


ours = structlog.get_logger("sbyt.somewhere")
theirs = logging.getLogger("library")


def test_an_event_is_a_line_of_json_with_time_level_place_and_code(log: Log) -> None:
    ours.info("sent", message="2345", attempts=3)
    event = log.one()
    assert dt.datetime.fromisoformat(event.pop("timestamp")).tzinfo == dt.UTC
    assert event == {"level": "info", "logger": "sbyt.somewhere", "event": "sent", "message": "2345", "attempts": 3}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("+79120000101", f"+{HIDDEN}"),
        ("8 (912) 000-01-02 answers", f"{HIDDEN} answers"),
        ("8.912.000.01.02", HIDDEN),
        ("account 10000001", f"account {HIDDEN}"),
        ("only 4 of 12", "only 4 of 12"),
        ("4425 and 4426", "4425 and 4426"),
        ("petrov@example.org bounced", f"{HIDDEN} bounced"),
        ("Пётр Петров, ул. Мира, д. 3", f"{HIDDEN}. 3"),
        ("bot123456:AAH-abc123def456ghi789", f"bot{HIDDEN}:{HIDDEN}"),
        ("Not Found: /b/AaBbCcDdEeFfGgHhIiJjKk", f"Not Found: /b/{HIDDEN}"),
        ("code 4821-7730-9614", f"code {HIDDEN}"),
        ("code 4821\u20117730\u20119614", f"code {HIDDEN}"),
        ("GET /b/ABcdEFghIJklMNopQRstUV?x", f"GET /b/{HIDDEN}?x"),
        ("/start A-cd_FghIJklMNopQRstUV", f"/start {HIDDEN}"),
        ("UnableToFindSomeMeters", "UnableToFindSomeMeters"),
        ("2026-11-20", "2026-11-20"),
        ("period 2026-11", "period 2026-11"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("handling.py:212 handle", "handling.py:212 handle"),
        ("x" * 400, "x" * 299 + HIDDEN),
    ],
)
def test_a_text_is_told_without_what_may_be_personal(given: str, told: str) -> None:
    assert masked_text(given) == told


GAPS = ["", "", "", " ", "-", ".", ") ", " ("]


@given(st.lists(st.tuples(st.sampled_from("0123456789"), st.sampled_from(GAPS)), min_size=9))
def test_a_phone_is_hidden_however_it_is_grouped(figures: list[tuple[str, str]]) -> None:
    written = "".join(figure + gap for figure, gap in figures)
    assert not any(char.isdigit() for char in masked_text(f"call {written} now"))


@pytest.mark.parametrize(
    "key", ["sender", "text", "recipient", "holder_name", "phone", "email", "address", "body", "raw"]
)
def test_a_value_under_a_telling_key_is_hidden_whatever_it_is(log: Log, key: str) -> None:
    ours.info("odd", **{key: "Petrov"}, deeper={key: ["Petrov"]}, listed=[{key: 1}])
    event = log.one()
    assert (event[key], event["deeper"], event["listed"]) == (HIDDEN, {key: HIDDEN}, [{key: HIDDEN}])


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (7, 7),
        (123_456_789, 123_456_789),
        (79_120_000_101, HIDDEN),
        (True, True),
        (None, None),
        (dt.date(2026, 11, 20), "2026-11-20"),
        (dt.timedelta(seconds=30), "0:00:30"),
        (ValueError("Petrov"), "ValueError"),
        (object(), "object"),
        (b"Petrov", "bytes"),
        ([1, "10000001"], [1, HIDDEN]),
    ],
)
def test_values_are_numbers_and_codes_and_objects_are_told_by_their_type(log: Log, value: object, told: object) -> None:
    ours.info("odd", value=value)
    assert log.one()["value"] == told


@pytest.mark.parametrize("number", range(1, 1_000_000, 99_991))
def test_the_number_by_which_staff_find_a_message_is_shown(log: Log, number: int) -> None:
    ours.info("odd", message=short_number(number))
    assert log.one()["message"] == short_number(number)


# what libraries log --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "values", "told"),
    [
        ("took %d of %s", (3, "outbox"), "took 3 of outbox"),
        ("%s said %s", ("+79120000101", "Good day"), f"+{HIDDEN} said {HIDDEN}".replace("+", "", 1)),
        ("refused %(who)s", ({"who": "Петров"},), f"refused {HIDDEN}"),
        ("HTTP %s %s", ("GET", "https://sms/send?to=79120000101"), f"HTTP GET {HIDDEN}"),
        ("it was %r", (ValueError("Petrov"),), "it was 'ValueError'"),
        ("first\nsecond Petrov", (), "first"),
        ("Петров lives at д. 3", (), f"{HIDDEN} lives at {HIDDEN}. 3"),
    ],
)
def test_a_library_is_quoted_with_numbers_and_plain_words_only(
    log: Log, words: str, values: tuple[object, ...], told: str
) -> None:
    theirs.warning(words, *values)
    assert log.one()["event"] == told


def test_an_exception_logged_as_a_message_is_told_by_its_type(log: Log) -> None:
    theirs.error(ValueError("Petrov"))
    assert log.one()["event"] == "ValueError"


def test_what_a_library_tells_of_each_request_is_not_told(log: Log) -> None:
    logging.getLogger("httpx").info("HTTP Request: POST https://…/send")
    assert log.text() == ""


# errors --------------------------------------------------------------------------------------------------------------


def fail() -> None:
    try:
        int("Petrov")
    except ValueError as error:
        raise LookupError("no phone 79120000101") from error


@pytest.mark.parametrize("logger", [ours, theirs], ids=["ours", "theirs"])
def test_an_error_is_told_by_kind_and_place_with_what_it_came_from(log: Log, logger: Any) -> None:
    try:
        fail()
    except LookupError:
        logger.exception("failed")
    said = log.text()
    outer, inner = json.loads(said)["error"]
    assert (outer["type"], inner["type"]) == ("builtins.LookupError", "builtins.ValueError")
    assert outer["at"][-1].startswith("test_logs.py:")
    assert outer["at"][-1].endswith(" fail")
    assert "Petrov" not in said


def test_an_error_of_the_database_is_told_with_its_code_and_without_the_row(log: Log, database: Database) -> None:
    moment = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    twice = {"channel": "sms", "provider_id": "petrov", "sender": "petrov", "text": "petrov"}
    InboundMessage.objects.create(**twice, received_at=moment, stored_at=moment)
    try:
        InboundMessage.objects.create(**twice, received_at=moment, stored_at=moment)
    except Error:
        ours.exception("failed")
    said = log.text()
    error = next(one for one in json.loads(said)["error"] if "sqlstate" in one)
    assert error["sqlstate"] == ("23505" if database.kind == "postgresql" else "SQLITE_CONSTRAINT_UNIQUE")
    assert error["says"]
    assert "petrov" not in said


def test_a_value_that_the_database_can_not_read_is_not_quoted(log: Log, postgresql_database: Database) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT CAST(%s AS integer)", ["petrov"])
    except Error:
        ours.exception("failed")
    said = log.text()
    assert f'invalid input syntax for type integer: \\"{HIDDEN}\\"' in said
    assert "petrov" not in said


def test_what_can_not_be_logged_ends_nothing(log: Log) -> None:
    class Odd(dict[str, str]):
        def items(self) -> Any:
            raise ZeroDivisionError("Petrov")

    ours.info("odd", value=Odd(Petrov="Petrov"))
    assert log.one()["value"] == HIDDEN


CRASH = textwrap.dedent("""
    import sys
    from sbyt.config.entry import keep_errors_to_the_log
    keep_errors_to_the_log()
    if sys.argv[1] == "thread":
        import threading
        thread = threading.Thread(target=lambda: int("Petrov"))
        thread.start()
        thread.join()
    else:
        int("Petrov")
""")


@pytest.mark.parametrize(("where", "status"), [("main", 1), ("thread", 0)])
def test_a_crash_is_logged_and_shows_no_text_of_the_error(where: str, status: int) -> None:
    done = subprocess.run([sys.executable, "-c", CRASH, where], capture_output=True, text=True, check=False)
    assert done.returncode == status
    event = json.loads(done.stderr.splitlines()[0])
    assert (event["event"], event["error"][0]["type"]) == ("crashed", "builtins.ValueError")
    assert "Petrov" not in done.stderr
    assert "Traceback" not in done.stderr


# the level -----------------------------------------------------------------------------------------------------------


def test_below_its_level_nothing_is_told(log: Log) -> None:
    logs.set_up({"level": "warning"})
    structlog.get_logger("sbyt").info("sent")
    theirs.info("sent")
    assert log.text() == ""


@pytest.mark.parametrize(("named", "level"), [("DEBUG", "debug"), ("info", "info"), ("", "warning"), (None, "warning")])
def test_the_environment_names_the_level(named: str | None, level: str) -> None:
    environ = {} if named is None else {"SBYT_LOG_LEVEL": named}
    assert logs.level_named(environ, default="warning") == level


def test_what_is_no_level_is_a_wrong_setting(tmp_path: Path) -> None:
    with pytest.raises(UnableToStart, match="SBYT_LOG_LEVEL: 'loud'; нужно одно из: debug"):
        logs.level_named({"SBYT_LOG_LEVEL": "loud"}, default="warning")
    program = Path(sys.executable).with_name("sbyt")
    environ = {**os.environ, "SBYT_LOG_LEVEL": "loud", "SBYT_CONFIG": os.devnull}
    done = subprocess.run([program, "migrate"], env=environ, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "SBYT_LOG_LEVEL" in done.stderr
