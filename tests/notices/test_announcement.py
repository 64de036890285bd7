"""The notice of the ways: what it says of which state, on which day."""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbyt.core.settings import (
    ChannelSettings,
    ChannelState,
    Company,
    Estimates,
    Notice,
    Settings,
    WaySettings,
    Window,
)
from sbyt.notices.announcement.facts import Facts, facts
from sbyt.notices.announcement.formats import as_html, as_rss, as_text
from sbyt.notices.announcement.saying import Announcement, announcement
from sbyt.notices.announcement.words import ENGLISH, RUSSIAN, WORDS
from tests.support.notices import lines_of, read_html, read_rss

OPEN, UNSTABLE, WITHDRAWN, PLANNED = (
    ChannelState.OPEN,
    ChannelState.UNSTABLE,
    ChannelState.WITHDRAWN,
    ChannelState.PLANNED,
)
DAY = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)


def way(title: str, state: ChannelState = OPEN, **more: Any) -> WaySettings:
    return WaySettings(title=title, state=state, **more)


def told(
    *ways: WaySettings,
    day: dt.date = DAY,
    changes: dict[str, dt.date] | None = None,
    language: str = "ru",
    **settings: Any,
) -> Announcement:
    """The notice of ways that are called ``a``, ``b``…"""
    return announcement(gathered(*ways, day=day, changes=changes, **settings), language)


def gathered(
    *ways: WaySettings, day: dt.date = DAY, changes: dict[str, dt.date] | None = None, **settings: Any
) -> Facts:
    coded = dict(zip("abcdefgh", ways, strict=False))
    return facts(coded, Settings(ways=coded, **settings), day, changes)


def lines(notice: Announcement) -> list[str]:
    return lines_of(as_text(notice), "text")


def after(notice: Announcement, lead: str) -> str:
    """What stands behind a lead."""
    (line,) = [line for line in lines(notice) if line.startswith(lead)]
    return line.removeprefix(lead).removeprefix(": ")


def rows(notice: Announcement) -> list[str]:
    return [str(item) for block in notice.blocks if block.lead.startswith(RUSSIAN["ways"][:20]) for item in block.items]


def test_both_languages_have_the_same_words() -> None:
    assert RUSSIAN.keys() == ENGLISH.keys()


# days -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "window", "said"),
    [
        ("2026-11-01", (18, 25), "Показания за ноябрь ждём с 18 по 25 ноября."),
        ("2026-11-17", (18, 25), "Показания за ноябрь ждём с 18 по 25 ноября."),
        ("2026-11-18", (18, 25), "Показания за ноябрь принимаем до 25 ноября включительно."),
        ("2026-11-25", (18, 25), "Показания за ноябрь принимаем до 25 ноября включительно."),
        ("2026-11-26", (18, 25), "Приём за ноябрь закончился 25 ноября. За декабрь ждём показания с 18 по 25 декабря."),
        ("2026-12-31", (18, 25), "Приём за декабрь закончился 25 декабря. За январь ждём показания с 18 по 25 января."),
        ("2027-02-20", (29, 31), "Показания за февраль ждём с 28 по 28 февраля."),
        ("2027-02-28", (25, 31), "Показания за февраль принимаем до 28 февраля включительно."),
        ("2026-11-30", (1, 31), "Показания за ноябрь принимаем до 30 ноября включительно."),
    ],
)
def test_the_nearest_days_are_right_on_any_day(day: str, window: tuple[int, int], said: str) -> None:
    asked = Window(first_day=window[0], last_day=window[1])
    assert said in lines(told(way("SMS"), day=dt.date.fromisoformat(day), window=asked))


@pytest.mark.parametrize(
    ("language", "window", "said"),
    [
        ("ru", (18, 25), "с 18 по 25 число каждого месяца"),
        ("ru", (18, 31), "с 18 числа до конца каждого месяца"),
        ("ru", (20, 20), "20 числа каждого месяца"),
        ("ru", (1, 31), "в любой день"),
        ("en", (18, 25), "from the 18th to the 25th of each month"),
        ("en", (21, 23), "from the 21st to the 23rd of each month"),
        ("en", (11, 31), "from the 11th to the end of each month"),
        ("en", (2, 2), "on the 2nd of each month"),
        ("en", (1, 31), "on any day"),
    ],
)
def test_the_days_that_all_share_are_said_once(language: str, window: tuple[int, int], said: str) -> None:
    asked = Window(first_day=window[0], last_day=window[1])
    notice = as_text(told(way("SMS"), way("Post"), window=asked, language=language))
    assert notice.count(said) == 1


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((1, 31), ""),
        ((10, 28), ""),
        ((18, 20), "Только с 18 по 20 число."),
        ((20, 31), "Только с 20 по 25 число."),
        ((20, 20), "Только 20 числа."),
        ((1, 5), "Только с 1 по 5 число."),
        ((28, 31), "Только с 28 числа до конца месяца."),
    ],
)
def test_days_of_its_own_stand_with_a_way(days: tuple[int, int], said: str) -> None:
    (row, _) = rows(told(way("Voice", first_day=days[0], last_day=days[1]), way("SMS")))
    assert row == (f"Voice. {said}" if said else "Voice")


# ways -----------------------------------------------------------------------------------------------------------------


def test_those_recommended_come_first_those_unstable_last() -> None:
    ways = (way("Viber", UNSTABLE), way("SMS"), way("Post"), way("App"))
    notice = told(*ways, notice=Notice(recommend=("d", "a")))
    assert rows(notice) == ["App", "SMS", "Post", "Viber. Бывают перебои."]


def test_only_what_works_steadily_is_recommended() -> None:
    ways = (way("Viber", UNSTABLE), way("App"), way("Site", WITHDRAWN), way("Post"))
    notice = told(*ways, notice=Notice(recommend=("a", "b", "c"), services="Там видны платежи"))
    assert after(notice, "Советуем") == "App. Там видны платежи."
    assert "Там видны" not in as_text(told(way("Post"), notice=Notice(services="Там видны платежи")))


@pytest.mark.parametrize(
    ("more", "row"),
    [
        ({}, "бот"),
        ({"address": "@bot"}, "бот: @bot"),
        ({"address": "(на обороте)"}, "бот (на обороте)"),
        ({"address": "ул. Ленина, 1.", "note": "Звоните"}, "бот: ул. Ленина, 1. Звоните."),
        ({"address": " 8  (912) 951-08-84 ", "note": "нажмите 2"}, "бот: 8 (912) 951-08-84. Нажмите 2."),
        ({"note": "Работает!"}, "бот. Работает!"),
    ],
)
def test_a_way_is_told_with_its_address_as_typed_and_its_note(more: dict[str, Any], row: str) -> None:
    assert rows(told(way("бот", **more), way("SMS")))[0] == row[:1].upper() + row[1:]


@pytest.mark.parametrize(
    ("title", "shown"),
    [("отделения почты", "Отделения почты"), ("в офисах", "В офисах"), ("e-mail", "e-mail"), ("iБанк", "iБанк")],
)
def test_a_row_begins_large_unless_its_name_does_not(title: str, shown: str) -> None:
    assert rows(told(way(title), way("SMS")))[0] == shown


def test_the_companys_own_mail_and_telephone_are_those_of_its_channels() -> None:
    ways = {
        "mail": ChannelSettings(title="E-mail", senders="email"),
        "voice": ChannelSettings(title="Телефон", rendering="keypad"),
    }
    company = Company(name="Сбыт", email="a@example.org", phones=("8 800 100-00-00", "8 800 200-00-00"))
    notice = announcement(facts(ways, Settings(channels=ways, company=company), DAY), "ru")
    assert rows(notice) == ["E-mail: a@example.org", "Телефон: 8 800 100-00-00"]
    assert after(notice, "Вопросы") == "8 800 100-00-00, 8 800 200-00-00, a@example.org"


def test_what_ended_says_since_when_and_why_and_what_the_company_adds() -> None:
    ended = way("Viber", WITHDRAWN, since=dt.date(2026, 11, 3), why="канал заблокирован", note="Напишите в MAX")
    assert after(told(ended, way("SMS")), "Закрыто") == (
        "Viber, с 3 ноября 2026 года. Канал заблокирован. Напишите в MAX."
    )
    assert after(told(way("Viber", WITHDRAWN), way("SMS")), "Закрыто") == "Viber."


def test_several_that_ended_are_a_list() -> None:
    notice = told(way("Viber", WITHDRAWN), way("WhatsApp", WITHDRAWN), way("SMS"))
    assert lines(notice)[1:4] == ["Закрыто:", "Viber", "WhatsApp"]


def test_what_is_being_built_says_when_it_opens_if_that_is_decided() -> None:
    opens = dt.date(2026, 12, 1)
    notice = told(way("Telegram", PLANNED, address="@secret"), way("SMS"), changes={"a": opens})
    assert after(notice, "Готовим") == "Telegram, откроем 1 декабря 2026 года."
    assert after(told(way("Telegram", PLANNED), way("SMS")), "Готовим") == "Telegram."
    assert "@secret" not in as_text(notice)


def test_what_will_end_is_named_with_its_day() -> None:
    notice = told(way("Viber"), way("SMS"), changes={"a": dt.date(2026, 12, 1)})
    assert rows(notice)[0] == "Viber. С 1 декабря 2026 года здесь показания не принимаем."


def test_what_is_not_public_is_not_told() -> None:
    hidden = {"a": ChannelSettings(title="Telegram", state=PLANNED, public=False), "b": way("SMS")}
    assert "Telegram" not in as_text(announcement(facts(hidden, Settings(), DAY), "ru"))


# the rest -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ways", "title"),
    [
        ((way("SMS"),), "Как передать показания"),
        ((way("Viber", WITHDRAWN, since=DAY), way("SMS")), "Viber: показания больше не принимаем"),
        ((way("Viber", WITHDRAWN, since=dt.date(2025, 1, 1)), way("SMS")), "Как передать показания"),
        ((way("Viber", UNSTABLE), way("SMS")), "Viber: бывают перебои"),
        (tuple(way(f"Way {number}", UNSTABLE) for number in range(4)), "Как передать показания"),
    ],
)
def test_its_title_tells_the_news(ways: tuple[WaySettings, ...], title: str) -> None:
    assert told(*ways).title == title


def test_where_nothing_ended_nobody_apologises() -> None:
    notice = told(way("SMS"), way("Telegram", PLANNED))
    assert "извин" not in as_text(notice)
    assert lines(notice)[0] == "Как передать показания"


@pytest.mark.parametrize("state", [WITHDRAWN, UNSTABLE])
def test_somebody_apologises_in_the_companys_words_or_without_a_name(state: ChannelState) -> None:
    assert RUSSIAN["apology"] in lines(told(way("Viber", state), way("SMS")))
    own = Notice(apology="Генеральный директор приносит извинения", details="Подробно — на сайте")
    said = lines(told(way("Viber", state), way("SMS"), notice=own))
    assert {"Генеральный директор приносит извинения.", "Подробно — на сайте."} <= set(said)
    assert not {RUSSIAN["apology"], RUSSIAN["details"]} & set(said)


def test_where_no_way_is_left_it_says_so() -> None:
    notice = told(way("Viber", WITHDRAWN))
    assert RUSSIAN["no_way"] in lines(notice)
    assert RUSSIAN["no_way"] in notice.short
    assert "Показания можно передать" not in as_text(notice)
    assert "ждём" not in as_text(notice)


@pytest.mark.parametrize(
    ("estimates", "said"),
    [
        (Estimates(), "за последние 6 месяцев (Правила № 354, пункт 59). Так считаем не дольше 3 месяцев подряд"),
        (Estimates(average_of_months=12, average_periods=1), "за последние 12 месяцев"),
        (Estimates(average_of_months=12, average_periods=1), "не дольше 1 месяца подряд"),
        (Estimates(average_of_months=4), "за последние 4 месяца"),
        (Estimates(average_of_months=1, least_months=1), "за последний месяц"),
        (Estimates(average_periods=0), "посчитаем по нормативу (Правила № 354, пункт 60)"),
    ],
)
def test_what_a_missing_reading_costs_is_what_the_bill_does(estimates: Estimates, said: str) -> None:
    assert said in as_text(told(way("SMS"), estimates=estimates))


@pytest.mark.parametrize(
    ("count", "latest", "limit"),
    [
        (1, "последний месяц", "1 месяца"),
        (2, "последние 2 месяца", "2 месяцев"),
        (11, "последние 11 месяцев", "11 месяцев"),
        (14, "последние 14 месяцев", "14 месяцев"),
        (21, "последние 21 месяц", "21 месяца"),
        (36, "последние 36 месяцев", "36 месяцев"),
    ],
)
def test_months_are_counted_as_the_language_does(count: int, latest: str, limit: str) -> None:
    assert (WORDS["ru"].latest_months(count), WORDS["ru"].months(count)) == (latest, limit)


# footnotes ------------------------------------------------------------------------------------------------------------

META = "Meta признана экстремистской"


def test_a_footnote_is_marked_wherever_its_way_is_named() -> None:
    ways = (way("WhatsApp", UNSTABLE, footnote=META), way("SMS"))
    notice = told(*ways)
    assert [line for line in lines(notice) if "WhatsApp" in line] == [
        "WhatsApp*: бывают перебои",
        "Бывают перебои: WhatsApp*.",
        "WhatsApp*. Бывают перебои.",
    ]
    assert lines(notice)[-1] == f"* {META}."


def test_those_with_the_same_footnote_share_its_mark() -> None:
    ways = (way("A", WITHDRAWN, footnote=META), way("B", footnote="Другое!"), way("C", footnote=f"* {META}"), way("D"))
    notice = told(*ways)
    assert rows(notice) == ["B**", "C*", "D"]
    assert notice.footnotes == (f"* {META}.", "** Другое!")


# languages ------------------------------------------------------------------------------------------------------------


def test_what_the_company_says_in_russian_is_said_in_english_as_it_wrote() -> None:
    glossary = Notice(english={"Почта  России": "Russian Post", "Заблокирован": "Blocked"})
    ways = (way("Viber", WITHDRAWN, why="Заблокирован"), way("Почта России", note="Возьмите счёт"), way("SMS"))
    notice = told(*ways, notice=glossary, language="en", company=Company(name="Sbyt"))
    assert "Closed: Viber. Blocked." in lines(notice)
    assert "Russian Post. Возьмите счёт." in lines(notice)
    assert notice.untranslated == ("Возьмите счёт",)


def test_a_russian_notice_lacks_no_english() -> None:
    assert told(way("Почта")).untranslated == ()


# formats --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("https://lk.example.org/a?b=1&c=2", '<a href="https://lk.example.org/a?b=1&amp;c=2">'),
        ("help@example.org", '<a href="mailto:help@example.org">'),
        ("www.example.org", ""),
        ("javascript:alert(1)", ""),
        ("8 (912) 951-08-84", ""),
        ('https://x"onclick="y', ""),
        ("пишите на help@example.org", ""),
    ],
)
def test_an_address_that_can_only_be_one_leads_there(address: str, link: str) -> None:
    html = as_html(told(way("Ours", address=address), way("SMS")))
    assert (link or "<a ") in html if link else "<a " not in html
    assert escape(address) in html


def test_a_fragment_has_a_heading_of_the_level_asked_for() -> None:
    notice = told(way("SMS"), way("Post"))
    assert as_html(notice, heading=3).count("<h3>") == 1
    assert set(read_html(as_html(notice)).tags) == {"section", "h2", "p", "ul", "li", "b"}
    assert "<h" not in as_html(notice, heading=None)


def rss(notice: Announcement) -> str:
    return as_rss(notice, NOW, "https://example.org/channels", "https://example.org/channels.rss")


def guid(notice: Announcement) -> str:
    return read_rss(rss(notice)).findtext("guid", "")


def test_a_feed_says_when_the_state_changed_and_where_it_is_itself() -> None:
    said = rss(told(way("SMS")))
    item = read_rss(said)
    assert item.findtext("pubDate") == "Fri, 20 Nov 2026 09:00:00 +0000"
    assert item.findtext("link") == "https://example.org/channels"
    assert "<language>ru</language>" in said
    assert '<atom:link href="https://example.org/channels.rss" rel="self"' in said


def test_the_guid_stays_while_nothing_is_changed_whatever_the_day() -> None:
    days = (dt.date(2026, 11, 20), dt.date(2026, 11, 26), dt.date(2027, 11, 1))
    gone = way("Viber", WITHDRAWN, since=DAY)
    assert len({guid(told(gone, way("SMS"), day=day)) for day in days}) == 1


@pytest.mark.parametrize(
    "other",
    [
        told(way("Viber", UNSTABLE), way("SMS")),
        told(way("Viber", why="Почему"), way("SMS", note="Новое")),
        told(way("Viber", footnote=META), way("SMS")),
        told(way("Viber"), way("SMS"), changes={"a": dt.date(2026, 12, 1)}),
        told(way("Viber"), way("SMS"), window=Window(first_day=15)),
        told(way("Viber"), way("SMS"), language="en"),
    ],
)
def test_the_guid_changes_when_something_is_changed(other: Announcement) -> None:
    assert guid(other) != guid(told(way("Viber"), way("SMS")))


# whatever the state ---------------------------------------------------------------------------------------------------

#: What people type, and what nobody should.
TYPED = st.text(
    st.one_of(
        st.sampled_from("<>&\"'*;:/@.«» \n\t\x00\x0b\x1f\ufffe"),
        st.characters(max_codepoint=0x3FF),
    ),
    max_size=30,
)


@st.composite
def ways_of_any_kind(draw: st.DrawFn) -> dict[str, WaySettings]:
    """Ways whose titles nobody takes for one another, with whatever else people typed."""
    found: dict[str, WaySettings] = {}
    for number in range(draw(st.integers(0, 8))):
        first = draw(st.integers(1, 31))
        typed = {name: draw(TYPED).strip() or None for name in ("address", "why", "note", "footnote")}
        found[f"w{number}"] = ChannelSettings(
            title=f"Q{number}Q <b>&amp;</b>",
            state=draw(st.sampled_from(ChannelState)),
            since=draw(st.none() | st.dates(dt.date(2016, 1, 1), dt.date(2030, 1, 1))),
            first_day=first,
            last_day=draw(st.integers(first, 31)),
            public=draw(st.integers(0, 4)) > 0,
            **typed,
        )
    return found


@st.composite
def notices(draw: st.DrawFn) -> tuple[dict[str, WaySettings], Announcement]:
    ways = draw(ways_of_any_kind())
    first = draw(st.integers(1, 31))
    recommended = draw(st.lists(st.sampled_from(sorted(ways)), unique=True)) if ways else []
    settings = Settings(
        channels=ways,
        window=Window(first_day=first, last_day=draw(st.integers(first, 31))),
        company=Company(name=f"A{draw(TYPED)}"),
        notice=Notice(recommend=tuple(recommended), services=f"S{draw(TYPED)}", apology=f"P{draw(TYPED)}"),
    )
    changes = draw(st.dictionaries(st.sampled_from(sorted(ways)), st.dates(DAY, dt.date(2030, 1, 1)))) if ways else {}
    day = draw(st.dates(dt.date(2026, 1, 1), dt.date(2030, 12, 31)))
    return ways, announcement(facts(ways, settings, day, changes), draw(st.sampled_from(("ru", "en"))))


@given(notices())
def test_every_open_way_is_named_as_open_and_no_other(made: tuple[dict[str, WaySettings], Announcement]) -> None:
    ways, notice = made
    usable = {way.title for way in ways.values() if way.is_named and way.state in {OPEN, UNSTABLE}}
    lead = (RUSSIAN if notice.language == "ru" else ENGLISH)["ways"].split("{")[0]
    named = [item.name.rstrip("*") for block in notice.blocks if block.lead.startswith(lead) for item in block.items]
    assert sorted(named) == sorted(usable)
    for said in (as_text(notice), notice.short, " ".join(read_html(as_html(notice)).lines)):
        assert all(title in said for title in usable)
        assert not any(way.title in said for way in ways.values() if not way.is_named)


@given(notices())
def test_whatever_was_typed_it_is_html_and_a_feed(made: tuple[dict[str, WaySettings], Announcement]) -> None:
    _, notice = made
    read = read_html(as_html(notice))
    assert set(read.tags) <= {"section", "h2", "p", "ul", "li", "b", "a", "small"}
    assert lines_of(rss(notice), "rss") == read.lines


@given(notices())
def test_all_formats_say_the_same(made: tuple[dict[str, WaySettings], Announcement]) -> None:
    _, notice = made
    text = [" ".join(line.split()) for line in lines_of(as_text(notice), "text")]
    assert sorted(text) == sorted(lines_of(as_html(notice), "html"))
    assert text.count("") == 0
