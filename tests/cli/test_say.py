"""``sbyt say``: one message, or one a line, through the real path."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from sbyt.cli.main import app
from sbyt.messaging.models import InboundMessage
from sbyt.readings.models import Reading
from tests.support.databases import Database, FreshDatabase
from tests.usecases.receiving import ACCOUNT, NOON, OTHER, OWNER, STRANGER, household, refusing

KEYS = ["id", "outcome", "reason", "readings", "reply", "buttons"]


@pytest.fixture(autouse=True)
def installation(fresh_database: FreshDatabase) -> Iterator[Database]:
    with fresh_database(household) as database:
        yield database


def say(*words: str, sent: str | bytes = "") -> Result:
    return CliRunner().invoke(app, ["say", *words], input=sent)


def line(**changed: Any) -> str:
    """A message as one line; a field that is None is left out."""
    message = {"id": "m1", "channel": "sms", "from": STRANGER, "at": NOON, "text": f"{ACCOUNT} 4425", **changed}
    return json.dumps({key: value for key, value in message.items() if value is not None}, ensure_ascii=False)


def lines(*sent: str | bytes) -> tuple[int, list[dict[str, Any]]]:
    """The exit status and what comes out, for the lines that go in."""
    raw = b"".join((one.encode() if isinstance(one, str) else one) + b"\n" for one in sent)
    done = say("--jsonl", sent=raw)
    return done.exit_code, [json.loads(one) for one in done.stdout.splitlines()]


# one message ---------------------------------------------------------------------------------------------------------


def test_a_message_is_answered_as_json_where_no_person_looks() -> None:
    done = say("--channel", "sms", "--from", STRANGER, "--at", NOON, f"{ACCOUNT} 4425")
    answer = json.loads(done.stdout)
    assert (done.exit_code, list(answer), answer["outcome"]) == (0, KEYS, "accepted")
    assert answer["readings"] == [
        {
            "account": ACCOUNT,
            "serial": "40010001",
            "zone": "T1",
            "value": "4425",
            "period": "2026-11",
            "status": "accepted",
        }
    ]
    assert "Приняли 4425" in done.stdout  # as letters, not as escapes


def test_without_an_id_each_message_is_another() -> None:
    for _ in range(2):
        say("--from", STRANGER, "--at", NOON, "помощь")
    assert InboundMessage.objects.count() == 2


def test_the_same_id_gives_the_first_answer_again() -> None:
    words = ("--channel", "sms", "--from", STRANGER, "--at", NOON, "--id", "m1", f"{ACCOUNT} 4425")
    first, again = (json.loads(say(*words).stdout) for _ in range(2))
    assert (first["outcome"], again["outcome"], again["reply"]) == ("accepted", "duplicate", first["reply"])


def test_local_time_is_that_of_the_installation() -> None:
    say("--from", STRANGER, "--at", "2026-11-25T23:59:59", f"{ACCOUNT} 4425")
    assert str(Reading.objects.get(message__isnull=False).received_at) == "2026-11-25 20:59:59+00:00"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((f"{ACCOUNT} 4425",), "'from': пусто"),
        (("--from", STRANGER, "--at", "yesterday", "4425"), "'at': 'yesterday'"),
        (("--from", STRANGER, "--at", "2026-11-31T10:00:00", "4425"), "'at'"),
        (("--from", STRANGER, "--channel", "", "4425"), "'channel'"),
    ],
)
def test_what_is_missing_or_wrong_is_told_and_nothing_is_stored(words: tuple[str, ...], told: str) -> None:
    done = say(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not InboundMessage.objects.exists()


# one a line ----------------------------------------------------------------------------------------------------------


def test_one_line_in_is_one_line_out_in_the_same_order() -> None:
    status, answers = lines(
        line(id="m1"),
        line(id="m2", text=f"{OTHER} 8242", channel="telegram"),
        line(id="m3", text="3104", channel="telegram"),
        line(id="m1"),
    )
    assert status == 0
    assert [(one["id"], one["outcome"]) for one in answers] == [
        ("m1", "accepted"),
        ("m2", "ask"),
        ("m3", "accepted"),
        ("m1", "duplicate"),
    ]
    assert all(list(one) == KEYS for one in answers)


def test_empty_lines_are_no_messages() -> None:
    status, answers = lines("", line(), "   ", "")
    assert (status, len(answers)) == (0, 1)


def test_nothing_in_is_nothing_out() -> None:
    assert lines() == (0, [])


def test_a_message_without_id_and_time_is_one_of_now() -> None:
    status, answers = lines(line(id=None, at=None, text="помощь"))
    assert (status, answers[0]["outcome"]) == (0, "info")
    assert answers[0]["id"]


def test_an_id_may_be_a_number() -> None:
    assert lines(line(id=7))[1][0]["id"] == "7"


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        pytest.param("{", "не JSON", id="half an object"),
        pytest.param("4425", "int вместо объекта", id="a number"),
        pytest.param("[]", "list вместо объекта", id="a list"),
        pytest.param("null", "NoneType вместо объекта", id="null"),
        pytest.param(b"\xff\xfe\x00", "не JSON", id="binary"),
        pytest.param('{"id": ' + "9" * 5000 + "}", "не JSON", id="a number of thousands of figures"),
        pytest.param("[" * 100_000, "не JSON", id="nested without end"),
        pytest.param(line(channel=None), "'channel': нет", id="no channel"),
        pytest.param(line(text=None), "'text': нет", id="no text"),
        pytest.param(line(text=4425), "'text': 4425", id="a text that is a number"),
        pytest.param(line(**{"from": ["+7"]}), "'from': ['+7']", id="a sender that is a list"),
        pytest.param(line(**{"from": ""}), "'from': пусто", id="an empty sender"),
        pytest.param(line(id=True), "'id': True", id="an id that is true"),
        pytest.param(line(id=1.5), "'id': 1.5", id="an id that is a fraction"),
        pytest.param(line(id=""), "'id': пусто", id="an empty id"),
        pytest.param(line(at=1_790_000_000), "'at': 1790000000", id="a time that is a number"),
        pytest.param(line(at="20.11.2026"), "'at': '20.11.2026'", id="a date of another form"),
        pytest.param(line(at="0001-01-01T00:00:00"), "'at'", id="the first day of all"),
        pytest.param(line(at="9999-12-31T23:59:59"), "'at'", id="the last day of all"),
        pytest.param(line(channel="x" * 33), "'channel'", id="a channel too long for the table"),
        pytest.param(line(id="x" * 1001), "'id'", id="an id too long for its index"),
        pytest.param(line(**{"from": "x" * 1001}), "'from'", id="a sender too long for its index"),
    ],
)
def test_a_line_that_is_no_message_is_told_with_its_number_and_the_next_is_read(bad: str | bytes, told: str) -> None:
    status, (refused, answer) = lines(bad, line(id="m2"))
    assert (refused["outcome"], refused["reason"], refused["readings"]) == ("unknown", "bad_line", [])
    assert refused["reply"].startswith("Строка 1: ")
    assert told in refused["reply"]
    assert (status, answer["outcome"]) == (1, "accepted")
    assert InboundMessage.objects.count() == 1


def test_an_unknown_channel_takes_readings_all_the_same() -> None:
    assert lines(line(channel="pigeon"))[1][0]["outcome"] == "accepted"


@pytest.mark.parametrize(
    "text", ["", "\\u0000", "\\ud83d 4425", "\\u202e4425", "\\r\\n", "1" * 1_000_000], ids=lambda text: text[:12]
)
def test_whatever_the_text_a_line_comes_out(text: str) -> None:
    raw = line(text="TEXT").replace("TEXT", text)
    status, answers = lines(raw)
    assert (status, len(answers)) == (0, 1)


def test_a_line_may_begin_with_a_byte_order_mark_and_end_in_cr() -> None:
    assert lines(b"\xef\xbb\xbf" + line().encode() + b"\r")[1][0]["outcome"] == "accepted"


def test_who_is_linked_is_known_by_the_phone() -> None:
    answers = lines(line(text="4425", **{"from": OWNER}), line(id="m2", text="4425", **{"from": STRANGER}))[1]
    assert [one["outcome"] for one in answers] == ["accepted", "ask"]


# many together -------------------------------------------------------------------------------------------------------


def test_however_many_lines_come_together_each_is_answered_in_its_place() -> None:
    sent = [line(id=f"m{at}", **{"from": f"+7999{at % 7:07d}"}, text=f"{ACCOUNT} {4400 + at}") for at in range(450)]
    status, answers = lines(*sent[:300], "{", *sent[300:])
    assert status == 1
    assert [one["id"] for one in answers] == [
        *(f"m{at}" for at in range(300)),
        None,
        *(f"m{at}" for at in range(300, 450)),
    ]
    assert answers[300]["reply"].startswith("Строка 301: ")
    assert {one["outcome"] for one in answers[:300]} == {"accepted"}
    assert Reading.objects.filter(message__isnull=False).count() == 450


def test_a_last_line_without_an_end_is_a_line() -> None:
    done = say("--jsonl", sent=line().encode())
    assert json.loads(done.stdout)["outcome"] == "accepted"


def test_who_sends_a_line_and_waits_gets_its_answer_before_the_next(installation: Database) -> None:
    with subprocess.Popen(
        [Path(sys.executable).with_name("sbyt"), "say", "--jsonl"],
        env=installation.environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as talking:
        assert talking.stdin
        assert talking.stdout
        for at, outcome in enumerate(["accepted", "duplicate"]):
            talking.stdin.write(line(id=f"m{at}") + "\n")
            talking.stdin.flush()
            assert json.loads(talking.stdout.readline())["outcome"] == outcome
        talking.stdin.close()
        assert talking.wait() == 0


def test_what_can_not_be_handled_now_is_stored_and_said_to_be() -> None:
    with refusing("readings_reading", "value = 4444"):
        status, (first, second, third) = lines(
            line(id="m1", text=f"{ACCOUNT} 4444"),
            line(id="m2", text=f"{ACCOUNT} 4430"),
            line(id="m3", **{"from": OWNER}, text=f"{ACCOUNT} 4431"),
        )
    assert [(one["id"], one["outcome"], one["reason"]) for one in (first, second, third)] == [
        ("m1", "unknown", "not_handled_yet"),
        ("m2", "unknown", "not_handled_yet"),
        ("m3", "accepted", None),
    ]
    assert (status, list(first)) == (0, KEYS)
    assert "сохранено под номером 2223" in first["reply"]
    assert InboundMessage.objects.filter(handled_at=None).count() == 2


def test_one_message_that_can_not_be_handled_now_is_said_to_be_stored() -> None:
    with refusing("readings_reading"):
        done = say("--channel", "sms", "--from", STRANGER, "--at", NOON, f"{ACCOUNT} 4425")
    assert (done.exit_code, json.loads(done.stdout)["reason"]) == (0, "not_handled_yet")
