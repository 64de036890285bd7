"""States of channels: seeded, changed with a date and a reason, told to who asks where to send."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sbyt.config.channels import DEFAULT_CHANNELS
from sbyt.config.load import parse_settings
from sbyt.core.settings import ChannelState, Settings, WaySettings
from sbyt.messaging.models import ChannelStatus
from sbyt.messaging.statuses import current_channels, seed_channels
from sbyt.usecases.channels import (
    Change,
    Changed,
    UnableToChangeChannel,
    change_channel,
    differences,
    example_answer,
    history,
    open_ways,
)
from tests.support.databases import Database
from tests.usecases.receiving import SETTINGS, household, said, stored, with_channel

NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 24)
OPEN, UNSTABLE, WITHDRAWN, PLANNED = (
    ChannelState.OPEN,
    ChannelState.UNSTABLE,
    ChannelState.WITHDRAWN,
    ChannelState.PLANNED,
)


def change(
    code: str, state: ChannelState, settings: Settings = SETTINGS, now: dt.datetime = NOW, **more: Any
) -> Changed:
    return change_channel(Change(code, state, "Иванова", **more), settings, now)


def state_of(code: str, settings: Settings = SETTINGS, day: dt.date = TODAY) -> ChannelState:
    return current_channels(settings, day)[code].state


# seeding -------------------------------------------------------------------------------------------------------------


def test_the_file_is_put_into_the_table_once(database: Database) -> None:
    assert seed_channels(SETTINGS, NOW) == len(DEFAULT_CHANNELS)
    assert seed_channels(SETTINGS, NOW) == 0
    assert current_channels(SETTINGS, TODAY) == DEFAULT_CHANNELS


def test_an_edited_file_is_put_there_anew(database: Database) -> None:
    seed_channels(SETTINGS, NOW)
    edited = with_channel("viber", state="withdrawn", why="Так решили")
    assert seed_channels(edited, NOW) == 1
    assert current_channels(edited, TODAY)["viber"] == edited.channels["viber"]
    assert seed_channels(SETTINGS, NOW) == 1
    assert state_of("viber") is OPEN


def test_a_day_to_come_in_the_file_is_waited_for(database: Database) -> None:
    settings = with_channel("viber", state="withdrawn", since=dt.date(2026, 12, 1))
    seed_channels(settings, NOW)
    assert state_of("viber", settings) is OPEN
    assert state_of("viber", settings, dt.date(2026, 12, 1)) is WITHDRAWN
    assert seed_channels(settings, NOW + dt.timedelta(days=30)) == 0


def test_after_a_change_by_hand_the_table_wins_and_the_difference_is_told(database: Database) -> None:
    seed_channels(SETTINGS, NOW)
    change("viber", UNSTABLE, address="@sbyt")
    edited = with_channel("viber", state="withdrawn")
    assert seed_channels(edited, NOW) == 0
    assert state_of("viber", edited) is UNSTABLE
    assert differences(edited, TODAY) == [
        ("viber", "state", "withdrawn", "unstable"),
        ("viber", "address", "нет", "@sbyt"),
    ]


def test_where_nobody_changed_anything_there_is_no_difference(database: Database) -> None:
    seed_channels(SETTINGS, NOW)
    assert differences(with_channel("viber", state="withdrawn"), TODAY) == []


# changing ------------------------------------------------------------------------------------------------------------


def test_a_change_holds_from_today_on_with_who_and_why(database: Database) -> None:
    seed_channels(SETTINGS, NOW)
    changed = change("whatsapp", WITHDRAWN, why=" Владелец\nзакрыл нам доступ ")
    assert (changed.anew, changed.before.state, changed.after.state) == (True, OPEN, WITHDRAWN)
    row = ChannelStatus.objects.latest("id")
    assert (row.channel, row.state, row.since, row.why) == (
        "whatsapp",
        "withdrawn",
        TODAY,
        "Владелец закрыл нам доступ",
    )
    assert (row.changed_by, row.changed_at) == ("Иванова", NOW)
    assert state_of("whatsapp") is WITHDRAWN


def test_the_day_is_the_retailers(database: Database) -> None:
    """22:00 UTC is tomorrow in Moscow."""
    assert change("viber", WITHDRAWN, now=NOW.replace(hour=22)).since == dt.date(2026, 11, 25)


@pytest.mark.parametrize("more", [{}, {"why": "Так решили"}, {"since": TODAY}, {"days": (18, 20), "note": "Звоните"}])
def test_the_same_again_changes_nothing(database: Database, more: dict[str, Any]) -> None:
    change("viber", WITHDRAWN, **more)
    count = ChannelStatus.objects.count()
    assert not change("viber", WITHDRAWN, now=NOW + dt.timedelta(hours=1), **more).anew
    assert ChannelStatus.objects.count() == count


def test_what_is_not_named_stays(database: Database) -> None:
    change("viber", UNSTABLE, why="Перебои", address="@sbyt", title="Вайбер", days=(18, 25), note="Звоните")
    after = change("viber", UNSTABLE, address="@sbyt2").after
    assert (after.why, after.address, after.title, after.note) == ("Перебои", "@sbyt2", "Вайбер", "Звоните")
    assert (after.first_day, after.last_day, after.since) == (18, 25, TODAY)


def test_another_state_has_a_reason_and_a_day_of_its_own(database: Database) -> None:
    change("viber", UNSTABLE, why="Перебои", address="@sbyt")
    after = change("viber", OPEN, now=NOW + dt.timedelta(days=1)).after
    assert (after.why, after.address, after.since) == (None, "@sbyt", dt.date(2026, 11, 25))


def test_an_empty_text_takes_away_what_was_there(database: Database) -> None:
    change("viber", UNSTABLE, why="Перебои", address="@sbyt", note="Звоните")
    after = change("viber", UNSTABLE, why="", address=" ", note="").after
    assert (after.why, after.address, after.note) == (None, None, None)


def test_a_day_to_come_takes_effect_then_and_is_listed_till_then(database: Database) -> None:
    first = dt.date(2026, 12, 1)
    changed = change("viber", WITHDRAWN, since=first)
    assert [(row.since, row.state) for row in changed.coming] == [(first, "withdrawn")]
    assert (state_of("viber"), state_of("viber", day=first)) == (OPEN, WITHDRAWN)
    assert [row.state for row in change("viber", UNSTABLE).coming] == ["withdrawn"]
    assert not change("viber", WITHDRAWN, since=first).anew


@pytest.mark.parametrize(
    ("code", "more", "said"),
    [
        ("vibber", {}, "Пути 'vibber' нет. Есть: "),
        ("viber", {"days": (0, 20)}, "Дни 0-20 не подходят"),
        ("viber", {"days": (20, 18)}, "Дни 20-18 не подходят"),
        ("viber", {"days": (18, 32)}, "Дни 18-32 не подходят"),
        ("viber", {"title": " "}, "Название не может быть пустым"),
        ("viber", {"since": dt.date(2016, 1, 1)}, "слишком далеко"),
        ("viber", {"since": dt.date(2029, 1, 1)}, "слишком далеко"),
    ],
)
def test_what_can_not_be_is_refused_and_nothing_changed(
    database: Database, code: str, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(UnableToChangeChannel, match=said):
        change(code, WITHDRAWN, **more)
    assert not ChannelStatus.objects.exists()


def test_history_tells_what_was_when_and_by_whom(database: Database) -> None:
    seed_channels(SETTINGS, NOW)
    change("viber", UNSTABLE)
    change("viber", WITHDRAWN)
    assert [(row.state, row.changed_by) for row in history("viber", SETTINGS)] == [
        ("open", "sbyt.toml"),
        ("unstable", "Иванова"),
        ("withdrawn", "Иванова"),
    ]
    with pytest.raises(UnableToChangeChannel):
        history("vibber", SETTINGS)


# what customers read -------------------------------------------------------------------------------------------------

MORNING = parse_settings(
    """
    [channels.whatsapp]
    [channels.viber]
    [channels.telegram]
    [channels.max]
    state = "planned"
    [channels.vk]
    state = "planned"
    [channels.webchat]
    state = "planned"
    [channels.office]
    state = "planned"
    [channels.cabinet]
    title = "личный кабинет"
    address = "www.komiesc.ru"
    [channels.email]
    title = "e-mail"
    address = "(адрес на обороте квитанции)"
    [channels.sms]
    address = "8 (912) 951-08-84, 8 (912) 967-15-20"
    [channels.voice]
    title = "автоответчик"
    address = "(номер на обороте квитанции, после соединения нажмите 2)"
    [ways.app]
    title = "приложение «МОЙ СБЫТ»"
    [ways.qr]
    title = "QR-код на лицевой стороне квитанции"
    [ways.terminals]
    title = "терминалы в офисах"
    [ways.sber]
    title = "Сбербанк Онлайн"
    [ways.post]
    title = "отделения Почты России"
    """,
    "sbyt.toml",
)


@pytest.fixture
def that_morning(database: Database) -> None:
    household()
    seed_channels(MORNING, NOW)
    why = "Компания Meta (признана в России экстремистской) закрыла нам возможность принимать показания"
    change("whatsapp", WITHDRAWN, MORNING, why=why, note="Приносим извинения за неудобство")
    change("viber", UNSTABLE, MORNING)
    change("telegram", PLANNED, MORNING)


ALWAYS_OPEN = (
    "личный кабинет www.komiesc.ru; приложение «МОЙ СБЫТ»; QR-код на лицевой стороне квитанции; терминалы в офисах; "
    "Сбербанк Онлайн; отделения Почты России"
)


@pytest.mark.parametrize(
    ("at", "until", "voice_now", "voice_later"),
    [
        pytest.param("2026-12-10T12:00:00", " до 25 декабря", False, True, id="before the answering machine's days"),
        pytest.param("2026-12-19T12:00:00", " до 25 декабря", True, False, id="in them"),
        pytest.param("2026-12-21T12:00:00", " до 25 декабря", False, False, id="after them"),
        pytest.param("2026-12-26T12:00:00", "", False, False, id="after the window"),
    ],
)
def test_that_morning_is_told_whole(
    that_morning: None, at: str, until: str, voice_now: bool, voice_later: bool
) -> None:
    answer = said("2000000001 4425", channel="whatsapp", at=at, settings=MORNING)
    voice = "автоответчик (номер на обороте квитанции, после соединения нажмите 2) (с 18 по 20)"
    ways = [
        "SMS 8 (912) 951-08-84, 8 (912) 967-15-20",
        *([voice] if voice_now else []),
        "e-mail (адрес на обороте квитанции)",
        "Viber (работает с перебоями)",
        *ALWAYS_OPEN.split("; "),
        *([voice] if voice_later else []),
    ]
    assert answer["reply"].rpartition(" № ")[0] == (
        "WhatsApp с 24 ноября больше не принимает показания. Компания Meta (признана в России экстремистской) закрыла "
        f"нам возможность принимать показания. Отправьте так{until}: {'; '.join(ways)}. "
        "Приносим извинения за неудобство."
    )
    assert (answer["outcome"], stored()) == ("closed", [])


def test_an_unstable_and_a_planned_channel_take_readings(that_morning: None) -> None:
    assert said("2000000001 4425", channel="viber", settings=MORNING)["outcome"] == "accepted"
    assert said("2000000001 4430", channel="telegram", settings=MORNING)["outcome"] == "accepted"


def test_a_message_is_judged_by_the_day_on_which_it_came(that_morning: None) -> None:
    before = said("2000000001 4425", channel="whatsapp", at="2026-11-23T12:00:00", settings=MORNING)
    assert before["outcome"] == "accepted"


def test_by_telephone_the_ways_are_told_too(that_morning: None) -> None:
    answer = said("2000000001 4425", channel="voice", at="2026-11-24T12:00:00", settings=MORNING)
    assert answer["reply"].startswith(
        "автоответчик принимает показания с 18 по 20 число. Отправьте так до 25 ноября: SMS"
    )


def test_an_sms_names_the_surest_way_whole(that_morning: None) -> None:
    change("sms", WITHDRAWN, MORNING)
    answer = said("2000000001 4425", channel="sms", at="2026-11-24T12:00:00", settings=MORNING)
    assert answer["reply"].rpartition(" № ")[0] == (
        "SMS больше не принимает показания. Отправьте так: e-mail (адрес на обороте квитанции)."
    )


def test_february_has_no_thirtieth() -> None:
    late = WaySettings(title="Касса", first_day=29, last_day=31)
    assert open_ways({"desk": late}, dt.date(2027, 2, 20)) == ()
    assert [way.later for way in open_ways({"desk": late}, dt.date(2028, 2, 20))] == [True]
    assert [way.later for way in open_ways({"desk": late}, dt.date(2028, 2, 29))] == [False]


@pytest.mark.parametrize(
    ("code", "state", "said"),
    [
        ("whatsapp", WITHDRAWN, "WhatsApp с 24 ноября больше не принимает показания. Отправьте так до 25 ноября: SMS"),
        ("voice", OPEN, "Телефон принимает показания с 18 по 20 число."),
        ("viber", UNSTABLE, "Пришлите счёт и показание, например:"),
    ],
)
def test_the_example_is_what_customers_read(database: Database, code: str, state: ChannelState, said: str) -> None:
    change(code, state)
    assert example_answer(code, SETTINGS, NOW).startswith(said)


def test_a_new_address_also_holds_after_a_change_that_was_decided_before(database: Database) -> None:
    later = dt.date(2026, 12, 1)
    change_channel(Change("sms", ChannelState.WITHDRAWN, "Анна", since=later), SETTINGS, NOW)
    change_channel(Change("sms", ChannelState.OPEN, "Анна", address="+7 900 000-00-00", days=(18, 25)), SETTINGS, NOW)
    after = current_channels(SETTINGS, later)["sms"]
    assert (after.state, after.address, after.first_day, after.last_day) == ("withdrawn", "+7 900 000-00-00", 18, 25)


def test_a_footnote_is_changed_as_the_note_is_and_stays_till_it_is_taken_away(database: Database) -> None:
    forbidden = "Meta признана в России экстремистской организацией"
    later = dt.date(2026, 12, 1)
    change("whatsapp", UNSTABLE, since=later)
    change("whatsapp", WITHDRAWN, footnote=f" {forbidden}\n")
    change("whatsapp", OPEN)
    assert current_channels(SETTINGS, TODAY)["whatsapp"].footnote == forbidden
    assert current_channels(SETTINGS, later)["whatsapp"].footnote == forbidden
    assert [(one.key, one.in_file, one.in_table) for one in differences(SETTINGS, TODAY)] == [
        ("footnote", "нет", forbidden)
    ]
    change("whatsapp", OPEN, footnote="")
    assert current_channels(SETTINGS, TODAY)["whatsapp"].footnote is None


def test_who_writes_to_a_closed_channel_reads_its_footnote(database: Database) -> None:
    change("whatsapp", WITHDRAWN, note="Просим прощения.", footnote="Meta признана экстремистской")
    assert example_answer("whatsapp", SETTINGS, NOW).endswith(" Просим прощения. Meta признана экстремистской.")


def test_a_footnote_of_the_file_is_put_into_the_table_when_it_is_new(database: Database) -> None:
    seed_channels(SETTINGS, NOW)
    assert seed_channels(with_channel("viber", footnote="Сноска"), NOW) == 1
    assert current_channels(SETTINGS, TODAY)["viber"].footnote == "Сноска"


def test_settings_that_nobody_wrote_change_nothing_that_was_said_before(database: Database) -> None:
    edited = with_channel("viber", state=WITHDRAWN)
    seed_channels(edited, NOW)
    assert seed_channels(SETTINGS, NOW, only_new=True) == 0
    assert state_of("viber") is WITHDRAWN
