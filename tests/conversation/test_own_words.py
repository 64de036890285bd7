"""What the company typed in Russian, said in English where it has words for that."""

from __future__ import annotations

from sbyt.conversation.acts import Closed, Note, Say, Saying
from sbyt.conversation.facts import Way
from sbyt.conversation.render.own_words import told_in

ENGLISH = {"Офис": "Office", "Телефон": "Phone", "у входа": "at the door", "Сломался": "It broke"}
CLOSED = Closed(
    "Телефон", withdrawn=True, first_day=1, last_day=31, ways=(Way("Офис", "у входа", 1, 31),), why="Сломался"
)


def test_in_english_it_is_said_in_its_words() -> None:
    (told,) = told_in((CLOSED,), "en", ENGLISH)
    assert isinstance(told, Closed)
    assert (told.title, told.why, told.ways[0].title, told.ways[0].address) == (
        "Phone", "It broke", "Office", "at the door"
    )  # fmt: skip


def test_what_has_none_stays_as_it_is() -> None:
    assert told_in((Note("Звоните"), Say(Saying.HELP)), "en", ENGLISH) == (Note("Звоните"), Say(Saying.HELP))


def test_in_russian_nothing_changes() -> None:
    assert told_in((CLOSED,), "ru", ENGLISH) == (CLOSED,)
