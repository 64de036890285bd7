"""What is remembered between two messages survives the database."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.conversation.state import Pending, Question, State
from sbyt.metering.checks import Code

TIMES = st.datetimes(
    dt.datetime(2020, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)
).filter(lambda at: at.fold == 0)  # fmt: skip
NUMBERS = st.text("0123456789АВab-", min_size=1, max_size=20)


@st.composite
def pendings(draw: st.DrawFn) -> Pending:
    zones = draw(st.integers(1, 3))
    values = draw(st.lists(st.integers(0, 10**12), min_size=zones, max_size=zones))
    rolled = draw(st.lists(st.booleans(), min_size=zones, max_size=zones))
    return Pending(draw(NUMBERS), draw(NUMBERS), tuple(values), tuple(rolled), draw(st.sampled_from(list(Code))))


QUESTIONS = st.builds(Question, st.text(), TIMES, TIMES, st.booleans(), st.lists(pendings(), max_size=4).map(tuple))
STATES = st.builds(
    State,
    st.sampled_from(["ru", "en"]),
    st.none() | QUESTIONS,
    st.dictionaries(st.sampled_from([code.value for code in Code]), st.integers(1, 99)),
)


@given(STATES)
def test_what_is_saved_is_restored(state: State) -> None:
    assert State.from_json(json.loads(json.dumps(state.to_json())), "ru") == state


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_conversation_begins_in_the_language_of_the_installation(language: str) -> None:
    assert State.from_json({}, language) == State(language)


def test_a_language_once_chosen_is_kept() -> None:
    assert State.from_json(State("en").to_json(), "ru").language == "en"


@pytest.mark.parametrize(
    ("later", "is_open"),
    [
        (dt.timedelta(0), True),
        (dt.timedelta(hours=24), True),
        (dt.timedelta(hours=24, seconds=1), False),
        (dt.timedelta(days=40), False),
    ],
)
def test_a_question_is_open_for_so_many_hours_after_it_was_asked(later: dt.timedelta, is_open: bool) -> None:
    asked = dt.datetime(2026, 11, 20, 12, 0, tzinfo=dt.UTC)
    question = Question("4425", asked - dt.timedelta(days=1), asked)
    assert question.is_open(asked + later, 24) is is_open
