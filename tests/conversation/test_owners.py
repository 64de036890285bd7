"""What owners are told of what others do to their account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.conversation.acts import OwnerTold
from sbyt.conversation.dialogue import reply
from sbyt.conversation.facts import AccountFacts, ChannelFacts, Facts, OwnReading
from sbyt.conversation.owners import told_owners
from sbyt.conversation.render import LANGUAGES, render
from sbyt.conversation.state import Event, Outcome, State, ToStaff
from sbyt.metering.counting import Handed, Kind
from tests.conversation.worlds import NOW, PERIOD, facts, meter

ACCOUNT, OTHER = "2000000001", "2000000002"
SMS = ChannelFacts(title="SMS", rendering="short")


def handed(value: int, id_: int, kind: Kind = Kind.CUSTOMER, zone: str = "T1") -> Handed:
    return Handed(zone, PERIOD, kind, value, rollover=False, taken_on=NOW.date(), order=(NOW, id_))


def world(*entered: Handed, linked: tuple[str, ...] = (), own: tuple[OwnReading, ...] = ()) -> Facts:
    """An account with a single-rate meter, last 4310, and another with day and night."""
    taken: dict[int, Mapping[str, int]] = {PERIOD: {row.zone: row.value for row in entered}} if entered else {}
    first = meter("40010001", handed=entered, taken=taken)
    second = meter("40010002", last=(8100, 3040), monthly=(140, 60))
    accounts = AccountFacts(ACCOUNT, (first,)), AccountFacts(OTHER, (second,))
    return facts(*accounts, linked=linked, channel=SMS, own=own)


def told(text: str, known: Facts) -> tuple[OwnerTold, ...]:
    return told_owners(reply(State(), Event(text), known, NOW), known)


def test_the_owner_is_told_what_a_stranger_handed_in() -> None:
    (one,) = told(f"{ACCOUNT} 4425", world())
    assert (one.account, one.meters[0].values, one.before, one.period) == (ACCOUNT, (4425,), ((),), PERIOD)
    assert (one.through, one.cancelled, one.until) == ("SMS", False, dt.date(2026, 11, 25))


def test_and_what_was_there_before() -> None:
    (one,) = told(f"{ACCOUNT} 4425", world(handed(4390, 1), handed(4400, 2)))
    assert one.before == ((4400,),)


def test_who_is_linked_to_the_account_needs_nobody_to_be_told() -> None:
    assert told(f"{ACCOUNT} 4425", world(linked=(ACCOUNT,))) == ()


def test_who_is_linked_to_another_account_is_a_stranger_to_this() -> None:
    assert [one.account for one in told(f"{ACCOUNT} 4425", world(linked=(OTHER,)))] == [ACCOUNT]


def test_of_two_accounts_in_a_message_each_owner_hears_of_their_own() -> None:
    both = told(f"{ACCOUNT} 4425\n{OTHER} 8242 3104", world())
    assert {one.account: [shown.values for shown in one.meters] for one in both} == {
        ACCOUNT: [(4425,)],
        OTHER: [(8242, 3104)],
    }


@pytest.mark.parametrize("text", [f"{ACCOUNT} 4309", f"{ACCOUNT} 7800", ACCOUNT, "привет", f"{ACCOUNT} баланс"])
def test_what_is_not_taken_is_not_told(text: str) -> None:
    assert told(text, world()) == ()


def test_what_a_stranger_takes_back_is_told_with_what_counts_again() -> None:
    own = (OwnReading(ACCOUNT, "40010001", "T1", 4425, 0, PERIOD, id=7),)
    (one,) = told("отмена", world(handed(4400, 3), handed(4425, 7), own=own))
    assert (one.cancelled, one.meters[0].values, one.before) == (True, (4425,), ((4400,),))


@pytest.mark.parametrize(
    ("linked", "said"),
    [((ACCOUNT,), "Теперь за ноябрь считается 4400."), ((), "Пришлите верные показания, когда сможете.")],
)
def test_after_taking_back_only_who_is_linked_learns_what_counts_now(linked: tuple[str, ...], said: str) -> None:
    own = (OwnReading(ACCOUNT, "40010001", "T1", 4425, 0, PERIOD, id=7),)
    known = world(handed(4400, 3), handed(4425, 7), own=own, linked=linked)
    answer = render(reply(State(), Event("отмена"), known, NOW).acts, "ru", "text", "").text
    assert said in answer
    assert ("4400" in answer) is bool(linked)


def test_an_inspectors_value_counts_again_before_a_customers() -> None:
    own = (OwnReading(ACCOUNT, "40010001", "T1", 4425, 0, PERIOD, id=7),)
    rows = handed(4410, 1, Kind.CONTROL), handed(4400, 3), handed(4425, 7)
    (one,) = told("отмена", world(*rows, own=own))
    assert one.before == ((4410,),)


@given(st.integers(4311, 4700), st.integers(4311, 4700), st.sampled_from(list(LANGUAGES)), st.booleans())
def test_the_stranger_learns_nothing_of_the_owner(value: int, before: int, language: str, cancels: bool) -> None:
    """Neither what was entered before nor the last value stands in an answer to who isn't linked."""
    own = (OwnReading(ACCOUNT, "40010001", "T1", value, 0, PERIOD, id=7),) if cancels else ()
    known = world(handed(before, 3), *([handed(value, 7)] if cancels else []), own=own)
    turn = reply(State(language), Event("отмена" if cancels else f"{ACCOUNT} {value}"), known, NOW)
    said = render(turn.acts, language, "text", "").text.replace(ACCOUNT, "")
    assert "4310" not in said or value == 4310
    assert str(before) not in said or before == value


# refused, or not understood, a second time ---------------------------------------------------------------------------


def says(state: State, text: str, known: Facts) -> tuple[State, list[tuple[str, str]]]:
    """The state after a message, and what it gave to staff: reason and account."""
    turn = reply(state, Event(text), known, NOW)
    return turn.state, [(one.reason, one.account) for one in turn.commands if isinstance(one, ToStaff)]


def test_the_second_of_two_equal_refusals_goes_to_staff_also_after_a_restart() -> None:
    state, first = says(State(), f"{ACCOUNT} 4309", world())
    _, second = says(State.from_json(state.to_json(), "ru"), f"{ACCOUNT} 4300", world())
    assert (first, second) == ([], [("lower", ACCOUNT)])


def test_two_meters_refused_in_one_message_are_one_refusal() -> None:
    _, to_staff = says(State(), f"{ACCOUNT} 4309\n{OTHER} 8000 3000", world())
    assert to_staff == []


@pytest.mark.parametrize("text", [f"{OTHER} 8242 3104\n{ACCOUNT} 4309", f"{ACCOUNT} 4309\n{OTHER} 8242 3104"])
def test_what_is_refused_beside_something_taken_counts_in_either_order(text: str) -> None:
    state, first = says(State(), text, world())
    _, second = says(state, f"{ACCOUNT} 4308", world())
    assert (first, second) == ([], [("lower", ACCOUNT)])


def test_something_taken_lets_the_count_begin_anew() -> None:
    state, _ = says(State(), f"{ACCOUNT} 4309", world())
    state, _ = says(state, f"{ACCOUNT} 4425", world())
    assert says(state, f"{ACCOUNT} 4309", world())[1] == []


def test_who_is_not_understood_twice_is_read_by_a_person_every_second_time() -> None:
    state, given_to_staff = State(), []
    for text in ("синий дом", "зелёный сад", "жёлтый лист", "белый снег"):
        turn = reply(state, Event(text), world(linked=(ACCOUNT,)), NOW)
        assert turn.outcome is Outcome.UNKNOWN
        given_to_staff.append([(one.reason, one.account) for one in turn.commands if isinstance(one, ToStaff)])
        state = turn.state
    assert given_to_staff == [[], [("unknown", ACCOUNT)], [], [("unknown", ACCOUNT)]]


def test_a_closed_channel_needs_no_person_however_often_it_is_tried() -> None:
    """The answer is right each time: where to send instead."""
    known = Facts(channel=ChannelFacts(title="WhatsApp", withdrawn=True))
    state, first = says(State(), "4425", known)
    assert (first, says(state, "4425", known)[1]) == ([], [])


def test_what_is_too_long_is_read_by_a_person_each_time() -> None:
    state, first = says(State(), "а" * 6000, world(linked=(ACCOUNT,)))
    assert (first, says(state, "а" * 6000, world())[1]) == ([("too_long", ACCOUNT)], [("too_long", "")])


@pytest.mark.parametrize(
    ("text", "linked", "account"),
    [
        pytest.param("оператор", (ACCOUNT,), ACCOUNT, id="the only linked one"),
        pytest.param("оператор", (ACCOUNT, OTHER), "", id="one of several isn't guessed"),
        pytest.param(f"{OTHER} оператор", (ACCOUNT,), OTHER, id="the named one"),
        pytest.param("оператор", (), "", id="nobody knows"),
    ],
)
def test_staff_are_told_of_which_account_a_person_is_wanted(text: str, linked: tuple[str, ...], account: str) -> None:
    assert says(State(), text, world(linked=linked))[1] == [("operator", account)]
