"""How a channel is by what was measured, and when staff are told of it."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.messaging.certificates import Certificate, Seen
from sbyt.messaging.channel import Finding, FindingCode
from sbyt.messaging.delivery import LEASE_EXPIRED, UNKNOWN
from sbyt.messaging.health import _UNKNOWN as UNKNOWN_HERE
from sbyt.messaging.health import Course, HealthState, Measured, Reason, following, judge

NOON = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
OK, DEGRADED, DOWN, _ = HealthState
MINUTE = dt.timedelta(minutes=1)


def ago(minutes: float) -> dt.datetime:
    return NOON - minutes * MINUTE


def failing(count: int, minutes: float, error: str = "unreachable") -> dict[str, Any]:
    return {"failures": count, "trouble": error, "trouble_since": ago(minutes)}


def good(begins: int, ends: int) -> dict[str, Any]:
    """A good certificate from so many days ago to so many days ahead."""
    day = dt.timedelta(days=1)
    return {"certificate": Certificate(Seen.GOOD, NOON - begins * day, NOON + ends * day)}


def seen(how: str) -> dict[str, Any]:
    return {"certificate": Certificate(Seen(how))}


def found(code: str, said: str = "") -> dict[str, Any]:
    return {"findings": (Finding(FindingCode(code), said),)}


@pytest.mark.parametrize(
    ("measured", "state", "codes"),
    [
        pytest.param({}, OK, [], id="nothing is known to be wrong"),
        # failures on end
        pytest.param(failing(2, 60), OK, [], id="two failures"),
        pytest.param(failing(3, 1), DEGRADED, ["failing"], id="three failures"),
        pytest.param(failing(3, 4.9), DEGRADED, ["failing"], id="for less than five minutes"),
        pytest.param(failing(3, 5), DOWN, ["failing"], id="for five minutes"),
        pytest.param(failing(1, 0, "not_authorised"), DOWN, ["key_refused"], id="the key refused once"),
        pytest.param(failing(9, 60, "not_authorised"), DOWN, ["key_refused"], id="the key refused, said once"),
        pytest.param({"look_error": "not_authorised"}, DOWN, ["key_refused"], id="the key refused when asked"),
        # shares
        pytest.param({"ended": {"delivered": 7, "unreachable": 2}}, OK, [], id="of nine no share is taken"),
        pytest.param({"ended": {"delivered": 8, "unreachable": 2}}, DEGRADED, ["failing_often"], id="a fifth failed"),
        pytest.param({"ended": {"delivered": 81, "provider_failed": 19}}, OK, [], id="less than a fifth"),
        pytest.param({"ended": {"delivered": 3, "provider_failed": 15}}, DEGRADED, ["failing_often"], id="of 18"),
        pytest.param(
            {"ended": {"delivered": 4, "provider_failed": 16}}, DOWN, ["failing_often"], id="four fifths of 20"
        ),
        pytest.param({"ended": {"throttled": 50, "delivered": 50}}, OK, [], id="to be slowed is no failure"),
        pytest.param({"ended": {"recipient_gone": 50}}, OK, [], id="people who went are no failure"),
        pytest.param({"ended": {"cannot_carry": 50, "expired": 50, "dropped": 9}}, OK, [], id="nor is what we refuse"),
        pytest.param({"gone": 9}, OK, [], id="nine on end may all be gone"),
        pytest.param({"gone": 10}, DEGRADED, ["all_gone"], id="ten hardly are"),
        pytest.param(
            {"ended": {"message_refused": 10, "delivered": 10}}, DEGRADED, ["refused_often"], id="half refused"
        ),
        pytest.param({"ended": {"message_refused": 10, "delivered": 11}}, OK, [], id="less than half refused"),
        pytest.param({"ended": {"message_refused": 9}}, OK, [], id="nine refused"),
        pytest.param({"ended": {"uncertain": 4, "delivered": 90}}, OK, [], id="four of which nobody knows"),
        pytest.param(
            {"ended": {"uncertain": 3, LEASE_EXPIRED: 2, "delivered": 90}}, DEGRADED, ["uncertain"], id="five of them"
        ),
        # answers that wait
        pytest.param({"overdue_since": ago(4.9)}, OK, [], id="an answer due for less than five minutes"),
        pytest.param({"overdue_since": ago(5)}, DEGRADED, ["late"], id="for five"),
        pytest.param({"overdue_since": ago(30)}, DOWN, ["late"], id="for half an hour"),
        # silence
        pytest.param({"expected": 9.2, "last_at": ago(60)}, OK, [], id="nine messages may be missing by chance"),
        pytest.param({"expected": 9.21, "last_at": ago(60)}, DEGRADED, ["silent"], id="ten hardly"),
        pytest.param({"expected": 30.0, "last_at": ago(60)}, DOWN, ["silent"], id="thirty never"),
        # the certificate
        pytest.param(good(60, 30), OK, [], id="a good certificate"),
        pytest.param(good(76, 14), OK, [], id="two weeks left"),
        pytest.param(good(77, 13), DEGRADED, ["certificate_ends"], id="less than two weeks of three months"),
        pytest.param(good(4, 2), OK, [], id="two days of six: it is renewed more often"),
        pytest.param(good(5, 1), DEGRADED, ["certificate_ends"], id="one day of six"),
        pytest.param(good(90, 0), DOWN, ["certificate_expired"], id="it ended since it was looked at"),
        pytest.param(seen("expired"), DOWN, ["certificate_expired"], id="expired"),
        pytest.param(seen("other_name"), DOWN, ["certificate_other_name"], id="for another name"),
        pytest.param(seen("untrusted"), DOWN, ["certificate_untrusted"], id="not trusted"),
        pytest.param(seen("unreachable"), DEGRADED, ["certificate_unreachable"], id="out of our reach"),
        # what the provider says
        pytest.param(found("webhook_missing"), DOWN, ["webhook_missing"], id="no webhook"),
        pytest.param(found("webhook_elsewhere"), DOWN, ["webhook_elsewhere"], id="a webhook elsewhere"),
        pytest.param(found("webhook_failing", "502"), DEGRADED, ["webhook_failing"], id="a webhook that fails"),
        pytest.param(found("backlog", "120"), DEGRADED, ["backlog"], id="a backlog"),
        pytest.param(found("other", "?"), DEGRADED, ["provider_says"], id="something else"),
        pytest.param({"look_error": "unreachable"}, DEGRADED, ["provider_out_of_reach"], id="it can't be asked"),
        pytest.param({"look_error": "throttled"}, OK, [], id="asked too often"),
        # several
        pytest.param(
            {**failing(3, 1), **seen("expired"), **found("backlog")},
            DOWN,
            ["certificate_expired", "failing", "backlog"],
            id="the gravest first",
        ),
        pytest.param(
            {**failing(30, 1), "ended": {"unreachable": 30}}, DEGRADED, ["failing"], id="what fails is said once"
        ),
    ],
)
def test_each_measure_has_its_state_and_its_reason(
    measured: dict[str, Any], state: HealthState, codes: list[str]
) -> None:
    health = judge(Measured(**measured), NOON)
    assert (health.state, [reason.code for reason in health.reasons]) == (state, codes)


def test_a_reason_says_since_when_and_how_many() -> None:
    assert judge(Measured(**failing(7, 3, "uncertain")), NOON).reasons == (
        Reason("failing", {"error": "uncertain", "count": 7, "since": ago(3).isoformat()}),
    )


def test_of_what_nobody_knows_is_called_the_same_everywhere() -> None:
    assert set(UNKNOWN_HERE) == set(UNKNOWN)


# when staff are told --------------------------------------------------------------------------------------------------


def told(states: str, *, quiet: str = "", alarms: int = 0) -> list[tuple[int, str]]:
    """What staff are told of a course, and in which minute: a letter a minute, ``.`` well, ``!`` degraded, ``x`` down.

    A space is a minute in which nobody looked. ``quiet`` has a ``q`` in each quiet minute.
    """
    names = {".": OK, "!": DEGRADED, "x": DOWN}
    course, said = None, []
    for minute, letter in enumerate(states):
        if letter == " ":
            continue
        is_quiet = quiet[minute : minute + 1] == "q"
        course, news = following(course, names[letter], NOON + minute * MINUTE, quiet=is_quiet, alarms_lately=alarms)
        if news:
            said.append((minute, news.value))
            alarms += news is not OK
    return said


@pytest.mark.parametrize(
    ("states", "expects"),
    [
        pytest.param("." * 30, [], id="well"),
        pytest.param(".xx..........", [], id="down for a minute"),
        pytest.param(".xxx", [(3, "down")], id="down for two minutes"),
        pytest.param(".!!!!!!!!!!...", [], id="degraded for less than ten minutes"),
        pytest.param("." + "!" * 11, [(11, "degraded")], id="degraded for ten minutes"),
        pytest.param("." + "!" * 60, [(11, "degraded")], id="told once"),
        pytest.param(".xxx" + "x" * 60, [(3, "down")], id="down is told once"),
        pytest.param("." + "!" * 13 + "xxx", [(11, "degraded"), (16, "down")], id="it grows worse"),
        pytest.param(".xxx" + "!" * 60, [(3, "down")], id="less bad is no news"),
        pytest.param(".xxx" + "." * 10, [(3, "down")], id="well for less than ten minutes"),
        pytest.param(".xxx" + "." * 11, [(3, "down"), (14, "ok")], id="well for ten"),
        pytest.param(".xxx" + "....x" * 20, [(3, "down")], id="it never stays well"),
        pytest.param(".x.x.x.x.x.x.x.x.x.x.x.x.", [], id="down each other minute, never for two"),
        pytest.param("." + "x!" * 8, [(11, "degraded")], id="down and degraded by turns"),
        pytest.param(".x" + " " * 8 + "x", [], id="of minutes in which nobody looked nothing is known"),
        pytest.param(".xxx" + " " * 30 + ".", [(3, "down")], id="nor is it known that it was well"),
        pytest.param(".xxx" + " " * 30 + "." * 11, [(3, "down"), (44, "ok")], id="until it was seen to be"),
        pytest.param(".x  x", [(4, "down")], id="a check may be late"),
    ],
)
def test_staff_are_told_once_of_what_lasts(states: str, expects: list[tuple[int, str]]) -> None:
    assert told(states) == expects


@pytest.mark.parametrize(
    ("states", "quiet", "expects"),
    [
        pytest.param("." + "!" * 30, " " + "q" * 20, [(21, "degraded")], id="degraded waits for the morning"),
        pytest.param("." + "!" * 20 + "." * 20, "q" * 21, [], id="and is nothing if it is over by then"),
        pytest.param(".xxx", "qqqq", [(3, "down")], id="down does not wait"),
    ],
)
def test_at_night_only_that_it_is_down_is_told(states: str, quiet: str, expects: list[tuple[int, str]]) -> None:
    assert told(states, quiet=quiet) == expects


@pytest.mark.parametrize(
    ("alarms", "minutes"), [(0, 10), (1, 20), (2, 40), (3, 80), (4, 160), (5, 240), (40, 240)], ids=str
)
def test_the_more_alarms_there_were_the_longer_it_must_be_well(alarms: int, minutes: int) -> None:
    """``alarms`` before the one that is told here."""
    course = ".xxx" + "." * 300
    assert told(course, alarms=alarms) == [(3, "down"), (4 + minutes, "ok")]


def test_a_clock_set_back_says_nothing_of_how_long_it_has_been() -> None:
    course = Course(DOWN, ago(1), ago(1), OK, ago(-120))
    assert following(course, DOWN, NOON, quiet=False, alarms_lately=0) == (Course(DOWN, NOON, NOON, OK, NOON), None)


@given(states=st.text(".!x", max_size=400))
def test_whatever_happens_staff_are_never_told_the_same_twice_nor_ever_more_often(states: str) -> None:
    said = told(states)
    words = ["ok", *(word for _, word in said)]
    assert all(one != next_ for one, next_ in itertools.pairwise(words))
    assert ("down", "degraded") not in set(itertools.pairwise(words))
    wells = [minute for minute, word in said if word == "ok"]
    assert all(later - earlier > 12 for earlier, later in itertools.pairwise(wells))
