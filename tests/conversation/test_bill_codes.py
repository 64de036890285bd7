"""The code of a bill: found in a text, judged, and nothing taken for one that is none."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sbyt.accounts.tokens import Tokens
from sbyt.conversation.acts import CodeAnswer, CodeCame, Taken
from sbyt.conversation.bill_codes import find_bill_code
from sbyt.conversation.dialogue import reply
from sbyt.conversation.facts import AccountFacts, BillCodeFacts, Facts, Verdict
from sbyt.conversation.folding import LONGEST_MESSAGE
from sbyt.conversation.mentions import mentions
from sbyt.conversation.owners import told_owners
from sbyt.conversation.state import CountWrongCode, Event, LinkSender, Outcome, Question, Reply, State
from sbyt.core.periods import Period
from tests.conversation.worlds import NOW, facts, meter

TOKEN = Tokens({0: b"of the tests"}).token(17, Period.parse("2026-11"))
CODE = "482177309614"

# finding it ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("200004 код 4821-7730-9614", "200004"),
        ("Чтобы мы узнавали вас: 200004 код 4821-7730-9614", "Чтобы мы узнавали вас: 200004"),
        ("код 482177309614", ""),
        ("КОД: 4821 7730 9614", ""),
        ("кода № 4821.7730.9614", ""),
        ("200004, code 4821–7730–9614", "200004,"),
        ("200004 kod=4821\u20117730\u20119614", "200004"),
        ("200004 кoд 4821-7730-9614", "200004"),  # a Latin o
        ("200004 kод 4821-7730-9614", "200004"),  # a Latin k
        ("200004 cоde 4821-7730-9614", "200004"),  # a Cyrillic о in it
        ("код с квитанции 4821-7730-9614", ""),
        ("Код от счёта: 4821-7730-9614, счёт 200004", ", счёт 200004"),
        ("QR-код 4821-7730-9614", "QR-"),
        ("код 482 177 309 614", ""),
        ("код 48 21 77 30 96 14", ""),
        ("код 4 8 2 1 7 7 3 0 9 6 1 4", ""),
        ("код ４８２１-７７３０-９６１４", ""),
        ("200004 код 4821-7730-9614 4425", "200004\n4425"),
        ("200004 код 4821-7730-9614\n4425", "200004\n4425"),
        ("200004 код 4821-7730-9614.", "200004\n."),
        ("код 4821-7730-9614\n> код 1111-2222-3333", ""),
    ],
)
def test_a_code_is_found_however_it_is_typed(text: str, rest: str) -> None:
    found = find_bill_code(text)
    assert found is not None
    assert (found.code, found.token, found.rest) == (CODE, "", rest)


@pytest.mark.parametrize(
    ("text", "rest", "alone"),
    [
        (TOKEN, "", True),
        (f"  {TOKEN}\n", "", True),
        (f"/start {TOKEN}", "", False),
        (f"/start@sbyt_bot {TOKEN}", "", False),
        (f"https://gkh.example.org/b/{TOKEN}", "", False),
        (f"HTTPS://GKH.EXAMPLE.ORG/b/{TOKEN}?from=qr", "", False),
        (f"gkh.example.org/b/{TOKEN}", "", False),
        (f"https://t.me/sbyt_bot?start={TOKEN}", "", False),
        (f"вот https://gkh.example.org/b/{TOKEN}, 4425", "вот\n4425", False),
    ],
)
def test_a_token_is_found_alone_and_in_an_address(text: str, rest: str, alone: bool) -> None:
    found = find_bill_code(text)
    assert found is not None
    assert (found.code, found.token, found.rest, found.alone) == ("", TOKEN, rest, alone)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "код",
        "код 1",
        "ЖКХ код",
        "ЖКХ код 1# 200004 4425",
        "код 4821",
        "код 4821-7730-961",
        "код 4821-7730-96145",
        "код 4821-7730-9614-5",
        "482177309614",  # an account may be as long
        "4821-7730-9614",
        "200004 482177309614",
        "код 1234 20000445",  # some other code, and an account
        "код 123456 200004",
        "код 1234 5678\n4425",
        "код плательщика 482177309614",
        "код ЖКХ 482177309614",
        "ИНН 482177309614",
        "штрихкод 482177309614",
        "штрих-код 482177309614",
        "кодовый замок 482177309614",
        "кодекс 482177309614",
        "кот 482177309614",
        "/start",
        "/start 4821",
        f"/start {TOKEN}x",
        f"{TOKEN}x",
        f"счётчик {TOKEN}",
        f"https://gkh.example.org/c/{TOKEN}",
        f"> 200004 код 4821-7730-9614\n{TOKEN[:21]}",
        "200004 4425\n-----Исходное сообщение-----\nкод 4821-7730-9614",
        "код 4821-7730-9614".rjust(LONGEST_MESSAGE + 1),
    ],
)
def test_what_is_no_code_is_none(text: str) -> None:
    assert find_bill_code(text) is None


@given(st.text(st.sampled_from("код kodcode/b/start?= -–\n>«№:0123456789AZaz_"), max_size=200))
def test_whatever_the_text_what_is_found_has_its_form(text: str) -> None:
    found = find_bill_code(text)
    assert found is None or (len(found.code), len(found.token)) in ((12, 0), (0, 22))


@pytest.mark.parametrize(
    "piece", ["код ", "код 1-", "1 ", "/b/", "код с счёта ", "/start ", " ", "A", "> код 1\n", "\u00ad"]
)
def test_no_text_takes_more_than_a_moment(piece: str) -> None:
    text = (piece * LONGEST_MESSAGE)[:LONGEST_MESSAGE]
    began = time.process_time()
    find_bill_code(text)
    assert time.process_time() - began < 0.1


# what comes of it ----------------------------------------------------------------------------------------------------

FIRST, SECOND = AccountFacts("200004", (meter("40010001"),)), AccountFacts("200005", (meter("40010002"),))
BY_CODE = "200004 код 4821-7730-9614"


def known(verdict: Verdict = Verdict.RIGHT, *, linked: tuple[str, ...] = (), **more: object) -> Facts:
    code = BillCodeFacts({"200004": verdict, "200005": Verdict.WRONG}, **more)  # type: ignore[arg-type]
    return facts(FIRST, SECOND, linked=linked, bill_code=code)


def say(text: str, about: Facts, state: State = State()) -> Reply:  # noqa: B008 it never changes
    return reply(state, Event(text), about, NOW)


def came(answer: Reply) -> CodeCame:
    (act,) = [one for one in answer.acts if isinstance(one, CodeAnswer)]
    return act.came


def test_the_code_of_the_newest_bill_links_the_sender() -> None:
    answer = say(BY_CODE, known())
    assert answer == Reply(State(), (LinkSender("200004"),), (CodeAnswer(CodeCame.LINKED, "200004"),), Outcome.INFO)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_who_is_linked_is_told_so_whatever_the_code(verdict: Verdict) -> None:
    answer = say(BY_CODE, known(verdict, linked=("200004",)))
    assert (came(answer), answer.commands) == (CodeCame.ALREADY, ())


@pytest.mark.parametrize(
    ("verdict", "what", "commands"),
    [
        (Verdict.WRONG, CodeCame.WRONG, (CountWrongCode("200004"),)),
        (Verdict.OLDER, CodeCame.OLDER, ()),
        (Verdict.REVOKED, CodeCame.REVOKED, ()),
        (Verdict.TOO_MANY, CodeCame.TOO_MANY, ()),
    ],
)
def test_any_other_links_nobody(verdict: Verdict, what: CodeCame, commands: tuple[object, ...]) -> None:
    answer = say(BY_CODE, known(verdict))
    assert (answer.acts, answer.commands, answer.outcome) == ((CodeAnswer(what),), commands, Outcome.REFUSED)


def test_of_a_wrong_code_it_is_not_told_whether_there_is_such_an_account() -> None:
    there, not_there = say(BY_CODE, known(Verdict.WRONG)), say("999999 код 4821-7730-9614", known(Verdict.WRONG))
    assert there.acts == not_there.acts
    assert not_there.commands == (CountWrongCode(""),)


def test_who_sent_too_many_wrong_ones_gets_no_verdict() -> None:
    answer = say(BY_CODE, known(too_many=True))
    assert (came(answer), answer.commands) == (CodeCame.TOO_MANY, ())


def test_whom_the_channel_does_not_prove_is_not_linked() -> None:
    answer = say(BY_CODE, known(provable=False))
    assert (came(answer), answer.commands) == (CodeCame.NOT_HERE, ())


@pytest.mark.parametrize("text", ["код 4821-7730-9614", "200004 и 200005 код 4821-7730-9614"])
def test_for_which_account_it_is_must_be_clear(text: str) -> None:
    answer = say(text, known())
    assert (came(answer), answer.outcome, answer.commands) == (CodeCame.NO_ACCOUNT, Outcome.ASK, ())


def test_the_account_may_have_been_sent_just_before() -> None:
    state = State(question=Question("200004", NOW, NOW))
    answer = say("код 4821-7730-9614", known(), state)
    assert (came(answer), answer.state) == (CodeCame.LINKED, state)


def test_a_code_alone_is_compared_with_the_bills_of_who_is_linked() -> None:
    assert came(say("код 4821-7730-9614", known(linked=("200004",)))) is CodeCame.ALREADY
    assert came(say("код 4821-7730-9614", known(Verdict.WRONG, linked=("200004",)))) is CodeCame.NO_ACCOUNT


def test_a_token_names_its_account() -> None:
    for text in (TOKEN, f"/start {TOKEN}", f"https://gkh.example.org/b/{TOKEN}"):
        assert came(say(text, known(account="200004"))) is CodeCame.LINKED


def test_a_token_that_opens_nothing_is_wrong() -> None:
    answer = say(f"/start {TOKEN}", known())
    assert (came(answer), answer.commands) == (CodeCame.WRONG, (CountWrongCode(""),))


@pytest.mark.parametrize("text", [BY_CODE, TOKEN, f"/start {TOKEN}"])
def test_where_nothing_can_be_verified_it_is_a_text_like_any(text: str) -> None:
    answer = say(text, replace(known(), bill_code=None))
    assert not [act for act in answer.acts if isinstance(act, CodeAnswer)]


def test_a_withdrawn_channel_links_nobody() -> None:
    about = known()
    answer = say(BY_CODE, replace(about, channel=replace(about.channel, withdrawn=True)))
    assert (answer.outcome, answer.commands) == (Outcome.CLOSED, ())


def test_an_account_of_twelve_figures_is_one_though_it_is_called_a_code() -> None:
    long = AccountFacts(CODE, (meter("40010001"),))
    about = facts(long, bill_code=BillCodeFacts({CODE: Verdict.WRONG}))
    assert [type(act) for act in say(f"код {CODE}, показание 4425", about).acts] == [Taken]


# what stands beside it -----------------------------------------------------------------------------------------------


def test_a_reading_beside_it_is_taken_as_from_who_is_linked() -> None:
    about = known()
    answer = say("200004 код 4821-7730-9614 показание 4425", about)
    linked, taken = answer.acts
    assert linked == CodeAnswer(CodeCame.LINKED, "200004")
    assert isinstance(taken, Taken)
    assert (taken.meters[0].values, taken.meters[0].used) == ((4425,), (115,))
    assert (answer.commands[0], answer.outcome) == (LinkSender("200004"), Outcome.ACCEPTED)
    assert told_owners(answer, about) == ()


def test_a_reading_beside_a_wrong_code_is_taken_as_from_a_stranger() -> None:
    answer = say("200004 код 4821-7730-9615 показание 4425", known(Verdict.WRONG))
    assert (came(answer), answer.outcome) == (CodeCame.WRONG, Outcome.ACCEPTED)
    assert [act.meters[0].used for act in answer.acts if isinstance(act, Taken)] == [()]


@pytest.mark.parametrize("beside", ["здравствуйте", "спасибо!", "привяжите пожалуйста", "мой адрес Мира 3"])
def test_words_beside_it_are_passed_over(beside: str) -> None:
    assert say(f"{BY_CODE} {beside}", known()).acts == (CodeAnswer(CodeCame.LINKED, "200004"),)


def test_an_open_question_remembers_no_code() -> None:
    answer = say("200004 код 4821-7730-9614 показание 7800", known())
    assert (came(answer), answer.outcome) == (CodeCame.LINKED, Outcome.CONFIRM)
    assert answer.state.question is not None
    assert "4821" not in answer.state.question.text


# whatever the text ---------------------------------------------------------------------------------------------------

CODES = st.sampled_from([BY_CODE, "код 4821-7730-9614", f"/start {TOKEN}", TOKEN, f"https://x.example/b/{TOKEN}"])
WORDS = st.lists(
    st.sampled_from(["200004", "200005", "4425", "да", "нет", "отмена", "баланс", "день", "\n", ">", "??", "№", "№ 7"])
    | st.text(max_size=8),
    max_size=6,
)


@given(WORDS, CODES, WORDS, st.sampled_from(list(Verdict)), st.booleans(), st.booleans())
@example([], TOKEN, [], Verdict.RIGHT, False, False)
def test_a_code_among_any_text_never_raises(
    before: list[str], code: str, after: list[str], verdict: Verdict, linked: bool, asked: bool
) -> None:
    text = " ".join([*before, code, *after])
    state = State(question=Question("200004", NOW, NOW)) if asked else State()
    about = known(verdict, linked=("200005",) if linked else (), account="200004")
    mentions(text, state)
    answer = say(text, about, state)
    assert answer.acts
    links = [one for one in answer.commands if isinstance(one, LinkSender)]
    assert links == [] or (verdict is Verdict.RIGHT and links == [LinkSender("200004")])
