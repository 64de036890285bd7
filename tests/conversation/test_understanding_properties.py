"""What must hold of understanding whatever the world and the words: nothing is ever taken wrongly."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from sbyt.conversation.dialogue import reply
from sbyt.conversation.facts import Facts
from sbyt.conversation.mentions import mentions
from sbyt.conversation.state import Event, Outcome, Reply, State, Status
from sbyt.core.resources import Resource
from tests.conversation.worlds import DIGITS, FLAT_FORMATS, NOISE, NOW, POWER_FORMATS, Home, facts, homes

POWER = st.integers(1, 3).flatmap(lambda zones: homes(((Resource.ELECTRICITY, zones),)))
TWO_ZONES = homes(((Resource.ELECTRICITY, 2),))
FLATS = homes(((Resource.ELECTRICITY, 1), (Resource.HOT_WATER, 1), (Resource.COLD_WATER, 1)))


def say(text: str, known: Facts) -> Reply:
    mentions(text)
    return reply(State(), Event(text), known, NOW)


def taken(answer: Reply) -> set[tuple[str, str, int]]:
    return {(one.serial, one.zone, one.value) for one in answer.readings if one.status is Status.ACCEPTED}


class TestPublishedFormats:
    @given(home=POWER, name=st.sampled_from(sorted(POWER_FORMATS)))
    def test_power_is_understood(self, home: Home, name: str) -> None:
        answer = say(POWER_FORMATS[name](home), facts(home.account))

        assert (answer.outcome, taken(answer)) == (Outcome.ACCEPTED, home.taken())

    @given(home=FLATS, name=st.sampled_from(sorted(FLAT_FORMATS)))
    def test_a_flat_is_understood(self, home: Home, name: str) -> None:
        answer = say(FLAT_FORMATS[name](home), facts(home.account))

        assert (answer.outcome, taken(answer)) == (Outcome.ACCEPTED, home.taken())

    @given(
        home=POWER,
        before=st.sampled_from(NOISE),
        after=st.sampled_from(NOISE),
        name=st.sampled_from(sorted(POWER_FORMATS)),
    )
    def test_noise_leaves_it_understood_or_asked_about(self, home: Home, before: str, after: str, name: str) -> None:
        if before.startswith("С уважением"):
            before = ""  # what follows a signature is good for an account only
        answer = say(f"{before} {POWER_FORMATS[name](home)} {after}", facts(home.account))

        assert taken(answer) == home.taken() or answer.outcome is Outcome.ASK


class TestNeverTakenAsItStands:
    @given(home=TWO_ZONES, tagged=st.booleans())
    def test_an_exchange_of_day_and_night(self, home: Home, tagged: bool) -> None:
        day, night = home.written(0)
        values = f"день {night} ночь {day}" if tagged else f"{night} {day}"
        answer = say(f"{home.account.number} {values}", facts(home.account))

        assert (answer.outcome, answer.reason, taken(answer)) == (Outcome.CONFIRM, "swapped", set())

    @given(home=POWER, at=st.integers(0, 4), digit=st.sampled_from(DIGITS))
    def test_a_figure_too_many(self, home: Home, at: int, digit: str) -> None:
        first, *others = home.written(0)
        wrong = first[:at] + digit + first[at:] if (at, digit) != (0, "0") else first + "7"
        answer = say(" ".join([home.account.number, wrong, *others]), facts(home.account))

        assert not taken(answer)

    @given(home=POWER, at=st.integers(0, 4))
    def test_a_figure_too_few(self, home: Home, at: int) -> None:
        first, *others = home.written(0)
        wrong = first[:at] + first[at + 1 :]
        answer = say(" ".join([home.account.number, wrong, *others]), facts(home.account))

        assert not taken(answer)

    @given(home=POWER, extra=st.integers(0, 99_999).filter(lambda extra: not 2010 <= extra < 2030))  # those are years
    def test_a_number_too_many(self, home: Home, extra: int) -> None:
        answer = say(" ".join([home.account.number, *home.written(0), str(extra)]), facts(home.account))

        assert not taken(answer)

    @given(home=TWO_ZONES, which=st.integers(0, 1))
    def test_a_number_too_few(self, home: Home, which: int) -> None:
        answer = say(f"{home.account.number} {home.written(0)[which]}", facts(home.account))

        assert (answer.outcome, taken(answer)) == (Outcome.ASK, set())

    @given(home=POWER, at=st.integers(0, 9), digit=st.sampled_from(DIGITS))
    def test_a_wrong_account_from_a_linked_sender(self, home: Home, at: int, digit: str) -> None:
        number = home.account.number
        wrong = number[:at] + digit + number[at + 1 :]
        if wrong == number:
            return
        answer = say(" ".join([wrong, *home.written(0)]), facts(home.account, linked=(number,)))

        assert not taken(answer)


@given(text=st.text(max_size=300), linked=st.booleans(), home=POWER)
@example(text="\x00", linked=True, home=None)
@example(text="1" * 300, linked=True, home=None)
def test_no_text_raises(text: str, linked: bool, home: Home | None) -> None:
    known = facts(home.account, linked=(home.account.number,) if linked else ()) if home else facts()

    assert say(text, known).acts


@given(
    words=st.lists(
        st.sampled_from(
            [
                "т1",
                "день",
                "ночь",
                "хвс",
                "гвс",
                "лс",
                "№",
                "1э",
                "счетчик",
                "да",
                "нет",
                "4425",
                "1,5",
                ".",
                "\n",
                ">",
                "руб",
                "ул.",
                "-",
                "#",
            ]
        ),
        max_size=40,
    ),
    home=FLATS,
)
def test_no_sequence_of_known_words_raises(words: list[str], home: Home) -> None:
    assert say(" ".join(words), facts(home.account, linked=(home.account.number,))).acts
