"""Acts in words: the voice, the length of an SMS, what is pressed instead of typed."""

from __future__ import annotations

import datetime as dt
import re
import typing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.conversation.acts import (
    Act,
    AlreadyThere,
    Ask,
    Balance,
    Cancelled,
    Choice,
    Closed,
    CodeAnswer,
    CodeCame,
    Confirm,
    ContactAnswer,
    ContactCame,
    History,
    IsReading,
    KeptInspected,
    LastReadings,
    Linked,
    LinkTold,
    Note,
    NotLinked,
    OwnerTold,
    Refused,
    ReminderAnswer,
    Say,
    Saying,
    SeeOnPage,
    Shown,
    Taken,
)
from sbyt.conversation.facts import Way
from sbyt.conversation.render import LANGUAGES, LONGEST_SMS, render
from sbyt.conversation.understanding import Problem
from sbyt.core.periods import Period
from sbyt.core.resources import ZONES, Resource
from sbyt.metering.checks import Code

NOVEMBER, DECEMBER = Period.parse("2026-11"), Period.parse("2026-12")
OCTOBER_20, UNTIL = dt.date(2026, 10, 20), dt.date(2026, 11, 25)
NUMBER = "24K7"


def single(value: int, *, used: int | None = None, last: int | None = None) -> Shown:
    """Of a single-rate meter; use and last value are given to who is linked to the account."""
    return Shown(
        "2000000001",
        "40010001",
        Resource.ELECTRICITY,
        0,
        ("T1",),
        (value,),
        () if used is None else (used,),
        () if last is None else (last,),
        None if used is None and last is None else OCTOBER_20,
    )


def day_and_night(day: int, night: int) -> Shown:
    return Shown("2000000002", "40010002", Resource.ELECTRICITY, 0, ("T1", "T2"), (day, night))


def water(resource: Resource, value: int, serial: str = "9001") -> Shown:
    return Shown("200004", serial, resource, 3, ("T1",), (value,))


def choice(resource: Resource, serial: str, zones: int = 1) -> Choice:
    return Choice(serial, resource, ZONES[:zones])


def text(*acts: Act, language: str = "ru", rendering: str = "text") -> str:
    """What is said, without the number by which staff find it."""
    said = render(acts, language, rendering, NUMBER).text
    assert said.endswith(NUMBER)
    return re.sub(rf" (№|No) {NUMBER}$", "", said)


# the voice -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "said"),
    [
        pytest.param(
            Taken((single(4425, used=115, last=4310),), NOVEMBER, late=False, estimated=False, until=UNTIL),
            "Приняли 4425 по счётчику …0001: 115 кВт·ч с 20 октября. Войдёт в счёт за ноябрь. Ошиблись? "
            "Пришлите верное до 25 ноября.",
            id="taken",
        ),
        pytest.param(
            Taken((single(4436, used=126, last=4310),), DECEMBER, late=True, estimated=True, until=UNTIL),
            "Приняли 4436 по счётчику …0001. За ноябрь приём уже закрыт: посчитаем по среднему, "
            "а в счёте за декабрь пересчитаем.",
            id="taken late",
        ),
        pytest.param(
            AlreadyThere((single(4425),), NOVEMBER),
            "Эти показания у нас уже есть: 4425, счётчик …0001, ноябрь.",
            id="already there",
        ),
        pytest.param(
            Refused(Code.LOWER, single(4309, last=4310)),
            "Не приняли: 4309 меньше прошлого, 4310 от 20 октября. Проверьте цифры и пришлите ещё раз.",
            id="below the last",
        ),
        pytest.param(
            Cancelled((single(4425),), NOVEMBER, ((4400,),)),
            "Отменили свет …0001 4425 за ноябрь. Теперь за ноябрь считается 4400. Неверно? Пришлите заново.",
            id="taken back, and an earlier one counts",
        ),
        pytest.param(
            OwnerTold("2000000001", (single(4425),), ((4400,),), NOVEMBER, "SMS", until=UNTIL),
            "По счёту 2000000001 кто-то передал показания за ноябрь: свет …0001 4425 вместо 4400. Канал: SMS. "
            "Если это не вы и не ваши близкие, пришлите верные до 25 ноября или ответьте «оператор».",
            id="the owner is told",
        ),
        pytest.param(
            OwnerTold("2000000001", (single(4425),), ((4400,),), NOVEMBER, "SMS", cancelled=True, until=UNTIL),
            "По счёту 2000000001 кто-то отменил свои показания за ноябрь: свет …0001 4425. Канал: SMS. "
            "Теперь считается 4400. Если это не вы и не ваши близкие, пришлите верные до 25 ноября или ответьте "
            "«оператор».",
            id="the owner is told of what was taken back",
        ),
        pytest.param(
            LinkTold("2000000001", Linked.CHAT, "Telegram"),
            "К счёту 2000000001 привязали ещё один чат (Telegram): оттуда теперь видны показания и долг. "
            "Если это не вы и не ваши близкие, ответьте «оператор», отвяжем.",
            id="the owner is told of a link",
        ),
        pytest.param(
            CodeAnswer(CodeCame.LINKED, "200004"),
            "Готово: теперь мы узнаём вас. Счёт 200004 привязан: спросите «баланс» или просто пришлите показание.",
            id="linked",
        ),
        pytest.param(
            Confirm(Code.HIGH, single(7800, used=3490, last=4310), (7800,), times=29),
            "7800 — это 3490 кВт·ч с 20 октября, в 29 раз больше обычного. Всё верно? "
            "Ответьте ДА или пришлите другое число.",
            id="unusually much",
        ),
        pytest.param(
            Confirm(Code.SWAPPED, day_and_night(3104, 8242), (8242, 3104)),
            "Похоже, день и ночь переставлены. Записать день 8242, ночь 3104? Ответьте ДА или пришлите заново.",
            id="exchanged",
        ),
        pytest.param(
            Ask(Problem.MISSING, "2000000002", meters=(choice(Resource.ELECTRICITY, "40010002", 2),)),
            "У счётчика …0002 два показания. Пришлите день и ночь, например: 8242 3104",
            id="one is missing",
        ),
        pytest.param(
            Ask(Problem.WHICH_ACCOUNT, accounts=("200004", "200005")),
            "К этому номеру привязаны два счёта: 200004 и 200005. Пришлите счёт и показание: 200005 905",
            id="which account",
        ),
        pytest.param(
            Refused(Code.UNKNOWN_ACCOUNT, number="5555555555", lengths=(10,)),
            "Счёт 5555555555 не нашли. Номер вверху квитанции, 10 цифр.",
            id="no such account",
        ),
    ],
)
def test_each_moment_has_its_words(act: Act, said: str) -> None:
    assert text(act) == said


@pytest.mark.parametrize(
    ("times", "said"),
    [(2, "в 2 раза"), (5, "в 5 раз"), (11, "в 11 раз"), (12, "в 12 раз"), (21, "в 21 раз"), (22, "в 22 раза"),
     (104, "в 104 раза"), (112, "в 112 раз")],
)  # fmt: skip
def test_so_many_times_is_said_as_people_say_it(times: int, said: str) -> None:
    assert f"{said} больше" in text(Confirm(Code.HIGH, single(7800, used=3490, last=4310), (7800,), times=times))


@pytest.mark.parametrize(
    ("lengths", "said"), [((4,), "4 цифры."), ((9,), "9 цифр."), ((12,), "12 цифр."), ((6, 10), "6 или 10 цифр."),
     ((22,), "22 цифры.")]
)  # fmt: skip
def test_so_many_figures_too(lengths: tuple[int, ...], said: str) -> None:
    assert text(Refused(Code.UNKNOWN_ACCOUNT, number="5555555555", lengths=lengths)).endswith(said)


def test_figures_are_as_on_the_meter() -> None:
    taken = Taken((water(Resource.COLD_WATER, 244500),), NOVEMBER, late=False, estimated=False, until=UNTIL)
    assert "244,5" in text(taken)
    assert "244.5" in text(taken, language="en")


@pytest.mark.parametrize("rendering", ["text", "short"])
def test_of_two_meters_for_the_same_the_serials_are_named(rendering: str) -> None:
    meters = (choice(Resource.ELECTRICITY, "40010007"), choice(Resource.ELECTRICITY, "40010077"))
    said = text(Ask(Problem.WHICH_METER, "2000000007", meters=meters), rendering=rendering)
    assert said == (
        "Не поняли, к какому счётчику показание. У вас: свет 40010007, свет 40010077. "
        "Назовите его, например: 40010007 4425"
    )


@pytest.mark.parametrize(
    ("meters", "example"),
    [
        ((choice(Resource.ELECTRICITY, "1"),), "4425"),
        ((choice(Resource.ELECTRICITY, "1", 3),), "8242 3104 1250"),
        ((choice(Resource.HOT_WATER, "1"),), "121,5"),
        ((choice(Resource.ELECTRICITY, "1"), choice(Resource.GAS, "2")), "свет 4425 газ 1520"),
    ],
)
def test_the_example_is_like_the_meters(meters: tuple[Choice, ...], example: str) -> None:
    assert text(Ask(Problem.NO_VALUE, "200004", meters=meters)).endswith(f" {example}")


def test_a_register_that_a_meter_has_not_is_told_from_those_that_it_has() -> None:
    """«день 8242» of a three-rate meter."""
    said = text(Ask(Problem.UNFIT, "2000000003", meters=(choice(Resource.ELECTRICITY, "40010003", 3),)))
    assert said.startswith("Такого показания на счёте нет. У счётчика …0003 три показания. Пришлите пик, ночь и ")


SMS, BOT = Way("SMS", "8 912 951-08-84", 1, 31), Way("Telegram", "@sbyt_bot", 1, 31)
VOICE = Way("Телефон", "8 800 100-00-00", 18, 20)
VIBER = Way("Viber", None, 1, 31, unstable=True)


@pytest.mark.parametrize(
    ("act", "rendering", "said"),
    [
        pytest.param(
            Closed("WhatsApp", withdrawn=True, first_day=1, last_day=31, ways=(SMS, BOT), until=UNTIL),
            "text",
            "WhatsApp больше не принимает показания. Отправьте так до 25 ноября: SMS 8 912 951-08-84, "
            "Telegram @sbyt_bot.",
            id="withdrawn",
        ),
        pytest.param(
            Closed(
                "WhatsApp",
                withdrawn=True,
                first_day=1,
                last_day=31,
                ways=(SMS,),
                since=dt.date(2026, 11, 12),
                why="его владелец закрыл нам доступ",
                note="Просим прощения за неудобство",
            ),
            "text",
            "WhatsApp с 12 ноября больше не принимает показания. Его владелец закрыл нам доступ. "
            "Отправьте так: SMS 8 912 951-08-84. Просим прощения за неудобство.",
            id="since when, why, and the company's own words",
        ),
        pytest.param(
            Closed("Телефон", withdrawn=False, first_day=18, last_day=20, ways=(VIBER, SMS)),
            "text",
            "Телефон принимает показания с 18 по 20 число. Отправьте так: Viber (работает с перебоями), "
            "SMS 8 912 951-08-84.",
            id="not today; another way is unstable",
        ),
        pytest.param(
            Closed("Viber", withdrawn=True, first_day=1, last_day=31, ways=(VOICE, SMS)),
            "text",
            "Viber больше не принимает показания. Отправьте так: Телефон 8 800 100-00-00 (с 18 по 20), "
            "SMS 8 912 951-08-84.",
            id="a way with days of its own",
        ),
        pytest.param(
            Closed("Viber", withdrawn=True, first_day=1, last_day=31, ways=(replace(VOICE, later=True), SMS)),
            "text",
            "Viber больше не принимает показания. Отправьте так: SMS 8 912 951-08-84, "
            "Телефон 8 800 100-00-00 (с 18 по 20).",
            id="a way whose days are to come stands last",
        ),
        pytest.param(
            Closed("Viber", withdrawn=True, first_day=1, last_day=31, ways=(replace(VOICE, later=True), VIBER, SMS)),
            "short",
            "Viber больше не принимает показания. Отправьте так: SMS 8 912 951-08-84, Viber.",
            id="in an SMS what works now, the surest first",
        ),
        pytest.param(
            Closed("Viber", withdrawn=True, first_day=1, last_day=31, ways=(replace(SMS, address="8912, 8913"), BOT)),
            "text",
            "Viber больше не принимает показания. Отправьте так: SMS 8912, 8913; Telegram @sbyt_bot.",
            id="two addresses of one way are told from two ways",
        ),
    ],
)  # fmt: skip
def test_what_is_closed_names_the_ways_that_are_open(act: Closed, rendering: str, said: str) -> None:
    assert text(act, rendering=rendering) == said


def test_an_sms_names_no_half_of_a_way() -> None:
    ways = (SMS, Way("Личный кабинет", "на сайте www.example.org после регистрации", 1, 31), BOT)
    said = text(Closed("Viber", withdrawn=True, first_day=1, last_day=31, ways=ways, until=UNTIL), rendering="short")
    assert said == "Viber больше не принимает показания. Отправьте так: SMS 8 912 951-08-84."


def test_the_companys_own_words_are_said_where_there_is_room() -> None:
    acts = (Say(Saying.WELCOME), Note("мы переехали"))
    assert render(acts, "ru", "text", "").text.endswith("Номер вверху квитанции. Мы переехали.")
    assert "переехали" in render(acts, "ru", "short", "").text
    assert "переехали" not in render((Say(Saying.WELCOME), Note("мы переехали " * 5)), "ru", "short", "").text


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("act", [
    Confirm(Code.HIGH, single(7800, used=3490, last=4310), (7800,), times=29),
    Confirm(Code.SWAPPED, day_and_night(3104, 8242), (8242, 3104)),
    Confirm(Code.DECIMAL, single(44250), (4425,)),
    Confirm(Code.ROLLOVER, single(12), (12,)),
    Ask(Problem.MISSING, "2000000002", meters=(choice(Resource.ELECTRICITY, "40010002", 2),)),
    IsReading(single(4425)),
], ids=repr)  # fmt: skip
def test_a_question_put_again_fits_an_sms(act: Act, language: str) -> None:
    assert render([Say(Saying.ASKED_AGAIN), act], language, "short", NUMBER).whole


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("came", list(CodeCame))
def test_what_came_of_a_code_fits_an_sms(came: CodeCame, language: str) -> None:
    assert render([CodeAnswer(came, "9" * 12)], language, "short", NUMBER).whole


def test_a_link_and_a_reading_beside_it_fit_an_sms() -> None:
    taken = Taken((single(4425, used=115, last=4310),), NOVEMBER, late=False, estimated=False, until=UNTIL)
    said = render([CodeAnswer(CodeCame.LINKED, "2000000001"), taken], "ru", "short", NUMBER)
    assert (said.whole, said.text.startswith("Готово, узнаём вас: счёт 2000000001. Приняли 4425")) == (True, True)


@pytest.mark.parametrize(("language", "pressed"), [("ru", "Баланс"), ("en", "Balance")])
def test_who_is_linked_may_press_for_the_balance(language: str, pressed: str) -> None:
    act = CodeAnswer(CodeCame.LINKED, "2000000001")
    assert render([act], language, "buttons", NUMBER).buttons == (pressed,)
    assert render([act, Confirm(Code.DECIMAL, single(44250), (4425,))], "ru", "buttons", NUMBER).buttons == (
        "Да, 4425",
        "Нет",
    )
    assert render([CodeAnswer(CodeCame.WRONG)], language, "buttons", NUMBER).buttons == ()


# every act -----------------------------------------------------------------------------------------------------------

STRANGERS: tuple[Act, ...] = (
    Taken((single(4425),), NOVEMBER, late=False, estimated=False, until=UNTIL),
    Taken((single(4425), day_and_night(8242, 3104)), NOVEMBER, late=False, estimated=False, until=UNTIL),
    Taken((single(4425),), DECEMBER, late=True, estimated=False, until=UNTIL),
    AlreadyThere((single(4425),), NOVEMBER),
    AlreadyThere((single(4425), water(Resource.HOT_WATER, 121500)), NOVEMBER),
    KeptInspected(single(4425), NOVEMBER),
    *(Refused(code, single(4425)) for code in (Code.REMOVED, Code.IMPOSSIBLE, Code.LOWER)),
    Refused(Code.UNKNOWN_ACCOUNT, number="5555555555", lengths=(6, 10)),
    *(Refused(code, single(4425), staff=True) for code in (Code.LOWER, Code.IMPOSSIBLE)),
    Refused(Code.UNKNOWN_METER, account="2000000001", number="77777777", serials=("40010001",)),
    *(Confirm(code, single(4425), (442,)) for code in (Code.DECIMAL, Code.ROLLOVER, Code.HIGH)),
    Confirm(Code.SWAPPED, water(Resource.HOT_WATER, 244500), (121500,)),
    Confirm(Code.SWAPPED, Shown("1", "3", Resource.ELECTRICITY, 0, ZONES, (1, 2, 3)), (3, 2, 1)),
    *(
        Ask(problem, "2000000001", ("200004", "200005"), (choice(Resource.ELECTRICITY, "40010001", 2),))
        for problem in Problem
    ),
    Closed("Телефон", withdrawn=False, first_day=18, last_day=20, ways=(Way("SMS", None, 1, 31),)),
    Closed("Viber", withdrawn=True, first_day=1, last_day=31, ways=()),
    Cancelled((single(4425),), NOVEMBER),
    IsReading(single(4425)),
    *(Say(saying) for saying in Saying),
    Note("sbyt.example.org"),
    *(CodeAnswer(came) for came in CodeCame if came not in (CodeCame.LINKED, CodeCame.ALREADY)),
    *(
        ContactAnswer(came, offer=offer)
        for came in (ContactCame.NOT_ON_FILE, ContactCame.ANOTHERS)
        for offer in (True, False)
    ),
    NotLinked(),
    ReminderAnswer(20),
    ReminderAnswer(None),
    ReminderAnswer(None, 18, 25),
    NotLinked(offer=True),
)
OWNERS: tuple[Act, ...] = (
    Cancelled((single(4425),), NOVEMBER, ((4400,),)),
    Cancelled((single(4425), day_and_night(8242, 3104)), NOVEMBER, ((4400,), ())),
    *(
        OwnerTold(one.account, (one,), before, NOVEMBER, "SMS", cancelled, UNTIL)
        for one, values in ((single(4425), (4400,)), (day_and_night(8242, 3104), (8200, 3100)))
        for before in ((values,), ((),))
        for cancelled in (False, True)
    ),
    *(LinkTold("2000000001", linked, "Telegram") for linked in Linked),
    *(CodeAnswer(came, "2000000001") for came in (CodeCame.LINKED, CodeCame.ALREADY)),
    Balance((("2000000001", 123456), ("2000000002", -5), ("2000000003", 0))),
    LastReadings((single(4310), water(Resource.COLD_WATER, 244500))),
    LastReadings(()),
    SeeOnPage((("2000000001", "https://lk.example.org/b/AbCdEfGhIjKlMnOpQrStUv"), ("2000000002", ""))),
    SeeOnPage((("2000000001", ""),)),
    History(
        ((single(0), ((NOVEMBER - 1, (4310,)), (NOVEMBER, (4425,)))), (day_and_night(0, 0), ((NOVEMBER, (8, 3)),)))
    ),
    History(()),
    *(ContactAnswer(came, ("2000000001", "2000000002")) for came in (ContactCame.LINKED, ContactCame.ALREADY)),
)


NOTICES = [act for act in OWNERS if isinstance(act, OwnerTold | LinkTold)]


def test_every_act_is_tried_here() -> None:
    assert {type(act) for act in (*STRANGERS, *OWNERS)} == set(typing.get_args(Act))


@pytest.mark.parametrize("rendering", ["text", "short", "buttons", "keypad"])
@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("act", [*STRANGERS, *OWNERS], ids=lambda act: type(act).__name__)
def test_every_act_can_be_said(act: Act, language: str, rendering: str) -> None:
    said = text(act, language=language, rendering=rendering)
    assert said == said.strip()
    assert len(said) > 10
    assert not re.search(r"[!{}<>]|None|  |\(\)|\.\.", said)
    assert language == "ru" or not re.search(r"[а-яё]", said.replace("Телефон", ""), re.IGNORECASE)


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("act", STRANGERS, ids=lambda act: type(act).__name__)
def test_to_a_stranger_no_day_and_no_unit_of_use_is_said(act: Act, language: str) -> None:
    assert not re.search(r"октябр|October|кВт|kWh|м³|раз[а]? больше|times the usual", text(act, language=language))


def test_what_follows_stands_in_one_answer() -> None:
    taken = Taken((single(4425),), NOVEMBER, late=False, estimated=False, until=UNTIL)
    both = text(taken, Refused(Code.LOWER, water(Resource.COLD_WATER, 100000)))
    assert both.startswith("Приняли 4425")
    assert "Не приняли: 100 меньше" in both


# an SMS --------------------------------------------------------------------------------------------------------------

SERIALS = st.text("0123456789АВСabc-/", min_size=1, max_size=30)
ACCOUNTS = st.text("0123456789", min_size=1, max_size=20)
PERIODS = st.integers(int(Period.parse("2020-01")), int(Period.parse("2040-12")))
DAYS = st.dates(dt.date(2020, 1, 1), dt.date(2040, 12, 31))


@st.composite
def shown(draw: st.DrawFn) -> Shown:
    zones = draw(st.integers(1, 3))
    values = st.lists(st.integers(0, 10**12), min_size=zones, max_size=zones).map(tuple)
    known = draw(st.booleans())
    return Shown(
        draw(ACCOUNTS),
        draw(SERIALS),
        draw(st.sampled_from(list(Resource))),
        draw(st.integers(0, 5)),
        ZONES[:zones],
        draw(values),
        draw(values) if known else (),
        draw(values) if known else (),
        draw(DAYS) if known else None,
    )


@st.composite
def confirms(draw: st.DrawFn) -> Confirm:
    meter = draw(shown())
    code = draw(st.sampled_from([Code.SWAPPED, Code.DECIMAL, Code.ROLLOVER, Code.HIGH]))
    return Confirm(code, meter, meter.values, draw(st.none() | st.integers(0, 10**6)))


SEVERAL = st.lists(shown(), min_size=1, max_size=12).map(tuple)


@st.composite
def owners_told(draw: st.DrawFn) -> OwnerTold:
    meters = draw(SEVERAL)
    before = tuple(draw(st.just(()) | st.just(one.values)) for one in meters)
    return OwnerTold(draw(ACCOUNTS), meters, before, draw(PERIODS), draw(SERIALS), draw(st.booleans()), draw(DAYS))


CHOICES = st.builds(Choice, SERIALS, st.sampled_from(list(Resource)), st.sampled_from([ZONES[:n] for n in (1, 2, 3)]))
WAYS = st.lists(st.builds(Way, SERIALS, st.none() | SERIALS, st.just(1), st.just(31)), max_size=12).map(tuple)
ACTS: st.SearchStrategy[Act] = st.one_of(
    st.builds(Taken, SEVERAL, PERIODS, st.booleans(), st.booleans(), DAYS),
    st.builds(AlreadyThere, SEVERAL, PERIODS),
    st.builds(KeptInspected, shown(), PERIODS),
    st.builds(
        Refused,
        st.sampled_from(list(Code)),
        st.none() | shown(),
        ACCOUNTS,
        SERIALS,
        st.lists(st.integers(1, 30), max_size=5).map(tuple),
        st.lists(SERIALS, max_size=12).map(tuple),
        st.booleans(),
    ),
    confirms(),
    st.builds(IsReading, shown()),
    st.builds(
        Ask,
        st.sampled_from(list(Problem)),
        ACCOUNTS,
        st.lists(ACCOUNTS, min_size=2, max_size=12).map(tuple),
        st.lists(CHOICES, min_size=1, max_size=12).map(tuple),
    ),
    st.builds(Closed, SERIALS, st.booleans(), st.just(18), st.just(20), WAYS),
    st.builds(Balance, st.lists(st.tuples(ACCOUNTS, st.integers(-(10**12), 10**12)), min_size=1).map(tuple)),
    st.builds(Cancelled, SEVERAL, PERIODS),
    st.builds(LastReadings, st.just(()) | SEVERAL),
    st.builds(Say, st.sampled_from(list(Saying))),
    st.builds(Note, st.text()),
    owners_told(),
    st.builds(LinkTold, ACCOUNTS, st.sampled_from(list(Linked)), SERIALS),
)


@given(st.lists(ACTS, min_size=1, max_size=5), st.sampled_from(list(LANGUAGES)), st.text("2346789ABC", min_size=4))
def test_an_sms_has_two_segments_and_its_number_whatever_it_says(acts: list[Act], language: str, number: str) -> None:
    said = render(acts, language, "short", number[:9]).text
    assert len(said) <= LONGEST_SMS
    assert said.endswith(number[:9])


@given(st.lists(ACTS, min_size=1, max_size=3), st.sampled_from(list(LANGUAGES)))
def test_elsewhere_nothing_is_cut(acts: list[Act], language: str) -> None:
    whole = render(acts, language, "text", NUMBER).text
    assert all(render([act], language, "text", "").text in whole for act in acts)


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("act", [act for act in (*STRANGERS, *NOTICES) if not isinstance(act, Closed)], ids=repr)
def test_a_usual_answer_fits_an_sms_uncut(act: Act, language: str) -> None:
    assert "… " not in text(act, language=language, rendering="short")
    assert not text(act, language=language, rendering="short").endswith("…")


# buttons and keys ----------------------------------------------------------------------------------------------------

HIGH = Confirm(Code.HIGH, single(7800), (7800,))
WHICH_METER = Ask(
    Problem.WHICH_METER,
    "2000000007",
    meters=(choice(Resource.ELECTRICITY, "40010007"), choice(Resource.COLD_WATER, "40010077")),
)


@pytest.mark.parametrize(
    ("act", "language", "buttons"),
    [
        pytest.param(HIGH, "ru", ("Да, 7800", "Нет"), id="confirm"),
        pytest.param(HIGH, "en", ("Yes, 7800", "No"), id="confirm, English"),
        pytest.param(IsReading(single(4425)), "ru", ("Да, 4425", "Нет"), id="is it a reading"),
        pytest.param(Ask(Problem.WHICH_ACCOUNT, accounts=("1", "2")), "ru", ("1", "2"), id="which account"),
        pytest.param(WHICH_METER, "ru", ("свет 40010007", "холодная вода 40010077"), id="which meter"),
        pytest.param(
            Ask(Problem.NO_VALUE, meters=WHICH_METER.meters),
            "ru",
            ("свет 40010007", "холодная вода 40010077"),
            id="which of several",
        ),
        pytest.param(
            Ask(Problem.MISSING, meters=(choice(Resource.ELECTRICITY, "40010002", 2),)), "ru", (), id="a figure"
        ),
        pytest.param(Ask(Problem.NO_VALUE, meters=(choice(Resource.ELECTRICITY, "40010001"),)), "ru", (), id="a value"),
        pytest.param(Say(Saying.HELP), "ru", (), id="nothing asked"),
    ],
)
def test_what_can_be_chosen_is_a_button(act: Act, language: str, buttons: tuple[str, ...]) -> None:
    assert render([act], language, "buttons", NUMBER).buttons == buttons


@pytest.mark.parametrize("rendering", ["text", "short", "keypad"])
def test_elsewhere_there_are_no_buttons(rendering: str) -> None:
    assert render([HIGH], "ru", rendering, NUMBER).buttons == ()


@pytest.mark.parametrize("code", [Code.SWAPPED, Code.DECIMAL, Code.ROLLOVER, Code.HIGH])
@pytest.mark.parametrize(("language", "yes", "one"), [("ru", "ДА", "нажмите 1"), ("en", "YES", "Press 1")])
def test_on_a_phone_one_is_pressed_for_yes(code: Code, language: str, yes: str, one: str) -> None:
    act = Confirm(code, single(7800), (780,))
    spoken = text(act, language=language, rendering="keypad")
    assert one in spoken
    assert yes not in spoken
    assert yes in text(act, language=language)
